/* SPDX-License-Identifier: Apache-2.0 */
#include "join.h"

#include <errno.h>
#include "clock.h"
#include "scheduler.h"

#if defined(__SANITIZE_THREAD__)
#define THREAD_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define THREAD_SANITIZER 1
#endif
#endif

/*
 * Cancel all own threads before the first join, since one may wait for another. Cancelling sends a signal,
 * for which there may be no room (ulimit -i). Returns 0, or the errno of a thread that must be tried again.
 */
static int cancel_own(struct pel_scheduler *scheduler)
{
	int code = 0;

	for (uint32_t i = 0; i < scheduler->n_own; i++) {
		struct pel_own_thread *own = &scheduler->own[i];
		int r;

		if (!own->started || own->cancelled)
			continue;
		r = pthread_cancel(own->thread); /* takes effect only inside a blocking call */
		own->cancelled = r == 0;
		code = r ? r : code;
	}
	return code;
}

static bool is_before(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec < b->tv_sec || (a->tv_sec == b->tv_sec && a->tv_nsec < b->tv_nsec);
}

/* 0 or a positive errno. */
static int join_before(pthread_t thread, const struct timespec *until)
{
#ifdef THREAD_SANITIZER /* it does not intercept pthread_clockjoin_np(), and would miss the join */
	struct timespec now, pause = { .tv_nsec = 1000000 };
	int r;

	while ((r = pthread_tryjoin_np(thread, NULL)) == EBUSY) {
		now = pel_clock_deadline(0);
		if (!is_before(&now, until))
			return ETIMEDOUT;
		nanosleep(&pause, NULL);
	}
	return r;
#else
	return pthread_clockjoin_np(thread, NULL, CLOCK_MONOTONIC, until);
#endif
}

static int join_until(pthread_t thread, bool *started, const struct timespec *until)
{
	int r = 0;

	if (*started)
		r = until ? join_before(thread, until) : pthread_join(thread, NULL);
	*started &= r != 0;
	return -r;
}

static int join_workers(struct pel_scheduler *scheduler, const struct timespec *until)
{
	int r = 0;

	for (uint32_t i = 0; i < scheduler->n_workers && r == 0; i++)
		r = join_until(scheduler->workers[i].thread, &scheduler->workers[i].started, until);
	return r;
}

static int join_own(struct pel_scheduler *scheduler, const struct timespec *until)
{
	int r = 0;

	for (uint32_t i = 0; i < scheduler->n_own && r == 0; i++)
		r = join_until(scheduler->own[i].thread, &scheduler->own[i].started, until);
	return r;
}

#define CANCEL_AGAIN_MS 10

/* The time in CANCEL_AGAIN_MS from now, but no later than `until` (NULL: no limit). */
static struct timespec soon(const struct timespec *until)
{
	struct timespec at = pel_clock_deadline(CANCEL_AGAIN_MS);

	return until && is_before(until, &at) ? *until : at;
}

/* `until` NULL: wait forever. */
static int join_all(struct pel_scheduler *scheduler, const struct timespec *until)
{
	int code = cancel_own(scheduler), r;

	/*
	 * Keep cancelling while workers are joined, since they may wait for a thread that is to be cancelled.
	 */
	while (code) {
		struct timespec at = soon(until);

		r = join_workers(scheduler, &at);
		if (r == 0)
			r = join_own(scheduler, &at);
		if (r == 0)
			return 0;
		code = cancel_own(scheduler);
		if (code && until && !is_before(&at, until))
			return join_workers(scheduler, &at) < 0 ? -ETIMEDOUT : -code;
	}
	r = join_workers(scheduler, until);
	return r == 0 ? join_own(scheduler, until) : r;
}

int pel_threads_join_until(struct pel_scheduler *scheduler, const struct timespec *until)
{
	return join_all(scheduler, until);
}

void pel_threads_join(struct pel_scheduler *scheduler)
{
	join_all(scheduler, NULL);
}
