/* SPDX-License-Identifier: Apache-2.0 */
#include "sdf-events.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define NODES_MAX  ((uint64_t)1 << 31)
#define EDGES_MAX  ((uint64_t)1 << 24) /* about 60 bytes each */
#define LOOK_EVERY ((uint64_t)1 << 16)

/* A firing of either end of a channel, with the residue of its tokens. */
struct residue {
	uint64_t rest;
	int64_t turns;
	uint32_t node; /* counted from the actor's first */
};

int pel_sdf_events_init(struct pel_sdf_events *ev, const struct pel_sdf_net *net, const uint64_t *q,
			const struct pel_sdf_times *times, const bool *in_order, const bool *sequential)
{
	uint32_t n = net->sdf->n_actors;

	*ev = (struct pel_sdf_events){
		.net = net, .q = q, .times = times, .in_order = in_order, .sequential = sequential
	};
	ev->k = pel_sdf_alloc(n, sizeof(*ev->k));
	ev->first = pel_sdf_alloc(n, sizeof(*ev->first));
	ev->turns = pel_sdf_alloc((size_t)2 * net->sdf->n_channels, sizeof(*ev->turns));
	if (!ev->k || !ev->first || !ev->turns)
		return -ENOMEM;
	for (uint32_t a = 0; a < n; a++)
		ev->k[a] = 1;
	return 0;
}

static void free_nodes(struct pel_sdf_events *ev)
{
	pel_sdf_release(ev->owner);
	pel_sdf_release(ev->graph.begin);
	pel_sdf_release(ev->graph.policy);
	pel_sdf_release(ev->graph.critical);
	pel_sdf_release(ev->graph.value);
	pel_sdf_release(ev->graph.mark);
	pel_sdf_release(ev->graph.stale);
	pel_sdf_release(ev->graph.from);
	pel_sdf_release(ev->graph.stack);
	pel_sdf_release(ev->graph.out_begin);
}

void pel_sdf_events_fini(struct pel_sdf_events *ev)
{
	free_nodes(ev);
	pel_sdf_release(ev->k);
	pel_sdf_release(ev->first);
	pel_sdf_release(ev->turns);
	pel_sdf_release(ev->gathered);
	pel_sdf_release(ev->edges);
	pel_sdf_release(ev->targets);
	pel_sdf_release(ev->graph.edges);
	pel_sdf_release(ev->graph.out);
	pel_sdf_release(ev->residues);
}

uint64_t pel_sdf_events_count(const struct pel_sdf_events *ev)
{
	uint64_t total = 0, own;

	for (uint32_t i = 0; i < ev->n_actors; i++)
		if (__builtin_mul_overflow(ev->k[ev->actors[i]], ev->net->sdf->phases[ev->actors[i]], &own) ||
		    __builtin_add_overflow(total, own, &total))
			return UINT64_MAX;
	return total;
}

/* ---- room for the graph ---- */

static int node_room(struct pel_sdf_events *ev, size_t n)
{
	struct pel_sdf_cycles *g = &ev->graph;

	if (ev->owner && n <= ev->nodes_room)
		return 0;
	free_nodes(ev);
	ev->nodes_room = 0;
	ev->owner = pel_sdf_alloc(n, sizeof(*ev->owner));
	g->begin = pel_sdf_alloc(n + 2, sizeof(*g->begin));
	g->policy = pel_sdf_alloc(n, sizeof(*g->policy));
	g->critical = pel_sdf_alloc(n, sizeof(*g->critical));
	g->value = pel_sdf_alloc(n, sizeof(*g->value));
	g->mark = pel_sdf_alloc(n, sizeof(*g->mark));
	g->stale = pel_sdf_alloc(n, sizeof(*g->stale));
	g->from = pel_sdf_alloc(n, sizeof(*g->from));
	g->stack = pel_sdf_alloc(n, sizeof(*g->stack));
	g->out_begin = pel_sdf_alloc(n + 2, sizeof(*g->out_begin));
	if (!ev->owner || !g->begin || !g->policy || !g->critical || !g->value || !g->mark || !g->stale ||
	    !g->from || !g->stack || !g->out_begin)
		return -ENOMEM;
	ev->nodes_room = n;
	return 0;
}

/* Number of edges collected so far: graph.n_edges. */
static int edge_room(struct pel_sdf_events *ev, uint64_t more)
{
	size_t used = ev->graph.n_edges;
	int r;

	if (used + more > EDGES_MAX)
		return -EOVERFLOW;
	r = pel_sdf_grow((void **)&ev->edges, &ev->edges_room, used, used + more, sizeof(*ev->edges));
	if (r == 0)
		r = pel_sdf_grow((void **)&ev->targets, &ev->targets_room, used, ev->edges_room,
				 sizeof(*ev->targets));
	return r;
}

