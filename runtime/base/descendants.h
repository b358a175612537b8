/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_DESCENDANTS_H
#define PEL_DESCENDANTS_H

#include <stddef.h>
#include <sys/types.h>

/*
 * Kill all descendants of `root` in any session and process group, except `root` itself, the `n_spared`
 * processes in `spared` and their descendants. An orphan counts as a descendant of its
 * PR_SET_CHILD_SUBREAPER. Reads /proc; without it, finds no processes.
 */
void pel_kill_descendants(pid_t root, const pid_t *spared, size_t n_spared);

#endif
