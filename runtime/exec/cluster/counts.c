/* SPDX-License-Identifier: Apache-2.0 */
#include "counts.h"

uint64_t pel_cluster_firings(const struct pel_run_actor *actor)
{
	struct pel_run_cluster *cluster = actor->cluster;
	uint64_t firings;

	if (!cluster)
		return atomic_load_explicit(&actor->firings, memory_order_relaxed);
	pthread_mutex_lock(&cluster->lock);
	firings = atomic_load_explicit(&actor->firings, memory_order_relaxed);
	/*
	 * In mode LOOSE, the owner of the actors may be ending one just now: the lock guards an actor's state
	 * only while there are rounds.
	 */
	if (cluster->iterations && actor->state != PEL_ACTOR_ENDED)
		firings += cluster->iterations * actor->plan->cluster_firings;
	pthread_mutex_unlock(&cluster->lock);
	return firings;
}

void pel_cluster_passed(const struct pel_run_actor *writer, const struct pel_plan_channel *channel,
			uint64_t *passed, uint64_t *most)
{
	const struct pel_out_port *out = &writer->ports.out[channel->from_port];
	struct pel_run_cluster *cluster = writer->cluster;
	uint64_t iterations;

	pthread_mutex_lock(&cluster->lock);
	iterations = cluster->largest;
	pthread_mutex_unlock(&cluster->lock);
	if (out->storage.kind == PEL_STORAGE_CHUNK)
		iterations = pel_min_u64(iterations, cluster->plan->chunk);
	*passed = channel->initial + pel_rates_tokens(&out->rates, 0, pel_cluster_firings(writer));
	*most = iterations * out->storage.iteration;
}
