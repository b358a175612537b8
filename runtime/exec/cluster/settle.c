/* SPDX-License-Identifier: Apache-2.0 */
#include "settle.h"

#include <errno.h>
#include <string.h>
#include "actor-end.h"
#include "call.h"
#include "rounds.h"

/*
 * From rounds to single firings.
 *
 * After whole iterations, nothing is left in a ring whose tokens have PEL_STORAGE_CHUNK or PEL_STORAGE_ROUND:
 * what goes in comes out. When an actor ends, or a whole iteration is not possible, the work done must appear
 * in the rings as if the actors had always fired one by one. If an actor's segment has done d iterations, and
 * the actor itself f firings in a last, ragged chunk, then these determine the tokens that it has produced
 * and consumed, and so what each ring must hold. Parallel segments discard what later rounds have computed
 * beyond the first incomplete round; since they have no state, it can be computed again.
 *
 * Rounds are possible again once all actors have fired the same whole number of iterations.
 */

/* The firings of an actor since rounds began. */
static uint64_t firings_of(const struct pel_run_cluster *cluster, const struct pel_run_actor *actor,
			   const uint64_t *iterations)
{
	uint32_t s = actor->plan->segment;

	return iterations[s] * actor->plan->cluster_firings +
	       (cluster->segments[s].ragged ? cluster->fired[actor->place] : 0);
}

static uint64_t produced_in(const struct pel_run_actor *actor, const struct pel_out_port *out, uint64_t firings)
{
	return pel_rates_tokens(&out->rates, actor->next_firing, firings);
}

/* Append `n` tokens, which may be more than one window holds. */
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

/* The position of reader number `r` of the output, in tokens since rounds began. false: it has ended. */
static bool reader_position(const struct pel_run_cluster *cluster, const struct pel_run_actor *actor,
			    const struct pel_out_port *out, uint32_t r, const uint64_t *iterations,
			    uint64_t *ret)
{
	struct pel_in_port *in;
	const struct pel_run_actor *reader = pel_actor_reader(actor, out->rings, r, &in);

	if (reader->state == PEL_ACTOR_ENDED)
		return false;
	*ret = pel_rates_tokens(&in->rates, reader->next_firing, firings_of(cluster, reader, iterations));
	return true;
}

/*
 * The position of the reader that is furthest behind and has not ended, in tokens since rounds began. If all
 * have ended: `produced`.
 */
static uint64_t least_consumed(const struct pel_run_cluster *cluster, const struct pel_run_actor *actor,
			       const struct pel_out_port *out, const uint64_t *iterations, uint64_t produced)
{
	uint64_t least = produced;

	for (uint32_t r = 0; r < out->rings->ring->n_readers; r++) {
		uint64_t consumed;

		if (reader_position(cluster, actor, out, r, iterations, &consumed))
			least = pel_min_u64(least, consumed);
	}
	return least;
}

/*
 * Fill the ring of an output, so far empty, with the tokens that were produced and not consumed. `left` holds
 * the tokens from position `least` on.
 */
static void settle(const struct pel_run_cluster *cluster, const struct pel_run_actor *actor,
		   const struct pel_out_port *out, const uint64_t *iterations, uint64_t least,
		   uint64_t produced, const unsigned char *left)
{
	struct pel_ring *ring = out->rings->ring;

	pel_ring_skip(ring, least);
	ring_write(ring, left, produced - least);
	for (uint32_t r = 0; r < ring->n_readers; r++) {
		struct pel_ring_reader *reader = &ring->readers[r];
		uint64_t consumed;

		if (!reader_position(cluster, actor, out, r, iterations, &consumed))
			continue;
		pel_ring_fill(ring, reader, produced - least);
		if (consumed > least)
			pel_ring_release(ring, reader, consumed - least);
	}
}

void pel_cluster_keep_chunk(struct pel_run_cluster *cluster, struct pel_run_segment *segment, uint64_t before,
			    struct pel_scratch *scratch)
{
	uint64_t *iterations = cluster->settling;

	iterations[segment - cluster->segments] = before;
	for (uint32_t i = segment->begin; i < segment->end; i++) {
		struct pel_run_actor *actor = cluster->actors[i];
		uint64_t firings = firings_of(cluster, actor, iterations);

		for (uint32_t o = 0; o < actor->ports.n_out && actor->state != PEL_ACTOR_ENDED; o++) {
			const struct pel_out_port *out = &actor->ports.out[o];
			uint64_t produced, least;

			if (!out->n_rings || out->storage.kind != PEL_STORAGE_CHUNK)
				continue;
			produced = produced_in(actor, out, firings);
			least = least_consumed(cluster, actor, out, iterations, produced);
			settle(cluster, actor, out, iterations, least, produced,
			       scratch->memory + out->storage.offset +
				       (least - before * out->storage.iteration) * out->token_bytes);
		}
	}
}

/* Gather the tokens from `least` to `produced` from the rounds' slots of the ring, and settle them. */
static int settle_round(const struct pel_run_cluster *cluster, const struct pel_run_actor *actor,
			const struct pel_out_port *out, const uint64_t *iterations, uint64_t least,
			uint64_t produced)
{
	const struct pel_ring *ring = out->rings->ring;
	unsigned char *left = NULL;

	if (produced > least && !(left = pel_malloc((produced - least) * ring->token_bytes)))
		return -ENOMEM;
	for (uint64_t number = cluster->retired; number < cluster->taken && left; number++) {
		const struct pel_round *round = pel_cluster_round(cluster, number);
		uint64_t first = round->first * out->storage.iteration,
			 end = first + round->planned * out->storage.iteration;
		uint64_t from = first > least ? first : least, to = end < produced ? end : produced;
		uint64_t slot =
			(uint64_t)(round - cluster->rounds) * cluster->plan->round * out->storage.iteration;

		if (from < to)
			memcpy(left + (from - least) * ring->token_bytes,
			       ring->slots + (slot + from - first) * ring->token_bytes,
			       (to - from) * ring->token_bytes);
	}
	settle(cluster, actor, out, iterations, least, produced, left);
	pel_free(left);
	return 0;
}

