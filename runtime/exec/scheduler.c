/* SPDX-License-Identifier: Apache-2.0 */
#include "scheduler.h"

#include <errno.h>
#include <sched.h>
#include "clock.h"

/* How long an idle worker looks for work before it parks: about the cost of a wake-up. */
#define SEARCH_NS 20000u

/* Of task->state. */
#define SCHEDULED 1u /* queued or running */
#define AGAIN	  2u /* woken since its owner last began to look */

static _Thread_local struct pel_worker *this_worker;

static void relax(void)
{
#if defined(__x86_64__)
	__builtin_ia32_pause();
#elif defined(__aarch64__)
	__asm__ volatile("yield");
#endif
}

/* ---- life time ---- */

int pel_scheduler_init(struct pel_scheduler *scheduler, struct pel_outcome_state *outcome,
		       const struct pel_scheduler_ops *ops, uint32_t n_workers, uint32_t n_own)
{
	scheduler->outcome = outcome;
	scheduler->ops = ops;
	scheduler->workers = pel_aligned_alloc(64, n_workers * sizeof(*scheduler->workers));
	scheduler->own = pel_calloc(n_own ? n_own : 1, sizeof(*scheduler->own));
	if (!scheduler->workers || !scheduler->own)
		return -ENOMEM;
	for (uint32_t i = 0; i < n_workers; i++) {
		struct pel_worker *worker = &scheduler->workers[i];

		*worker = (struct pel_worker){ .scheduler = scheduler, .random = i * 2654435761u + 1 };
		pel_queue_init(&worker->queue);
		pthread_cond_init(&worker->wake, NULL);
	}
	for (uint32_t i = 0; i < n_own; i++)
		pthread_cond_init(&scheduler->own[i].wake, NULL);
	scheduler->n_workers = n_workers;
	scheduler->n_own = n_own;
	outcome->n_outside += n_own;
	return 0;
}

void pel_scheduler_fini(struct pel_scheduler *scheduler)
{
	for (uint32_t i = 0; i < scheduler->n_workers; i++) {
		pel_queue_fini(&scheduler->workers[i].queue);
		pthread_cond_destroy(&scheduler->workers[i].wake);
	}
	for (uint32_t i = 0; i < scheduler->n_own; i++)
		pthread_cond_destroy(&scheduler->own[i].wake);
	pel_free(scheduler->workers);
	pel_free(scheduler->own);
}

void pel_task_init(struct pel_task *task, struct pel_scheduler *scheduler,
		   enum pel_task_step (*step)(struct pel_task *task, void *context, uint64_t *clock))
{
	*task = (struct pel_task){ .step = step, .scheduler = scheduler, .bound = -1 };
	atomic_init(&task->state, SCHEDULED | AGAIN);
}

void pel_scheduler_give_thread(struct pel_scheduler *scheduler, struct pel_task *task, uint32_t index)
{
	task->own = &scheduler->own[index];
	task->own->task = task;
}

void pel_scheduler_add(struct pel_scheduler *scheduler, struct pel_task *task, uint32_t worker)
{
	if (task->own)
		return;
	atomic_fetch_add(&scheduler->n_queued, 1);
	pel_queue_push(&scheduler->workers[task->bound >= 0 ? (uint32_t)task->bound : worker].queue, task,
		       false);
}

/* ---- queries ---- */

bool pel_task_is_scheduled(const struct pel_task *task)
{
	return atomic_load_explicit(&task->state, memory_order_acquire) & SCHEDULED;
}

bool pel_scheduler_is_quiet(const struct pel_scheduler *scheduler)
{
	return !atomic_load(&scheduler->n_queued) && atomic_load(&scheduler->n_idle) >= scheduler->n_workers;
}

bool pel_scheduler_has_idle(const struct pel_scheduler *scheduler)
{
	return atomic_load_explicit(&scheduler->n_idle, memory_order_relaxed) ||
	       atomic_load_explicit(&scheduler->n_searching, memory_order_relaxed);
}

static bool is_over(const struct pel_scheduler *scheduler)
{
	return pel_outcome_is_decided(scheduler->outcome);
}

/* ---- waking workers ---- */

