/* SPDX-License-Identifier: Apache-2.0 */
#include "loose.h"

#include "actor-end.h"

static bool is_living(const struct pel_run_actor *actor)
{
	return actor->state != PEL_ACTOR_ENDED;
}

/* Has the writer of the input, in the same cluster, ended? */
static bool is_ended_inside(const struct pel_run_cluster *cluster, const struct pel_run_actor *actor,
			    const struct pel_in_port *in)
{
	const struct pel_run_actor *writer = pel_actor_writer(actor, in);

	return writer->cluster == cluster && !is_living(writer);
}

bool pel_cluster_is_even(const struct pel_run_cluster *cluster)
{
	uint64_t iterations = UINT64_MAX;

	for (uint32_t i = 0; i < cluster->plan->n_actors; i++) {
		struct pel_run_actor *actor = cluster->actors[i];
		uint64_t own;

		if (!is_living(actor))
			continue;
		if (actor->kernel_ended) /* in a round: the next sweep ends the actor */
			return false;
		if (pel_ports_abandoned_now(&actor->ports)) /* the actor is about to end */
			return false;
		own = actor->next_firing / actor->plan->cluster_firings;
		if (actor->state != PEL_ACTOR_FIRING || actor->next_firing % actor->plan->cluster_firings ||
		    (iterations != UINT64_MAX && own != iterations))
			return false;
		iterations = own;
		for (uint32_t k = 0; k < actor->ports.n_in; k++)
			if (actor->ports.in[k].ring && is_ended_inside(cluster, actor, &actor->ports.in[k]))
				return false;
	}
	return iterations != UINT64_MAX;
}

/* Let no actor go beyond the iteration of the most advanced one. Returns whether any is behind. */
static bool hold_back(const struct pel_run_cluster *cluster)
{
	uint64_t iterations = 0;
	bool behind = false;

	for (uint32_t i = 0; i < cluster->plan->n_actors; i++) {
		const struct pel_run_actor *actor = cluster->actors[i];
		uint64_t own = (actor->next_firing + actor->plan->cluster_firings - 1) /
			       actor->plan->cluster_firings;

		if (is_living(actor) && own > iterations)
			iterations = own;
	}
	for (uint32_t i = 0; i < cluster->plan->n_actors; i++) {
		struct pel_run_actor *actor = cluster->actors[i];

		actor->stop_at = iterations * actor->plan->cluster_firings;
		behind |= is_living(actor) && actor->next_firing < actor->stop_at;
	}
	return behind;
}

/* End the actors whose kernels returned PEL_END in a round. [not locked] */
static int end_actors(struct pel_run_cluster *cluster, const struct pel_turn *turn)
{
	int r = 0;

	for (uint32_t i = 0; i < cluster->plan->n_actors && r == 0; i++) {
		struct pel_run_actor *actor = cluster->actors[i];

		if (!actor->kernel_ended || !is_living(actor))
			continue;
		r = pel_actor_end(actor, turn);
		cluster->stages[0]->n_ended++;
	}
	return r;
}

int pel_cluster_sweep(struct pel_run_cluster *cluster, const struct pel_turn *turn, enum pel_step *ret)
{
	struct pel_run_stage *stage = cluster->stages[0];
	bool behind;
	int r;

	/* In this mode we own the actors. Kernels are called without the lock. */
	pthread_mutex_unlock(&cluster->lock);
	*ret = PEL_STEP_WAITS_INPUT;
	r = end_actors(cluster, turn);
	behind = hold_back(cluster);
	if (r == 0 && behind)
		r = pel_stage_sweep(stage, turn, ret);
	if (r == 0 && *ret != PEL_STEP_RAN && *ret != PEL_STEP_ENDED) {
		for (uint32_t i = 0; i < cluster->plan->n_actors; i++)
			cluster->actors[i]->stop_at = UINT64_MAX;
		r = pel_stage_sweep(stage, turn, ret);
	}
	pthread_mutex_lock(&cluster->lock);
	return r;
}
