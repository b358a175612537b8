/* SPDX-License-Identifier: Apache-2.0 */
#include <check.h>
#include <errno.h>
#include <stdlib.h>

#include "sdf.h"

#define RATES(...)          \
	(const uint64_t[])  \
	{                   \
		__VA_ARGS__ \
	}
#define SDF_CHANNEL(from_, p, to_, c, initial_, capacity_)                                          \
	{                                                                                           \
		.from = from_, .to = to_, .produce = RATES(p), .consume = RATES(c), .n_produce = 1, \
		.n_consume = 1, .initial = initial_, .capacity = capacity_                          \
	}

static const uint32_t ones[8] = { 1, 1, 1, 1, 1, 1, 1, 1 };

static int liveness(const struct pel_sdf *sdf, uint64_t *high_water, struct pel_sdf_blocked *blocked,
		    uint32_t *n_blocked)
{
	uint64_t q[8];

	ck_assert_int_eq(pel_sdf_repetition(sdf, q, NULL, NULL), 0);
	return pel_sdf_liveness(sdf, q, high_water, blocked, n_blocked, 0);
}

static void check_blocked(const struct pel_sdf_blocked *why, struct pel_sdf_blocked expected)
{
	ck_assert_uint_eq(why->actor, expected.actor);
	ck_assert_uint_eq(why->channel, expected.channel);
	ck_assert_int_eq(why->waits_for_room, expected.waits_for_room);
	ck_assert_uint_eq(why->needs, expected.needs);
	ck_assert_uint_eq(why->has, expected.has);
}

START_TEST(a_chain_needs_the_bound_of_each_channel_and_not_less)
{
	struct pel_sdf_channel channels[] = { SDF_CHANNEL(0, 1, 1, 1, 0, 0), SDF_CHANNEL(1, 2, 2, 3, 0, 0),
					      SDF_CHANNEL(2, 2, 3, 7, 0, 0), SDF_CHANNEL(3, 8, 4, 7, 0, 0),
					      SDF_CHANNEL(4, 5, 5, 1, 0, 0) };
	const uint64_t expected[] = { 1, 4, 8, 14, 5 };
	struct pel_sdf sdf = { 6, 5, ones, channels };
	uint64_t high_water[5];

	ck_assert_int_eq(liveness(&sdf, high_water, NULL, NULL), 0);
	for (unsigned c = 0; c < 5; c++) {
		ck_assert_uint_eq(high_water[c], expected[c]);
		ck_assert_uint_eq(pel_sdf_channel_bound(&channels[c], 1, 1), expected[c]);
		channels[c].capacity = expected[c];
	}
	ck_assert_int_eq(liveness(&sdf, NULL, NULL, NULL), 0);
	for (unsigned c = 0; c < 5; c++) {
		channels[c].capacity--;
		if (channels[c].capacity)
			ck_assert_int_eq(liveness(&sdf, NULL, NULL, NULL), -EDEADLK);
		channels[c].capacity++;
	}
}
END_TEST

START_TEST(bound_of_constant_rates)
{
	static const struct {
		uint64_t p, c, initial, bound;
	} cases[] = { { 1, 1, 0, 1 },
		      { 2, 3, 0, 4 },
		      { 4, 6, 0, 8 },
		      { 4, 6, 1, 9 },
		      { 4, 6, 2, 8 },
		      { 5, 5, 0, 5 },
		      { 5, 5, 3, 8 },
		      { 1, 9, 0, 9 },
		      { 9, 1, 0, 9 },
		      { 1, 1, 7, 7 },
		      { 0, 0, 3, 3 },
		      { 2, 3, 100, 100 },
		      { (uint64_t)1 << 60, ((uint64_t)1 << 60) + 1, 0, (uint64_t)1 << 61 } };

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct pel_sdf_channel ch = { .to = 1,
					      .produce = &cases[i].p,
					      .consume = &cases[i].c,
					      .n_produce = 1,
					      .n_consume = 1,
					      .initial = cases[i].initial };

		ck_assert_uint_eq(pel_sdf_channel_bound(&ch, 1, 1), cases[i].bound);
	}
}
END_TEST

