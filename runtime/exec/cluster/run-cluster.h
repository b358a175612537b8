/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_RUN_CLUSTER_H
#define PEL_RUN_CLUSTER_H

#include <pthread.h>
#include <stdalign.h>
#include "stage.h"

/*
 * Clusters. The stages of a cluster (its copies) share its actors, and carry rounds of iterations through its
 * segments. Rounds are numbered as they are taken, and their results are committed in that order. So the
 * neighbours see the same tokens in the same order, however many rounds are in progress.
 *
 *	segment (parallel)	| round 4 | round 5 | ...	any round, at any time
 *	segment (serial)	| round 3 |			one after the other
 *	segment (parallel)	| round 2 |
 *
 * A round is taken only if all its tokens and all its room are there. After that it waits only for earlier
 * rounds, and its worker does something else meanwhile. Anything less than a whole iteration (the end of the
 * stream, a neighbour that waits for less) is handled in the other mode: copy 0 alone fires the actors one by
 * one, as any stage does.
 *
 * Ownership: see enum pel_cluster_mode. A thread that executes a round owns it, and does so without the lock.
 * Lock order: a cluster's lock, then the outcome's. Wakers are called with a cluster's lock, kernels without
 * it. [locked] means: the caller holds the cluster's lock.
 */
enum pel_cluster_mode {
	/* Copy 0 owns the actors, and fires them one by one. The other copies have nothing to do. */
	PEL_CLUSTER_LOOSE,
	/* Every copy may take a round. The lock guards the actors. */
	PEL_CLUSTER_ROUNDS,
};

enum pel_round_state {
	PEL_ROUND_NONE,
	PEL_ROUND_READY, /* for its next segment, once it has the turn */
	PEL_ROUND_RUNS,
	PEL_ROUND_FINISHED, /* it has passed all segments */
	PEL_ROUND_STOPPED,  /* goes no further, since an actor has ended */
};

struct pel_round {
	enum pel_round_state state;
	uint32_t segment; /* the next one to pass */
	uint64_t number;  /* counted since the mode began */
	uint64_t first;	  /* its first iteration, counted since the mode began */
	/* Fewer than planned if an actor ended, in this round or an earlier one. */
	uint64_t planned, iterations;
	/*
	 * If the cluster has one actor: its kernel returned PEL_END, after `part` firings of the incomplete
	 * iteration.
	 */
	bool kernel_ended;
	uint64_t part;
	uint64_t busy_ns;
	uint32_t copy;	/* the last one to execute it */
	uint64_t *done; /* of each segment: iterations done */
	/* Of the ends in rings: the window at the first iteration; see struct pel_storage. */
	unsigned char **windows;
};

/*
 * Everything that the call of a simple actor needs, in one cache line: constant rates, and at most one input
 * and one output, both with PEL_STORAGE_CHUNK. Reading the actor's own structures would evict the chunk from
 * the first-level cache.
 */
struct pel_brief_call {
	alignas(PEL_LINE_BYTES) union {
		int (*fire)(void *state, const struct pel_io *io, size_t firings);
		int (*fire_chain)(void *const *states, size_t n, const struct pel_io *io, size_t firings);
	};
	union {
		void *state;
		void *const *states; /* if length > 1 */
	};
	uint64_t first;		/* number of its first firing since rounds began */
	uint64_t firings;	/* of one iteration */
	uint32_t in_at, out_at; /* offset into the worker's own memory, in cache lines */
	/* The number of actors, from this one on, that the call is for. 0: a brief call is not possible. */
	uint32_t length;
	uint64_t in_tokens, out_tokens; /* of one iteration; 0: no such port */
};

struct pel_run_segment {
	uint32_t begin, end; /* indices of its actors: begin to end - 1 */
	bool serial;	     /* rounds pass it one after the other */
	bool chunks;	     /* some of its tokens have PEL_STORAGE_CHUNK */
	/* An actor in it ended within an iteration, so `fired` of its actors is valid. */
	bool ragged;
	uint32_t n_needs;
	const uint32_t *needs; /* segments that all earlier rounds must have passed */
};

/* An end of a ring whose tokens are claimed by rounds. */
struct pel_cluster_in {
	struct pel_run_actor *actor;
	struct pel_in_port *in;
	bool inside; /* its writer is in the same cluster */
};

struct pel_cluster_out {
	struct pel_run_actor *actor;
	struct pel_out_port *out;
	bool inside; /* all its readers are in the same cluster */
};

struct pel_run_cluster {
	const struct pel_plan_cluster *plan;
	/* Constant. */
	struct pel_scheduler *scheduler;
	struct pel_run_stage **stages; /* plan->n_stages of them */
	struct pel_run_actor **actors; /* in order of execution */
	struct pel_run_segment *segments;
	struct pel_brief_call *calls; /* of each actor, while rounds are possible */
	/*
	 * The kernels' states, in the order of the actors. NULL: no kernel of the cluster has fire_chain().
	 */
	void **states;
	struct pel_cluster_in *ins;
	struct pel_cluster_out *outs;
	uint32_t n_ins, n_outs;
	uint32_t at_once; /* rounds that can be executed at the same time */
	uint64_t limit;	  /* largest number of iterations in a round */
	pthread_mutex_t lock;
	/* Guarded by the lock, except for what the owner of a round uses. */
	_Atomic unsigned mode;
	struct pel_round *rounds; /* of each slot */
	uint32_t *slot_of;	  /* of round number n: slot_of[n % plan->slots] */
	uint64_t *passed;	  /* of each segment: the rounds that have passed it, counted in order */
	/* Of each actor, in the last chunk of a serial segment. Belongs to the executing thread. */
	uint64_t *fired;
	uint64_t *settling;	 /* of each segment: scratch for settle.c */
	uint64_t taken, retired; /* rounds; retired <= taken <= retired + plan->slots */
	uint64_t next_iteration; /* of the next round */
	uint64_t firings;	 /* of all actors that have not ended, in one iteration */
	uint64_t last, largest;	 /* iterations in the last round, and in the largest */
	double iteration_ns;	 /* recent time of an iteration; 0: unknown */
	uint32_t n_running;	 /* rounds in state PEL_ROUND_RUNS */
	/*
	 * Rounds ended because an actor did. Sweep once before rounds begin again, so that it and others can
	 * end.
	 */
	bool loose_once;
	/* No more rounds are taken: those before `cut` are finished, those after it are stopped. */
	bool closing;
	uint64_t cut;
	bool ended;		/* all actors have ended */
	uint32_t n_awake;	/* number of its stages that are at work */
	uint64_t idle_since_ns; /* since when all its stages are idle; 0: they are not */
	enum pel_step idle_reason;
	uint64_t wait_input_ns, wait_room_ns;
	_Atomic uint64_t iterations; /* retired, but not yet added to the actors' firings */
};

#endif