/* Count the iterations that each segment has done since rounds began, up to its first incomplete round. */
static void count_iterations(const struct pel_run_cluster *cluster, uint64_t *ret)
{
	for (uint32_t s = 0; s < cluster->plan->n_segments; s++) {
		ret[s] = cluster->iterations;
		for (uint64_t number = cluster->retired; number < cluster->taken; number++) {
			const struct pel_round *round = pel_cluster_round(cluster, number);

			ret[s] += round->done[s];
			if (round->done[s] < round->planned || round->kernel_ended)
				break;
		}
	}
}

/* Settle the rings between the actors. -ENOMEM: there was no memory for the tokens that *ret has written. */
static int settle_inside(struct pel_run_cluster *cluster, const uint64_t *iterations, struct pel_run_actor **ret)
{
	for (uint32_t i = 0; i < cluster->plan->n_actors; i++) {
		struct pel_run_actor *actor = cluster->actors[i];
		uint64_t firings = firings_of(cluster, actor, iterations);

		if (actor->state == PEL_ACTOR_ENDED)
			continue;
		for (uint32_t o = 0; o < actor->ports.n_out; o++) {
			const struct pel_out_port *out = &actor->ports.out[o];
			uint64_t produced = produced_in(actor, out, firings);

			if (!out->n_rings || out->storage.kind == PEL_STORAGE_RING)
				continue;
			if (out->storage.kind == PEL_STORAGE_ROUND) {
				uint64_t least = least_consumed(cluster, actor, out, iterations, produced);

				*ret = actor;
				if (settle_round(cluster, actor, out, iterations, least, produced) < 0)
					return -ENOMEM;
			} else if (!cluster->segments[actor->plan->segment].ragged) {
				pel_ring_skip(out->rings->ring, produced);
			}
		}
	}
	return 0;
}

/* Settle the ends of the other rings, which rounds have moved only when they retired. */
static void settle_ends(struct pel_run_cluster *cluster, const uint64_t *iterations, const struct pel_task *from)
{
	uint64_t retired = cluster->iterations;

	for (uint32_t i = 0; i < cluster->n_outs; i++) {
		struct pel_cluster_out *end = &cluster->outs[i];
		uint64_t produced =
			produced_in(end->actor, end->out, firings_of(cluster, end->actor, iterations));

		end->out->claimed = 0;
		if (end->actor->state != PEL_ACTOR_ENDED)
			pel_cluster_move_output(end, produced - retired * end->out->storage.iteration, from);
	}
	for (uint32_t i = 0; i < cluster->n_ins; i++) {
		struct pel_cluster_in *end = &cluster->ins[i];
		uint64_t consumed = pel_rates_tokens(&end->in->rates, end->actor->next_firing,
						     firings_of(cluster, end->actor, iterations));

		end->in->claimed = 0;
		if (end->actor->state != PEL_ACTOR_ENDED)
			pel_cluster_move_input(end, consumed - retired * end->in->storage.iteration, from);
	}
}

/* Add the firings made in rounds to the actors' counters. */
static void settle_actors(struct pel_run_cluster *cluster, const uint64_t *iterations)
{
	struct pel_run_stage *stage = cluster->stages[0];
	uint64_t counted = cluster->iterations * cluster->firings;

	for (uint32_t i = 0; i < cluster->plan->n_actors; i++) {
		struct pel_run_actor *actor = cluster->actors[i];
		uint64_t firings = firings_of(cluster, actor, iterations);

		if (actor->state == PEL_ACTOR_ENDED)
			continue;
		actor->next_firing += firings;
		pel_counter_add(&actor->firings, firings);
		pel_counter_add(&stage->firings, firings);
		pel_pending_raise(&stage->pending[i]);
	}
	/* The firings of retired rounds have already been counted for their own stages. */
	pel_counter_add(&stage->firings, -counted);
	cluster->iterations = 0;
}

int pel_cluster_fall_back(struct pel_run_cluster *cluster, const struct pel_turn *turn)
{
	uint64_t *iterations = cluster->settling;
	struct pel_run_actor *writer = NULL;

	count_iterations(cluster, iterations);
	if (settle_inside(cluster, iterations, &writer) < 0) {
		pel_fire_fail(
			-ENOMEM,
			"out of memory for tokens that its readers have not consumed: give its channels smaller capacities");
		return pel_call_fail(writer, "end", -ENOMEM);
	}
	settle_ends(cluster, iterations, turn->task);
	settle_actors(cluster, iterations);
	for (uint32_t i = 0; i < cluster->plan->slots; i++)
		cluster->rounds[i].state = PEL_ROUND_NONE;
	cluster->taken = cluster->retired = cluster->next_iteration = 0;
	cluster->loose_once = cluster->closing; /* otherwise the same round would be tried and stopped again */
	cluster->closing = false;
	for (uint32_t s = 0; s < cluster->plan->n_segments; s++)
		cluster->segments[s].ragged = false;
	cluster->mode = PEL_CLUSTER_LOOSE;
	return 0;
}
