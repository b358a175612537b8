/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_QUEUE_H
#define PEL_QUEUE_H

#include <pthread.h>
#include <stdbool.h>

struct pel_task;

/*
 * The queue of one worker: a list of tasks that any worker may run, and a list of tasks that only this worker
 * may run. The owner takes from the front of both; thieves take from the back of the first. Any thread. The
 * lock is the last in the lock order.
 */
struct pel_task_list {
	struct pel_task *front, *back;
};

struct pel_queue {
	pthread_mutex_t lock;
	struct pel_task_list shared, bound;
	bool bound_next; /* if both lists have tasks: take from `bound` next */
	unsigned n_urgent;
};

void pel_queue_init(struct pel_queue *queue);
void pel_queue_fini(struct pel_queue *queue);

/*
 * Add `task`, at the front if it is `urgent` (with exceptions, so that others are not starved). Returns
 * whether the queue was empty.
 */
bool pel_queue_push(struct pel_queue *queue, struct pel_task *task, bool urgent);
/* Take the next task, as the owner or as a thief. NULL: there is none. */
struct pel_task *pel_queue_pop(struct pel_queue *queue, bool owner);

#endif