START_TEST(bound_of_rates_too_large_to_add_says_so)
{
	struct pel_sdf_channel ch = SDF_CHANNEL(0, UINT64_MAX, 1, 1, 0, 0);

	ck_assert_uint_eq(pel_sdf_channel_bound(&ch, 1, 1), UINT64_MAX);
}
END_TEST

START_TEST(a_cycle_without_tokens_is_a_deadlock_of_its_actors)
{
	struct pel_sdf_channel channels[] = { SDF_CHANNEL(0, 1, 1, 1, 0, 0), SDF_CHANNEL(1, 1, 2, 1, 0, 0),
					      SDF_CHANNEL(2, 1, 1, 1, 0, 0) };
	struct pel_sdf sdf = { 3, 3, ones, channels };
	struct pel_sdf_blocked blocked[3];
	uint64_t q[] = { 1, 1, 1 }, least;
	uint32_t n;

	ck_assert_int_eq(liveness(&sdf, NULL, blocked, &n), -EDEADLK);
	ck_assert_uint_eq(n, 2);
	if (blocked[0].actor == 1) {
		struct pel_sdf_blocked first = blocked[0];

		blocked[0] = blocked[1];
		blocked[1] = first;
	}
	check_blocked(&blocked[0], (struct pel_sdf_blocked){ 2, 1, false, 1, 0 });
	check_blocked(&blocked[1], (struct pel_sdf_blocked){ 1, 2, false, 1, 0 });
	ck_assert_int_eq(pel_sdf_least_initial(&sdf, q, 2, 0, &least), 0);
	ck_assert_uint_eq(least, 1);
	ck_assert_int_eq(pel_sdf_least_initial(&sdf, q, 0, 0, &least), 0);
	ck_assert_uint_eq(least, 0);
	ck_assert_int_eq(pel_sdf_least_capacity(&sdf, q, 0, 0, &least), 0);
	ck_assert_uint_eq(least, 0);
}
END_TEST

START_TEST(a_capacity_below_one_firing_is_named_alone)
{
	struct pel_sdf_channel channels[] = { SDF_CHANNEL(0, 1, 1, 1, 0, 0), SDF_CHANNEL(1, 5, 2, 2, 0, 4) };
	struct pel_sdf sdf = { 3, 2, ones, channels };
	struct pel_sdf_blocked blocked[3];
	uint64_t q[] = { 2, 2, 5 }, least;
	uint32_t n;

	ck_assert_int_eq(liveness(&sdf, NULL, blocked, &n), -EDEADLK);
	ck_assert_uint_eq(n, 1);
	check_blocked(&blocked[0], (struct pel_sdf_blocked){ 1, 1, true, 5, 4 });
	ck_assert_int_eq(pel_sdf_least_capacity(&sdf, q, 1, 0, &least), 0);
	ck_assert_uint_eq(least, 6);

	channels[1] = (struct pel_sdf_channel)SDF_CHANNEL(1, 2, 2, 5, 0, 4);
	ck_assert_int_eq(liveness(&sdf, NULL, blocked, &n), -EDEADLK);
	ck_assert_uint_eq(n, 1);
	check_blocked(&blocked[0], (struct pel_sdf_blocked){ 2, 1, false, 5, 4 });

	channels[1] = (struct pel_sdf_channel)SDF_CHANNEL(1, 1, 2, 1, 9, 4);
	ck_assert_int_eq(liveness(&sdf, NULL, blocked, &n), -EDEADLK);
	ck_assert_uint_eq(n, 1);
	check_blocked(&blocked[0], (struct pel_sdf_blocked){ 1, 1, true, 9, 4 });
}
END_TEST

