/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_CGROUP_H
#define PEL_CGROUP_H

#include <stdint.h>

/*
 * Lower *cores and *memory to what the control groups of this process allow, of either version; "/proc" and "/sys" are below `root`.
 */
void pel_cgroup_limits(const char *root, uint64_t *cores, uint64_t *memory);

#endif
