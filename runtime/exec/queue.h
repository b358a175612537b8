/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_QUEUE_H
#define PEL_QUEUE_H

#include <pthread.h>
#include <stdbool.h>

struct pel_task;

/*
 * The queue of one worker: two lists, of tasks that any worker may run, and of those that only this one may. The owner works at the front; thieves
 * take from the back of the first. Any thread; the lock is the last in the order of locks.
 */
struct pel_task_list {
	struct pel_task *front, *back;
};

struct pel_queue {
	pthread_mutex_t lock;
	struct pel_task_list shared, bound;
	bool bound_next; /* whose turn it is where there are both */
	unsigned n_urgent;
};

void pel_queue_init(struct pel_queue *queue);
void pel_queue_fini(struct pel_queue *queue);

/* Add `task`: in front where it is urgent, though not every time. Returns whether the queue was empty. */
bool pel_queue_push(struct pel_queue *queue, struct pel_task *task, bool urgent);
/* Take the next one, as the owner or as a thief. NULL: there is none. */
struct pel_task *pel_queue_pop(struct pel_queue *queue, bool owner);

#endif
