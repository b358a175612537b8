/* SPDX-License-Identifier: Apache-2.0 */
#include "passes.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "chunk.h"
#include "compiler.h"
#include "plan-ports.h"
#include "sentence.h"
#include "tune.h"

/*
 * Chooses capacities and rings. A given capacity is an exact limit. A chosen one is large enough for the graph to be live, for both ends to work
 * in windows of several firings, and for the best throughput (tune.c), but small enough to stay in a cache.
 */
#define INNER_BYTES    ((uint64_t)16 << 10) /* for a channel inside a stage: half of a small L1 cache */
#define OUTER_BYTES    ((uint64_t)64 << 10) /* between stages: enough to make the cost of a hand-over small */
#define BIG_BYTES      ((uint64_t)32 << 10) /* a token of this size is a chunk by itself */
#define INNER_TOKENS   64		    /* the least number of small tokens */
#define SMALL_BYTES    64
#define WINDOW_BYTES   ((uint64_t)4 << 10) /* contiguous tokens that are guaranteed to an end without a rate */
#define ROUNDS_OUTSIDE 4 /* a channel between a cluster and others holds at least so many rounds */
#define BLOCK_BYTES \
	((uint64_t)1 << 20) /* data of the longest device call: large enough to make the cost of a call small */
#define BLOCK_MAX ((uint64_t)64 << 20) /* the same if the user sets max-batch */

/* The least common multiple; 0 if it is too large to be useful. */
static uint64_t common_multiple(uint64_t a, uint64_t b)
{
	uint64_t product;

	return !a || !b || __builtin_mul_overflow(a / pel_sdf_gcd(a, b), b, &product) ||
			       product > PEL_MAX_CAPACITY
		       ? 0
		       : product;
}

static bool is_constant(const struct pel_plan_port *port)
{
	return !port->dynamic && port->n_rates == 1;
}

/* Round `tokens` up to a multiple of `unit`, if that adds at most a half, or the result is at most OUTER_BYTES. */
static uint64_t round_up(uint64_t tokens, uint64_t unit, uint32_t token_bytes)
{
	uint64_t rounded;

	if (!unit)
		return tokens;
	rounded = (tokens + unit - 1) / unit * unit;
	if (rounded - tokens <= tokens / 2 || rounded <= OUTER_BYTES / token_bytes)
		return rounded;
	return tokens;
}

/* ---- devices ---- */

static bool on_device(const struct pel_plan_actor *actor)
{
	return actor->where.kind == PEL_WHERE_FPGA;
}

/* Firings in the longest call: max-batch, or a power of two, so that windows are page-aligned if possible. */
static uint64_t block_firings(const struct pel_plan_actor *actor)
{
	uint64_t bytes = 1, block = 1;

	if (!actor->fpga->batched)
		return 1;
	for (uint32_t i = 0; i < pel_ports_count(actor); i++) {
		const struct pel_plan_port *port = pel_port_number(actor, i);

		if (port->n_channels)
			bytes = pel_max(bytes, port->rates[0] * port->token_bytes);
	}
	if (actor->policy->max_batch)
		return pel_max(1, pel_min(actor->policy->max_batch, BLOCK_MAX / bytes));
	while (2 * block <= BLOCK_BYTES / bytes)
		block *= 2;
	return block;
}

/* Tokens of the longest call at `port`; 0: the actor is not on a device. */
static uint64_t block_tokens(const struct pel_plan_actor *actor, const struct pel_plan_port *port)
{
	return on_device(actor) ? actor->block * port->rates[0] : 0;
}

/* Enough tokens for all calls in flight on a device, and for the other end to work meanwhile. */
static uint64_t calls_tokens(const struct pel_plan_actor *actor, const struct pel_plan_port *port)
{
	return block_tokens(actor, port) * (actor->policy->in_flight + 1);
}

/* A common multiple of the blocks of both ends; 0: no end is on a device, or it would be too large. */
static uint64_t block_unit(const struct pel_plan_actor *from, const struct pel_plan_port *out,
			   const struct pel_plan_actor *to, const struct pel_plan_port *in)
{
	uint64_t a = block_tokens(from, out), b = block_tokens(to, in);

	return a && b ? common_multiple(a, b) : a + b;
}

/* ---- capacities ---- */

