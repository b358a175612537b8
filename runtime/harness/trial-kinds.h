/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_TRIAL_KINDS_H
#define PEL_TRIAL_KINDS_H

#include "trial-call.h"

/* Execute all firings of a trial, for a kind of kernel. Returns 0 or a negative errno, as in trial-call.h. */

/* A kernel with `*` ports. */
int pel_trial_dynamic(struct pel_trial_call *call);
/* A stateless kernel without `*` ports: in random order, by several threads. */
int pel_trial_shuffled(struct pel_trial_call *call);

#define PEL_TRIAL_BATCH 40 /* at most so many firings in a random call */

#endif
