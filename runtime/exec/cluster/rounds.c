/* SPDX-License-Identifier: Apache-2.0 */
#include "rounds.h"

#include <string.h>

/* How long a round should take: short enough to share out evenly, long compared with a hand-over. */
#define ROUND_NS 50000u
/* How long a call should take, since data is rarely still in the cache for the next round of many actors. */
#define CALL_NS 500u
/* A shorter round is not worth sharing among workers. */
#define SHARE_NS 5000u
/* The most times the iterations of the round before, whose cost must be known first. */
#define GROWTH 16u

struct pel_round *pel_cluster_round(const struct pel_run_cluster *cluster, uint64_t number)
{
	return &cluster->rounds[cluster->slot_of[number % cluster->plan->slots]];
}

/* ---- taking a round ---- */

/*
 * Reduce *iterations to what the input allows: the tokens of an input from outside, and the length of the
 * window of any input.
 */
static enum pel_look look_at_input(struct pel_cluster_in *end, uint64_t *iterations)
{
	struct pel_in_port *in = end->in;
	uint64_t run, tokens;

	pel_ring_peek(in->ring, in->reader, in->claimed, &run);
	tokens = run;
	if (!end->inside) {
		uint64_t need = in->claimed + in->storage.iteration,
			 fill = pel_ring_fill(in->ring, in->reader, need);

		if (fill < need) {
			if (!pel_ring_ended(in->ring))
				return PEL_LOOK_WAITS_INPUT;
			fill = pel_ring_fill(in->ring, in->reader, need);
			if (fill < need)
				return PEL_LOOK_FALL_BACK;
		}
		tokens = pel_min_u64(run, fill - in->claimed);
	}
	*iterations = pel_min_u64(*iterations, tokens / in->storage.iteration);
	return *iterations ? PEL_LOOK_POSSIBLE : PEL_LOOK_FALL_BACK;
}

static enum pel_look look_at_output(const struct pel_run_cluster *cluster, struct pel_cluster_out *end,
				    uint64_t *iterations)
{
	struct pel_out_port *out = end->out;

	for (uint32_t r = 0; r < out->n_rings; r++) {
		struct pel_ring *ring = out->rings[r].ring;
		uint64_t need = out->claimed + out->storage.iteration, room = pel_ring_room(ring, need), run;

		/* Inside the cluster, firing one by one makes the room, if no round is in progress. */
		if (room < need)
			return end->inside && cluster->taken == cluster->retired ? PEL_LOOK_FALL_BACK
										 : PEL_LOOK_WAITS_ROOM;
		pel_ring_reserve(ring, out->claimed, &run);
		room = pel_min_u64(room, ring->n_slots) - out->claimed;
		*iterations = pel_min_u64(*iterations, pel_min_u64(room, run) / out->storage.iteration);
	}
	return *iterations ? PEL_LOOK_POSSIBLE : PEL_LOOK_FALL_BACK;
}

/*
 * [locked] Does an actor have no reader left? An actor that waits for input must see that too, though it does
 * not look for room.
 */
static bool is_abandoned(const struct pel_run_cluster *cluster)
{
	for (uint32_t i = 0; i < cluster->n_outs; i++)
		if (cluster->outs[i].actor->state != PEL_ACTOR_ENDED &&
		    pel_ports_abandoned_now(&cluster->outs[i].actor->ports))
			return true;
	return false;
}

enum pel_look pel_cluster_look(struct pel_run_cluster *cluster, uint64_t *iterations)
{
	enum pel_look look = PEL_LOOK_POSSIBLE;

	if (cluster->closing || cluster->taken - cluster->retired == cluster->plan->slots)
		return PEL_LOOK_WAITS_INPUT;
	*iterations = UINT64_MAX;
	for (uint32_t i = 0; i < cluster->n_ins; i++) {
		if (cluster->ins[i].actor->state == PEL_ACTOR_ENDED)
			continue;
		look = look_at_input(&cluster->ins[i], iterations);
		if (look != PEL_LOOK_POSSIBLE)
			return look == PEL_LOOK_WAITS_INPUT && is_abandoned(cluster) ? PEL_LOOK_FALL_BACK
										     : look;
	}
	for (uint32_t i = 0; i < cluster->n_outs; i++) {
		if (cluster->outs[i].actor->state == PEL_ACTOR_ENDED)
			continue;
		look = look_at_output(cluster, &cluster->outs[i], iterations);
		if (look != PEL_LOOK_POSSIBLE)
			return look;
		if (pel_ports_abandoned(&cluster->outs[i].actor->ports))
			return PEL_LOOK_FALL_BACK;
	}
	return look;
}

