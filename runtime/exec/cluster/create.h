/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_CLUSTER_CREATE_H
#define PEL_CLUSTER_CREATE_H

#include "run-cluster.h"

/* Clusters of a run, from those of its plan. [before the run starts, and after it has ended] */

/* `n` of them, to be created one by one, and destroyed together in any case. NULL: -ENOMEM. */
struct pel_run_cluster *pel_clusters_alloc(uint32_t n, struct pel_arena *arena);
/*
 * `stages` are all of the run, complete but for the cluster's parts; their actors' ports are connected. 0 or -ENOMEM, not explained.
 */
int pel_cluster_create(struct pel_run_cluster *cluster, const struct pel_plan_cluster *plan,
		       struct pel_run_stage *stages, struct pel_scheduler *scheduler, struct pel_arena *arena);
void pel_clusters_destroy(struct pel_run_cluster *clusters, uint32_t n);

#endif
