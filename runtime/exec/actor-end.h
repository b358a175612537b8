/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_ACTOR_END_H
#define PEL_ACTOR_END_H

#include "run-actor.h"

/*
 * How an actor comes to its end: what becomes of tokens that are too few for a firing, and its kernel's last words. [owner] Those that return a
 * negative errno have failed the run, explained.
 */

/* Its last word is to be said: finish(), and its results are there. [no other call of its kernel] */
int pel_actor_finish(struct pel_run_actor *actor, struct pel_scratch *scratch);
/* No firing is left: finish, or keep that for the end of the run; end the outputs, let go of the inputs, and tell all neighbours. */
int pel_actor_end(struct pel_run_actor *actor, const struct pel_turn *turn);

/* An input has ended with less than the next firing needs: drain or end, unless it must be seen first what is left at others. */
int pel_actor_inputs_ended(struct pel_run_actor *actor, const struct pel_turn *turn, enum pel_step *ret);

/* The same, where no call is in progress: end, or fire once more on a padded window. */
int pel_actor_step_short(struct pel_run_actor *actor, const struct pel_turn *turn, enum pel_step *ret);

/*
 * An input has ended with less than a firing needs. If every such input is to be padded, and something is left at one of them, one more
 * firing is made possible, as soon as the other inputs are ready for it.
 */
enum pel_verdict {
	PEL_VERDICT_END,
	PEL_VERDICT_PAD,
	PEL_VERDICT_WAIT, /* for the other inputs */
};
enum pel_verdict pel_actor_tail_verdict(struct pel_run_actor *actor);
/* Windows for that firing, into `io`: what is left, and zeros. */
void pel_actor_pad(struct pel_run_actor *actor, struct pel_io *io);
/* Hand over what it has moved. */
void pel_actor_commit_padded(struct pel_run_actor *actor, const struct pel_turn *turn);

#endif
