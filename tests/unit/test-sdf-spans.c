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

static void make(struct sdf_case *c, uint64_t seed)
{
	sdf_case_make(c, seed % 12 == 0 ? &many_firings : &kinds[seed % KINDS], seed);
}

static struct sdf_case_hunt hunt = { .make = make, .first = 1, .count = GRAPHS };

START_TEST(spans_are_those_of_a_simulated_iteration)
{
	uint64_t dead = 0;

	for (uint64_t i = 0; i < hunt.count; i++) {
		uint64_t starts[SDF_CASE_ACTORS], ends[SDF_CASE_ACTORS];
		uint64_t expected_starts[SDF_CASE_ACTORS], expected_ends[SDF_CASE_ACTORS];
		struct sdf_case c;
		bool live;
		int r;

		make(&c, hunt.first + i);
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
	ck_assert(hunt.count < GRAPHS || (dead > hunt.count / 10 && dead < hunt.count / 2));
}
END_TEST

START_TEST(spans_do_not_depend_on_numbers_or_order)
{
	uint64_t random = 1;

	for (uint64_t i = 0; i < hunt.count / 2; i++) {
		uint64_t starts[2][SDF_CASE_ACTORS], ends[2][SDF_CASE_ACTORS];
		uint32_t actors[SDF_CASE_ACTORS];
		struct sdf_case c, renamed;
		int r;

		make(&c, hunt.first + i);
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
	for (uint64_t i = 0; i < hunt.count / 4; i++) {
		uint64_t starts[SDF_CASE_ACTORS], ends[SDF_CASE_ACTORS];
		struct pel_sdf_limits limits = { 0 };
		struct sdf_case c;
		uint64_t firings = 0;
		int unlimited;

		make(&c, hunt.first + i);
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

#define FAN 100000u

static bool over(void *context)
{
	++*(unsigned *)context;
	return true;
}

/* One actor feeds as many as there are, and these one: in time that is linear, or given up. */
START_TEST(wide_graphs_take_linear_time_and_look_at_the_limits)
{
	static struct pel_sdf_channel channels[2 * FAN];
	static uint32_t phases[FAN + 2];
	static uint64_t q[FAN + 2], starts[FAN + 2], ends[FAN + 2], one = 1;
	static struct pel_sdf_times times[FAN + 2];
	struct pel_sdf sdf = {
		.n_actors = FAN + 2, .phases = phases, .n_channels = 2 * FAN, .channels = channels
	};
	unsigned looks = 0;
	struct pel_sdf_limits limits = { .expired = over, .context = &looks };

	for (uint32_t i = 0; i < FAN + 2; i++) {
		phases[i] = 1;
		q[i] = 1;
		times[i] = (struct pel_sdf_times){ &one, 1 };
	}
	for (uint32_t i = 0; i < 2 * FAN; i++)
		channels[i] = (struct pel_sdf_channel){ .from = i < FAN ? FAN : i - FAN,
							.to = i < FAN ? i : FAN + 1,
							.produce = &one,
							.n_produce = 1,
							.consume = &one,
							.n_consume = 1 };
	ck_assert_int_eq(pel_sdf_spans(&sdf, q, times, NULL, starts, ends), 0);
	ck_assert_uint_eq(ends[FAN + 1], 3);
	ck_assert_int_eq(pel_sdf_spans(&sdf, q, times, &limits, starts, ends), -ETIME);
	ck_assert_uint_ge(looks, 1);
}
END_TEST

int main(int argc, char **argv)
{
	TCase *tcase = tcase_create("spans");

	sdf_case_arguments(&hunt, argc, argv);
	tcase_add_test(tcase, wide_graphs_take_linear_time_and_look_at_the_limits);
	tcase_add_test(tcase, spans_are_those_of_a_simulated_iteration);
	tcase_add_test(tcase, spans_do_not_depend_on_numbers_or_order);
	tcase_add_test(tcase, more_firings_than_limits_allow_are_an_error);
	return sdf_case_run(&hunt, tcase);
}
