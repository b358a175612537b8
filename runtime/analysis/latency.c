/* SPDX-License-Identifier: Apache-2.0 */
#include "sdf-throughput.h"

#include <errno.h>
#include <string.h>

/*
 * One iteration by itself: the longest paths through its firings. If every firing has its own node, heights
 * are whole iterations. An edge of height 0 is then a dependence within the iteration; the others depend on
 * initial tokens.
 */

#define LOOK_EVERY 65536u /* firings */

/* Edges by their sources, in the order of g->out[], which has their targets. */
static void list_edges(struct pel_sdf_cycles *g, uint32_t *edges)
{
	uint32_t *next = g->stack; /* not used yet */

	pel_sdf_cycles_list_targets(g);
	memcpy(next, g->out_begin, g->n_nodes * sizeof(*next));
	for (uint32_t e = 0; e < g->n_edges; e++)
		edges[next[g->edges[e].source]++] = e;
}

/* The starts of all firings in value[], in topological order (Kahn 1962) from the firings that wait for none. */
static int find_starts(struct pel_sdf_events *events, uint32_t *waits, uint32_t *edges)
{
	const struct pel_sdf_limits *limits = events->limits;
	struct pel_sdf_cycles *g = &events->graph;
	uint32_t n = 0, head = 0;

	list_edges(g, edges);
	for (uint32_t v = 0; v < g->n_nodes; v++) {
		g->value[v] = 0;
		waits[v] = 0;
		for (uint32_t e = g->begin[v]; e < g->begin[v + 1]; e++)
			waits[v] += g->edges[e].height <= 0;
		if (!waits[v])
			g->stack[n++] = v;
	}
	while (head < n) {
		uint32_t u = g->stack[head++];

		if (head % LOOK_EVERY == 0 && limits && limits->expired && limits->expired(limits->context))
			return -ETIME;
		for (uint32_t i = g->out_begin[u]; i < g->out_begin[u + 1]; i++) {
			const struct pel_sdf_edge *edge = &g->edges[edges[i]];
			uint32_t v = g->out[i];

			if (edge->height > 0)
				continue;
			if (g->value[u] + edge->length > g->value[v])
				g->value[v] = g->value[u] + edge->length;
			if (--waits[v] == 0)
				g->stack[n++] = v;
		}
	}
	return n == g->n_nodes ? 0 : -EDEADLK;
}

static int build_all(struct pel_sdf_evaluator *ev, const uint64_t *capacity)
{
	struct pel_sdf_events *events = &ev->events;
	uint32_t n = 0;

	for (uint32_t a = 0; a < ev->sdf->n_actors; a++) {
		ev->actors[a] = a;
		events->k[a] = ev->q[a];
	}
	for (uint32_t c = 0; c < ev->sdf->n_channels; c++) {
		if (capacity[c] && capacity[c] < ev->sdf->channels[c].initial)
			return -EINVAL;
		if (!ev->net.produce[c].cycle)
			continue;
		ev->tags[n++] = 2 * c;
		if (capacity[c])
			ev->tags[n++] = 2 * c + 1;
	}
	events->capacity = capacity;
	events->actors = ev->actors;
	events->n_actors = ev->sdf->n_actors;
	events->channels = ev->tags;
	events->n_channels = n;
	if (pel_sdf_events_count(events) > pel_sdf_firings_max(ev->limits))
		return -ETIME;
	return pel_sdf_events_build(events, false);
}

static int list_spans(const struct pel_sdf_evaluator *ev, uint64_t *starts, uint64_t *ends)
{
	const struct pel_sdf_events *events = &ev->events;

	for (uint32_t a = 0; a < ev->sdf->n_actors; a++) {
		uint64_t n = ev->q[a] * ev->sdf->phases[a];

		starts[a] = UINT64_MAX;
		ends[a] = 0;
		for (uint64_t i = 0; i < n; i++) {
			pel_i128 start = events->graph.value[events->first[a] + i];
			pel_i128 end = start + (int64_t)ev->times[a].values[i % ev->times[a].n];

			if (end > INT64_MAX)
				return -EOVERFLOW;
			if ((uint64_t)start < starts[a])
				starts[a] = (uint64_t)start;
			if ((uint64_t)end > ends[a])
				ends[a] = (uint64_t)end;
		}
	}
	return 0;
}

int pel_sdf_spans(const struct pel_sdf *sdf, const uint64_t *q, const struct pel_sdf_times *times,
		  const struct pel_sdf_limits *limits, uint64_t *starts, uint64_t *ends)
{
	struct pel_sdf_evaluator ev;
	uint64_t *capacity = pel_sdf_alloc(sdf->n_channels, sizeof(*capacity));
	uint32_t *waits = NULL, *edges = NULL;
	int r = pel_sdf_evaluator_init(&ev, sdf, q, times, limits);

	if (r == 0 && !capacity)
		r = -ENOMEM;
	for (uint32_t c = 0; c < sdf->n_channels && r == 0; c++)
		capacity[c] = sdf->channels[c].capacity;
	if (r == 0)
		r = build_all(&ev, capacity);
	if (r == 0 && !(waits = pel_sdf_alloc(ev.events.graph.n_nodes, sizeof(*waits))))
		r = -ENOMEM;
	if (r == 0)
		r = (edges = pel_sdf_alloc(ev.events.graph.n_edges, sizeof(*edges)))
			    ? find_starts(&ev.events, waits, edges)
			    : -ENOMEM;
	if (r == 0)
		r = list_spans(&ev, starts, ends);
	pel_sdf_evaluator_fini(&ev);
	pel_sdf_release(capacity);
	pel_sdf_release(waits);
	pel_sdf_release(edges);
	return r;
}