START_TEST(a_capacity_too_small_is_a_circle_of_room_and_tokens)
{
	struct pel_sdf_channel channels[] = { SDF_CHANNEL(0, 2, 1, 3, 0, 3) };
	struct pel_sdf sdf = { 2, 1, ones, channels };
	struct pel_sdf_blocked blocked[2];
	uint32_t n;

	ck_assert_int_eq(liveness(&sdf, NULL, blocked, &n), -EDEADLK);
	ck_assert_uint_eq(n, 2);
	ck_assert_int_ne(blocked[0].waits_for_room, blocked[1].waits_for_room);
	check_blocked(&blocked[blocked[0].waits_for_room ? 0 : 1],
		      (struct pel_sdf_blocked){ 0, 0, true, 2, 1 });
	check_blocked(&blocked[blocked[0].waits_for_room ? 1 : 0],
		      (struct pel_sdf_blocked){ 1, 0, false, 3, 2 });
}
END_TEST

START_TEST(a_self_loop_frees_what_it_takes_only_at_the_end_of_the_firing)
{
	struct pel_sdf_channel loop = SDF_CHANNEL(0, 2, 0, 2, 2, 3);
	struct pel_sdf sdf = { 1, 1, ones, &loop };
	struct pel_sdf_blocked blocked[1];
	uint64_t q = 1, least, high_water;
	uint32_t n;

	ck_assert_int_eq(liveness(&sdf, NULL, blocked, &n), -EDEADLK);
	ck_assert_uint_eq(n, 1);
	check_blocked(&blocked[0], (struct pel_sdf_blocked){ 0, 0, true, 2, 1 });
	ck_assert_int_eq(pel_sdf_least_capacity(&sdf, &q, 0, 0, &least), 0);
	ck_assert_uint_eq(least, 4);
	loop.capacity = 4;
	ck_assert_int_eq(liveness(&sdf, &high_water, NULL, NULL), 0);
	ck_assert_uint_eq(high_water, 4);
	loop.initial = 1;
	ck_assert_int_eq(liveness(&sdf, NULL, blocked, &n), -EDEADLK);
	ck_assert_uint_eq(n, 1);
	check_blocked(&blocked[0], (struct pel_sdf_blocked){ 0, 0, false, 2, 1 });
	ck_assert_int_eq(pel_sdf_least_initial(&sdf, &q, 0, 0, &least), 0);
	ck_assert_uint_eq(least, 2);
}
END_TEST

/* 0 -> 1 -> 2 gathers 10 tokens in 1, while 0 -> 2 has to hold what 2 cannot take yet. */
START_TEST(a_short_cut_is_given_the_room_that_the_long_way_needs)
{
	struct pel_sdf_channel channels[] = { SDF_CHANNEL(0, 1, 1, 10, 0, 0), SDF_CHANNEL(1, 10, 2, 1, 0, 0),
					      SDF_CHANNEL(0, 1, 2, 1, 0, 0) };
	struct pel_sdf sdf = { 3, 3, ones, channels };
	uint64_t high_water[3], q[] = { 10, 1, 10 }, least;

	ck_assert_int_eq(liveness(&sdf, high_water, NULL, NULL), 0);
	ck_assert_uint_eq(high_water[0], 10);
	ck_assert_uint_eq(high_water[1], 10);
	ck_assert_uint_eq(high_water[2], 10);
	ck_assert_int_eq(pel_sdf_least_capacity(&sdf, q, 2, 0, &least), 0);
	ck_assert_uint_eq(least, 10);
}
END_TEST

