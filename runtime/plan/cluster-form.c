/* SPDX-License-Identifier: Apache-2.0 */
#include "cluster-form.h"

#include <errno.h>
#include <string.h>
#include "compiler.h"
#include "order.h"
#include "plan-ports.h"

/*
 * Clusters: actors of constant or cyclic rates that are executed as one, in a static order, an iteration of their own at a time or many
 * (clustering: Bhattacharyya, Murthy, Lee, "Software Synthesis from Dataflow Graphs", 1996). Inside, most channels are plain buffers.
 *
 * Any cluster is correct, since the run falls back to firing its actors one by one wherever an iteration is not possible as a whole. To be of use it
 * must be convex, though: no way may lead out of it and in again, or it would wait for itself. Hence levels: a way that leaves a place, or passes an actor
 * that is in no cluster, comes back at a higher level; a cluster is what is connected at one place and one level.
 *
 * Where several workers may execute a cluster, it is cut into segments, and each worker carries a round (many iterations) through all of them. Stateless
 * actors form parallel segments, which rounds may pass in any order; an actor with state is passed by one round after the other.
 */
/* Per worker: so that one whose round has to wait for its turn has others to go on with. */
#define ROUNDS_PER_WORKER 4
#define ROUNDS_MAX	  4096 /* of all clusters */
#define ALONE_PER_WORKER  4    /* clusters: with more, those of one actor are not worth it */
#define SERIAL_PER_WORKER 4    /* serial segments */
#define ITERATION_BYTES \
	((uint64_t)256 << 10) /* of one channel: more is not carried about whole, but where it is one firing */

static const char *const reasons[] = {
	[PEL_APART_NOT] = NULL,
	[PEL_APART_PLACE] = "it is not on the CPU",
	[PEL_APART_BLOCKING] = "its kernel may wait for the outside world, so it has a thread of its own",
	[PEL_APART_COPIES] = "it has copies of its own",
	[PEL_APART_DYNAMIC] = "its rates are dynamic",
	[PEL_APART_EFFECTS] = "its firings do more than write tokens",
	[PEL_APART_CYCLE] = "it is on a cycle of channels",
	[PEL_APART_CAPACITY] = "the capacity given to one of its channels is less than two iterations need",
	[PEL_APART_LARGE] = "an iteration of it is too large",
	[PEL_APART_ALONE] =
		"it has no neighbour that it could be fused with, and only one worker at a time may execute it",
	[PEL_APART_MANY] = "it has no neighbour that it could be fused with, and there are other stages enough",
};

const char *pel_apart_reason(enum pel_apart apart)
{
	return reasons[apart];
}

bool pel_plan_is_fused(const struct pel_plan *plan, const struct pel_plan_channel *channel)
{
	const struct pel_plan_actor *from = &plan->actors[channel->from], *to = &plan->actors[channel->to];

	return plan->clusters && from != to && from->kind == PEL_ACTOR_KERNEL && to->kind == PEL_ACTOR_KERNEL &&
	       from->cluster != PEL_NONE && from->cluster == to->cluster && !channel->capacity_given;
}

uint32_t pel_plan_at_once(const struct pel_plan *plan, const struct pel_plan_actor *actor)
{
	const struct pel_plan_cluster *cluster;

	if (!plan->clusters || actor->kind != PEL_ACTOR_KERNEL || actor->cluster == PEL_NONE ||
	    actor->copies > 1 || !(actor->kernel->flags & PEL_KERNEL_STATELESS))
		return actor->copies;
	cluster = &plan->clusters[actor->cluster];
	return cluster->copies < plan->workers ? cluster->copies : plan->workers;
}

struct clustering {
	struct compiler *c;
	uint32_t *order, *part; /* of all actors, see pel_order_nodes() */
	uint32_t *level, *root; /* of each actor; root: of its component, by union-find */
	uint64_t *unit;		/* of each root: the greatest common divisor of its actors' repetitions */
	uint32_t *members;	/* actors by component */
	uint32_t *place;	/* of each actor: scratch for order and segments */
	uint32_t n_components;
};

static enum pel_apart why_apart(const struct pel_plan_actor *actor)
{
	if (actor->kind != PEL_ACTOR_KERNEL || actor->where.kind != PEL_WHERE_CPU)
		return PEL_APART_PLACE;
	if (actor->copies > 1)
		return PEL_APART_COPIES;
	if (actor->kernel->flags & PEL_KERNEL_BLOCKING)
		return PEL_APART_BLOCKING;
	if (actor->dynamic || !actor->repetition)
		return PEL_APART_DYNAMIC;
	if (actor->kernel->flags & PEL_KERNEL_EFFECTS)
		return PEL_APART_EFFECTS;
	return PEL_APART_NOT;
}

