/* SPDX-License-Identifier: Apache-2.0 */
#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sdf.h"

/* Small random graphs, and a simulator that is simple enough to be obviously right: one firing at a time, checking all channels. */

#define MAX_ACTORS   6
#define MAX_CHANNELS 9
#define MAX_PHASES   3
#define ROUNDS	     3000

static uint64_t state;

static uint64_t random_below(uint64_t n)
{
	state = state * 6364136223846793005u + 1442695040888963407u;
	return (state >> 33) % n;
}

static uint64_t gcd(uint64_t a, uint64_t b)
{
	return b ? gcd(b, a % b) : a;
}

struct graph {
	struct pel_sdf sdf;
	uint32_t phases[MAX_ACTORS];
	uint64_t q[MAX_ACTORS];
	struct pel_sdf_channel channels[MAX_CHANNELS];
	uint64_t rates[2 * MAX_CHANNELS][MAX_PHASES];
};

static void random_rates(uint64_t *rates, uint32_t phases, uint64_t total, uint32_t *n)
{
	if (total % phases == 0 && random_below(2)) {
		*n = 1;
		rates[0] = total / phases;
		return;
	}
	*n = phases;
	memset(rates, 0, MAX_PHASES * sizeof(*rates));
	while (total--)
		rates[random_below(phases)]++;
}

/* A consistent graph: the repetition vector comes first. */
static void random_graph(struct graph *g, bool capacities)
{
	memset(g, 0, sizeof(*g));
	g->sdf = (struct pel_sdf){ .n_actors = 1 + (uint32_t)random_below(MAX_ACTORS),
				   .n_channels = (uint32_t)random_below(MAX_CHANNELS + 1),
				   .phases = g->phases,
				   .channels = g->channels };
	for (uint32_t a = 0; a < g->sdf.n_actors; a++) {
		g->phases[a] = random_below(3) ? 1 : 1 + (uint32_t)random_below(MAX_PHASES);
		g->q[a] = 1 + random_below(4);
	}
	for (uint32_t c = 0; c < g->sdf.n_channels; c++) {
		struct pel_sdf_channel *ch = &g->channels[c];
		uint64_t common, times = 1 + random_below(2);

		ch->from = (uint32_t)random_below(g->sdf.n_actors);
		ch->to = (uint32_t)random_below(g->sdf.n_actors);
		if (ch->from > ch->to && random_below(2)) {
			uint32_t swap = ch->from;

			ch->from = ch->to;
			ch->to = swap;
		}
		common = gcd(g->q[ch->from], g->q[ch->to]);
		random_rates(g->rates[2 * c], g->phases[ch->from], times * g->q[ch->to] / common,
			     &ch->n_produce);
		random_rates(g->rates[2 * c + 1], g->phases[ch->to], times * g->q[ch->from] / common,
			     &ch->n_consume);
		ch->produce = g->rates[2 * c];
		ch->consume = g->rates[2 * c + 1];
		ch->initial = random_below(ch->from < ch->to ? 3 : 12);
		if (random_below(3) == 0)
			ch->initial = 0;
		if (capacities && random_below(2))
			ch->capacity = 1 + ch->initial + random_below(8);
	}
}

/* The least balanced counts, by components, from the q the graph was made of. */
static void least_q(const struct graph *g, uint64_t *q)
{
	uint32_t component[MAX_ACTORS];

	for (uint32_t a = 0; a < g->sdf.n_actors; a++)
		component[a] = a;
	for (uint32_t round = 0; round < g->sdf.n_actors; round++) {
		for (uint32_t c = 0; c < g->sdf.n_channels; c++) {
			uint32_t *from = &component[g->channels[c].from], *to = &component[g->channels[c].to];

			*from = *to = *from < *to ? *from : *to;
		}
	}
	for (uint32_t a = 0; a < g->sdf.n_actors; a++) {
		uint64_t common = 0;

		for (uint32_t b = 0; b < g->sdf.n_actors; b++)
			if (component[b] == component[a])
				common = gcd(common, g->q[b]);
		q[a] = g->q[a] / common;
	}
}

static bool can_fire(const struct graph *g, uint32_t actor, uint64_t firing, const uint64_t *tokens)
{
	for (uint32_t c = 0; c < g->sdf.n_channels; c++) {
		const struct pel_sdf_channel *ch = &g->channels[c];

		if (ch->to == actor && tokens[c] < ch->consume[firing % ch->n_consume])
			return false;
		if (ch->from == actor && ch->capacity &&
		    tokens[c] + ch->produce[firing % ch->n_produce] > ch->capacity)
			return false;
	}
	return true;
}

