/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_DYNAMIC_H
#define PEL_DYNAMIC_H

#include "run-actor.h"

/*
 * Actors with `*` ports, and drain() of any actor. These kernels report how many tokens they moved, and at
 * which ports they need more. The counts are checked against the windows that the kernel was given. [owner]
 * Parameters and result as of pel_actor_step().
 */
int pel_dynamic_step(struct pel_run_actor *actor, const struct pel_turn *turn, enum pel_step *ret);
/* The inputs have ended: call the kernel's drain(). */
int pel_dynamic_drain(struct pel_run_actor *actor, const struct pel_turn *turn, enum pel_step *ret);

#endif