static bool is_apart(const struct pel_plan_actor *actor)
{
	return actor->apart != PEL_APART_NOT;
}

static bool is_stateless(const struct pel_plan_actor *actor)
{
	return actor->kernel->flags & PEL_KERNEL_STATELESS;
}

static bool same_place(const struct pel_plan_actor *a, const struct pel_plan_actor *b)
{
	return a->where.index == b->where.index;
}

/* Workers that may execute it. */
static uint32_t workers_of(const struct compiler *c, const struct pel_plan_actor *actor)
{
	return actor->where.index < 0 ? c->plan->workers : 1;
}

/* Tokens on `channel` in one repetition of its ends' part of the graph; 0: too many to count. */
static uint64_t repetition_tokens(const struct pel_plan *plan, const struct pel_plan_channel *channel)
{
	const struct pel_plan_actor *from = &plan->actors[channel->from];
	const struct pel_plan_port *out = &from->out[channel->from_port];
	uint64_t tokens;

	return __builtin_mul_overflow(pel_rates_sum(out), from->phases / out->n_rates, &tokens) ||
			       __builtin_mul_overflow(tokens, from->repetition, &tokens)
		       ? 0
		       : tokens;
}

/* ---- which actors may be in a cluster ---- */

/* Actors on cycles stay apart. */
static int find_cycles(struct clustering *k)
{
	struct pel_plan *plan = k->c->plan;
	struct edge *edges = pel_compiler_alloc_brief(k->c, plan->n_channels, sizeof(*edges));
	uint32_t *size = pel_compiler_alloc_brief(k->c, plan->n_actors, sizeof(*size));

	if (!edges || !size)
		return -ENOMEM;
	for (uint32_t i = 0; i < plan->n_channels; i++)
		edges[i] = (struct edge){ plan->channels[i].from, plan->channels[i].to };
	if (pel_order_nodes(plan->n_actors, edges, plan->n_channels, k->order, k->part) < 0)
		return pel_nomem(k->c->err);
	for (uint32_t i = 0; i < plan->n_actors; i++)
		size[k->part[i]]++;
	for (uint32_t i = 0; i < plan->n_channels; i++) /* from itself to itself */
		size[k->part[edges[i].from]] += edges[i].from == edges[i].to;
	for (uint32_t i = 0; i < plan->n_actors; i++)
		if (size[k->part[i]] > 1 && !is_apart(&plan->actors[i]))
			plan->actors[i].apart = PEL_APART_CYCLE;
	return 0;
}

/*
 * A capacity that was given is an exact limit: where it does not hold two iterations, its ends are better off as stages of their own. An actor whose
 * iteration moves too much is one anyway. By whole repetitions of the graph, which those of a cluster divide: so this is not the last word.
 */
static bool is_tight(const struct compiler *c, const struct pel_plan_channel *channel, uint64_t tokens)
{
	const struct pel_plan_actor *from = &c->plan->actors[channel->from];
	uint64_t rounds = workers_of(c, from) > 1 ? 2 : 1;

	return channel->capacity_given && (channel->capacity - channel->initial) / rounds < tokens;
}

/* ---- components ---- */

static uint32_t root_of(struct clustering *k, uint32_t actor)
{
	while (k->root[actor] != actor)
		actor = k->root[actor] = k->root[k->root[actor]];
	return actor;
}

static void find_levels(struct clustering *k)
{
	const struct pel_plan *plan = k->c->plan;
	uint32_t n = plan->n_actors, end;

	for (uint32_t begin = 0; begin < n; begin = end) { /* a component of the whole graph at a time */
		uint32_t part = k->part[k->order[begin]], level = 0;

		for (end = begin; end < n && k->part[k->order[end]] == part; end++) {
			const struct pel_plan_actor *to = &plan->actors[k->order[end]];

			for (uint32_t i = 0; i < to->n_in; i++) {
				const struct pel_plan_actor *from;
				uint32_t writer, above;

				if (!to->in[i].n_channels)
					continue;
				writer = plan->channels[to->in[i].channels[0]].from;
				if (k->part[writer] == part)
					continue;
				from = &plan->actors[writer];
				above = k->level[writer] +
					(!is_apart(to) && (is_apart(from) || !same_place(from, to)));
				level = above > level ? above : level;
			}
		}
		for (uint32_t i = begin; i < end; i++)
			k->level[k->order[i]] = level;
	}
}

