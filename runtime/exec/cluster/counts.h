/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_COUNTS_H
#define PEL_COUNTS_H

#include "run-cluster.h"

/* What a cluster has done so far, for any thread, which must not have its lock. */

/* Firings of an actor, in a cluster or not. */
uint64_t pel_cluster_firings(const struct pel_run_actor *actor);
/*
 * Of a channel that is not held in its ring: the tokens that have passed its writer, initial ones included, and the most that it held at once.
 */
void pel_cluster_passed(const struct pel_run_actor *writer, const struct pel_plan_channel *channel,
			uint64_t *passed, uint64_t *most);

#endif
