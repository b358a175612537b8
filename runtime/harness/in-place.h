/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_IN_PLACE_H
#define PEL_IN_PLACE_H

#include "child.h"
#include "trial.h"

/* Is what the kernel promises of windows in the same memory, and of chains, true? 0 (also where it promises nothing) or a negative errno, explained. */
int pel_in_place_check(const struct pel_trial *reference, struct pel_child_report *report, uint64_t *random);

#endif
