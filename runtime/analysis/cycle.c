/* SPDX-License-Identifier: Apache-2.0 */
#include "sdf-cycle.h"

#include <errno.h>
#include <string.h>

/* Marks of nodes in a round: not seen, on the current path, and done. */
enum { UNSEEN, OPEN, DONE };

/* The edge chosen at a node that has one; from[node] is its source. */
static const struct pel_sdf_edge *chosen(const struct pel_sdf_cycles *g, uint32_t node)
{
	return &g->edges[g->begin[node] + g->policy[node]];
}

static void choose(struct pel_sdf_cycles *g, uint32_t node, uint32_t edge)
{
	g->policy[node] = edge == PEL_SDF_NO_EDGE ? edge : edge - g->begin[node];
	g->from[node] = edge == PEL_SDF_NO_EDGE ? edge : g->edges[edge].source;
}

static pel_i128 weight(const struct pel_sdf_cycles *g, const struct pel_sdf_edge *edge)
{
	return (pel_i128)edge->length * (int64_t)g->height - (pel_i128)edge->height * (int64_t)g->length;
}

/* The cycle of chosen edges through `node` becomes the critical cycle. */
static void keep_cycle(struct pel_sdf_cycles *g, uint32_t node)
{
	uint32_t v = node;

	g->n_critical = 0;
	do {
		g->critical[g->n_critical++] = g->begin[v] + g->policy[v];
		v = g->from[v];
	} while (v != node);
}

/* Evaluate a cycle of chosen edges. Returns a verdict, or -EOVERFLOW. */
static int judge_cycle(struct pel_sdf_cycles *g, uint32_t node)
{
	pel_i128 length = 0, height = 0;
	uint32_t v = node;

	do {
		const struct pel_sdf_edge *edge = chosen(g, v);

		length += edge->length;
		height += edge->height;
		v = edge->source;
	} while (v != node);
	if (height < 0 || (height == 0 && length > 0)) {
		keep_cycle(g, node);
		return PEL_SDF_CYCLES_IMPOSSIBLE;
	}
	if (length > INT64_MAX || height > INT64_MAX)
		return -EOVERFLOW;
	if (length > 0 && (!g->height || length * (int64_t)g->height > height * (int64_t)g->length)) {
		keep_cycle(g, node);
		g->length = (uint64_t)length;
		g->height = (uint64_t)height;
	}
	return PEL_SDF_CYCLES_RATIO;
}

/* Find all cycles of chosen edges; the best one sets the ratio, and each loses the edge into its root. */
static int open_cycles(struct pel_sdf_cycles *g, uint32_t *root)
{
	memset(g->mark, UNSEEN, g->n_nodes);
	for (uint32_t v = 0; v < g->n_nodes; v++) {
		uint32_t n = 0, u = v;

		while (u != PEL_SDF_NO_EDGE && g->mark[u] == UNSEEN) {
			g->mark[u] = OPEN;
			g->stack[n++] = u;
			u = g->from[u];
		}
		if (n && u != PEL_SDF_NO_EDGE && g->mark[u] == OPEN) {
			uint64_t length = g->length, height = g->height;
			int r = judge_cycle(g, u);

			if (r != PEL_SDF_CYCLES_RATIO)
				return r;
			if (length != g->length || height != g->height)
				*root = u;
			choose(g, u, PEL_SDF_NO_EDGE);
		}
		while (n)
			g->mark[g->stack[--n]] = DONE;
	}
	return PEL_SDF_CYCLES_RATIO;
}

/* Mark the edges out of a node to be examined again. */
static void tell_targets(struct pel_sdf_cycles *g, uint32_t node)
{
	for (uint32_t i = g->out_begin[node]; i < g->out_begin[node + 1]; i++)
		g->stale[g->out[i]] = true;
}

/* Compute the values of all nodes on the chosen path to `node`, back to a node that has one. */
static void evaluate_way(struct pel_sdf_cycles *g, uint32_t node)
{
	uint32_t n = 0, u = node;
	pel_i128 value;

	for (; g->mark[u] == UNSEEN && g->from[u] != PEL_SDF_NO_EDGE; u = g->from[u])
		g->stack[n++] = u;
	if (g->mark[u] == UNSEEN) {
		g->mark[u] = DONE;
		g->value[u] = 0;
	}
	for (value = g->value[u]; n; n--) {
		u = g->stack[n - 1];
		value += weight(g, chosen(g, u));
		if (value > g->value[u])
			tell_targets(g, u);
		g->value[u] = value;
		g->mark[u] = DONE;
	}
}