/* Count this many firings or edges, and check the time limit now and then. */
static bool is_over(struct pel_sdf_events *ev, uint64_t work)
{
	ev->work += work;
	if (ev->work < LOOK_EVERY || !ev->limits || !ev->limits->expired)
		return false;
	ev->work = 0;
	return ev->limits->expired(ev->limits->context);
}

static void add_edge(struct pel_sdf_events *ev, uint32_t target, struct pel_sdf_edge edge)
{
	ev->edges[ev->graph.n_edges] = edge;
	ev->targets[ev->graph.n_edges++] = target;
}

/* ---- one channel, or its room ---- */

struct lane {
	uint32_t from, to, tag;
	uint64_t n_from, n_to; /* firings of either end */
	const struct pel_sdf_rates *produce, *consume;
	uint64_t initial;
	uint64_t produced; /* tokens produced by n_from firings */
	uint64_t g;	   /* heights are multiples of this many tokens */
};

static uint64_t firings(const struct pel_sdf_events *ev, uint32_t actor)
{
	return ev->k[actor] * ev->net->sdf->phases[actor];
}

static int64_t time_of(const struct pel_sdf_events *ev, uint32_t actor, uint64_t firing)
{
	const struct pel_sdf_times *times = &ev->times[actor];

	return (int64_t)times->values[times->n == 1 ? 0 : firing % times->n];
}

static int lane_init(struct pel_sdf_events *ev, struct lane *lane, uint32_t tag)
{
	const struct pel_sdf_channel *ch = &ev->net->sdf->channels[tag / 2];
	uint64_t consumed;
	bool room = tag % 2;

	*lane = (struct lane){
		.from = room ? ch->to : ch->from,
		.to = room ? ch->from : ch->to,
		.tag = tag,
		.produce = room ? &ev->net->consume[tag / 2] : &ev->net->produce[tag / 2],
		.consume = room ? &ev->net->produce[tag / 2] : &ev->net->consume[tag / 2],
		.initial = room ? ev->capacity[tag / 2] - ch->initial : ch->initial,
	};
	lane->n_from = firings(ev, lane->from);
	lane->n_to = firings(ev, lane->to);
	if (__builtin_mul_overflow(lane->produce->cycle, lane->n_from / lane->produce->n, &lane->produced) ||
	    __builtin_mul_overflow(lane->consume->cycle, lane->n_to / lane->consume->n, &consumed) ||
	    lane->produced > INT64_MAX / 4 || consumed > INT64_MAX / 4 || lane->initial > INT64_MAX / 4)
		return -EOVERFLOW;
	lane->g = pel_sdf_gcd(lane->produced, consumed);
	return 0;
}

static int64_t floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

/*
 * The edge from firing i to firing j, whose tokens end at `last`, counted from the channel's first token,
 * without the initial ones.
 */
static int add_direct(struct pel_sdf_events *ev, const struct lane *lane, uint64_t i, uint64_t j, int64_t last)
{
	int64_t before = (int64_t)pel_sdf_moved(lane->produce, i);
	struct pel_sdf_edge edge = { .length = time_of(ev, lane->from, i),
				     .height = floor_div(before - last, (int64_t)lane->g) + 1,
				     .source = ev->first[lane->from] + (uint32_t)i,
				     .tag = lane->tag };

	if (is_over(ev, 1))
		return -ETIME;
	if (ev->graph.n_edges >= ev->edges_room) {
		int r = edge_room(ev, 1);

		if (r < 0)
			return r;
	}
	add_edge(ev, ev->first[lane->to] + (uint32_t)j, edge);
	return 0;
}

/* Edges to firing j from the producers of the tokens that it consumes; only from the last one if they end in order. */
static int direct_to(struct pel_sdf_events *ev, const struct lane *lane, uint64_t j)
{
	uint64_t takes = pel_sdf_rate_at(lane->consume, j);
	int64_t last = (int64_t)pel_sdf_moved(lane->consume, j + 1) - (int64_t)lane->initial;
	int64_t rest = last % (int64_t)lane->g;
	uint64_t place = (uint64_t)(rest <= 0 ? rest + (int64_t)lane->g : rest); /* from 1 */

	for (; place <= lane->produced; place += lane->g) {
		uint64_t i = pel_sdf_firings_within(lane->produce, place - 1);
		uint64_t first = pel_sdf_moved(lane->produce, i) + 1, have = place - first + 1;
		int r = add_direct(ev, lane, i, j, last);

		/* Skip to the last place in the same firing. Those between add nothing, and there may be billions. */
		place += (pel_sdf_moved(lane->produce, i + 1) - place) / lane->g * lane->g;
		if (ev->in_order[lane->from])
			have = takes;
		for (uint64_t n = 1; r == 0 && have < takes && n < lane->n_from; n++) {
			uint64_t rate;

			i = i ? i - 1 : lane->n_from - 1;
			rate = pel_sdf_rate_at(lane->produce, i);
			have += rate;
			if (rate)
				r = add_direct(ev, lane, i, j, last);
		}
		if (r < 0)
			return r;
	}
	return 0;
}

