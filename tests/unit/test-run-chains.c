/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <pelton/pelton.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel-case.h"
#include "plan-model.h"

/*
 * Actors of one kernel one behind another, executed by one call of fire_chain(). Random graphs of core.scale, whose every token is compared with what is
 * computed here, an actor at a time; and graphs that say how far a chain goes.
 */

#define ACTORS_MAX 60u
#define TOKENS_MAX 70000u

static struct pel_error err;

/* ---- a kernel that counts ---- */

static struct pel_kernel counting;
static _Atomic uint64_t chains, longest, single;
static int (*real_fire)(void *state, const struct pel_io *io, size_t firings);
static int (*real_chain)(void *const *states, size_t n, const struct pel_io *io, size_t firings);

static int count_fire(void *state, const struct pel_io *io, size_t firings)
{
	atomic_fetch_add(&single, 1);
	return real_fire(state, io, firings);
}

static int count_chain(void *const *states, size_t n, const struct pel_io *io, size_t firings)
{
	uint64_t before = atomic_load(&longest);

	atomic_fetch_add(&chains, 1);
	while (n > before && !atomic_compare_exchange_weak(&longest, &before, n))
		;
	return real_chain(states, n, io, firings);
}

static const struct pel_kernel *counting_kernel(void)
{
	if (!counting.abi) {
		counting = *kernel_named("core.scale");
		real_fire = counting.fire;
		real_chain = counting.fire_chain;
		counting.fire = count_fire;
		counting.fire_chain = count_chain;
	}
	return &counting;
}

/* ---- running ---- */

static struct pel_plan *compile(const char *xml, unsigned workers)
{
	struct pel_compile_options options = { .size = sizeof(options), .workers = workers };
	struct pel_graph *graph = NULL;
	struct pel_plan *plan = NULL;

	if (pel_graph_parse(xml, strlen(xml), "<test>", &graph, &err) < 0 ||
	    pel_compile(graph, &options, &plan, &err) < 0) {
		pel_error_write_text(&err, stderr);
		ck_abort_msg("the graph does not compile: %s", xml);
	}
	pel_graph_destroy(graph);
	for (uint32_t i = 0; i < plan->n_actors; i++)
		if (plan->actors[i].kernel && strcmp(plan->actors[i].kernel->name, "core.scale") == 0)
			plan->actors[i].kernel = counting_kernel();
	return plan;
}

/* All that comes out of port "out", and of each sink the count and the sum of bits. */
static size_t run(const char *xml, unsigned workers, float *out, struct pel_stats **stats)
{
	struct pel_run_options options = { .size = sizeof(options), .workers = workers };
	struct pel_plan *plan = compile(xml, workers);
	struct pel_run *run;
	ssize_t n;

	chains = longest = single = 0;
	ck_assert_int_eq(pel_run_start(plan, &options, &run, &err), 0);
	n = pel_port_read(pel_run_port(run, "out"), out, TOKENS_MAX + 1, -1);
	ck_assert_int_ge(n, 0);
	ck_assert_int_eq(pel_run_wait(run, -1, &err), 0);
	ck_assert_int_eq(pel_run_stats(run, stats), 0);
	pel_run_destroy(run);
	pel_plan_destroy(plan);
	return (size_t)n;
}

/* ---- random graphs ---- */

struct graph {
	uint32_t n, tokens;
	uint32_t from[ACTORS_MAX];  /* whose output it reads; that of 0 is the source */
	uint32_t delay[ACTORS_MAX]; /* initial tokens on its input */
	bool copies[ACTORS_MAX];    /* a core.copy, no core.scale */
	bool read[ACTORS_MAX];
	float gain[ACTORS_MAX], offset[ACTORS_MAX];
	char xml[40000];
};

static uint32_t below(uint64_t *random, uint32_t n)
{
	return (uint32_t)(random_bits(random) % n);
}

static void generate(struct graph *g, uint64_t seed)
{
	uint64_t random = seed;
	uint32_t branches = below(&random, 3) ? 30 : 4;

	memset(g, 0, sizeof(*g));
	g->n = 2 + below(&random, ACTORS_MAX - 2);
	g->tokens = 1 + below(&random, below(&random, 2) ? 50 : TOKENS_MAX);
	for (uint32_t i = 1; i < g->n; i++) {
		g->from[i] = below(&random, branches) ? i - 1 : below(&random, i);
		g->delay[i] = below(&random, 25) ? 0 : 1 + below(&random, 3);
		g->copies[i] = below(&random, 12) == 0;
		g->gain[i] = random_float(&random);
		g->offset[i] = random_float(&random);
		g->read[g->from[i]] = true;
	}
}