static bool is_inner(const struct pel_plan *plan, const struct pel_plan_channel *channel)
{
	const struct pel_plan_actor *from = &plan->actors[channel->from], *to = &plan->actors[channel->to];

	return from->stage != PEL_NONE && from->stage == to->stage && from->where.kind == PEL_WHERE_CPU &&
	       from->copies == 1;
}

static bool in_cluster(const struct pel_plan_actor *actor)
{
	return actor->kind == PEL_ACTOR_KERNEL && actor->cluster != PEL_NONE;
}

/* Tokens of an iteration at an end that is in a cluster; 0: not in a cluster. */
static uint64_t iteration_tokens(const struct pel_plan_actor *actor, const struct pel_plan_port *port)
{
	return in_cluster(actor) ? pel_cluster_tokens(actor, port) : 0;
}

/* The capacity of a channel inside a cluster: the tokens of all its rounds. */
static uint64_t cluster_capacity(const struct pel_plan *plan, const struct pel_plan_channel *channel)
{
	const struct pel_plan_actor *from = &plan->actors[channel->from];
	const struct pel_plan_port *out = &from->out[channel->from_port];
	const struct pel_plan_cluster *cluster = &plan->clusters[from->cluster];
	uint64_t tokens = pel_cluster_tokens(from, out);

	return out->storage == PEL_STORAGE_CHUNK ? cluster->chunk * tokens
						 : cluster->round * cluster->slots * tokens + channel->initial;
}

/* Tokens of one firing of all copies. */
static uint64_t firing_tokens(const struct pel_plan_actor *actor, const struct pel_plan_port *port)
{
	return (port->dynamic ? 1 : pel_rates_max(port)) * actor->copies;
}

/* How many tokens make hand-overs cheap. */
static uint64_t chunk_tokens(const struct compiler *c, const struct pel_plan_channel *channel,
			     uint32_t token_bytes, uint64_t window, uint32_t n_inner)
{
	uint64_t bytes = pel_min(INNER_BYTES, c->plan->machine.l2_bytes / 2 / pel_max(n_inner, 1));

	if (!n_inner)
		return token_bytes > BIG_BYTES ? 3 * window + channel->initial : OUTER_BYTES / token_bytes;
	return token_bytes <= SMALL_BYTES ? pel_max(bytes / token_bytes, INNER_TOKENS) : bytes / token_bytes;
}

static uint64_t automatic_capacity(const struct compiler *c, uint32_t index, const uint32_t *n_inner)
{
	const struct pel_plan *plan = c->plan;
	const struct pel_plan_channel *channel = &plan->channels[index];
	const struct pel_plan_actor *from = &plan->actors[channel->from], *to = &plan->actors[channel->to];
	const struct pel_plan_port *out = &from->out[channel->from_port], *in = &to->in[channel->to_port];
	uint64_t window = pel_max(firing_tokens(from, out), firing_tokens(to, in));
	uint64_t capacity = pel_max(2 * window + channel->initial, c->high_water[index]);

	if (!out->dynamic && !in->dynamic) {
		struct pel_sdf_channel alone = { .produce = out->rates,
						 .n_produce = out->n_rates,
						 .consume = in->rates,
						 .n_consume = in->n_rates,
						 .initial = channel->initial };

		capacity = pel_max(capacity, pel_sdf_channel_bound(&alone, from->phases, to->phases));
	}
	capacity = pel_max(capacity, pel_max(calls_tokens(from, out), calls_tokens(to, in)) + channel->initial);
	if (in_cluster(from) && is_inner(plan, channel))
		return pel_max(capacity, cluster_capacity(plan, channel));
	capacity = pel_max(capacity,
			   ROUNDS_OUTSIDE * pel_max(iteration_tokens(from, out), iteration_tokens(to, in)) +
				   channel->initial);
	if (!on_device(from) || !on_device(to))
		capacity = pel_max(capacity, chunk_tokens(c, channel, out->token_bytes, window,
							  is_inner(plan, channel) ? n_inner[from->stage] : 0));
	if (on_device(from) || on_device(to))
		return round_up(capacity, block_unit(from, out, to, in), out->token_bytes);
	if (is_constant(out) && is_constant(in))
		capacity = round_up(capacity, common_multiple(out->rates[0], in->rates[0]), out->token_bytes);
	return capacity;
}

