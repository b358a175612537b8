/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_CGROUP_H
#define PEL_CGROUP_H

#include <stdint.h>

/* Lower *cores and *memory to the limits of this process's control groups, of version 1 or 2. "/proc" and "/sys" are looked up below `root`. */
void pel_cgroup_limits(const char *root, uint64_t *cores, uint64_t *memory);

#endif