double pel_cluster_round_ns(const struct pel_run_cluster *cluster)
{
	double calls_ns = (double)cluster->plan->n_actors * CALL_NS;

	return calls_ns > ROUND_NS ? calls_ns : ROUND_NS;
}

/*
 * Choose how many of the available iterations to take, so that the round takes about as long as it should,
 * and other workers get their share.
 */
static uint64_t choose_iterations(const struct pel_run_cluster *cluster, uint64_t available)
{
	uint64_t limit = pel_min_u64(cluster->limit, cluster->last ? cluster->last * GROWTH : 1);
	double ns = cluster->iteration_ns, most_ns = pel_cluster_round_ns(cluster);

	if (ns > 0 && (double)limit * ns > most_ns)
		limit = ns < most_ns ? (uint64_t)(most_ns / ns) : 1;
	if (available < limit * cluster->at_once) {
		uint64_t share = (available + cluster->at_once - 1) / cluster->at_once;

		if (ns > 0 && (double)share * ns < SHARE_NS)
			share = (uint64_t)(SHARE_NS / ns) + 1;
		limit = pel_min_u64(limit, share);
	}
	return pel_min_u64(limit, available);
}

/* Set the windows of the round at the ends that are in rings, and claim their tokens and room. */
static void claim(struct pel_run_cluster *cluster, struct pel_round *round)
{
	uint64_t run;

	for (uint32_t i = 0; i < cluster->n_ins; i++) {
		struct pel_in_port *in = cluster->ins[i].in;

		if (cluster->ins[i].actor->state == PEL_ACTOR_ENDED)
			continue;
		round->windows[in->storage.window] =
			(unsigned char *)pel_ring_peek(in->ring, in->reader, in->claimed, &run);
		in->claimed += round->planned * in->storage.iteration;
	}
	for (uint32_t i = 0; i < cluster->n_outs; i++) {
		struct pel_out_port *out = cluster->outs[i].out;

		if (cluster->outs[i].actor->state == PEL_ACTOR_ENDED)
			continue;
		for (uint32_t r = 0; r < out->n_rings; r++)
			round->windows[out->storage.window + r] =
				pel_ring_reserve(out->rings[r].ring, out->claimed, &run);
		out->claimed += round->planned * out->storage.iteration;
	}
}

/*
 * [locked] A free slot for a round. Prefer the one that this copy had, which is in its cache; otherwise reuse
 * the same few slots.
 */
static struct pel_round *free_round(const struct pel_run_cluster *cluster, uint32_t copy)
{
	struct pel_round *found = NULL;

	for (uint32_t i = 0; i < cluster->plan->slots; i++) {
		struct pel_round *round = &cluster->rounds[i];

		if (round->state != PEL_ROUND_NONE)
			continue;
		if (round->copy == copy)
			return round;
		found = found ? found : round;
	}
	return found;
}

enum pel_look pel_cluster_take_round(struct pel_run_cluster *cluster, uint32_t copy, struct pel_round **ret)
{
	uint64_t available = 0;
	enum pel_look look = pel_cluster_look(cluster, &available);
	struct pel_round *round;

	if (look != PEL_LOOK_POSSIBLE)
		return look;
	round = *ret = free_round(cluster, copy);
	round->planned = round->iterations = choose_iterations(cluster, available);
	round->number = cluster->taken++;
	round->first = cluster->next_iteration;
	round->segment = 0;
	round->state = PEL_ROUND_READY;
	round->kernel_ended = false;
	memset(round->done, 0, cluster->plan->n_segments * sizeof(*round->done));
	cluster->next_iteration += round->planned;
	cluster->last = round->planned;
	if (round->planned > cluster->largest)
		cluster->largest = round->planned;
	cluster->slot_of[round->number % cluster->plan->slots] = (uint32_t)(round - cluster->rounds);
	claim(cluster, round);
	return PEL_LOOK_POSSIBLE;
}

/* ---- turns ---- */

bool pel_cluster_has_turn(const struct pel_run_cluster *cluster, const struct pel_round *round)
{
	const struct pel_run_segment *segment = &cluster->segments[round->segment];

	if (segment->serial && cluster->passed[round->segment] < round->number)
		return false;
	for (uint32_t i = 0; i < segment->n_needs; i++)
		if (cluster->passed[segment->needs[i]] < round->number)
			return false;
	return true;
}

/* [locked] Count the rounds that have passed segment `s` in order; later rounds may then go on. */
static void pass(struct pel_run_cluster *cluster, uint32_t s)
{
	while (cluster->passed[s] < cluster->taken) {
		const struct pel_round *round = pel_cluster_round(cluster, cluster->passed[s]);

		if (round->done[s] < round->planned)
			return;
		cluster->passed[s]++;
	}
}

