/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_CLOCK_H
#define PEL_CLOCK_H

#include <stdint.h>
#include <time.h>

/* Time, for any thread. */

/* Nanoseconds on CLOCK_MONOTONIC. */
uint64_t pel_now_ns(void);

/* A time of pel_now_ns() as functions of pthreads want it. */
struct timespec pel_clock_timespec(uint64_t ns);

/* The time that is `timeout_ms` milliseconds from now; now, where that is negative. On CLOCK_MONOTONIC: whoever sets the clock delays nothing. */
struct timespec pel_clock_deadline(int timeout_ms);

#endif