static bool simulate(const struct graph *g, const uint64_t *q)
{
	uint64_t tokens[MAX_CHANNELS], fired[MAX_ACTORS] = { 0 };
	bool moved = true, done = true;

	for (uint32_t c = 0; c < g->sdf.n_channels; c++) {
		tokens[c] = g->channels[c].initial;
		if (g->channels[c].capacity && tokens[c] > g->channels[c].capacity)
			return false;
	}
	while (moved) {
		moved = false;
		for (uint32_t a = 0; a < g->sdf.n_actors; a++) {
			if (fired[a] == q[a] * g->phases[a] || !can_fire(g, a, fired[a], tokens))
				continue;
			for (uint32_t c = 0; c < g->sdf.n_channels; c++) {
				const struct pel_sdf_channel *ch = &g->channels[c];

				if (ch->to == a)
					tokens[c] -= ch->consume[fired[a] % ch->n_consume];
				if (ch->from == a)
					tokens[c] += ch->produce[fired[a] % ch->n_produce];
			}
			fired[a]++;
			moved = true;
		}
	}
	for (uint32_t a = 0; a < g->sdf.n_actors; a++)
		done = done && fired[a] == q[a] * g->phases[a];
	return done;
}

static void check_explanation(const struct graph *g, const struct pel_sdf_blocked *blocked, uint32_t n)
{
	ck_assert_uint_ge(n, 1);
	ck_assert_uint_le(n, g->sdf.n_actors);
	for (uint32_t i = 0; i < n; i++) {
		const struct pel_sdf_channel *ch = &g->channels[blocked[i].channel];
		uint32_t next = blocked[(i + 1) % n].actor;

		ck_assert_uint_lt(blocked[i].has, blocked[i].needs);
		ck_assert_uint_eq(blocked[i].waits_for_room ? ch->from : ch->to, blocked[i].actor);
		if (n > 1)
			ck_assert_uint_eq(blocked[i].waits_for_room ? ch->to : ch->from, next);
		if (blocked[i].waits_for_room)
			ck_assert_uint_gt(ch->capacity, 0);
		for (uint32_t j = 0; j < i; j++)
			ck_assert_uint_ne(blocked[i].actor, blocked[j].actor);
	}
}

START_TEST(repetition_is_the_least_balanced_vector)
{
	state = 1;
	for (int round = 0; round < ROUNDS; round++) {
		struct graph g;
		uint64_t q[MAX_ACTORS], expected[MAX_ACTORS];

		random_graph(&g, false);
		ck_assert_int_eq(pel_sdf_repetition(&g.sdf, q, NULL, NULL), 0);
		least_q(&g, expected);
		for (uint32_t a = 0; a < g.sdf.n_actors; a++)
			ck_assert_uint_eq(q[a], expected[a]);
	}
}
END_TEST

START_TEST(liveness_agrees_with_firing_one_by_one)
{
	unsigned live = 0, dead = 0;

	state = 2;
	for (int round = 0; round < ROUNDS; round++) {
		struct pel_sdf_blocked blocked[MAX_ACTORS];
		uint32_t n_blocked = 0;
		struct graph g;
		uint64_t q[MAX_ACTORS];
		int r;

		random_graph(&g, round % 2);
		ck_assert_int_eq(pel_sdf_repetition(&g.sdf, q, NULL, NULL), 0);
		r = pel_sdf_liveness(&g.sdf, q, NULL, blocked, &n_blocked, 0);
		ck_assert_int_eq(r, simulate(&g, q) ? 0 : -EDEADLK);
		if (r < 0)
			check_explanation(&g, blocked, n_blocked);
		live += r == 0;
		dead += r < 0;
	}
	ck_assert_uint_gt(live, ROUNDS / 5);
	ck_assert_uint_gt(dead, ROUNDS / 5);
}
END_TEST

START_TEST(high_water_marks_are_live_capacities)
{
	state = 3;
	for (int round = 0; round < ROUNDS; round++) {
		uint64_t q[MAX_ACTORS], high_water[MAX_CHANNELS];
		struct graph g;
		int r;

		random_graph(&g, round % 2);
		ck_assert_int_eq(pel_sdf_repetition(&g.sdf, q, NULL, NULL), 0);
		r = pel_sdf_liveness(&g.sdf, q, high_water, NULL, NULL, 0);
		ck_assert_int_eq(r, simulate(&g, q) ? 0 : -EDEADLK);
		if (r < 0)
			continue;
		for (uint32_t c = 0; c < g.sdf.n_channels; c++) {
			if (g.channels[c].capacity)
				ck_assert_uint_le(high_water[c], g.channels[c].capacity);
			else
				g.channels[c].capacity = high_water[c] ? high_water[c] : 1;
		}
		ck_assert(simulate(&g, q));
		ck_assert_int_eq(pel_sdf_liveness(&g.sdf, q, NULL, NULL, NULL, 0), 0);
	}
}
END_TEST

/* Raise *value from `from` until the graph is live; 0: it never is. */
static uint64_t by_trial(const struct graph *g, const uint64_t *q, uint64_t *value, uint64_t from)
{
	for (*value = from; *value < 200; ++*value)
		if (simulate(g, q))
			return *value;
	return 0;
}