static int add_direct_edges(struct pel_sdf_events *ev, const struct lane *lane)
{
	for (uint64_t j = 0; j < lane->n_to; j++) {
		int r = is_over(ev, 1)			    ? -ETIME
			: pel_sdf_rate_at(lane->consume, j) ? direct_to(ev, lane, j)
							    : 0;

		if (r < 0)
			return r;
	}
	return 0;
}

/* ---- the ring of residues ---- */

static int by_rest(const void *a, const void *b)
{
	const struct residue *x = a, *y = b;

	if (x->rest != y->rest)
		return x->rest < y->rest ? -1 : 1;
	return x->node < y->node ? -1 : x->node > y->node;
}

/*
 * The residues of the firings that move tokens, sorted, in `to`. For a producer: of the tokens before the
 * firing; for a consumer: of its last token.
 */
static uint32_t list_residues(const struct lane *lane, bool producer, struct residue *to)
{
	const struct pel_sdf_rates *rates = producer ? lane->produce : lane->consume;
	uint64_t n = producer ? lane->n_from : lane->n_to;
	uint32_t count = 0;

	for (uint64_t i = 0; i < n; i++) {
		int64_t at = producer ? (int64_t)pel_sdf_moved(rates, i)
				      : (int64_t)pel_sdf_moved(rates, i + 1) - (int64_t)lane->initial;
		int64_t turns = floor_div(at, (int64_t)lane->g);

		if (!pel_sdf_rate_at(rates, i))
			continue;
		to[count++] = (struct residue){ .rest = (uint64_t)(at - turns * (int64_t)lane->g),
						.turns = turns,
						.node = (uint32_t)i };
	}
	qsort(to, count, sizeof(*to), by_rest);
	return count;
}

static int new_helper(struct pel_sdf_events *ev)
{
	if (ev->graph.n_nodes >= ev->nodes_room)
		return -EOVERFLOW;
	ev->owner[ev->graph.n_nodes++] = PEL_SDF_NO_EDGE;
	return 0;
}

/* The nodes of the ring are helper nodes base, base + 1, ...: one for each residue of a consumer. */
static int ring_consumers(struct pel_sdf_events *ev, const struct lane *lane, const struct residue *in,
			  uint32_t n)
{
	uint32_t base = ev->graph.n_nodes;
	int r = 0;

	for (uint32_t i = 0; i < n && r == 0; i++) {
		struct pel_sdf_edge edge = { .tag = lane->tag };

		if ((i == 0 || in[i].rest != in[i - 1].rest) && (r = new_helper(ev)) == 0 && i > 0)
			add_edge(ev, ev->graph.n_nodes - 1,
				 (struct pel_sdf_edge){ .source = ev->graph.n_nodes - 2, .tag = lane->tag });
		edge.source = ev->graph.n_nodes - 1;
		edge.height = -in[i].turns;
		add_edge(ev, ev->first[lane->to] + in[i].node, edge);
	}
	if (r == 0)
		add_edge(ev, base,
			 (struct pel_sdf_edge){ .source = ev->graph.n_nodes - 1, .height = 1, .tag = lane->tag });
	return r;
}

static int add_ring(struct pel_sdf_events *ev, const struct lane *lane)
{
	uint32_t base = ev->graph.n_nodes, n_out, n_in, node = 0, at = 0;
	struct residue *out, *in;
	int r;

	if (is_over(ev, lane->n_from + lane->n_to))
		return -ETIME;
	r = pel_sdf_grow((void **)&ev->residues, &ev->residues_room, 0, lane->n_from + lane->n_to,
			 sizeof(*ev->residues));
	if (r == 0)
		r = edge_room(ev, lane->n_from + 2 * lane->n_to + 1);
	if (r < 0)
		return r;
	out = ev->residues;
	n_out = list_residues(lane, true, out);
	in = out + n_out;
	n_in = list_residues(lane, false, in);
	r = ring_consumers(ev, lane, in, n_in);
	for (uint32_t i = 0; i < n_out && r == 0; i++) {
		struct pel_sdf_edge edge = { .length = time_of(ev, lane->from, out[i].node),
					     .source = ev->first[lane->from] + out[i].node,
					     .tag = lane->tag };

		/* The first larger residue, or the smallest one a turn later. */
		while (at < n_in && in[at].rest <= out[i].rest) {
			at++;
			if (at < n_in && in[at].rest != in[at - 1].rest)
				node++;
		}
		edge.height = out[i].turns + (at == n_in);
		add_edge(ev, base + (at == n_in ? 0 : node), edge);
	}
	return r;
}

