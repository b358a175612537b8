/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_SCHEDULER_H
#define PEL_SCHEDULER_H

#include <pthread.h>
#include <stdalign.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include "outcome.h"
#include "queue.h"
#include "task.h"

/*
 * Workers that run tasks, and threads that run one task each (own threads). The scheduler knows nothing of
 * what the tasks do.
 *
 * Waking. A task that is woken is put into a queue, unless it is queued or running already; a running task
 * makes its owner look again before it gives the task up. task->state says which: the waker's fetch_or and
 * the owner's compare-exchange form a Dekker handshake, so no wake-up is lost.
 *
 * Order. Depth first: an urgent task goes to the front of the worker's own queue, from which the worker takes
 * its next task. Others go to the back, where idle workers steal.
 *
 * Parking. An idle worker counts itself in n_idle, looks at all queues once more, and sleeps, all under the
 * outcome's lock. Whoever queues a task does that first, then reads n_idle. Both sides take the queue's lock,
 * so one of the two sees the other.
 *
 * Threads: any thread may wake a task; each other function says who may call it. Lock order: the outcome's
 * lock, then a queue's.
 */
struct pel_worker {
	alignas(64) struct pel_scheduler *scheduler;
	void *context; /* passed to its tasks; borrowed */
	pthread_t thread;
	bool started;
	struct pel_queue queue;
	pthread_cond_t wake;
	bool parked;	/* under the outcome's lock */
	bool searching; /* counted in n_searching */
	uint32_t random;
};

struct pel_own_thread {
	struct pel_task *task;
	void *context; /* borrowed */
	pthread_t thread;
	bool started, cancelled;
	pthread_cond_t wake;
	bool woken, parked; /* under the outcome's lock */
};

/* What the layers above do at the start and the end of a thread. */
struct pel_scheduler_ops {
	/* [the new thread] Before its first step. */
	void (*begin)(void *context);
	/*
	 * [the ending thread] It is ending from within a step (pthread_exit(), cancellation). May also be
	 * called outside of steps.
	 */
	void (*lost)(void *context);
};

struct pel_scheduler {
	struct pel_outcome_state *outcome;
	const struct pel_scheduler_ops *ops;
	struct pel_worker *workers;
	struct pel_own_thread *own;
	uint32_t n_workers, n_own;
	atomic_uint n_queued;	 /* tasks in the workers' queues */
	atomic_uint n_idle;	 /* parked workers; written under the outcome's lock */
	atomic_uint n_searching; /* awake workers that look for work */
	atomic_uint next_worker; /* receives the next task that is woken from outside the workers */
};

/*
 * Create `n_workers` (1 or more) workers, and `n_own` threads of a single task each, which are counted as at
 * work outside. 0 or -ENOMEM.
 */
int pel_scheduler_init(struct pel_scheduler *scheduler, struct pel_outcome_state *outcome,
		       const struct pel_scheduler_ops *ops, uint32_t n_workers, uint32_t n_own);
/* [no thread runs] */
void pel_scheduler_fini(struct pel_scheduler *scheduler);

/* [before the threads start] Give `task` its own thread: number `index` of n_own. */
void pel_scheduler_give_thread(struct pel_scheduler *scheduler, struct pel_task *task, uint32_t index);
/*
 * [before the threads start] Queue `task` for its first step at worker number `worker`, or at the one that it
 * is bound to.
 */
void pel_scheduler_add(struct pel_scheduler *scheduler, struct pel_task *task, uint32_t worker);

/* Do all workers sleep, with nothing queued? */
bool pel_scheduler_is_quiet(const struct pel_scheduler *scheduler);
/* Is there a worker with nothing to do? */
bool pel_scheduler_has_idle(const struct pel_scheduler *scheduler);
/* [with the outcome's lock, once it is decided] Wake all threads, so that they end. */
void pel_scheduler_stop(struct pel_scheduler *scheduler);

/* ---- for threads.c ---- */

/* [worker] Make this thread `worker`. */
void pel_worker_enter(struct pel_worker *worker);
/* [worker] The next task to run; may sleep until there is one. NULL: check the outcome and the time. */
struct pel_task *pel_worker_next(struct pel_worker *worker);
/*
 * [owner] Run one step. true: run the task again. false: the caller no longer owns the task. *ended: the task
 * has ended; that has already been counted.
 */
bool pel_task_run(struct pel_task *task, void *context, uint64_t *clock, bool *ended);
/* [worker, owner] Queue the task behind others: it could go on. */
void pel_worker_requeue(struct pel_worker *worker, struct pel_task *task);

#endif
