/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_SDF_EVENTS_H
#define PEL_SDF_EVENTS_H

#include "sdf-cycle.h"

/*
 * Internal to this folder: the constraints between the starts of firings, as a graph for pel_sdf_cycles_solve().
 *
 * A schedule is K-periodic (Bodin, Munier-Kordon, Dupont de Dinechin 2013; 2016) if the firings of each actor form blocks
 * of k[a] phase cycles that repeat, with a period in proportion to their share of the iteration. Node (a, i) is the start
 * of the i-th firing in a block. An edge from (a, i) to (b, j) of height h means that the latter starts at least `length`
 * after the former, less h iterations. With k[a] = q[a] these are all firings of an iteration, and the constraints are
 * those of the graph itself. Smaller k constrain more, so that the period is an upper bound.
 *
 * A channel whose two ends have no common factor would give an edge from every firing to every other: k[a] * k[b]. But its
 * heights are the sum of a part for the producer, a part for the consumer, and a carry that compares two residues. So a
 * ring of helper nodes in the order of residues, once around which has the height 1, expresses the same with
 * k[a] + 2 * k[b] edges.
 *
 * Tokens keep their order: a firing that is slower than the next one delays the tokens of both.
 */
struct pel_sdf_events {
	const struct pel_sdf_net *net;
	const uint64_t *q;
	const struct pel_sdf_times *times; /* for each actor */
	const bool *in_order;	  /* for each actor: its firings end in the order in which they start */
	const bool *sequential;	  /* for each actor: one firing at a time */
	const uint64_t *capacity; /* for each channel; 0: unbounded */
	const struct pel_sdf_limits *limits; /* NULL: none */
	uint64_t work;			     /* since limits were checked */

	/* the strongly connected part of the graph */
	const uint32_t *actors, *channels;
	uint32_t n_actors, n_channels;

	uint64_t *k;	 /* for each actor of the net: phase cycles; divides q */
	uint32_t *first; /* for each actor of the net: its first node */
	uint32_t *owner; /* for each node: its actor; PEL_SDF_NO_EDGE: a helper node */
	uint64_t unit;	 /* heights in an iteration */
	bool coarse;	 /* the exact unit would be too large, so heights are rounded down */
	struct pel_sdf_cycles graph;

	/* growing arrays */
	uint64_t *turns;    /* for each tag: how many turns make an iteration */
	uint32_t *gathered; /* for each edge of a coarse graph: its place in edges[] */
	size_t gathered_room, nodes_room, edges_room, targets_room, sorted_room, out_room, residues_room;
	struct pel_sdf_edge *edges; /* as collected, with heights in turns; and their targets */
	uint32_t *targets;
	struct residue *residues;
};

/* Tags of edges: twice the channel, plus 1 for its room; or this. */
#define PEL_SDF_START_ORDER UINT32_MAX

/* Allocates k[] and first[]; k[] is 1. Returns 0 or -ENOMEM. Must be followed by _fini(). */
int pel_sdf_events_init(struct pel_sdf_events *events, const struct pel_sdf_net *net, const uint64_t *q,
			const struct pel_sdf_times *times, const bool *in_order, const bool *sequential);
void pel_sdf_events_fini(struct pel_sdf_events *events);

/* The number of nodes of the part with the current k[], without helper nodes. UINT64_MAX: more than 64 bits. */
uint64_t pel_sdf_events_count(const struct pel_sdf_events *events);

/*
 * Make the graph of the part. With `keep`, each node starts with the edge chosen in the last solution, which
 * had the same k[] and part. Returns 0, -ETIME (limits), -EOVERFLOW (also for more than 2^24 edges) or
 * -ENOMEM.
 */
int pel_sdf_events_build(struct pel_sdf_events *events, bool keep);

/*
 * After a coarse graph was found impossible: check the cycle with exact heights. Returns
 * PEL_SDF_CYCLES_IMPOSSIBLE, or -EOVERFLOW: the coarse heights prove nothing.
 */
int pel_sdf_events_check_impossible(const struct pel_sdf_events *events);

/*
 * After a coarse graph was solved: keep the edges that could be on a cycle as good as the one found, with
 * exact heights, to be solved again. Returns 0, -EOVERFLOW or -ENOMEM.
 */
int pel_sdf_events_refine(struct pel_sdf_events *events);

/* Shared by the files of this graph: how many blocks of k[actor] phase cycles make an iteration; */
uint64_t pel_sdf_events_blocks(const struct pel_sdf_events *events, uint32_t actor);
/* how many turns of an edge make an iteration; */
uint64_t pel_sdf_events_turns(const struct pel_sdf_events *events, const struct pel_sdf_edge *edge);
/* convert the turns of edges to heights: exact if the unit is a multiple, rounded down if it is coarse (0 or -EOVERFLOW); */
int pel_sdf_events_to_height(const struct pel_sdf_events *events, struct pel_sdf_edge *edge);
/* the least common multiple, or -EOVERFLOW: then *ret is unchanged. */
int pel_sdf_common_multiple(uint64_t a, uint64_t b, uint64_t *ret);

/* The least unit of which all heights are multiples; a coarse one if that overflows. */
int pel_sdf_events_choose_unit(struct pel_sdf_events *ev);

#endif
