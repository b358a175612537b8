/* SPDX-License-Identifier: Apache-2.0 */
#include "cluster.h"

#include <errno.h>
#include <string.h>

/* Clusters of a run, from those of its plan; and what the threads need to call kernels. */

static int create_rounds(struct run_cluster *cluster, struct pel_arena *arena, uint32_t n_windows)
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

/* Between stages, a round moves at most a quarter of a channel, so that both ends can be at work on it. */
static void bound_rounds(struct run_cluster *cluster, uint64_t capacity, uint64_t iteration)
{
	uint64_t most = capacity / 4 / iteration;

	most = most ? most : 1;
	cluster->limit = cluster->limit < most ? cluster->limit : most;
}

static bool is_inside(const struct run_cluster *cluster, const struct run_actor *from,
		      const struct run_actor *to)
{
	return from != to && from->cluster == cluster && to->cluster == cluster;
}

static void set_input(struct run_cluster *cluster, struct run_actor *actor, uint32_t port, uint32_t *n_windows)
{
	struct in_port *in = &actor->in[port];
	const struct pel_plan_channel *channel = &cluster->run->plan->channels[in->channel];
	const struct pel_plan_port *from = &cluster->run->plan->actors[channel->from].out[channel->from_port];
	bool inside = is_inside(cluster, in->writer, actor);

	in->iteration = rates_tokens(&in->rates, 0, actor->plan->cluster_firings);
	in->hold = inside ? from->hold : PEL_HOLD_RING;
	in->offset = from->offset;
	if (in->hold != PEL_HOLD_RING)
		return;
	in->window = (*n_windows)++;
	cluster->ins[cluster->n_ins++] = (struct cluster_in){ actor, in, inside };
	if (!inside)
		bound_rounds(cluster, in->reader->capacity, in->iteration);
}

static void set_output(struct run_cluster *cluster, struct run_actor *actor, uint32_t port, uint32_t *n_windows)
{
	struct out_port *out = &actor->out[port];
	bool inside = true;

	out->iteration = rates_tokens(&out->rates, 0, actor->plan->cluster_firings);
	out->hold = actor->plan->out[port].hold;
	out->offset = actor->plan->out[port].offset;
	if (out->hold != PEL_HOLD_RING)
		return;
	out->window = *n_windows;
	*n_windows += out->n_rings;
	for (uint32_t r = 0; r < out->n_rings; r++)
		for (uint32_t i = 0; i < out->rings[r].ring->n_readers; i++) {
			if (is_inside(cluster, actor, out->rings[r].readers[i]))
				continue;
			inside = false;
			bound_rounds(cluster, out->rings[r].ring->readers[i].capacity, out->iteration);
		}
	cluster->outs[cluster->n_outs++] = (struct cluster_out){ actor, port, out, inside };
}

/* Segments whose tokens of earlier rounds an actor of segment `s` may look back at. */
static int set_needs(struct run_cluster *cluster, uint32_t s, bool *seen)
{
	struct run_segment *segment = &cluster->segments[s];
	uint32_t *needs = pel_arena_array(&cluster->run->arena, s, sizeof(*needs));

	if (!needs)
		return -ENOMEM;
	memset(seen, 0, cluster->plan->n_segments * sizeof(*seen));
	for (uint32_t i = 0; i < cluster->n_ins; i++) {
		const struct cluster_in *end = &cluster->ins[i];
		uint32_t from = end->in->writer->plan->segment;

		if (!end->inside || end->actor->plan->segment != s || seen[from] || from >= s)
			continue;
		seen[from] = true;
		needs[segment->n_needs++] = from;
	}
	segment->needs = needs;
	return 0;
}

/* Constant rates, no limit to a call, nothing to be spread, no thread that may be cancelled, nothing measured. */
static bool is_simple(const struct run_actor *actor)
{
	bool simple = !actor->max_firings && !actor->run->call_times &&
		      !(actor->plan->kernel->flags & PEL_KERNEL_BLOCKING);

	for (uint32_t i = 0; i < actor->n_in; i++)
		simple &= !actor->in[i].rates.before;
	for (uint32_t o = 0; o < actor->n_out; o++)
		simple &= !actor->out[o].rates.before &&
			  (!actor->out[o].n_rings || actor->out[o].hold != PEL_HOLD_RING);
	return simple;
}

