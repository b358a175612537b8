/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_TRACE_H
#define PEL_TRACE_H

#include <stdatomic.h>
#include <stdint.h>

/*
 * What one thread did when: one event a step that moved something, in chunks that only this thread writes and that stay where they are, so
 * that any thread can read the events at any time up to the count that has been published.
 */
struct pel_trace_event {
	uint64_t start_ns, end_ns;
	const char *name; /* borrowed, as long as the trace lives */
};

struct pel_trace;

/* 0 or -ENOMEM. */
int pel_trace_create(struct pel_trace **ret);
void pel_trace_destroy(struct pel_trace *trace);

/* [the thread whose trace it is] */
void pel_trace_add(struct pel_trace *trace, const char *name, uint64_t start_ns, uint64_t end_ns);

/* How many events there are, and how many found no room. Any thread, as the next one. */
uint64_t pel_trace_count(const struct pel_trace *trace);
uint64_t pel_trace_lost(const struct pel_trace *trace);
/* Event number `index`, which is less than a count that was returned. */
const struct pel_trace_event *pel_trace_event(const struct pel_trace *trace, uint64_t index);

#endif
