/* SPDX-License-Identifier: Apache-2.0 */
#include "bench.h"

#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "ring.h"

/*
 * W1: one ring, two threads, capacity 4096 tokens; and the time of a token there and back. The loops are built for each size of token and batch, and for this
 * machine, as those of the peers are.
 */
#define CAPACITY 4096u

struct ends {
	struct pel_ring ring;
	struct pel_ring_reader reader;
	struct ends *back; /* for the round trip */
	uint64_t tokens;
	uint32_t token_bytes, batch;
	uint64_t sum;
};

static void ends_init(struct ends *e, uint32_t token_bytes, uint32_t capacity)
{
	void *slots = aligned_alloc(4096, ((size_t)capacity * token_bytes + 4095) / 4096 * 4096);

	if (!slots)
		abort();
	memset(slots, 0, (size_t)capacity * token_bytes);
	e->reader.capacity = capacity;
	e->token_bytes = token_bytes;
	pel_ring_init(&e->ring, slots, capacity, 0, token_bytes, &e->reader, 1, 0, NULL);
}

static void pause_briefly(unsigned *idle)
{
	if (++*idle % 64 == 0)
		sched_yield();
}

static cpu_set_t allowed; /* to the process, before any thread was bound */

/* Bind this thread to core number `index` of these, if there are so many. */
static void pin(unsigned index)
{
	cpu_set_t one;

	for (unsigned cpu = 0; cpu < CPU_SETSIZE; cpu++)
		if (CPU_ISSET(cpu, &allowed) && index-- == 0) {
			CPU_ZERO(&one);
			CPU_SET(cpu, &one);
			pthread_setaffinity_np(pthread_self(), sizeof(one), &one);
			return;
		}
}

__attribute__((always_inline)) static inline void produce_of(struct ends *e, uint32_t bytes, uint32_t batch)
{
	unsigned idle = 0;

	for (uint64_t done = 0; done < e->tokens;) {
		uint64_t want = batch < e->tokens - done ? batch : e->tokens - done, run;
		uint64_t n = pel_ring_room(&e->ring, want);
		unsigned char *window = pel_ring_reserve(&e->ring, 0, &run);

		n = n < run ? n : run;
		n = n < want ? n : want;
		if (!n) {
			pause_briefly(&idle);
			continue;
		}
		if (bytes == 8)
			for (uint64_t i = 0; i < n; i++)
				((uint64_t *)(void *)window)[i] = done + i;
		else
			for (uint64_t i = 0; i < n; i++)
				memset(window + i * bytes, (int)(done + i), bytes);
		pel_ring_commit(&e->ring, n);
		done += n;
	}
}

__attribute__((always_inline)) static inline void consume_of(struct ends *e, uint32_t bytes, uint32_t batch)
{
	uint64_t sum = 0;
	unsigned idle = 0;

	for (uint64_t done = 0; done < e->tokens;) {
		uint64_t want = batch < e->tokens - done ? batch : e->tokens - done, run;
		uint64_t n = pel_ring_fill(&e->ring, &e->reader, want);
		const uint64_t *window = pel_ring_peek(&e->ring, &e->reader, 0, &run);

		n = n < run ? n : run;
		n = n < want ? n : want;
		if (!n) {
			pause_briefly(&idle);
			continue;
		}
		for (uint64_t i = 0; i < n * (bytes / 8); i++)
			sum += window[i];
		pel_ring_release(&e->ring, &e->reader, n);
		done += n;
	}
	e->sum = sum;
}

#define FOR_EACH_COLUMN(do) \
	do                  \
	(8, 1) do(8, 64) do(8, 1024) do(64, 1) do(64, 64) do(4096, 1)

static void *produce(void *data)
{
	struct ends *e = data;

	pin(1);
#define PRODUCE(b, n)                                 \
	if (e->token_bytes == (b) && e->batch == (n)) \
		produce_of(e, b, n);
	FOR_EACH_COLUMN(PRODUCE)
	return NULL;
}

static void consume(struct ends *e)
{
#define CONSUME(b, n)                                 \
	if (e->token_bytes == (b) && e->batch == (n)) \
		consume_of(e, b, n);
	FOR_EACH_COLUMN(CONSUME)
}