void pel_scheduler_stop(struct pel_scheduler *scheduler)
{
	for (uint32_t i = 0; i < scheduler->n_workers; i++)
		pthread_cond_signal(&scheduler->workers[i].wake);
	for (uint32_t i = 0; i < scheduler->n_own; i++)
		pthread_cond_signal(&scheduler->own[i].wake);
}

/*
 * [outcome's lock] The caller must signal worker->wake after it has unlocked: the worker will take the lock.
 */
static void unpark(struct pel_worker *worker)
{
	worker->parked = false;
	worker->searching = true;
	atomic_fetch_add(&worker->scheduler->n_searching, 1);
	atomic_fetch_sub(&worker->scheduler->n_idle, 1);
}

/* Wake one parked worker, unless a worker that is awake is about to find the work anyway. */
static void wake_one(struct pel_scheduler *scheduler)
{
	struct pel_worker *worker = scheduler->workers, *end = worker + scheduler->n_workers;

	if (!atomic_load(&scheduler->n_idle) || atomic_load(&scheduler->n_searching))
		return;
	pthread_mutex_lock(&scheduler->outcome->lock);
	while (worker < end && !worker->parked)
		worker++;
	if (worker < end)
		unpark(worker);
	pthread_mutex_unlock(&scheduler->outcome->lock);
	if (worker < end)
		pthread_cond_signal(&worker->wake);
}

/* Make a worker look at its own queue, which holds something that nobody else may run. */
static void wake_owner(struct pel_worker *worker)
{
	struct pel_scheduler *scheduler = worker->scheduler;
	bool parked;

	if (worker == this_worker || !atomic_load(&scheduler->n_idle))
		return;
	pthread_mutex_lock(&scheduler->outcome->lock);
	parked = worker->parked;
	if (parked)
		unpark(worker);
	pthread_mutex_unlock(&scheduler->outcome->lock);
	if (parked)
		pthread_cond_signal(&worker->wake);
}

/* Count the thread as at work again, before anybody can take its sleep for a stall. */
static void wake_own_thread(struct pel_scheduler *scheduler, struct pel_own_thread *thread)
{
	pthread_mutex_lock(&scheduler->outcome->lock);
	thread->woken = true;
	if (thread->parked) {
		thread->parked = false;
		scheduler->outcome->n_outside++;
		pthread_cond_signal(&thread->wake);
	}
	pthread_mutex_unlock(&scheduler->outcome->lock);
}

/* ---- waking tasks ---- */

/* Queue `task`, which the caller has marked as scheduled. */
static void enqueue(struct pel_scheduler *scheduler, struct pel_task *task, bool urgent, bool wake)
{
	struct pel_worker *worker = this_worker;
	bool alone;

	atomic_fetch_add(&scheduler->n_queued, 1);
	if (task->bound >= 0) {
		worker = &scheduler->workers[task->bound];
	} else if (!worker || worker->scheduler != scheduler) {
		worker = &scheduler->workers[atomic_fetch_add(&scheduler->next_worker, 1) % scheduler->n_workers];
		wake = true;
	}
	alone = pel_queue_push(&worker->queue, task, urgent);
	if (task->bound >= 0)
		wake_owner(worker);
	else if (wake || !alone) /* a single task will be taken by the worker itself, at once */
		wake_one(scheduler);
}

void pel_task_wake(struct pel_task *task, const struct pel_task *from, bool urgent)
{
	unsigned old = atomic_fetch_or_explicit(&task->state, SCHEDULED | AGAIN, memory_order_acq_rel);

	if (old & SCHEDULED)
		return;
	if (task->own)
		wake_own_thread(task->scheduler, task->own);
	else /* a lengthy task may keep its worker away from the queue for long */
		enqueue(task->scheduler, task, urgent, !from || from->lengthy);
}

void pel_worker_requeue(struct pel_worker *worker, struct pel_task *task)
{
	enqueue(worker->scheduler, task, false, false);
}

/* ---- running a task ---- */

