/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_TRIAL_H
#define PEL_TRIAL_H

#include "trial-model.h"

/* One firing a call, with all tokens of the case. */
void pel_trial_init(struct pel_trial *trial, struct pel_harness *harness, struct pel_error *err);
/* 0 or a negative errno, explained in trial->err. */
int pel_trial_run(struct pel_trial *trial);
void pel_trial_fini(struct pel_trial *trial);

#endif
