/* SPDX-License-Identifier: Apache-2.0 */
#include "cluster-form.h"

#include <errno.h>
#include <string.h>
#include "cluster-components.h"
#include "cluster-order.h"
#include "plan-ports.h"

/*
 * Clusters: actors with constant or cyclic rates that are executed together, in a static order, one or more iterations of the cluster at a time
 * (clustering: Bhattacharyya, Murthy, Lee, "Software Synthesis from Dataflow Graphs", 1996). Inside, most channels are plain buffers.
 */
/* A worker whose round waits for its turn can continue with another round. */
#define ROUNDS_PER_WORKER 4
#define ROUNDS_MAX	  4096 /* of all clusters */
#define ALONE_PER_WORKER  4    /* if there are more clusters, those of a single actor are not worth it */

/*
 * Could a part of an iteration already produce what others wait for? Not if an iteration is one firing of each actor, and all of them depend on
 * the one channel that the cluster waits for.
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
			n_in += !pel_cluster_is_inside(k, channel);
			atomic &= !pel_cluster_is_inside(k, channel) || !channel->initial;
		}
		for (uint32_t p = 0; p < actor->n_out; p++)
			for (uint32_t j = 0; j < actor->out[p].n_channels; j++)
				n_out += !pel_cluster_is_inside(k, &plan->channels[actor->out[p].channels[j]]);
	}
	cluster->eager_input = !atomic || (cluster->n_actors > 1 && (n_in > 1 || n_out > 1));
	cluster->eager_room = !atomic || (cluster->n_actors > 1 && (n_in > 0 || n_out > 1));
}

/* How many rounds the given capacities allow at the same time. */
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
			if (!channel->capacity_given || !pel_cluster_is_inside(k, channel))
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
	uint32_t workers = pel_cluster_workers(c, first);
	int r;

	if (n == 1 && (workers == 1 || !pel_is_stateless(first))) {
		first->not_fused = PEL_NOT_FUSED_ALONE;
		return 0;
	}
	if (n == 1 && k->n_components > ALONE_PER_WORKER * plan->workers) {
		first->not_fused = PEL_NOT_FUSED_MANY;
		return 0;
	}
	o.split = workers > 1;
	if ((r = pel_cluster_order(&o)) < 0)
		return r;
	*cluster = (struct pel_plan_cluster){ .actors = o.actors,
					      .n_actors = n,
					      .segments = o.begins,
					      .n_segments = o.n_segments,
					      .slots = workers > 1 ? ROUNDS_PER_WORKER * workers : 1,
					      .n_stages = workers };
	for (uint32_t m = 0; m < n; m++) {
		struct pel_plan_actor *actor = &plan->actors[members[m]];

		actor->cluster = plan->n_clusters;
		actor->segment = o.segment_of[m];
		actor->cluster_firings =
			actor->repetition / k->unit[pel_cluster_root(k, members[0])] * actor->phases;
	}
	/* Dropping empty segments has renumbered the others. */
	for (uint32_t s = 0; s < o.n_segments; s++)
		for (uint32_t i = o.begins[s]; i < o.begins[s + 1]; i++)
			plan->actors[o.actors[i]].segment = s;
	find_eager(k, cluster);
	cluster->slots = rounds_given(k, cluster);
	if (cluster->n_stages > cluster->slots)
		cluster->n_stages = cluster->slots;
	plan->n_clusters++;
	return 0;
}

/* An actor with copies forms a cluster by itself. */
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
					   .n_stages = actor->copies,
					   .eager_input = actor->phases > 1,
					   .eager_room = actor->phases > 1 };
	actor->cluster = plan->n_clusters++;
	actor->cluster_firings = actor->phases;
	return 0;
}

/* Make the clusters, in the order of their first actors. */
static int make_clusters(struct clustering *k)
{
	struct pel_plan *plan = k->c->plan;
	uint32_t *begin = pel_compiler_alloc_brief(k->c, (size_t)plan->n_actors + 1, sizeof(*begin));
	int r;

	if (!begin)
		return -ENOMEM;
	for (uint32_t i = 0; i < plan->n_actors; i++)
		begin[pel_cluster_root(k, i) + 1] += !pel_is_not_fused(&plan->actors[i]);
	for (uint32_t i = 0; i < plan->n_actors; i++) {
		k->n_components += begin[i + 1] > 0;
		begin[i + 1] += begin[i];
	}
	memcpy(k->place, begin, plan->n_actors * sizeof(*begin));
	for (uint32_t i = 0; i < plan->n_actors; i++)
		if (!pel_is_not_fused(&plan->actors[i]))
			k->members[k->place[pel_cluster_root(k, i)]++] = i;
	for (uint32_t i = 0; i < plan->n_actors; i++) {
		struct pel_plan_actor *actor = &plan->actors[i];

		if (begin[i] < begin[i + 1])
			r = make_cluster(k, k->members + begin[i], begin[i + 1] - begin[i]);
		else
			r = actor->not_fused == PEL_NOT_FUSED_COPIES ? make_copies(k->c, i) : 0;
		if (r < 0)
			return r;
	}
	/* Many clusters keep all workers busy with fewer rounds each. */
	for (uint32_t i = 0; i < plan->n_clusters; i++) {
		struct pel_plan_cluster *cluster = &plan->clusters[i];
		uint32_t share = ROUNDS_MAX / plan->n_clusters;

		share = share > 2 ? share : 2;
		if (plan->actors[cluster->actors[0]].not_fused == PEL_NOT_FUSED_COPIES ||
		    cluster->slots <= share)
			continue;
		cluster->slots = share;
		if (cluster->n_stages > share)
			cluster->n_stages = share;
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
	if ((r = pel_cluster_components(&k)) < 0)
		return r;
	return make_clusters(&k);
}
