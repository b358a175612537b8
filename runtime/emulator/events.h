/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_EVENTS_H
#define PEL_EVENTS_H

#include <pelton/error.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Events that XRT cannot report. The device model writes them, as lines of text, to an inherited descriptor; the process that started the
 * host reads them.
 *   hello PID          the supervisor has started
 *   alive              at least every 300 ms
 *   fault CU N TEXT    call N of that compute unit, counted from 1, failed; sent before XRT can see the call end
 *   broken TEXT        the device model itself has failed and ends
 * End of file: the supervisor has ended, or could not send an event. Writing never blocks. If the pipe is full, signs of life are dropped and
 * faults are kept for a while.
 */
struct pel_events {
	int fd; /* -1: nobody reads */
	char *pending;
	size_t used, capacity;
	uint64_t last_alive_ms, stuck_since_ms;
};

/* `number`: the number of the descriptor as text, from the environment; NULL: none. */
void pel_events_init(struct pel_events *events, const char *number);
void pel_events_fini(struct pel_events *events);
void pel_events_say(struct pel_events *events, const char *fmt, ...) PEL_PRINTF(2, 3);
/* Send pending events and signs of life; call it often. True: no event is pending, or nobody reads. */
bool pel_events_tick(struct pel_events *events, uint64_t now_ms);

#endif
