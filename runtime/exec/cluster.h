/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_CLUSTER_H
#define PEL_CLUSTER_H

#include "exec.h"

/* Within the folder only: what the files of clusters share. See cluster.c. */

enum cluster_mode {
	CLUSTER_LOOSE,	/* copy 0 has the actors, and fires them one by one; the others have nothing to do */
	CLUSTER_ROUNDS, /* every copy may take a round */
};

enum round_state {
	ROUND_NONE,
	ROUND_READY, /* for its next segment, as soon as it has its turn */
	ROUND_RUNS,
	ROUND_FINISHED, /* it has passed all segments */
	ROUND_STOPPED,	/* it goes no further, since actors have ended */
};

struct round {
	enum round_state state;
	uint32_t segment;	      /* the next one */
	uint64_t number;	      /* rounds since the mode began */
	uint64_t first;		      /* iteration, since the mode began */
	uint64_t planned, iterations; /* fewer than planned: an actor has ended, or an earlier round's has */
	bool over;		      /* of an actor that is alone: its kernel has said so, */
	uint64_t part;		      /* after that many firings of the iteration that is not complete */
	uint64_t busy_ns;
	uint32_t copy;		 /* who executed it last */
	uint64_t *done;		 /* of each segment: iterations */
	unsigned char **windows; /* in rings, at the first iteration; see in_port.window */
};

#define LINE_BYTES 64u /* in worker's memory all windows begin with a line of the cache */

/*
 * All that a call of most actors needs, in a line of the cache: constant rates, at most one input and one output, which are held in chunks. What an actor's
 * structures take would crowd the chunk out of the first-level cache.
 */
struct brief_call {
	alignas(64) union {
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

struct run_segment {
	uint32_t begin, end; /* places of its actors */
	bool serial;	     /* rounds pass it one after the other */
	bool chunks;	     /* something in it is held in chunks */
	bool ragged;	     /* an actor of it ended within an iteration: `fired` of its actors counts */
	uint32_t n_needs;
	const uint32_t *needs; /* segments that all rounds before must have passed */
};

/* An end of a ring that holds tokens of rounds in progress. */
struct cluster_in {
	struct run_actor *actor;
	struct in_port *in;
	bool inside; /* its writer is of the cluster too */
};

struct cluster_out {
	struct run_actor *actor;
	uint32_t port;
	struct out_port *out;
	bool inside; /* all its readers are */
};

struct run_cluster {
	struct pel_run *run;
	const struct pel_plan_cluster *plan;
	/* Constant. */
	struct run_stage **stages; /* plan->copies of them */
	struct run_actor **actors; /* in order of execution */
	struct run_segment *segments;
	struct brief_call *calls; /* of each actor, while there are rounds */
	void **states; /* the kernels' states, in order; NULL: no kernel of the cluster takes several at once */
	struct cluster_in *ins;
	struct cluster_out *outs;
	uint32_t n_ins, n_outs;
	uint32_t at_once; /* rounds that can be executed at the same time */
	uint64_t limit;	  /* iterations of a round */
	pthread_mutex_t lock;
	/* Under the lock, but for what its owner has: see enum cluster_mode. */
	_Atomic unsigned mode;
	struct round *rounds;	 /* of each slot */
	uint32_t *slot_of;	 /* of round number n: slot_of[n % plan->slots] */
	uint64_t *passed;	 /* of each segment: so many rounds, in order */
	uint64_t *fired;	 /* of each actor, in the chunk of a serial segment: its executor's */
	uint64_t *settling;	 /* of each segment: scratch for cluster-mode.c */
	uint64_t taken, retired; /* rounds; retired <= taken <= retired + plan->slots */
	uint64_t next_iteration; /* of the next round */
	uint64_t firings;	 /* of all living actors, in an iteration */
	uint64_t last, largest;	 /* iterations of the last round, and the largest */
	double iteration_ns;	 /* what one has taken lately; 0: not known */
	uint32_t n_running;	 /* rounds in state ROUND_RUNS */
	bool apart_once;	 /* rounds have just ended where actors do: let these come to their end */
	bool closing; /* no more rounds: those before `cut` are finished, those after it are stopped */
	uint64_t cut;
	bool ended;		/* all actors have */
	uint32_t n_awake;	/* of its stages: at work */
	uint64_t idle_since_ns; /* all of them; 0: not yet, or not now */
	enum step idle_reason;
	uint64_t wait_input_ns, wait_room_ns;
	_Atomic uint64_t iterations; /* retired, and not yet counted as firings */
};

/* Why no round was taken. */
enum take {
	TAKE_TAKEN,
	TAKE_WAITS_INPUT,
	TAKE_WAITS_ROOM,
	TAKE_FALL_BACK, /* there will never be one like this */
};

/* ---- cluster.c ---- */

/*
 * Any thread: of a channel that is not held in its ring, the tokens that have passed its writer, initial ones included, and the most that it held at
 * once.
 */
void cluster_passed(const struct in_port *in, const struct pel_plan_channel *channel, uint64_t *passed,
		    uint64_t *most);
/* [locked] Could a round be taken now? *iterations: how many there are tokens and room for. */
enum take cluster_look(struct run_cluster *cluster, uint64_t *iterations);
struct round *cluster_round(const struct run_cluster *cluster, uint64_t number);
/* [locked] Move the end of a ring on by `tokens`, and let go of what was claimed. */
void cluster_move_output(struct cluster_out *end, uint64_t tokens, struct run_stage *from);
void cluster_move_input(struct cluster_in *end, uint64_t tokens, struct run_stage *from);

/* ---- cluster-execute.c ---- */

/* [who has the round; no lock] Its next segment, which it has the turn for: round->iterations becomes less where an actor ends. 0 or a negative errno. */
int cluster_execute(struct run_cluster *cluster, struct round *round, struct scratch *scratch);
/* [locked, mode LOOSE] Prepare cluster->calls for rounds. */
void cluster_set_calls(struct run_cluster *cluster);

/* ---- cluster-mode.c ---- */

/*
 * An actor of this serial segment has ended, within the chunk that begins `before` iterations after rounds did: what its actors have left in `scratch`
 * for each other goes into the rings. [who executes the segment; no lock]
 */
void cluster_keep_chunk(struct run_cluster *cluster, struct run_segment *segment, uint64_t before,
			struct scratch *scratch);
/*
 * [locked, mode ROUNDS] From here on the actors fire one by one, with all that was done in rounds in their rings. Only where no round runs, nor can go on.
 * 0 or a negative errno: the run has failed.
 */
int cluster_fall_back(struct run_cluster *cluster, struct run_stage *from);
/* [locked, mode LOOSE, copy 0] One sweep over the actors, towards a point where rounds are possible again. */
int cluster_sweep(struct run_cluster *cluster, struct run_stage *stage, enum step *ret);
/* [locked, mode LOOSE, copy 0] Are all actors at the same iteration, with nothing left over between them? */
bool cluster_is_even(const struct run_cluster *cluster);

#endif
