/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_IN_PLACE_H
#define PEL_IN_PLACE_H

#include "child.h"
#include "trial.h"

/* Test the kernel in place, and in a chain, if it allows that. Returns 0, also if it does not, or a negative errno and explains. */
int pel_in_place_check(const struct pel_trial *reference, struct pel_child_report *report, uint64_t *random);

#endif
