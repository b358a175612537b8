/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_SDF_SELFTIMED_H
#define PEL_SDF_SELFTIMED_H

#include "sdf-throughput.h"

/*
 * Internal to this folder: the state of a self-timed execution (selftimed.c), and its critical cycle
 * (selftimed-critical.c).
 */

struct flow {
	uint32_t to, from; /* positions of actors in the part */
	uint32_t tag;
	const uint64_t *produce, *consume;
	uint32_t n_produce, n_consume;
	uint64_t tokens;
	bool awaited; /* its reader waits for it first */
};

/* Firings in progress, in the order of their ends. */
struct batch {
	uint64_t end, count, number;
};

/*
 * The latest starts, each with the batch whose end allowed it at that moment. The path back from any start is
 * tight everywhere. When it returns to a firing that it has visited, some rounds earlier, it has gone round a
 * critical cycle.
 */
struct cause {
	uint64_t number; /* number of the other batch */
	uint64_t fired;	 /* firings of this player before this start */
	uint32_t player;
	uint32_t tag; /* tag of the channel between them */
};
#define CAUSES	 ((uint64_t)1 << 20)
#define NO_CAUSE UINT64_MAX

struct player {
	uint32_t actor;
	uint32_t phases, phase, done_phase; /* phases of the next firing to start, and to end */
	uint32_t in_begin, in_end, out_begin, out_end;
	uint64_t fired, kept_fired;
	struct batch *batches; /* a circular queue */
	uint32_t head, count, room;
	uint32_t heap_place; /* NONE: nothing in progress */
	struct cause cause;  /* what made it ready */
};

struct selftimed {
	const struct pel_sdf_evaluator *ev;
	struct flow *flows; /* by reader */
	uint32_t *out;	    /* flows by writer */
	struct player *players;
	uint32_t *heap, n_heap;	  /* players by their next end */
	uint32_t *ready, n_ready; /* a stack of players to try */
	bool *is_ready;
	uint32_t n_players, n_flows;
	uint64_t now, firings, max_firings, look; /* these count batches of firings */
	struct cause *causes;			  /* the cause of batch i is causes[i % CAUSES] */

	/* the saved state */
	uint64_t *kept, *state;
	size_t kept_length, room;
	uint64_t kept_time, kept_firings, power, steps;
};

#define NONE UINT32_MAX

/*
 * Execute the next moment at which something ends: everything that ends then, and everything that starts
 * then. Returns 0, or as pel_sdf_self_timed().
 */
int pel_sdf_selftimed_pass_moment(struct selftimed *x);

/*
 * After the state has recurred: find the cycle on the path back from the latest start. The cycle may take
 * several rounds, so the execution continues until it closes. If that takes more than is remembered or
 * allowed, the whole part is reported as critical. Returns 0 or -ENOMEM.
 */
int pel_sdf_selftimed_find_cycle(struct selftimed *x, uint8_t *actors, uint8_t *channels);
/* In a deadlock: a cycle of players that wait for each other. */
void pel_sdf_selftimed_find_circle(const struct selftimed *x, uint8_t *actors, uint8_t *channels);

#endif
