/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_SETTLE_H
#define PEL_SETTLE_H

#include "run-cluster.h"

/* From rounds to single firings: what was done in rounds is put where it would be if the actors had always been fired one by one. */

/*
 * [who executes the segment; no lock] An actor of this serial segment has ended, within the chunk that begins `before` iterations after rounds did: what its
 * actors have left in `scratch` for each other goes into the rings.
 */
void pel_cluster_keep_chunk(struct pel_run_cluster *cluster, struct pel_run_segment *segment, uint64_t before,
			    struct pel_scratch *scratch);
/*
 * [locked, mode ROUNDS] From here on the actors fire one by one, with all that was done in rounds in their rings. Only where no round runs, nor can go on.
 * Copy 0 ends those whose kernels have ended: that calls them, and so is done without the lock.
 * 0 or a negative errno: the run has failed, explained.
 */
int pel_cluster_fall_back(struct pel_run_cluster *cluster, const struct pel_turn *turn);

#endif
