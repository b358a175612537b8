/* SPDX-License-Identifier: Apache-2.0 */
#include "sdf-net.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static void *(*alloc_hook)(size_t, size_t) = calloc;
static void (*release_hook)(void *) = free;

void pel_sdf_set_alloc(void *(*alloc)(size_t, size_t), void (*release)(void *))
{
	alloc_hook = alloc ? alloc : calloc;
	release_hook = release ? release : free;
}

void *pel_sdf_alloc(size_t count, size_t bytes)
{
	return alloc_hook(count ? count : 1, bytes);
}

void pel_sdf_release(void *memory)
{
	if (memory)
		release_hook(memory);
}

int pel_sdf_grow(void **memory, size_t *room, size_t used, size_t need, size_t bytes)
{
	size_t more = *room + *room / 2;
	void *larger;

	if (need <= *room)
		return 0;
	more = more < need ? need : more;
	larger = pel_sdf_alloc(more, bytes);
	if (!larger)
		return -ENOMEM;
	if (used)
		memcpy(larger, *memory, used * bytes);
	pel_sdf_release(*memory);
	*memory = larger;
	*room = more;
	return 0;
}

uint64_t pel_sdf_gcd(uint64_t a, uint64_t b)
{
	while (b) {
		uint64_t rest = a % b;

		a = b;
		b = rest;
	}
	return a;
}

pel_u128 pel_sdf_sum(const uint64_t *rates, uint32_t n)
{
	pel_u128 sum = 0; /* at most 2^32 numbers below 2^64 */

	for (uint32_t i = 0; i < n; i++)
		sum += rates[i];
	return sum;
}

uint64_t pel_sdf_max(const uint64_t *rates, uint32_t n)
{
	uint64_t max = 0;

	for (uint32_t i = 0; i < n; i++)
		max = rates[i] > max ? rates[i] : max;
	return max;
}

uint64_t pel_sdf_firings_within(const struct pel_sdf_rates *rates, uint64_t tokens)
{
	uint64_t cycles, firings;
	uint32_t low = 0, high = rates->n - 1;

	if (!rates->cycle)
		return UINT64_MAX;
	cycles = tokens / rates->cycle;
	if (rates->n == 1)
		return cycles;
	tokens %= rates->cycle;
	while (low < high) { /* the last prefix within `tokens` */
		uint32_t middle = low + (high - low + 1) / 2;

		if (rates->prefix[middle] <= tokens)
			low = middle;
		else
			high = middle - 1;
	}
	if (__builtin_mul_overflow(cycles, rates->n, &firings) ||
	    __builtin_add_overflow(firings, low, &firings))
		return UINT64_MAX;
	return firings;
}

/*
 * The bound of one channel.
 *
 * Let the consumer fire as soon as it can, and the producer only when the consumer lacks tokens: every other order holds
 * at least as many tokens at some time. When consumer phase j ends at its x-th token (not counting initial ones), the
 * producer has just ended the phase i in which it wrote token x, and the channel holds c(j) plus what phase i wrote
 * beyond x. With P and C the sums of the lists and g = gcd(P, C), x modulo P takes, over all cycles, every value that is
 * congruent to the end of phase j modulo g. The worst is the least such x within phase i:
 *
 *	c(j) + p(i) - 1 - ((end(j) - initial - start(i) - 1) mod g)
 *
 * and the result is the largest of these. (If no such x lies in phase i, the value is less than c(j), and another phase
 * gives c(j) or more.)
 */
struct place {
	uint64_t at;	 /* modulo g */
	uint64_t tokens; /* rate of the phase */
};

static uint64_t bound_of_pairs(const struct pel_sdf_channel *ch, uint64_t g)
{
	uint64_t best = 0, end = (g - ch->initial % g) % g;

	for (uint32_t j = 0; j < ch->n_consume; j++) {
		uint64_t start = 1 % g;

		end = (uint64_t)(((pel_u128)end + ch->consume[j]) % g);
		for (uint32_t i = 0; i < ch->n_produce; i++) {
			uint64_t before = end >= start ? end - start : g - start + end;

			if (ch->produce[i] > before && ch->produce[i] - 1 - before + ch->consume[j] > best)
				best = ch->produce[i] - 1 - before + ch->consume[j];
			start = (uint64_t)(((pel_u128)start + ch->produce[i]) % g);
		}
	}
	return best;
}

static int place_compare(const void *a, const void *b)
{
	const struct place *x = a, *y = b;

	return (x->at > y->at) - (x->at < y->at);
}

/*
 * The same by sorting. With s the start and r the end, both modulo g, the value is c - r + (p + s - 1), less
 * g if s > r. So take for each j the largest p + s among s <= r, or the largest of all, less g.
 */
static uint64_t bound_by_sorting(const struct pel_sdf_channel *ch, uint64_t g, struct place *starts)
{
	uint64_t at = 1 % g, best = 0, end = (g - ch->initial % g) % g, all;

	for (uint32_t i = 0; i < ch->n_produce; i++) {
		starts[i] = (struct place){ at, ch->produce[i] };
		at = (uint64_t)(((pel_u128)at + ch->produce[i]) % g);
	}
	qsort(starts, ch->n_produce, sizeof(*starts), place_compare);
	for (uint32_t i = 0; i < ch->n_produce; i++) { /* from here on, .tokens is the largest p + s so far */
		starts[i].tokens += starts[i].at;
		if (i && starts[i - 1].tokens > starts[i].tokens)
			starts[i].tokens = starts[i - 1].tokens;
	}
	all = starts[ch->n_produce - 1].tokens;
	for (uint32_t j = 0; j < ch->n_consume; j++) {
		uint32_t low = 0, high = ch->n_produce;
		uint64_t reach = all > g ? all - g : 0;

		end = (uint64_t)(((pel_u128)end + ch->consume[j]) % g);
		while (low < high) { /* the number that start at or before `end` */
			uint32_t middle = low + (high - low) / 2;

			if (starts[middle].at <= end)
				low = middle + 1;
			else
				high = middle;
		}
		if (low && starts[low - 1].tokens > reach)
			reach = starts[low - 1].tokens;
		if (reach > end && reach - 1 - end + ch->consume[j] > best)
			best = reach - 1 - end + ch->consume[j];
	}
	return best;
}

uint64_t pel_sdf_channel_bound(const struct pel_sdf_channel *ch, uint32_t from_phases, uint32_t to_phases)
{
	pel_u128 produced = pel_sdf_sum(ch->produce, ch->n_produce);
	pel_u128 consumed = pel_sdf_sum(ch->consume, ch->n_consume);
	struct place *starts = NULL;
	uint64_t g, bound;

	(void)from_phases; /* the lists repeat, so one of each is enough */
	(void)to_phases;
	if (produced > INT64_MAX || consumed > INT64_MAX)
		return UINT64_MAX;
	if (!produced || !consumed)
		return ch->initial;
	g = pel_sdf_gcd((uint64_t)produced, (uint64_t)consumed);
	if ((uint64_t)ch->n_produce * ch->n_consume > 4096)
		starts = pel_sdf_alloc(ch->n_produce, sizeof(*starts));
	/* Without memory for sorting, the answer is the same and only takes longer. */
	bound = starts ? bound_by_sorting(ch, g, starts) : bound_of_pairs(ch, g);
	pel_sdf_release(starts);
	return bound > ch->initial ? bound : ch->initial;
}
