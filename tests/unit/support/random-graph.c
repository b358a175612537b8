/* SPDX-License-Identifier: Apache-2.0 */
#include "random-graph.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

uint64_t rg_random(uint64_t *state, uint64_t below)
{
	*state = *state * 6364136223846793005u + 1442695040888963407u;
	return (*state >> 33) % below;
}

static uint64_t random_below(struct rg_graph *g, uint64_t below)
{
	return rg_random(&g->state, below);
}

static bool one_in(struct rg_graph *g, uint64_t n)
{
	return random_below(g, n) == 0;
}

static uint64_t gcd(uint64_t a, uint64_t b)
{
	return b ? gcd(b, a % b) : a;
}

static uint32_t add_actor(struct rg_graph *g, enum rg_kind kind, uint32_t cluster, uint64_t q, uint32_t phases)
{
	struct rg_actor *a = &g->actors[g->n_actors];

	assert(g->n_actors < RG_MAX_ACTORS);
	*a = (struct rg_actor){ .kind = kind, .cluster = cluster, .q = q, .phases = phases };
	a->seed = random_below(g, 1u << 30);
	return g->n_actors++;
}

/* `total` tokens in a cycle of phases. */
static void spread(struct rg_graph *g, struct rg_port *port, uint32_t phases, uint64_t total)
{
	if (total % phases == 0 && one_in(g, 2)) {
		port->n_rates = 1;
		port->rates[0] = total / phases;
		return;
	}
	port->n_rates = phases;
	while (total--)
		port->rates[random_below(g, phases)]++;
}

static uint64_t sum(const struct rg_port *port, uint32_t phases)
{
	uint64_t total = 0;

	for (uint32_t i = 0; i < port->n_rates; i++)
		total += port->rates[i];
	return total * (phases / port->n_rates);
}

static struct rg_channel *add_channel(struct rg_graph *g, uint32_t from, uint32_t from_port, uint32_t to,
				      uint32_t to_port)
{
	struct rg_channel *ch = &g->channels[g->n_channels];

	assert(g->n_channels < RG_MAX_CHANNELS);
	*ch = (struct rg_channel){ .from = from, .from_port = from_port, .to = to, .to_port = to_port };
	g->actors[to].in[to_port].channel = g->n_channels++;
	g->actors[to].in[to_port].bytes = g->actors[from].out[from_port].bytes;
	return ch;
}

static uint32_t new_out(struct rg_graph *g, uint32_t actor)
{
	static const uint32_t sizes[] = { 1, 1, 2, 3, 4, 8, 16, 33 };
	struct rg_actor *a = &g->actors[actor];

	a->out[a->n_out].bytes = sizes[random_below(g, sizeof(sizes) / sizeof(*sizes))];
	return a->n_out++;
}

static uint32_t new_in(struct rg_graph *g, uint32_t actor)
{
	struct rg_actor *a = &g->actors[actor];
	struct rg_port *in = &a->in[a->n_in];

	if (a->kind == RG_MIX || a->kind == RG_PURE) {
		in->history = one_in(g, 4) ? 1 + (uint32_t)random_below(g, 5) : 0;
		in->tail = one_in(g, 6) ? RG_TAIL_PAD : one_in(g, 4) ? RG_TAIL_DROP : RG_TAIL_NONE;
	}
	return a->n_in++;
}

/* An output of `from` that can feed `to` with balanced rates: one that is there (broadcast), or a new one. RG_NONE: there is none. */
static uint32_t balanced_out(struct rg_graph *g, uint32_t from, uint32_t to)
{
	struct rg_actor *a = &g->actors[from], *b = &g->actors[to];
	uint32_t port;

	if (a->n_out && (a->n_out == RG_PORTS || one_in(g, 3))) {
		port = (uint32_t)random_below(g, a->n_out);
		return sum(&a->out[port], a->phases) * a->q % b->q == 0 ? port : RG_NONE;
	}
	if (a->n_out == RG_PORTS)
		return RG_NONE;
	port = new_out(g, from);
	spread(g, &a->out[port], a->phases, (1 + random_below(g, 2)) * b->q / gcd(a->q, b->q));
	return port;
}

