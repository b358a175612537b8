/* SPDX-License-Identifier: Apache-2.0 */
#include <check.h>
#include <errno.h>
#include <stdlib.h>

#include "sdf.h"

/* A channel of constant rates: tests give produce and consume as arrays that live as long as the graph. */
#define RATES(...)          \
	(const uint64_t[])  \
	{                   \
		__VA_ARGS__ \
	}
#define SDF_CHANNEL(from_, p, to_, c)                                                               \
	{                                                                                           \
		.from = from_, .to = to_, .produce = RATES(p), .consume = RATES(c), .n_produce = 1, \
		.n_consume = 1                                                                      \
	}
#define MAX_ACTORS 16

static const uint32_t ones[MAX_ACTORS] = { 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1 };

static const struct example {
	const char *name;
	uint32_t n_actors, n_channels;
	const uint32_t *phases;
	struct pel_sdf_channel channels[6];
	uint64_t q[MAX_ACTORS];
} examples[] = {
	{ "no actor", 0, 0, ones, { { 0 } }, { 0 } },
	{ "isolated actors", 3, 0, ones, { { 0 } }, { 1, 1, 1 } },
	/* CD (44.1 kHz) to DAT (48 kHz) in stages of 1/1, 2/3, 2/7, 8/7, 5/1. */
	{ "sample rate converter",
	  6,
	  5,
	  ones,
	  { SDF_CHANNEL(0, 1, 1, 1), SDF_CHANNEL(1, 2, 2, 3), SDF_CHANNEL(2, 2, 3, 7),
	    SDF_CHANNEL(3, 8, 4, 7), SDF_CHANNEL(4, 5, 5, 1) },
	  { 147, 147, 98, 28, 32, 160 } },
	/* Variable length decoder, inverse quantisation, inverse transform, motion compensation of QCIF frames. */
	{ "video decoder",
	  4,
	  3,
	  ones,
	  { SDF_CHANNEL(0, 594, 1, 1), SDF_CHANNEL(1, 1, 2, 1), SDF_CHANNEL(2, 1, 3, 594) },
	  { 1, 594, 594, 1 } },
	{ "two components, each least",
	  4,
	  2,
	  ones,
	  { SDF_CHANNEL(0, 4, 1, 6), SDF_CHANNEL(2, 10, 3, 4) },
	  { 3, 2, 2, 5 } },
	{ "a self-loop binds nothing else",
	  2,
	  2,
	  ones,
	  { SDF_CHANNEL(0, 5, 0, 5), SDF_CHANNEL(0, 1, 1, 2) },
	  { 2, 1 } },
	{ "a channel that never moves a token binds nothing", 2, 1, ones, { SDF_CHANNEL(0, 0, 1, 0) }, { 1, 1 } },
	{ "two channels that agree", 2, 2, ones, { SDF_CHANNEL(0, 2, 1, 3), SDF_CHANNEL(1, 6, 0, 4) }, { 3, 2 } },
	/* Counted in full phase cycles: 1 + 0 + 2 = 3 tokens a cycle against 2 phases of 1. */
	{ "cyclic rates",
	  2,
	  1,
	  (const uint32_t[]){ 3, 2 },
	  { { .from = 0, .to = 1, .produce = RATES(1, 0, 2), .consume = RATES(1), .n_produce = 3, .n_consume = 1 } },
	  { 2, 3 } },
	{ "lists shorter than the phases repeat",
	  2,
	  1,
	  (const uint32_t[]){ 6, 4 },
	  { { .from = 0, .to = 1, .produce = RATES(1, 3), .consume = RATES(2, 0), .n_produce = 2, .n_consume = 2 } },
	  { 1, 3 } },
	{ "the largest rates there are",
	  2,
	  1,
	  ones,
	  { SDF_CHANNEL(0, UINT64_MAX, 1, UINT64_MAX - 1) },
	  { UINT64_MAX - 1, UINT64_MAX } },
	{ "sums beyond 64 bits that reduce",
	  2,
	  1,
	  (const uint32_t[]){ 2, 2 },
	  { { .from = 0,
	      .to = 1,
	      .produce = RATES(UINT64_MAX, UINT64_MAX),
	      .consume = RATES(UINT64_MAX),
	      .n_produce = 2,
	      .n_consume = 1 } },
	  { 1, 1 } },
};

