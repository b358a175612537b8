/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_CLUSTER_CREATE_H
#define PEL_CLUSTER_CREATE_H

#include "run-cluster.h"

/* Creates the clusters of a run from those of its plan. [before the run starts, or after it has ended] */

/*
 * Allocate `n` clusters. Create each of them with pel_cluster_create(); destroy them all together, created or
 * not. NULL: out of memory.
 */
struct pel_run_cluster *pel_clusters_alloc(uint32_t n, struct pel_arena *arena);
/*
 * `stages` are all stages of the run. They are complete except for what belongs to clusters, and the ports of
 * their actors are connected. 0 or -ENOMEM, without an explanation.
 */
int pel_cluster_create(struct pel_run_cluster *cluster, const struct pel_plan_cluster *plan,
		       struct pel_run_stage *stages, struct pel_scheduler *scheduler, struct pel_arena *arena);
void pel_clusters_destroy(struct pel_run_cluster *clusters, uint32_t n);

#endif
