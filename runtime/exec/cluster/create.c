/* SPDX-License-Identifier: Apache-2.0 */
#include "create.h"

#include <errno.h>
#include <string.h>
#include "cluster.h"
#include "scheduler.h"

static int create_rounds(struct pel_run_cluster *cluster, struct pel_arena *arena, uint32_t n_windows)
{
	uint32_t n = cluster->plan->slots;
	uint64_t *done = pel_arena_array(arena, (size_t)n * cluster->plan->n_segments, sizeof(*done));
	unsigned char **windows = pel_arena_array(arena, (size_t)n * n_windows, sizeof(*windows));

	cluster->rounds = pel_arena_array(arena, n, sizeof(*cluster->rounds));
	cluster->slot_of = pel_arena_array(arena, n, sizeof(*cluster->slot_of));
	if (!done || !windows || !cluster->rounds || !cluster->slot_of)
		return -ENOMEM;
	for (uint32_t i = 0; i < n; i++) {
		cluster->rounds[i].done = done + (size_t)i * cluster->plan->n_segments;
		cluster->rounds[i].windows = windows + (size_t)i * n_windows;
	}
	return 0;
}

/*
 * Limit the iterations of a round. Between stages, a round moves at most a quarter of a channel, so that both
 * ends can work at the same time.
 */
static void bound_rounds(struct pel_run_cluster *cluster, uint64_t capacity, uint64_t iteration)
{
	uint64_t most = capacity / 4 / iteration;

	most = most ? most : 1;
	cluster->limit = cluster->limit < most ? cluster->limit : most;
}

static bool is_inside(const struct pel_run_cluster *cluster, const struct pel_run_actor *from,
		      const struct pel_run_actor *to)
{
	return from != to && from->cluster == cluster && to->cluster == cluster;
}

static void set_input(struct pel_run_cluster *cluster, struct pel_run_actor *actor, uint32_t port,
		      uint32_t *n_windows)
{
	struct pel_in_port *in = &actor->ports.in[port];
	const struct pel_plan_channel *channel = &actor->set->plan->channels[in->channel];
	const struct pel_plan_port *from = &actor->set->plan->actors[channel->from].out[channel->from_port];
	bool inside = is_inside(cluster, pel_actor_writer(actor, in), actor);

	in->storage.iteration = pel_rates_tokens(&in->rates, 0, actor->plan->cluster_firings);
	in->storage.kind = inside ? from->storage : PEL_STORAGE_RING;
	in->storage.offset = from->offset;
	if (in->storage.kind != PEL_STORAGE_RING)
		return;
	in->storage.window = (*n_windows)++;
	cluster->ins[cluster->n_ins++] = (struct pel_cluster_in){ actor, in, inside };
	if (!inside)
		bound_rounds(cluster, in->reader->capacity, in->storage.iteration);
}

static void set_output(struct pel_run_cluster *cluster, struct pel_run_actor *actor, uint32_t port,
		       uint32_t *n_windows)
{
	struct pel_out_port *out = &actor->ports.out[port];
	bool inside = true;

	out->storage.iteration = pel_rates_tokens(&out->rates, 0, actor->plan->cluster_firings);
	out->storage.kind = actor->plan->out[port].storage;
	out->storage.offset = actor->plan->out[port].offset;
	if (out->storage.kind != PEL_STORAGE_RING)
		return;
	out->storage.window = *n_windows;
	*n_windows += out->n_rings;
	for (uint32_t r = 0; r < out->n_rings; r++)
		for (uint32_t i = 0; i < out->rings[r].ring->n_readers; i++) {
			if (is_inside(cluster, actor, pel_actor_reader(actor, &out->rings[r], i, NULL)))
				continue;
			inside = false;
			bound_rounds(cluster, out->rings[r].ring->readers[i].capacity, out->storage.iteration);
		}
	cluster->outs[cluster->n_outs++] = (struct pel_cluster_out){ actor, out, inside };
}

/* Find the segments before `s` whose tokens of earlier rounds an actor of `s` may still read. */
static int set_needs(struct pel_run_cluster *cluster, uint32_t s, bool *seen, struct pel_arena *arena)
{
	struct pel_run_segment *segment = &cluster->segments[s];
	uint32_t *needs = pel_arena_array(arena, s, sizeof(*needs));

	if (!needs)
		return -ENOMEM;
	memset(seen, 0, cluster->plan->n_segments * sizeof(*seen));
	for (uint32_t i = 0; i < cluster->n_ins; i++) {
		const struct pel_cluster_in *end = &cluster->ins[i];
		uint32_t from = pel_actor_writer(end->actor, end->in)->plan->segment;

		if (!end->inside || end->actor->plan->segment != s || seen[from] || from >= s)
			continue;
		seen[from] = true;
		needs[segment->n_needs++] = from;
	}
	segment->needs = needs;
	return 0;
}

/*
 * Has the actor constant rates, no limit on a call, no output to copy, no blocking calls, and no times to
 * measure?
 */
static bool is_simple(const struct pel_run_actor *actor)
{
	bool simple = !actor->max_firings && !actor->set->call_times &&
		      !(actor->plan->kernel->flags & PEL_KERNEL_BLOCKING);

	for (uint32_t i = 0; i < actor->ports.n_in; i++)
		simple &= !actor->ports.in[i].rates.before;
	for (uint32_t o = 0; o < actor->ports.n_out; o++)
		simple &=
			!actor->ports.out[o].rates.before &&
			(!actor->ports.out[o].n_rings || actor->ports.out[o].storage.kind != PEL_STORAGE_RING);
	return simple;
}

