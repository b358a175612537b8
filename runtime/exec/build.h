/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_BUILD_H
#define PEL_BUILD_H

#include "run-state.h"

/*
 * Build a run from a plan: memory, rings, actors, stages, and threads that have not started. [one thread,
 * before the run starts or after all its threads have ended]
 */

/*
 * `run` is zeroed, except for its plan, its outcome, and its descriptors, which are -1. Returns 0 or a
 * negative errno, with an explanation.
 */
int pel_run_build(struct pel_run *run, const struct pel_run_options *options, struct pel_error *err);
/* Free everything in `run`. It may be only partly built. */
void pel_run_demolish(struct pel_run *run);

#endif
