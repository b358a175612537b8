/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_EVENTS_H
#define PEL_EVENTS_H

#include <pelton/error.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The channel beside XRT's socket, on which whoever started the host learns what XRT cannot tell: lines of text on a descriptor that was
 * inherited.
 *   hello PID          the supervisor has begun
 *   alive              at least every 300 ms
 *   fault CU N TEXT    call number N of that compute unit, counted from 1, went wrong; sent before XRT can see it end
 *   broken TEXT        the device model itself has failed, and ends
 * End-of-file: the supervisor has ended, or a word of it is lost. Never blocks; where nobody reads, signs of life are left out, and faults
 * kept for a while.
 */
struct pel_events {
	int fd; /* -1: nobody listens */
	char *pending;
	size_t used, capacity;
	uint64_t last_alive_ms, stuck_since_ms;
};

/* `number`: of the descriptor, as the environment has it; NULL: none. */
void pel_events_init(struct pel_events *events, const char *number);
void pel_events_fini(struct pel_events *events);
void pel_events_say(struct pel_events *events, const char *fmt, ...) PEL_PRINTF(2, 3);
/* To be called often. True: nothing waits to be read (or nobody will). */
bool pel_events_tick(struct pel_events *events, uint64_t now_ms);

#endif
