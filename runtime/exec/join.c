/* SPDX-License-Identifier: Apache-2.0 */
#include "exec.h"

#include <errno.h>
#include <time.h>

/* The threads of a run end. */

/*
 * All of them before the first join: one may wait for another. Cancelling sends a signal, for which there may be no room (ulimit -i). 0, or the errno
 * of one that failed: to be tried again.
 */
static int cancel_blocking(struct pel_run *run)
{
	int code = 0;

	for (uint32_t i = 0; i < run->n_blocking; i++) {
		struct blocking_thread *blocking = &run->blocking[i];
		int r;

		if (!blocking->started || blocking->cancelled)
			continue;
		r = pthread_cancel(blocking->thread); /* takes effect only inside a blocking call */
		blocking->cancelled = r == 0;
		code = r ? r : code;
	}
	return code;
}

static int join_until(pthread_t thread, bool *started, const struct timespec *until)
{
	int r = 0;

	if (*started)
		r = until ? pthread_timedjoin_np(thread, NULL, until) : pthread_join(thread, NULL);
	*started &= r != 0;
	return -r;
}

static int join_workers(struct pel_run *run, const struct timespec *until)
{
	int r = 0;

	for (uint32_t i = 0; i < run->n_workers && r == 0; i++)
		r = join_until(run->workers[i].thread, &run->workers[i].started, until);
	return r;
}

static int join_blocking(struct pel_run *run, const struct timespec *until)
{
	int r = 0;

	for (uint32_t i = 0; i < run->n_blocking && r == 0; i++)
		r = join_until(run->blocking[i].thread, &run->blocking[i].started, until);
	return r;
}

#define CANCEL_AGAIN_MS 10

static bool is_before(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec < b->tv_sec || (a->tv_sec == b->tv_sec && a->tv_nsec < b->tv_nsec);
}

/* In CANCEL_AGAIN_MS, but not after `until` (NULL: whenever). */
static struct timespec soon(const struct timespec *until)
{
	struct timespec at;

	clock_gettime(CLOCK_REALTIME, &at);
	at.tv_nsec += CANCEL_AGAIN_MS * 1000000;
	if (at.tv_nsec >= 1000000000) {
		at.tv_nsec -= 1000000000;
		at.tv_sec++;
	}
	return until && is_before(until, &at) ? *until : at;
}

/* `until` NULL: for ever. */
static int join_all(struct pel_run *run, const struct timespec *until)
{
	int code = cancel_blocking(run), r;

	/* Also while workers are waited for: they may wait for a thread that is to be cancelled. */
	while (code) {
		struct timespec at = soon(until);

		r = join_workers(run, &at);
		if (r == 0)
			r = join_blocking(run, &at);
		if (r == 0)
			return 0;
		code = cancel_blocking(run);
		if (code && until && !is_before(&at, until))
			return join_workers(run, &at) < 0 ? -ETIMEDOUT : -code;
	}
	r = join_workers(run, until);
	return r == 0 ? join_blocking(run, until) : r;
}

int workers_join_until(struct pel_run *run, const struct timespec *until)
{
	return join_all(run, until);
}

void workers_join(struct pel_run *run)
{
	join_all(run, NULL);
}
