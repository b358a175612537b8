/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_RUN_KERNELS_H
#define PEL_RUN_KERNELS_H

#include "run-state.h"

/* [control thread; no worker runs] Let each kernel make its state. 0 or a negative errno, explained unless it is -ECANCELED. */
int pel_run_init_kernels(struct pel_run *run, struct pel_error *err);
/* [no actor runs] Let those that waited for the success of the run finish. A failure is the run's, explained. */
void pel_run_finish_kernels(struct pel_run *run);
/* Let each have it back, with what is left of its results. */
void pel_run_fini_kernels(struct pel_run *run);

#endif