bool pel_task_run(struct pel_task *task, void *context, uint64_t *clock, bool *ended)
{
	unsigned expected = SCHEDULED;

	*ended = false;
	/* If the task is woken from here on, its owner may have to look again. */
	atomic_fetch_and_explicit(&task->state, ~AGAIN, memory_order_acq_rel);
	switch (task->step(task, context, clock)) {
	case PEL_TASK_RAN:
		return true;
	case PEL_TASK_WAITS:
		return !atomic_compare_exchange_strong_explicit(&task->state, &expected, 0,
								memory_order_acq_rel, memory_order_acquire);
	case PEL_TASK_ENDED: /* the task stays marked as scheduled, so nobody will queue it again */
		*ended = true;
		pel_outcome_part_ended(task->scheduler->outcome);
		return false;
	case PEL_TASK_FAILED:
		break;
	}
	return false;
}

/* ---- what a worker does next ---- */

static struct pel_task *pop(struct pel_worker *victim, bool owner)
{
	struct pel_task *task = pel_queue_pop(&victim->queue, owner);

	if (task)
		atomic_fetch_sub(&victim->scheduler->n_queued, 1);
	return task;
}

static struct pel_task *steal(struct pel_worker *self)
{
	struct pel_scheduler *scheduler = self->scheduler;
	struct pel_task *task = NULL;
	uint32_t start;

	self->random = self->random * 1664525u + 1013904223u;
	start = (uint32_t)(((uint64_t)self->random * scheduler->n_workers) >> 32);
	for (uint32_t i = 0; i < scheduler->n_workers && !task; i++) {
		struct pel_worker *victim = &scheduler->workers[(start + i) % scheduler->n_workers];

		if (victim != self)
			task = pop(victim, false);
	}
	return task;
}

/* The worker's own queue is empty: look at the others for a while. */
static struct pel_task *search(struct pel_worker *self)
{
	struct pel_scheduler *scheduler = self->scheduler;
	struct pel_task *task = NULL;
	uint64_t until = 0;

	if (!self->searching) {
		self->searching = true;
		atomic_fetch_add(&scheduler->n_searching, 1);
	}
	for (unsigned i = 1; !is_over(scheduler); i++) {
		if (atomic_load_explicit(&scheduler->n_queued, memory_order_relaxed) &&
		    ((task = pop(self, true)) || (task = steal(self))))
			break;
		if (scheduler->n_workers == 1)
			break;
		if (i % 16 == 0) {
			uint64_t now = pel_now_ns();

			if (!until)
				until = now + SEARCH_NS;
			else if (now > until)
				break;
			sched_yield(); /* the work may belong to another worker on this core */
		}
		relax();
	}
	if (task) {
		self->searching = false;
		atomic_fetch_sub(&scheduler->n_searching, 1);
		if (atomic_load(&scheduler->n_queued))
			wake_one(scheduler); /* there is more than this worker took, so let another one look */
	}
	return task;
}

/* Sleep until woken. Returns a task if one turned up before the sleep. */
static struct pel_task *park(struct pel_worker *self)
{
	struct pel_scheduler *scheduler = self->scheduler;
	struct pel_task *task;

	pthread_mutex_lock(&scheduler->outcome->lock);
	if (self->searching) {
		self->searching = false;
		atomic_fetch_sub(&scheduler->n_searching, 1);
	}
	atomic_fetch_add(&scheduler->n_idle, 1);
	self->parked = true;
	task = pop(self, true);
	if (!task)
		task = steal(self);
	if (task) {
		self->parked = false;
		atomic_fetch_sub(&scheduler->n_idle, 1);
	} else {
		pel_outcome_check_stall(scheduler->outcome);
		while (self->parked && !is_over(scheduler))
			pthread_cond_wait(&self->wake, &scheduler->outcome->lock);
	}
	pthread_mutex_unlock(&scheduler->outcome->lock);
	if (task && atomic_load(&scheduler->n_queued))
		wake_one(scheduler); /* as in search(): whoever queued more may rely on us to wake others */
	return task;
}

void pel_worker_enter(struct pel_worker *worker)
{
	this_worker = worker;
}

struct pel_task *pel_worker_next(struct pel_worker *self)
{
	/* A worker that was woken counts as searching until it finds a task. */
	struct pel_task *task = self->searching ? NULL : pop(self, true);

	if (!task && !(task = search(self)) && !is_over(self->scheduler))
		task = park(self);
	return task;
}
