/* SPDX-License-Identifier: Apache-2.0 */
#include "cluster.h"

#include <errno.h>
#include <string.h>

/*
 * From rounds to single firings, and back.
 *
 * Rounds leave nothing in the rings between the actors that they hold in chunks or for a round: iterations are whole, so what goes in comes out. When actors
 * end, or an iteration cannot be had as a whole, this has to change, and everything that was done must be found in the rings as if the actors had
 * always been fired one by one. Let an actor's segment have done d iterations, and its own part in a last, ragged chunk be f firings; then the tokens it has
 * produced and consumed follow, and so does what each ring has to hold. Parallel segments drop what later rounds have computed beyond the first
 * one that is not complete: without state, that comes again.
 *
 * Rounds are possible again as soon as all actors have fired the same whole number of iterations.
 */

/* Firings of an actor since rounds began. */
static uint64_t firings_of(const struct run_cluster *cluster, const struct run_actor *actor,
			   const uint64_t *iterations)
{
	uint32_t s = actor->plan->segment;

	return iterations[s] * actor->plan->cluster_firings +
	       (cluster->segments[s].ragged ? cluster->fired[actor->place] : 0);
}

static uint64_t produced_in(const struct run_actor *actor, const struct out_port *out, uint64_t firings)
{
	return rates_tokens(&out->rates, actor->next_firing, firings);
}

/* Append `n` tokens, of which there may be more than one window holds. */
static void ring_write(struct pel_ring *ring, const unsigned char *from, uint64_t n)
{
	while (n) {
		uint64_t run, part;
		void *to;

		pel_ring_refresh_room(ring);
		to = pel_ring_reserve(ring, 0, &run);
		part = n < run ? n : run;
		memcpy(to, from, part * ring->token_bytes);
		pel_ring_commit(ring, part);
		from += part * ring->token_bytes;
		n -= part;
	}
}

/* Where the open reader that is furthest behind is, in tokens since rounds began; without any, as far as the writer. */
static uint64_t least_consumed(const struct run_cluster *cluster, const struct out_port *out,
			       const uint64_t *iterations, uint64_t produced)
{
	uint64_t least = produced;

	for (uint32_t r = 0; r < out->rings->ring->n_readers; r++) {
		const struct run_actor *reader = out->rings->readers[r];
		uint64_t consumed;

		if (reader->state == ACTOR_ENDED)
			continue;
		consumed = rates_tokens(
			&reader->in[cluster->run->plan->channels[out->rings->plan->channels[r]].to_port].rates,
			reader->next_firing, firings_of(cluster, reader, iterations));
		least = consumed < least ? consumed : least;
	}
	return least;
}

/* The ring of an output, empty till now, gets what was produced and not consumed: `left` holds the tokens since the least consumed one. */
static void settle(const struct run_cluster *cluster, const struct out_port *out, const uint64_t *iterations,
		   uint64_t least, uint64_t produced, const unsigned char *left)
{
	struct pel_ring *ring = out->rings->ring;

	pel_ring_skip(ring, least);
	ring_write(ring, left, produced - least);
	for (uint32_t r = 0; r < ring->n_readers; r++) {
		const struct run_actor *reader = out->rings->readers[r];
		const struct in_port *in =
			&reader->in[cluster->run->plan->channels[out->rings->plan->channels[r]].to_port];
		uint64_t consumed;

		if (reader->state == ACTOR_ENDED)
			continue;
		consumed =
			rates_tokens(&in->rates, reader->next_firing, firings_of(cluster, reader, iterations));
		pel_ring_fill(ring, in->reader, produced - least);
		if (consumed > least)
			pel_ring_release(ring, in->reader, consumed - least);
	}
}

void cluster_keep_chunk(struct run_cluster *cluster, struct run_segment *segment, uint64_t before,
			struct scratch *scratch)
{
	uint64_t *iterations = cluster->settling;

	iterations[segment - cluster->segments] = before;
	for (uint32_t i = segment->begin; i < segment->end; i++) {
		struct run_actor *actor = cluster->actors[i];
		uint64_t firings = firings_of(cluster, actor, iterations);

		for (uint32_t o = 0; o < actor->n_out && actor->state != ACTOR_ENDED; o++) {
			const struct out_port *out = &actor->out[o];
			uint64_t produced, least;

			if (!out->n_rings || out->hold != PEL_HOLD_CHUNK)
				continue;
			produced = produced_in(actor, out, firings);
			least = least_consumed(cluster, out, iterations, produced);
			settle(cluster, out, iterations, least, produced,
			       scratch->memory + out->offset +
				       (least - before * out->iteration) * out->token_bytes);
		}
	}
}

