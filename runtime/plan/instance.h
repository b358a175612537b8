/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_INSTANCE_H
#define PEL_INSTANCE_H

#include "documents.h"
#include "unify.h"

/* Hierarchy unfolded: a tree of instances of documents, and the actors in it. */

struct child {
	struct instance *graph; /* NULL: an actor of the plan */
	uint32_t actor;
};

struct alias;

/* One use of a document: the top, or an actor with graph="...". */
struct instance {
	struct document *document;
	struct instance *parent;
	const struct pel_decl_actor *actor; /* in the parent */
	const char *prefix;		    /* "tail/" */
	uint32_t depth;
	uint32_t first_actor, end_actor; /* all inside, at any depth, stand in a row in the plan */
	struct params *params;
	struct child *children; /* of each declared actor */
	struct alias *aliases;	/* of each boundary port; of the top: NULL */
	struct symbols symbols; /* [types] of its boundary ports */
	struct pel_map symbol_map;
	const char *on; /* default for its actors; NULL: none */
	struct pel_place on_place;
	struct instance *next; /* in the order of documents */
};

struct actor_work {
	const struct pel_decl_actor *decl; /* NULL: a boundary of the top */
	struct instance *instance;
	struct kernel_use *use;		  /* NULL: boundary, or not found */
	struct specialization *spec;	  /* NULL: boundary, or broken */
	uint32_t *fed;			  /* of each input: the piece that feeds it */
	bool *left;			  /* of each output: does a piece leave it? */
	const struct pel_decl_port *port; /* of a boundary */
	struct term **terms;		  /* [types] inputs, then outputs */
	uint32_t known;			  /* [types] how many port types the kernel's hook was told of */
};

/* The tree; then the actors. */
int pel_instances_make(struct compiler *c);
int pel_actors_make(struct compiler *c);

#endif
