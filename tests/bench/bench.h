/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PELTON_BENCH_H
#define PELTON_BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The workloads of pelton-bench. Each measures Pelton beside a hand-written bound, in the same round, and adds its figures
 * to a table of rows; the median over the rounds is what counts, and ratios are taken within a round.
 */
struct bench_options {
	unsigned workers; /* 0: as many as there are */
	double scale;	  /* of the amount of work: 1 is a fraction of a second each */
};

/* One round's figure of row `row`: `value` in `unit`, beside `bound` (0: none) in the same unit. `more_is_better` decides how the ratio is read. */
void bench_figure(const char *row, const char *unit, double value, double bound);

double bench_seconds(void);

/* Compile and run the graph in `xml`; the wall seconds of the run alone, or of parsing, compiling and running together. Ends the program on an error. */
struct bench_times {
	double load_s, compile_s, start_s, run_s;
	uint64_t sink_count, sink_checksum;
};
struct bench_times bench_run(const char *xml, size_t size, const struct bench_options *options);

void bench_rings(const struct bench_options *options);	     /* W1 */
void bench_chain(const struct bench_options *options);	     /* W2 */
void bench_many_stages(const struct bench_options *options); /* W4 */
void bench_uneven(const struct bench_options *options);	     /* W5 */
void bench_firings(const struct bench_options *options);     /* W6 */

#endif
