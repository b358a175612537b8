/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_LOAD_H
#define PEL_LOAD_H

#include "attribute-value.h"
#include "graph-model.h"
#include "xml.h"

/* The limits of graph-model.h, which a test can replace. */
struct pel_limits {
	size_t document_bytes;
	unsigned depth;		   /* of elements */
	size_t elements;	   /* of one document */
	unsigned nesting;	   /* of nested graphs */
	uint64_t actors, channels; /* after unfolding */
};
extern const struct pel_limits pel_default_limits;

int pel_graph_load_limited(const char *path, const struct pel_limits *limits, struct pel_graph **ret,
			   struct pel_error *err);
int pel_graph_parse_limited(const void *text, size_t size, const char *name, const struct pel_limits *limits,
			    struct pel_graph **ret, struct pel_error *err);

/* The number of errors that struct pel_error keeps. After that many, it is useless to read on. */
#define PEL_MAX_ERRORS 1000
/* Only this many errors get a "did you mean", over this many names, so that errors in a large document are reported quickly. */
#define PEL_MAX_GUESSES	   100
#define PEL_MAX_CANDIDATES 10000

/*
 * A document being loaded. Rules define the elements and attributes; the loader walks through the document,
 * applies the rules, and collects all errors.
 */
struct pel_loader {
	const char *file;
	struct pel_source *source;
	struct pel_arena *arena; /* of the result */
	struct pel_error *err;
	const struct pel_limits *limits;
	void *build;  /* specific to the kind of document */
	bool lenient; /* a foreign format: unknown elements and attributes are skipped, and so is text */

	size_t n_errors;
	size_t n_elements;
	unsigned skip;	/* depth inside an unknown element; 0: not inside one */
	unsigned depth; /* number of open elements, not counting those in unknown ones */
	const struct pel_rule *root;
	const char *wanted_ns;	      /* of the root element */
	const char *ns;		      /* that the root element has; NULL: none */
	struct pel_loader_open *open; /* depth of them */
};

struct pel_attribute_rule {
	const char *name;
	size_t offset; /* of its struct pel_attr in the declaration that begin() returns */
	enum pel_check check;
	bool required;
};

#define PEL_RULE_CHILDREN 8

struct pel_rule {
	const char *name;
	const struct pel_attribute_rule *attributes;		/* terminated by a NULL name; NULL: none */
	const struct pel_rule *children[PEL_RULE_CHILDREN + 1]; /* terminated by NULL */
	bool once;						/* at most one in its parent */
	bool text;						/* its text is passed to text() */
	/* Makes the declaration (NULL: out of memory). `place` is the place of the element. */
	void *(*begin)(struct pel_loader *ld, struct pel_place place);
	/* Checks the declaration when all attributes have been read. Returns 0 or -ENOMEM; errors are reported with pel_loader_fail(). */
	int (*check)(struct pel_loader *ld, void *decl, struct pel_place place);
	int (*content)(struct pel_loader *ld, const char *bytes, size_t length);
	/* Completes the declaration. Returns 0 or -ENOMEM. */
	int (*end)(struct pel_loader *ld, struct pel_place place);
};

/*
 * Walk through the document, whose elements are in the namespace `ns` (NULL: in any namespace, or none). Returns 0, -EINVAL (with all errors reported,
 * in the order of the document) or -ENOMEM (without a message).
 */
int pel_loader_run(struct pel_loader *ld, const struct pel_rule *root, const char *ns);

/* Report an error in the document and continue. To add a hint, call pel_hint(ld->err, ...) next. */
void pel_loader_fail(struct pel_loader *ld, struct pel_place place, const char *fmt, ...) PEL_PRINTF(3, 4);

/* The place of an attribute. */
struct pel_place pel_loader_place(const struct pel_loader *ld, const struct pel_attr *attr);

/* Load the graph document `source` into `arena`, not linked to any other file. Returns 0, -EINVAL (with a message) or -ENOMEM (without). */
int pel_load_graph_document(struct pel_source *source, const char *dir, const struct pel_limits *limits,
			    struct pel_arena *arena, struct pel_decl_graph **ret, struct pel_error *err);

/* For each actor with graph="#name", in `graph` and in the graphs nested in it, set the pointer to that graph. Returns 0 or -ENOMEM. */
int pel_link_nested(struct pel_loader *ld, struct pel_decl_graph *graph);

/*
 * When all actors of `graph` point to their graphs: check that no graph contains itself, and that its depth and its size after unfolding are within the
 * limits. Returns 0, -EINVAL (with a message) or -ENOMEM (without).
 */
int pel_check_hierarchy(const struct pel_graph *graph, const struct pel_limits *limits, struct pel_error *err);

#endif
