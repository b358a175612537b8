/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_CLUSTER_H
#define PEL_CLUSTER_H

#include "run-cluster.h"

/*
 * A step of a stage of a cluster carries a round through it, or, in copy 0, lets its actors make one call each. The cluster is complete, but for
 * this: make that what its stages do, and how its actors are woken.
 */
void pel_cluster_attach(struct pel_run_cluster *cluster);

#endif