static void balanced_channel(struct rg_graph *g, uint32_t from, uint32_t to, bool feedback)
{
	uint32_t from_port, to_port;
	uint64_t tokens;
	struct rg_channel *ch;

	if (g->actors[to].n_in == RG_PORTS)
		return;
	from_port = balanced_out(g, from, to);
	if (from_port == RG_NONE)
		return;
	tokens = sum(&g->actors[from].out[from_port], g->actors[from].phases) * g->actors[from].q;
	if (!feedback && one_in(g, 8)) { /* through a copy */
		uint32_t copy = add_actor(g, RG_COPY, g->actors[from].cluster, tokens, 1);
		struct rg_port one = { .n_rates = 1,
				       .rates = { 1 },
				       .bytes = g->actors[from].out[from_port].bytes };

		g->actors[copy].in[g->actors[copy].n_in++] = one;
		g->actors[copy].out[g->actors[copy].n_out++] = one;
		g->actors[copy].has_feed = true;
		add_channel(g, from, from_port, copy, 0);
		from = copy;
		from_port = 0;
	}
	to_port = new_in(g, to);
	spread(g, &g->actors[to].in[to_port], g->actors[to].phases, tokens / g->actors[to].q);
	ch = add_channel(g, from, from_port, to, to_port);
	ch->initial = one_in(g, 4) ? (uint32_t)random_below(g, 6) : 0;
	g->actors[to].has_feed |= !feedback;
}

static void add_cluster(struct rg_graph *g, uint32_t cluster)
{
	uint32_t first = g->n_actors, last, n = 1 + (uint32_t)random_below(g, 7);

	for (uint32_t i = 0; i < n; i++)
		add_actor(g, one_in(g, 2) ? RG_PURE : RG_MIX, cluster, 1 + random_below(g, 4),
			  one_in(g, 3) ? 1 + (uint32_t)random_below(g, RG_PHASES) : 1);
	last = g->n_actors;
	for (uint32_t to = first + 1; to < last; to++)
		for (uint64_t k = one_in(g, 10) ? 0 : 1 + random_below(g, 2); k; k--)
			balanced_channel(g, first + (uint32_t)random_below(g, to - first), to, false);
	for (uint64_t k = random_below(g, 3); k; k--) {
		uint32_t to = first + (uint32_t)random_below(g, last - first);

		balanced_channel(g, to + (uint32_t)random_below(g, last - to), to, true);
	}
}

/* ---- Liveness of the static part, by the plainest of simulations ---- */

static bool is_static(const struct rg_graph *g, const struct rg_channel *ch)
{
	return g->actors[ch->from].out[ch->from_port].n_rates && g->actors[ch->to].in[ch->to_port].n_rates &&
	       g->actors[ch->from].cluster == g->actors[ch->to].cluster;
}

static uint64_t produced(const struct rg_graph *g, const struct rg_channel *ch, uint64_t firing)
{
	const struct rg_port *port = &g->actors[ch->from].out[ch->from_port];

	return port->rates[firing % port->n_rates];
}

static uint64_t consumed(const struct rg_graph *g, const struct rg_channel *ch, uint64_t firing)
{
	const struct rg_port *port = &g->actors[ch->to].in[ch->to_port];

	return port->rates[firing % port->n_rates];
}

/* One iteration. RG_NONE: it completes; else a channel that stops somebody (for lack of room if there is one such). */
static uint32_t simulate(const struct rg_graph *g)
{
	uint64_t tokens[RG_MAX_CHANNELS], fired[RG_MAX_ACTORS] = { 0 };
	uint32_t blocked = RG_NONE, short_of_room = RG_NONE;
	bool moved = true;

	for (uint32_t c = 0; c < g->n_channels; c++)
		tokens[c] = g->channels[c].initial;
	while (moved) {
		moved = false;
		blocked = short_of_room = RG_NONE;
		for (uint32_t a = 0; a < g->n_actors; a++) {
			bool ready = true;

			if (fired[a] == g->actors[a].q * g->actors[a].phases)
				continue;
			for (uint32_t c = 0; c < g->n_channels; c++) {
				const struct rg_channel *ch = &g->channels[c];

				if (!is_static(g, ch))
					continue;
				if (ch->to == a && tokens[c] < consumed(g, ch, fired[a])) {
					ready = false;
					blocked = c;
				}
				if (ch->from == a && ch->capacity &&
				    tokens[c] + produced(g, ch, fired[a]) > ch->capacity) {
					ready = false;
					short_of_room = c;
				}
			}
			if (!ready)
				continue;
			for (uint32_t c = 0; c < g->n_channels; c++) {
				const struct rg_channel *ch = &g->channels[c];

				if (!is_static(g, ch))
					continue;
				if (ch->to == a)
					tokens[c] -= consumed(g, ch, fired[a]);
				if (ch->from == a)
					tokens[c] += produced(g, ch, fired[a]);
			}
			fired[a]++;
			moved = true;
		}
	}
	return short_of_room != RG_NONE ? short_of_room : blocked;
}

