/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_LOOSE_H
#define PEL_LOOSE_H

#include "run-cluster.h"

/* The actors of a cluster, fired one by one. [locked, mode LOOSE, copy 0] */

/* Are all actors at the same iteration, with nothing left over between them? Then rounds are possible. */
bool pel_cluster_is_even(const struct pel_run_cluster *cluster);
/* One sweep over the actors, towards such a point. The lock is let go of meanwhile. As pel_stage_sweep(). */
int pel_cluster_sweep(struct pel_run_cluster *cluster, const struct pel_turn *turn, enum pel_step *ret);

#endif
