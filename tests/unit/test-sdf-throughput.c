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
#define GRAPHS 600
#elif defined(__SANITIZE_ADDRESS__)
#define GRAPHS 1200
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

/* Components of more than 2048 firings: not all of them are listed then, only as many as show the cycle that sets the throughput. */
static const struct sdf_case_kind many_firings = { 2, 6, 8, 3, 2500, 60, false, true };

static uint64_t first_seed = 1, n_seeds = GRAPHS;

static void make(struct sdf_case *c, uint64_t seed)
{
	sdf_case_make(c, seed % 12 == 0 ? &many_firings : &kinds[seed % KINDS], seed);
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

static bool is_finite(struct pel_sdf_fraction throughput)
{
	return throughput.num && throughput.den;
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

/* Actors that a critical channel ends at, and only these, are critical. Keeps the channels that are, without capacities that are not. */
static void keep_critical(struct sdf_case *c, const uint8_t *actors, const uint8_t *channels)
{
	bool ends[SDF_CASE_ACTORS] = { false };
	struct sdf_case all;
	uint32_t n = 0;

	sdf_case_copy(&all, c);
	for (uint32_t i = 0; i < all.sdf.n_channels; i++) {
		const struct pel_sdf_channel *ch = &all.channels[i];

		if (!channels[i])
			continue;
		ck_assert_msg(channels[i] <= (ch->capacity ? 3 : PEL_SDF_CRITICAL_TOKENS), "channel %u: %s", i,
			      sdf_case_text(&all));
		ends[ch->from] = ends[ch->to] = true;
		c->channels[n] = *ch;
		if (!(channels[i] & PEL_SDF_CRITICAL_ROOM))
			c->channels[n].capacity = 0;
		memcpy(c->produce[n], all.produce[i], sizeof(all.produce[i]));
		memcpy(c->consume[n], all.consume[i], sizeof(all.consume[i]));
		c->channels[n].produce = c->produce[n];
		c->channels[n].consume = c->consume[n];
		n++;
	}
	ck_assert_msg(n > 0, "no channel is critical: %s", sdf_case_text(&all));
	c->sdf.n_channels = n;
	for (uint32_t a = 0; a < c->sdf.n_actors; a++)
		ck_assert_msg(ends[a] == actors[a], "actor %u: %s", a, sdf_case_text(&all));
}

START_TEST(critical_channels_alone_have_the_same_throughput)
{
	for (uint64_t i = 0; i < n_seeds / 2; i++) {
		uint8_t actors[SDF_CASE_ACTORS], channels[SDF_CASE_CHANNELS];
		struct pel_sdf_fraction throughput, alone;
		struct sdf_case c, all;

		make(&all, first_seed + i);
		sdf_case_copy(&c, &all);
		ck_assert_int_eq(pel_sdf_throughput(&c.sdf, c.q, c.times, NULL, &throughput, actors, channels), 0);
		if (!throughput.den) {
			for (uint32_t a = 0; a < c.sdf.n_actors; a++)
				ck_assert_uint_eq(actors[a], 0);
			for (uint32_t k = 0; k < c.sdf.n_channels; k++)
				ck_assert_uint_eq(channels[k], 0);
			continue;
		}
		keep_critical(&c, actors, channels);
		if (sdf_case_simulate(&c, &alone))
			check_same(alone, throughput, &all);
	}
}
END_TEST

START_TEST(throughput_does_not_depend_on_numbers_or_order)
{
	uint64_t random = 1;

	for (uint64_t i = 0; i < n_seeds / 2; i++) {
		uint32_t actors[SDF_CASE_ACTORS];
		struct sdf_case c, renamed;

		make(&c, first_seed + i);
		sdf_case_rename(&renamed, &c, actors, &random);
		check_same(throughput_of(&renamed), throughput_of(&c), &c);
	}
}
END_TEST

static void multiply_times(struct sdf_case *c, uint64_t k)
{
	for (uint32_t a = 0; a < c->sdf.n_actors; a++)
		for (uint32_t i = 0; i < c->times[a].n; i++)
			c->values[a][i] *= k;
}

START_TEST(times_k_times_as_long_make_a_kth_of_the_throughput)
{
	uint64_t random = 2, too_large = 0;

	for (uint64_t i = 0; i < n_seeds / 2; i++) {
		uint64_t k = 1 + sdf_case_random(&random, (uint64_t)1 << sdf_case_random(&random, 53)), common;
		struct pel_sdf_fraction is, expected;
		struct sdf_case c;
		int r;

		make(&c, first_seed + i);
		expected = throughput_of(&c);
		if (is_finite(expected)) {
			common = sdf_case_gcd(expected.num, k);
			expected.num /= common;
			expected.den *= k / common;
		}
		multiply_times(&c, k);
		r = pel_sdf_throughput(&c.sdf, c.q, c.times, NULL, &is, NULL, NULL);
		if (r == -EOVERFLOW && k >> 40) {
			too_large++;
			continue;
		}
		ck_assert_msg(r == 0, "returned %d: %s", r, sdf_case_text(&c));
		check_same(is, expected, &c);
	}
	ck_assert_uint_lt(too_large, n_seeds / 10 + 1);
}
END_TEST

START_TEST(more_capacity_never_lowers_the_throughput)
{
	uint64_t random = 3;

	for (uint64_t i = 0; i < n_seeds / 2; i++) {
		struct pel_sdf_fraction before, after;
		struct sdf_case c;
		uint32_t channel;

		make(&c, first_seed + i);
		if (!c.sdf.n_channels)
			continue;
		channel = (uint32_t)sdf_case_random(&random, c.sdf.n_channels);
		if (!c.channels[channel].capacity)
			c.channels[channel].capacity = c.channels[channel].initial + 1;
		before = throughput_of(&c);
		c.channels[channel].capacity += 1 + sdf_case_random(&random, 4);
		after = throughput_of(&c);
		ck_assert_msg(!pel_sdf_less(after, before), "channel %u: %s", channel, sdf_case_text(&c));
		c.channels[channel].capacity = 0;
		ck_assert_msg(!pel_sdf_less(throughput_of(&c), after), "channel %u: %s", channel,
			      sdf_case_text(&c));
	}
}
END_TEST

#define CAPACITY_MAX 1000 /* of these graphs, where there is one that does not bound */

/* What pel_sdf_enlarge() is to find: the least capacity with which the channel does as if it had none. */
static uint64_t enlarge_by_trial(struct sdf_case *c, uint32_t channel, struct pel_sdf_fraction *unbounded)
{
	uint64_t *capacity = &c->channels[channel].capacity, was = *capacity;
	struct pel_sdf_fraction now = throughput_of(c);

	*capacity = 0;
	*unbounded = throughput_of(c);
	*capacity = was;
	if (sdf_case_same(now, *unbounded))
		return 0;
	while (!sdf_case_same(now, *unbounded) && *capacity < CAPACITY_MAX) {
		++*capacity;
		now = throughput_of(c);
	}
	return *capacity;
}

START_TEST(enlarged_capacity_is_the_least_that_no_longer_bounds)
{
	uint64_t random = 4, enlarged = 0;

	for (uint64_t i = 0; i < n_seeds / 3; i++) {
		struct pel_sdf_fraction throughput, expected;
		struct sdf_case c;
		uint32_t channel;
		uint64_t larger, by_trial;
		int r;

		sdf_case_make(&c, &kinds[i % KINDS], first_seed + i);
		if (!c.sdf.n_channels)
			continue;
		channel = (uint32_t)sdf_case_random(&random, c.sdf.n_channels);
		if (!c.channels[channel].capacity && i % 8)
			c.channels[channel].capacity = c.channels[channel].initial + 1;
		r = pel_sdf_enlarge(&c.sdf, c.q, c.times, NULL, channel, &throughput, &larger);
		by_trial = enlarge_by_trial(&c, channel, &expected);
		if (!expected.den && by_trial == CAPACITY_MAX) { /* however large, it bounds */
			ck_assert_int_eq(r, -EOVERFLOW);
			continue;
		}
		ck_assert_msg(r == 0 && larger == by_trial, "%d, channel %u to %llu, not %llu: %s", r, channel,
			      (unsigned long long)larger, (unsigned long long)by_trial, sdf_case_text(&c));
		check_same(throughput, expected, &c);
		enlarged += larger > 0;
	}
	ck_assert(n_seeds < GRAPHS || enlarged > n_seeds / 50);
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
	tcase_add_test(tcase, critical_channels_alone_have_the_same_throughput);
	tcase_add_test(tcase, throughput_does_not_depend_on_numbers_or_order);
	tcase_add_test(tcase, times_k_times_as_long_make_a_kth_of_the_throughput);
	tcase_add_test(tcase, more_capacity_never_lowers_the_throughput);
	tcase_add_test(tcase, enlarged_capacity_is_the_least_that_no_longer_bounds);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
