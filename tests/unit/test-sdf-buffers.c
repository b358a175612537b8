/* SPDX-License-Identifier: Apache-2.0 */
#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sdf-case.h"

/*
 * pel_sdf_buffers() gives what trying all capacities gives.
 * To hunt: test-sdf-buffers FIRST_SEED COUNT. To see a graph: test-sdf-buffers --print SEED.
 */
#if defined(__SANITIZE_THREAD__)
#define GRAPHS 500
#elif defined(__SANITIZE_ADDRESS__)
#define GRAPHS 1000
#else
#define GRAPHS 6000
#endif

#define VECTORS_FEW  500   /* of capacities, to be tried for one graph */
#define VECTORS_MANY 20000 /* for one graph in 50 */
#define TOTALS	     256

static const struct sdf_case_kind kinds[] = {
	/* actors, channels, phases, count, time, capacities, generous */
	{ 2, 4, 4, 1, 4, 9, false, true },  { 2, 4, 5, 3, 3, 9, false, true },
	{ 2, 3, 3, 2, 6, 20, false, true }, { 3, 4, 5, 1, 2, 50, false, true },
	{ 2, 4, 4, 4, 2, 3, false, false },
};
#define KINDS (sizeof(kinds) / sizeof(*kinds))

static void make(struct sdf_case *c, uint64_t seed)
{
	sdf_case_make(c, &kinds[seed % KINDS], seed);
}

static struct sdf_case_hunt hunt = { .make = make, .first = 1, .count = GRAPHS };

static struct pel_sdf_fraction throughput_of(const struct sdf_case *c)
{
	struct pel_sdf_fraction ret;
	int r = pel_sdf_throughput(&c->sdf, c->q, c->times, NULL, &ret, NULL, NULL);

	if (r < 0) /* no ck_assert() for each: there are millions */
		ck_abort_msg("returned %d for %s", r, sdf_case_text(c));
	return ret;
}

/* ---- all capacities ---- */

/* The best throughput with each total, in best[total - least]. */
struct trial {
	struct sdf_case c;
	uint32_t variables[SDF_CASE_CHANNELS], n;
	uint64_t lowest[SDF_CASE_CHANNELS]; /* of each variable: less holds not even the tokens of one firing, or the initial ones */
	uint64_t least, most; /* totals */
	uint64_t vectors;
	struct pel_sdf_fraction best[TOTALS];
};

static uint64_t most_of(const uint64_t *rates, uint32_t n)
{
	uint64_t most = 0;

	for (uint32_t i = 0; i < n; i++)
		most = rates[i] > most ? rates[i] : most;
	return most;
}

/* Is the channel's capacity one that counts: not a self-loop, and it moves tokens? */
static bool counts(const struct pel_sdf_channel *ch)
{
	return ch->from != ch->to && most_of(ch->produce, ch->n_produce);
}

static void trial_init(struct trial *t, const struct sdf_case *c, uint64_t most)
{
	memset(t, 0, sizeof(*t));
	sdf_case_copy(&t->c, c);
	t->most = most;
	for (uint32_t i = 0; i < c->sdf.n_channels; i++) {
		const struct pel_sdf_channel *ch = &c->channels[i];
		uint64_t produce = most_of(ch->produce, ch->n_produce),
			 consume = most_of(ch->consume, ch->n_consume),
			 lowest = ch->initial > produce ? ch->initial : produce;

		if (!counts(ch))
			continue;
		lowest = lowest > consume ? lowest : consume;
		t->lowest[t->n] = lowest;
		t->variables[t->n++] = i;
		t->least += lowest;
	}
}

/* How many vectors there are: ways to share out most - least among n variables, or fewer. */
static bool is_feasible(const struct trial *t, uint64_t vectors)
{
	uint64_t ways = 1;

	if (t->most < t->least || t->most - t->least >= TOTALS)
		return t->most < t->least;
	for (uint32_t i = 1; i <= t->n; i++) {
		ways = ways * (t->most - t->least + i) / i;
		if (ways > vectors)
			return false;
	}
	return true;
}

