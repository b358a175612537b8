/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_RUN_CLUSTER_H
#define PEL_RUN_CLUSTER_H

#include <pthread.h>
#include <stdalign.h>
#include "stage.h"

/*
 * Clusters. Several stages (copies) share one, and carry rounds of iterations through its segments: rounds are numbered as they are taken, and
 * their results are handed over in that order, so the neighbours see the same tokens in the same order however many rounds there are at a time.
 *
 *	segment (parallel)	| round 4 | round 5 | ...	any round, at any time
 *	segment (serial)	| round 3 |			one after the other
 *	segment (parallel)	| round 2 |
 *
 * A round is taken only where all its tokens and all the room it needs are there, so it never waits but for a round before it; and then its worker goes
 * on with something else. What does not make a whole iteration (the end of the stream, a neighbour that waits for less) is done in the other mode, one
 * actor after the other by copy 0 alone, as in any stage.
 *
 * Who has what: see enum pel_cluster_mode. Who executes a round has it without the lock. Lock order: a cluster's, then the outcome's; wakers are called
 * with a cluster's lock, kernels without. [locked] means: the caller has the cluster's lock.
 */
enum pel_cluster_mode {
	PEL_CLUSTER_LOOSE, /* copy 0 has the actors, and fires them one by one; the others have nothing to do */
	PEL_CLUSTER_ROUNDS, /* every copy may take a round; the actors are the lock's */
};

enum pel_round_state {
	PEL_ROUND_NONE,
	PEL_ROUND_READY, /* for its next segment, as soon as it has its turn */
	PEL_ROUND_RUNS,
	PEL_ROUND_FINISHED, /* it has passed all segments */
	PEL_ROUND_STOPPED,  /* it goes no further, since actors have ended */
};

struct pel_round {
	enum pel_round_state state;
	uint32_t segment;	      /* the next one */
	uint64_t number;	      /* rounds since the mode began */
	uint64_t first;		      /* iteration, since the mode began */
	uint64_t planned, iterations; /* fewer than planned: an actor has ended, or an earlier round's has */
	bool kernel_ended;	      /* of an actor that is alone: its kernel has returned PEL_END, */
	uint64_t part;		      /* after that many firings of the iteration that is not complete */
	uint64_t busy_ns;
	uint32_t copy;		 /* who executed it last */
	uint64_t *done;		 /* of each segment: iterations */
	unsigned char **windows; /* in rings, at the first iteration; see struct pel_storage */
};

/*
 * All that a call of most actors needs, in a line of the cache: constant rates, at most one input and one output, which are held in chunks. What an actor's
 * structures take would crowd the chunk out of the first-level cache.
 */
struct pel_brief_call {
	alignas(PEL_LINE_BYTES) union {
		int (*fire)(void *state, const struct pel_io *io, size_t firings);
		int (*fire_chain)(void *const *states, size_t n, const struct pel_io *io, size_t firings);
	};
	union {
		void *state;
		void *const *states; /* with a length of more than 1 */
	};
	uint64_t first;		/* number of its first firing since rounds began */
	uint64_t firings;	/* of an iteration */
	uint32_t in_at, out_at; /* lines of the cache into the worker's own memory */
	uint32_t length;	/* of so many actors, from this one on; 0: it is none of these calls */
	uint64_t in_tokens, out_tokens; /* of an iteration; 0: there is no such port */
};

struct pel_run_segment {
	uint32_t begin, end; /* places of its actors */
	bool serial;	     /* rounds pass it one after the other */
	bool chunks;	     /* something in it is held in chunks */
	bool ragged;	     /* an actor of it ended within an iteration: `fired` of its actors counts */
	uint32_t n_needs;
	const uint32_t *needs; /* segments that all rounds before must have passed */
};

/* An end of a ring that holds tokens of rounds in progress. */
struct pel_cluster_in {
	struct pel_run_actor *actor;
	struct pel_in_port *in;
	bool inside; /* its writer is of the cluster too */
};

struct pel_cluster_out {
	struct pel_run_actor *actor;
	struct pel_out_port *out;
	bool inside; /* all its readers are */
};

struct pel_run_cluster {
	const struct pel_plan_cluster *plan;
	/* Constant. */
	struct pel_scheduler *scheduler;
	struct pel_run_stage **stages; /* plan->n_stages of them */
	struct pel_run_actor **actors; /* in order of execution */
	struct pel_run_segment *segments;
	struct pel_brief_call *calls; /* of each actor, while there are rounds */
	void **states; /* the kernels' states, in order; NULL: no kernel of the cluster takes several at once */
	struct pel_cluster_in *ins;
	struct pel_cluster_out *outs;
	uint32_t n_ins, n_outs;
	uint32_t at_once; /* rounds that can be executed at the same time */
	uint64_t limit;	  /* iterations of a round */
	pthread_mutex_t lock;
	/* Under the lock, but for what its owner has. */
	_Atomic unsigned mode;
	struct pel_round *rounds; /* of each slot */
	uint32_t *slot_of;	  /* of round number n: slot_of[n % plan->slots] */
	uint64_t *passed;	  /* of each segment: so many rounds, in order */
	uint64_t *fired;	  /* of each actor, in the chunk of a serial segment: its executor's */
	uint64_t *settling;	  /* of each segment: scratch for settle.c */
	uint64_t taken, retired;  /* rounds; retired <= taken <= retired + plan->slots */
	uint64_t next_iteration;  /* of the next round */
	uint64_t firings;	  /* of all living actors, in an iteration */
	uint64_t last, largest;	  /* iterations of the last round, and the largest */
	double iteration_ns;	  /* what one has taken lately; 0: not known */
	uint32_t n_running;	  /* rounds in state PEL_ROUND_RUNS */
	bool loose_once;	  /* rounds have just ended where actors do: let these come to their end */
	bool closing; /* no more rounds: those before `cut` are finished, those after it are stopped */
	uint64_t cut;
	bool ended;		/* all actors have */
	uint32_t n_awake;	/* of its stages: at work */
	uint64_t idle_since_ns; /* all of them; 0: not yet, or not now */
	enum pel_step idle_reason;
	uint64_t wait_input_ns, wait_room_ns;
	_Atomic uint64_t iterations; /* retired, and not yet counted as firings */
};

#endif
