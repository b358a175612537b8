/* SPDX-License-Identifier: Apache-2.0 */
#include "exec.h"

#include <errno.h>
#include <time.h>

/* What becomes of a run, and how the host hears of it. */

static void copy_error(const struct pel_error *from, struct pel_error *to)
{
	for (size_t i = 0; i < from->count; i++) {
		const struct pel_error_item *item = &from->items[i];

		pel_fail(to, 0, (struct pel_place){ item->file, item->line, item->col }, "%s", item->text);
		if (item->hint)
			pel_hint(to, "%s", item->hint);
	}
}

/* What pel_run_wait() returns. */
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
	/* These have a meaning of their own. */
	return failure == -ETIMEDOUT || failure == -EDEADLK || failure == -ECANCELED || failure == -ENODEV
		       ? -EIO
		       : failure;
}

/* A number that grows whenever anything moves: also where the host alone is at both ends of a channel. */
static uint64_t progress(const struct pel_run *run)
{
	uint64_t total = cluster_iterations(run);

	for (uint32_t i = 0; i < run->plan->n_actors; i++)
		total += atomic_load_explicit(&run->actors[i].firings, memory_order_relaxed);
	for (uint32_t i = 0; i < run->plan->n_rings; i++) {
		const struct pel_ring *ring = &run->rings[i];

		total += atomic_load_explicit(&ring->tail, memory_order_relaxed);
		for (uint32_t r = 0; r < ring->n_readers; r++)
			total += atomic_load_explicit(&ring->readers[r].head, memory_order_relaxed);
	}
	return total;
}

static struct timespec timespec_of(uint64_t ns)
{
	return (struct timespec){ .tv_sec = (time_t)(ns / 1000000000u), .tv_nsec = (long)(ns % 1000000000u) };
}

/* Under park_lock: nothing has moved for stall_after_s, though something outside might still come. */
static void declare_stall(struct pel_run *run)
{
	explain_stall(run, &run->error);
	run_finish(run, PEL_RUN_STALLED, 0);
}

/* Within reason: a look takes its time too, and a century is for ever. 0: wait for ever. */
static uint64_t patience_ns(double seconds)
{
	if (!(seconds > 0))
		return 0;
	return seconds < 1e-3 ? 1000000u : seconds > 3e9 ? 3000000000000000000u : (uint64_t)(seconds * 1e9);
}

int pel_run_wait(struct pel_run *run, int timeout_ms, struct pel_error *err)
{
	uint64_t start = now_ns(), end = timeout_ms < 0 ? UINT64_MAX : start + (uint64_t)timeout_ms * 1000000u;
	uint64_t patience = patience_ns(run->stall_after_s), moved_ns = start, moved = 0;
	int r;

	pthread_mutex_lock(&run->park_lock);
	while (run->outcome == PEL_RUN_GOING && now_ns() < end) {
		uint64_t until = end;
		struct timespec at;

		if (patience) {
			uint64_t total = progress(run), now = now_ns();

			if (total != moved) {
				moved = total;
				moved_ns = now;
			} else if (now - moved_ns >= patience && !atomic_load(&run->n_queued) &&
				   !atomic_load(&run->n_calling) &&
				   atomic_load(&run->n_idle) == run->n_workers) {
				declare_stall(run);
				break;
			}
			if (now + patience / 4 < until)
				until = now + patience / 4 + 1;
		}
		if (until == UINT64_MAX) {
			pthread_cond_wait(&run->ended, &run->park_lock);
			continue;
		}
		at = timespec_of(until);
		pthread_cond_timedwait(&run->ended, &run->park_lock, &at);
	}
	if (run->outcome != PEL_RUN_STOPPED)
		copy_error(&run->error, err);
	r = outcome_code(run->outcome, run->code);
	pthread_mutex_unlock(&run->park_lock);
	return r;
}

enum pel_outcome pel_run_outcome(struct pel_run *run, int *code)
{
	enum pel_outcome outcome;

	pthread_mutex_lock(&run->park_lock);
	outcome = run->outcome;
	if (code)
		*code = outcome == PEL_RUN_FAILED ? run->code : 0;
	pthread_mutex_unlock(&run->park_lock);
	return outcome;
}

bool pel_run_drained(struct pel_run *run)
{
	bool drained;

	pthread_mutex_lock(&run->park_lock);
	drained = run->drained;
	pthread_mutex_unlock(&run->park_lock);
	return drained;
}

void pel_run_stop(struct pel_run *run)
{
	pthread_mutex_lock(&run->park_lock);
	run_finish(run, PEL_RUN_STOPPED, 0);
	pthread_mutex_unlock(&run->park_lock);
}

int pel_run_settle(struct pel_run *run, int timeout_ms)
{
	struct timespec until;

	if (pel_run_outcome(run, NULL) == PEL_RUN_GOING)
		return -EBUSY;
	if (timeout_ms < 0) {
		workers_join(run);
		return 0;
	}
	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += timeout_ms / 1000;
	until.tv_nsec += timeout_ms % 1000 * 1000000;
	if (until.tv_nsec >= 1000000000) {
		until.tv_nsec -= 1000000000;
		until.tv_sec++;
	}
	return workers_join_until(run, &until);
}
