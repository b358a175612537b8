/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_COUNTS_H
#define PEL_COUNTS_H

#include "run-cluster.h"

/* What a cluster has done so far. Any thread, without the cluster's lock. */

/* The firings of an actor, whether or not it is in a cluster. */
uint64_t pel_cluster_firings(const struct pel_run_actor *actor);
/*
 * For a channel whose storage is not its ring: the number of tokens that its writer has produced (including
 * initial tokens), and the most that it held at once.
 */
void pel_cluster_passed(const struct pel_run_actor *writer, const struct pel_plan_channel *channel,
			uint64_t *passed, uint64_t *most);

#endif
