/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_TRIAL_H
#define PEL_TRIAL_H

#include "trial-model.h"

/* Prepare a trial with one firing per call and all tokens of the case. */
void pel_trial_init(struct pel_trial *trial, struct pel_harness *harness, struct pel_error *err);
/* Returns 0, or a negative errno and explains in trial->err. */
int pel_trial_run(struct pel_trial *trial);
void pel_trial_fini(struct pel_trial *trial);

#endif
