/* SPDX-License-Identifier: Apache-2.0 */
#include "cluster.h"

#include <errno.h>
#include <string.h>

/*
 * Clusters. Several stages (copies) share one, and carry rounds of iterations through its segments: rounds are numbered as they are taken, and
 * their results are handed over in that order, so the neighbours see the same tokens in the same order however many rounds there are at a time.
 *
 *	segment (parallel)	| round 4 | round 5 | ...	any round, at any time
 *	segment (serial)	| round 3 |			one after the other
 *	segment (parallel)	| round 2 |
 *
 * A round is taken only where all its tokens and all the room it needs are there, so it never waits but for a round before it; and then its worker goes
 * on with something else. What does not make a whole iteration (the end of the stream, a neighbour that waits for less) is done in the other mode, one
 * actor after the other by copy 0 alone, as in any stage. cluster-mode.c changes between the two.
 */
#define ROUND_NS \
	50000u /* a round is meant to last about so long: short enough to share out evenly, long against what it costs to hand on */
#define CALL_NS \
	500u /* and so long a call, as the same data are rarely in the cache for the next round of many actors */
#define SHARE_NS 5000u /* less than this is not worth being shared out */
#define GROWTH \
	16u /* a round has at most so many times the iterations of the one before: what these cost must be known first */

struct round *cluster_round(const struct run_cluster *cluster, uint64_t number)
{
	return &cluster->rounds[cluster->slot_of[number % cluster->plan->slots]];
}

/* ---- taking a round ---- */

/* How many iterations are there tokens for at an input from outside, and windows in one piece at any? */
static enum take take_input(struct cluster_in *end, uint64_t *iterations)
{
	struct in_port *in = end->in;
	uint64_t run, tokens;

	pel_ring_peek(in->ring, in->reader, in->claimed, &run);
	tokens = run;
	if (!end->inside) {
		uint64_t need = in->claimed + in->iteration, fill = pel_ring_fill(in->ring, in->reader, need);

		if (fill < need) {
			if (!pel_ring_ended(in->ring))
				return TAKE_WAITS_INPUT;
			fill = pel_ring_fill(in->ring, in->reader, need);
			if (fill < need)
				return TAKE_FALL_BACK;
		}
		tokens = min_u64(run, fill - in->claimed);
	}
	*iterations = min_u64(*iterations, tokens / in->iteration);
	return *iterations ? TAKE_TAKEN : TAKE_FALL_BACK;
}

static enum take take_output(const struct run_cluster *cluster, struct cluster_out *end, uint64_t *iterations)
{
	struct out_port *out = end->out;

	for (uint32_t r = 0; r < out->n_rings; r++) {
		struct pel_ring *ring = out->rings[r].ring;
		uint64_t need = out->claimed + out->iteration, room = pel_ring_room(ring, need), run;

		if (room <
		    need) /* inside it is we who make room: by what is done one by one, if nothing is under way */
			return end->inside && cluster->taken == cluster->retired ? TAKE_FALL_BACK
										 : TAKE_WAITS_ROOM;
		pel_ring_reserve(ring, out->claimed, &run);
		room = min_u64(room, ring->n_slots) - out->claimed;
		*iterations = min_u64(*iterations, min_u64(room, run) / out->iteration);
	}
	return *iterations ? TAKE_TAKEN : TAKE_FALL_BACK;
}

/* [locked] Has an actor nobody left who reads what it writes? One that waits for input must see that, though it does not look for room. */
static bool is_abandoned(const struct run_cluster *cluster)
{
	for (uint32_t i = 0; i < cluster->n_outs; i++)
		if (cluster->outs[i].actor->state != ACTOR_ENDED && actor_abandoned_now(cluster->outs[i].actor))
			return true;
	return false;
}

enum take cluster_look(struct run_cluster *cluster, uint64_t *iterations)
{
	enum take take = TAKE_TAKEN;

	if (cluster->closing || cluster->taken - cluster->retired == cluster->plan->slots)
		return TAKE_WAITS_INPUT;
	*iterations = UINT64_MAX;
	for (uint32_t i = 0; i < cluster->n_ins; i++) {
		if (cluster->ins[i].actor->state == ACTOR_ENDED)
			continue;
		take = take_input(&cluster->ins[i], iterations);
		if (take != TAKE_TAKEN)
			return take == TAKE_WAITS_INPUT && is_abandoned(cluster) ? TAKE_FALL_BACK : take;
	}
	for (uint32_t i = 0; i < cluster->n_outs; i++) {
		if (cluster->outs[i].actor->state == ACTOR_ENDED)
			continue;
		take = take_output(cluster, &cluster->outs[i], iterations);
		if (take != TAKE_TAKEN)
			return take;
		if (actor_abandoned(cluster->outs[i].actor))
			return TAKE_FALL_BACK;
	}
	return take;
}