/* All vectors whose first variables are as they are, and whose total is at most t->most. */
static void try_from(struct trial *t, uint32_t variable, uint64_t spare)
{
	struct pel_sdf_fraction throughput, *best;

	if (variable < t->n) {
		for (uint64_t more = 0; more <= spare; more++) {
			t->c.channels[t->variables[variable]].capacity = t->lowest[variable] + more;
			try_from(t, variable + 1, spare - more);
		}
		return;
	}
	throughput = throughput_of(&t->c);
	best = &t->best[t->most - t->least - spare];
	if (!best->den || pel_sdf_less(*best, throughput))
		*best = throughput;
	t->vectors++;
}

static void try_all(struct trial *t)
{
	for (uint32_t i = 0; i < TOTALS; i++)
		t->best[i] = (struct pel_sdf_fraction){ 0, 1 };
	if (t->most >= t->least)
		try_from(t, 0, t->most - t->least);
}

/* ---- comparison ---- */

/* A sizing does what it says. */
static void check_sizing(const struct sdf_case *c, const struct pel_sdf_sizing *is)
{
	struct sdf_case sized;
	uint64_t total = 0;

	sdf_case_copy(&sized, c);
	for (uint32_t i = 0; i < c->sdf.n_channels; i++) {
		sized.channels[i].capacity = is->capacity[i];
		total += is->capacity[i];
		ck_assert_msg((is->capacity[i] > 0) == counts(&c->channels[i]), "channel %u has %llu: %s", i,
			      (unsigned long long)is->capacity[i], sdf_case_text(c));
		ck_assert_msg(!is->capacity[i] || is->capacity[i] >= c->channels[i].initial, "channel %u: %s",
			      i, sdf_case_text(c));
	}
	ck_assert_msg(total == is->total, "%llu, not %llu: %s", (unsigned long long)total,
		      (unsigned long long)is->total, sdf_case_text(c));
	ck_assert_msg(sdf_case_same(throughput_of(&sized), is->throughput), "total %llu: %s",
		      (unsigned long long)is->total, sdf_case_text(c));
}

static void check_point(const struct sdf_case *c, const struct pel_sdf_sizing *is, uint64_t total,
			struct pel_sdf_fraction throughput)
{
	ck_assert_msg(is->found && is->least && is->total == total && sdf_case_same(is->throughput, throughput),
		      "total %llu with %llu/%llu, where %llu gives %llu/%llu: %s",
		      (unsigned long long)is->total, (unsigned long long)is->throughput.num,
		      (unsigned long long)is->throughput.den, (unsigned long long)total,
		      (unsigned long long)throughput.num, (unsigned long long)throughput.den, sdf_case_text(c));
	check_sizing(c, is);
}

/* All totals up to the one that is fastest: each that is faster than all smaller ones is a point of the front. */
static void check_front(struct trial *t, const struct sdf_case *c, struct pel_sdf_fraction unbounded,
			const struct pel_sdf_buffers *buffers)
{
	struct pel_sdf_fraction so_far = { 0, 1 };
	uint32_t n = 0;

	try_all(t);
	for (uint64_t total = t->least; total <= t->most; total++) {
		struct pel_sdf_fraction throughput = t->best[total - t->least];

		if (!pel_sdf_less(so_far, throughput))
			continue;
		so_far = throughput;
		ck_assert_msg(n < buffers->n_pareto, "no point of total %llu: %s", (unsigned long long)total,
			      sdf_case_text(c));
		check_point(c, &buffers->pareto[n], total, throughput);
		if (n++ == 0)
			check_point(c, &buffers->live, total, throughput);
	}
	ck_assert_uint_eq(buffers->n_pareto, n);
	ck_assert(buffers->exact);
	ck_assert_msg(sdf_case_same(so_far, unbounded), "%s", sdf_case_text(c));
	check_point(c, &buffers->fastest, t->most, unbounded);
}

/* If only capacities limit the graph, only the smallest total is compared. */
static void check_smallest(struct trial *t, const struct sdf_case *c, const struct pel_sdf_buffers *buffers)
{
	try_all(t);
	ck_assert(buffers->live.found && buffers->live.least && !buffers->fastest.found);
	check_sizing(c, &buffers->live);
	for (uint64_t total = t->least; total < t->most; total++)
		ck_assert_msg(!t->best[total - t->least].num, "total %llu: %s", (unsigned long long)total,
			      sdf_case_text(c));
}

