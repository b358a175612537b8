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
 * Workers that run tasks, and threads that run one task each. It knows nothing of what the tasks do.
 *
 * Waking. A task that is woken is put into a queue, unless it is there already or being run; in that case its owner looks again before it
 * lets go. task->state says which: the fetch_or of who wakes and the compare-exchange of the owner are the two ends of a Dekker
 * handshake, so no wake-up is lost.
 *
 * Order. Depth first: what is urgent goes to the front of the worker's own queue, where it takes its next task; the rest goes to the back, where
 * idle workers steal.
 *
 * Parking. An idle worker counts itself in n_idle, looks at all queues once more, and sleeps, all under the outcome's lock. Who queues a task does so
 * before it reads n_idle. Both sides go through the queue's lock, so one of the two sees the other.
 *
 * Threads: any may wake a task; the rest of these functions says which. Lock order: the outcome's lock, then a queue's.
 */
struct pel_worker {
	alignas(64) struct pel_scheduler *scheduler;
	void *context; /* for its tasks; borrowed */
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

/* What the layers above do with their contexts. */
struct pel_scheduler_ops {
	/* [a new thread] Before its first step. */
	void (*begin)(void *context);
	/* [the thread] It is being ended from within a step (pthread_exit(), cancellation). May be called outside of steps too. */
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
	atomic_uint next_worker; /* gets the next task that comes from outside */
};

/* For `n_workers` (1 or more) workers and `n_own` threads of single tasks, which are counted as at work outside. 0 or -ENOMEM. */
int pel_scheduler_init(struct pel_scheduler *scheduler, struct pel_outcome_state *outcome,
		       const struct pel_scheduler_ops *ops, uint32_t n_workers, uint32_t n_own);
/* [no thread runs] */
void pel_scheduler_fini(struct pel_scheduler *scheduler);

/* [before the threads start] Give `task` a thread of its own, of those that there are. */
void pel_scheduler_give_thread(struct pel_scheduler *scheduler, struct pel_task *task, uint32_t index);
/* [before the threads start] Queue `task` for its first step, at the worker with this number or the one it is bound to. */
void pel_scheduler_add(struct pel_scheduler *scheduler, struct pel_task *task, uint32_t worker);

/* Do all workers sleep, with nothing queued? */
bool pel_scheduler_is_quiet(const struct pel_scheduler *scheduler);
/* Is there a worker without anything to do? */
bool pel_scheduler_has_idle(const struct pel_scheduler *scheduler);
/* [with the outcome's lock, once it is decided] Wake all threads, so that they end. */
void pel_scheduler_stop(struct pel_scheduler *scheduler);

/* ---- what threads.c is made of ---- */

/* [worker] This thread is `worker` from here on. */
void pel_worker_enter(struct pel_worker *worker);
/* [worker] The next task to run; it may sleep until there is one. NULL: look at the outcome, and the time. */
struct pel_task *pel_worker_next(struct pel_worker *worker);
/* [owner] One step. False: nobody owns the task any more. Else it is to be run again. *ended: it has ended, which is counted. */
bool pel_task_run(struct pel_task *task, void *context, uint64_t *clock, bool *ended);
/* [worker, owner] The task could go on; others first. */
void pel_worker_requeue(struct pel_worker *worker, struct pel_task *task);

#endif
