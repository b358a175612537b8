/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_LOAD_H
#define PEL_LOAD_H

#include "attribute-value.h"
#include "graph-model.h"
#include "xml.h"

/* The limits of graph-model.h, where a test can set others. */
struct pel_limits {
	size_t document_bytes;
	unsigned depth;		   /* of elements */
	size_t elements;	   /* of one document */
	unsigned nesting;	   /* of sub-graphs */
	uint64_t actors, channels; /* after hierarchy is unfolded */
};
extern const struct pel_limits pel_default_limits;

int pel_graph_load_limited(const char *path, const struct pel_limits *limits, struct pel_graph **ret,
			   struct pel_error *err);
int pel_graph_parse_limited(const void *text, size_t size, const char *name, const struct pel_limits *limits,
			    struct pel_graph **ret, struct pel_error *err);

/* As many errors as struct pel_error keeps: after that, reading on helps nobody. */
#define PEL_MAX_ERRORS 1000
/* Only so many errors get a "did you mean", over so many names: errors in a large document must be explained soon. */
#define PEL_MAX_GUESSES	   100
#define PEL_MAX_CANDIDATES 10000

/*
 * A document being loaded: rules say which elements and attributes there are, the loader walks through the document with
 * them and collects all errors.
 */
struct pel_loader {
	const char *file;
	struct pel_source *source;
	struct pel_arena *arena; /* of what is being made */
	struct pel_error *err;
	const struct pel_limits *limits;
	void *build;  /* of the document's kind */
	bool lenient; /* a format of others: what no rule knows is skipped, and so is text */

	size_t n_errors;
	size_t n_elements;
	unsigned skip;	/* depth inside an element that is unknown; 0: not in one */
	unsigned depth; /* open elements, without those */
	const struct pel_rule *root;
	const char *wanted_ns;	      /* of the root element */
	const char *ns;		      /* that it has; NULL: none */
	struct pel_loader_open *open; /* depth of them */
};

struct pel_attribute_rule {
	const char *name;
	size_t offset; /* of its struct pel_attr in what begin() returns */
	enum pel_check check;
	bool required;
};

#define PEL_RULE_CHILDREN 8

struct pel_rule {
	const char *name;
	const struct pel_attribute_rule *attributes;		/* ended by a NULL name; NULL: none */
	const struct pel_rule *children[PEL_RULE_CHILDREN + 1]; /* ended by NULL */
	bool once;						/* at most one in its parent */
	bool text;						/* text() wants what is in it */
	/* Makes the declaration (NULL: out of memory). The place is that of the element. */
	void *(*begin)(struct pel_loader *ld, struct pel_place place);
	/* Checks it when all its attributes are there. 0 or -ENOMEM; errors are reported with pel_loader_fail(). */
	int (*check)(struct pel_loader *ld, void *decl, struct pel_place place);
	int (*content)(struct pel_loader *ld, const char *bytes, size_t length);
	/* Completes it. 0 or -ENOMEM. */
	int (*end)(struct pel_loader *ld, struct pel_place place);
};

/*
 * Walk through the document, whose elements are in the namespace `ns` (NULL: in any one, or none). Returns 0, -EINVAL (all errors explained, in the order of the document) or -ENOMEM (not explained).
 */
int pel_loader_run(struct pel_loader *ld, const struct pel_rule *root, const char *ns);

/* Report an error of the document; the loading goes on. A hint goes after it with pel_hint(ld->err, ...). */
void pel_loader_fail(struct pel_loader *ld, struct pel_place place, const char *fmt, ...) PEL_PRINTF(3, 4);

/* Where an attribute stands. */
struct pel_place pel_loader_place(const struct pel_loader *ld, const struct pel_attr *attr);

/* The graph document `source`, in `arena`, not linked to any other file. 0, -EINVAL (explained) or -ENOMEM (not). */
int pel_load_graph_document(struct pel_source *source, const char *dir, const struct pel_limits *limits,
			    struct pel_arena *arena, struct pel_decl_graph **ret, struct pel_error *err);

/* Let each actor of `graph` and of the graphs in it whose graph= is "#name" point at that graph. 0 or -ENOMEM. */
int pel_link_nested(struct pel_loader *ld, struct pel_decl_graph *graph);

/*
 * All actors of `graph` point at their graphs: check that no graph holds itself, and how deep and how large it gets when
 * unfolded. 0, -EINVAL (explained) or -ENOMEM (not).
 */
int pel_check_hierarchy(const struct pel_graph *graph, const struct pel_limits *limits, struct pel_error *err);

#endif
