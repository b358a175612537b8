/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_RANDOM_H
#define PEL_RANDOM_H

#include <stdint.h>

/* The next random number: SplitMix64 with this state. */
static inline uint64_t pel_random(uint64_t *state)
{
	uint64_t x = *state += 0x9e3779b97f4a7c15u;

	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
	x = (x ^ x >> 27) * 0x94d049bb133111ebu;
	return x ^ x >> 31;
}

#endif
