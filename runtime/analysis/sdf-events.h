/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_SDF_EVENTS_H
#define PEL_SDF_EVENTS_H

#include "sdf-cycle.h"

/*
 * Within the folder only: the constraints between the starts of firings, as a graph for pel_sdf_cycles_solve().
 *
 * A schedule is K-periodic (Bodin, Munier-Kordon, Dupont de Dinechin 2013; 2016) where each actor's firings fall into k[a] phase cycles that repeat as one, with
 * the period its share of the iteration has. Node (a, i) is the start of the i-th firing of these; an edge from (a, i) to (b, j) of height
 * h says that the latter comes at least `length` after the former less h iterations. With k[a] = q[a] these are all firings of an
 * iteration, and the constraints are those of the graph itself; with less they ask for more, so that the period is an upper bound.
 *
 * A channel whose two ends have nothing in common would give an edge from every firing to every other: k[a] * k[b]. But its heights are the
 * sum of a part of the producer, one of the consumer, and a carry that compares two residues. So a ring of helper nodes in
 * the order of residues, which costs one height to go round, says the same with k[a] + 2 * k[b] edges.
 *
 * Tokens keep their order: a firing that is slower than the next one holds up the tokens of both.
 */
struct pel_sdf_events {
	const struct pel_sdf_net *net;
	const uint64_t *q;
	const struct pel_sdf_times *times;   /* of each actor */
	const bool *in_order;		     /* of each actor: its firings end in the order they start */
	const bool *sequential;		     /* of each actor: one firing at a time */
	const uint64_t *capacity;	     /* of each channel; 0: unbounded */
	const struct pel_sdf_limits *limits; /* NULL: none */
	uint64_t work;			     /* since limits were looked at */

	/* the part of the graph */
	const uint32_t *actors, *channels;
	uint32_t n_actors, n_channels;

	uint64_t *k;	 /* of each actor of the net: phase cycles; divides q */
	uint32_t *first; /* of each actor of the net: its first node */
	uint32_t *owner; /* of each node: the actor; PEL_SDF_NO_EDGE: a helper */
	uint64_t unit;	 /* heights in an iteration */
	bool coarse;	 /* the exact unit would be too large: heights are rounded down */
	struct pel_sdf_cycles graph;

	/* rooms that grow */
	uint64_t *turns;    /* of each tag: how many make an iteration */
	uint32_t *gathered; /* of each edge of a coarse graph: its place in edges[] */
	size_t gathered_room, nodes_room, edges_room, targets_room, sorted_room, out_room, residues_room;
	struct pel_sdf_edge *edges; /* as gathered, heights in turns; and where they go */
	uint32_t *targets;
	struct residue *residues;
};

/* Tags of edges: twice the channel, and 1 for the room it has; or this. */
#define PEL_SDF_START_ORDER UINT32_MAX

/* The arrays of k[] and first[] are made; k[] is 1. Returns 0 or -ENOMEM. To be followed by _fini(). */
int pel_sdf_events_init(struct pel_sdf_events *events, const struct pel_sdf_net *net, const uint64_t *q,
			const struct pel_sdf_times *times, const bool *in_order, const bool *sequential);
void pel_sdf_events_fini(struct pel_sdf_events *events);

/* Nodes that the part has with the present k[], helpers apart. UINT64_MAX: more than 64 bits. */
uint64_t pel_sdf_events_count(const struct pel_sdf_events *events);

/*
 * Make the graph of the part. Where `keep`, each node starts from the edge chosen in the last solution, which had the same k[] and part.
 * Returns 0, -ETIME (limits), -EOVERFLOW (also where it would have more than 2^24 edges) or -ENOMEM.
 */
int pel_sdf_events_build(struct pel_sdf_events *events, bool keep);

/*
 * After a coarse graph was found impossible: is it so by the exact heights of the cycle? Returns PEL_SDF_CYCLES_IMPOSSIBLE, or -EOVERFLOW: the coarse ones
 * tell nothing.
 */
int pel_sdf_events_check_impossible(const struct pel_sdf_events *events);

/*
 * After a coarse graph was solved: keep the edges that a cycle as good as the one found could have, with exact heights, to be solved again. Returns
 * 0, -EOVERFLOW or -ENOMEM.
 */
int pel_sdf_events_refine(struct pel_sdf_events *events);

/* What the files of this graph share: how many blocks of k[actor] phase cycles make an iteration; */
uint64_t pel_sdf_events_blocks(const struct pel_sdf_events *events, uint32_t actor);
/* how many of an edge's turns do; */
uint64_t pel_sdf_events_turns(const struct pel_sdf_events *events, const struct pel_sdf_edge *edge);
/* an edge's turns made heights: exact where the unit is a multiple, rounded down where it is coarse (0 or -EOVERFLOW); */
int pel_sdf_events_to_height(const struct pel_sdf_events *events, struct pel_sdf_edge *edge);
/* the least common multiple, or -EOVERFLOW: then *ret is as it was. */
int pel_sdf_common_multiple(uint64_t a, uint64_t b, uint64_t *ret);

/* The least unit that all heights are multiples of; a coarse one where that does not fit. */
int pel_sdf_events_choose_unit(struct pel_sdf_events *ev);

#endif
