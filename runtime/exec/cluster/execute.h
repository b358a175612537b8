/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_EXECUTE_H
#define PEL_EXECUTE_H

#include "run-cluster.h"

/*
 * How a round passes a segment: a chunk of iterations at a time through all its actors, so that what passes between them stays in the first-level
 * cache. Most calls are of actors with constant rates and one input and output, or of chains of those; what these need is prepared in brief.
 */

/*
 * [who has the round; no lock] Its next segment, which it has the turn for: round->iterations becomes less where an actor ends. 0 or a negative errno: the run
 * has failed, explained.
 */
int pel_cluster_execute(struct pel_run_cluster *cluster, struct pel_round *round, struct pel_scratch *scratch);

/* [locked, mode LOOSE] Prepare the brief calls for the rounds that begin now. */
void pel_cluster_set_calls(struct pel_run_cluster *cluster);

#endif
