/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEST_MIX_H
#define TEST_MIX_H

#include <stddef.h>
#include <stdint.h>

/* Tokens that depend on every byte they were made of, so that a single wrong one shows in all that follow. */

static inline uint64_t mix_bytes(uint64_t hash, const unsigned char *bytes, size_t count)
{
	for (size_t i = 0; i < count; i++)
		hash = (hash ^ bytes[i]) * 0x100000001b3u + 1;
	return hash ^ hash >> 29;
}

static inline unsigned char mix_byte(uint64_t hash, uint64_t port, uint64_t index)
{
	hash += (port << 40) + (index + 1) * 0x9e3779b97f4a7c15u;
	hash = (hash ^ hash >> 30) * 0xbf58476d1ce4e5b9u;
	hash = (hash ^ hash >> 27) * 0x94d049bb133111ebu;
	return (unsigned char)(hash >> 56);
}

#endif
