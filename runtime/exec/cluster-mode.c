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

/* The rings between the actors: all that was done is to be found there. -ENOMEM: not what *ret has written. */
static int settle_inside(struct run_cluster *cluster, const uint64_t *iterations, struct run_actor **ret)
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

				*ret = actor;
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
	uint64_t counted = cluster->iterations * cluster->firings;

	for (uint32_t i = 0; i < cluster->plan->n_actors; i++) {
		struct run_actor *actor = cluster->actors[i];
		uint64_t firings = firings_of(cluster, actor, iterations);

		if (actor->state == ACTOR_ENDED)
			continue;
		actor->next_firing += firings;
		actor_count(actor, stage, firings);
		atomic_store_explicit(&stage->told[i], true, memory_order_relaxed);
	}
	/* Retired rounds are in the books of their own stages. */
	counter_add(&stage->firings, -counted);
	cluster->iterations = 0;
}

int cluster_fall_back(struct run_cluster *cluster, struct run_stage *from)
{
	uint64_t *iterations = cluster->settling;
	struct run_actor *writer = NULL;
	int r = 0;

	count_iterations(cluster, iterations);
	if (settle_inside(cluster, iterations, &writer) < 0) {
		pel_fire_fail(
			-ENOMEM,
			"out of memory for tokens that its readers have not taken: give its channels smaller capacities");
		return actor_fail(writer, "end", -ENOMEM);
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
