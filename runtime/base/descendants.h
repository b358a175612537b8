/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_DESCENDANTS_H
#define PEL_DESCENDANTS_H

#include <stddef.h>
#include <sys/types.h>

/*
 * Kill all processes that descend from `root`, whatever session and group they have made for themselves: not `root`, nor the `n_spared` ones in
 * `spared` and what descends from these. What has lost its parents descends from whoever is PR_SET_CHILD_SUBREAPER. Takes what /proc says; where
 * that is not there nobody is found.
 */
void pel_kill_descendants(pid_t root, const pid_t *spared, size_t n_spared);

#endif
