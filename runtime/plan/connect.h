/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_CONNECT_H
#define PEL_CONNECT_H

#include "end.h"

/* Channels: pieces that meet at the boundaries of instances are followed, and connected. */

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

int pel_channels_connect(struct compiler *c);

#endif
