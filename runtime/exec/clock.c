/* SPDX-License-Identifier: Apache-2.0 */
#include "clock.h"

#define NS_A_SECOND 1000000000u

uint64_t pel_now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * NS_A_SECOND + (uint64_t)t.tv_nsec;
}

struct timespec pel_clock_timespec(uint64_t ns)
{
	return (struct timespec){ .tv_sec = (time_t)(ns / NS_A_SECOND), .tv_nsec = (long)(ns % NS_A_SECOND) };
}

struct timespec pel_clock_deadline(int timeout_ms)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	if (timeout_ms <= 0)
		return t;
	t.tv_sec += timeout_ms / 1000;
	t.tv_nsec += timeout_ms % 1000 * 1000000L;
	if (t.tv_nsec >= (long)NS_A_SECOND) {
		t.tv_nsec -= (long)NS_A_SECOND;
		t.tv_sec++;
	}
	return t;
}
