/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_SDF_CYCLE_H
#define PEL_SDF_CYCLE_H

#include "sdf-net.h"

__extension__ typedef __int128 pel_i128;

/*
 * Within the folder only: the maximum cycle ratio of a directed graph, sum of lengths by sum of heights, exactly.
 *
 * Policy iteration (Howard 1960; for ratios: Cochet-Terrasson et al. 1998, Dasdan 2004) in integers: with the best ratio E/H so far, an
 * edge weighs length * H - E * height, and each node holds the length of the longest way found to it. A node that finds a longer way
 * takes it; where the ways close to a cycle, that cycle weighs more than nothing, so its ratio is better. No longer way: none is better.
 */
struct pel_sdf_edge {
	int64_t length; /* >= 0 */
	int64_t height;
	uint32_t source;
	uint32_t tag; /* of the builder's own */
};

#define PEL_SDF_NO_EDGE UINT32_MAX

struct pel_sdf_cycles {
	uint32_t n_nodes, n_edges;
	uint32_t *begin;	    /* edges into node v: edges[begin[v] .. begin[v + 1]) */
	struct pel_sdf_edge *edges; /* in the order of their targets */
	uint32_t *policy; /* of each node: which of its edges, counted from begin[]; PEL_SDF_NO_EDGE: none. Kept for the next time */

	/* filled by pel_sdf_cycles_solve() */
	uint64_t length, height; /* of the best cycle, not reduced; 0, 0: there is none that has a length */
	uint32_t *critical, n_critical; /* its edges, against their direction */

	pel_i128 *value;
	uint8_t *mark;
	bool *stale;			   /* a node whose edges have changed */
	uint32_t *from;			   /* sources of the edges that policy[] names */
	uint32_t *stack, *out_begin, *out; /* targets of the edges from a node */
	uint64_t rounds;		   /* it took */
};

enum pel_sdf_cycles_verdict {
	PEL_SDF_CYCLES_RATIO,	   /* length and height */
	PEL_SDF_CYCLES_IMPOSSIBLE, /* a cycle whose height is not above 0 is in critical[] */
};

/* Fill out_begin[] and out[]: the targets of the edges of each node, in order. */
void pel_sdf_cycles_list_targets(struct pel_sdf_cycles *graph);

/* Returns a verdict; -EOVERFLOW: it does not fit 128 bits; -ETIME: limits. The graph's arrays are the caller's. */
int pel_sdf_cycles_solve(struct pel_sdf_cycles *graph, const struct pel_sdf_limits *limits);

/*
 * After a ratio was found that has a length: is there a cycle that has neither length nor height? It weighs nothing, so no way gets longer by it, but nothing
 * on it can ever come first. All its edges are tight, and a cycle of tight edges without length has no height. Returns a verdict. from[] is used up.
 */
int pel_sdf_cycles_check_timeless(struct pel_sdf_cycles *graph);

#endif