START_TEST(actors_with_a_million_firings_take_few_batches)
{
	const uint64_t million = 1000000;
	struct pel_sdf_channel channels[] = { SDF_CHANNEL(0, 1, 1, 1, 0, 0),
					      SDF_CHANNEL(1, 1, 2, 1000000, 0, 0),
					      SDF_CHANNEL(0, 1, 2, 1000000, 0, 0),
					      SDF_CHANNEL(2, 1000000, 0, 1, 2000000, 0) };
	struct pel_sdf sdf = { 3, 4, ones, channels };
	uint64_t q[] = { million, million, 1 }, high_water[4];

	ck_assert_int_eq(pel_sdf_liveness(&sdf, q, NULL, NULL, NULL, 20), 0);
	ck_assert_int_eq(pel_sdf_liveness(&sdf, q, high_water, NULL, NULL, 1000000), 0);
	ck_assert_uint_le(high_water[0], 64);
	ck_assert_uint_le(high_water[1], million + 64);
	ck_assert_uint_le(high_water[2], million + 64);
}
END_TEST

START_TEST(too_many_batches_are_refused)
{
	struct pel_sdf_channel channels[] = { SDF_CHANNEL(0, 1, 1, 1, 0, 0), SDF_CHANNEL(1, 1, 0, 1, 1, 0),
					      SDF_CHANNEL(1, 1, 2, 1000000, 0, 0),
					      SDF_CHANNEL(2, 1000000, 0, 1, 1000000, 0) };
	struct pel_sdf sdf = { 3, 4, ones, channels };
	uint64_t q[] = { 1000000, 1000000, 1 }, least;

	ck_assert_int_eq(pel_sdf_liveness(&sdf, q, NULL, NULL, NULL, 1000), -ETIME);
	ck_assert_int_eq(pel_sdf_least_capacity(&sdf, q, 0, 1000, &least), -ETIME);
	ck_assert_int_eq(pel_sdf_liveness(&sdf, q, NULL, NULL, NULL, 0), 0);
}
END_TEST

START_TEST(tokens_beyond_62_bits_are_an_overflow)
{
	const uint64_t huge = (uint64_t)1 << 61;
	struct pel_sdf_channel channels[] = { SDF_CHANNEL(0, huge, 1, huge, 0, 0),
					      SDF_CHANNEL(1, huge, 0, huge, huge, 0) };
	struct pel_sdf sdf = { 2, 2, ones, channels };

	ck_assert_int_eq(liveness(&sdf, NULL, NULL, NULL), 0);
	channels[1].initial = 2 * huge;
	ck_assert_int_eq(liveness(&sdf, NULL, NULL, NULL), -EOVERFLOW);
	channels[1].initial = UINT64_MAX;
	ck_assert_int_eq(liveness(&sdf, NULL, NULL, NULL), -EOVERFLOW);
}
END_TEST

START_TEST(a_vector_that_does_not_balance_is_refused)
{
	struct pel_sdf_channel channels[] = { SDF_CHANNEL(0, 2, 1, 3, 0, 0) };
	struct pel_sdf sdf = { 2, 1, ones, channels };

	ck_assert_int_eq(pel_sdf_liveness(&sdf, (uint64_t[]){ 1, 1 }, NULL, NULL, NULL, 0), -EINVAL);
	ck_assert_int_eq(pel_sdf_liveness(&sdf, (uint64_t[]){ 0, 0 }, NULL, NULL, NULL, 0), -EINVAL);
	ck_assert_int_eq(pel_sdf_liveness(&sdf, (uint64_t[]){ 3, 2 }, NULL, NULL, NULL, 0), 0);
}
END_TEST

/* ---- At scale: what would take quadratic time here takes minutes. ---- */

enum { ACTORS = 100000 };

enum shape { CHAIN, CHAIN_BACKWARDS, LADDER, RING, RING_BACKWARDS, STAR, FORK_JOIN, N_SHAPES };

