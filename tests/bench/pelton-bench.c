/* SPDX-License-Identifier: Apache-2.0 */
#include "bench.h"

#include <math.h>
#include <pelton/pelton.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#define ROWS_MAX   64
#define ROUNDS_MAX 101

static struct row {
	char name[64];
	const char *unit;
	unsigned n;
	double values[ROUNDS_MAX], ratios[ROUNDS_MAX];
	bool bounded;
} rows[ROWS_MAX];
static unsigned n_rows;

static const struct {
	const char *name;
	void (*run)(const struct bench_options *options);
} workloads[] = {
	{ "w1", bench_rings },	{ "w2", bench_chain },	 { "w4", bench_many_stages },
	{ "w5", bench_uneven }, { "w6", bench_firings },
};
#define N_WORKLOADS (sizeof(workloads) / sizeof(workloads[0]))

double bench_seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

void bench_figure(const char *row, const char *unit, double value, double bound)
{
	struct row *r = rows;

	while (r < rows + n_rows && strcmp(r->name, row) != 0)
		r++;
	if (r == rows + n_rows) {
		if (n_rows++ == ROWS_MAX)
			abort();
		snprintf(r->name, sizeof(r->name), "%s", row);
		r->unit = unit;
	}
	if (r->n == ROUNDS_MAX)
		return;
	r->bounded = bound > 0;
	r->values[r->n] = value;
	r->ratios[r->n++] = bound > 0 ? value / bound : NAN;
}

static void fail(const char *what, int code, struct pel_error *err)
{
	fprintf(stderr, "pelton-bench: %s: %s\n", what, strerror(-code));
	pel_error_write_text(err, stderr);
	exit(EXIT_FAILURE);
}

struct bench_times bench_run(const char *xml, size_t size, const struct bench_options *options)
{
	struct pel_compile_options compile = { .workers = options->workers };
	struct pel_run_options run_options = { .workers = options->workers };
	struct pel_error err = { 0 };
	struct bench_times times = { 0 };
	struct pel_graph *graph;
	struct pel_stats *stats;
	struct pel_plan *plan;
	struct pel_run *run;
	double start = bench_seconds(), now;
	int r;

	if ((r = pel_graph_parse(xml, size, "<bench>", &graph, &err)) < 0)
		fail("load", r, &err);
	times.load_s = (now = bench_seconds()) - start;
	start = now;
	if ((r = pel_compile(graph, &compile, &plan, &err)) < 0)
		fail("compile", r, &err);
	times.compile_s = (now = bench_seconds()) - start;
	start = now;
	if ((r = pel_run_start(plan, &run_options, &run, &err)) < 0)
		fail("start", r, &err);
	times.start_s = (now = bench_seconds()) - start;
	if ((r = pel_run_wait(run, -1, &err)) < 0)
		fail("run", r, &err);
	times.run_s = bench_seconds() - now;
	if ((r = pel_run_stats(run, &stats)) < 0)
		fail("statistics", r, &err);
	for (size_t i = 0; i < stats->n_actors; i++)
		for (size_t k = 0; k < stats->actors[i].n_results; k++) {
			const struct pel_result *result = &stats->actors[i].results[k];

			if (strcmp(result->name, "count") == 0)
				times.sink_count = result->u64;
			else if (strcmp(result->name, "checksum") == 0)
				times.sink_checksum = result->u64;
		}
	pel_stats_destroy(stats);
	pel_run_destroy(run);
	pel_plan_destroy(plan);
	pel_graph_destroy(graph);
	pel_error_fini(&err);
	return times;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void sort(double *values, unsigned n)
{
	qsort(values, n, sizeof(*values), compare);
}

static void print_table(void)
{
	printf("%-30s %-12s %12s %12s %12s   %s\n", "", "unit", "least", "median", "most",
	       "of the bound (least median most)");
	for (struct row *r = rows; r < rows + n_rows; r++) {
		sort(r->values, r->n);
		printf("%-30s %-12s %12.4g %12.4g %12.4g", r->name, r->unit, r->values[0],
		       r->values[r->n / 2], r->values[r->n - 1]);
		if (r->bounded) {
			sort(r->ratios, r->n);
			printf("   %.3f %.3f %.3f", r->ratios[0], r->ratios[r->n / 2], r->ratios[r->n - 1]);
		}
		putchar('\n');
	}
}

static void print_json(unsigned rounds, const struct bench_options *options)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	printf("{\n  \"version\": \"" PEL_VERSION
	       "\", \"rounds\": %u, \"workers\": %u, \"peak_kib\": %ld,\n  \"rows\": [",
	       rounds, options->workers, usage.ru_maxrss);
	for (struct row *r = rows; r < rows + n_rows; r++) {
		sort(r->values, r->n);
		printf("%s\n    {\"name\": \"%s\", \"unit\": \"%s\", \"least\": %.6g, \"median\": %.6g, \"most\": %.6g, \"of_bound\": ",
		       r == rows ? "" : ",", r->name, r->unit, r->values[0], r->values[r->n / 2],
		       r->values[r->n - 1]);
		if (r->bounded) {
			sort(r->ratios, r->n);
			printf("%.4f}", r->ratios[r->n / 2]);
		} else {
			printf("null}");
		}
	}
	printf("\n  ]\n}\n");
}

static void usage(FILE *out)
{
	fprintf(out,
		"usage: pelton-bench [--rounds N] [--workers N] [--scale X] [--json] [w1 w2 w4 w5 w6]\n"
		"Measures Pelton beside hand-written bounds, in rounds; prints the least, median and most of each figure, and of\n"
		"its ratio to the bound in the same round.\n");
}

int main(int argc, char **argv)
{
	struct bench_options options = { .scale = 1 };
	bool chosen[N_WORKLOADS] = { false }, any = false, json = false;
	unsigned rounds = 5;

	for (int i = 1; i < argc; i++) {
		bool known = false;

		if (strcmp(argv[i], "--rounds") == 0 && i + 1 < argc) {
			rounds = (unsigned)atoi(argv[++i]);
			known = rounds >= 1 && rounds <= ROUNDS_MAX;
		} else if (strcmp(argv[i], "--workers") == 0 && i + 1 < argc) {
			options.workers = (unsigned)atoi(argv[++i]);
			known = true;
		} else if (strcmp(argv[i], "--scale") == 0 && i + 1 < argc) {
			options.scale = atof(argv[++i]);
			known = options.scale > 0;
		} else if (strcmp(argv[i], "--json") == 0) {
			json = known = true;
		} else if (strcmp(argv[i], "--help") == 0) {
			usage(stdout);
			return EXIT_SUCCESS;
		}
		for (size_t w = 0; w < N_WORKLOADS && !known; w++)
			if (strcmp(argv[i], workloads[w].name) == 0)
				known = chosen[w] = any = true;
		if (!known) {
			usage(stderr);
			return 2;
		}
	}
	for (unsigned round = 0; round < rounds; round++)
		for (size_t w = 0; w < N_WORKLOADS; w++)
			if (chosen[w] || !any)
				workloads[w].run(&options);
	if (json)
		print_json(rounds, &options);
	else
		print_table();
	return EXIT_SUCCESS;
}
