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
#define GRAPHS 7200
#endif

static const struct sdf_case_kind kinds[] = {
	/* actors, channels, phases, count, time, capacities, generous */
	{ 1, 7, 12, 4, 6, 9, true, false },  { 1, 7, 14, 4, 6, 9, true, true },
	{ 1, 3, 5, 4, 4, 3, true, false },   { 2, 5, 8, 3, 16, 200, true, true },
	{ 2, 4, 6, 1, 16, 20, false, true }, { 1, 7, 14, 1, 1, 1000, true, true },
};
#define KINDS (sizeof(kinds) / sizeof(*kinds))

/* Components of more than 2048 firings: not all of them are listed then, only as many as show the cycle that sets the throughput. */
static const struct sdf_case_kind many_firings = { 2, 6, 8, 3, 2500, 60, true, true };

static void make(struct sdf_case *c, uint64_t seed)
{
	sdf_case_make(c, seed % 24 == 0 ? &many_firings : &kinds[seed % KINDS], seed);
}

static struct sdf_case_hunt hunt = { .make = make, .first = 1, .count = GRAPHS };

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
		      (unsigned long long)is.num, (unsigned long long)is.den,
		      (unsigned long long)expected.num, (unsigned long long)expected.den, sdf_case_text(c));
}

static bool is_finite(struct pel_sdf_fraction throughput)
{
	return throughput.num && throughput.den;
}

START_TEST(throughput_is_that_of_a_self_timed_simulation)
{
	uint64_t dead = 0, unlimited = 0, too_long = 0;

	for (uint64_t i = 0; i < hunt.count; i++) {
		struct pel_sdf_fraction expected;
		struct sdf_case c;

		make(&c, hunt.first + i);
		if (!sdf_case_simulate(&c, &expected)) {
			too_long++;
			continue;
		}
		check_same(throughput_of(&c), expected, &c);
		dead += !expected.num;
		unlimited += !expected.den;
	}
	if (hunt.count < GRAPHS)
		return;
	ck_assert_uint_gt(dead, hunt.count / 10);
	ck_assert_uint_gt(unlimited, hunt.count / 20);
	ck_assert_uint_gt(hunt.count - dead - unlimited, hunt.count / 3);
	ck_assert_uint_lt(too_long, hunt.count / 50);
}
END_TEST

START_TEST(critical_channels_alone_have_the_same_throughput)
{
	for (uint64_t i = 0; i < hunt.count / 2; i++) {
		uint8_t actors[SDF_CASE_ACTORS], channels[SDF_CASE_CHANNELS];
		struct pel_sdf_fraction throughput, alone;
		struct sdf_case c, critical;

		make(&c, hunt.first + i);
		ck_assert_int_eq(pel_sdf_throughput(&c.sdf, c.q, c.times, NULL, &throughput, actors, channels),
				 0);
		if (!throughput.den) {
			for (uint32_t a = 0; a < c.sdf.n_actors; a++)
				ck_assert_uint_eq(actors[a], 0);
			for (uint32_t k = 0; k < c.sdf.n_channels; k++)
				ck_assert_uint_eq(channels[k], 0);
			continue;
		}
		sdf_case_keep_critical(&critical, &c, actors, channels);
		if (sdf_case_simulate(&critical, &alone))
			check_same(alone, throughput, &c);
	}
}
END_TEST