static int set_ports(struct run_cluster *cluster, uint32_t *n_windows)
{
	size_t n_ins = 0, n_outs = 0;

	for (uint32_t i = 0; i < cluster->plan->n_actors; i++) {
		n_ins += cluster->actors[i]->n_in;
		n_outs += cluster->actors[i]->n_out;
	}
	cluster->ins = pel_malloc(n_ins * sizeof(*cluster->ins));
	cluster->outs = pel_malloc(n_outs * sizeof(*cluster->outs));
	if (!cluster->ins || !cluster->outs)
		return -ENOMEM;
	for (uint32_t i = 0; i < cluster->plan->n_actors; i++) {
		struct run_actor *actor = cluster->actors[i];

		for (uint32_t k = 0; k < actor->n_in; k++)
			if (actor->in[k].ring)
				set_input(cluster, actor, k, n_windows);
		for (uint32_t k = 0; k < actor->n_out; k++)
			if (actor->out[k].n_rings)
				set_output(cluster, actor, k, n_windows);
		actor->simple = is_simple(actor);
	}
	return 0;
}

static int set_segments(struct run_cluster *cluster)
{
	const struct pel_plan_cluster *plan = cluster->plan;
	bool *seen = pel_calloc(plan->n_segments, sizeof(*seen));
	int r = seen ? 0 : -ENOMEM;

	for (uint32_t s = 0; s < plan->n_segments && r == 0; s++) {
		struct run_segment *segment = &cluster->segments[s];

		segment->begin = plan->segments[s];
		segment->end = plan->segments[s + 1];
		for (uint32_t i = segment->begin; i < segment->end; i++) {
			const struct run_actor *actor = cluster->actors[i];

			segment->serial |= !(actor->plan->kernel->flags & PEL_KERNEL_STATELESS);
			for (uint32_t o = 0; o < actor->n_out; o++)
				segment->chunks |= actor->out[o].n_rings &&
						   actor->out[o].hold == PEL_HOLD_CHUNK;
		}
		r = set_needs(cluster, s, seen);
	}
	pel_free(seen);
	return r;
}

static int create_cluster(struct pel_run *run, uint32_t index)
{
	const struct pel_plan_cluster *plan = &run->plan->clusters[index];
	struct run_cluster *cluster = &run->clusters[index];
	const struct pel_plan_actor *first = &run->plan->actors[plan->actors[0]];
	struct pel_arena *arena = &run->arena;
	uint32_t n_windows = 0;

	cluster->run = run;
	cluster->plan = plan;
	cluster->actors = run->stages[plan->stage].actors;
	cluster->limit = plan->round;
	cluster->at_once = plan->copies;
	if (!(first->kernel->flags & PEL_KERNEL_BLOCKING) && cluster->at_once > run->n_workers)
		cluster->at_once = run->n_workers;
	cluster->stages = pel_arena_array(arena, plan->copies, sizeof(struct run_stage *));
	cluster->segments = pel_arena_array(arena, plan->n_segments, sizeof(*cluster->segments));
	cluster->passed = pel_arena_array(arena, plan->n_segments, sizeof(*cluster->passed));
	cluster->settling = pel_arena_array(arena, plan->n_segments, sizeof(*cluster->settling));
	cluster->calls = pel_aligned_alloc(64, plan->n_actors * sizeof(*cluster->calls));
	cluster->fired = pel_arena_array(arena, plan->n_actors, sizeof(*cluster->fired));
	if (!cluster->calls || !cluster->stages || !cluster->segments || !cluster->passed ||
	    !cluster->settling || !cluster->fired)
		return -ENOMEM;
	for (uint32_t i = 0; i < plan->n_actors; i++) {
		cluster->actors[i]->cluster = cluster;
		if (cluster->actors[i]->plan->kernel->fire_chain && !cluster->states &&
		    !(cluster->states = pel_arena_array(arena, plan->n_actors, sizeof(*cluster->states))))
			return -ENOMEM;
	}
	for (uint32_t i = 0; i < plan->copies; i++) {
		cluster->stages[i] = &run->stages[i ? plan->replica + i - 1 : plan->stage];
		cluster->stages[i]->cluster = cluster;
	}
	if (set_ports(cluster, &n_windows) < 0 || set_segments(cluster) < 0)
		return -ENOMEM;
	return create_rounds(cluster, arena, n_windows);
}

