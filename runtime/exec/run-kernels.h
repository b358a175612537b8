/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_RUN_KERNELS_H
#define PEL_RUN_KERNELS_H

#include "run-state.h"

/*
 * [control thread; no worker runs] Call init() of each kernel. 0 or a negative errno, with an explanation
 * unless it is -ECANCELED.
 */
int pel_run_init_kernels(struct pel_run *run, struct pel_error *err);
/*
 * [no actor runs] Call finish() of the kernels that have waited for the success of the run. An error fails the
 * run, with an explanation.
 */
void pel_run_finish_kernels(struct pel_run *run);
/* Call fini() of each kernel, and free what is left of its results. */
void pel_run_fini_kernels(struct pel_run *run);

#endif