static void write_xml(struct graph *g, uint64_t seed)
{
	uint64_t random = ~seed;
	size_t at = 0;

#define PRINT(...) at += (size_t)snprintf(g->xml + at, sizeof(g->xml) - at, __VA_ARGS__)
	PRINT("<graph xmlns=\"urn:pelton:graph:1\" name=\"chains\"><out name=\"out\"/>"
	      "<actor id=\"a0\" kernel=\"bench.source\"><set name=\"tokens\" value=\"%u\"/></actor>",
	      g->tokens);
	for (uint32_t i = 1; i < g->n; i++) {
		if (g->copies[i])
			PRINT("<actor id=\"a%u\" kernel=\"core.copy\"/>", i);
		else
			PRINT("<actor id=\"a%u\" kernel=\"core.scale\"><set name=\"gain\" value=\"%.9g\"/>"
			      "<set name=\"offset\" value=\"%.9g\"/></actor>",
			      i, (double)g->gain[i], (double)g->offset[i]);
		PRINT("<channel from=\"a%u\" to=\"a%u\"", g->from[i], i);
		if (g->delay[i])
			PRINT(" initial=\"%u\"", g->delay[i]);
		if (below(&random, 20) == 0)
			PRINT(" capacity=\"%u\"", g->delay[i] + 1 + below(&random, 100));
		PRINT("/>");
		if (!g->read[i] && i < g->n - 1)
			PRINT("<actor id=\"sink%u\" kernel=\"bench.sink\"/><channel from=\"a%u\" to=\"sink%u\"/>",
			      i, i, i);
	}
	PRINT("<channel from=\"a%u\" to=\"out\"/></graph>", g->n - 1);
#undef PRINT
	ck_assert_uint_lt(at, sizeof(g->xml));
}

/* What actor `i` writes. */
static uint32_t evaluate(const struct graph *g, uint32_t i, float *y)
{
	uint32_t n, late;

	if (i == 0) {
		for (uint32_t k = 0; k < g->tokens; k++)
			y[k] = (float)(k & 0xffff) * 0x1p-16f;
		return g->tokens;
	}
	n = evaluate(g, g->from[i], y);
	late = g->delay[i];
	memmove(y + late, y, n * sizeof(*y));
	memset(y, 0, late * sizeof(*y));
	n += late;
	for (uint32_t k = 0; k < n && !g->copies[i]; k++)
		y[k] = g->gain[i] * y[k] + g->offset[i];
	return n;
}

static void check_sinks(const struct graph *g, const struct pel_stats *stats, float *want)
{
	for (size_t a = 0; a < stats->n_actors; a++) {
		const struct pel_actor_stats *actor = stats->actors[a];
		unsigned leaf;
		uint64_t sum = 0;
		uint32_t n;

		if (sscanf(actor->id, "sink%u", &leaf) != 1)
			continue;
		n = evaluate(g, leaf, want);
		for (uint32_t k = 0; k < n; k++) {
			uint32_t bits;

			memcpy(&bits, &want[k], sizeof(bits));
			sum += bits;
		}
		for (size_t k = 0; k < actor->n_results; k++)
			if (strcmp(actor->results[k]->name, "count") == 0)
				ck_assert_uint_eq(actor->results[k]->u64, n);
			else if (strcmp(actor->results[k]->name, "checksum") == 0)
				ck_assert_uint_eq(actor->results[k]->u64, sum);
	}
}

#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
#define GRAPHS 30
#else
#define GRAPHS 150
#endif

START_TEST(chain_gives_what_its_actors_give)
{
	static struct graph g;
	static float want[TOKENS_MAX + 3 * ACTORS_MAX], got[TOKENS_MAX + 3 * ACTORS_MAX];
	uint64_t all = 0;

	for (uint64_t seed = 1; seed <= GRAPHS; seed++) {
		struct pel_stats *stats;
		uint32_t n;

		generate(&g, seed);
		write_xml(&g, seed);
		n = evaluate(&g, g.n - 1, want);
		ck_assert_uint_eq(run(g.xml, 1 + seed % 3, got, &stats),
				  n > TOKENS_MAX + 1 ? TOKENS_MAX + 1 : n);
		ck_assert_msg(memcmp(got, want, (n > TOKENS_MAX ? TOKENS_MAX : n) * sizeof(*want)) == 0,
			      "graph %d gives something else", (int)seed);
		check_sinks(&g, stats, want);
		pel_stats_destroy(stats);
		all += chains;
	}
	ck_assert_uint_gt(all, GRAPHS);
}
END_TEST

