/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_TRACE_H
#define PEL_TRACE_H

#include <stdatomic.h>
#include <stdint.h>

/*
 * The trace of one thread: one event for each step that moved something. Only this thread appends events.
 * They are in chunks that never move, so any thread may read them at any time, up to the published count.
 */
struct pel_trace_event {
	uint64_t start_ns, end_ns;
	const char *name; /* borrowed; must live as long as the trace */
};

struct pel_trace;

/* 0 or -ENOMEM. */
int pel_trace_create(struct pel_trace **ret);
void pel_trace_destroy(struct pel_trace *trace);

/* [the thread of the trace] */
void pel_trace_add(struct pel_trace *trace, const char *name, uint64_t start_ns, uint64_t end_ns);

/* The number of events, and of events that did not fit. Any thread; so may the next function. */
uint64_t pel_trace_count(const struct pel_trace *trace);
uint64_t pel_trace_lost(const struct pel_trace *trace);
/* Event number `index`, which must be less than a count that was returned. */
const struct pel_trace_event *pel_trace_event(const struct pel_trace *trace, uint64_t index);

#endif
