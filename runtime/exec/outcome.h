/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_EXEC_OUTCOME_H
#define PEL_EXEC_OUTCOME_H

#include <pelton/run.h>
#include <pthread.h>
#include <stdatomic.h>
#include "support.h"

/*
 * The outcome of a run. The first outcome wins; later ones change nothing.
 *
 * A run succeeds when none of its `live` parts is left. It stalls when nothing can move any more: the
 * scheduler is quiet, nothing works outside it (blocking threads, calls on devices), and the host cannot
 * help. The layers above know these facts and the message; `outcome` asks them through the functions below,
 * with the lock held unless a function says otherwise.
 *
 * Threads: any, unless a function says otherwise. `lock` guards everything except `decided`. The scheduler
 * also parks its threads under it, so no thread wakes up during the check for a stall. Lock order: the lock
 * of a cluster or a device, then this one, then that of a host port or of a queue. [locked] means: the caller
 * holds the lock.
 */
struct pel_outcome_ops {
	/* Are all threads of the scheduler asleep, with nothing queued? */
	bool (*is_quiet)(void *data);
	/* Could the host do something that makes the run go on? */
	bool (*may_move)(void *data);
	/* Explain in `err` who waits for what. */
	void (*explain)(void *data, struct pel_error *err);
	/* All parts have ended. Is that a success? If not, explain why. */
	bool (*succeeded)(void *data, struct pel_error *err);
	/* The run succeeds. [not locked] Call finish() of the kernels that have waited for that; it may still fail the run. */
	void (*finish)(void *data);
	/* The outcome is decided: wake everybody who waits for something that will not come. */
	void (*decided)(void *data);
};

struct pel_outcome_state {
	const struct pel_outcome_ops *ops;
	void *data; /* passed to `ops` */
	pthread_mutex_t lock;
	pthread_cond_t ended; /* the outcome is decided; on CLOCK_MONOTONIC */
	uint32_t n_live;      /* parts that have not ended: stages, and <in>s that feed an <out> */
	uint32_t n_outside;   /* blocking threads at work, and device stages with calls in flight */
	enum pel_outcome outcome;
	/*
	 * Every part has ended: the <out>s receive nothing more, and what they hold is for the host to read.
	 */
	bool drained;
	int code;		/* of PEL_RUN_FAILED: a negative errno */
	struct pel_error error; /* explains the outcome; complete once `decided` is set */
	uint64_t end_ns;
	atomic_bool decided;
};

void pel_outcome_init(struct pel_outcome_state *state, const struct pel_outcome_ops *ops, void *data);
void pel_outcome_fini(struct pel_outcome_state *state);

/* Is the run over? This takes no lock, so the answer may already be out of date if it is false. */
static inline bool pel_outcome_is_decided(const struct pel_outcome_state *state)
{
	return atomic_load_explicit(&state->decided, memory_order_acquire);
}

/* Has the run ended in any other way than by the end of all its parts? */
static inline bool pel_outcome_is_broken(const struct pel_outcome_state *state)
{
	return pel_outcome_is_decided(state) && !state->drained;
}

/* Decide for `outcome`, unless the outcome is already decided. Takes the lock. */
void pel_outcome_decide(struct pel_outcome_state *state, enum pel_outcome outcome, int code);

/*
 * The same, with a message. `code` is a negative errno; `hint` may be NULL. The message and the code always
 * describe the same failure, the first. Returns `code`.
 */
int pel_outcome_fail(struct pel_outcome_state *state, enum pel_outcome outcome, int code,
		     struct pel_place place, const char *hint, const char *fmt, ...) PEL_PRINTF(6, 7);

/* One of the live parts has ended. The end of the last one decides the outcome. Takes the lock. */
void pel_outcome_part_ended(struct pel_outcome_state *state);
/*
 * Add `change` to the number of those that work outside the scheduler, then check for a stall. Takes the
 * lock.
 */
void pel_outcome_outside(struct pel_outcome_state *state, int change);
/* [locked] Check for a stall. If there is one, it becomes the outcome. */
void pel_outcome_check_stall(struct pel_outcome_state *state);
/* [locked] Make a stall the outcome: the host's patience (stall_after_s) has run out. */
void pel_outcome_stall(struct pel_outcome_state *state);

#endif
