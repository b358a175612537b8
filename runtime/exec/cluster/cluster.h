/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_CLUSTER_H
#define PEL_CLUSTER_H

#include "run-cluster.h"

/*
 * Make the stages of `cluster` run its steps, and wake it when one of its actors is woken. The cluster is
 * otherwise complete. A step carries a round through the cluster, or, in copy 0 and mode LOOSE, lets each
 * actor make a call.
 */
void pel_cluster_attach(struct pel_run_cluster *cluster);

#endif