static double throughput(uint32_t token_bytes, uint32_t batch, uint64_t tokens)
{
	struct ends e = { .tokens = tokens, .batch = batch };
	pthread_t thread;
	double start;

	ends_init(&e, token_bytes, CAPACITY);
	sched_getaffinity(0, sizeof(allowed), &allowed);
	pin(0);
	start = bench_seconds();
	if (pthread_create(&thread, NULL, produce, &e) != 0)
		abort();
	consume(&e);
	pthread_join(thread, NULL);
	start = bench_seconds() - start;
	sched_setaffinity(0, sizeof(allowed), &allowed);
	if (token_bytes == 8 && e.sum != tokens * (tokens - 1) / 2) {
		fprintf(stderr, "pelton-bench: w1: wrong sum\n");
		exit(EXIT_FAILURE);
	}
	free(e.ring.slots);
	return (double)tokens / start;
}

static void pass_one(struct ends *from, struct ends *to)
{
	uint64_t run;
	unsigned idle = 0;

	while (!pel_ring_fill(&from->ring, &from->reader, 1))
		pause_briefly(&idle);
	while (!pel_ring_room(&to->ring, 1))
		pause_briefly(&idle);
	memcpy(pel_ring_reserve(&to->ring, 0, &run), pel_ring_peek(&from->ring, &from->reader, 0, &run), 8);
	pel_ring_commit(&to->ring, 1);
	pel_ring_release(&from->ring, &from->reader, 1);
}

static void *echo(void *data)
{
	struct ends *there = data;

	pin(1);
	for (uint64_t i = 0; i < there->tokens; i++)
		pass_one(there, there->back);
	return NULL;
}

static double round_trip(uint64_t times)
{
	struct ends there = { .tokens = times }, back = { 0 };
	pthread_t thread;
	uint64_t run;
	double start;

	ends_init(&there, 8, CAPACITY);
	ends_init(&back, 8, CAPACITY);
	there.back = &back;
	sched_getaffinity(0, sizeof(allowed), &allowed);
	pin(0);
	start = bench_seconds();
	if (pthread_create(&thread, NULL, echo, &there) != 0)
		abort();
	pel_ring_reserve(&there.ring, 0, &run);
	pel_ring_commit(&there.ring, 1);
	for (uint64_t i = 1; i < times; i++)
		pass_one(&back, &there);
	pthread_join(thread, NULL);
	start = bench_seconds() - start;
	sched_setaffinity(0, sizeof(allowed), &allowed);
	free(there.ring.slots);
	free(back.ring.slots);
	return 1e9 * start / (double)times;
}

/* One figure of Pelton's ring, then its peers'. */
static void ring_rows(const struct bench_options *options, const char *workload, const char *row,
		      const char *unit, double value, struct bench_cost cost)
{
	struct bench_beside beside = { "Pelton's ring", value };
	char name[96];

	snprintf(name, sizeof(name), "%s, Pelton's ring", row);
	bench_figure(name, unit, value, cost, NULL);
	bench_peers(&(struct bench_peer_job){
		.workload = workload, .scale = options->scale, .row = row, .unit = unit, .beside = &beside });
}

void bench_rings(const struct bench_options *options)
{
	static const struct {
		const char *workload;
		uint32_t bytes, batch;
		double tokens;
	} columns[] = { { "w1-8-1", 8, 1, 2e7 },   { "w1-8-64", 8, 64, 1e8 },	{ "w1-8-1024", 8, 1024, 1e8 },
			{ "w1-64-1", 64, 1, 1e7 }, { "w1-64-64", 64, 64, 2e7 }, { "w1-4096-1", 4096, 1, 5e5 } };
	uint64_t times = (uint64_t)(5e5 * options->scale) + 1;
	struct bench_cost cost;
	double value;

	for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]); i++) {
		uint64_t tokens = (uint64_t)(columns[i].tokens * options->scale);
		char row[64];

		cost = bench_cost_now();
		value = throughput(columns[i].bytes, columns[i].batch, tokens);
		cost = bench_cost_since(cost);
		snprintf(row, sizeof(row), "W1 %u B by %u", columns[i].bytes, columns[i].batch);
		ring_rows(options, columns[i].workload, row, "tokens/s", value, cost);
	}
	cost = bench_cost_now();
	value = round_trip(times);
	cost = bench_cost_since(cost);
	ring_rows(options, "w1-roundtrip", "W1 round trip", "ns", value, cost);
}