START_TEST(least_capacity_agrees_with_trying_all)
{
	unsigned found = 0, none = 0;

	state = 4;
	for (int round = 0; round < ROUNDS; round++) {
		struct graph g;
		uint64_t q[MAX_ACTORS], least, expected;
		uint32_t c;

		random_graph(&g, round % 4);
		if (!g.sdf.n_channels)
			continue;
		c = (uint32_t)random_below(g.sdf.n_channels);
		ck_assert_int_eq(pel_sdf_repetition(&g.sdf, q, NULL, NULL), 0);
		ck_assert_int_eq(pel_sdf_least_capacity(&g.sdf, q, c, 0, &least), 0);
		expected = by_trial(&g, q, &g.channels[c].capacity, 1);
		ck_assert_uint_eq(least, expected);
		found += least > 0;
		none += least == 0;
	}
	ck_assert_uint_gt(found, ROUNDS / 5);
	ck_assert_uint_gt(none, ROUNDS / 5);
}
END_TEST

START_TEST(least_initial_agrees_with_trying_all)
{
	unsigned found = 0, none = 0;

	state = 5;
	for (int round = 0; round < ROUNDS; round++) {
		struct graph g;
		uint64_t q[MAX_ACTORS], least, expected;
		uint32_t c;

		random_graph(&g, round % 4);
		if (!g.sdf.n_channels)
			continue;
		c = (uint32_t)random_below(g.sdf.n_channels);
		ck_assert_int_eq(pel_sdf_repetition(&g.sdf, q, NULL, NULL), 0);
		ck_assert_int_eq(pel_sdf_least_initial(&g.sdf, q, c, 0, &least), 0);
		expected = by_trial(&g, q, &g.channels[c].initial, 1);
		ck_assert_uint_eq(least, expected);
		found += least > 0;
		none += least == 0;
	}
	ck_assert_uint_gt(found, ROUNDS / 5);
	ck_assert_uint_gt(none, ROUNDS / 5);
}
END_TEST

START_TEST(channel_bound_is_the_least_capacity_of_a_channel_alone)
{
	state = 6;
	for (int round = 0; round < ROUNDS; round++) {
		struct graph g;
		uint64_t q[MAX_ACTORS], bound;

		do
			random_graph(&g, false);
		while (!g.sdf.n_channels || g.channels[0].from == g.channels[0].to);
		g.sdf.n_channels = 1;
		ck_assert_int_eq(pel_sdf_repetition(&g.sdf, q, NULL, NULL), 0);
		bound = pel_sdf_channel_bound(&g.channels[0], g.phases[g.channels[0].from],
					      g.phases[g.channels[0].to]);
		ck_assert_uint_eq(bound, by_trial(&g, q, &g.channels[0].capacity, 1));
	}
}
END_TEST

/* The bound has two ways to compute: lists of more than 4096 pairs are sorted. A list written out twice is the same list. */
START_TEST(channel_bound_does_not_depend_on_the_length_of_equal_lists)
{
	state = 7;
	for (int round = 0; round < 200; round++) {
		uint64_t produce[240], consume[240];
		uint32_t n_produce = 1 + (uint32_t)random_below(12), n_consume = 1 + (uint32_t)random_below(12);
		struct pel_sdf_channel ch = { .to = 1,
					      .produce = produce,
					      .consume = consume,
					      .n_produce = n_produce,
					      .n_consume = n_consume,
					      .initial = random_below(30) };
		uint64_t bound;

		for (uint32_t i = 0; i < 240; i++)
			produce[i] = i < n_produce ? random_below(9) + (i == 0) : produce[i - n_produce];
		for (uint32_t i = 0; i < 240; i++)
			consume[i] = i < n_consume ? random_below(9) + (i == 0) : consume[i - n_consume];
		bound = pel_sdf_channel_bound(&ch, 240, 240);
		ch.n_produce *= 240 / n_produce;
		ch.n_consume *= 240 / n_consume;
		ck_assert_uint_eq(pel_sdf_channel_bound(&ch, 240, 240), bound);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("analysis-random");
	TCase *tcase = tcase_create("random");
	SRunner *runner;
	int failed;

	tcase_set_timeout(tcase, 120);
	tcase_add_test(tcase, repetition_is_the_least_balanced_vector);
	tcase_add_test(tcase, liveness_agrees_with_firing_one_by_one);
	tcase_add_test(tcase, high_water_marks_are_live_capacities);
	tcase_add_test(tcase, least_capacity_agrees_with_trying_all);
	tcase_add_test(tcase, least_initial_agrees_with_trying_all);
	tcase_add_test(tcase, channel_bound_is_the_least_capacity_of_a_channel_alone);
	tcase_add_test(tcase, channel_bound_does_not_depend_on_the_length_of_equal_lists);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
