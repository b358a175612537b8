/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs a graph file, shows a progress line, and then reports where the time went. Control-C stops the run cleanly.
 *
 *   usage: progress GRAPH [NAME=VALUE]...        parameters of the graph
 *   build: cc -std=c17 -o progress progress.c $(pkg-config --cflags --libs pelton)
 */
#define _POSIX_C_SOURCE 200809L /* sigaction */

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <pelton/pelton.h>

static volatile sig_atomic_t interrupted;

static void on_interrupt(int number)
{
	(void)number;
	interrupted = 1;
}

/* The progress of the slowest actor whose number of firings is known, from 0 to 1; -1 if there is none. */
static double done_part(const struct pel_stats *stats)
{
	double part = -1;

	for (size_t i = 0; i < stats->n_actors; i++) {
		const struct pel_actor_stats *actor = stats->actors[i];
		double here;

		if (!actor->expected_firings)
			continue;
		here = (double)actor->firings / (double)actor->expected_firings;
		part = part < 0 || here < part ? here : part;
	}
	return part;
}

static void show_progress(struct pel_run *run)
{
	struct pel_stats *stats;
	uint64_t firings = 0;
	double part;

	if (pel_run_stats(run, &stats) < 0)
		return; /* no memory for a progress line: continue without one */
	for (size_t i = 0; i < stats->n_actors; i++)
		firings += stats->actors[i]->firings;
	part = done_part(stats);
	fprintf(stderr, "\r%8.1f s %14" PRIu64 " firings", stats->wall_s, firings);
	if (part >= 0)
		fprintf(stderr, " %5.1f %%", 100 * part);
	fflush(stderr);
	pel_stats_destroy(stats);
}

static void show_stats(struct pel_run *run)
{
	struct pel_stats *stats;

	if (pel_run_stats(run, &stats) < 0)
		return;
	printf("%-24s %12s %9s %9s %9s\n", "stage", "firings", "busy s", "input s", "room s");
	for (size_t i = 0; i < stats->n_stages; i++) {
		const struct pel_stage_stats *stage = stats->stages[i];

		printf("%-24s %12" PRIu64 " %9.3f %9.3f %9.3f\n", stage->id, stage->firings, stage->busy_s,
		       stage->wait_input_s, stage->wait_room_s);
	}
	printf("%u workers, %.3f s\n", stats->workers, stats->wall_s);
	pel_stats_destroy(stats);
}

static int run_plan(const struct pel_plan *plan, struct pel_error *err)
{
	struct pel_run *run;
	int r = pel_run_start(plan, NULL, &run, err);

	if (r < 0)
		return r;
	while ((r = pel_run_wait(run, 100, err)) == -ETIMEDOUT) {
		if (interrupted)
			pel_run_stop(run); /* the next wait returns -ECANCELED */
		show_progress(run);
	}
	show_progress(run);
	fputc('\n', stderr);
	show_stats(run);
	pel_run_destroy(run);
	return r;
}

static int run_file(const char *path, const struct pel_compile_options *options, struct pel_error *err)
{
	struct pel_graph *graph = NULL;
	struct pel_plan *plan = NULL;
	int r;

	if ((r = pel_graph_load(path, &graph, err)) == 0 && (r = pel_compile(graph, options, &plan, err)) == 0)
		r = run_plan(plan, err);
	pel_plan_destroy(plan);
	pel_graph_destroy(graph);
	return r;
}

int main(int argc, char **argv)
{
	struct sigaction action = { .sa_handler = on_interrupt };
	struct pel_compile_options options = { .size = sizeof(options) };
	struct pel_error err = { 0 };
	struct pel_setting *set;
	int r;

	if (argc < 2) {
		fprintf(stderr, "usage: progress GRAPH [NAME=VALUE]...\n");
		return 2;
	}
	set = calloc((size_t)argc, sizeof(*set));
	if (!set || sigaction(SIGINT, &action, NULL) < 0) {
		perror("progress");
		free(set);
		return 1;
	}
	for (int i = 2; i < argc; i++) {
		char *equals = strchr(argv[i], '=');

		if (equals)
			*equals = '\0';
		set[options.n_set++] = (struct pel_setting){ argv[i], equals ? equals + 1 : "" };
	}
	options.set = set;
	r = run_file(argv[1], &options, &err);
	pel_error_write_text(&err, stderr);
	if (r < 0 && !err.count)
		fprintf(stderr, "progress: %s\n", strerror(-r));
	pel_error_fini(&err);
	free(set);
	return r == -ECANCELED ? 130 : r < 0;
}
