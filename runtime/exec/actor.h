/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_ACTOR_H
#define PEL_ACTOR_H

#include "run-actor.h"

/*
 * [owner] Call the actor's kernel on a CPU, once at most. Sets *ret to PEL_STEP_RAN, or to what the actor
 * waits for. Returns 0, or a negative errno if the run has failed (with an explanation). This is the
 * pel_run_actor.step of most actors.
 */
int pel_actor_step(struct pel_run_actor *actor, const struct pel_turn *turn, enum pel_step *ret);

#endif