/* Gather from the rounds' parts of the ring's slots the tokens from `least` to `produced`, and settle them. */
static int settle_round(const struct run_cluster *cluster, const struct out_port *out,
			const uint64_t *iterations, uint64_t least, uint64_t produced)
{
	const struct pel_ring *ring = out->rings->ring;
	unsigned char *left = NULL;

	if (produced > least && !(left = pel_malloc((produced - least) * ring->token_bytes)))
		return -ENOMEM;
	for (uint64_t number = cluster->retired; number < cluster->taken && left; number++) {
		const struct round *round = cluster_round(cluster, number);
		uint64_t first = round->first * out->iteration, end = first + round->planned * out->iteration;
		uint64_t from = first > least ? first : least, to = end < produced ? end : produced;
		uint64_t slot = (uint64_t)(round - cluster->rounds) * cluster->plan->round * out->iteration;

		if (from < to)
			memcpy(left + (from - least) * ring->token_bytes,
			       ring->slots + (slot + from - first) * ring->token_bytes,
			       (to - from) * ring->token_bytes);
	}
	settle(cluster, out, iterations, least, produced, left);
	pel_free(left);
	return 0;
}

/* Iterations that each segment has done since rounds began: up to the first round that is not complete there. */
static void count_iterations(const struct run_cluster *cluster, uint64_t *ret)
{
	for (uint32_t s = 0; s < cluster->plan->n_segments; s++) {
		ret[s] = cluster->iterations;
		for (uint64_t number = cluster->retired; number < cluster->taken; number++) {
			const struct round *round = cluster_round(cluster, number);

			ret[s] += round->done[s];
			if (round->done[s] < round->planned || round->over)
				break;
		}
	}
}

/* The rings between the actors: all that was done is to be found there. */
static int settle_inside(struct run_cluster *cluster, const uint64_t *iterations)
{
	for (uint32_t i = 0; i < cluster->plan->n_actors; i++) {
		struct run_actor *actor = cluster->actors[i];
		uint64_t firings = firings_of(cluster, actor, iterations);

		if (actor->state == ACTOR_ENDED)
			continue;
		for (uint32_t o = 0; o < actor->n_out; o++) {
			const struct out_port *out = &actor->out[o];
			uint64_t produced = produced_in(actor, out, firings);

			if (!out->n_rings || out->hold == PEL_HOLD_RING)
				continue;
			if (out->hold == PEL_HOLD_ROUND) {
				uint64_t least = least_consumed(cluster, out, iterations, produced);

				if (settle_round(cluster, out, iterations, least, produced) < 0)
					return -ENOMEM;
			} else if (!cluster->segments[actor->plan->segment].ragged) {
				pel_ring_skip(out->rings->ring, produced);
			}
		}
	}
	return 0;
}

/* The ends of the other rings, which rounds have moved only as far as they have retired. */
static void settle_ends(struct run_cluster *cluster, const uint64_t *iterations, struct run_stage *from)
{
	uint64_t retired = cluster->iterations;

	for (uint32_t i = 0; i < cluster->n_outs; i++) {
		struct cluster_out *end = &cluster->outs[i];
		uint64_t produced =
			produced_in(end->actor, end->out, firings_of(cluster, end->actor, iterations));

		end->out->claimed = 0;
		if (end->actor->state != ACTOR_ENDED)
			cluster_move_output(end, produced - retired * end->out->iteration, from);
	}
	for (uint32_t i = 0; i < cluster->n_ins; i++) {
		struct cluster_in *end = &cluster->ins[i];
		uint64_t consumed = rates_tokens(&end->in->rates, end->actor->next_firing,
						 firings_of(cluster, end->actor, iterations));

		end->in->claimed = 0;
		if (end->actor->state != ACTOR_ENDED)
			cluster_move_input(end, consumed - retired * end->in->iteration, from);
	}
}

/* What was done in rounds counts as firings from here on. */
static void settle_actors(struct run_cluster *cluster, const uint64_t *iterations)
{
	struct run_stage *stage = cluster->stages[0];
	uint64_t counted = cluster->iterations * cluster->firings, all = 0;

	for (uint32_t i = 0; i < cluster->plan->n_actors; i++) {
		struct run_actor *actor = cluster->actors[i];
		uint64_t firings = firings_of(cluster, actor, iterations);

		if (actor->state == ACTOR_ENDED)
			continue;
		actor->next_firing += firings;
		actor_count(actor, stage, firings);
		all += firings;
		atomic_store_explicit(&stage->told[i], true, memory_order_relaxed);
	}
	/* Retired rounds are in the books of their own stages. */
	atomic_store_explicit(&stage->firings,
			      atomic_load_explicit(&stage->firings, memory_order_relaxed) - counted,
			      memory_order_relaxed);
	cluster->iterations = 0;
}