static int choose_capacities(struct compiler *c)
{
	struct pel_plan *plan = c->plan;
	uint32_t *n_inner = pel_compiler_alloc_brief(c, plan->n_stages, sizeof(*n_inner));

	if (!n_inner)
		return -ENOMEM;
	for (uint32_t i = 0; i < plan->n_actors; i++)
		if (plan->actors[i].fpga)
			plan->actors[i].block = block_firings(&plan->actors[i]);
	if (pel_clusters_size(c) < 0)
		return -ENOMEM;
	for (uint32_t i = 0; i < plan->n_channels; i++)
		if (is_inner(plan, &plan->channels[i]))
			n_inner[plan->actors[plan->channels[i].from].stage]++;
	for (uint32_t i = 0; i < plan->n_channels; i++)
		if (!plan->channels[i].capacity_given)
			plan->channels[i].capacity = automatic_capacity(c, i, n_inner);
	return 0;
}

/* ---- rings ---- */

static int compare_initial(const struct pel_plan *plan, uint32_t a, uint32_t b)
{
	const struct pel_plan_channel *x = &plan->channels[a], *y = &plan->channels[b];
	uint32_t token_bytes = plan->actors[x->from].out[x->from_port].token_bytes;

	if (x->initial != y->initial)
		return x->initial < y->initial ? -1 : 1;
	if (!x->initial_values || !y->initial_values)
		return (x->initial_values != NULL) - (y->initial_values != NULL);
	return memcmp(x->initial_values, y->initial_values, x->initial * token_bytes);
}

/* A merge sort, because the comparison needs the plan and the sort must be stable. `room` is scratch space of the same size. */
static void sort_by_initial(const struct pel_plan *plan, uint32_t *channels, uint32_t n, uint32_t *room)
{
	uint32_t half = n / 2, a = 0, b = half;

	if (n < 2)
		return;
	sort_by_initial(plan, channels, half, room);
	sort_by_initial(plan, channels + half, n - half, room);
	for (uint32_t i = 0; i < n; i++)
		room[i] = b == n || (a < half && compare_initial(plan, channels[a], channels[b]) <= 0)
				  ? channels[a++]
				  : channels[b++];
	memcpy(channels, room, n * sizeof(*channels));
}

/* What a ring must provide as contiguous windows, wherever they start. */
struct pieces {
	uint64_t window; /* the largest window */
	uint64_t unit; /* if the slots are a multiple of it, no window crosses the end; 0: some do in any case */
};

static void add_end(struct pieces *pieces, const struct pel_plan_actor *actor,
		    const struct pel_plan_port *port, uint64_t free_window)
{
	/* An end without a rate moves any number of tokens; if only 1 is guaranteed, no window crosses the end. A cluster moves iterations. */
	uint64_t window = port->dynamic ? free_window
					: pel_max(pel_rates_max(port), iteration_tokens(actor, port));
	bool regular = !port->history && (port->dynamic ? window == 1 : port->n_rates == 1);

	pieces->window = pel_max(pieces->window, port->history + window);
	pieces->unit = regular && pieces->unit ? common_multiple(pieces->unit, window) : 0;
}

static struct pieces ring_pieces(const struct pel_plan *plan, const struct pel_plan_ring *ring, uint64_t largest)
{
	const struct pel_plan_port *out = &plan->actors[ring->actor].out[ring->port];
	uint64_t free_window = pel_max(1, pel_min(largest, WINDOW_BYTES / ring->token_bytes));
	struct pieces pieces = { 0, 1 };

	add_end(&pieces, &plan->actors[ring->actor], out, free_window);
	if (pieces.unit &&
	    plan->channels[ring->channels[0]].initial % pieces.unit) /* the first window starts there */
		pieces.unit = 0;
	for (uint32_t i = 0; i < ring->n_channels; i++) {
		const struct pel_plan_channel *channel = &plan->channels[ring->channels[i]];

		add_end(&pieces, &plan->actors[channel->to], &plan->actors[channel->to].in[channel->to_port],
			free_window);
	}
	return pieces;
}

/*
 * Can the tokens stay on the device? Both ends must be there, no window may need the mirror, and no fault policy may need the tokens after the
 * device is lost.
 */