START_TEST(sizes_are_those_that_trying_all_finds)
{
	uint64_t tried = 0, fronts = 0;

	for (uint64_t i = 0; i < hunt.count; i++) {
		struct pel_sdf_fraction unbounded;
		struct pel_sdf_buffers buffers;
		struct sdf_case c;
		struct trial t;

		make(&c, hunt.first + i);
		unbounded = throughput_of(&c);
		if (!unbounded.num)
			continue;
		ck_assert_int_eq(pel_sdf_buffers(&c.sdf, c.q, c.times, unbounded, NULL, &buffers), 0);
		trial_init(&t, &c, unbounded.den ? buffers.fastest.total : buffers.live.total);
		if (is_feasible(&t, i % 50 ? VECTORS_FEW : VECTORS_MANY)) {
			tried++;
			if (unbounded.den)
				check_front(&t, &c, unbounded, &buffers);
			else
				check_smallest(&t, &c, &buffers);
			fronts += buffers.n_pareto > 1;
		}
		pel_sdf_buffers_fini(&buffers);
	}
	ck_assert(hunt.count < GRAPHS || (tried > hunt.count / 2 && fronts > hunt.count / 10));
}
END_TEST

/* ---- repairs ---- */

#define EXTRA_MAX 12 /* tokens that trying gives, in all */

static bool is_live(const struct sdf_case *c)
{
	int r = pel_sdf_liveness(&c->sdf, c->q, NULL, NULL, NULL, 0);

	if (r < 0 && r != -EDEADLK)
		ck_abort_msg("returned %d for %s", r, sdf_case_text(c));
	return r == 0;
}

/* Is the graph live with `extra` tokens more, spread over the capacities from channel i on? */
static bool helps(struct sdf_case *c, uint32_t i, uint64_t extra)
{
	uint64_t *capacity = &c->channels[i].capacity, was = *capacity;
	bool found = false;

	if (!extra || i == c->sdf.n_channels)
		return !extra && is_live(c);
	if (!was)
		return helps(c, i + 1, extra);
	for (uint64_t more = 0; more <= extra && !found; more++) {
		*capacity = was + more;
		found = helps(c, i + 1, extra - more);
	}
	*capacity = was;
	return found;
}

START_TEST(repair_is_the_least_that_trying_all_finds)
{
	static const struct sdf_case_kind tight = { 2, 5, 6, 3, 4, 1, true, false };
	uint64_t repaired = 0, hopeless = 0;

	for (uint64_t i = 0; i < hunt.count / 2; i++) {
		uint64_t capacity[SDF_CASE_CHANNELS], extra = 0;
		struct sdf_case c, larger;
		int r;

		sdf_case_make(&c, &tight, hunt.first + i);
		if (is_live(&c))
			continue;
		sdf_case_copy(&larger, &c);
		r = pel_sdf_repair(&c.sdf, c.q, NULL, capacity);
		ck_assert_msg(r == 0 || r == -EDEADLK, "returned %d: %s", r, sdf_case_text(&c));
		for (uint32_t k = 0; k < c.sdf.n_channels; k++) {
			if (r < 0)
				larger.channels[k].capacity = 0;
			else if (c.channels[k].capacity)
				larger.channels[k].capacity = capacity[k];
			extra += r == 0 ? capacity[k] - c.channels[k].capacity : 0;
			ck_assert_msg(r < 0 || capacity[k] >= c.channels[k].capacity, "channel %u: %s", k,
				      sdf_case_text(&c));
			ck_assert_msg(r < 0 || c.channels[k].capacity || !capacity[k], "channel %u: %s", k,
				      sdf_case_text(&c));
		}
		ck_assert_msg(is_live(&larger) == (r == 0), "returned %d: %s", r, sdf_case_text(&c));
		hopeless += r < 0;
		if (r < 0 || extra > EXTRA_MAX)
			continue;
		for (uint64_t less = 0; less < extra; less++)
			ck_assert_msg(!helps(&c, 0, less), "%llu more are enough, not %llu: %s",
				      (unsigned long long)less, (unsigned long long)extra, sdf_case_text(&c));
		repaired++;
	}
	ck_assert(hunt.count < GRAPHS || (repaired > hunt.count / 20 && hopeless > hunt.count / 20));
}
END_TEST

/*
 * A waits for room for 4 tokens on its channel to B; B waits for C; C waits for room for 3 tokens on its channel to D; D waits for A. Tokens to B
 * move in pairs, so 3 are as good as 2 there, and a capacity of 4 costs only 1 more than 3; a capacity of 3 on C's channel costs 2 more.
 */
