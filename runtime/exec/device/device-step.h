/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_DEVICE_STEP_H
#define PEL_DEVICE_STEP_H

#include "run-device.h"

/* [owner] Take back what has come, hand out what can go. As pel_actor_step(), which it is once the CPU has taken over. */
int pel_device_step(struct pel_run_actor *actor, const struct pel_turn *turn, enum pel_step *ret);

#endif
