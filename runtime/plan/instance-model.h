/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_INSTANCE_MODEL_H
#define PEL_INSTANCE_MODEL_H

#include "document.h"
#include "unify.h"

/* The hierarchy, expanded: a tree of instances of documents, the actors in it, and the channels between them, which may cross boundaries. */

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
	uint32_t first_actor,
		end_actor; /* the actors inside, at any depth, are plan->actors[first_actor, end_actor) */
	struct params *params;
	struct child *children; /* one for each declared actor */
	struct alias *aliases;	/* one for each boundary port; NULL for the top */
	struct symbols symbols; /* [types] in the types of its boundary ports */
	struct pel_map symbol_map;
	const char *on; /* default place of its actors; NULL: none */
	struct pel_place on_place;
	struct instance *next; /* in the order of documents */
};

struct actor_work {
	const struct pel_decl_actor *decl; /* NULL: a boundary port of the top */
	struct instance *instance;
	struct kernel_use *use;		  /* NULL: boundary, or not found */
	struct specialization *spec;	  /* NULL: boundary, or invalid */
	uint32_t *fed;			  /* for each input: the piece that feeds it */
	bool *left;			  /* for each output: does a piece start there? */
	const struct pel_decl_port *port; /* of a boundary port */
	struct term **terms;		  /* [types] of inputs, then of outputs */
	uint32_t known; /* [types] 1 + the number of port types known at the last call of the kernel's hook; 0: not called */
};

/* An end of a piece: a port of an actor of the plan (instance NULL), or a boundary port of an instance. */
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
	bool named; /* a channel already has its name */
};

/* The result of following pieces back, and the attributes that they set. Each attribute may be set only once. */
struct route {
	enum {
		ROUTE_UNKNOWN,
		ROUTE_OPEN, /* being followed */
		ROUTE_FROM,
		ROUTE_UNFED,
		ROUTE_BROKEN, /* invalid, and reported */
	} kind;
	struct end from;     /* FROM: a port of an actor */
	struct alias *unfed; /* UNFED: the alias where the route ends */
	struct piece *name, *capacity, *initial;
};

/* A boundary port of a sub-graph: an alias, fed by one piece of a channel. */
struct alias {
	uint32_t fed;	/* index of the piece; PEL_NONE: not yet */
	uint32_t feeds; /* how many pieces start there */
	bool needed;	/* it feeds an input that must be connected */
	struct route route;
	struct term *term; /* [types] */
};

/* The values of a channel's first tokens, as text. */
struct written {
	const struct pel_decl_channel *decl; /* NULL: there are none */
	const struct instance *instance;     /* they are evaluated in its scope */
};

/* The elements to change for a repair of a channel. */
struct repair_place {
	struct pel_place initial, capacity;
	bool values; /* the values of its first tokens are given */
};

#endif