/* ---- what the threads need ---- */

/* In one piece, on lines of the cache that no other thread touches. */
static int create_scratch(struct scratch *scratch, uint64_t bytes, uint32_t n_in, uint32_t n_out)
{
	size_t n = (size_t)n_in + n_out, room = (bytes + 127) / 128 * 128;
	size_t *numbers;

	scratch->memory = pel_aligned_alloc(128, room + ((3 * n + 1) * sizeof(size_t) + 127) / 128 * 128);
	if (!scratch->memory)
		return -ENOMEM;
	numbers = (size_t *)(scratch->memory + room);
	scratch->io = (struct pel_io){ .in_tokens = numbers,
				       .out_tokens = numbers + n_in,
				       .consumed = numbers + n,
				       .produced = numbers + n + n_in,
				       .fired = numbers + 2 * n,
				       .in = (const void **)(numbers + 2 * n + 1),
				       .out = (void **)(numbers + 2 * n + 1) + n_in };
	return 0;
}

static int create_scratches(struct pel_run *run)
{
	uint64_t bytes = 1;
	uint32_t n_in = 0, n_out = 0;

	for (uint32_t i = 0; i < run->plan->n_clusters; i++)
		if (run->plan->clusters[i].scratch_bytes > bytes)
			bytes = run->plan->clusters[i].scratch_bytes;
	for (uint32_t i = 0; i < run->plan->n_actors; i++) {
		const struct pel_plan_actor *actor = &run->plan->actors[i];

		n_in = actor->n_in > n_in ? actor->n_in : n_in;
		n_out = actor->n_out > n_out ? actor->n_out : n_out;
	}
	for (uint32_t i = 0; i < run->n_workers; i++)
		if (create_scratch(&run->workers[i].scratch, bytes, n_in, n_out) < 0)
			return -ENOMEM;
	for (uint32_t i = 0; i < run->n_blocking; i++)
		if (create_scratch(&run->blocking[i].scratch, bytes, n_in, n_out) < 0)
			return -ENOMEM;
	return 0;
}

int clusters_create(struct pel_run *run)
{
	pthread_mutexattr_t attr;

	run->clusters = pel_arena_array(&run->arena, run->plan->n_clusters, sizeof(*run->clusters));
	if (!run->clusters)
		return -ENOMEM;
	/* It is held for less than it takes to fall asleep, so that who wants it does better to try again. */
	pthread_mutexattr_init(&attr);
	pthread_mutexattr_settype(&attr, PTHREAD_MUTEX_ADAPTIVE_NP);
	for (uint32_t i = 0; i < run->plan->n_clusters; i++)
		pthread_mutex_init(&run->clusters[i].lock, &attr);
	pthread_mutexattr_destroy(&attr);
	for (uint32_t i = 0; i < run->plan->n_clusters; i++)
		if (create_cluster(run, i) < 0)
			return -ENOMEM;
	return create_scratches(run);
}

void clusters_destroy(struct pel_run *run)
{
	for (uint32_t i = 0; run->clusters && i < run->plan->n_clusters; i++) {
		pthread_mutex_destroy(&run->clusters[i].lock);
		pel_free(run->clusters[i].calls);
		pel_free(run->clusters[i].ins);
		pel_free(run->clusters[i].outs);
	}
	for (uint32_t i = 0; run->workers && i < run->n_workers; i++)
		pel_free(run->workers[i].scratch.memory);
	for (uint32_t i = 0; run->blocking && i < run->n_blocking; i++)
		pel_free(run->blocking[i].scratch.memory);
}
