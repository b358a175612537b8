/* SPDX-License-Identifier: Apache-2.0 */
#include "passes.h"

#include <errno.h>
#include <string.h>
#include "cluster-form.h"
#include "compiler.h"
#include "cost.h"
#include "order.h"
#include "plan-ports.h"

/*
 * Makes stages. A cluster (cluster-form.c) is one stage, or several if it has copies. If there are few other actors, each becomes a stage by
 * itself, which gives the scheduler the most freedom. If there are many, hand-overs would cost more than the work: they are ordered along the
 * data flow, and the order is cut into a few stages per worker, of nearly equal cost. Any grouping is correct, because a stage executes its
 * actors as their data allow, in the stage's order.
 */
#define STAGES_PER_WORKER 4

/* Actors with the same place, which may share stages. */
struct group {
	int32_t index; /* of the worker; -1: any */
	uint32_t *actors, n;
	uint32_t *order, *part; /* see pel_order_nodes() */
	uint64_t *cost;
	uint32_t workers;
};

static bool is_fusible(const struct pel_plan_actor *actor)
{
	return actor->kind == PEL_ACTOR_KERNEL && actor->where.kind == PEL_WHERE_CPU &&
	       actor->cluster == PEL_NONE && !(actor->kernel->flags & PEL_KERNEL_BLOCKING);
}

/* ---- cutting ---- */

/* The end of the component that starts at `begin` in the order; *cost becomes its cost. */
static uint32_t part_end(const struct group *group, uint32_t begin, __int128 *cost)
{
	uint32_t end = begin;

	*cost = 0;
	while (end < group->n && group->part[group->order[end]] == group->part[group->order[begin]])
		*cost += group->cost[group->order[end++]];
	return end;
}

/*
 * Set segment[k] to the segment of node order[k]. If the costs are laid out along a line, a unit (an actor, or a whole cycle of actors that fits)
 * belongs to the segment in which its middle lies.
 */
static void cut(const struct group *group, uint32_t *segment)
{
	uint32_t n_segments = STAGES_PER_WORKER * group->workers;
	__int128 total = 0, before = 0, whole;

	for (uint32_t i = 0; i < group->n; i++)
		total += group->cost[i];
	for (uint32_t k = 0, end; k < group->n; k = end) {
		bool fits;

		end = part_end(group, k, &whole);
		fits = whole * n_segments <= total + total / 2;
		for (uint32_t i = k; i < end; i++) {
			__int128 cost = fits ? whole : (__int128)group->cost[group->order[i]];

			segment[i] = (uint32_t)((before + cost / 2) * n_segments / total);
			before += fits ? 0 : cost;
		}
		before += fits ? whole : 0;
	}
}

static int group_order(struct compiler *c, struct group *group, uint32_t *node_of)
{
	const struct pel_plan *plan = c->plan;
	struct edge *edges = pel_calloc(plan->n_channels, sizeof(*edges));
	size_t n = 0;
	int r;

	if (!edges)
		return -ENOMEM;
	for (uint32_t i = 0; i < group->n; i++)
		node_of[group->actors[i]] = i;
	for (uint32_t i = 0; i < plan->n_channels; i++) {
		struct edge edge = { node_of[plan->channels[i].from], node_of[plan->channels[i].to] };

		if (edge.from != PEL_NONE && edge.to != PEL_NONE)
			edges[n++] = edge;
	}
	r = pel_order_nodes(group->n, edges, n, group->order, group->part);
	for (uint32_t i = 0; i < group->n; i++)
		node_of[group->actors[i]] = PEL_NONE;
	pel_free(edges);
	return r;
}

/* ---- stages ---- */

struct fusion {
	uint32_t *node_of;  /* for each actor: its node in the current group; PEL_NONE */
	uint32_t *segments; /* for each actor: its segment, numbered over all groups; PEL_NONE: not fused */
	uint32_t n_segments;
	uint32_t *in_order; /* fused actors, segment by segment */
	uint32_t n_in_order;
	uint32_t *begin; /* segment s: in_order[begin[s]] .. in_order[begin[s + 1]) */
};

