/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_CLOCK_H
#define PEL_CLOCK_H

#include <stdint.h>
#include <time.h>

/* Clocks and deadlines. Any thread. */

/* Now, in nanoseconds on CLOCK_MONOTONIC. */
uint64_t pel_now_ns(void);

/* Convert a time of pel_now_ns() to a timespec, for pthread functions. */
struct timespec pel_clock_timespec(uint64_t ns);

/*
 * The time in `timeout_ms` milliseconds; now, if that is negative. On CLOCK_MONOTONIC, so that setting the
 * system clock does not change a wait.
 */
struct timespec pel_clock_deadline(int timeout_ms);

#endif