/* What a round is meant to last. */
static double round_ns(const struct run_cluster *cluster)
{
	double calls_ns = (double)cluster->plan->n_actors * CALL_NS;

	return calls_ns > ROUND_NS ? calls_ns : ROUND_NS;
}

/* Of what there is, so much that the round takes about as long as one should, and the other workers have their share. */
static uint64_t choose_iterations(const struct run_cluster *cluster, uint64_t available)
{
	uint64_t limit = min_u64(cluster->limit, cluster->last ? cluster->last * GROWTH : 1);
	double ns = cluster->iteration_ns, most_ns = round_ns(cluster);

	if (ns > 0 && (double)limit * ns > most_ns)
		limit = ns < most_ns ? (uint64_t)(most_ns / ns) : 1;
	if (available < limit * cluster->at_once) {
		uint64_t share = (available + cluster->at_once - 1) / cluster->at_once;

		if (ns > 0 && (double)share * ns < SHARE_NS)
			share = (uint64_t)(SHARE_NS / ns) + 1;
		limit = min_u64(limit, share);
	}
	return min_u64(limit, available);
}

/* The windows of the round at the ends that are in rings, which are claimed by it. */
static void claim(struct run_cluster *cluster, struct round *round)
{
	uint64_t run;

	for (uint32_t i = 0; i < cluster->n_ins; i++) {
		struct in_port *in = cluster->ins[i].in;

		if (cluster->ins[i].actor->state == ACTOR_ENDED)
			continue;
		round->windows[in->window] =
			(unsigned char *)pel_ring_peek(in->ring, in->reader, in->claimed, &run);
		in->claimed += round->planned * in->iteration;
	}
	for (uint32_t i = 0; i < cluster->n_outs; i++) {
		struct out_port *out = cluster->outs[i].out;

		if (cluster->outs[i].actor->state == ACTOR_ENDED)
			continue;
		for (uint32_t r = 0; r < out->n_rings; r++)
			round->windows[out->window + r] =
				pel_ring_reserve(out->rings[r].ring, out->claimed, &run);
		out->claimed += round->planned * out->iteration;
	}
}

/* [locked] A part of the rings' memory that is free; the same few again, where that is enough, and best what this copy had, as it is in its cache. */
static struct round *free_round(const struct run_cluster *cluster, uint32_t copy)
{
	struct round *found = NULL;

	for (uint32_t i = 0; i < cluster->plan->slots; i++) {
		struct round *round = &cluster->rounds[i];

		if (round->state != ROUND_NONE)
			continue;
		if (round->copy == copy)
			return round;
		found = found ? found : round;
	}
	return found;
}

static enum take take(struct run_cluster *cluster, uint32_t copy, struct round **ret)
{
	uint64_t available = 0;
	enum take take = cluster_look(cluster, &available);
	struct round *round;

	if (take != TAKE_TAKEN)
		return take;
	round = *ret = free_round(cluster, copy);
	round->planned = round->iterations = choose_iterations(cluster, available);
	round->number = cluster->taken++;
	round->first = cluster->next_iteration;
	round->segment = 0;
	round->state = ROUND_READY;
	round->over = false;
	memset(round->done, 0, cluster->plan->n_segments * sizeof(*round->done));
	cluster->next_iteration += round->planned;
	cluster->last = round->planned;
	if (round->planned > cluster->largest)
		cluster->largest = round->planned;
	cluster->slot_of[round->number % cluster->plan->slots] = (uint32_t)(round - cluster->rounds);
	claim(cluster, round);
	return TAKE_TAKEN;
}

/* ---- turns ---- */

/* [locked] */
static bool has_turn(const struct run_cluster *cluster, const struct round *round)
{
	const struct run_segment *segment = &cluster->segments[round->segment];

	if (segment->serial && cluster->passed[round->segment] < round->number)
		return false;
	for (uint32_t i = 0; i < segment->n_needs; i++)
		if (cluster->passed[segment->needs[i]] < round->number)
			return false;
	return true;
}

/* [locked] Count the rounds that have passed segment `s` in order: those after them may go on. */
static void pass(struct run_cluster *cluster, uint32_t s)
{
	while (cluster->passed[s] < cluster->taken) {
		const struct round *round = cluster_round(cluster, cluster->passed[s]);

		if (round->done[s] < round->planned)
			return;
		cluster->passed[s]++;
	}
}

