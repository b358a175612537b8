/* SPDX-License-Identifier: Apache-2.0 */
#include "cluster-components.h"

#include <errno.h>
#include "order.h"
#include "plan-ports.h"

/*
 * Any choice of clusters is correct, because the run fires the actors one by one whenever it cannot execute a whole iteration. But a useful
 * cluster is convex: no path leads out of it and back in, or it would wait for itself. Levels ensure that: a path that leaves a place, or passes
 * an actor outside clusters, continues at a higher level. A cluster is a connected set of actors with the same place and level.
 */
#define ITERATION_BYTES \
	((uint64_t)256 << 10) /* limit on the tokens of one channel in an iteration, unless a single firing moves more */

static enum pel_not_fused why_not_fused(const struct pel_plan_actor *actor)
{
	if (actor->kind != PEL_ACTOR_KERNEL || actor->where.kind != PEL_WHERE_CPU)
		return PEL_NOT_FUSED_PLACE;
	if (actor->copies > 1)
		return PEL_NOT_FUSED_COPIES;
	if (actor->kernel->flags & PEL_KERNEL_BLOCKING)
		return PEL_NOT_FUSED_BLOCKING;
	if (actor->dynamic || !actor->repetition)
		return PEL_NOT_FUSED_DYNAMIC;
	if (actor->kernel->flags & PEL_KERNEL_EFFECTS)
		return PEL_NOT_FUSED_EFFECTS;
	return PEL_FUSED;
}

static bool same_place(const struct pel_plan_actor *a, const struct pel_plan_actor *b)
{
	return a->where.index == b->where.index;
}

/* How many tokens pass `channel` in one iteration of the graph; 0: too many to count. */
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

/* Exclude actors on cycles. */
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
	for (uint32_t i = 0; i < plan->n_channels; i++) /* self-loops */
		size[k->part[edges[i].from]] += edges[i].from == edges[i].to;
	for (uint32_t i = 0; i < plan->n_actors; i++)
		if (size[k->part[i]] > 1 && !pel_is_not_fused(&plan->actors[i]))
			plan->actors[i].not_fused = PEL_NOT_FUSED_CYCLE;
	return 0;
}

/* A given capacity is an exact limit. If it is too small for two iterations (one, for a single worker), its ends are better off as separate stages. */
static bool is_tight(const struct compiler *c, const struct pel_plan_channel *channel, uint64_t tokens)
{
	const struct pel_plan_actor *from = &c->plan->actors[channel->from];
	uint64_t rounds = pel_cluster_workers(c, from) > 1 ? 2 : 1;

	return channel->capacity_given && (channel->capacity - channel->initial) / rounds < tokens;
}

/* ---- components ---- */

uint32_t pel_cluster_root(struct clustering *k, uint32_t actor)
{
	while (k->root[actor] != actor)
		actor = k->root[actor] = k->root[k->root[actor]];
	return actor;
}

static void find_levels(struct clustering *k)
{
	const struct pel_plan *plan = k->c->plan;
	uint32_t n = plan->n_actors, end;

	for (uint32_t begin = 0; begin < n; begin = end) { /* one strongly connected component at a time */
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
				above = k->level[writer] + (!pel_is_not_fused(to) &&
							    (pel_is_not_fused(from) || !same_place(from, to)));
				level = above > level ? above : level;
			}
		}
		for (uint32_t i = begin; i < end; i++)
			k->level[k->order[i]] = level;
	}
}

bool pel_cluster_is_inside(const struct clustering *k, const struct pel_plan_channel *channel)
{
	const struct pel_plan_actor *from = &k->c->plan->actors[channel->from],
				    *to = &k->c->plan->actors[channel->to];

	return !pel_is_not_fused(from) && !pel_is_not_fused(to) && same_place(from, to) &&
	       k->level[channel->from] == k->level[channel->to];
}

/* Find the actors that are connected inside a level, and the greatest common divisor of their repetitions. */
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

		if (!pel_cluster_is_inside(k, channel))
			continue;
		a = pel_cluster_root(k, channel->from);
		b = pel_cluster_root(k, channel->to);
		k->root[a > b ? a : b] = a > b ? b : a;
	}
	for (uint32_t i = 0; i < plan->n_actors; i++) {
		uint32_t root = pel_cluster_root(k, i);

		if (!pel_is_not_fused(&plan->actors[i]))
			k->unit[root] = pel_sdf_gcd(k->unit[root], plan->actors[i].repetition);
	}
}

/* Exclude actors that do not fit, now that the units are known. Returns whether there were any. */
static bool take_out(struct clustering *k)
{
	struct pel_plan *plan = k->c->plan;
	bool any = false;

	for (uint32_t i = 0; i < plan->n_channels; i++) {
		const struct pel_plan_channel *channel = &plan->channels[i];
		struct pel_plan_actor *from = &plan->actors[channel->from], *to = &plan->actors[channel->to];
		const struct pel_plan_port *out;
		uint64_t tokens, limit;

		if (from->dynamic || to->dynamic || !from->repetition ||
		    (pel_is_not_fused(from) && pel_is_not_fused(to)))
			continue;
		out = &from->out[channel->from_port];
		limit = ITERATION_BYTES / out->token_bytes;
		tokens = repetition_tokens(plan, channel);
		if (!pel_is_not_fused(from) &&
		    (!tokens || tokens / k->unit[pel_cluster_root(k, channel->from)] > limit) &&
		    pel_rates_sum(out) <= limit) {
			from->not_fused = PEL_NOT_FUSED_LARGE;
			any = true;
		}
		if (!pel_is_not_fused(to) &&
		    (!tokens || tokens / k->unit[pel_cluster_root(k, channel->to)] > limit) &&
		    pel_rates_sum(&to->in[channel->to_port]) <= limit) {
			to->not_fused = PEL_NOT_FUSED_LARGE;
			any = true;
		}
		if (pel_cluster_is_inside(k, channel) &&
		    is_tight(k->c, channel, tokens / k->unit[pel_cluster_root(k, channel->from)])) {
			from->not_fused = to->not_fused = PEL_NOT_FUSED_CAPACITY;
			any = true;
		}
	}
	return any;
}

int pel_cluster_components(struct clustering *k)
{
	struct pel_plan *plan = k->c->plan;
	int r;

	for (uint32_t i = 0; i < plan->n_actors; i++) {
		plan->actors[i].cluster = PEL_NONE;
		plan->actors[i].not_fused = why_not_fused(&plan->actors[i]);
	}
	if ((r = find_cycles(k)) < 0)
		return r;
	do { /* each repetition excludes at least one actor; mostly there is none */
		find_levels(k);
		connect(k);
	} while (take_out(k));
	return 0;
}
