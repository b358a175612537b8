/* SPDX-License-Identifier: Apache-2.0 */
#include "sdf-events.h"

#include <errno.h>
#include <string.h>

/* From coarse heights to exact ones. */

/*
 * If heights were rounded down, by less than 1 each, the ratio E/H of the solution may be too large. The true
 * ratio of its cycle of m edges is at least E/(H + m). By E/H, a cycle that is no worse has a weight of at
 * least -E * h * m / (H + m), where h is the sum of its heights. So it has no edge whose slack is larger than
 * that.
 */
static pel_i128 slack_max(const struct pel_sdf_cycles *g)
{
	long double most = 0, length = (long double)g->length, height = (long double)g->height;

	for (uint32_t e = 0; e < g->n_edges; e++)
		if ((long double)g->edges[e].height > most)
			most = (long double)g->edges[e].height;
	most *= (long double)g->n_nodes;
	most = length * most * ((long double)g->n_critical / (height + (long double)g->n_critical));
	return most > 1e37L ? (pel_i128)1 << 123 : (pel_i128)(most * 1.000001L) + 1;
}

/* Mark in kept[] the edges that are tight enough and lie on endless paths. ways_on[] counts them for each node. */
static void find_tight(struct pel_sdf_events *ev, bool *kept, uint32_t *ways_on)
{
	struct pel_sdf_cycles *g = &ev->graph;
	pel_i128 limit = slack_max(g);
	uint32_t n = 0;

	for (uint32_t v = 0; v < g->n_nodes; v++)
		for (uint32_t e = g->begin[v]; e < g->begin[v + 1]; e++) {
			const struct pel_sdf_edge *edge = &g->edges[e];
			pel_i128 weight = (pel_i128)edge->length * (int64_t)g->height -
					  (pel_i128)edge->height * (int64_t)g->length;

			kept[e] = g->value[v] - g->value[edge->source] - weight <= limit;
			ways_on[edge->source] += kept[e];
		}
	for (uint32_t v = 0; v < g->n_nodes; v++)
		if (!ways_on[v])
			g->stack[n++] = v;
	while (n) {
		uint32_t v = g->stack[--n];

		for (uint32_t e = g->begin[v]; e < g->begin[v + 1]; e++)
			if (kept[e] && (kept[e] = false, --ways_on[g->edges[e].source] == 0))
				g->stack[n++] = g->edges[e].source;
	}
}

int pel_sdf_events_check_impossible(const struct pel_sdf_events *ev)
{
	const struct pel_sdf_cycles *g = &ev->graph;
	pel_i128 height = 0;
	uint64_t unit = 1;

	for (uint32_t i = 0; i < g->n_critical; i++)
		if (pel_sdf_common_multiple(unit, pel_sdf_events_turns(ev, &g->edges[g->critical[i]]), &unit) <
		    0)
			return -EOVERFLOW;
	for (uint32_t i = 0; i < g->n_critical; i++) {
		const struct pel_sdf_edge *edge = &ev->edges[ev->gathered[g->critical[i]]];

		height += (pel_i128)edge->height * (int64_t)(unit / pel_sdf_events_turns(ev, edge));
	}
	return height <= 0 ? PEL_SDF_CYCLES_IMPOSSIBLE : -EOVERFLOW;
}

int pel_sdf_events_refine(struct pel_sdf_events *ev)
{
	struct pel_sdf_cycles *g = &ev->graph;
	bool *kept = pel_sdf_alloc(g->n_edges, sizeof(*kept));
	uint32_t *ways_on = pel_sdf_alloc(g->n_nodes, sizeof(*ways_on)), end = 0;
	int r = kept && ways_on ? 0 : -ENOMEM;

	if (r == 0)
		find_tight(ev, kept, ways_on);
	ev->unit = 1;
	for (uint32_t v = 0; v < g->n_nodes && r == 0; v++)
		if (ways_on[v] && ev->owner[v] != PEL_SDF_NO_EDGE)
			r = pel_sdf_common_multiple(ev->unit, pel_sdf_events_blocks(ev, ev->owner[v]),
						    &ev->unit);
	for (uint32_t v = 0; v < g->n_nodes && r == 0; v++) {
		uint32_t begin = end;

		for (uint32_t e = g->begin[v]; e < g->begin[v + 1] && r == 0; e++) {
			if (!kept[e])
				continue;
			g->edges[end] = ev->edges[ev->gathered[e]];
			r = pel_sdf_events_to_height(ev, &g->edges[end++]);
		}
		g->begin[v] = begin;
	}
	g->begin[g->n_nodes] = g->n_edges = end;
	memset(g->policy, 0xff, g->n_nodes * sizeof(*g->policy));
	ev->coarse = false;
	pel_sdf_release(kept);
	pel_sdf_release(ways_on);
	return r;
}