/* ---- how far a chain goes ---- */

#define SOURCE "<actor id=\"s\" kernel=\"bench.source\"><set name=\"tokens\" value=\"60000\"/></actor>"
#define SCALE(id, from) \
	"<actor id=\"" id "\" kernel=\"core.scale\"/><channel from=\"" from "\" to=\"" id "\"/>"
#define GRAPH(body) \
	"<graph xmlns=\"urn:pelton:graph:1\" name=\"g\"><out name=\"out\"/>" SOURCE body "</graph>"

static void expect_longest(const char *xml, uint64_t want, bool alone)
{
	static float got[TOKENS_MAX + 1];
	struct pel_stats *stats;

	ck_assert_uint_eq(run(xml, 1, got, &stats), 60000);
	ck_assert_uint_eq(longest, want);
	ck_assert(alone ? single > 0 : single == 0);
	pel_stats_destroy(stats);
}

START_TEST(chain_ends_where_others_read_or_another_kernel_begins)
{
	/* Where the last one writes into a ring it is called alone. */
	expect_longest(
		GRAPH(SCALE("a", "s") SCALE("b", "a") SCALE("c", "b") SCALE(
			"d",
			"c") "<actor id=\"k\" kernel=\"core.copy\"/><channel from=\"d\" to=\"k\"/><channel from=\"k\" to=\"out\"/>"),
		4, false);
	expect_longest(GRAPH(SCALE("a", "s") SCALE("b", "a")
				     SCALE("c", "b") "<actor id=\"k\" kernel=\"core.copy\"/>"
						     "<channel from=\"c\" to=\"k\"/>" SCALE("d", "k")
							     SCALE("e", "d") "<channel from=\"e\" to=\"out\"/>"),
		       3, true);
	expect_longest(GRAPH(SCALE("a", "s") SCALE("b", "a") SCALE("c", "b") SCALE("d", "c") SCALE(
			       "e", "d") "<actor id=\"sink\" kernel=\"bench.sink\"/><channel from=\"c\" to=\"sink\"/>"
					 "<channel from=\"e\" to=\"out\"/>"),
		       3, true);
}
END_TEST

/* ---- core.scale itself ---- */

static float gain_of(unsigned i)
{
	return (float)(i % 3) + 0.1f;
}

static float offset_of(unsigned i)
{
	return -(float)i - 0.7f;
}

START_TEST(lengths_of_all_kinds_round_alike)
{
	static char xml[20000];
	static float got[TOKENS_MAX + 1];

	for (unsigned length = 1; length <= 35; length++) {
		struct pel_stats *stats;
		size_t at = 0, n;

		at += (size_t)snprintf(
			xml + at, sizeof(xml) - at,
			"<graph xmlns=\"urn:pelton:graph:1\" name=\"g\"><out name=\"out\"/>"
			"<actor id=\"a0\" kernel=\"bench.source\"><set name=\"tokens\" value=\"9999\"/></actor>");
		for (unsigned i = 1; i <= length; i++)
			at += (size_t)snprintf(
				xml + at, sizeof(xml) - at,
				"<actor id=\"a%u\" kernel=\"core.scale\"><set name=\"gain\" value=\"%.9g\"/>"
				"<set name=\"offset\" value=\"%.9g\"/></actor><channel from=\"a%u\" to=\"a%u\"/>",
				i, (double)gain_of(i), (double)offset_of(i), i - 1, i);
		snprintf(xml + at, sizeof(xml) - at,
			 "<actor id=\"k\" kernel=\"core.copy\"/><channel from=\"a%u\" to=\"k\"/>"
			 "<channel from=\"k\" to=\"out\"/></graph>",
			 length);
		n = run(xml, 1, got, &stats);
		ck_assert_uint_eq(n, 9999);
		ck_assert_uint_eq(longest, length > 1 ? length : 0);
		for (uint32_t k = 0; k < n; k++) {
			float want = (float)k * 0x1p-16f;

			for (unsigned i = 1; i <= length; i++)
				want = gain_of(i) * want + offset_of(i);
			ck_assert_msg(memcmp(&want, &got[k], sizeof(want)) == 0 ||
					      (isnan(want) && isnan(got[k])),
				      "token %u of %u actors", k, length);
		}
		pel_stats_destroy(stats);
	}
}
END_TEST

RUN_TESTS("run-chains", chain_gives_what_its_actors_give,
	  chain_ends_where_others_read_or_another_kernel_begins, lengths_of_all_kinds_round_alike)
