/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_TASK_H
#define PEL_TASK_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/*
 * Something that a worker does a bit of, again and again: the unit of scheduling. It lies in what it is a task of (a stage), as its first member.
 *
 * At any time one thread at most owns a task and may be in its step(); ownership passes on with `state` (acquire-release), and with it all
 * that belongs to the task. Who makes it possible for a task to go on does that first, and calls pel_task_wake() then.
 */
struct pel_scheduler;
struct pel_own_thread;

/* Why a step came back. */
enum pel_task_step {
	PEL_TASK_RAN,	 /* there may be more to do */
	PEL_TASK_WAITS,	 /* until it is woken */
	PEL_TASK_ENDED,	 /* for good: one of the outcome's live parts less */
	PEL_TASK_FAILED, /* and the outcome is decided */
};

struct pel_task {
	/*
	 * [owner] A bounded amount of work. `context` is that of the thread. *clock is the time at which the thread was last seen, and may be
	 * moved on. Whatever it keeps must be kept by the time it returns, as another thread may own the task then.
	 */
	enum pel_task_step (*step)(struct pel_task *task, void *context, uint64_t *clock);
	struct pel_scheduler *scheduler;
	struct pel_own_thread *own; /* the thread that is there for this task alone; NULL: workers run it */
	int32_t bound;		    /* the worker that must run it; -1: any */
	bool lengthy; /* its steps may take long: what it wakes must not wait for the end of one */
	atomic_uint state;
	struct pel_task *next, *prev; /* in a queue, under its lock */
};

/* To begin with, a task is marked as scheduled: pel_scheduler_add() queues it. */
void pel_task_init(struct pel_task *task, struct pel_scheduler *scheduler,
		   enum pel_task_step (*step)(struct pel_task *task, void *context, uint64_t *clock));

/*
 * Something has happened that may let `task` go on. Any thread. `from`: the task that did it, NULL: the outside. `urgent`: run it
 * next, while what it needs is in this worker's cache.
 */
void pel_task_wake(struct pel_task *task, const struct pel_task *from, bool urgent);

/* Is it queued, or being run? A moment later that may be otherwise. */
bool pel_task_is_scheduled(const struct pel_task *task);

#endif
