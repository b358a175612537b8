/* SPDX-License-Identifier: Apache-2.0 */
#include "bench.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#define ROUNDS_MAX 1000

static const struct {
	const char *name;
	void (*run)(const struct bench_options *options);
} workloads[] = {
	{ "w1", bench_rings },	      { "w2", bench_chain },  { "w3", bench_radio },
	{ "w4", bench_many_stages },  { "w5", bench_uneven }, { "w6", bench_firings },
	{ "latency", bench_latency },
};
#define N_WORKLOADS (sizeof(workloads) / sizeof(workloads[0]))

double bench_seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

struct bench_cost bench_cost_now(void)
{
	struct bench_cost now = { .wall_s = bench_seconds() };
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	now.cpu_s = (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
		    1e-6 * (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
	return now;
}

struct bench_cost bench_cost_since(struct bench_cost start)
{
	struct bench_cost now = bench_cost_now();

	return (struct bench_cost){ now.wall_s - start.wall_s, now.cpu_s - start.cpu_s };
}

void bench_fail(const char *what, ...)
{
	va_list ap;

	fputs("pelton-bench: ", stderr);
	va_start(ap, what);
	vfprintf(stderr, what, ap);
	va_end(ap);
	fputc('\n', stderr);
	exit(EXIT_FAILURE);
}

static void usage(FILE *out)
{
	fprintf(out,
		"usage: pelton-bench [--rounds N] [--workers N] [--scale X] [--peers DIR] [--json FILE] [w1 w2 w3 w4 w5 w6 latency]\n"
		"Measures Pelton beside hand-written programs, and beside the peers in DIR, in rounds; prints the least, median and most\n"
		"of each figure, and of its ratio to a reference in the same round. The pelton program is $PELTON, or that in the folder\n"
		"of this program.\n");
}

struct command {
	struct bench_options options;
	bool chosen[N_WORKLOADS], any;
	unsigned rounds;
	const char *json;
};

/* One option and its value. False: there is no such option, or the value is none for it. */
static bool take_option(struct command *c, const char *name, const char *value)
{
	if (strcmp(name, "--rounds") == 0) {
		c->rounds = (unsigned)atoi(value);
		return c->rounds >= 1 && c->rounds <= ROUNDS_MAX;
	}
	if (strcmp(name, "--workers") == 0) {
		c->options.workers = (unsigned)atoi(value);
		return c->options.workers >= 1 && c->options.workers <= 1024;
	}
	if (strcmp(name, "--scale") == 0) {
		c->options.scale = atof(value);
		return c->options.scale >= 0.001;
	}
	if (strcmp(name, "--json") == 0) {
		c->json = value;
		return true;
	}
	if (strcmp(name, "--peers") == 0) {
		bench_peers_find(value);
		return true;
	}
	return false;
}

static bool take_workload(struct command *c, const char *name)
{
	for (size_t w = 0; w < N_WORKLOADS; w++)
		if (strcmp(name, workloads[w].name) == 0)
			return c->chosen[w] = c->any = true;
	return false;
}

/* The pelton program: a string that the caller never frees. */
static const char *find_pelton(const char *self)
{
	const char *given = getenv("PELTON"), *slash = strrchr(self, '/');
	size_t folder = slash ? (size_t)(slash - self) + 1 : 0;
	char *path;

	if (given && *given)
		return given;
	path = malloc(folder + sizeof("./pelton"));
	if (!path)
		abort();
	memcpy(path, self, folder);
	strcpy(path + folder, folder ? "pelton" : "./pelton");
	return path;
}

int main(int argc, char **argv)
{
	struct command c = { .options = { .workers = 2, .scale = 1 }, .rounds = 5 };

	bench_spawner_start();
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--help") == 0) {
			usage(stdout);
			return EXIT_SUCCESS;
		}
		if (take_workload(&c, argv[i]))
			continue;
		if (i + 1 == argc || !take_option(&c, argv[i], argv[i + 1])) {
			usage(stderr);
			return 2;
		}
		i++;
	}
	c.options.pelton = find_pelton(argv[0]);
	for (unsigned round = 0; round < c.rounds; round++)
		for (size_t w = 0; w < N_WORKLOADS; w++)
			if (c.chosen[w] || !c.any)
				workloads[w].run(&c.options);
	if (!c.json || strcmp(c.json, "-") != 0)
		bench_print_table();
	if (c.json)
		bench_write_json(c.json, c.rounds, &c.options);
	return EXIT_SUCCESS;
}
