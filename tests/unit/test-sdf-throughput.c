/* SPDX-License-Identifier: Apache-2.0 */
#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sdf-case.h"

/*
 * pel_sdf_throughput() and its kin give what a plain simulation gives.
 * To hunt: test-sdf-throughput FIRST_SEED COUNT. To see a graph: test-sdf-throughput --print SEED.
 */
#if defined(__SANITIZE_THREAD__)
#define GRAPHS 500
#elif defined(__SANITIZE_ADDRESS__)
#define GRAPHS 1000
#else
#define GRAPHS 4000
#endif

static const struct sdf_case_kind kinds[] = {
	/* actors, channels, phases, count, time, capacities, generous */
	{ 1, 7, 12, 4, 4, 9, true, false },    { 1, 7, 14, 4, 4, 9, true, true },
	{ 1, 3, 5, 4, 3, 3, true, false },     { 2, 5, 8, 3, 6, 200, true, true },
	{ 2, 4, 6, 1, 12, 20, false, true },   { 1, 7, 14, 1, 1, 1000, true, true },
	{ 2, 4, 5, 3, 1500, 60, false, true }, /* more firings than the library would list at once: it has to find few that do */
};
#define KINDS (sizeof(kinds) / sizeof(*kinds))

static uint64_t first_seed = 1, n_seeds = GRAPHS;

/* The last kind takes long to simulate: one in 12 seeds. */
static void make(struct sdf_case *c, uint64_t seed)
{
	sdf_case_make(c, &kinds[seed % 12 == 11 ? KINDS - 1 : seed % (KINDS - 1)], seed);
}

static struct pel_sdf_fraction throughput_of(const struct sdf_case *c)
{
	struct pel_sdf_fraction ret;
	int r = pel_sdf_throughput(&c->sdf, c->q, c->times, NULL, &ret, NULL, NULL);

	ck_assert_msg(r == 0, "returned %d for %s", r, sdf_case_text(c));
	return ret;
}

static void check_same(struct pel_sdf_fraction is, struct pel_sdf_fraction expected, const struct sdf_case *c)
{
	ck_assert_msg(sdf_case_same(is, expected), "%llu/%llu where %llu/%llu is expected: %s",
		      (unsigned long long)is.num, (unsigned long long)is.den, (unsigned long long)expected.num,
		      (unsigned long long)expected.den, sdf_case_text(c));
}

START_TEST(throughput_is_that_of_a_self_timed_simulation)
{
	uint64_t dead = 0, unlimited = 0, too_long = 0;

	for (uint64_t i = 0; i < n_seeds; i++) {
		struct pel_sdf_fraction expected;
		struct sdf_case c;

		make(&c, first_seed + i);
		if (!sdf_case_simulate(&c, &expected)) {
			too_long++;
			continue;
		}
		check_same(throughput_of(&c), expected, &c);
		dead += !expected.num;
		unlimited += !expected.den;
	}
	if (n_seeds < GRAPHS)
		return;
	ck_assert_uint_gt(dead, n_seeds / 10);
	ck_assert_uint_gt(unlimited, n_seeds / 20);
	ck_assert_uint_gt(n_seeds - dead - unlimited, n_seeds / 3);
	ck_assert_uint_lt(too_long, n_seeds / 50);
}
END_TEST

int main(int argc, char **argv)
{
	Suite *suite = suite_create("sdf-throughput");
	TCase *tcase = tcase_create("throughput");
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
	tcase_add_test(tcase, throughput_is_that_of_a_self_timed_simulation);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