static bool is_inside(const struct clustering *k, const struct pel_plan_channel *channel)
{
	const struct pel_plan_actor *from = &k->c->plan->actors[channel->from],
				    *to = &k->c->plan->actors[channel->to];

	return !is_apart(from) && !is_apart(to) && same_place(from, to) &&
	       k->level[channel->from] == k->level[channel->to];
}

static uint64_t common_divisor(uint64_t a, uint64_t b)
{
	while (b) {
		uint64_t rest = a % b;

		a = b;
		b = rest;
	}
	return a;
}

/* Which actors are connected inside a level, and the unit of their repetitions. */
static void connect(struct clustering *k)
{
	const struct pel_plan *plan = k->c->plan;

	for (uint32_t i = 0; i < plan->n_actors; i++) {
		k->root[i] = i;
		k->unit[i] = 0;
	}
	for (uint32_t i = 0; i < plan->n_channels; i++) {
		const struct pel_plan_channel *channel = &plan->channels[i];
		uint32_t a, b;

		if (!is_inside(k, channel))
			continue;
		a = root_of(k, channel->from);
		b = root_of(k, channel->to);
		k->root[a > b ? a : b] = a > b ? b : a;
	}
	for (uint32_t i = 0; i < plan->n_actors; i++) {
		uint32_t root = root_of(k, i);

		if (!is_apart(&plan->actors[i]))
			k->unit[root] = common_divisor(k->unit[root], plan->actors[i].repetition);
	}
}

/* Take out what does not fit, now that the units are known. Returns whether anything was. */
static bool take_out(struct clustering *k)
{
	struct pel_plan *plan = k->c->plan;
	bool any = false;

	for (uint32_t i = 0; i < plan->n_channels; i++) {
		const struct pel_plan_channel *channel = &plan->channels[i];
		struct pel_plan_actor *from = &plan->actors[channel->from], *to = &plan->actors[channel->to];
		const struct pel_plan_port *out;
		uint64_t tokens, limit;

		if (from->dynamic || to->dynamic || !from->repetition || (is_apart(from) && is_apart(to)))
			continue;
		out = &from->out[channel->from_port];
		limit = ITERATION_BYTES / out->token_bytes;
		tokens = repetition_tokens(plan, channel);
		if (!is_apart(from) && (!tokens || tokens / k->unit[root_of(k, channel->from)] > limit) &&
		    pel_rates_sum(out) <= limit) {
			from->apart = PEL_APART_LARGE;
			any = true;
		}
		if (!is_apart(to) && (!tokens || tokens / k->unit[root_of(k, channel->to)] > limit) &&
		    pel_rates_sum(&to->in[channel->to_port]) <= limit) {
			to->apart = PEL_APART_LARGE;
			any = true;
		}
		if (is_inside(k, channel) &&
		    is_tight(k->c, channel, tokens / k->unit[root_of(k, channel->from)])) {
			from->apart = to->apart = PEL_APART_CAPACITY;
			any = true;
		}
	}
	return any;
}

/* ---- order and segments of one cluster ---- */

struct ordering {
	struct clustering *k;
	struct pel_plan_cluster *cluster;
	const uint32_t *members;
	uint32_t n;
	bool split;	    /* into segments */
	uint32_t *missing;  /* of each member: writers that have no place yet */
	uint32_t *ready[2]; /* stacks of members: parallel ones, serial ones */
	uint32_t n_ready[2];
	uint32_t *later, n_later;  /* parallel ones that must not be in this segment */
	uint32_t *segment_of;	   /* of each member */
	uint32_t *actors, *begins; /* the result */
	uint32_t n_placed, n_segments;
	__int128 serial_cost, this_cost; /* of all serial members; of the serial segment that is being filled */
	bool serial;
};

static bool is_serial(const struct ordering *o, uint32_t member)
{
	return o->split && !is_stateless(&o->k->c->plan->actors[o->members[member]]);
}

