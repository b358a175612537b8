/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_BUILD_H
#define PEL_BUILD_H

#include "run-state.h"

/* From a plan to a run: memory, rings, actors, stages, threads that have not started. [one thread; nothing of the run is at work] */

/* `run` is zeroed, but for its plan and outcome, and its descriptors, which are -1. 0 or a negative errno, explained. */
int pel_run_build(struct pel_run *run, const struct pel_run_options *options, struct pel_error *err);
/* Take down what there is of it. */
void pel_run_demolish(struct pel_run *run);

#endif
