/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_JOIN_H
#define PEL_JOIN_H

#include <time.h>

struct pel_scheduler;

/*
 * Ends the threads of a scheduler. One thread at a time may call these functions, as often as it likes. A
 * thread ends once the outcome is decided. A thread that runs a single task can be cancelled then, if its
 * task enables cancellation.
 */

/* Wait for all threads, once the outcome is decided. */
void pel_threads_join(struct pel_scheduler *scheduler);
/*
 * The same, until the time `until` on CLOCK_MONOTONIC at the latest. 0, -ETIMEDOUT, or the negative errno with
 * which cancelling a thread failed.
 */
int pel_threads_join_until(struct pel_scheduler *scheduler, const struct timespec *until);

#endif
