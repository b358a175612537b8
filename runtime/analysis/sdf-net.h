/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_SDF_NET_H
#define PEL_SDF_NET_H

#include "sdf.h"

/* Internal to this folder: shared by the analyses. */

__extension__ typedef unsigned __int128 pel_u128;

/* Zeroed memory from the hooks of pel_sdf_set_alloc(). A count of 0 gives memory, too. */
void *pel_sdf_alloc(size_t count, size_t bytes);
void pel_sdf_release(void *memory);
/* Room for `need` elements, of which `used` are to be kept. */
int pel_sdf_grow(void **memory, size_t *room, size_t used, size_t need, size_t bytes);

/* The sum of one list of rates. */
pel_u128 pel_sdf_sum(const uint64_t *rates, uint32_t n);
uint64_t pel_sdf_max(const uint64_t *rates, uint32_t n);

/* A cyclic list of rates with its prefix sums: prefix[i] is the sum of the first i rates; NULL for a list of one. */
struct pel_sdf_rates {
	uint64_t *prefix;
	uint64_t cycle; /* sum of the list */
	uint32_t n;
};

/* Tokens moved by the first `firings` firings. Must not overflow. */
static inline uint64_t pel_sdf_moved(const struct pel_sdf_rates *rates, uint64_t firings)
{
	if (rates->n == 1)
		return firings * rates->cycle;
	return firings / rates->n * rates->cycle + rates->prefix[firings % rates->n];
}

/* Tokens moved by firing number `firing`, from 0. */
static inline uint64_t pel_sdf_rate_at(const struct pel_sdf_rates *rates, uint64_t firing)
{
	return pel_sdf_moved(rates, firing % rates->n + 1) - pel_sdf_moved(rates, firing % rates->n);
}

/* The largest number of firings, from the first, that move at most `tokens`; UINT64_MAX if there is no limit. */
uint64_t pel_sdf_firings_within(const struct pel_sdf_rates *rates, uint64_t tokens);

/*
 * A graph divided into blocks: the biconnected components of its undirected form, without self-loops. The
 * reason: actors that wait for each other in a cycle lie on one undirected cycle, and no such cycle leaves a
 * block. So a graph is live if and only if each block is, for as many firings as balance the block by itself.
 * A block of one channel has a closed-form solution.
 *
 * An actor is a member of every block that contains one of its channels.
 */
struct pel_sdf_link {
	uint32_t channel;
	uint32_t peer; /* the member at the other end */
	bool output;   /* this member produces */
};

struct pel_sdf_member {
	uint32_t actor;
	uint32_t links, n_links; /* inputs first */
};

struct pel_sdf_net {
	const struct pel_sdf *sdf;
	struct pel_sdf_rates *produce, *consume; /* for each channel */
	uint64_t *prefixes;
	uint32_t n_blocks;
	uint32_t *channels,
		*channels_begin; /* of block b: channels[channels_begin[b] .. channels_begin[b + 1]) */
	struct pel_sdf_member *members;
	uint32_t *members_begin;
	struct pel_sdf_link *links;
};

/* Returns 0, -EOVERFLOW (a list of rates sums to 2^63 or more) or -ENOMEM. Must always be followed by pel_sdf_net_fini(). */
int pel_sdf_net_init(struct pel_sdf_net *net, const struct pel_sdf *sdf);
void pel_sdf_net_fini(struct pel_sdf_net *net);

/* Check that `q` solves the balance equations. Returns 0, -EINVAL or -EOVERFLOW. */
int pel_sdf_net_check_balance(const struct pel_sdf_net *net, const uint64_t *q);

#endif