static int fuse_group(struct compiler *c, struct fusion *fusion, struct group *group)
{
	uint32_t *segment = pel_compiler_alloc_brief(c, group->n, sizeof(*segment));

	group->order = pel_compiler_alloc_brief(c, group->n, sizeof(*group->order));
	group->part = pel_compiler_alloc_brief(c, group->n, sizeof(*group->part));
	group->cost = pel_compiler_alloc_brief(c, group->n, sizeof(*group->cost));
	if (!segment || !group->order || !group->part || !group->cost)
		return -ENOMEM;
	for (uint32_t i = 0; i < group->n; i++)
		group->cost[i] = c->cost[group->actors[i]];
	if (group_order(c, group, fusion->node_of) < 0)
		return pel_nomem(c->err);
	cut(group, segment);
	for (uint32_t k = 0; k < group->n; k++) {
		uint32_t actor = group->actors[group->order[k]];

		if (k == 0 || segment[k] != segment[k - 1])
			fusion->begin[fusion->n_segments++] = fusion->n_in_order;
		fusion->segments[actor] = fusion->n_segments - 1;
		fusion->in_order[fusion->n_in_order++] = actor;
	}
	fusion->begin[fusion->n_segments] = fusion->n_in_order;
	return 0;
}

/* Fuse each group of fusible actors that is large enough, in the order of their first actors. */
static int fuse_groups(struct compiler *c, struct fusion *fusion)
{
	const struct pel_plan *plan = c->plan;
	uint32_t *count = pel_compiler_alloc_brief(c, (size_t)plan->workers + 1,
						   sizeof(*count)); /* of place "any", then of each worker */
	uint32_t **lists = pel_compiler_alloc_brief(c, (size_t)plan->workers + 1, sizeof(*lists));
	int r = 0;

	if (!count || !lists)
		return -ENOMEM;
	for (uint32_t i = 0; i < plan->n_actors; i++)
		if (is_fusible(&plan->actors[i]))
			count[plan->actors[i].where.index + 1]++;
	for (uint32_t i = 0; i < plan->n_actors; i++) {
		const struct pel_plan_actor *actor = &plan->actors[i];
		uint32_t slot = (uint32_t)(actor->where.index + 1);

		if (!is_fusible(actor))
			continue;
		if (!lists[slot]) {
			lists[slot] = pel_compiler_alloc_brief(c, count[slot], sizeof(**lists));
			if (!lists[slot])
				return -ENOMEM;
			count[slot] = 0; /* counted again while filling the list */
		}
		lists[slot][count[slot]++] = i;
	}
	for (uint32_t slot = 0; slot <= plan->workers && r == 0; slot++) {
		struct group group = { .actors = lists[slot],
				       .n = count[slot],
				       .workers = slot ? 1 : plan->workers };

		if (group.n > (uint64_t)STAGES_PER_WORKER * group.workers)
			r = fuse_group(c, fusion, &group);
	}
	return r;
}

static const char *stage_id(struct compiler *c, const struct pel_plan_stage *stage)
{
	const struct pel_plan_actor *actors = c->plan->actors, *first = &actors[stage->actors[0]];
	const char *id = first->id;

	if (stage->n_actors > 1)
		id = pel_arena_printf(&c->plan->arena, "%s..%s", id,
				      actors[stage->actors[stage->n_actors - 1]].id);
	else if (stage->cluster != PEL_NONE && first->copies > 1)
		id = pel_arena_printf(&c->plan->arena, "%s#%u", id, stage->copy + 1);
	if (!id)
		pel_nomem(c->err);
	return id;
}

/* Add a stage of `n` actors. In a cluster with copies, it is copy number `copy`. */
static int add_stage(struct compiler *c, const uint32_t *actors, uint32_t n, uint32_t cluster, uint32_t copy)
{
	struct pel_plan *plan = c->plan;
	struct pel_plan_stage *stage = &plan->stages[plan->n_stages];
	const struct pel_plan_actor *actor = &plan->actors[actors[0]];

	*stage = (struct pel_plan_stage){
		.actors = actors, .n_actors = n, .cluster = cluster, .copy = copy, .where = actor->where
	};
	stage->blocking = actor->where.kind == PEL_WHERE_CPU && (actor->kernel->flags & PEL_KERNEL_BLOCKING);
	stage->id = stage_id(c, stage);
	if (!stage->id)
		return -ENOMEM;
	for (uint32_t i = 0; i < n && copy == 0; i++)
		plan->actors[actors[i]].stage = plan->n_stages;
	plan->n_blocking += stage->blocking;
	plan->n_stages++;
	return 0;
}