START_TEST(throughput_does_not_depend_on_numbers_or_order)
{
	uint64_t random = 1;

	for (uint64_t i = 0; i < hunt.count / 2; i++) {
		uint32_t actors[SDF_CASE_ACTORS];
		struct sdf_case c, renamed;

		make(&c, hunt.first + i);
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

	for (uint64_t i = 0; i < hunt.count / 2; i++) {
		uint64_t k = 1 + sdf_case_random(&random, (uint64_t)1 << sdf_case_random(&random, 53)), common;
		struct pel_sdf_fraction is, expected;
		struct sdf_case c;
		int r;

		make(&c, hunt.first + i);
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
	ck_assert_uint_lt(too_large, hunt.count / 10 + 1);
}
END_TEST

START_TEST(more_capacity_never_lowers_the_throughput)
{
	uint64_t random = 3;

	for (uint64_t i = 0; i < hunt.count / 2; i++) {
		struct pel_sdf_fraction before, after;
		struct sdf_case c;
		uint32_t channel;

		make(&c, hunt.first + i);
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

/* Is `larger` the least capacity with which the channel does as if it had none? 0: it does so already. */
static bool is_least(struct sdf_case *c, uint32_t channel, uint64_t larger, struct pel_sdf_fraction unbounded)
{
	uint64_t *capacity = &c->channels[channel].capacity;

	if (sdf_case_same(throughput_of(c), unbounded))
		return larger == 0;
	while (*capacity < larger) {
		++*capacity;
		if (sdf_case_same(throughput_of(c), unbounded))
			return *capacity == larger;
	}
	return false;
}

START_TEST(enlarged_capacity_is_the_least_that_no_longer_bounds)
{
	uint64_t random = 4, enlarged = 0;

	for (uint64_t i = 0; i < hunt.count / 3; i++) {
		struct pel_sdf_fraction throughput, unbounded;
		struct sdf_case c, free;
		uint32_t channel;
		uint64_t larger;
		int r;

		sdf_case_make(&c, &kinds[i % KINDS], hunt.first + i);
		if (!c.sdf.n_channels)
			continue;
		channel = (uint32_t)sdf_case_random(&random, c.sdf.n_channels);
		if (!c.channels[channel].capacity && i % 8)
			c.channels[channel].capacity = c.channels[channel].initial + 1;
		sdf_case_copy(&free, &c);
		free.channels[channel].capacity = 0;
		unbounded = throughput_of(&free);
		r = pel_sdf_enlarge(&c.sdf, c.q, c.times, NULL, channel, &throughput, &larger);
		if (r == -EOVERFLOW && !unbounded.den) { /* however large, it bounds */
			free.channels[channel].capacity = 1000000;
			ck_assert(!sdf_case_same(throughput_of(&free), unbounded));
			continue;
		}
		ck_assert_msg(r == 0, "%d: %s", r, sdf_case_text(&c));
		check_same(throughput, unbounded, &c);
		ck_assert_msg(is_least(&c, channel, larger, unbounded), "channel %u to %llu: %s", channel,
			      (unsigned long long)larger, sdf_case_text(&c));
		enlarged += larger > 0;
	}
	ck_assert(hunt.count < GRAPHS || enlarged > hunt.count / 50);
}
END_TEST

/*
 * A ring through actors whose counts have no common factor, with enough tokens to be live. The library starts from one firing of each, and 1/2^50 of an
 * iteration has to count.
 */
static void ring_of_primes(struct sdf_case *c, uint64_t seed)
{
	static const uint64_t primes[] = { 1009, 1013, 1019, 1021, 1031, 1033, 1039, 1049 };
	const uint32_t n = 5;
	uint64_t random = seed, first = sdf_case_random(&random, sizeof(primes) / sizeof(*primes) - n + 1);
	struct sdf_case ring = { .sdf = { .n_actors = n, .n_channels = 2 * n }, .seed = seed };

	for (uint32_t a = 0; a < n; a++) {
		uint32_t next = (a + 1) % n;
		uint64_t produce = primes[first + next], consume = primes[first + a];

		ring.phases[a] = 1;
		ring.times[a].n = 1;
		ring.values[a][0] = 1 + sdf_case_random(&random, 100);
		ring.produce[a][0] = produce;
		ring.consume[a][0] = consume;
		ring.channels[a] = (struct pel_sdf_channel){
			.from = a,
			.to = next,
			.n_produce = 1,
			.n_consume = 1,
			.initial = sdf_case_random(&random, 2) ? consume + sdf_case_random(&random, 3 * produce)
							       : 0,
		};
		if (sdf_case_random(&random, 2))
			ring.channels[a].capacity = ring.channels[a].initial + produce + consume +
						    sdf_case_random(&random, 3 * produce);
		ring.produce[n + a][0] = ring.consume[n + a][0] = 1;
		ring.channels[n + a] = (struct pel_sdf_channel){
			.from = a,
			.to = a,
			.n_produce = 1,
			.n_consume = 1,
			.initial = 1 + sdf_case_random(&random, 3),
		};
	}
	sdf_case_copy(c, &ring);
	ck_assert_int_eq(pel_sdf_repetition(&c->sdf, c->q, NULL, NULL), 0);
}

START_TEST(counts_without_a_common_factor_change_nothing)
{
	uint64_t finite = 0, n = hunt.count / 72;

	for (uint64_t i = 0; i < n; i++) {
		struct pel_sdf_fraction expected;
		struct sdf_case c;

		ring_of_primes(&c, hunt.first + i);
		if (!sdf_case_simulate(&c, &expected))
			continue;
		check_same(throughput_of(&c), expected, &c);
		finite += is_finite(expected);
	}
	ck_assert_uint_ge(finite, n / 2);
}
END_TEST

/* More than 65536 firings: the library executes what few of them do not settle. */
START_TEST(parts_that_go_round_often_in_an_iteration_are_as_fast_as_simulated)
{
	uint64_t random = 6, finite = 0, n = hunt.count / 360;

	for (uint64_t i = 0; i < n; i++) {
		uint8_t actors[SDF_CASE_ACTORS], channels[SDF_CASE_CHANNELS];
		struct pel_sdf_fraction expected, is, alone;
		struct sdf_case c, critical;

		sdf_case_make(&c, &many_firings, hunt.first + i);
		sdf_case_add_rare_sink(&c, 1 + sdf_case_random(&random, 100));
		if (!sdf_case_simulate(&c, &expected))
			continue;
		ck_assert_int_eq(pel_sdf_throughput(&c.sdf, c.q, c.times, NULL, &is, actors, channels), 0);
		check_same(is, expected, &c);
		if (!expected.den)
			continue;
		finite += is_finite(expected);
		sdf_case_keep_critical(&critical, &c, actors, channels);
		if (sdf_case_simulate(&critical, &alone))
			check_same(alone, expected, &c);
	}
	ck_assert_uint_ge(finite, n / 3);
}
END_TEST

/* ---- by hand ---- */

static const uint64_t one = 1;
static const uint32_t single[3] = { 1, 1, 1 };

/* A ring through three actors, with tokens on the last channel. */
static const struct pel_sdf_channel ring[] = { { 0, 1, &one, &one, 1, 1, 0, 0 },
					       { 1, 2, &one, &one, 1, 1, 0, 0 },
					       { 2, 0, &one, &one, 1, 1, 2, 0 } };
static const struct pel_sdf ring_sdf = { 3, 3, single, ring };
static const uint64_t ring_q[] = { 1, 1, 1 };

static int ring_throughput(const uint64_t *times, const struct pel_sdf_limits *limits,
			   struct pel_sdf_fraction *ret)
{
	const struct pel_sdf_times of[] = { { times, 1 }, { times + 1, 1 }, { times + 2, 1 } };

	return pel_sdf_throughput(&ring_sdf, ring_q, of, limits, ret, NULL, NULL);
}

START_TEST(ring_of_tokens_goes_round_once_in_the_sum_of_times)
{
	struct pel_sdf_fraction ret;

	ck_assert_int_eq(ring_throughput((const uint64_t[]){ 3, 0, 7 }, NULL, &ret), 0);
	ck_assert(sdf_case_same(ret, (struct pel_sdf_fraction){ 1, 5 }));
	ck_assert_int_eq(ring_throughput((const uint64_t[]){ 0, 0, 0 }, NULL, &ret), 0);
	ck_assert(sdf_case_same(ret, (struct pel_sdf_fraction){ 1, 0 }));
	ck_assert_int_eq(ring_throughput((const uint64_t[]){ ((uint64_t)1 << 62) - 1, 0, 4 }, NULL, &ret), 0);
	ck_assert(sdf_case_same(ret, (struct pel_sdf_fraction){ 2, ((uint64_t)1 << 62) + 3 }));
}
END_TEST

START_TEST(times_that_are_too_large_are_an_error)
{
	const uint64_t most = ((uint64_t)1 << 62) - 1;
	const struct {
		uint64_t times[3];
	} cases[] = { { { 0, most + 1, 0 } }, { { UINT64_MAX, 0, 0 } }, { { most, most, most } } };

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct pel_sdf_fraction ret = { 11, 12 };
		uint64_t starts[3], ends[3];
		const struct pel_sdf_times of[] = { { cases[i].times, 1 },
						    { cases[i].times + 1, 1 },
						    { cases[i].times + 2, 1 } };

		ck_assert_int_eq(ring_throughput(cases[i].times, NULL, &ret), -EOVERFLOW);
		ck_assert(sdf_case_same(ret, (struct pel_sdf_fraction){ 11, 12 }));
		ck_assert_int_eq(pel_sdf_spans(&ring_sdf, ring_q, of, NULL, starts, ends), -EOVERFLOW);
	}
}
END_TEST

/* 1 and 2 wait for each other, in no time; 0 and 1 work well together. */
START_TEST(firings_that_take_no_time_can_deadlock)
{
	const struct pel_sdf_channel channels[] = { { 0, 1, &one, &one, 1, 1, 0, 0 },
						    { 1, 0, &one, &one, 1, 1, 1, 0 },
						    { 1, 2, &one, &one, 1, 1, 0, 0 },
						    { 2, 1, &one, &one, 1, 1, 0, 0 } };
	const struct pel_sdf sdf = { 3, 4, single, channels };
	const struct pel_sdf_times times[] = { { &one, 1 }, { &(uint64_t){ 0 }, 1 }, { &(uint64_t){ 0 }, 1 } };
	uint8_t actors[3], critical[4];
	struct pel_sdf_fraction ret;

	ck_assert_int_eq(pel_sdf_throughput(&sdf, ring_q, times, NULL, &ret, actors, critical), 0);
	ck_assert(sdf_case_same(ret, (struct pel_sdf_fraction){ 0, 1 }));
	ck_assert(!actors[0] && actors[1] && actors[2]);
	ck_assert(!critical[0] && !critical[1] && critical[2] && critical[3]);
}
END_TEST

/* Firings take 10 and 1 in turn, any number at once, and start two at a time: the fast one's token comes with the slow one's before it. */
START_TEST(slow_firing_holds_up_the_token_of_the_next)
{
	static const uint64_t slow_fast[] = { 10, 1 }, two_none[] = { 2, 0 }, none_two[] = { 0, 2 };
	static const uint32_t phases[] = { 2, 2 };
	const struct pel_sdf_channel channels[] = { { 0, 1, &one, &one, 1, 1, 0, 0 },
						    { 1, 0, none_two, two_none, 2, 2, 2, 0 } };
	const struct pel_sdf sdf = { 2, 2, phases, channels };
	const struct pel_sdf_times times[] = { { slow_fast, 2 }, { &(uint64_t){ 0 }, 1 } };
	uint64_t starts[2], ends[2];
	struct pel_sdf_fraction ret;

	ck_assert_int_eq(pel_sdf_throughput(&sdf, ring_q, times, NULL, &ret, NULL, NULL), 0);
	ck_assert(sdf_case_same(ret, (struct pel_sdf_fraction){ 1, 10 }));
	ck_assert_int_eq(pel_sdf_spans(&sdf, ring_q, times, NULL, starts, ends), 0);
	ck_assert_uint_eq(starts[1], 10);
}
END_TEST

START_TEST(initial_tokens_above_a_capacity_are_an_error)
{
	static const uint64_t none = 0;
	const struct pel_sdf_channel channels[] = { { 0, 1, &one, &one, 1, 1, 0, 0 },
						    { 0, 2, _i ? &none : &one, _i ? &none : &one, 1, 1, 3, 2 } };
	const struct pel_sdf sdf = { 3, 2, single, channels };
	const struct pel_sdf_times times[] = { { &one, 1 }, { &one, 1 }, { &one, 1 } };
	struct pel_sdf_fraction ret = { 11, 12 };
	uint64_t starts[3], ends[3], larger = 13;

	ck_assert_int_eq(pel_sdf_throughput(&sdf, ring_q, times, NULL, &ret, NULL, NULL), -EINVAL);
	ck_assert_int_eq(pel_sdf_enlarge(&sdf, ring_q, times, NULL, 1, &ret, &larger), -EINVAL);
	ck_assert_int_eq(pel_sdf_spans(&sdf, ring_q, times, NULL, starts, ends), -EINVAL);
	ck_assert(sdf_case_same(ret, (struct pel_sdf_fraction){ 11, 12 }));
	ck_assert_uint_eq(larger, 13);
}
END_TEST

START_TEST(counts_that_do_not_balance_are_an_error)
{
	static const uint64_t counts[][3] = { { 1, 1, 2 }, { 2, 1, 1 }, { 0, 0, 0 }, { 1, 1, 0 } };
	const struct pel_sdf_times times[] = { { &one, 1 }, { &one, 1 }, { &one, 1 } };

	for (size_t i = 0; i < sizeof(counts) / sizeof(*counts); i++) {
		struct pel_sdf_fraction ret;
		struct pel_sdf_buffers buffers;
		uint64_t starts[3], ends[3], larger;

		ck_assert_int_eq(pel_sdf_throughput(&ring_sdf, counts[i], times, NULL, &ret, NULL, NULL),
				 -EINVAL);
		ck_assert_int_eq(pel_sdf_enlarge(&ring_sdf, counts[i], times, NULL, 0, &ret, &larger), -EINVAL);
		ck_assert_int_eq(pel_sdf_spans(&ring_sdf, counts[i], times, NULL, starts, ends), -EINVAL);
		ck_assert_int_eq(pel_sdf_buffers(&ring_sdf, counts[i], times,
						 (struct pel_sdf_fraction){ 1, 1 }, NULL, &buffers),
				 -EINVAL);
	}
}
END_TEST

/* A producer of 10^9 firings an iteration is not listed: more than `limits` allow by far. */
START_TEST(a_thousand_million_firings_need_not_be_listed)
{
	static const uint64_t all = 1000000000, time = 4000000001;
	const struct pel_sdf_channel channels[] = { { 0, 1, &one, &all, 1, 1, 0, 2 * all },
						    { 0, 0, &one, &one, 1, 1, 1, 0 },
						    { 1, 1, &one, &one, 1, 1, 1, 0 } };
	const struct pel_sdf sdf = { 2, 3, single, channels };
	const struct pel_sdf_times times[] = { { &one, 1 }, { &time, 1 } };
	const uint64_t q[] = { all, 1 };
	struct pel_sdf_fraction ret;

	ck_assert_int_eq(pel_sdf_throughput(&sdf, q, times, NULL, &ret, NULL, NULL), 0);
	ck_assert(sdf_case_same(ret, (struct pel_sdf_fraction){ 1, time }));
}
END_TEST

/* Expires when it was asked *context times. */
static bool expire_after(void *context)
{
	uint64_t *left = context;

	return !*left || !--*left;
}

/*
 * (2^24 + 1) * 2^40 is 2^40 more than 64 bits hold, so an iteration cannot be divided into so many parts. The analysis either finds that only the
 * sequential consumer matters, or reports that the throughput is unknown.
 */
START_TEST(parts_of_an_iteration_that_overflow_are_not_taken_for_exact)
{
	static const uint64_t many = (uint64_t)1 << 40, odd = (1 << 24) + 1, slow = 1 << 17;
	const struct pel_sdf_channel channels[] = { { 0, 1, &one, &many, 1, 1, 0, 8 * many },
						    { 1, 2, &odd, &one, 1, 1, 0, 16 * odd },
						    { 0, 0, &one, &one, 1, 1, 1, 0 },
						    { 1, 1, &one, &one, 1, 1, 1, 0 },
						    { 2, 2, &one, &one, 1, 1, 1, 0 } };
	const struct pel_sdf sdf = { 3, 5, single, channels };
	const struct pel_sdf_times times[] = { { &one, 1 }, { &one, 1 }, { &slow, 1 } };
	const uint64_t q[] = { many, 1, odd };
	struct pel_sdf_fraction ret = { 0 };
	uint64_t left = 100; /* the execution of so many firings would take hours */
	const struct pel_sdf_limits limits = { .expired = expire_after, .context = &left };
	int r = pel_sdf_throughput(&sdf, q, times, &limits, &ret, NULL, NULL);

	ck_assert(r == -EOVERFLOW || r == -ETIME ||
		  (r == 0 && sdf_case_same(ret, (struct pel_sdf_fraction){ 1, odd * slow })));
}
END_TEST

/* ---- limits ---- */

START_TEST(expired_limits_are_an_error)
{
	uint64_t left = 0;
	const struct pel_sdf_limits limits = { .expired = expire_after, .context = &left };
	struct pel_sdf_fraction ret = { 11, 12 };

	ck_assert_int_eq(ring_throughput((const uint64_t[]){ 3, 0, 7 }, &limits, &ret), -ETIME);
	ck_assert(sdf_case_same(ret, (struct pel_sdf_fraction){ 11, 12 }));
}
END_TEST

START_TEST(with_limits_the_answer_is_right_or_there_is_none)
{
	uint64_t random = 5, none = 0, n = 0;

	for (uint64_t i = 0; i < hunt.count / 2; i++) {
		uint64_t left = 1 + sdf_case_random(&random, 5);
		const struct pel_sdf_limits limits = {
			.expired = i % 3 ? expire_after : NULL,
			.context = &left,
			.max_firings = sdf_case_random(&random, 3) ? 1 + sdf_case_random(&random, 3000) : 0,
		};
		struct pel_sdf_fraction ret;
		struct sdf_case c;
		int r;

		make(&c, hunt.first + i);
		r = pel_sdf_throughput(&c.sdf, c.q, c.times, &limits, &ret, NULL, NULL);
		if (r == 0)
			check_same(ret, throughput_of(&c), &c);
		else
			ck_assert_msg(r == -ETIME, "%d: %s", r, sdf_case_text(&c));
		none += r < 0;
		n++;
	}
	ck_assert(n < GRAPHS / 2 || (none > n / 20 && none < n - n / 20));
}
END_TEST

int main(int argc, char **argv)
{
	TCase *tcase = tcase_create("throughput");

	sdf_case_arguments(&hunt, argc, argv);
	tcase_add_test(tcase, throughput_is_that_of_a_self_timed_simulation);
	tcase_add_test(tcase, critical_channels_alone_have_the_same_throughput);
	tcase_add_test(tcase, throughput_does_not_depend_on_numbers_or_order);
	tcase_add_test(tcase, times_k_times_as_long_make_a_kth_of_the_throughput);
	tcase_add_test(tcase, more_capacity_never_lowers_the_throughput);
	tcase_add_test(tcase, enlarged_capacity_is_the_least_that_no_longer_bounds);
	tcase_add_test(tcase, parts_that_go_round_often_in_an_iteration_are_as_fast_as_simulated);
	tcase_add_test(tcase, counts_without_a_common_factor_change_nothing);
	tcase_add_test(tcase, ring_of_tokens_goes_round_once_in_the_sum_of_times);
	tcase_add_test(tcase, times_that_are_too_large_are_an_error);
	tcase_add_test(tcase, firings_that_take_no_time_can_deadlock);
	tcase_add_test(tcase, slow_firing_holds_up_the_token_of_the_next);
	tcase_add_loop_test(tcase, initial_tokens_above_a_capacity_are_an_error, 0, 2);
	tcase_add_test(tcase, counts_that_do_not_balance_are_an_error);
	tcase_add_test(tcase, a_thousand_million_firings_need_not_be_listed);
	tcase_add_test(tcase, parts_of_an_iteration_that_overflow_are_not_taken_for_exact);
	tcase_add_test(tcase, expired_limits_are_an_error);
	tcase_add_test(tcase, with_limits_the_answer_is_right_or_there_is_none);
	return sdf_case_run(&hunt, tcase);
}
