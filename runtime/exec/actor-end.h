/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_ACTOR_END_H
#define PEL_ACTOR_END_H

#include "run-actor.h"

/*
 * How an actor ends: it handles the last tokens of an input, if they are too few for a firing, and calls the
 * kernel's finish(). All functions: [owner]. If one returns a negative errno, the run has failed with an
 * explanation.
 */

/* Call finish(), and complete the results. [no other call of the kernel is in progress] */
int pel_actor_finish(struct pel_run_actor *actor, struct pel_scratch *scratch);
/*
 * End the actor: finish it, or leave that to the end of the run; end the outputs, close the inputs, and wake
 * all neighbours.
 */
int pel_actor_end(struct pel_run_actor *actor, const struct pel_turn *turn);

/*
 * An input has ended with fewer tokens than the next firing needs. Drain or end the actor, unless the tail of
 * another input must be checked first and that input is still open.
 */
int pel_actor_inputs_ended(struct pel_run_actor *actor, const struct pel_turn *turn, enum pel_step *ret);

/* The same when no call is in progress: end the actor, or fire once more on a padded window. */
int pel_actor_step_short(struct pel_run_actor *actor, const struct pel_turn *turn, enum pel_step *ret);

/* What an actor does when an input has ended with fewer tokens than a firing needs. */
enum pel_last {
	PEL_LAST_ENDS, /* pel_actor_inputs_ended() */
	PEL_LAST_FIRES, /* once more, on padded windows: each such input has tail="pad", and one has tokens left */
	PEL_LAST_WAITS, /* for other inputs or for room, as *ret says */
};
enum pel_last pel_actor_last(struct pel_run_actor *actor, enum pel_step *ret);
/* Build the windows of the padded firing in `io`: the remaining tokens, followed by zeros. */
void pel_actor_pad(struct pel_run_actor *actor, struct pel_io *io);
/* Commit the outputs and release the inputs of the padded firing. */
void pel_actor_commit_padded(struct pel_run_actor *actor, const struct pel_turn *turn);

#endif