/* Does it look back at what the round before has written, in the very segment that is being filled? */
static bool looks_back(const struct ordering *o, uint32_t member)
{
	const struct pel_plan *plan = o->k->c->plan;
	const struct pel_plan_actor *to = &plan->actors[o->members[member]];

	for (uint32_t i = 0; i < to->n_in; i++) {
		const struct pel_plan_channel *channel;

		if (!to->in[i].n_channels)
			continue;
		channel = &plan->channels[to->in[i].channels[0]];
		if (is_inside(o->k, channel) && (channel->initial || to->in[i].history) &&
		    o->segment_of[o->k->place[channel->from]] == o->n_segments - 1)
			return true;
	}
	return false;
}

static void begin_segment(struct ordering *o, bool serial)
{
	o->begins[o->n_segments++] = o->n_placed;
	o->serial = serial;
	o->this_cost = 0;
	for (uint32_t i = 0; i < o->n_later; i++)
		o->ready[0][o->n_ready[0]++] = o->later[i];
	o->n_later = 0;
}

static void place_member(struct ordering *o, uint32_t member)
{
	const struct pel_plan *plan = o->k->c->plan;
	const struct pel_plan_actor *actor = &plan->actors[o->members[member]];

	o->actors[o->n_placed++] = o->members[member];
	o->segment_of[member] = o->n_segments - 1;
	for (uint32_t p = actor->n_out; p-- > 0;)
		for (uint32_t i = actor->out[p].n_channels; i-- > 0;) {
			const struct pel_plan_channel *channel = &plan->channels[actor->out[p].channels[i]];
			uint32_t to;

			if (!is_inside(o->k, channel))
				continue;
			to = o->k->place[channel->to];
			if (--o->missing[to] == 0)
				o->ready[is_serial(o, to)][o->n_ready[is_serial(o, to)]++] = to;
		}
}

/* All parallel members that can be placed, before any serial one; depth first. */
static void order_members(struct ordering *o, __int128 serial_share)
{
	begin_segment(o, false);
	while (o->n_placed < o->n) {
		uint32_t member;

		if (o->n_ready[0]) {
			if (o->serial)
				begin_segment(o, false);
			member = o->ready[0][--o->n_ready[0]];
			if (o->split && looks_back(o, member))
				o->later[o->n_later++] = member;
			else
				place_member(o, member);
		} else if (o->n_later) {
			begin_segment(o, false);
		} else {
			member = o->ready[1][--o->n_ready[1]];
			if (!o->serial || o->this_cost >= serial_share)
				begin_segment(o, true);
			o->this_cost += o->k->c->cost[o->members[member]];
			place_member(o, member);
		}
	}
	o->begins[o->n_segments] = o->n_placed;
}

/* Segments that stayed empty are dropped: the first one, where nothing parallel comes first. */
static void drop_empty(struct ordering *o)
{
	uint32_t n = 0;

	for (uint32_t s = 0; s < o->n_segments; s++)
		if (o->begins[s] < o->begins[s + 1])
			o->begins[n++] = o->begins[s];
	o->begins[n] = o->n_placed;
	o->n_segments = n;
}

static int order_cluster(struct ordering *o)
{
	struct compiler *c = o->k->c;
	const struct pel_plan *plan = c->plan;
	uint32_t n = o->n, *numbers = pel_compiler_alloc_brief(c, (size_t)n * 5, sizeof(*numbers));
	uint32_t workers = workers_of(c, &plan->actors[o->members[0]]);

	o->actors = pel_compiler_alloc_plan(c, n, sizeof(*o->actors));
	o->begins = pel_compiler_alloc_plan(c, (size_t)n + 2, sizeof(*o->begins));
	if (!numbers || !o->actors || !o->begins)
		return -ENOMEM;
	o->missing = numbers;
	o->ready[0] = numbers + n;
	o->ready[1] = numbers + 2 * (size_t)n;
	o->later = numbers + 3 * (size_t)n;
	o->segment_of = numbers + 4 * (size_t)n;
	for (uint32_t m = 0; m < n; m++) {
		o->segment_of[m] = PEL_NONE;
		o->k->place[o->members[m]] = m;
	}
	for (uint32_t m = n; m-- > 0;) { /* from the back, so that the stacks give them in the document's order */
		const struct pel_plan_actor *actor = &plan->actors[o->members[m]];

		for (uint32_t i = 0; i < actor->n_in; i++)
			o->missing[m] += actor->in[i].n_channels &&
					 is_inside(o->k, &plan->channels[actor->in[i].channels[0]]);
		if (is_serial(o, m))
			o->serial_cost += c->cost[o->members[m]];
		if (!o->missing[m])
			o->ready[is_serial(o, m)][o->n_ready[is_serial(o, m)]++] = m;
	}
	order_members(o, o->serial_cost / ((__int128)SERIAL_PER_WORKER * workers));
	drop_empty(o);
	return 0;
}