struct pel_round *pel_cluster_pick(const struct pel_run_cluster *cluster, uint32_t copy)
{
	uint64_t end = cluster->taken;

	if (cluster->closing && cluster->cut < end)
		end = cluster->cut + 1;
	for (uint64_t number = cluster->retired; number < end; number++) {
		struct pel_round *round = pel_cluster_round(cluster, number);

		if (round->state == PEL_ROUND_READY && (copy == PEL_ANY_COPY || round->copy == copy) &&
		    pel_cluster_has_turn(cluster, round))
			return round;
	}
	return NULL;
}

/* ---- the end of a round ---- */

void pel_cluster_move_output(struct pel_cluster_out *end, uint64_t tokens, const struct pel_task *from)
{
	if (!tokens)
		return;
	for (uint32_t r = 0; r < end->out->n_rings; r++)
		pel_ring_advance(end->out->rings[r].ring, tokens);
	pel_out_wake_readers(end->out, from);
}

void pel_cluster_move_input(struct pel_cluster_in *end, uint64_t tokens, const struct pel_task *from)
{
	if (!tokens)
		return;
	pel_ring_fill(end->in->ring, end->in->reader, tokens);
	pel_in_release(end->in, tokens, from);
}

/* Commit the outputs first, so that a reader that is woken finds the tokens. */
static void hand_over(struct pel_run_cluster *cluster, const struct pel_round *round,
		      const struct pel_task *from)
{
	for (uint32_t i = 0; i < cluster->n_outs; i++) {
		struct pel_out_port *out = cluster->outs[i].out;

		if (cluster->outs[i].actor->state == PEL_ACTOR_ENDED)
			continue;
		out->claimed -= round->planned * out->storage.iteration;
		pel_cluster_move_output(&cluster->outs[i], round->planned * out->storage.iteration, from);
	}
	for (uint32_t i = 0; i < cluster->n_ins; i++) {
		struct pel_in_port *in = cluster->ins[i].in;

		if (cluster->ins[i].actor->state == PEL_ACTOR_ENDED)
			continue;
		in->claimed -= round->planned * in->storage.iteration;
		pel_cluster_move_input(&cluster->ins[i], round->planned * in->storage.iteration, from);
	}
}

/* [locked] Retire the finished rounds at the front, in order. */
static void retire(struct pel_run_cluster *cluster, const struct pel_task *from)
{
	while (cluster->retired < cluster->taken) {
		struct pel_round *round = pel_cluster_round(cluster, cluster->retired);

		if (round->state != PEL_ROUND_FINISHED || round->iterations < round->planned)
			return;
		hand_over(cluster, round, from);
		cluster->iterations += round->planned;
		pel_counter_add(&cluster->stages[round->copy]->firings, round->planned * cluster->firings);
		round->state = PEL_ROUND_NONE;
		cluster->retired++;
	}
}

void pel_cluster_executed(struct pel_run_cluster *cluster, struct pel_round *round, const struct pel_task *from)
{
	uint32_t s = round->segment;
	bool ragged = round->kernel_ended ||
		      (round->iterations < round->planned && cluster->segments[s].ragged);

	round->state = PEL_ROUND_READY;
	round->done[s] = round->iterations;
	if ((ragged || round->iterations < round->planned) &&
	    (!cluster->closing || round->number < cluster->cut)) {
		cluster->closing = true;
		cluster->cut = round->number;
		if (round->kernel_ended) {
			cluster->fired[0] = round->part;
			cluster->segments[0].ragged = cluster->actors[0]->kernel_ended = true;
		}
	}
	if (ragged) {
		round->state = PEL_ROUND_STOPPED;
		return;
	}
	round->segment++;
	pass(cluster, s);
	if (round->segment == cluster->plan->n_segments) {
		round->state = PEL_ROUND_FINISHED;
		retire(cluster, from);
	}
}

void pel_cluster_note_time(struct pel_run_cluster *cluster, struct pel_round *round, uint64_t ns)
{
	double iteration_ns;

	round->busy_ns += ns;
	if (round->state == PEL_ROUND_READY || !round->iterations)
		return;
	iteration_ns = (double)round->busy_ns / (double)round->iterations;
	if (cluster->iteration_ns > 0)
		iteration_ns = cluster->iteration_ns + (iteration_ns - cluster->iteration_ns) / 4;
	cluster->iteration_ns = iteration_ns;
	round->busy_ns = 0;
}

bool pel_cluster_is_short(const struct pel_run_cluster *cluster)
{
	return cluster->iteration_ns > 0 && cluster->iteration_ns * (double)cluster->last < SHARE_NS;
}