START_TEST(repetition_of_known_graphs)
{
	const struct example *e = &examples[_i];
	struct pel_sdf sdf = { e->n_actors, e->n_channels, e->phases, e->channels };
	uint64_t q[MAX_ACTORS];

	ck_assert_msg(pel_sdf_repetition(&sdf, q, NULL, NULL) == 0, "%s", e->name);
	for (uint32_t a = 0; a < e->n_actors; a++)
		ck_assert_msg(q[a] == e->q[a], "%s: actor %u: %ju", e->name, a, (uintmax_t)q[a]);
}
END_TEST

static const struct contradiction {
	const char *name;
	uint32_t n_actors, n_channels;
	struct pel_sdf_channel channels[6];
	uint32_t n_cycle, cycle[6];
} contradictions[] = {
	{ "two ways with different gain",
	  4,
	  4,
	  { SDF_CHANNEL(0, 1, 1, 1), SDF_CHANNEL(1, 2, 3, 1), SDF_CHANNEL(0, 1, 2, 1), SDF_CHANNEL(2, 1, 3, 1) },
	  4,
	  { 3, 1, 0, 2 } },
	{ "a self-loop that grows", 1, 1, { SDF_CHANNEL(0, 2, 0, 1) }, 1, { 0 } },
	{ "two channels that disagree", 2, 2, { SDF_CHANNEL(0, 2, 1, 3), SDF_CHANNEL(1, 3, 0, 4) }, 2, { 1, 0 } },
	{ "a reader of nothing", 3, 2, { SDF_CHANNEL(0, 1, 1, 1), SDF_CHANNEL(1, 0, 2, 1) }, 1, { 1 } },
	{ "only the cycle is named, not the way to it",
	  5,
	  5,
	  { SDF_CHANNEL(0, 1, 1, 1), SDF_CHANNEL(1, 1, 2, 1), SDF_CHANNEL(2, 1, 3, 1),
	    SDF_CHANNEL(3, 1, 1, 2), SDF_CHANNEL(3, 1, 4, 1) },
	  3,
	  { 2, 3, 1 } },
	/* 2^40 * 2^40 is beyond what fractions of 64 bits hold; yet 2^80 to 1 there and 1 to 3 back is certainly wrong. */
	{ "a contradiction among numbers that are too large",
	  3,
	  3,
	  { SDF_CHANNEL(0, (uint64_t)1 << 40, 1, 1), SDF_CHANNEL(1, (uint64_t)1 << 40, 2, 1),
	    SDF_CHANNEL(2, 1, 0, 3) },
	  3,
	  { 1, 2, 0 } },
};

START_TEST(inconsistent_graphs_name_the_cycle_that_contradicts_itself)
{
	const struct contradiction *e = &contradictions[_i];
	struct pel_sdf sdf = { e->n_actors, e->n_channels, ones, e->channels };
	uint32_t cycle[6], n_cycle = 0;
	uint64_t q[MAX_ACTORS];
	bool seen[6] = { false };

	ck_assert_int_eq(pel_sdf_repetition(&sdf, q, NULL, NULL), -EINVAL);
	ck_assert_int_eq(pel_sdf_repetition(&sdf, q, cycle, &n_cycle), -EINVAL);
	ck_assert_msg(n_cycle == e->n_cycle, "%s: %u channels", e->name, n_cycle);
	for (uint32_t i = 0; i < n_cycle; i++) {
		const struct pel_sdf_channel *ch = &e->channels[cycle[i]],
					     *next = &e->channels[cycle[(i + 1) % n_cycle]];

		ck_assert(ch->from == next->from || ch->from == next->to || ch->to == next->from ||
			  ch->to == next->to);
		ck_assert_msg(!seen[cycle[i]], "%s", e->name);
		seen[cycle[i]] = true;
	}
	for (uint32_t i = 0; i < n_cycle; i++)
		ck_assert_msg(seen[e->cycle[i]], "%s: channel %u is not named", e->name, e->cycle[i]);
}
END_TEST

