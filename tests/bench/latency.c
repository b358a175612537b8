/* SPDX-License-Identifier: Apache-2.0 */
#include "bench.h"

#include <linux/futex.h>
#include <pelton/pelton.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/*
 * The latency of a token through 8 stages, from the thread that feeds it to the thread that reads it. At the rate used, every thread sleeps
 * between two tokens, so this measures wake-ups. It is compared with 8 threads connected by rings, the obvious way to write it without fusing
 * stages. Each token carries the time at which it was fed.
 */

#define STAGES	    8
#define INTERVAL_NS 100000u /* 10,000 tokens a second */

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static void sleep_until(uint64_t ns)
{
	struct timespec until = { .tv_sec = (time_t)(ns / 1000000000u), .tv_nsec = (long)(ns % 1000000000u) };

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) != 0)
		;
}

static int by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

struct percentiles {
	double p50_us, p99_us;
	struct bench_cost cost;
};

/* Every contestant has one function to put a token in, called by the feeding thread, and one to get it out. */
struct line {
	void (*put)(struct line *line, uint64_t token);
	uint64_t (*get)(struct line *line);
	uint64_t tokens;
};

static void *feed(void *data)
{
	struct line *line = data;
	uint64_t start = now_ns();

	for (uint64_t i = 0; i < line->tokens; i++) {
		sleep_until(start + (i + 1) * INTERVAL_NS);
		line->put(line, now_ns());
	}
	return NULL;
}

static struct percentiles measure(struct line *line)
{
	uint64_t *times = malloc(line->tokens * sizeof(*times));
	struct bench_cost start = bench_cost_now();
	struct percentiles result;
	pthread_t feeder;

	if (!times || pthread_create(&feeder, NULL, feed, line) != 0)
		abort();
	for (uint64_t i = 0; i < line->tokens; i++) {
		uint64_t fed = line->get(line);

		times[i] = now_ns() - fed;
	}
	pthread_join(feeder, NULL);
	result.cost = bench_cost_since(start);
	qsort(times, line->tokens, sizeof(*times), by_value);
	result.p50_us = 1e-3 * (double)times[line->tokens / 2];
	result.p99_us = 1e-3 * (double)times[line->tokens * 99 / 100];
	free(times);
	return result;
}

/* ---- Bare rings ---- */

#define SLOTS 256u

/*
 * A ring with one writer and one reader, which sleeps on `tail` when the ring is empty. The reader sets `asleep` before its last check of `tail`;
 * the writer checks `asleep` after moving `tail`: so one of the two sees the other. The writer polls a full ring: at this rate that happens only
 * if the machine was suspended.
 */
struct ring {
	_Alignas(64) _Atomic uint32_t tail;
	_Atomic uint32_t asleep;
	_Alignas(64) _Atomic uint32_t head;
	uint64_t slots[SLOTS];
};

