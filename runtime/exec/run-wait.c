/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <pelton/run.h>
#include "clock.h"
#include "cluster/run-cluster.h"
#include "join.h"
#include "run-state.h"

/* How the host waits for the outcome of a run. */

static void copy_error(const struct pel_error *from, struct pel_error *to)
{
	for (size_t i = 0; i < from->count; i++) {
		const struct pel_error_item *item = &from->items[i];

		pel_fail(to, 0, (struct pel_place){ item->file, item->line, item->col }, "%s", item->text);
		if (item->hint)
			pel_hint(to, "%s", item->hint);
	}
}

/* The return value of pel_run_wait(). */
static int outcome_code(enum pel_outcome outcome, int failure)
{
	switch (outcome) {
	case PEL_RUN_GOING:
		return -ETIMEDOUT;
	case PEL_RUN_DONE:
		return 0;
	case PEL_RUN_STALLED:
		return -EDEADLK;
	case PEL_RUN_STOPPED:
		return -ECANCELED;
	case PEL_RUN_LOST:
		return -ENODEV;
	case PEL_RUN_FAILED:
		break;
	}
	/* pel_run_wait() returns these for other outcomes. */
	return failure == -ETIMEDOUT || failure == -EDEADLK || failure == -ECANCELED || failure == -ENODEV
		       ? -EIO
		       : failure;
}

/* A number that grows whenever anything moves, even on a channel with the host at both ends. */
static uint64_t progress(const struct pel_run *run)
{
	uint64_t total = 0;

	for (uint32_t i = 0; i < run->plan->n_clusters; i++)
		total += run->clusters[i].iterations;
	for (uint32_t i = 0; i < run->plan->n_actors; i++)
		total += pel_counter_read(&run->actors.all[i].firings);
	for (uint32_t i = 0; i < run->plan->n_rings; i++) {
		const struct pel_ring *ring = &run->rings[i];

		total += pel_counter_read(&ring->tail);
		for (uint32_t r = 0; r < ring->n_readers; r++)
			total += pel_counter_read(&ring->readers[r].head);
	}
	return total;
}

/*
 * In nanoseconds, within limits: each check takes time too, and a century is as good as forever. 0: wait
 * forever.
 */
static uint64_t patience_ns(double seconds)
{
	if (!(seconds > 0))
		return 0;
	return seconds < 1e-3 ? 1000000u : seconds > 3e9 ? 3000000000000000000u : (uint64_t)(seconds * 1e9);
}

/*
 * [outcome's lock] Has nothing moved for longer than `patience` ns? Never while a worker is at work, or a
 * device has calls in flight. The last change is recorded in the run, not in the caller, since a host may
 * wait in many short calls.
 */
static bool is_exhausted(struct pel_run *run, uint64_t patience)
{
	uint64_t total = progress(run), now = pel_now_ns();

	if (total != run->moved) {
		run->moved = total;
		run->moved_ns = now;
		return false;
	}
	return now - run->moved_ns >= patience && run->outcome.n_live &&
	       !atomic_load(&run->devices.n_calling) && pel_scheduler_is_quiet(&run->scheduler);
}

/* [outcome's lock] Sleep until the outcome is decided, or until the time `until`. */
static void sleep_until(struct pel_outcome_state *outcome, uint64_t until)
{
	struct timespec at = pel_clock_timespec(until);

	if (until == UINT64_MAX)
		pthread_cond_wait(&outcome->ended, &outcome->lock);
	else
		pthread_cond_timedwait(&outcome->ended, &outcome->lock, &at);
}

int pel_run_wait(struct pel_run *run, int timeout_ms, struct pel_error *err)
{
	struct pel_outcome_state *outcome = &run->outcome;
	uint64_t start = pel_now_ns(),
		 end = timeout_ms < 0 ? UINT64_MAX : start + (uint64_t)timeout_ms * 1000000u;
	uint64_t patience = patience_ns(run->stall_after_s);
	int r;

	pthread_mutex_lock(&outcome->lock);
	while (outcome->outcome == PEL_RUN_GOING) {
		uint64_t until = end, now;

		if (patience && is_exhausted(run, patience)) {
			run->impatient = true;
			pel_outcome_stall(outcome);
			break;
		}
		now = pel_now_ns();
		if (now >= end)
			break;
		if (patience)
			until = pel_min_u64(until, now + patience / 4 + 1);
		sleep_until(outcome, until);
	}
	if (outcome->outcome != PEL_RUN_STOPPED)
		copy_error(&outcome->error, err);
	r = outcome_code(outcome->outcome, outcome->code);
	pthread_mutex_unlock(&outcome->lock);
	return r;
}

enum pel_outcome pel_run_outcome(struct pel_run *run, int *code)
{
	enum pel_outcome outcome;

	pthread_mutex_lock(&run->outcome.lock);
	outcome = run->outcome.outcome;
	if (code)
		*code = outcome == PEL_RUN_FAILED ? run->outcome.code : 0;
	pthread_mutex_unlock(&run->outcome.lock);
	return outcome;
}

bool pel_run_drained(struct pel_run *run)
{
	bool drained;

	pthread_mutex_lock(&run->outcome.lock);
	drained = run->outcome.drained;
	pthread_mutex_unlock(&run->outcome.lock);
	return drained;
}

int pel_run_settle(struct pel_run *run, int timeout_ms)
{
	struct timespec until;

	if (pel_run_outcome(run, NULL) == PEL_RUN_GOING)
		return -EBUSY;
	if (timeout_ms < 0) {
		pel_threads_join(&run->scheduler);
		return 0;
	}
	until = pel_clock_deadline(timeout_ms);
	return pel_threads_join_until(&run->scheduler, &until);
}