static bool stays_on_device(const struct pel_plan *plan, const struct pel_plan_ring *ring)
{
	const struct pel_plan_actor *from = &plan->actors[ring->actor];

	if (!on_device(from) || strcmp(from->policy->on_fault, "fail") != 0 || ring->mirror ||
	    ring->history || ring->n_channels != from->out[ring->port].n_channels)
		return false;
	for (uint32_t i = 0; i < ring->n_channels; i++) {
		const struct pel_plan_channel *channel = &plan->channels[ring->channels[i]];
		const struct pel_plan_actor *to = &plan->actors[channel->to];

		if (!on_device(to) || to->where.index != from->where.index ||
		    strcmp(to->policy->on_fault, "fail") != 0 || channel->initial ||
		    to->in[channel->to_port].tail == PEL_TAIL_PAD)
			return false;
	}
	return true;
}

static enum pel_memory ring_memory(const struct pel_plan *plan, const struct pel_plan_ring *ring)
{
	enum pel_memory memory = PEL_MEMORY_FUSED;

	if (stays_on_device(plan, ring))
		return PEL_MEMORY_DEVICE;

	for (uint32_t i = 0; i < ring->n_channels; i++) {
		const struct pel_plan_channel *channel = &plan->channels[ring->channels[i]];

		if (plan->actors[channel->from].where.kind == PEL_WHERE_FPGA ||
		    plan->actors[channel->to].where.kind == PEL_WHERE_FPGA)
			return PEL_MEMORY_SHARED;
		if (!is_inner(plan, channel))
			memory = PEL_MEMORY_RING;
	}
	return memory;
}

/* Set the slots and the mirror of a ring; its channels must be known. */
static void size_ring(struct pel_plan *plan, uint32_t index)
{
	struct pel_plan_ring *ring = &plan->rings[index];
	uint64_t largest = 0, multiple;
	struct pieces pieces;

	for (uint32_t i = 0; i < ring->n_channels; i++) {
		struct pel_plan_channel *channel = &plan->channels[ring->channels[i]];
		struct pel_plan_port *in = &plan->actors[channel->to].in[channel->to_port];

		largest = pel_max(largest, channel->capacity);
		ring->history = pel_max(ring->history, in->history);
		channel->ring = index;
		in->ring = index;
		in->reader = i;
	}
	ring->slots = largest + ring->history;
	for (uint32_t i = 0; i < ring->n_channels; i++) {
		const struct pel_plan_channel *channel = &plan->channels[ring->channels[i]];
		const struct pel_plan_actor *from = &plan->actors[ring->actor],
					    *to = &plan->actors[channel->to];

		/* Then the windows of a device repeat at the same addresses. */
		ring->slots = round_up(ring->slots,
				       block_unit(from, &from->out[ring->port], to, &to->in[channel->to_port]),
				       ring->token_bytes);
	}
	pieces = ring_pieces(plan, ring, largest);
	multiple = round_up(ring->slots, pieces.unit, ring->token_bytes);
	if (pieces.unit && multiple % pieces.unit == 0) {
		ring->slots = multiple;
	} else {
		ring->mirror = pieces.window;
		ring->slots = pel_max(ring->slots, pieces.window);
		if (8 * pieces.window <=
		    OUTER_BYTES / ring->token_bytes) /* so that few of the tokens are written twice */
			ring->slots = pel_max(ring->slots, 8 * pieces.window);
	}
	ring->memory = ring_memory(plan, ring);
	for (uint32_t i = 0; i < ring->n_channels; i++)
		plan->channels[ring->channels[i]].memory = ring->memory;
}