START_TEST(repair_counts_what_a_capacity_has_between_steps)
{
	static const uint64_t one[] = { 1, 1, 1 }, last[] = { 0, 0, 1 }, first[] = { 1, 0, 0 };
	static const uint64_t pairs[] = { 2, 2, 0 }, pairs_read[] = { 0, 2, 2 },
			      first_of_4[] = { 1, 0, 0, 0 }, others_of_4[] = { 0, 1, 1, 1 };
	static const uint32_t phases[] = { 3, 3, 3, 4 };
	enum { A, B, C, D };
	static const struct pel_sdf_channel channels[] = { { C, D, one, others_of_4, 3, 4, 0, 1 },
							   { A, B, pairs, pairs_read, 3, 3, 0, 3 },
							   { A, D, last, first_of_4, 3, 4, 0, 0 },
							   { C, B, last, first, 3, 3, 0, 0 } };
	const struct pel_sdf sdf = { 4, 4, phases, channels };
	const uint64_t q[] = { 1, 1, 1, 1 };
	uint64_t capacity[4];

	ck_assert_int_eq(pel_sdf_liveness(&sdf, q, NULL, NULL, NULL, 0), -EDEADLK);
	ck_assert_int_eq(pel_sdf_repair(&sdf, q, NULL, capacity), 0);
	ck_assert_uint_eq(capacity[0], 1);
	ck_assert_uint_eq(capacity[1], 4);
	ck_assert_uint_eq(capacity[2], 0);
	ck_assert_uint_eq(capacity[3], 0);
}
END_TEST

/* ---- limits ---- */

/* Expires when it was asked *context times. */
static bool expire_after(void *context)
{
	uint64_t *left = context;

	return !*left || !--*left;
}

/* `is`, of a search cut short, may be missing, but not wrong. `whole` is what all of the search finds. */
static void check_cut_sizing(const struct sdf_case *c, const struct pel_sdf_sizing *is,
			     const struct pel_sdf_sizing *whole)
{
	struct pel_sdf_sizing known = *is;
	struct sdf_case sized;

	if (!is->found)
		return;
	ck_assert(whole->found);
	ck_assert_uint_ge(is->total, whole->total);
	ck_assert(!is->least || is->total == whole->total);
	sdf_case_copy(&sized, c);
	for (uint32_t i = 0; i < c->sdf.n_channels; i++)
		sized.channels[i].capacity = is->capacity[i];
	if (!is->throughput.num) /* live, by other means than its throughput */
		known.throughput = throughput_of(&sized);
	ck_assert_msg(known.throughput.num > 0, "deadlock: %s", sdf_case_text(c));
	check_sizing(c, &known);
}

static void check_cut(const struct sdf_case *c, const struct pel_sdf_buffers *is,
		      const struct pel_sdf_buffers *whole)
{
	check_cut_sizing(c, &is->live, &whole->live);
	check_cut_sizing(c, &is->fastest, &whole->fastest);
	ck_assert(!is->fastest.found || sdf_case_same(is->fastest.throughput, whole->fastest.throughput));
	ck_assert_uint_le(is->n_pareto, whole->n_pareto);
	ck_assert(!is->exact || is->n_pareto == whole->n_pareto);
	for (uint32_t i = 0; i < is->n_pareto; i++) {
		struct pel_sdf_fraction best = whole->pareto[i].throughput,
					throughput = is->pareto[i].throughput;
		bool last = i + 1 == is->n_pareto; /* as small may be faster */

		check_sizing(c, &is->pareto[i]);
		ck_assert_uint_eq(is->pareto[i].total, whole->pareto[i].total);
		ck_assert_msg(last && !is->exact ? !pel_sdf_less(best, throughput)
						 : sdf_case_same(best, throughput),
			      "total %llu: %s", (unsigned long long)is->pareto[i].total, sdf_case_text(c));
	}
}