/* ---- the graph ---- */

/* An upper bound on the number of direct edges; and the number of helper nodes that a ring needs. */
static bool wants_ring(const struct lane *lane, uint64_t *helpers)
{
	uint64_t each = lane->produced / lane->g, direct;

	*helpers = 0;
	if (each > lane->n_from)
		each = lane->n_from;
	if (!__builtin_mul_overflow(each, lane->n_to, &direct) && direct <= 4 * (lane->n_from + lane->n_to))
		return false;
	*helpers = lane->n_to;
	return true;
}

/*
 * The firings of an actor start in order. If rates and times are constant this follows anyway, but these
 * edges make the graph strongly connected, so that all nodes are reached from one cycle.
 */
static int add_start_order(struct pel_sdf_events *ev, uint32_t actor)
{
	uint64_t n = firings(ev, actor);
	int r;

	if (n == 1 || ev->sequential[actor])
		return 0;
	r = edge_room(ev, n);
	for (uint64_t i = 0; i < n && r == 0; i++) {
		bool wraps = i + 1 == n;

		add_edge(ev, ev->first[actor] + (uint32_t)(wraps ? 0 : i + 1),
			 (struct pel_sdf_edge){
				 .height = wraps,
				 .source = ev->first[actor] + (uint32_t)i,
				 .tag = PEL_SDF_START_ORDER,
			 });
	}
	return r;
}

/* Counting sort by target. */
static int sort_edges(struct pel_sdf_events *ev)
{
	struct pel_sdf_cycles *g = &ev->graph;
	uint32_t *next = g->begin + 1;
	int r = pel_sdf_grow((void **)&g->edges, &ev->sorted_room, 0, g->n_edges, sizeof(*g->edges));

	if (r == 0)
		r = pel_sdf_grow((void **)&g->out, &ev->out_room, 0, ev->sorted_room, sizeof(*g->out));
	if (r == 0 && ev->coarse)
		r = pel_sdf_grow((void **)&ev->gathered, &ev->gathered_room, 0, g->n_edges,
				 sizeof(*ev->gathered));
	if (r < 0)
		return r;
	memset(g->begin, 0, ((size_t)g->n_nodes + 2) * sizeof(*g->begin));
	for (uint32_t e = 0; e < g->n_edges; e++)
		next[ev->targets[e] + 1]++;
	for (uint32_t v = 0; v < g->n_nodes; v++)
		next[v + 1] += next[v];
	for (uint32_t e = 0; e < g->n_edges && r == 0; e++) {
		uint32_t place = next[ev->targets[e]]++;

		g->edges[place] = ev->edges[e];
		if (ev->coarse)
			ev->gathered[place] = e;
		r = pel_sdf_events_to_height(ev, &g->edges[place]);
	}
	return r;
}

/* ---- making the graph ---- */

static int place_nodes(struct pel_sdf_events *ev)
{
	uint64_t nodes = pel_sdf_events_count(ev), helpers;
	int r;

	if (nodes > NODES_MAX)
		return -EOVERFLOW;
	for (uint32_t i = 0; i < ev->n_channels; i++) {
		struct lane lane;

		r = lane_init(ev, &lane, ev->channels[i]);
		if (r < 0)
			return r;
		wants_ring(&lane, &helpers);
		nodes += helpers;
		if (nodes > NODES_MAX)
			return -EOVERFLOW;
	}
	r = node_room(ev, nodes);
	if (r < 0)
		return r;
	ev->graph.n_nodes = ev->graph.n_edges = 0;
	for (uint32_t i = 0; i < ev->n_actors; i++) {
		uint64_t n = firings(ev, ev->actors[i]);

		ev->first[ev->actors[i]] = ev->graph.n_nodes;
		for (uint64_t j = 0; j < n; j++)
			ev->owner[ev->graph.n_nodes++] = ev->actors[i];
	}
	return 0;
}

int pel_sdf_events_build(struct pel_sdf_events *ev, bool keep)
{
	uint64_t helpers;
	int r = pel_sdf_events_choose_unit(ev);

	if (r == 0)
		r = place_nodes(ev);
	for (uint32_t i = 0; i < ev->n_actors && r == 0; i++)
		r = add_start_order(ev, ev->actors[i]);
	for (uint32_t i = 0; i < ev->n_channels && r == 0; i++) {
		struct lane lane;

		r = lane_init(ev, &lane, ev->channels[i]);
		if (r == 0)
			r = wants_ring(&lane, &helpers) ? add_ring(ev, &lane) : add_direct_edges(ev, &lane);
	}
	if (r == 0)
		r = sort_edges(ev);
	if (r == 0 && !keep)
		memset(ev->graph.policy, 0xff, ev->graph.n_nodes * sizeof(*ev->graph.policy));
	return r;
}
