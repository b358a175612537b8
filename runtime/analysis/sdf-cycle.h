/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_SDF_CYCLE_H
#define PEL_SDF_CYCLE_H

#include "sdf-net.h"

__extension__ typedef __int128 pel_i128;

/*
 * Internal to this folder: the maximum cycle ratio of a directed graph, sum of lengths by sum of heights, exactly.
 *
 * Policy iteration (Howard 1960; for ratios: Cochet-Terrasson et al. 1998, Dasdan 2004) in integers. With the best ratio
 * E/H so far, an edge weighs length * H - E * height, and each node holds the length of the longest path found to it. A
 * node that finds a longer path takes it. If the paths close to a cycle, that cycle has a positive weight, so its ratio is
 * better. When there is no longer path, no ratio is better.
 */
struct pel_sdf_edge {
	int64_t length; /* >= 0 */
	int64_t height;
	uint32_t source;
	uint32_t tag; /* for the builder's own use */
};

#define PEL_SDF_NO_EDGE UINT32_MAX

struct pel_sdf_cycles {
	uint32_t n_nodes, n_edges;
	uint32_t *begin;	    /* edges into node v: edges[begin[v] .. begin[v + 1]) */
	struct pel_sdf_edge *edges; /* ordered by target */
	uint32_t *policy; /* the chosen edge of each node, counted from begin[]; PEL_SDF_NO_EDGE: none. Kept for the next solution */

	/* filled in by pel_sdf_cycles_solve() */
	uint64_t length, height;	/* of the best cycle, not reduced; 0, 0: no cycle has a length */
	uint32_t *critical, n_critical; /* its edges, in reverse order */

	pel_i128 *value;
	uint8_t *mark;
	bool *stale;			   /* nodes whose edges have changed */
	uint32_t *from;			   /* sources of the edges that policy[] names */
	uint32_t *stack, *out_begin, *out; /* targets of the edges from a node */
	uint64_t rounds;		   /* number of rounds used */
};

enum pel_sdf_cycles_verdict {
	PEL_SDF_CYCLES_RATIO,	   /* length and height */
	PEL_SDF_CYCLES_IMPOSSIBLE, /* critical[] has a cycle whose height is not above 0 */
};

/* Fill out_begin[] and out[]: the targets of the edges of each node, in order. */
void pel_sdf_cycles_list_targets(struct pel_sdf_cycles *graph);

/* Returns a verdict; -EOVERFLOW: more than 128 bits; -ETIME: limits. The caller owns the graph's arrays. */
int pel_sdf_cycles_solve(struct pel_sdf_cycles *graph, const struct pel_sdf_limits *limits);

/*
 * After a ratio with a length was found: check for a cycle with neither length nor height. It has no weight,
 * so it makes no path longer, but no firing on it can be the first. All its edges are tight, and a cycle of
 * tight edges without length has no height. Returns a verdict. Overwrites from[].
 */
int pel_sdf_cycles_check_timeless(struct pel_sdf_cycles *graph);

#endif
