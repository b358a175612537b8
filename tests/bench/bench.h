/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PELTON_BENCH_H
#define PELTON_BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The workloads of pelton-bench. In every round, each measures Pelton, a hand-written program and, if there are any, peers, one after the other,
 * and adds the figures to a table. Ratios are taken within a round, so that changes of the machine's speed cancel out.
 */
struct bench_options {
	unsigned workers;   /* of the rows that are not for one worker */
	double scale;	    /* of the amount of work: 1 is a fraction of a second each */
	const char *pelton; /* path of the command */
};

double bench_seconds(void);

/* Wall time and the processor time of this process, since some moment in the past. */
struct bench_cost {
	double wall_s, cpu_s;
};
struct bench_cost bench_cost_now(void);
struct bench_cost bench_cost_since(struct bench_cost start);

/* End the program: `what` went wrong. */
_Noreturn void bench_fail(const char *what, ...) __attribute__((format(printf, 1, 2)));

/* ---- The table. In table.c ---- */

/* A figure to compare with: the `value` that `name` had in the same round, in the same unit. */
struct bench_beside {
	const char *name;
	double value;
};

/*
 * Add one round's figure to row `row`, "WORKLOAD, CONTESTANT". `cost` is the cost of the measured work, zero if unknown; `beside` may be NULL.
 * Strings are copied.
 */
void bench_figure(const char *row, const char *unit, double value, struct bench_cost cost,
		  const struct bench_beside *beside);

void bench_print_table(void);
/* As JSON into file `path`, "-": the standard output. */
void bench_write_json(const char *path, unsigned rounds, const struct bench_options *options);

/* ---- Other processes. In process.c ---- */

struct bench_child {
	int status; /* from waitpid(); -1: killed because it took too long */
	struct bench_cost cost;
	double peak_mib;
	char out[512]; /* the start of its standard output */
};
/* Start the process that starts others. Call it before using much memory. */
void bench_spawner_start(void);

/* Run a program to its end. */
struct bench_child bench_spawn(const char *const *argv);

/* Look for executables peer-NAME in folder `dir`. */
void bench_peers_find(const char *dir);

struct bench_peer_job {
	const char *workload; /* of the protocol, see README.md */
	unsigned arg;
	double scale;
	const char *row;   /* "W2 N=4" */
	const char *unit;  /* what a peer must answer in */
	const char *check; /* the checksum it must have, NULL: any */
	double work;	   /* if the figure is a rate per second: the amount of work; else 0 */
	bool whole_process; /* the figure is the milliseconds of the process, and there is a row for its memory */
	const struct bench_beside *beside;
	/* If the third word of the answer is another figure in the same unit, not a checksum: its row. */
	const char *third_row;
	const struct bench_beside *third_beside;
};
/* Run the job with every peer that has the workload, and add a row "ROW, NAME" for each. */
void bench_peers(const struct bench_peer_job *job);

/* ---- Runs of graphs. In graphs.c ---- */

/* Compile and run the graph in `xml`. Ends the program on an error. `run` is from the start of the workers to the end. */
struct bench_times {
	struct bench_cost all, run;
	uint64_t sink_count, sink_checksum;
};
struct bench_times bench_run(const char *xml, size_t size, unsigned workers);

struct bench_text {
	char *data;
	size_t size, room;
};
struct bench_text bench_graph(const char *name);
void bench_add(struct bench_text *text, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* "2 workers" */
const char *bench_workers(unsigned workers);

void bench_rings(const struct bench_options *options);	     /* W1 */
void bench_chain(const struct bench_options *options);	     /* W2 */
void bench_radio(const struct bench_options *options);	     /* W3 */
void bench_many_stages(const struct bench_options *options); /* W4 */
void bench_uneven(const struct bench_options *options);	     /* W5 */
void bench_firings(const struct bench_options *options);     /* W6 */
void bench_latency(const struct bench_options *options);

#endif
