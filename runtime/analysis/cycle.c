/* SPDX-License-Identifier: Apache-2.0 */
#include "sdf-cycle.h"

#include <errno.h>

/* Marks of nodes in a round: not seen, on the way that is being followed, and done. */
enum { UNSEEN, OPEN, DONE };

static const struct pel_sdf_edge *chosen(const struct pel_sdf_cycles *g, uint32_t node)
{
	return g->policy[node] == PEL_SDF_NO_EDGE ? NULL : &g->edges[g->begin[node] + g->policy[node]];
}

static pel_i128 weight(const struct pel_sdf_cycles *g, const struct pel_sdf_edge *edge)
{
	return (pel_i128)edge->length * (int64_t)g->height - (pel_i128)edge->height * (int64_t)g->length;
}

/* The cycle of chosen edges through `node` becomes the critical one. */
static void keep_cycle(struct pel_sdf_cycles *g, uint32_t node)
{
	uint32_t v = node;

	g->n_critical = 0;
	do {
		g->critical[g->n_critical++] = g->begin[v] + g->policy[v];
		v = chosen(g, v)->source;
	} while (v != node);
}

/* What a cycle of chosen edges says. Returns a verdict, or -EOVERFLOW. */
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
	if (length > 0 &&
	    (!g->height || length * (int64_t)g->height > height * (int64_t)g->length)) {
		keep_cycle(g, node);
		g->length = (uint64_t)length;
		g->height = (uint64_t)height;
	}
	return PEL_SDF_CYCLES_RATIO;
}

/* Find all cycles of chosen edges; the best sets the ratio, and each loses one edge. */
static int open_cycles(struct pel_sdf_cycles *g)
{
	for (uint32_t v = 0; v < g->n_nodes; v++)
		g->mark[v] = UNSEEN;
	for (uint32_t v = 0; v < g->n_nodes; v++) {
		const struct pel_sdf_edge *edge;
		uint32_t n = 0, u = v;

		while (g->mark[u] == UNSEEN) {
			g->mark[u] = OPEN;
			g->stack[n++] = u;
			edge = chosen(g, u);
			if (!edge)
				break;
			u = edge->source;
		}
		if (n && g->mark[u] == OPEN && chosen(g, u)) {
			int r = judge_cycle(g, u);

			if (r != PEL_SDF_CYCLES_RATIO)
				return r;
			g->policy[u] = PEL_SDF_NO_EDGE;
		}
		while (n)
			g->mark[g->stack[--n]] = DONE;
	}
	return PEL_SDF_CYCLES_RATIO;
}

/* The lengths of the chosen ways, which are trees now. */
static void evaluate(struct pel_sdf_cycles *g)
{
	for (uint32_t v = 0; v < g->n_nodes; v++)
		g->mark[v] = UNSEEN;
	for (uint32_t v = 0; v < g->n_nodes; v++) {
		uint32_t n = 0, u = v;
		pel_i128 value;

		for (; g->mark[u] == UNSEEN; u = chosen(g, u)->source) {
			g->mark[u] = DONE;
			if (!chosen(g, u)) {
				g->value[u] = 0;
				break;
			}
			g->stack[n++] = u;
		}
		for (value = g->value[u]; n; n--) {
			u = g->stack[n - 1];
			value += weight(g, chosen(g, u));
			g->value[u] = value;
		}
	}
}

/* Whoever knows a longer way takes it. Returns whether anybody did. */
static bool improve(struct pel_sdf_cycles *g)
{
	bool better = false;

	for (uint32_t v = 0; v < g->n_nodes; v++) {
		pel_i128 value = g->value[v];
		uint32_t policy = g->policy[v];

		if (value < 0) { /* to start here is longer */
			value = 0;
			policy = PEL_SDF_NO_EDGE;
		}
		for (uint32_t e = g->begin[v]; e < g->begin[v + 1]; e++) {
			pel_i128 other = g->value[g->edges[e].source] + weight(g, &g->edges[e]);

			if (other > value) {
				value = other;
				policy = e - g->begin[v];
			}
		}
		if (value > g->value[v]) {
			g->value[v] = value;
			g->policy[v] = policy;
			better = true;
		}
	}
	return better;
}

/* Can no way's weight pass 2^126, at this ratio? */
static bool fits(const struct pel_sdf_cycles *g, uint64_t max_length, uint64_t max_height)
{
	pel_u128 a = (pel_u128)max_length * g->height, b = (pel_u128)max_height * g->length;
	pel_u128 limit = (((pel_u128)1 << 126) - 1) / (2 * (pel_u128)g->n_nodes + 2);

	return a <= limit && b <= limit;
}

/* A first guess: the longest of the edges that come from no further ahead than others. */
static void choose_first(struct pel_sdf_cycles *g)
{
	for (uint32_t v = 0; v < g->n_nodes; v++) {
		uint32_t best = PEL_SDF_NO_EDGE;

		if (g->policy[v] != PEL_SDF_NO_EDGE && g->policy[v] < g->begin[v + 1] - g->begin[v])
			continue;
		for (uint32_t e = g->begin[v]; e < g->begin[v + 1]; e++)
			if (best == PEL_SDF_NO_EDGE || g->edges[e].height < g->edges[best].height ||
			    (g->edges[e].height == g->edges[best].height &&
			     g->edges[e].length > g->edges[best].length))
				best = e;
		g->policy[v] = best == PEL_SDF_NO_EDGE ? best : best - g->begin[v];
	}
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
	do {
		r = open_cycles(g);
		if (r != PEL_SDF_CYCLES_RATIO)
			return r;
		if (!g->height) /* no length yet: weigh lengths alone */
			g->height = 1;
		if (!fits(g, max_length, max_height))
			return -EOVERFLOW;
		if (limits->expired && limits->expired(limits->context))
			return -ETIME;
		g->rounds++;
		evaluate(g);
	} while (improve(g));
	if (!g->length)
		g->height = 0;
	return PEL_SDF_CYCLES_RATIO;
}