/* The lengths of the chosen paths, which are trees now. */
static void evaluate(struct pel_sdf_cycles *g)
{
	memset(g->mark, UNSEEN, g->n_nodes);
	for (uint32_t v = 0; v < g->n_nodes; v++)
		evaluate_way(g, v);
}

/* True if the chosen path to `node` starts at a node that is DONE. Marks all nodes on it: DONE or OPEN. */
static void mark_way(struct pel_sdf_cycles *g, uint32_t node)
{
	uint32_t n = 0, u = node;

	for (; g->mark[u] == UNSEEN && g->from[u] != PEL_SDF_NO_EDGE; u = g->from[u])
		g->stack[n++] = u;
	if (g->mark[u] == UNSEEN)
		g->mark[u] = OPEN;
	while (n)
		g->mark[g->stack[--n]] = g->mark[u];
}

/*
 * Paths that do not come from the root of the best cycle lose value each time the cycle is repeated: start as
 * many as possible from there.
 */
static void lead_from(struct pel_sdf_cycles *g, uint32_t root)
{
	uint32_t head = 0, n = 0;

	memset(g->mark, UNSEEN, g->n_nodes);
	g->mark[root] = DONE;
	for (uint32_t v = 0; v < g->n_nodes; v++)
		mark_way(g, v);
	for (uint32_t v = 0; v < g->n_nodes; v++)
		if (g->mark[v] == DONE)
			g->stack[n++] = v;
	while (head < n && n < g->n_nodes) {
		uint32_t u = g->stack[head++];

		for (uint32_t i = g->out_begin[u]; i < g->out_begin[u + 1]; i++) {
			uint32_t v = g->out[i];

			if (g->mark[v] == DONE)
				continue;
			for (uint32_t e = g->begin[v]; e < g->begin[v + 1]; e++)
				if (g->edges[e].source == u)
					choose(g, v, e);
			g->mark[v] = DONE;
			g->stack[n++] = v;
		}
	}
}

/*
 * Each node takes a longer path if it finds one. Returns whether any did. Alternates between forwards and
 * backwards, so that a change travels along a row of nodes in one round in either direction.
 */
static bool improve(struct pel_sdf_cycles *g, bool forwards)
{
	bool any = false;

	for (uint32_t i = 0; i < g->n_nodes; i++) {
		uint32_t v = forwards ? i : g->n_nodes - 1 - i, better = PEL_SDF_NO_EDGE;
		pel_i128 value = g->value[v];

		if (!g->stale[v])
			continue;
		g->stale[v] = false;
		for (uint32_t e = g->begin[v]; e < g->begin[v + 1]; e++) {
			pel_i128 other = g->value[g->edges[e].source] + weight(g, &g->edges[e]);

			if (other > value) {
				value = other;
				better = e;
			}
		}
		if (better != PEL_SDF_NO_EDGE) {
			g->value[v] = value;
			choose(g, v, better);
			tell_targets(g, v);
			any = true;
		}
	}
	return any;
}

/* True if no path's weight can exceed 2^126 at this ratio. */
static bool fits(const struct pel_sdf_cycles *g, uint64_t max_length, uint64_t max_height)
{
	pel_u128 a = (pel_u128)max_length * g->height, b = (pel_u128)max_height * g->length;
	pel_u128 limit = (((pel_u128)1 << 126) - 1) / (2 * (pel_u128)g->n_nodes + 2);

	return a <= limit && b <= limit;
}

/* An initial choice: the edge kept from the last solution, or the longest of the edges with the least height. */
static void choose_first(struct pel_sdf_cycles *g)
{
	for (uint32_t v = 0; v < g->n_nodes; v++) {
		uint32_t best = PEL_SDF_NO_EDGE;

		if (g->policy[v] != PEL_SDF_NO_EDGE && g->policy[v] < g->begin[v + 1] - g->begin[v]) {
			choose(g, v, g->begin[v] + g->policy[v]);
			continue;
		}
		for (uint32_t e = g->begin[v]; e < g->begin[v + 1]; e++)
			if (best == PEL_SDF_NO_EDGE || g->edges[e].height < g->edges[best].height ||
			    (g->edges[e].height == g->edges[best].height &&
			     g->edges[e].length > g->edges[best].length))
				best = e;
		choose(g, v, best);
	}
}