/* Channels with different initial tokens carry different streams, so they need separate rings. */
static int port_rings(struct compiler *c, uint32_t actor, uint32_t port)
{
	struct pel_plan *plan = c->plan;
	struct pel_plan_port *out = &plan->actors[actor].out[port];
	uint32_t n = out->n_channels, begin = 0, *channels = (uint32_t *)out->channels, *room,
		 before = PEL_NONE;

	out->ring = PEL_NONE;
	if (n > 1) {
		channels = pel_compiler_alloc_plan(c, n, sizeof(*channels));
		room = pel_compiler_alloc_brief(c, n, sizeof(*room));
		if (!channels || !room)
			return -ENOMEM;
		memcpy(channels, out->channels, n * sizeof(*channels));
		sort_by_initial(plan, channels, n, room);
	}
	for (uint32_t end = 1; end <= n; end++) {
		uint32_t index = plan->n_rings;

		if (end < n && compare_initial(plan, channels[begin], channels[end]) == 0)
			continue;
		plan->rings[index] = (struct pel_plan_ring){
			.actor = actor,
			.port = port,
			.n_channels = end - begin,
			.channels = channels + begin,
			.next = PEL_NONE,
			.token_bytes = out->token_bytes,
		};
		plan->n_rings++;
		if (before == PEL_NONE)
			out->ring = index;
		else
			plan->rings[before].next = index;
		before = index;
		begin = end;
		size_ring(plan, index);
	}
	return 0;
}

static int make_rings(struct compiler *c)
{
	struct pel_plan *plan = c->plan;
	int r = 0;

	plan->rings = pel_compiler_alloc_plan(c, plan->n_channels,
					      sizeof(*plan->rings)); /* at most one for each channel */
	if (!plan->rings)
		return -ENOMEM;
	for (uint32_t i = 0; i < plan->n_actors; i++) {
		for (uint32_t k = 0; k < plan->actors[i].n_in; k++)
			if (!plan->actors[i].in[k].n_channels)
				plan->actors[i].in[k].ring = PEL_NONE;
		for (uint32_t k = 0; k < plan->actors[i].n_out && r == 0; k++)
			r = port_rings(c, i, k);
	}
	return r;
}

/* ---- memory ---- */

static uint64_t ring_bytes(const struct pel_plan_ring *ring)
{
	uint64_t bytes;

	return __builtin_mul_overflow(ring->slots + ring->mirror, (uint64_t)ring->token_bytes, &bytes)
		       ? UINT64_MAX
		       : bytes;
}

#define LARGEST 3

static int say_too_large(struct compiler *c, uint64_t total, uint64_t limit)
{
	const struct pel_plan *plan = c->plan;
	struct sentence text = { "", 0 };
	const struct pel_plan_ring *shown[LARGEST] = { NULL };

	for (unsigned n = 0; n < LARGEST; n++) {
		const struct pel_plan_ring *largest = NULL;

		for (uint32_t i = 0; i < plan->n_rings; i++) {
			const struct pel_plan_ring *ring = &plan->rings[i];
			bool before = false;

			for (unsigned k = 0; k < n; k++)
				before |= shown[k] == ring;
			if (!before && (!largest || ring_bytes(ring) > ring_bytes(largest)))
				largest = ring;
		}
		shown[n] = largest;
		if (largest)
			pel_sentence_add(&text, "%s%s (%llu token%s of %u byte%s)", n ? ", " : "",
					 plan->channels[largest->channels[0]].name,
					 (unsigned long long)largest->slots + largest->mirror,
					 pel_s((uint64_t)largest->slots + largest->mirror),
					 largest->token_bytes, pel_s(largest->token_bytes));
	}
	pel_fail(c->err, -EINVAL, plan->channels[shown[0]->channels[0]].place,
		 "the channels need %s%llu bytes of memory, but may use only %llu; the largest: %s",
		 total == UINT64_MAX ? "more than " : "", (unsigned long long)total,
		 (unsigned long long)limit, text.bytes);
	pel_hint(c->err, "give them smaller capacities, or their ports smaller rates");
	return -EINVAL;
}

static int check_memory(struct compiler *c)
{
	const struct pel_plan *plan = c->plan;
	uint64_t memory = plan->machine.memory_bytes,
		 limit = memory ? memory - memory / 4 : (uint64_t)INT64_MAX, total = 0;

	for (uint32_t i = 0; i < plan->n_rings; i++)
		if (__builtin_add_overflow(total, ring_bytes(&plan->rings[i]), &total))
			total = UINT64_MAX;
	return total > limit ? say_too_large(c, total, limit) : 0;
}

int pel_pass_size(struct compiler *c)
{
	int r;

	if ((r = choose_capacities(c)) < 0 || (r = pel_capacities_tune(c)) < 0 || (r = make_rings(c)) < 0)
		return r;
	return check_memory(c);
}
