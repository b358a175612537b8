/* SPDX-License-Identifier: Apache-2.0 */
#include "threads.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>
#include "clock.h"
#include "pin.h"
#include "scheduler.h"
#include "thread.h"

static const struct pel_place no_place;

/* ---- workers ---- */

static void work(struct pel_worker *self)
{
	struct pel_scheduler *scheduler = self->scheduler;
	uint64_t clock = pel_now_ns();

	while (!pel_outcome_is_decided(scheduler->outcome)) {
		struct pel_task *task = pel_worker_next(self);
		bool ended;

		if (!task) {
			clock = pel_now_ns();
			continue;
		}
		if (pel_task_run(task, self->context, &clock, &ended) &&
		    !pel_outcome_is_decided(scheduler->outcome))
			pel_worker_requeue(self, task);
	}
}

static void *worker_main(void *data)
{
	struct pel_worker *self = data;
	const struct pel_scheduler_ops *ops = self->scheduler->ops;

	pel_worker_enter(self);
	ops->begin(self->context);
	/* A task may end its thread. Then nobody can go on with the task. */
	pthread_cleanup_push(ops->lost, self->context);
	work(self);
	pthread_cleanup_pop(0);
	return NULL;
}

/* ---- own threads ---- */

/* Sleep until the task is woken, unless it has been woken already. */
static void rest(struct pel_own_thread *self, struct pel_outcome_state *outcome)
{
	pthread_mutex_lock(&outcome->lock);
	if (!self->woken && !pel_outcome_is_decided(outcome)) {
		self->parked = true;
		outcome->n_outside--;
		pel_outcome_check_stall(outcome);
		while (self->parked && !pel_outcome_is_decided(outcome))
			pthread_cond_wait(&self->wake, &outcome->lock);
	}
	self->woken = false;
	pthread_mutex_unlock(&outcome->lock);
}

static void work_alone(struct pel_own_thread *self)
{
	struct pel_outcome_state *outcome = self->task->scheduler->outcome;
	bool ended = false;

	while (!ended && !pel_outcome_is_decided(outcome)) {
		uint64_t clock = pel_now_ns();

		if (!pel_task_run(self->task, self->context, &clock, &ended) && !ended)
			rest(self, outcome);
	}
	if (ended)
		pel_outcome_outside(outcome, -1);
}

static void *own_main(void *data)
{
	struct pel_own_thread *self = data;
	const struct pel_scheduler_ops *ops = self->task->scheduler->ops;

	ops->begin(self->context);
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &(int){ 0 });
	pthread_cleanup_push(ops->lost, self->context);
	work_alone(self);
	pthread_cleanup_pop(0);
	return NULL;
}

/* ---- start ---- */

/* Report the thread that could not be started. Others may be running by now. */
static int fail_thread(const struct pel_scheduler *scheduler, uint32_t started, int code, struct pel_error *err)
{
	pel_fail(err, -code, no_place, "cannot start thread %u of the %u that the run needs: %s", started + 1,
		 scheduler->n_workers + scheduler->n_own, strerror(code));
	pel_hint(err, "run with fewer workers, or raise the limits of the process (ulimit -u, ulimit -v)");
	return -code;
}

/* Choose a core for each worker. The caller frees the array. NULL: no worker is bound. */
static int *choose_cores(uint32_t n, bool pin)
{
	int *cpus = pin ? pel_calloc(n, sizeof(*cpus)) : NULL;

	if (cpus)
		pel_pin_choose(cpus, n);
	return cpus;
}

int pel_threads_start(struct pel_scheduler *scheduler, bool pin, size_t stack_bytes, struct pel_error *err)
{
	const size_t least = (size_t)sysconf(_SC_THREAD_STACK_MIN);
	uint32_t started = 0;
	int r = 0, *cpus;

	if (stack_bytes && stack_bytes < least)
		return pel_fail(err, -EINVAL, no_place,
				"a thread cannot have a stack of %zu bytes: the minimum is %zu", stack_bytes,
				least);
	cpus = choose_cores(scheduler->n_workers, pin);
	for (uint32_t i = 0; i < scheduler->n_workers && !r; i++) {
		struct pel_worker *worker = &scheduler->workers[i];

		r = pel_thread_create(&worker->thread, stack_bytes, worker_main, worker);
		worker->started = !r;
		started += !r;
		if (!r && cpus)
			pel_pin_thread(worker->thread, cpus[i]);
	}
	for (uint32_t i = 0; i < scheduler->n_own && !r; i++) {
		struct pel_own_thread *own = &scheduler->own[i];

		r = pel_thread_create(&own->thread, stack_bytes, own_main, own);
		own->started = !r;
		started += !r;
	}
	pel_free(cpus);
	return r ? fail_thread(scheduler, started, r, err) : 0;
}