/* Add the stages of a cluster that users see: one for each copy that the graph requests. */
static int add_cluster(struct compiler *c, uint32_t index)
{
	struct pel_plan_cluster *cluster = &c->plan->clusters[index];
	uint32_t asked = c->plan->actors[cluster->actors[0]].copies;
	int r = 0;

	cluster->stage = c->plan->n_stages;
	cluster->replica = c->plan->n_stages + 1;
	for (uint32_t copy = 0; copy < asked && r == 0; copy++)
		r = add_stage(c, cluster->actors, cluster->n_actors, index, copy);
	return r;
}

static void add_replicas(struct pel_plan *plan)
{
	uint32_t n = plan->n_stages;

	for (uint32_t i = 0; i < plan->n_clusters; i++) {
		struct pel_plan_cluster *cluster = &plan->clusters[i];

		if (plan->actors[cluster->actors[0]].copies > 1)
			continue;
		cluster->replica = n;
		for (uint32_t copy = 1; copy < cluster->n_stages; copy++) {
			plan->stages[n] = plan->stages[cluster->stage];
			plan->stages[n++].copy = copy;
		}
	}
	plan->n_replicas = n - plan->n_stages;
}

/* Make stages, in the order of their first actors in the document. */
static int make_stages(struct compiler *c, const struct fusion *fusion)
{
	struct pel_plan *plan = c->plan;
	uint32_t *self = pel_compiler_alloc_plan(c, plan->n_actors, sizeof(*self));
	uint64_t n = plan->n_actors;
	int r = 0;

	for (uint32_t i = 0; i < plan->n_clusters; i++)
		n += plan->clusters[i].n_stages;
	plan->stages = n < PEL_NONE ? pel_compiler_alloc_brief(c, n, sizeof(*plan->stages)) : NULL;
	if (!self || !plan->stages)
		return -ENOMEM;
	for (uint32_t i = 0; i < plan->n_actors && r == 0; i++) {
		const struct pel_plan_actor *actor = &plan->actors[i];
		uint32_t segment = fusion->segments[i];

		if (actor->kind != PEL_ACTOR_KERNEL || actor->stage != PEL_NONE)
			continue;
		self[i] = i;
		if (actor->cluster != PEL_NONE)
			r = add_cluster(c, actor->cluster);
		else if (segment != PEL_NONE)
			r = add_stage(c, fusion->in_order + fusion->begin[segment],
				      fusion->begin[segment + 1] - fusion->begin[segment], PEL_NONE, 0);
		else
			r = add_stage(c, &self[i], 1, PEL_NONE, 0);
	}
	add_replicas(plan);
	return r;
}

/* The arrays of clusters and stages were allocated for the largest possible number; give the plan arrays of the right size. */
static int keep_counted(struct compiler *c)
{
	struct pel_plan *plan = c->plan;
	uint32_t n_stages = plan->n_stages + plan->n_replicas;
	struct pel_plan_cluster *clusters = pel_compiler_alloc_plan(c, plan->n_clusters, sizeof(*clusters));
	struct pel_plan_stage *stages = pel_compiler_alloc_plan(c, n_stages, sizeof(*stages));

	if (!clusters || !stages)
		return -ENOMEM;
	memcpy(clusters, plan->clusters, plan->n_clusters * sizeof(*clusters));
	memcpy(stages, plan->stages, n_stages * sizeof(*stages));
	plan->clusters = clusters;
	plan->stages = stages;
	return 0;
}