#define ANY UINT32_MAX

/* [locked] The earliest round that can go on, is not being executed, and was executed by `copy` or ANY so far; NULL: none. */
static struct round *pick(const struct run_cluster *cluster, uint32_t copy)
{
	uint64_t end = cluster->taken;

	if (cluster->closing && cluster->cut < end)
		end = cluster->cut + 1;
	for (uint64_t number = cluster->retired; number < end; number++) {
		struct round *round = cluster_round(cluster, number);

		if (round->state == ROUND_READY && (copy == ANY || round->copy == copy) &&
		    has_turn(cluster, round))
			return round;
	}
	return NULL;
}

/* Tell one stage that is free; those that are not look for more when they have done what they do. */
static void call(struct run_cluster *cluster, struct run_stage *from, bool urgent)
{
	for (uint32_t i = 0; i < cluster->plan->copies; i++) {
		struct run_stage *stage = cluster->stages[i];
		bool was_free = !(atomic_load_explicit(&stage->state, memory_order_relaxed) & STAGE_SCHEDULED);

		if (stage == from)
			continue;
		stage_notify(stage, from, urgent);
		if (was_free)
			return;
	}
}

static bool has_idle_workers(const struct pel_run *run)
{
	return atomic_load_explicit(&run->n_idle, memory_order_relaxed) ||
	       atomic_load_explicit(&run->n_searching, memory_order_relaxed);
}

/* [locked] Let a worker that has nothing to do take part, if there is something to do. */
static void call_another(struct run_cluster *cluster, struct run_stage *from)
{
	uint64_t iterations;

	if (cluster->plan->copies == 1 || (!from->thread && !has_idle_workers(cluster->run)))
		return;
	if (cluster->iteration_ns > 0 && cluster->iteration_ns * (double)cluster->last < SHARE_NS)
		return;
	if (pick(cluster, ANY) || cluster_look(cluster, &iterations) == TAKE_TAKEN)
		call(cluster, from, true);
}

/* ---- the end of a round ---- */

void cluster_move_output(struct cluster_out *end, uint64_t tokens, struct run_stage *from)
{
	if (!tokens)
		return;
	for (uint32_t r = 0; r < end->out->n_rings; r++)
		pel_ring_advance(end->out->rings[r].ring, tokens);
	actor_tell_readers(end->actor, end->port, from);
}

void cluster_move_input(struct cluster_in *end, uint64_t tokens, struct run_stage *from)
{
	if (!tokens)
		return;
	pel_ring_fill(end->in->ring, end->in->reader, tokens);
	actor_release_input(end->in, tokens, from);
}

/* Outputs first, so that a reader that we tell of tokens finds them. */
static void hand_over(struct run_cluster *cluster, const struct round *round, struct run_stage *from)
{
	for (uint32_t i = 0; i < cluster->n_outs; i++) {
		struct out_port *out = cluster->outs[i].out;

		if (cluster->outs[i].actor->state == ACTOR_ENDED)
			continue;
		out->claimed -= round->planned * out->iteration;
		cluster_move_output(&cluster->outs[i], round->planned * out->iteration, from);
	}
	for (uint32_t i = 0; i < cluster->n_ins; i++) {
		struct in_port *in = cluster->ins[i].in;

		if (cluster->ins[i].actor->state == ACTOR_ENDED)
			continue;
		in->claimed -= round->planned * in->iteration;
		cluster_move_input(&cluster->ins[i], round->planned * in->iteration, from);
	}
}

/* [locked] Hand over the results of all rounds at the front that are complete. */
static void retire(struct run_cluster *cluster, struct run_stage *from)
{
	while (cluster->retired < cluster->taken) {
		struct round *round = cluster_round(cluster, cluster->retired);

		if (round->state != ROUND_FINISHED || round->iterations < round->planned)
			return;
		hand_over(cluster, round, from);
		cluster->iterations += round->planned;
		counter_add(&cluster->stages[round->copy]->firings, round->planned * cluster->firings);
		round->state = ROUND_NONE;
		cluster->retired++;
	}
}

