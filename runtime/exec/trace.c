/* SPDX-License-Identifier: Apache-2.0 */
#include "trace.h"

#include <errno.h>
#include "support.h"

#define CHUNK_EVENTS 4096u
#define CHUNKS_MAX   1024u /* 4 million events, 100 MiB; later events are counted as lost */

struct pel_trace {
	struct pel_trace_event *chunks[CHUNKS_MAX];
	_Atomic uint64_t count; /* published events */
	_Atomic uint64_t lost;
};

int pel_trace_create(struct pel_trace **ret)
{
	struct pel_trace *trace = pel_calloc(1, sizeof(*trace));

	if (!trace)
		return -ENOMEM;
	*ret = trace;
	return 0;
}

void pel_trace_destroy(struct pel_trace *trace)
{
	for (uint32_t i = 0; trace && i < CHUNKS_MAX && trace->chunks[i]; i++)
		pel_free(trace->chunks[i]);
	pel_free(trace);
}

void pel_trace_add(struct pel_trace *trace, const char *name, uint64_t start_ns, uint64_t end_ns)
{
	uint64_t count = atomic_load_explicit(&trace->count, memory_order_relaxed);
	uint64_t chunk = count / CHUNK_EVENTS;

	if (chunk < CHUNKS_MAX && !trace->chunks[chunk])
		trace->chunks[chunk] = pel_malloc(CHUNK_EVENTS * sizeof(struct pel_trace_event));
	if (chunk >= CHUNKS_MAX || !trace->chunks[chunk]) {
		atomic_fetch_add_explicit(&trace->lost, 1, memory_order_relaxed);
		return;
	}
	trace->chunks[chunk][count % CHUNK_EVENTS] = (struct pel_trace_event){ start_ns, end_ns, name };
	/* T1: the event becomes visible before the new count. Pairs with T2 in pel_trace_count(). */
	atomic_store_explicit(&trace->count, count + 1, memory_order_release);
}

uint64_t pel_trace_count(const struct pel_trace *trace)
{
	return atomic_load_explicit(&trace->count, memory_order_acquire); /* T2: pairs with T1 */
}

uint64_t pel_trace_lost(const struct pel_trace *trace)
{
	return atomic_load_explicit(&trace->lost, memory_order_relaxed);
}

const struct pel_trace_event *pel_trace_event(const struct pel_trace *trace, uint64_t index)
{
	return &trace->chunks[index / CHUNK_EVENTS][index % CHUNK_EVENTS];
}
