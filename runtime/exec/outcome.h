/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_EXEC_OUTCOME_H
#define PEL_EXEC_OUTCOME_H

#include <pelton/run.h>
#include <pthread.h>
#include <stdatomic.h>
#include "support.h"

/*
 * What becomes of a run. The first outcome wins, and later ones change nothing.
 *
 * A run ends well when none of its `live` parts is left. It stalls when nothing can move any more: the scheduler is quiet, nothing outside of it
 * is at work (blocking threads, calls on devices), and nobody outside could do anything. The layers above know these facts, and what to say;
 * they are asked by the functions below, under the lock if nothing else is said.
 *
 * Threads: any, unless it says otherwise. `lock` guards everything but `decided`; the scheduler parks its threads under it too, so that a
 * stall is looked for at a moment in which nobody wakes up. Lock order: the lock of a cluster or a device, then this one, then that of a
 * host port or of a queue. [locked] means: the caller has it.
 */
struct pel_outcome_ops {
	/* Does no thread of the scheduler do anything, and is nothing queued? */
	bool (*is_quiet)(void *data);
	/* Could the host do something that lets the run go on? */
	bool (*may_move)(void *data);
	/* Say who waits for what. */
	void (*explain)(void *data, struct pel_error *err);
	/* All parts have ended. Is that a success? If not, say why not. */
	bool (*succeeded)(void *data, struct pel_error *err);
	/* It is one. [not locked] What waited for that: it may decide otherwise yet. */
	void (*last_words)(void *data);
	/* The outcome is decided: wake whoever waits for something that will not come. */
	void (*decided)(void *data);
};

struct pel_outcome_state {
	const struct pel_outcome_ops *ops;
	void *data; /* for these */
	pthread_mutex_t lock;
	pthread_cond_t ended; /* the outcome is decided; on CLOCK_MONOTONIC */
	uint32_t n_live;      /* parts that have not ended: stages, and <in>s that feed an <out> */
	uint32_t n_outside;   /* blocking threads at work, and device stages with calls on their way */
	enum pel_outcome outcome;
	bool drained; /* every part has ended: what is in the <out>s is all there will be, and is the host's */
	int code;     /* of PEL_RUN_FAILED: a negative errno */
	struct pel_error error; /* what explains the outcome; complete once decided */
	uint64_t end_ns;
	atomic_bool decided;
};

void pel_outcome_init(struct pel_outcome_state *state, const struct pel_outcome_ops *ops, void *data);
void pel_outcome_fini(struct pel_outcome_state *state);

/* Is the run over? No lock: it may be so a moment later. */
static inline bool pel_outcome_is_decided(const struct pel_outcome_state *state)
{
	return atomic_load_explicit(&state->decided, memory_order_acquire);
}

/* Has it ended otherwise than by the end of all its parts? */
static inline bool pel_outcome_is_broken(const struct pel_outcome_state *state)
{
	return pel_outcome_is_decided(state) && !state->drained;
}

/* Decide for `outcome`, unless another one was first. Takes the lock. */
void pel_outcome_decide(struct pel_outcome_state *state, enum pel_outcome outcome, int code);

/*
 * The same, with the reason: `code` is a negative errno, `hint` may be NULL. The words and the code are of the same failure, the first.
 * Returns `code`.
 */
int pel_outcome_fail(struct pel_outcome_state *state, enum pel_outcome outcome, int code,
		     struct pel_place place, const char *hint, const char *fmt, ...) PEL_PRINTF(6, 7);

/* One of the live parts has ended. The last one decides. Takes the lock. */
void pel_outcome_part_ended(struct pel_outcome_state *state);
/* So many more are at work outside; look whether that makes a stall. Takes the lock. */
void pel_outcome_outside(struct pel_outcome_state *state, int change);
/* [locked] Is this a stall? Then it is the outcome. */
void pel_outcome_check_stall(struct pel_outcome_state *state);
/* [locked] It is one, as nobody has the patience to wait any longer. */
void pel_outcome_stall(struct pel_outcome_state *state);

#endif