/* [locked] The round's segment has been executed: it is ready for the next one, or has come to its end, one way or the other. */
static void segment_executed(struct run_cluster *cluster, struct round *round, struct run_stage *stage)
{
	uint32_t s = round->segment;
	bool ragged = round->over || (round->iterations < round->planned && cluster->segments[s].ragged);

	round->state = ROUND_READY;
	round->done[s] = round->iterations;
	if ((ragged || round->iterations < round->planned) &&
	    (!cluster->closing || round->number < cluster->cut)) {
		cluster->closing = true;
		cluster->cut = round->number;
		if (round->over) {
			cluster->fired[0] = round->part;
			cluster->segments[0].ragged = cluster->actors[0]->over = true;
		}
	}
	if (ragged) {
		round->state = ROUND_STOPPED;
		return;
	}
	round->segment++;
	pass(cluster, s);
	if (round->segment == cluster->plan->n_segments) {
		round->state = ROUND_FINISHED;
		retire(cluster, stage);
	}
}

/* ---- steps ---- */

static void note_time(struct run_cluster *cluster, struct round *round, uint64_t ns)
{
	double iteration_ns;

	round->busy_ns += ns;
	if (round->state == ROUND_READY || !round->iterations)
		return;
	iteration_ns = (double)round->busy_ns / (double)round->iterations;
	if (cluster->iteration_ns > 0)
		iteration_ns = cluster->iteration_ns + (iteration_ns - cluster->iteration_ns) / 4;
	cluster->iteration_ns = iteration_ns;
	round->busy_ns = 0;
}

/* [locked] Carry the round as far as it can go. *clock: now, before and after. */
static int carry(struct run_cluster *cluster, struct round *round, struct run_stage *stage, uint64_t *clock)
{
	uint64_t end;
	int r;

	while (round->state == ROUND_READY && has_turn(cluster, round) &&
	       !(cluster->closing && round->number > cluster->cut)) {
		round->state = ROUND_RUNS;
		cluster->n_running++;
		call_another(cluster, stage);
		pthread_mutex_unlock(&cluster->lock);
		r = cluster_execute(cluster, round, this_scratch);
		end = now_ns();
		pthread_mutex_lock(&cluster->lock);
		cluster->n_running--;
		if (r < 0)
			return r;
		round->copy = stage->plan->copy;
		segment_executed(cluster, round, stage);
		note_time(cluster, round, end - *clock);
		*clock = end;
	}
	return 0;
}

/* [locked] Have all rounds gone as far as they can, so that the mode can change? */
static bool is_closed(const struct run_cluster *cluster)
{
	return cluster->closing && !cluster->n_running && cluster->retired == cluster->cut &&
	       cluster_round(cluster, cluster->cut)->state != ROUND_READY;
}

/* Does it have to do what it can of an iteration, where it has to wait for a whole one? Others may wait for just that. */
static bool must_fall_back(const struct run_cluster *cluster, enum take why)
{
	return why == TAKE_FALL_BACK || (why == TAKE_WAITS_INPUT && cluster->plan->eager_input) ||
	       (why == TAKE_WAITS_ROOM && cluster->plan->eager_room);
}

/*
 * [locked] Go on with a round of one's own, take a new one, or go on with another's: what a round holds is in the cache of who has executed it, and a far
 * core takes longer to get it than to compute it. Of each kind the earliest first, so that those after it find room. Short ones several at a time.
 */
static int step_rounds(struct run_cluster *cluster, struct run_stage *stage, enum step *ret)
{
	uint64_t clock = now_ns(), until = clock + (uint64_t)(round_ns(cluster) / 2);
	uint32_t copy = stage->plan->copy;
	int r = 0;

	*ret = STEP_WAITS_INPUT;
	do {
		struct round *round = pick(cluster, copy);
		enum take why = TAKE_TAKEN;

		if (!round)
			why = take(cluster, copy, &round);
		if (why != TAKE_TAKEN && !(round = pick(cluster, ANY))) {
			if (*ret == STEP_RAN)
				return 0;
			*ret = why == TAKE_WAITS_ROOM ? STEP_WAITS_ROOM : STEP_WAITS_INPUT;
			return cluster->taken == cluster->retired && must_fall_back(cluster, why)
				       ? cluster_fall_back(cluster, stage)
				       : 0;
		}
		*ret = STEP_RAN;
		r = carry(cluster, round, stage, &clock);
	} while (r == 0 && !cluster->closing && clock < until);
	return r == 0 && is_closed(cluster) ? cluster_fall_back(cluster, stage) : r;
}

static void begin_rounds(struct run_cluster *cluster)
{
	memset(cluster->passed, 0, cluster->plan->n_segments * sizeof(*cluster->passed));
	cluster->firings = 0;
	for (uint32_t i = 0; i < cluster->plan->n_actors; i++)
		if (cluster->actors[i]->state != ACTOR_ENDED)
			cluster->firings += cluster->actors[i]->plan->cluster_firings;
	cluster_set_calls(cluster);
	cluster->mode = CLUSTER_ROUNDS;
}

