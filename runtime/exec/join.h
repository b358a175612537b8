/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_JOIN_H
#define PEL_JOIN_H

#include <time.h>

struct pel_scheduler;

/*
 * The end of a scheduler's threads. One thread at a time may call these, as often as it likes. A thread ends once the outcome is decided; one with a task
 * of its own can be cancelled then, where its task lets that happen.
 */

/* Wait for them, once the outcome is decided. */
void pel_threads_join(struct pel_scheduler *scheduler);
/*
 * The same, no longer than until then, on CLOCK_MONOTONIC. 0, -ETIMEDOUT, or the negative errno for which a thread could not be cancelled.
 */
int pel_threads_join_until(struct pel_scheduler *scheduler, const struct timespec *until);

#endif
