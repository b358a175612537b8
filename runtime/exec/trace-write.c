/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <inttypes.h>
#include <pelton/run.h>
#include "join.h"
#include "run-state.h"
#include "trace.h"

/* Writes the trace of a run as JSON, for viewers of Chrome traces. */

/* Write a time in microseconds, with integer arithmetic: the host's locale may use another decimal point. */
static void write_us(const char *key, uint64_t ns, FILE *out)
{
	fprintf(out, ", \"%s\": %" PRIu64 ".%03u", key, ns / 1000, (unsigned)(ns % 1000));
}

/* Ids follow the rule for names, with '/' and '#', so they need no escaping in JSON. */
static void write_thread(const struct pel_run *run, uint32_t thread, FILE *out)
{
	const struct pel_trace *trace = run->scratches[thread].trace;
	uint32_t n_workers = run->scheduler.n_workers;
	uint64_t count = pel_trace_count(trace);

	fprintf(out,
		",\n{\"name\": \"thread_name\", \"ph\": \"M\", \"pid\": 1, \"tid\": %u, \"args\": {\"name\": \"%s %u\"}}",
		thread, thread < n_workers ? "worker" : "blocking",
		thread < n_workers ? thread : thread - n_workers);
	for (uint64_t i = 0; i < count; i++) {
		const struct pel_trace_event *event = pel_trace_event(trace, i);

		fprintf(out, ",\n{\"name\": \"%s\", \"ph\": \"X\", \"pid\": 1, \"tid\": %u", event->name,
			thread);
		write_us("ts", event->start_ns - run->start_ns, out);
		write_us("dur", event->end_ns - event->start_ns, out);
		fputc('}', out);
	}
}

int pel_run_write_trace(struct pel_run *run, FILE *out)
{
	uint64_t lost = 0;

	if (!run->tracing)
		return -EINVAL;
	/* An event is added at the end of its step, which may come after the end of the run. */
	if (pel_outcome_is_decided(&run->outcome))
		pel_threads_join(&run->scheduler);
	fprintf(out,
		"{\"displayTimeUnit\": \"ns\", \"traceEvents\": [\n"
		"{\"name\": \"process_name\", \"ph\": \"M\", \"pid\": 1, \"args\": {\"name\": \"pelton %s\"}}",
		run->plan->name);
	for (uint32_t i = 0; i < run->scheduler.n_workers + run->scheduler.n_own; i++) {
		write_thread(run, i, out);
		lost += pel_trace_lost(run->scratches[i].trace);
	}
	fprintf(out, "\n], \"lost\": %llu}\n", (unsigned long long)lost);
	return fflush(out) != 0 || ferror(out) ? -EIO : 0;
}