static uint32_t build(enum shape shape, struct pel_sdf_channel *ch)
{
	static const uint64_t one = 1;
	uint32_t n = 0, last = ACTORS - 1;

	for (uint32_t a = 0; a < ACTORS; a++) {
		uint32_t next = (a + 1) % ACTORS, ends[2][2] = { { a, next } };
		unsigned ends_used = shape == RING || shape == RING_BACKWARDS || a != last;

		if (shape == CHAIN_BACKWARDS || shape == RING_BACKWARDS) {
			ends[0][0] = next;
			ends[0][1] = a;
		} else if (shape == LADDER && a + 2 < ACTORS) {
			ends[1][0] = a;
			ends[1][1] = a + 2;
			ends_used = 2;
		} else if (shape == STAR) {
			ends[0][1] = last;
		} else if (shape == FORK_JOIN) {
			ends[0][1] = last;
			ends[1][1] = a;
			ends_used = a && a != last ? 2 : 0;
		}
		for (unsigned i = 0; i < ends_used; i++)
			ch[n++] = (struct pel_sdf_channel){ .from = ends[i][0],
							    .to = ends[i][1],
							    .produce = &one,
							    .consume = &one,
							    .n_produce = 1,
							    .n_consume = 1 };
	}
	return n;
}

START_TEST(a_hundred_thousand_actors_are_no_trouble)
{
	struct pel_sdf_channel *channels = calloc(2 * ACTORS, sizeof(*channels));
	uint64_t *q = calloc(ACTORS, sizeof(*q)), *high_water = calloc(2 * ACTORS, sizeof(*high_water));
	struct pel_sdf_blocked *blocked = calloc(ACTORS, sizeof(*blocked));
	uint32_t *phases = calloc(ACTORS, sizeof(*phases)), n_blocked = 0;
	struct pel_sdf sdf = { ACTORS, 0, phases, channels };
	bool ring = _i == RING || _i == RING_BACKWARDS;

	ck_assert(channels && phases && q && high_water && blocked);
	for (uint32_t a = 0; a < ACTORS; a++)
		phases[a] = 1;
	sdf.n_channels = build((enum shape)_i, channels);
	ck_assert_int_eq(pel_sdf_repetition(&sdf, q, NULL, NULL), 0);
	if (ring) {
		ck_assert_int_eq(pel_sdf_liveness(&sdf, q, high_water, blocked, &n_blocked, 0), -EDEADLK);
		ck_assert_uint_eq(n_blocked, ACTORS);
		channels[ACTORS / 2].initial = 1;
	}
	ck_assert_int_eq(pel_sdf_liveness(&sdf, q, high_water, blocked, &n_blocked, 0), 0);
	for (uint32_t c = 0; c < sdf.n_channels; c++) {
		ck_assert_uint_eq(high_water[c], 1);
		channels[c].capacity = 1;
	}
	ck_assert_int_eq(pel_sdf_liveness(&sdf, q, NULL, NULL, NULL, 0), 0);
	free(channels);
	free(phases);
	free(q);
	free(high_water);
	free(blocked);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("analysis-liveness");
	TCase *tcase = tcase_create("liveness");
	SRunner *runner;
	int failed;

	tcase_set_timeout(tcase, 30);
	tcase_add_test(tcase, a_chain_needs_the_bound_of_each_channel_and_not_less);
	tcase_add_test(tcase, bound_of_constant_rates);
	tcase_add_test(tcase, bound_of_rates_too_large_to_add_says_so);
	tcase_add_test(tcase, a_cycle_without_tokens_is_a_deadlock_of_its_actors);
	tcase_add_test(tcase, a_capacity_below_one_firing_is_named_alone);
	tcase_add_test(tcase, a_capacity_too_small_is_a_circle_of_room_and_tokens);
	tcase_add_test(tcase, a_self_loop_frees_what_it_takes_only_at_the_end_of_the_firing);
	tcase_add_test(tcase, a_short_cut_is_given_the_room_that_the_long_way_needs);
	tcase_add_test(tcase, actors_with_a_million_firings_take_few_batches);
	tcase_add_test(tcase, too_many_batches_are_refused);
	tcase_add_test(tcase, tokens_beyond_62_bits_are_an_overflow);
	tcase_add_test(tcase, a_vector_that_does_not_balance_is_refused);
	tcase_add_loop_test(tcase, a_hundred_thousand_actors_are_no_trouble, 0, N_SHAPES);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