int cluster_fall_back(struct run_cluster *cluster, struct run_stage *from)
{
	uint64_t *iterations = cluster->settling;
	int r = 0;

	count_iterations(cluster, iterations);
	if (settle_inside(cluster, iterations) < 0) {
		pel_fire_fail(-ENOMEM, "out of memory for the tokens that its neighbours have not taken");
		return actor_fail(cluster->actors[0], "end", -ENOMEM);
	}
	settle_ends(cluster, iterations, from);
	settle_actors(cluster, iterations);
	for (uint32_t i = 0; i < cluster->plan->slots; i++)
		cluster->rounds[i].state = ROUND_NONE;
	cluster->taken = cluster->retired = cluster->next_iteration = 0;
	cluster->apart_once = cluster->closing; /* else the same round would be tried, and given up, again */
	cluster->closing = false;
	for (uint32_t s = 0; s < cluster->plan->n_segments; s++)
		cluster->segments[s].ragged = false;
	cluster->mode = CLUSTER_LOOSE;
	for (uint32_t i = 0; i < cluster->plan->n_actors && r == 0; i++)
		if (cluster->actors[i]->over && cluster->actors[i]->state != ACTOR_ENDED) {
			r = actor_end(cluster->actors[i], from);
			cluster->stages[0]->n_ended++;
		}
	return r;
}

/* ---- one by one ---- */

static bool is_living(const struct run_actor *actor)
{
	return actor->state != ACTOR_ENDED;
}

bool cluster_is_even(const struct run_cluster *cluster)
{
	uint64_t iterations = UINT64_MAX;

	for (uint32_t i = 0; i < cluster->plan->n_actors; i++) {
		struct run_actor *actor = cluster->actors[i];
		uint64_t own;

		if (!is_living(actor))
			continue;
		if (actor_abandoned_now(actor)) /* it is about to end */
			return false;
		own = actor->next_firing / actor->plan->cluster_firings;
		if (actor->state != ACTOR_FIRING || actor->next_firing % actor->plan->cluster_firings ||
		    (iterations != UINT64_MAX && own != iterations))
			return false;
		iterations = own;
		for (uint32_t k = 0; k < actor->n_in; k++)
			if (actor->in[k].ring && actor->in[k].writer->cluster == cluster &&
			    !is_living(actor->in[k].writer))
				return false;
	}
	return iterations != UINT64_MAX;
}

/* Let no actor go beyond the iteration that the foremost one is in. Returns whether any is behind it. */
static bool hold_back(const struct run_cluster *cluster)
{
	uint64_t iterations = 0;
	bool behind = false;

	for (uint32_t i = 0; i < cluster->plan->n_actors; i++) {
		const struct run_actor *actor = cluster->actors[i];
		uint64_t own = (actor->next_firing + actor->plan->cluster_firings - 1) /
			       actor->plan->cluster_firings;

		if (is_living(actor) && own > iterations)
			iterations = own;
	}
	for (uint32_t i = 0; i < cluster->plan->n_actors; i++) {
		struct run_actor *actor = cluster->actors[i];

		actor->stop_at = iterations * actor->plan->cluster_firings;
		behind |= is_living(actor) && actor->next_firing < actor->stop_at;
	}
	return behind;
}

int cluster_sweep(struct run_cluster *cluster, struct run_stage *stage, enum step *ret)
{
	bool behind = hold_back(cluster);
	int r = 0;

	pthread_mutex_unlock(&cluster->lock); /* the actors are ours by the mode */
	*ret = STEP_WAITS_INPUT;
	if (behind)
		r = stage_sweep(stage, ret);
	if (r == 0 && *ret != STEP_RAN && *ret != STEP_ENDED) {
		for (uint32_t i = 0; i < cluster->plan->n_actors; i++)
			cluster->actors[i]->stop_at = UINT64_MAX;
		r = stage_sweep(stage, ret);
	}
	pthread_mutex_lock(&cluster->lock);
	return r;
}

/* ---- making clusters ---- */

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
	for (uint32_t i = 0; i < plan->n_actors; i++)
		cluster->actors[i]->cluster = cluster;
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
