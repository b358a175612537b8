/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_RATES_H
#define PEL_RATES_H

#include <stdbool.h>
#include <stdint.h>

/*
 * How many tokens a number of firings moves, and how many firings a number of tokens allows. Constant data;
 * any thread.
 */

/* Rates are constant, cyclic (with prefix sums) or dynamic. */
struct pel_rates {
	bool dynamic;
	uint32_t phases;	/* length of the cycle; 1: constant */
	uint64_t cycle_tokens;	/* of one whole cycle; for a constant rate: the rate */
	const uint64_t *before; /* phases + 1 sums: before[p] tokens in phases 0..p-1; NULL: constant */
};

static inline uint64_t pel_min_u64(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/*
 * Set `rates` from the `n` phases at `phases`. `sums` is memory for n + 1 numbers that must live as long as
 * `rates`; it is not used if n is 1.
 */
void pel_rates_set(struct pel_rates *rates, const uint64_t *phases, uint32_t n, uint64_t *sums);

uint64_t pel_rates_cyclic_tokens(const struct pel_rates *rates, uint64_t first, uint64_t n);

/* The tokens of `n` firings, the first of which is number `first`. */
static inline uint64_t pel_rates_tokens(const struct pel_rates *rates, uint64_t first, uint64_t n)
{
	return rates->before ? pel_rates_cyclic_tokens(rates, first, n) : n * rates->cycle_tokens;
}

uint64_t pel_rates_cyclic_firings(const struct pel_rates *rates, uint64_t first, uint64_t tokens);

/* The largest number of firings from number `first` on that `tokens` are enough for. */
static inline uint64_t pel_rates_firings(const struct pel_rates *rates, uint64_t first, uint64_t tokens)
{
	if (rates->before)
		return pel_rates_cyclic_firings(rates, first, tokens);
	return rates->cycle_tokens == 1 ? tokens : tokens / rates->cycle_tokens;
}

#endif