/* ---- clusters ---- */

/*
 * May it be a part of an iteration that others wait for? Not where an iteration is one firing of each, and they are all tied to the one channel that it is
 * waited at.
 */
static void find_eager(const struct clustering *k, struct pel_plan_cluster *cluster)
{
	const struct pel_plan *plan = k->c->plan;
	uint64_t n_in = 0, n_out = 0;
	bool atomic = true;

	for (uint32_t i = 0; i < cluster->n_actors; i++) {
		const struct pel_plan_actor *actor = &plan->actors[cluster->actors[i]];

		atomic &= actor->cluster_firings == 1;
		for (uint32_t p = 0; p < actor->n_in; p++) {
			const struct pel_plan_channel *channel;

			if (!actor->in[p].n_channels)
				continue;
			channel = &plan->channels[actor->in[p].channels[0]];
			n_in += !is_inside(k, channel);
			atomic &= !is_inside(k, channel) || !channel->initial;
		}
		for (uint32_t p = 0; p < actor->n_out; p++)
			for (uint32_t j = 0; j < actor->out[p].n_channels; j++)
				n_out += !is_inside(k, &plan->channels[actor->out[p].channels[j]]);
	}
	cluster->eager_input = !atomic || (cluster->n_actors > 1 && (n_in > 1 || n_out > 1));
	cluster->eager_room = !atomic || (cluster->n_actors > 1 && (n_in > 0 || n_out > 1));
}

/* As many rounds at the same time as the capacities that were given allow. */
static uint32_t rounds_given(const struct clustering *k, const struct pel_plan_cluster *cluster)
{
	const struct pel_plan *plan = k->c->plan;
	uint64_t rounds = cluster->slots;

	for (uint32_t i = 0; i < cluster->n_actors; i++) {
		const struct pel_plan_actor *to = &plan->actors[cluster->actors[i]];

		for (uint32_t p = 0; p < to->n_in; p++) {
			const struct pel_plan_channel *channel;
			uint64_t room;

			if (!to->in[p].n_channels)
				continue;
			channel = &plan->channels[to->in[p].channels[0]];
			if (!channel->capacity_given || !is_inside(k, channel))
				continue;
			room = (channel->capacity - channel->initial) / pel_cluster_tokens(to, &to->in[p]);
			rounds = room < rounds ? room : rounds;
		}
	}
	return (uint32_t)rounds;
}

static int make_cluster(struct clustering *k, const uint32_t *members, uint32_t n)
{
	struct compiler *c = k->c;
	struct pel_plan *plan = c->plan;
	struct pel_plan_actor *first = &plan->actors[members[0]];
	struct pel_plan_cluster *cluster = &plan->clusters[plan->n_clusters];
	struct ordering o = { .k = k, .cluster = cluster, .members = members, .n = n };
	uint32_t workers = workers_of(c, first);
	int r;

	if (n == 1 && (workers == 1 || !is_stateless(first))) {
		first->apart = PEL_APART_ALONE;
		return 0;
	}
	if (n == 1 && k->n_components > ALONE_PER_WORKER * plan->workers) {
		first->apart = PEL_APART_MANY;
		return 0;
	}
	o.split = workers > 1;
	if ((r = order_cluster(&o)) < 0)
		return r;
	*cluster = (struct pel_plan_cluster){ .actors = o.actors,
					      .n_actors = n,
					      .segments = o.begins,
					      .n_segments = o.n_segments,
					      .slots = workers > 1 ? ROUNDS_PER_WORKER * workers : 1,
					      .copies = workers };
	for (uint32_t m = 0; m < n; m++) {
		struct pel_plan_actor *actor = &plan->actors[members[m]];

		actor->cluster = plan->n_clusters;
		actor->segment = o.segment_of[m];
		actor->cluster_firings = actor->repetition / k->unit[root_of(k, members[0])] * actor->phases;
	}
	/* Segments that were dropped moved the others. */
	for (uint32_t s = 0; s < o.n_segments; s++)
		for (uint32_t i = o.begins[s]; i < o.begins[s + 1]; i++)
			plan->actors[o.actors[i]].segment = s;
	find_eager(k, cluster);
	cluster->slots = rounds_given(k, cluster);
	if (cluster->copies > cluster->slots)
		cluster->copies = cluster->slots;
	plan->n_clusters++;
	return 0;
}

