/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_LOOSE_H
#define PEL_LOOSE_H

#include "run-cluster.h"

/* Fires the actors of a cluster one by one. [locked, mode LOOSE, copy 0] */

/* Are all actors at the same iteration, with no tokens left between them? If so, rounds are possible. */
bool pel_cluster_is_even(const struct pel_run_cluster *cluster);
/*
 * Sweep over the actors once, so that they all reach the same iteration. Releases the lock meanwhile.
 * Parameters and result as of pel_stage_sweep().
 */
int pel_cluster_sweep(struct pel_run_cluster *cluster, const struct pel_turn *turn, enum pel_step *ret);

#endif
