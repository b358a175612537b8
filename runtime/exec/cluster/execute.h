/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_EXECUTE_H
#define PEL_EXECUTE_H

#include "run-cluster.h"

/*
 * Carries a round through a segment: one chunk of iterations at a time through all actors, so that the tokens
 * between them stay in the first-level cache. Most calls are of actors with constant rates and at most one
 * input and one output, or of chains of such actors; for these, a brief call holds everything that the call
 * needs.
 */

/*
 * [owner of the round; no lock] Execute the round's next segment, for which it has the turn. Reduces
 * round->iterations if an actor ends. 0, or a negative errno if the run has failed (with an explanation).
 */
int pel_cluster_execute(struct pel_run_cluster *cluster, struct pel_round *round, struct pel_scratch *scratch);

/* [locked, mode LOOSE] Prepare the brief calls, before rounds begin. */
void pel_cluster_set_calls(struct pel_run_cluster *cluster);

#endif
