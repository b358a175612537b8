/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_INSTANCE_MODEL_H
#define PEL_INSTANCE_MODEL_H

#include "document.h"
#include "unify.h"

/* Hierarchy unfolded: a tree of instances of documents, the actors in it, and the channels between them, which go through its boundaries. */

struct child {
	struct instance *graph; /* NULL: an actor of the plan */
	uint32_t actor;
};

struct alias;
struct params;

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

/* An end of a piece of a channel: a port of an actor of the plan (instance NULL), or a boundary port of an instance. */
struct end {
	struct instance *instance;
	uint32_t actor, port;
};

/* A <channel> in an instance. Pieces that meet at aliases become one channel of the plan. */
struct piece {
	const struct pel_decl_channel *decl;
	struct instance *instance;
	struct end from, to;
	bool broken;
	bool named; /* its name was given to a channel */
};

/* What is found by following pieces back, and what they say on the way: each thing may be said once. */
struct route {
	enum {
		ROUTE_UNKNOWN,
		ROUTE_OPEN, /* being followed */
		ROUTE_FROM,
		ROUTE_UNFED,
		ROUTE_BROKEN, /* said where */
	} kind;
	struct end from;     /* FROM: a port of an actor */
	struct alias *unfed; /* UNFED: where it ends */
	struct piece *name, *capacity, *initial;
};

/* A boundary port of a sub-graph: an alias, fed by one piece of a channel. */
struct alias {
	uint32_t fed;	/* index of the piece; PEL_NONE: not yet */
	uint32_t feeds; /* how many pieces leave it */
	bool needed;	/* it feeds an input that must be connected */
	struct route route;
	struct term *term; /* [types] */
};

/* Values of a channel's first tokens, as text. */
struct written {
	const struct pel_decl_channel *decl; /* NULL: there are none */
	const struct instance *instance;     /* whose scope they are read in */
};

/* Where a repair of a channel is written. */
struct repair_place {
	struct pel_place initial, capacity;
	bool values; /* its first tokens are written out */
};

#endif
