/* SPDX-License-Identifier: Apache-2.0 */
#include "cluster.h"

#include <string.h>
#include "clock.h"
#include "execute.h"
#include "loose.h"
#include "rounds.h"
#include "scheduler.h"
#include "settle.h"

/* Wake one stage that is free. A stage that is busy looks for more work when it has finished. */
static void wake_free(struct pel_run_cluster *cluster, const struct pel_task *from, bool urgent)
{
	for (uint32_t i = 0; i < cluster->plan->n_stages; i++) {
		struct pel_task *task = &cluster->stages[i]->task;
		bool was_free = !pel_task_is_scheduled(task);

		if (task == from)
			continue;
		pel_task_wake(task, from, urgent);
		if (was_free)
			return;
	}
}

/* [locked] If there is more work, let an idle worker take part. */
static void wake_another(struct pel_run_cluster *cluster, const struct pel_task *from)
{
	uint64_t iterations;

	if (cluster->plan->n_stages == 1 || (!from->own && !pel_scheduler_has_idle(cluster->scheduler)))
		return;
	if (pel_cluster_is_short(cluster))
		return;
	if (pel_cluster_pick(cluster, PEL_ANY_COPY) ||
	    pel_cluster_look(cluster, &iterations) == PEL_LOOK_POSSIBLE)
		wake_free(cluster, from, true);
}

/* ---- steps ---- */

/* [locked] Carry the round as far as it can go. *clock: the time, before and after. */
static int carry(struct pel_run_cluster *cluster, struct pel_round *round, uint32_t copy,
		 const struct pel_turn *turn, uint64_t *clock)
{
	uint64_t end;
	int r;

	while (round->state == PEL_ROUND_READY && pel_cluster_has_turn(cluster, round) &&
	       !(cluster->closing && round->number > cluster->cut)) {
		round->state = PEL_ROUND_RUNS;
		cluster->n_running++;
		wake_another(cluster, turn->task);
		pthread_mutex_unlock(&cluster->lock);
		r = pel_cluster_execute(cluster, round, turn->scratch);
		end = pel_now_ns();
		pthread_mutex_lock(&cluster->lock);
		cluster->n_running--;
		if (r < 0)
			return r;
		round->copy = copy;
		pel_cluster_executed(cluster, round, turn->task);
		pel_cluster_note_time(cluster, round, end - *clock);
		*clock = end;
	}
	return 0;
}

/* [locked] Have all rounds gone as far as they can, so that the mode can change? */
static bool is_closed(const struct pel_run_cluster *cluster)
{
	return cluster->closing && !cluster->n_running && cluster->retired == cluster->cut &&
	       pel_cluster_round(cluster, cluster->cut)->state != PEL_ROUND_READY;
}

/*
 * Must the cluster do part of an iteration instead of waiting for a whole one? Others may wait for that part.
 */
static bool must_fall_back(const struct pel_run_cluster *cluster, enum pel_look why)
{
	return why == PEL_LOOK_FALL_BACK || (why == PEL_LOOK_WAITS_INPUT && cluster->plan->eager_input) ||
	       (why == PEL_LOOK_WAITS_ROOM && cluster->plan->eager_room);
}

/*
 * [locked] Continue a round that this copy has executed, else take a new one, else continue another copy's
 * round: a round's tokens are in the cache of the core that executed it last, and moving them to a distant
 * core takes longer than computing them. Within each kind, take the earliest round first, so that later
 * rounds find room. A step executes several short rounds.
 */
static int step_rounds(struct pel_run_cluster *cluster, uint32_t copy, const struct pel_turn *turn,
		       enum pel_step *ret)
{
	uint64_t clock = pel_now_ns(), until = clock + (uint64_t)(pel_cluster_round_ns(cluster) / 2);
	int r = 0;

	*ret = PEL_STEP_WAITS_INPUT;
	do {
		struct pel_round *round = pel_cluster_pick(cluster, copy);
		enum pel_look why = PEL_LOOK_POSSIBLE;

		if (!round)
			why = pel_cluster_take_round(cluster, copy, &round);
		if (why != PEL_LOOK_POSSIBLE && !(round = pel_cluster_pick(cluster, PEL_ANY_COPY))) {
			if (*ret == PEL_STEP_RAN)
				return 0;
			*ret = why == PEL_LOOK_WAITS_ROOM ? PEL_STEP_WAITS_ROOM : PEL_STEP_WAITS_INPUT;
			return cluster->taken == cluster->retired && must_fall_back(cluster, why)
				       ? pel_cluster_fall_back(cluster, turn)
				       : 0;
		}
		*ret = PEL_STEP_RAN;
		r = carry(cluster, round, copy, turn, &clock);
	} while (r == 0 && !cluster->closing && clock < until);
	return r == 0 && is_closed(cluster) ? pel_cluster_fall_back(cluster, turn) : r;
}

