/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_SDF_SELFTIMED_H
#define PEL_SDF_SELFTIMED_H

#include "sdf-throughput.h"

/* Within the folder only: the state of a self-timed execution (selftimed.c), and what in it is critical (selftimed-critical.c). */

struct flow {
	uint32_t to, from; /* positions of actors in the part */
	uint32_t tag;
	const uint64_t *produce, *consume;
	uint32_t n_produce, n_consume;
	uint64_t tokens;
	bool awaited; /* its reader waits for it, and for no other before it */
};

/* Firings that are under way, in the order of their ends. */
struct batch {
	uint64_t end, count, number;
};

/*
 * The latest starts, each with the batch whose end allowed it, at that very moment. The way back from any start is tight all along, and where it comes to a firing that
 * it has been at, some rounds later, it has gone round a critical cycle.
 */
struct cause {
	uint64_t number; /* of the other batch */
	uint64_t fired;	 /* by this player before this start */
	uint32_t player;
	uint32_t tag; /* of the channel between them */
};
#define CAUSES	 ((uint64_t)1 << 20)
#define NO_CAUSE UINT64_MAX

struct player {
	uint32_t actor;
	uint32_t phases, phase, done_phase; /* of the next firing to start, and to end */
	uint32_t in_begin, in_end, out_begin, out_end;
	uint64_t fired, kept_fired;
	struct batch *batches; /* a ring */
	uint32_t head, count, room;
	uint32_t heap_place; /* NONE: nothing under way */
	struct cause cause;  /* what made it ready */
};

struct selftimed {
	const struct pel_sdf_evaluator *ev;
	struct flow *flows; /* by reader */
	uint32_t *out;	    /* flows by writer */
	struct player *players;
	uint32_t *heap, n_heap;	  /* players by their next end */
	uint32_t *ready, n_ready; /* a stack of players to be tried */
	bool *is_ready;
	uint32_t n_players, n_flows;
	uint64_t now, firings, max_firings, look; /* batches of firings, in fact */
	struct cause *causes;			  /* of batch i: causes[i % CAUSES] */

	/* the state kept */
	uint64_t *kept, *state;
	size_t kept_length, room;
	uint64_t kept_time, kept_firings, power, steps;
};

#define NONE UINT32_MAX

/* All that ends at the next moment when something does, and all that starts then. Returns 0, or as pel_sdf_self_timed(). */
int pel_sdf_selftimed_pass_moment(struct selftimed *x);

/*
 * After the state has recurred: the cycle that the way back from the latest start is on. It may take some rounds to come round, so the execution goes on until it
 * does; where that is more than is remembered or allowed, all of the part is said to be critical. Returns 0 or -ENOMEM.
 */
int pel_sdf_selftimed_find_cycle(struct selftimed *x, uint8_t *actors, uint8_t *channels);
/* In a deadlock: a circle of players that wait for each other. */
void pel_sdf_selftimed_find_circle(const struct selftimed *x, uint8_t *actors, uint8_t *channels);

#endif
