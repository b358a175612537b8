/* SPDX-License-Identifier: Apache-2.0 */
#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sdf-case.h"

/*
 * pel_sdf_spans() gives when actors start and end in a plain execution of one iteration.
 * To hunt: test-sdf-spans FIRST_SEED COUNT. To see a graph: test-sdf-spans --print SEED.
 */
#if defined(__SANITIZE_THREAD__)
#define GRAPHS 1500
#elif defined(__SANITIZE_ADDRESS__)
#define GRAPHS 3000
#else
#define GRAPHS 12000
#endif

static const struct sdf_case_kind kinds[] = {
	/* actors, channels, phases, count, time, capacities, generous */
	{ 1, 7, 12, 4, 6, 9, true, false },  { 1, 7, 14, 4, 6, 9, true, true },
	{ 1, 3, 5, 4, 4, 3, true, false },   { 2, 5, 8, 3, 16, 200, true, true },
	{ 2, 4, 6, 1, 16, 20, false, true }, { 1, 7, 14, 1, 1, 1000, true, true },
};
#define KINDS (sizeof(kinds) / sizeof(*kinds))

static const struct sdf_case_kind many_firings = { 2, 6, 8, 3, 500, 60, false, true };

static uint64_t first_seed = 1, n_seeds = GRAPHS;

static void make(struct sdf_case *c, uint64_t seed)
{
	sdf_case_make(c, seed % 12 == 0 ? &many_firings : &kinds[seed % KINDS], seed);
}

START_TEST(spans_are_those_of_a_simulated_iteration)
{
	uint64_t dead = 0;

	for (uint64_t i = 0; i < n_seeds; i++) {
		uint64_t starts[SDF_CASE_ACTORS], ends[SDF_CASE_ACTORS];
		uint64_t expected_starts[SDF_CASE_ACTORS], expected_ends[SDF_CASE_ACTORS];
		struct sdf_case c;
		bool live;
		int r;

		make(&c, first_seed + i);
		live = sdf_case_simulate_iteration(&c, expected_starts, expected_ends);
		r = pel_sdf_spans(&c.sdf, c.q, c.times, NULL, starts, ends);
		ck_assert_msg(r == (live ? 0 : -EDEADLK), "returned %d: %s", r, sdf_case_text(&c));
		dead += !live;
		for (uint32_t a = 0; a < c.sdf.n_actors && live; a++)
			ck_assert_msg(starts[a] == expected_starts[a] && ends[a] == expected_ends[a],
				      "actor %u from %llu to %llu, not from %llu to %llu: %s", a,
				      (unsigned long long)starts[a], (unsigned long long)ends[a],
				      (unsigned long long)expected_starts[a],
				      (unsigned long long)expected_ends[a], sdf_case_text(&c));
	}
	ck_assert(n_seeds < GRAPHS || (dead > n_seeds / 10 && dead < n_seeds / 2));
}
END_TEST

START_TEST(spans_do_not_depend_on_numbers_or_order)
{
	uint64_t random = 1;

	for (uint64_t i = 0; i < n_seeds / 2; i++) {
		uint64_t starts[2][SDF_CASE_ACTORS], ends[2][SDF_CASE_ACTORS];
		uint32_t actors[SDF_CASE_ACTORS];
		struct sdf_case c, renamed;
		int r;

		make(&c, first_seed + i);
		sdf_case_rename(&renamed, &c, actors, &random);
		r = pel_sdf_spans(&c.sdf, c.q, c.times, NULL, starts[0], ends[0]);
		ck_assert_int_eq(
			pel_sdf_spans(&renamed.sdf, renamed.q, renamed.times, NULL, starts[1], ends[1]), r);
		for (uint32_t a = 0; a < c.sdf.n_actors && r == 0; a++)
			ck_assert_msg(starts[0][a] == starts[1][actors[a]] && ends[0][a] == ends[1][actors[a]],
				      "actor %u: %s", a, sdf_case_text(&c));
	}
}
END_TEST

START_TEST(more_firings_than_limits_allow_are_an_error)
{
	for (uint64_t i = 0; i < n_seeds / 4; i++) {
		uint64_t starts[SDF_CASE_ACTORS], ends[SDF_CASE_ACTORS];
		struct pel_sdf_limits limits = { 0 };
		struct sdf_case c;
		uint64_t firings = 0;
		int unlimited;

		make(&c, first_seed + i);
		for (uint32_t a = 0; a < c.sdf.n_actors; a++)
			firings += c.q[a] * c.phases[a];
		unlimited = pel_sdf_spans(&c.sdf, c.q, c.times, NULL, starts, ends);
		limits.max_firings = firings;
		ck_assert_int_eq(pel_sdf_spans(&c.sdf, c.q, c.times, &limits, starts, ends), unlimited);
		if (--limits.max_firings)
			ck_assert_int_eq(pel_sdf_spans(&c.sdf, c.q, c.times, &limits, starts, ends), -ETIME);
	}
}
END_TEST

int main(int argc, char **argv)
{
	Suite *suite = suite_create("sdf-spans");
	TCase *tcase = tcase_create("spans");
	SRunner *runner;
	int failed;

	if (argc == 3 && strcmp(argv[1], "--print") == 0) {
		struct sdf_case c;

		make(&c, strtoull(argv[2], NULL, 10));
		printf("%s", sdf_case_text(&c));
		return EXIT_SUCCESS;
	}
	if (argc == 3) {
		first_seed = strtoull(argv[1], NULL, 10);
		n_seeds = strtoull(argv[2], NULL, 10);
	}
	tcase_set_timeout(tcase, argc == 3 ? 0 : 110);
	tcase_add_test(tcase, spans_are_those_of_a_simulated_iteration);
	tcase_add_test(tcase, spans_do_not_depend_on_numbers_or_order);
	tcase_add_test(tcase, more_firings_than_limits_allow_are_an_error);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