static void ring_put(struct ring *r, uint64_t token)
{
	uint32_t tail = atomic_load_explicit(&r->tail, memory_order_relaxed);

	while (tail - atomic_load_explicit(&r->head, memory_order_acquire) == SLOTS)
		sleep_until(now_ns() + INTERVAL_NS);
	r->slots[tail % SLOTS] = token;
	atomic_store(&r->tail, tail + 1);
	if (atomic_load(&r->asleep) && atomic_exchange(&r->asleep, 0))
		syscall(SYS_futex, &r->tail, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

static uint64_t ring_get(struct ring *r)
{
	uint32_t head = atomic_load_explicit(&r->head, memory_order_relaxed);
	uint64_t token;

	while (atomic_load(&r->tail) == head) {
		atomic_store(&r->asleep, 1);
		if (atomic_load(&r->tail) == head)
			syscall(SYS_futex, &r->tail, FUTEX_WAIT_PRIVATE, head, NULL, NULL, 0);
	}
	token = r->slots[head % SLOTS];
	atomic_store_explicit(&r->head, head + 1, memory_order_release);
	return token;
}

struct bare {
	struct line line;
	struct ring rings[STAGES + 1];
};

struct bare_stage {
	struct ring *in, *out;
	uint64_t tokens;
};

static void *bare_copy(void *data)
{
	struct bare_stage *stage = data;

	for (uint64_t i = 0; i < stage->tokens; i++)
		ring_put(stage->out, ring_get(stage->in));
	return NULL;
}

static void bare_put(struct line *line, uint64_t token)
{
	ring_put(&((struct bare *)line)->rings[0], token);
}

static uint64_t bare_get(struct line *line)
{
	return ring_get(&((struct bare *)line)->rings[STAGES]);
}

static struct percentiles bare_rings(uint64_t tokens)
{
	static struct bare bare;
	struct bare_stage stages[STAGES];
	pthread_t threads[STAGES];
	struct percentiles result;

	memset(&bare, 0, sizeof(bare));
	bare.line = (struct line){ bare_put, bare_get, tokens };
	for (unsigned i = 0; i < STAGES; i++) {
		stages[i] = (struct bare_stage){ &bare.rings[i], &bare.rings[i + 1], tokens };
		if (pthread_create(&threads[i], NULL, bare_copy, &stages[i]) != 0)
			abort();
	}
	result = measure(&bare.line);
	for (unsigned i = 0; i < STAGES; i++)
		pthread_join(threads[i], NULL);
	return result;
}

/* ---- Pelton ---- */

struct graph_line {
	struct line line;
	struct pel_port *in, *out;
};

static void graph_put(struct line *line, uint64_t token)
{
	if (pel_port_write(((struct graph_line *)line)->in, &token, 1, -1) != 1)
		bench_fail("latency: a token was not taken");
}

static uint64_t graph_get(struct line *line)
{
	uint64_t token;

	if (pel_port_read(((struct graph_line *)line)->out, &token, 1, -1) != 1)
		bench_fail("latency: a token was lost");
	return token;
}

static struct percentiles through_graph(uint64_t tokens, unsigned workers)
{
	struct pel_compile_options compile = { .size = sizeof(compile), .workers = workers };
	struct pel_run_options run_options = { .size = sizeof(run_options), .workers = workers };
	struct graph_line graph_line = { .line = { graph_put, graph_get, tokens } };
	struct bench_text text = bench_graph("latency");
	struct percentiles result;
	struct pel_graph *graph;
	struct pel_plan *plan;
	struct pel_run *run;

	bench_add(&text, "<in name=\"in\" type=\"u64\"/><out name=\"out\" type=\"u64\"/>\n");
	for (unsigned k = 0; k < STAGES; k++)
		bench_add(&text, "<actor id=\"a%u\" kernel=\"core.copy\"/>\n", k);
	bench_add(&text, "<channel from=\"in\" to=\"a0\"/>\n");
	for (unsigned k = 1; k < STAGES; k++)
		bench_add(&text, "<channel from=\"a%u\" to=\"a%u\"/>\n", k - 1, k);
	bench_add(&text, "<channel from=\"a%u\" to=\"out\"/>\n</graph>\n", STAGES - 1);
	if (pel_graph_parse(text.data, text.size, "<latency>", &graph, NULL) < 0 ||
	    pel_compile(graph, &compile, &plan, NULL) < 0 || pel_run_start(plan, &run_options, &run, NULL) < 0)
		bench_fail("latency: the graph does not start");
	graph_line.in = pel_run_port(run, "in");
	graph_line.out = pel_run_port(run, "out");
	result = measure(&graph_line.line);
	pel_port_end(graph_line.in);
	if (pel_run_wait(run, -1, NULL) < 0)
		bench_fail("latency: the run failed");
	pel_run_destroy(run);
	pel_plan_destroy(plan);
	pel_graph_destroy(graph);
	free(text.data);
	return result;
}

static void figures(const char *who, const struct percentiles *p, const struct percentiles *beside)
{
	char row[80];

	snprintf(row, sizeof(row), "latency p50, %s", who);
	bench_figure(row, "us", p->p50_us, p->cost,
		     beside ? &(struct bench_beside){ "bare rings", beside->p50_us } : NULL);
	snprintf(row, sizeof(row), "latency p99, %s", who);
	bench_figure(row, "us", p->p99_us, p->cost,
		     beside ? &(struct bench_beside){ "bare rings", beside->p99_us } : NULL);
}

void bench_latency(const struct bench_options *options)
{
	double scale = options->scale < 1 ? options->scale : 1; /* a second is enough */
	uint64_t tokens = (uint64_t)(scale * 10000) + 10;
	struct percentiles bare = bare_rings(tokens), pelton;
	char who[40];

	figures("bare rings", &bare, NULL);
	for (unsigned workers = 1; workers <= options->workers;
	     workers += options->workers > 1 ? options->workers - 1 : 1) {
		pelton = through_graph(tokens, workers);
		snprintf(who, sizeof(who), "Pelton %s", bench_workers(workers));
		figures(who, &pelton, &bare);
	}
	bench_peers(
		&(struct bench_peer_job){ .workload = "latency",
					  .third_row = "latency p99",
					  .third_beside = &(struct bench_beside){ "bare rings", bare.p99_us },
					  .scale = scale,
					  .row = "latency p50",
					  .unit = "us",
					  .beside = &(struct bench_beside){ "bare rings", bare.p50_us } });
}
