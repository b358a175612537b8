/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_SETTLE_H
#define PEL_SETTLE_H

#include "run-cluster.h"

/*
 * Changes from rounds to single firings: brings rings and counters into the state that they would have if the
 * actors had always fired one by one.
 */

/*
 * [owner of the round; no lock] An actor of this serial segment has ended, in the chunk that begins `before`
 * iterations after the rounds began. Moves the tokens that its actors have left for each other from `scratch`
 * into the rings.
 */
void pel_cluster_keep_chunk(struct pel_run_cluster *cluster, struct pel_run_segment *segment, uint64_t before,
			    struct pel_scratch *scratch);
/*
 * [locked, mode ROUNDS] Enter mode LOOSE, with the state of the rounds moved into the rings. Call it only if
 * no round is running or can go on. Actors whose kernels have ended are left to the next sweep of copy 0,
 * since ending them calls their kernels, without the lock. 0, or a negative errno if the run has failed (with
 * an explanation).
 */
int pel_cluster_fall_back(struct pel_run_cluster *cluster, const struct pel_turn *turn);

#endif
