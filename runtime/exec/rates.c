/* SPDX-License-Identifier: Apache-2.0 */
#include "rates.h"

#include <stddef.h>

void pel_rates_set(struct pel_rates *rates, const uint64_t *phases, uint32_t n, uint64_t *sums)
{
	*rates = (struct pel_rates){ .phases = n, .cycle_tokens = phases[0] };
	if (n == 1)
		return;
	sums[0] = 0;
	for (uint32_t i = 0; i < n; i++)
		sums[i + 1] = sums[i] + phases[i];
	rates->cycle_tokens = sums[n];
	rates->before = sums;
}

uint64_t pel_rates_cyclic_tokens(const struct pel_rates *rates, uint64_t first, uint64_t n)
{
	uint64_t phase = first % rates->phases, end = phase + n;

	return end / rates->phases * rates->cycle_tokens + rates->before[end % rates->phases] -
	       rates->before[phase];
}

uint64_t pel_rates_cyclic_firings(const struct pel_rates *rates, uint64_t first, uint64_t tokens)
{
	uint64_t phase = first % rates->phases, cycles, rest, low = 0, high;

	tokens += rates->before[phase];
	cycles = tokens / rates->cycle_tokens;
	rest = tokens % rates->cycle_tokens;
	high = rates->phases - 1;
	while (low < high) { /* find the last phase that starts after no more than `rest` tokens */
		uint64_t middle = (low + high + 1) / 2;

		if (rates->before[middle] <= rest)
			low = middle;
		else
			high = middle - 1;
	}
	return cycles * rates->phases + low - phase;
}
