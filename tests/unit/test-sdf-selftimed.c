/* SPDX-License-Identifier: Apache-2.0 */
#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sdf-case.h"
#include "sdf-throughput.h"

/*
 * pel_sdf_self_timed(), which pel_sdf_throughput() asks about large parts only, gives what the plain simulation and the schedules give for small ones.
 * To hunt: test-sdf-selftimed FIRST_SEED COUNT. To see a graph: test-sdf-selftimed --print SEED.
 */
#if defined(__SANITIZE_THREAD__)
#define GRAPHS 300
#elif defined(__SANITIZE_ADDRESS__)
#define GRAPHS 600
#else
#define GRAPHS 6000
#endif

static const struct sdf_case_kind kinds[] = {
	/* actors, channels, phases, count, time, capacities, generous */
	{ 2, 6, 10, 4, 6, 9, true, true }, { 2, 5, 8, 3, 16, 200, true, true },
	{ 2, 3, 4, 1, 9, 5, true, true },  { 2, 4, 6, 1, 40, 20, false, true },
	{ 1, 4, 6, 4, 4, 9, true, false },
};
#define KINDS (sizeof(kinds) / sizeof(*kinds))

/* In every other graph a sink that fires once an iteration makes the others go round several times in one. */
static void make(struct sdf_case *c, uint64_t seed)
{
	sdf_case_make(c, &kinds[seed % KINDS], seed);
	if (seed % 2)
		sdf_case_add_rare_sink(c, 1 + seed % 7);
}

static struct sdf_case_hunt hunt = { .make = make, .first = 1, .count = GRAPHS };

/* Ready the evaluator for the only part of the graph that has channels. False: there is none, or there are more. `capacity` is borrowed by it. */
static bool find_part(struct pel_sdf_evaluator *ev, const uint64_t *capacity)
{
	struct pel_sdf_fraction throughput;
	uint32_t parts = 0;

	ck_assert_int_eq(pel_sdf_evaluate(ev, capacity, &throughput), 0);
	for (uint32_t p = 0; p < ev->n_parts; p++)
		parts += ev->tags_begin[p] < ev->tags_begin[p + 1];
	return parts == 1;
}

/* The part's throughput by execution. Returns what pel_sdf_self_timed() does; 1: no such part. */
static int execute(const struct sdf_case *c, struct pel_sdf_fraction *ret, uint8_t *actors, uint8_t *channels)
{
	static const struct pel_sdf_limits none;
	uint64_t capacity[SDF_CASE_CHANNELS];
	struct pel_sdf_evaluator ev;
	int r = 1;

	for (uint32_t i = 0; i < c->sdf.n_channels; i++)
		capacity[i] = c->channels[i].capacity;
	memset(actors, 0, SDF_CASE_ACTORS);
	memset(channels, 0, SDF_CASE_CHANNELS);
	ck_assert_int_eq(pel_sdf_evaluator_init(&ev, &c->sdf, c->q, c->times, &none), 0);
	if (find_part(&ev, capacity))
		r = pel_sdf_self_timed(&ev, 100000, ret, actors, channels);
	pel_sdf_evaluator_fini(&ev);
	return r;
}

START_TEST(execution_is_as_fast_as_simulated_and_knows_why)
{
	uint64_t finite = 0, dead = 0;

	for (uint64_t i = 0; i < hunt.count; i++) {
		uint8_t actors[SDF_CASE_ACTORS], channels[SDF_CASE_CHANNELS];
		struct pel_sdf_fraction expected, is, alone;
		struct sdf_case c, critical;
		int r;

		make(&c, hunt.first + i);
		if (!sdf_case_simulate(&c, &expected) || !expected.den)
			continue;
		r = execute(&c, &is, actors, channels);
		if (r == 1 ||
		    r == -ETIME) /* firings of some actor may overtake each other: this method does not apply */
			continue;
		ck_assert_msg(r == 0, "returned %d: %s", r, sdf_case_text(&c));
		ck_assert_msg(sdf_case_same(is, expected), "%llu/%llu where %llu/%llu is expected: %s",
			      (unsigned long long)is.num, (unsigned long long)is.den,
			      (unsigned long long)expected.num, (unsigned long long)expected.den,
			      sdf_case_text(&c));
		sdf_case_keep_critical(&critical, &c, actors, channels);
		if (sdf_case_simulate(&critical, &alone))
			ck_assert_msg(sdf_case_same(alone, expected), "critical are others: %s",
				      sdf_case_text(&c));
		finite += expected.num > 0;
		dead += !expected.num;
	}
	ck_assert(hunt.count < GRAPHS || (finite > hunt.count / 10 && dead > hunt.count / 50));
}
END_TEST

int main(int argc, char **argv)
{
	TCase *tcase = tcase_create("selftimed");

	sdf_case_arguments(&hunt, argc, argv);
	tcase_add_test(tcase, execution_is_as_fast_as_simulated_and_knows_why);
	return sdf_case_run(&hunt, tcase);
}