static void tell_ended(struct run_cluster *cluster, struct run_stage *from)
{
	cluster->ended = true;
	for (uint32_t i = 0; i < cluster->plan->copies; i++)
		if (cluster->stages[i] != from)
			stage_notify(cluster->stages[i], from, false);
}

/* [locked] A step of copy 0, which has the actors. */
static int step_loose(struct run_cluster *cluster, struct run_stage *stage, enum step *ret)
{
	uint64_t iterations;
	int r;

	if (!cluster->apart_once && cluster_is_even(cluster) &&
	    !must_fall_back(cluster, cluster_look(cluster, &iterations))) {
		begin_rounds(cluster);
		return step_rounds(cluster, stage, ret);
	}
	cluster->apart_once = false;
	r = cluster_sweep(cluster, stage, ret);
	if (*ret == STEP_ENDED)
		tell_ended(cluster, stage);
	return r;
}

/* [locked] A stage begins to look for work: if all were idle, that is over. */
static void wake(struct run_cluster *cluster)
{
	uint64_t now;

	if (cluster->n_awake++ || !cluster->idle_since_ns)
		return;
	now = now_ns();
	*(cluster->idle_reason == STEP_WAITS_ROOM ? &cluster->wait_room_ns : &cluster->wait_input_ns) +=
		now - cluster->idle_since_ns;
	cluster->idle_since_ns = 0;
}

/* [locked] It has found none, or has done some. */
static void rest(struct run_cluster *cluster, enum step step)
{
	if (--cluster->n_awake || step == STEP_RAN || step == STEP_ENDED)
		return;
	cluster->idle_since_ns = now_ns();
	cluster->idle_reason = step;
}

int cluster_step(struct run_stage *stage, enum step *ret)
{
	struct run_cluster *cluster = stage->cluster;
	int r = 0;

	pthread_mutex_lock(&cluster->lock);
	wake(cluster);
	if (cluster->mode == CLUSTER_ROUNDS)
		r = step_rounds(cluster, stage, ret);
	if (r == 0 && cluster->mode == CLUSTER_LOOSE) {
		*ret = cluster->ended ? STEP_ENDED : STEP_WAITS_INPUT;
		if (!cluster->ended && stage->plan->copy == 0)
			r = step_loose(cluster, stage, ret);
		else if (!cluster->ended)
			stage_notify(cluster->stages[0], stage, true);
	}
	rest(cluster, r < 0 ? STEP_ENDED : *ret);
	pthread_mutex_unlock(&cluster->lock);
	return r;
}

uint64_t actor_firings(const struct run_actor *actor)
{
	struct run_cluster *cluster = actor->cluster;
	uint64_t firings;

	if (!cluster)
		return atomic_load_explicit(&actor->firings, memory_order_relaxed);
	pthread_mutex_lock(&cluster->lock);
	firings = atomic_load_explicit(&actor->firings, memory_order_relaxed);
	if (actor->state != ACTOR_ENDED)
		firings += cluster->iterations * actor->plan->cluster_firings;
	pthread_mutex_unlock(&cluster->lock);
	return firings;
}

void cluster_passed(const struct in_port *in, const struct pel_plan_channel *channel, uint64_t *passed,
		    uint64_t *most)
{
	const struct run_actor *writer = in->writer;
	const struct out_port *out = &writer->out[channel->from_port];
	struct run_cluster *cluster = writer->cluster;
	uint64_t iterations;

	pthread_mutex_lock(&cluster->lock);
	iterations = cluster->largest;
	pthread_mutex_unlock(&cluster->lock);
	if (out->hold == PEL_HOLD_CHUNK)
		iterations = min_u64(iterations, cluster->plan->chunk);
	*passed = channel->initial + rates_tokens(&out->rates, 0, actor_firings(writer));
	*most = iterations * out->iteration;
}

uint64_t cluster_iterations(const struct pel_run *run)
{
	uint64_t all = 0;

	for (uint32_t i = 0; i < run->plan->n_clusters; i++)
		all += run->clusters[i].iterations;
	return all;
}

void cluster_notify(struct run_cluster *cluster, struct run_stage *from, bool urgent)
{
	if (from && from->cluster == cluster)
		return;
	if (cluster->mode ==
	    CLUSTER_LOOSE) /* if that just changes: every stage that is told looks after the others */
		stage_notify(cluster->stages[0], from, urgent);
	else
		call(cluster, from, urgent);
}