/* Feedback gets tokens, and given capacities get room, until all works. */
static void make_live(struct rg_graph *g)
{
	uint32_t c;

	while (simulate(g) != RG_NONE) {
		struct rg_channel *ch = &g->channels[random_below(g, g->n_channels)];

		/* Actors were made in a topological order, but for copies, which are in no feedback. */
		if (is_static(g, ch) && ch->to <= ch->from && g->actors[ch->from].kind != RG_COPY)
			ch->initial++;
	}
	for (uint32_t k = 0; k < g->n_channels; k++) {
		struct rg_channel *ch = &g->channels[k];
		const struct rg_port *out = &g->actors[ch->from].out[ch->from_port],
				     *in = &g->actors[ch->to].in[ch->to_port];

		if (!one_in(g, 3))
			continue;
		ch->capacity = 1 + ch->initial + random_below(g, 4);
		for (uint32_t i = 0; i < out->n_rates; i++)
			ch->capacity = out->rates[i] > ch->capacity ? out->rates[i] : ch->capacity;
		for (uint32_t i = 0; i < in->n_rates; i++)
			ch->capacity = in->rates[i] > ch->capacity ? in->rates[i] : ch->capacity;
	}
	while ((c = simulate(g)) != RG_NONE)
		g->channels[c].capacity += 1 + random_below(g, 2);
}

/* ---- The tree of clusters ---- */

static uint32_t cluster_actor(struct rg_graph *g, uint32_t cluster, bool output)
{
	uint32_t a, tries = 0;

	do {
		a = (uint32_t)random_below(g, g->n_actors);
		if (++tries > 10000)
			return RG_NONE;
	} while (g->actors[a].cluster != cluster || g->actors[a].kind > RG_PURE ||
		 (output ? g->actors[a].n_out : g->actors[a].n_in) == RG_PORTS);
	return a;
}

static bool feed_dynamic(struct rg_graph *g, uint32_t cluster, uint32_t dynamic)
{
	uint32_t from = cluster_actor(g, cluster, true), port;

	if (from == RG_NONE)
		return false;
	port = new_out(g, from);
	spread(g, &g->actors[from].out[port], g->actors[from].phases, 1 + random_below(g, 5));
	add_channel(g, from, port, dynamic, new_in(g, dynamic));
	return true;
}

static void drain_dynamic(struct rg_graph *g, uint32_t dynamic, uint32_t cluster)
{
	uint32_t to = cluster_actor(g, cluster, false), to_port, port = new_out(g, dynamic);

	if (to == RG_NONE) /* its inputs are all taken: a reader of its own */
		to = add_actor(g, RG_MIX, g->n_actors + 1000, 1, 1);
	to_port = new_in(g, to);
	spread(g, &g->actors[to].in[to_port], g->actors[to].phases, 1 + random_below(g, 5));
	add_channel(g, dynamic, port, to, to_port);
	g->actors[to].has_feed = true;
}

/* Cluster `next` reads from what was built before. */
static void join_cluster(struct rg_graph *g, uint32_t next)
{
	uint32_t before = (uint32_t)random_below(g, next), dynamic;

	if (cluster_actor(g, before, true) == RG_NONE)
		return;
	dynamic = add_actor(g, RG_FILTER, g->n_actors + 1000, 0, 1);
	feed_dynamic(g, before, dynamic);
	drain_dynamic(g, dynamic, next);
	if (one_in(g, 2)) { /* and a second reader, of its own */
		uint32_t reader = add_actor(g, RG_MIX, g->n_actors + 1000, 1,
					    1 + (uint32_t)random_below(g, RG_PHASES)),
			 port;

		port = new_out(g, dynamic);
		new_in(g, reader);
		spread(g, &g->actors[reader].in[0], g->actors[reader].phases, 1 + random_below(g, 5));
		add_channel(g, dynamic, port, reader, 0);
		g->actors[reader].has_feed = true;
	}
}