/* An actor with copies is a cluster of its own. */
static int make_copies(struct compiler *c, uint32_t index)
{
	struct pel_plan *plan = c->plan;
	struct pel_plan_actor *actor = &plan->actors[index];
	uint32_t *numbers = pel_compiler_alloc_plan(c, 3, sizeof(*numbers));

	if (!numbers)
		return -ENOMEM;
	numbers[0] = index;
	numbers[2] = 1;
	plan->clusters[plan->n_clusters] =
		(struct pel_plan_cluster){ .actors = numbers,
					   .n_actors = 1,
					   .segments = numbers + 1,
					   .n_segments = 1,
					   .slots = ROUNDS_PER_WORKER * actor->copies,
					   .copies = actor->copies,
					   .eager_input = actor->phases > 1,
					   .eager_room = actor->phases > 1 };
	actor->cluster = plan->n_clusters++;
	actor->cluster_firings = actor->phases;
	return 0;
}

/* Actors component by component, those in the order of their first actors. */
static int make_clusters(struct clustering *k)
{
	struct pel_plan *plan = k->c->plan;
	uint32_t *begin = pel_compiler_alloc_brief(k->c, (size_t)plan->n_actors + 1, sizeof(*begin));
	int r;

	if (!begin)
		return -ENOMEM;
	for (uint32_t i = 0; i < plan->n_actors; i++)
		begin[root_of(k, i) + 1] += !is_apart(&plan->actors[i]);
	for (uint32_t i = 0; i < plan->n_actors; i++) {
		k->n_components += begin[i + 1] > 0;
		begin[i + 1] += begin[i];
	}
	memcpy(k->place, begin, plan->n_actors * sizeof(*begin));
	for (uint32_t i = 0; i < plan->n_actors; i++)
		if (!is_apart(&plan->actors[i]))
			k->members[k->place[root_of(k, i)]++] = i;
	for (uint32_t i = 0; i < plan->n_actors; i++) {
		struct pel_plan_actor *actor = &plan->actors[i];

		if (begin[i] < begin[i + 1])
			r = make_cluster(k, k->members + begin[i], begin[i + 1] - begin[i]);
		else
			r = actor->apart == PEL_APART_COPIES ? make_copies(k->c, i) : 0;
		if (r < 0)
			return r;
	}
	/* With many clusters there is enough to do for all without so many rounds of each. */
	for (uint32_t i = 0; i < plan->n_clusters; i++) {
		struct pel_plan_cluster *cluster = &plan->clusters[i];
		uint32_t share = ROUNDS_MAX / plan->n_clusters;

		share = share > 2 ? share : 2;
		if (plan->actors[cluster->actors[0]].apart == PEL_APART_COPIES || cluster->slots <= share)
			continue;
		cluster->slots = share;
		if (cluster->copies > share)
			cluster->copies = share;
	}
	return 0;
}

int pel_clusters_form(struct compiler *c)
{
	struct pel_plan *plan = c->plan;
	uint32_t n = plan->n_actors;
	struct clustering k = { .c = c,
				.order = pel_compiler_alloc_brief(c, n, sizeof(uint32_t)),
				.part = pel_compiler_alloc_brief(c, n, sizeof(uint32_t)),
				.level = pel_compiler_alloc_brief(c, n, sizeof(uint32_t)),
				.root = pel_compiler_alloc_brief(c, n, sizeof(uint32_t)),
				.unit = pel_compiler_alloc_brief(c, n, sizeof(uint64_t)),
				.members = pel_compiler_alloc_brief(c, n, sizeof(uint32_t)),
				.place = pel_compiler_alloc_brief(c, n, sizeof(uint32_t)) };
	int r;

	plan->clusters = pel_compiler_alloc_brief(c, n, sizeof(*plan->clusters));
	if (!k.order || !k.part || !k.level || !k.root || !k.unit || !k.members || !k.place || !plan->clusters)
		return -ENOMEM;
	for (uint32_t i = 0; i < n; i++) {
		plan->actors[i].cluster = PEL_NONE;
		plan->actors[i].apart = why_apart(&plan->actors[i]);
	}
	if ((r = find_cycles(&k)) < 0)
		return r;
	do { /* each round takes at least one actor out; that is rare, and the first is mostly the last */
		find_levels(&k);
		connect(&k);
	} while (take_out(&k));
	return make_clusters(&k);
}