static void begin_rounds(struct pel_run_cluster *cluster)
{
	memset(cluster->passed, 0, cluster->plan->n_segments * sizeof(*cluster->passed));
	cluster->firings = 0;
	for (uint32_t i = 0; i < cluster->plan->n_actors; i++)
		if (cluster->actors[i]->state != PEL_ACTOR_ENDED)
			cluster->firings += cluster->actors[i]->plan->cluster_firings;
	pel_cluster_set_calls(cluster);
	cluster->mode = PEL_CLUSTER_ROUNDS;
}

static void wake_all(struct pel_run_cluster *cluster, const struct pel_task *from)
{
	for (uint32_t i = 0; i < cluster->plan->n_stages; i++)
		if (&cluster->stages[i]->task != from)
			pel_task_wake(&cluster->stages[i]->task, from, false);
}

/* [locked] A step of copy 0, which owns the actors. */
static int step_loose(struct pel_run_cluster *cluster, const struct pel_turn *turn, enum pel_step *ret)
{
	uint64_t iterations;
	int r;

	if (!cluster->loose_once && pel_cluster_is_even(cluster) &&
	    !must_fall_back(cluster, pel_cluster_look(cluster, &iterations))) {
		begin_rounds(cluster);
		return step_rounds(cluster, 0, turn, ret);
	}
	cluster->loose_once = false;
	r = pel_cluster_sweep(cluster, turn, ret);
	if (*ret == PEL_STEP_ENDED) {
		cluster->ended = true;
		wake_all(cluster, turn->task);
	}
	return r;
}

/* [locked] A stage starts to look for work. If all stages were idle, that ends here. */
static void begin_work(struct pel_run_cluster *cluster)
{
	uint64_t now;

	if (cluster->n_awake++ || !cluster->idle_since_ns)
		return;
	now = pel_now_ns();
	*(cluster->idle_reason == PEL_STEP_WAITS_ROOM ? &cluster->wait_room_ns : &cluster->wait_input_ns) +=
		now - cluster->idle_since_ns;
	cluster->idle_since_ns = 0;
}

/* [locked] The stage has done some work, or has found none. */
static void end_work(struct pel_run_cluster *cluster, enum pel_step step)
{
	if (--cluster->n_awake || step == PEL_STEP_RAN || step == PEL_STEP_ENDED)
		return;
	cluster->idle_since_ns = pel_now_ns();
	cluster->idle_reason = step;
}

static int step(struct pel_run_stage *stage, const struct pel_turn *turn, enum pel_step *ret)
{
	struct pel_run_cluster *cluster = stage->cluster;
	int r = 0;

	pthread_mutex_lock(&cluster->lock);
	begin_work(cluster);
	if (cluster->mode == PEL_CLUSTER_ROUNDS)
		r = step_rounds(cluster, stage->plan->copy, turn, ret);
	if (r == 0 && cluster->mode == PEL_CLUSTER_LOOSE) {
		*ret = cluster->ended ? PEL_STEP_ENDED : PEL_STEP_WAITS_INPUT;
		if (!cluster->ended && stage->plan->copy == 0)
			r = step_loose(cluster, turn, ret);
		else if (!cluster->ended)
			pel_task_wake(&cluster->stages[0]->task, turn->task, true);
	}
	end_work(cluster, r < 0 ? PEL_STEP_ENDED : *ret);
	pthread_mutex_unlock(&cluster->lock);
	return r;
}

/* ---- waking ---- */

static void wake_cluster(const struct pel_waker *waker, const struct pel_task *from, bool urgent)
{
	const struct pel_run_actor *actor = pel_actor_of(waker);
	struct pel_run_cluster *cluster = actor->cluster;

	pel_pending_set(&actor->stage->pending[actor->place]);
	if (from && pel_stage_of(from)->cluster == cluster)
		return;
	/* The mode may be about to change; every stage that is woken then wakes those that must look. */
	if (cluster->mode == PEL_CLUSTER_LOOSE)
		pel_task_wake(&cluster->stages[0]->task, from, urgent);
	else
		wake_free(cluster, from, urgent);
}

void pel_cluster_attach(struct pel_run_cluster *cluster)
{
	for (uint32_t i = 0; i < cluster->plan->n_stages; i++) {
		cluster->stages[i]->cluster = cluster;
		cluster->stages[i]->run = step;
		cluster->stages[i]->task.lengthy = true;
	}
	for (uint32_t i = 0; i < cluster->plan->n_actors; i++) {
		cluster->actors[i]->cluster = cluster;
		cluster->actors[i]->waker.wake = wake_cluster;
	}
}