static int set_ports(struct pel_run_cluster *cluster, uint32_t *n_windows)
{
	size_t n_ins = 0, n_outs = 0;

	for (uint32_t i = 0; i < cluster->plan->n_actors; i++) {
		n_ins += cluster->actors[i]->ports.n_in;
		n_outs += cluster->actors[i]->ports.n_out;
	}
	cluster->ins = pel_malloc(n_ins * sizeof(*cluster->ins));
	cluster->outs = pel_malloc(n_outs * sizeof(*cluster->outs));
	if (!cluster->ins || !cluster->outs)
		return -ENOMEM;
	for (uint32_t i = 0; i < cluster->plan->n_actors; i++) {
		struct pel_run_actor *actor = cluster->actors[i];

		for (uint32_t k = 0; k < actor->ports.n_in; k++)
			if (actor->ports.in[k].ring)
				set_input(cluster, actor, k, n_windows);
		for (uint32_t k = 0; k < actor->ports.n_out; k++)
			if (actor->ports.out[k].n_rings)
				set_output(cluster, actor, k, n_windows);
		actor->simple = is_simple(actor);
	}
	return 0;
}

static int set_segments(struct pel_run_cluster *cluster, struct pel_arena *arena)
{
	const struct pel_plan_cluster *plan = cluster->plan;
	bool *seen = pel_calloc(plan->n_segments, sizeof(*seen));
	int r = seen ? 0 : -ENOMEM;

	for (uint32_t s = 0; s < plan->n_segments && r == 0; s++) {
		struct pel_run_segment *segment = &cluster->segments[s];

		segment->begin = plan->segments[s];
		segment->end = plan->segments[s + 1];
		for (uint32_t i = segment->begin; i < segment->end; i++) {
			const struct pel_run_actor *actor = cluster->actors[i];

			segment->serial |= !(actor->plan->kernel->flags & PEL_KERNEL_STATELESS);
			for (uint32_t o = 0; o < actor->ports.n_out; o++)
				segment->chunks |= actor->ports.out[o].n_rings &&
						   actor->ports.out[o].storage.kind == PEL_STORAGE_CHUNK;
		}
		r = set_needs(cluster, s, seen, arena);
	}
	pel_free(seen);
	return r;
}

static int alloc_arrays(struct pel_run_cluster *cluster, struct pel_arena *arena)
{
	const struct pel_plan_cluster *plan = cluster->plan;
	bool chains = false;

	for (uint32_t i = 0; i < plan->n_actors; i++)
		chains |= cluster->actors[i]->plan->kernel->fire_chain != NULL;
	cluster->stages = pel_arena_array(arena, plan->n_stages, sizeof(struct pel_run_stage *));
	cluster->segments = pel_arena_array(arena, plan->n_segments, sizeof(*cluster->segments));
	cluster->passed = pel_arena_array(arena, plan->n_segments, sizeof(*cluster->passed));
	cluster->settling = pel_arena_array(arena, plan->n_segments, sizeof(*cluster->settling));
	cluster->calls = pel_aligned_alloc(PEL_LINE_BYTES, plan->n_actors * sizeof(*cluster->calls));
	cluster->fired = pel_arena_array(arena, plan->n_actors, sizeof(*cluster->fired));
	if (chains && !(cluster->states = pel_arena_array(arena, plan->n_actors, sizeof(*cluster->states))))
		return -ENOMEM;
	return cluster->calls && cluster->stages && cluster->segments && cluster->passed &&
			       cluster->settling && cluster->fired
		       ? 0
		       : -ENOMEM;
}

int pel_cluster_create(struct pel_run_cluster *cluster, const struct pel_plan_cluster *plan,
		       struct pel_run_stage *stages, struct pel_scheduler *scheduler, struct pel_arena *arena)
{
	uint32_t n_windows = 0;

	cluster->scheduler = scheduler;
	cluster->plan = plan;
	cluster->actors = stages[plan->stage].actors;
	cluster->limit = plan->round;
	cluster->at_once = plan->n_stages;
	if (!(cluster->actors[0]->plan->kernel->flags & PEL_KERNEL_BLOCKING) &&
	    cluster->at_once > scheduler->n_workers)
		cluster->at_once = scheduler->n_workers;
	if (alloc_arrays(cluster, arena) < 0)
		return -ENOMEM;
	for (uint32_t i = 0; i < plan->n_stages; i++)
		cluster->stages[i] = &stages[i ? plan->replica + i - 1 : plan->stage];
	pel_cluster_attach(cluster);
	if (set_ports(cluster, &n_windows) < 0 || set_segments(cluster, arena) < 0)
		return -ENOMEM;
	return create_rounds(cluster, arena, n_windows);
}

struct pel_run_cluster *pel_clusters_alloc(uint32_t n, struct pel_arena *arena)
{
	struct pel_run_cluster *clusters = pel_arena_array(arena, n, sizeof(*clusters));
	pthread_mutexattr_t attr;

	/*
	 * The lock is held for less time than it takes to fall asleep, so spinning is better than sleeping.
	 */
	pthread_mutexattr_init(&attr);
	pthread_mutexattr_settype(&attr, PTHREAD_MUTEX_ADAPTIVE_NP);
	for (uint32_t i = 0; clusters && i < n; i++)
		pthread_mutex_init(&clusters[i].lock, &attr);
	pthread_mutexattr_destroy(&attr);
	return clusters;
}

void pel_clusters_destroy(struct pel_run_cluster *clusters, uint32_t n)
{
	for (uint32_t i = 0; clusters && i < n; i++) {
		pthread_mutex_destroy(&clusters[i].lock);
		pel_free(clusters[i].calls);
		pel_free(clusters[i].ins);
		pel_free(clusters[i].outs);
	}
}