int pel_pass_fuse(struct compiler *c)
{
	uint32_t n = c->plan->n_actors;
	struct fusion fusion = { .node_of = pel_compiler_alloc_brief(c, n, sizeof(uint32_t)),
				 .segments = pel_compiler_alloc_brief(c, n, sizeof(uint32_t)),
				 .in_order = pel_compiler_alloc_plan(c, n, sizeof(uint32_t)),
				 .begin = pel_compiler_alloc_brief(c, (size_t)n + 1, sizeof(uint32_t)) };
	int r;

	if (!fusion.node_of || !fusion.segments || !fusion.in_order || !fusion.begin)
		return -ENOMEM;
	for (uint32_t i = 0; i < n; i++)
		fusion.node_of[i] = fusion.segments[i] = PEL_NONE;
	if ((r = pel_costs_find(c)) < 0 || (r = pel_loops_mark(c)) < 0 || (r = pel_clusters_form(c)) < 0 ||
	    (r = fuse_groups(c, &fusion)) < 0)
		return r;
	r = make_stages(c, &fusion);
	return r < 0 ? r : keep_counted(c);
}

/* ---- the order inside stages ---- */

/* Does the channel have enough initial tokens that its reader can fire before its writer? */
static bool has_head_start(const struct pel_plan *plan, const struct pel_plan_channel *channel)
{
	const struct pel_plan_port *in = &plan->actors[channel->to].in[channel->to_port];
	uint64_t needs = in->dynamic ? 1 : pel_rates_max(in);

	return channel->initial >= needs;
}

/* Make edges for the channels inside each stage, between indices into stage->actors; stage s: edges[begin[s]] .. edges[begin[s + 1]). */
static int inner_edges(struct compiler *c, const uint32_t *at, struct edge **ret, uint32_t **ret_begin)
{
	const struct pel_plan *plan = c->plan;
	uint32_t *begin = pel_compiler_alloc_brief(c, (size_t)plan->n_stages + 2, sizeof(*begin));
	struct edge *edges = pel_compiler_alloc_brief(c, plan->n_channels, sizeof(*edges));

	if (!begin || !edges)
		return -ENOMEM;
	for (unsigned round = 0; round < 2; round++) {
		for (uint32_t i = 0; i < plan->n_channels; i++) {
			const struct pel_plan_channel *channel = &plan->channels[i];
			uint32_t stage = plan->actors[channel->from].stage;

			if (stage == PEL_NONE || stage != plan->actors[channel->to].stage ||
			    plan->stages[stage].n_actors < 2 || plan->stages[stage].cluster != PEL_NONE ||
			    has_head_start(plan, channel))
				continue;
			if (round == 0)
				begin[stage + 2]++;
			else
				edges[begin[stage + 1]++] = (struct edge){ at[channel->from], at[channel->to] };
		}
		for (uint32_t i = 0; i < plan->n_stages && round == 0; i++)
			begin[i + 2] += begin[i + 1];
	}
	*ret = edges;
	*ret_begin = begin;
	return 0;
}

int pel_pass_order(struct compiler *c)
{
	struct pel_plan *plan = c->plan;
	uint32_t *at = pel_compiler_alloc_brief(c, plan->n_actors, sizeof(*at)),
		 *order = pel_compiler_alloc_brief(c, plan->n_actors, sizeof(*order)), *begin = NULL;
	struct edge *edges = NULL;
	int r;

	if (!at || !order)
		return -ENOMEM;
	for (uint32_t i = 0; i < plan->n_stages; i++)
		for (uint32_t k = 0; k < plan->stages[i].n_actors; k++)
			at[plan->stages[i].actors[k]] = k;
	if ((r = inner_edges(c, at, &edges, &begin)) < 0)
		return r;
	for (uint32_t i = 0; i < plan->n_stages; i++) {
		struct pel_plan_stage *stage = &plan->stages[i];
		uint32_t *sorted;

		if (stage->n_actors < 2 || stage->cluster != PEL_NONE)
			continue;
		sorted = pel_compiler_alloc_plan(c, stage->n_actors, sizeof(*sorted));
		if (!sorted)
			return -ENOMEM;
		if (pel_order_nodes(stage->n_actors, edges + begin[i], begin[i + 1] - begin[i], order, NULL) < 0)
			return pel_nomem(c->err);
		for (uint32_t k = 0; k < stage->n_actors; k++)
			sorted[k] = stage->actors[order[k]];
		stage->actors = sorted;
		stage->id = stage_id(c, stage);
		if (!stage->id)
			return -ENOMEM;
	}
	return 0;
}
