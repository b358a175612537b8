/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_CALL_H
#define PEL_CALL_H

#include "run-actor.h"

/*
 * Calls of kernels. Kernels are foreign code: what they return outside of their contract fails the run, with an explanation, and none of their
 * errnos is ever taken for the outcome of the run.
 *
 * Threads: the owner of the actor. No lock may be held over a call of fire().
 */

/*
 * Fire on the windows in `io`, up to `firings` times. 0, PEL_END with *io->fired, or a negative errno: then the run has failed, explained.
 * Without PEL_END, *io->fired is `firings`.
 */
int pel_call_fire(struct pel_run_actor *actor, struct pel_scratch *scratch, const struct pel_io *io,
		  uint64_t firings);
/* What follows a call of fire() that returned `r`: the same. */
int pel_call_fired(struct pel_run_actor *actor, const struct pel_io *io, uint64_t firings, int r);
/* What follows a call of any other function: the same; PEL_END only where it `may_end`. */
int pel_call_returned(struct pel_run_actor *actor, const char *function, int r, bool may_end);
/* Fail the run by what was last said with pel_fire_fail() in this thread; without, by the code. Returns `code`. */
int pel_call_fail(struct pel_run_actor *actor, const char *function, int code);

/* [a thread that calls kernels] This is its scratch, for pel_calling_actor(); returns the one before. NULL: none. */
struct pel_scratch *pel_call_enter(struct pel_scratch *scratch);
/* [the thread] It ends. Inside a call, that fails the run. */
void pel_call_thread_lost(struct pel_scratch *scratch);

#endif
