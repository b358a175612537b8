/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_TASK_H
#define PEL_TASK_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/*
 * The unit of scheduling: something that is run in steps. A task is the first member of what it runs (a
 * stage).
 *
 * At most one thread at a time owns a task and may call its step(). Ownership passes through `state`
 * (acquire-release), and with it everything that belongs to the task. To make a task go on, first make the
 * change, then call pel_task_wake().
 */
struct pel_scheduler;
struct pel_own_thread;

/* The result of a step. */
enum pel_task_step {
	PEL_TASK_RAN,	 /* there may be more to do */
	PEL_TASK_WAITS,	 /* until it is woken */
	PEL_TASK_ENDED,	 /* for good: outcome's count of live parts goes down by one */
	PEL_TASK_FAILED, /* the outcome is decided */
};

struct pel_task {
	/*
	 * [owner] Do a bounded amount of work. `context` is that of the thread. *clock is the last time that
	 * the thread read; the step may update it. Store all results before returning, since another thread
	 * may own the task right after.
	 */
	enum pel_task_step (*step)(struct pel_task *task, void *context, uint64_t *clock);
	struct pel_scheduler *scheduler;
	struct pel_own_thread *own; /* the task's own thread; NULL: workers run it */
	int32_t bound;		    /* the worker that must run it; -1: any */
	bool lengthy; /* its steps may take long, so tasks that it wakes must not wait for a step to end */
	atomic_uint state;
	struct pel_task *next, *prev; /* in a queue, under its lock */
};

/* A new task is marked as scheduled; pel_scheduler_add() queues it. */
void pel_task_init(struct pel_task *task, struct pel_scheduler *scheduler,
		   enum pel_task_step (*step)(struct pel_task *task, void *context, uint64_t *clock));

/*
 * Something has happened that may let `task` go on. Any thread. `from`: the task that caused it; NULL:
 * something outside the scheduler. `urgent`: run it next, while the data it needs is in this worker's cache.
 */
void pel_task_wake(struct pel_task *task, const struct pel_task *from, bool urgent);

/* Is it queued or running? The answer may be out of date at once. */
bool pel_task_is_scheduled(const struct pel_task *task);

#endif
