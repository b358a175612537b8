/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_ACTOR_H
#define PEL_ACTOR_H

#include "run-actor.h"

/*
 * [owner] Make at most one call of the actor's kernel, on a CPU. Sets *ret: PEL_STEP_RAN, or what it waits for. 0, or a negative errno: the run has
 * failed, explained. This is pel_run_actor.step of most actors.
 */
int pel_actor_step(struct pel_run_actor *actor, const struct pel_turn *turn, enum pel_step *ret);

#endif
