/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_CALL_H
#define PEL_CALL_H

#include "run-actor.h"

/*
 * Calls of kernels. Kernels are foreign code: if one returns something that its contract does not allow, the
 * run fails with an explanation. An errno of a kernel never becomes the outcome of the run by itself.
 *
 * Threads: the owner of the actor. The caller of fire() must hold no lock.
 */

/*
 * Call fire() on the windows in `io`, for at most `firings` firings. Returns 0, PEL_END with *io->fired set,
 * or a negative errno if the run has failed (with an explanation). Without PEL_END, *io->fired is `firings`.
 */
int pel_call_fire(struct pel_run_actor *actor, struct pel_scratch *scratch, const struct pel_io *io,
		  uint64_t firings);
/* Check `r`, the return value of a call of fire(). Returns the same as pel_call_fire(). */
int pel_call_fired(struct pel_run_actor *actor, const struct pel_io *io, uint64_t firings, int r);
/*
 * Check `r`, the return value of any other function of the kernel. Returns the same; PEL_END only if
 * `may_end`.
 */
int pel_call_returned(struct pel_run_actor *actor, const char *function, int r, bool may_end);
/*
 * Fail the run with the last pel_fire_fail() of this thread; if there was none, with `code`. Returns `code`.
 */
int pel_call_fail(struct pel_run_actor *actor, const char *function, int code);

/*
 * [a thread that calls kernels] Make `scratch` the scratch of this thread, for pel_calling_actor(). NULL:
 * none. Returns the previous one.
 */
struct pel_scratch *pel_call_enter(struct pel_scratch *scratch);
/* [a thread that is ending] If it is inside a call of a kernel, the run fails. */
void pel_call_thread_lost(struct pel_scratch *scratch);

#endif
