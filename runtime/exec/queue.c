/* SPDX-License-Identifier: Apache-2.0 */
#include "queue.h"

#include "task.h"

/* One in so many urgent tasks goes to the back of the queue. */
#define URGENT_MAX 64u

void pel_queue_init(struct pel_queue *queue)
{
	*queue = (struct pel_queue){ 0 };
	pthread_mutex_init(&queue->lock, NULL);
}

void pel_queue_fini(struct pel_queue *queue)
{
	pthread_mutex_destroy(&queue->lock);
}

static void list_push(struct pel_task_list *list, struct pel_task *task, bool front)
{
	task->next = front ? list->front : NULL;
	task->prev = front ? NULL : list->back;
	*(task->next ? &task->next->prev : &list->back) = task;
	*(task->prev ? &task->prev->next : &list->front) = task;
}

static struct pel_task *list_pop(struct pel_task_list *list, bool front)
{
	struct pel_task *task = front ? list->front : list->back;

	if (task) {
		*(task->next ? &task->next->prev : &list->back) = task->prev;
		*(task->prev ? &task->prev->next : &list->front) = task->next;
	}
	return task;
}

bool pel_queue_push(struct pel_queue *queue, struct pel_task *task, bool urgent)
{
	bool empty;

	pthread_mutex_lock(&queue->lock);
	/* Two tasks that keep moving each other to the front must let others run now and then. */
	if (urgent && ++queue->n_urgent % URGENT_MAX == 0)
		urgent = false;
	empty = !queue->shared.front && !queue->bound.front;
	list_push(task->bound >= 0 ? &queue->bound : &queue->shared, task, urgent);
	pthread_mutex_unlock(&queue->lock);
	return empty;
}

/* The owner takes from the two lists in turn. */
struct pel_task *pel_queue_pop(struct pel_queue *queue, bool owner)
{
	struct pel_task *task = NULL;

	pthread_mutex_lock(&queue->lock);
	if (owner && (!queue->shared.front || (queue->bound_next ^= true)))
		task = list_pop(&queue->bound, true);
	if (!task)
		task = list_pop(&queue->shared, owner);
	pthread_mutex_unlock(&queue->lock);
	return task;
}