START_TEST(what_a_search_cut_short_gives_is_true)
{
	uint64_t random = 1, cut = 0;

	for (uint64_t i = 0; i < hunt.count; i++) {
		uint64_t left = sdf_case_random(&random, (uint64_t)2 << sdf_case_random(&random, 8));
		const struct pel_sdf_limits limits = { .expired = expire_after, .context = &left };
		struct pel_sdf_buffers is, whole;
		struct pel_sdf_fraction unbounded;
		struct sdf_case c;

		make(&c, hunt.first + i);
		unbounded = throughput_of(&c);
		if (!unbounded.num)
			continue;
		ck_assert_int_eq(pel_sdf_buffers(&c.sdf, c.q, c.times, unbounded, NULL, &whole), 0);
		ck_assert_int_eq(pel_sdf_buffers(&c.sdf, c.q, c.times, unbounded, &limits, &is), 0);
		check_cut(&c, &is, &whole);
		ck_assert_msg(is.live.found, "no live capacities: %s", sdf_case_text(&c));
		cut += whole.exact && !is.exact;
		pel_sdf_buffers_fini(&is);
		pel_sdf_buffers_fini(&whole);
	}
	ck_assert(hunt.count < GRAPHS || cut > hunt.count / 5);
}
END_TEST

START_TEST(capacities_that_the_graph_has_are_left_aside)
{
	uint64_t random = 2;

	for (uint64_t i = 0; i < hunt.count / 2; i++) {
		struct pel_sdf_buffers is, expected;
		struct pel_sdf_fraction unbounded;
		struct sdf_case c;

		make(&c, hunt.first + i);
		unbounded = throughput_of(&c);
		if (!unbounded.num)
			continue;
		ck_assert_int_eq(pel_sdf_buffers(&c.sdf, c.q, c.times, unbounded, NULL, &expected), 0);
		for (uint32_t k = 0; k < c.sdf.n_channels; k++)
			c.channels[k].capacity = sdf_case_random(&random, 9);
		ck_assert_int_eq(pel_sdf_buffers(&c.sdf, c.q, c.times, unbounded, NULL, &is), 0);
		ck_assert_uint_eq(is.n_pareto, expected.n_pareto);
		ck_assert_uint_eq(is.live.total, expected.live.total);
		for (uint32_t k = 0; k < is.n_pareto; k++)
			ck_assert_uint_eq(is.pareto[k].total, expected.pareto[k].total);
		pel_sdf_buffers_fini(&is);
		pel_sdf_buffers_fini(&expected);
	}
}
END_TEST

START_TEST(totals_do_not_depend_on_numbers_or_order)
{
	uint64_t random = 3;

	for (uint64_t i = 0; i < hunt.count / 2; i++) {
		struct pel_sdf_buffers is, expected;
		struct pel_sdf_fraction unbounded;
		uint32_t actors[SDF_CASE_ACTORS];
		struct sdf_case c, renamed;

		make(&c, hunt.first + i);
		unbounded = throughput_of(&c);
		if (!unbounded.num)
			continue;
		sdf_case_rename(&renamed, &c, actors, &random);
		ck_assert_int_eq(pel_sdf_buffers(&c.sdf, c.q, c.times, unbounded, NULL, &expected), 0);
		ck_assert_int_eq(pel_sdf_buffers(&renamed.sdf, renamed.q, renamed.times, unbounded, NULL, &is),
				 0);
		ck_assert_msg(is.live.total == expected.live.total, "%s", sdf_case_text(&c));
		ck_assert_msg(is.fastest.total == expected.fastest.total, "%s", sdf_case_text(&c));
		ck_assert_msg(is.n_pareto == expected.n_pareto, "%s", sdf_case_text(&c));
		for (uint32_t k = 0; k < is.n_pareto; k++)
			ck_assert_msg(is.pareto[k].total == expected.pareto[k].total, "%s", sdf_case_text(&c));
		pel_sdf_buffers_fini(&is);
		pel_sdf_buffers_fini(&expected);
	}
}
END_TEST

int main(int argc, char **argv)
{
	TCase *tcase = tcase_create("buffers");

	sdf_case_arguments(&hunt, argc, argv);
	tcase_add_test(tcase, sizes_are_those_that_trying_all_finds);
	tcase_add_test(tcase, repair_is_the_least_that_trying_all_finds);
	tcase_add_test(tcase, repair_counts_what_a_capacity_has_between_steps);
	tcase_add_test(tcase, what_a_search_cut_short_gives_is_true);
	tcase_add_test(tcase, capacities_that_the_graph_has_are_left_aside);
	tcase_add_test(tcase, totals_do_not_depend_on_numbers_or_order);
	return sdf_case_run(&hunt, tcase);
}
