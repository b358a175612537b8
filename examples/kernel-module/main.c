/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs a graph that uses a kernel module of its own, reads the output, and prints the results that the actors report.
 *
 *   usage: kernel-module GRAPH FOLDER [NAME=VALUE]        FOLDER contains pelton-collatz.so
 *   build: cc -std=c17 -o kernel-module main.c $(pkg-config --cflags --libs pelton)
 *          and build the module as described in kernels/collatz.c
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <pelton/pelton.h>

static void print_records(struct pel_run *run)
{
	struct pel_port *port = pel_run_port(run, "record");
	uint64_t records[64];
	ssize_t n;

	if (!port || strcmp(pel_elem_name(pel_port_type(port)->elem), "u64") != 0) {
		fprintf(stderr, "kernel-module: the graph has no output 'record' of type u64\n");
		pel_run_stop(run);
		return;
	}
	while ((n = pel_port_read(port, records, sizeof(records) / sizeof(*records), -1)) > 0)
		for (ssize_t i = 0; i < n; i++)
			printf("%" PRIu64 "\n", records[i]);
}

static void print_results(struct pel_run *run)
{
	struct pel_stats *stats;

	if (pel_run_stats(run, &stats) < 0)
		return;
	for (size_t i = 0; i < stats->n_actors; i++)
		for (size_t j = 0; j < stats->actors[i]->n_results; j++)
			printf("%s.%s = %" PRIu64 "\n", stats->actors[i]->id,
			       stats->actors[i]->results[j]->name, stats->actors[i]->results[j]->u64);
	pel_stats_destroy(stats);
}

static int run_graph(const char *path, const struct pel_compile_options *options, struct pel_error *err)
{
	struct pel_graph *graph = NULL;
	struct pel_plan *plan = NULL;
	struct pel_run *run = NULL;
	int r;

	if ((r = pel_graph_load(path, &graph, err)) < 0 || (r = pel_compile(graph, options, &plan, err)) < 0 ||
	    (r = pel_run_start(plan, NULL, &run, err)) < 0)
		goto out;
	print_records(run);
	if ((r = pel_run_wait(run, -1, err)) == 0)
		print_results(run);
out:
	pel_run_destroy(run);
	pel_plan_destroy(plan);
	pel_graph_destroy(graph);
	return r;
}

int main(int argc, char **argv)
{
	struct pel_compile_options options = { .size = sizeof(options) };
	struct pel_error err = { 0 };
	struct pel_setting set;
	char *equals;
	int r;

	if (argc < 3 || argc > 4 || (argc == 4 && !strchr(argv[3], '='))) {
		fprintf(stderr, "usage: kernel-module GRAPH FOLDER [NAME=VALUE]\n");
		return 2;
	}
	options.module_path = argv[2];
	if (argc == 4) {
		equals = strchr(argv[3], '=');
		*equals = '\0';
		set = (struct pel_setting){ .name = argv[3], .value = equals + 1 };
		options.set = &set;
		options.n_set = 1;
	}
	if ((r = run_graph(argv[1], &options, &err)) < 0) {
		pel_error_write_text(&err, stderr);
		if (!err.count)
			fprintf(stderr, "kernel-module: %s\n", strerror(-r));
	}
	pel_error_fini(&err);
	return r < 0;
}