void pel_sdf_cycles_list_targets(struct pel_sdf_cycles *g)
{
	uint32_t *next = g->out_begin + 1;

	memset(g->out_begin, 0, ((size_t)g->n_nodes + 2) * sizeof(*g->out_begin));
	for (uint32_t e = 0; e < g->n_edges; e++)
		next[g->edges[e].source + 1]++;
	for (uint32_t v = 0; v < g->n_nodes; v++)
		next[v + 1] += next[v];
	for (uint32_t v = 0; v < g->n_nodes; v++)
		for (uint32_t e = g->begin[v]; e < g->begin[v + 1]; e++)
			g->out[next[g->edges[e].source]++] = v;
}

int pel_sdf_cycles_solve(struct pel_sdf_cycles *g, const struct pel_sdf_limits *limits)
{
	uint64_t max_length = 0, max_height = 0;
	int r;

	g->length = g->height = 0;
	g->n_critical = 0;
	g->rounds = 0;
	for (uint32_t e = 0; e < g->n_edges; e++) {
		uint64_t height = (uint64_t)(g->edges[e].height < 0 ? -g->edges[e].height : g->edges[e].height);

		max_length = (uint64_t)g->edges[e].length > max_length ? (uint64_t)g->edges[e].length
								       : max_length;
		max_height = height > max_height ? height : max_height;
	}
	choose_first(g);
	pel_sdf_cycles_list_targets(g);
	do {
		uint32_t root = PEL_SDF_NO_EDGE;

		r = open_cycles(g, &root);
		if (r != PEL_SDF_CYCLES_RATIO)
			return r;
		if (root != PEL_SDF_NO_EDGE)
			lead_from(g, root);
		if (root != PEL_SDF_NO_EDGE || !g->rounds)
			memset(g->stale, true, g->n_nodes);
		if (!g->height) /* no length yet: weigh by length only */
			g->height = 1;
		if (!fits(g, max_length, max_height))
			return -EOVERFLOW;
		if (limits->expired && limits->expired(limits->context))
			return -ETIME;
		g->rounds++;
		evaluate(g);
	} while (improve(g, g->rounds % 2));
	if (!g->length)
		g->height = 0;
	return PEL_SDF_CYCLES_RATIO;
}

/* The next tight edge into `node` that has no length; from[] keeps each node's position. */
static uint32_t next_timeless(struct pel_sdf_cycles *g, uint32_t node)
{
	while (g->from[node] < g->begin[node + 1]) {
		const struct pel_sdf_edge *edge = &g->edges[g->from[node]++];

		if (!edge->length && g->value[edge->source] + weight(g, edge) == g->value[node])
			return edge->source;
	}
	return PEL_SDF_NO_EDGE;
}

/* stack[first..n) are the nodes of a cycle, in reverse order. */
static void keep_timeless(struct pel_sdf_cycles *g, uint32_t first, uint32_t n)
{
	g->n_critical = 0;
	for (uint32_t i = first; i < n; i++)
		g->critical[g->n_critical++] = g->from[g->stack[i]] - 1;
}

int pel_sdf_cycles_check_timeless(struct pel_sdf_cycles *g)
{
	memset(g->mark, UNSEEN, g->n_nodes);
	for (uint32_t v = 0; v < g->n_nodes; v++)
		g->from[v] = g->begin[v];
	for (uint32_t v = 0; v < g->n_nodes; v++) {
		uint32_t n = 0, next = g->mark[v] == UNSEEN ? v : PEL_SDF_NO_EDGE;

		while (n || next != PEL_SDF_NO_EDGE) {
			if (next == PEL_SDF_NO_EDGE) {
				g->mark[g->stack[--n]] = DONE;
			} else if (g->mark[next] == UNSEEN) {
				g->mark[next] = OPEN;
				g->stack[n++] = next;
			} else if (g->mark[next] == OPEN) {
				uint32_t first = n - 1;

				while (g->stack[first] != next)
					first--;
				keep_timeless(g, first, n);
				return PEL_SDF_CYCLES_IMPOSSIBLE;
			}
			next = n ? next_timeless(g, g->stack[n - 1]) : PEL_SDF_NO_EDGE;
		}
	}
	return PEL_SDF_CYCLES_RATIO;
}
