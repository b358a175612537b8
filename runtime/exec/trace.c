/* SPDX-License-Identifier: Apache-2.0 */
#include "exec.h"

#include <errno.h>
#include <inttypes.h>

/*
 * What every thread did when: one event a step that moved something, in chunks that only their thread writes and that stay where
 * they are, so that they can be read at any time up to the count that has been published.
 */
#define CHUNK_EVENTS 4096u
#define CHUNKS_MAX   1024u /* a thread: 4 million events, 100 MiB; later ones are counted as lost */

struct trace_event {
	uint64_t start_ns, end_ns;
	const struct run_stage *stage;
};

struct trace {
	struct trace_event *chunks[CHUNKS_MAX];
	_Atomic uint64_t count; /* published events */
	_Atomic uint64_t lost;
};

int trace_create(struct trace **ret)
{
	struct trace *trace = pel_calloc(1, sizeof(*trace));

	if (!trace)
		return -ENOMEM;
	*ret = trace;
	return 0;
}

void trace_destroy(struct trace *trace)
{
	for (uint32_t i = 0; trace && i < CHUNKS_MAX && trace->chunks[i]; i++)
		pel_free(trace->chunks[i]);
	pel_free(trace);
}

void trace_add(struct trace *trace, const struct run_stage *stage, uint64_t start_ns, uint64_t end_ns)
{
	uint64_t count = atomic_load_explicit(&trace->count, memory_order_relaxed);
	uint64_t chunk = count / CHUNK_EVENTS;

	if (chunk < CHUNKS_MAX && !trace->chunks[chunk])
		trace->chunks[chunk] = pel_malloc(CHUNK_EVENTS * sizeof(struct trace_event));
	if (chunk >= CHUNKS_MAX || !trace->chunks[chunk]) {
		atomic_fetch_add_explicit(&trace->lost, 1, memory_order_relaxed);
		return;
	}
	trace->chunks[chunk][count % CHUNK_EVENTS] = (struct trace_event){ start_ns, end_ns, stage };
	atomic_store_explicit(&trace->count, count + 1,
			      memory_order_release); /* pairs with the acquire in write_thread() */
}

/* A time in microseconds, by whole numbers: the host's locale may have another decimal point. */
static void write_us(const char *key, uint64_t ns, FILE *out)
{
	fprintf(out, ", \"%s\": %" PRIu64 ".%03u", key, ns / 1000, (unsigned)(ns % 1000));
}

/* Ids follow the rule for names, with '/' and '#', and need no escaping in JSON. */
static uint64_t write_thread(const struct pel_run *run, const struct trace *trace, uint32_t thread,
			     const char *kind, FILE *out)
{
	uint64_t count = atomic_load_explicit(&trace->count, memory_order_acquire);

	fprintf(out,
		",\n{\"name\": \"thread_name\", \"ph\": \"M\", \"pid\": 1, \"tid\": %u, \"args\": {\"name\": \"%s %u\"}}",
		thread, kind, thread < run->n_workers ? thread : thread - run->n_workers);
	for (uint64_t i = 0; i < count; i++) {
		const struct trace_event *event = &trace->chunks[i / CHUNK_EVENTS][i % CHUNK_EVENTS];

		fprintf(out, ",\n{\"name\": \"%s\", \"ph\": \"X\", \"pid\": 1, \"tid\": %u",
			event->stage->plan->id, thread);
		write_us("ts", event->start_ns - run->start_ns, out);
		write_us("dur", event->end_ns - event->start_ns, out);
		fputc('}', out);
	}
	return atomic_load(&trace->lost);
}

int pel_run_write_trace(struct pel_run *run, FILE *out)
{
	uint64_t lost = 0;

	if (!run->tracing)
		return -EINVAL;
	/* A step is noted at its end, which may come after the run's. */
	if (atomic_load_explicit(&run->over, memory_order_acquire))
		workers_join(run);
	fprintf(out,
		"{\"displayTimeUnit\": \"ns\", \"traceEvents\": [\n"
		"{\"name\": \"process_name\", \"ph\": \"M\", \"pid\": 1, \"args\": {\"name\": \"pelton %s\"}}",
		run->plan->name);
	for (uint32_t i = 0; i < run->n_workers; i++)
		lost += write_thread(run, run->workers[i].trace, i, "worker", out);
	for (uint32_t i = 0; i < run->n_blocking; i++)
		lost += write_thread(run, run->blocking[i].trace, run->n_workers + i, "blocking", out);
	fprintf(out, "\n], \"lost\": %llu}\n", (unsigned long long)lost);
	return fflush(out) != 0 || ferror(out) ? -EIO : 0;
}
