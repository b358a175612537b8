/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_DYNAMIC_H
#define PEL_DYNAMIC_H

#include "run-actor.h"

/*
 * Actors with `*` ports; and the last words of any. Their kernels say what they moved, and what they need more of; that is believed only within
 * the windows they had. [owner] As pel_actor_step().
 */
int pel_dynamic_step(struct pel_run_actor *actor, const struct pel_turn *turn, enum pel_step *ret);
/* The inputs have ended: call drain(). */
int pel_dynamic_drain(struct pel_run_actor *actor, const struct pel_turn *turn, enum pel_step *ret);

#endif