START_TEST(a_vector_beyond_64_bits_is_an_overflow)
{
	struct pel_sdf_channel channels[] = { SDF_CHANNEL(0, (uint64_t)1 << 40, 1, 1),
					      SDF_CHANNEL(1, (uint64_t)1 << 40, 2, 1) };
	/* Denominators: each fits, their common multiple does not. */
	struct pel_sdf_channel primes[] = { SDF_CHANNEL(0, 1, 1, 4294967291), SDF_CHANNEL(0, 1, 2, 4294967279),
					    SDF_CHANNEL(0, 1, 3, 4294967231) };
	struct pel_sdf sdf = { 3, 2, ones, channels };
	uint64_t q[4];

	ck_assert_int_eq(pel_sdf_repetition(&sdf, q, NULL, NULL), -EOVERFLOW);
	sdf = (struct pel_sdf){ 4, 3, ones, primes };
	ck_assert_int_eq(pel_sdf_repetition(&sdf, q, NULL, NULL), -EOVERFLOW);
}
END_TEST

START_TEST(a_long_chain_whose_gains_cancel_is_solved)
{
	enum { ACTORS = 100000 };
	struct pel_sdf_channel *channels = calloc(ACTORS, sizeof(*channels));
	uint32_t *phases = calloc(ACTORS, sizeof(*phases));
	uint64_t *q = calloc(ACTORS, sizeof(*q));
	struct pel_sdf sdf = { ACTORS, ACTORS - 1, phases, channels };
	uint64_t rates[] = { 2, 3 };

	ck_assert(channels && phases && q);
	for (uint32_t a = 0; a < ACTORS; a++)
		phases[a] = 1;
	for (uint32_t c = 0; c + 1 < ACTORS; c++)
		channels[c] = (struct pel_sdf_channel){ .from = c,
							.to = c + 1,
							.produce = &rates[c % 2],
							.consume = &rates[(c + 1) % 2],
							.n_produce = 1,
							.n_consume = 1 };
	ck_assert_int_eq(pel_sdf_repetition(&sdf, q, NULL, NULL), 0);
	for (uint32_t a = 0; a < ACTORS; a++)
		ck_assert_uint_eq(q[a], a % 2 ? 2 : 3);
	free(channels);
	free(phases);
	free(q);
}
END_TEST

/* ---- Memory that runs out ---- */

static long allocations_left, in_use;

static void *scarce_alloc(size_t count, size_t bytes)
{
	if (allocations_left-- <= 0)
		return NULL;
	in_use++;
	return calloc(count, bytes);
}

static void scarce_release(void *memory)
{
	in_use--;
	free(memory);
}

START_TEST(every_allocation_may_fail)
{
	struct pel_sdf_channel channels[] = { SDF_CHANNEL(0, 2, 1, 3), SDF_CHANNEL(1, 1, 2, 1),
					      SDF_CHANNEL(1, 1, 2, 1) };
	struct pel_sdf sdf = { 3, 3, ones, channels };
	uint64_t q[3], high_water[3], least;
	long needed = 0;
	int r;

	pel_sdf_set_alloc(scarce_alloc, scarce_release);
	do {
		allocations_left = needed;
		r = pel_sdf_repetition(&sdf, q, NULL, NULL);
		if (r == 0)
			r = pel_sdf_liveness(&sdf, q, high_water, NULL, NULL, 0);
		if (r == 0)
			r = pel_sdf_least_capacity(&sdf, q, 1, 0, &least);
		if (r == 0)
			r = pel_sdf_least_initial(&sdf, q, 1, 0, &least);
		ck_assert(r == 0 || r == -ENOMEM);
		ck_assert_int_eq(in_use, 0);
		needed++;
	} while (r < 0);
	pel_sdf_set_alloc(NULL, NULL);
	ck_assert_int_gt(needed, 60);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("analysis-repetition");
	TCase *tcase = tcase_create("repetition");
	SRunner *runner;
	int failed;

	tcase_add_loop_test(tcase, repetition_of_known_graphs, 0, sizeof(examples) / sizeof(*examples));
	tcase_add_loop_test(tcase, inconsistent_graphs_name_the_cycle_that_contradicts_itself, 0,
			    sizeof(contradictions) / sizeof(*contradictions));
	tcase_add_test(tcase, a_vector_beyond_64_bits_is_an_overflow);
	tcase_add_test(tcase, a_long_chain_whose_gains_cancel_is_solved);
	tcase_add_test(tcase, every_allocation_may_fail);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