/* Two clusters that nothing joins yet feed a third one. */
static void merge_clusters(struct rg_graph *g, uint32_t a, uint32_t b, uint32_t into)
{
	uint32_t merge;

	if (cluster_actor(g, a, true) == RG_NONE || cluster_actor(g, b, true) == RG_NONE)
		return;
	merge = add_actor(g, RG_MERGE, g->n_actors + 1000, 0, 1);
	feed_dynamic(g, a, merge);
	feed_dynamic(g, b, merge);
	drain_dynamic(g, merge, into);
}

/* ---- Finish ---- */

static void set_initial_values(struct rg_graph *g, struct rg_channel *ch)
{
	size_t bytes = ch->initial * (size_t)g->actors[ch->from].out[ch->from_port].bytes;

	if (!bytes || one_in(g, 2))
		return;
	ch->values = malloc(bytes);
	for (size_t i = 0; ch->values && i < bytes; i++)
		ch->values[i] = (unsigned char)random_below(g, 256);
}

/* Sources and sinks of one port and one phase may be the host, which counts in tokens. */
static void make_boundary(struct rg_graph *g, struct rg_actor *a)
{
	bool in = !a->n_in && a->n_out == 1, out = !a->n_out && a->n_in == 1;
	struct rg_port *port = in ? &a->out[0] : &a->in[0];
	uint64_t rate = port->rates[0];

	if (a->group || a->phases != 1 || !(in || out) || a->kind > RG_PURE || port->n_rates != 1 || !rate ||
	    !one_in(g, 3))
		return;
	a->kind = in ? RG_HOST_IN : RG_HOST_OUT;
	port->rates[0] = 1;
	port->history = 0;
	port->tail = RG_TAIL_NONE;
	a->limit *= rate;
	a->copies = a->max_batch = 0;
}

static void finish_actor(struct rg_graph *g, struct rg_actor *a)
{
	uint64_t cycle = a->q * a->phases;

	a->group = one_in(g, 2) ? 0 : (uint32_t)random_below(g, g->n_groups);
	a->max_batch = one_in(g, 4) ? 1 + (uint32_t)random_below(g, 5) : 0;
	if (!a->has_feed && a->kind <= RG_PURE) {
		a->kind = RG_MIX; /* a source has to count */
		a->limit = g->length * cycle * (1 + random_below(g, 40)) + random_below(g, cycle);
	} else if (a->kind == RG_MIX && one_in(g, 12)) {
		a->limit = cycle * (1 + random_below(g, 10)) + random_below(g, cycle);
	}
	if (!a->n_out && a->kind == RG_PURE)
		a->kind = RG_MIX; /* a sink has to tell */
	if ((a->kind == RG_PURE || a->kind == RG_COPY) && one_in(g, 3))
		a->copies = 2 + (uint32_t)random_below(g, 3);
	if (a->kind == RG_PURE && one_in(g, 6))
		a->copies = 1;
	make_boundary(g, a);
}

void rg_generate(struct rg_graph *g, uint64_t seed)
{
	uint32_t clusters;

	*g = (struct rg_graph){ .seed = seed, .state = seed * 0x9e3779b97f4a7c15u + 1 };
	clusters = 1 + (uint32_t)random_below(g, 4);
	g->length = one_in(g, 10) ? 100 : 1;
	for (uint32_t k = 0; k < clusters; k++)
		add_cluster(g, k);
	if (clusters > 2 && one_in(g, 2)) {
		merge_clusters(g, 0, 1, 2);
		for (uint32_t k = 3; k < clusters; k++)
			join_cluster(g, k);
	} else {
		for (uint32_t k = 1; k < clusters; k++)
			join_cluster(g, k);
	}
	make_live(g);
	for (uint32_t c = 0; c < g->n_channels; c++)
		set_initial_values(g, &g->channels[c]);
	g->n_groups = 1 + (uint32_t)random_below(g, RG_GROUPS);
	for (uint32_t i = 1; i < g->n_groups; i++)
		g->parent[i] = (uint32_t)random_below(g, i);
	for (uint32_t a = 0; a < g->n_actors; a++)
		finish_actor(g, &g->actors[a]);
	for (uint32_t c = 0; c < g->n_channels; c++)
		g->channels[c].level = (uint32_t)random_below(g, RG_GROUPS);
}

void rg_fini(struct rg_graph *g)
{
	for (uint32_t c = 0; c < g->n_channels; c++)
		free(g->channels[c].values);
	g->n_channels = 0;
}
