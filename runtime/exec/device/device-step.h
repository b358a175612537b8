/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_DEVICE_STEP_H
#define PEL_DEVICE_STEP_H

#include "run-device.h"

/*
 * [owner] Commit the calls that have completed, and send the next ones. Parameters and result as of
 * pel_actor_step(), which it calls once the CPU has taken over.
 */
int pel_device_step(struct pel_run_actor *actor, const struct pel_turn *turn, enum pel_step *ret);

#endif
