/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_WAKER_H
#define PEL_WAKER_H

#include <stdatomic.h>
#include <stdbool.h>
#include "task.h"

/*
 * How to tell the other end of something that there are tokens, room or an end now. Who has a waker need not know what it wakes: a stage, the
 * copies of a cluster, or the thread of the host. Constant once the run is built. Any thread may wake, with or without the lock of a cluster or a
 * device; not with the lock of the outcome. It lies in what it wakes.
 */
struct pel_waker {
	/* `from` and `urgent` as of pel_task_wake(). What the change was must be visible before. */
	void (*wake)(const struct pel_waker *waker, const struct pel_task *from, bool urgent);
};

static inline void pel_wake(const struct pel_waker *waker, const struct pel_task *from, bool urgent)
{
	waker->wake(waker, from, urgent);
}

/*
 * The pending flag of one of several that a task looks after: something has changed for it. [any thread, once the change is made, and before the task is
 * woken]
 */
static inline void pel_pending_set(atomic_bool *pending)
{
	atomic_store_explicit(pending, true, memory_order_release); /* W1 */
}

/* [owner] Must it be looked at? Then it counts as looked at, until the flag is set again. */
static inline bool pel_pending_take(atomic_bool *pending)
{
	/* W2: an exchange, so that what was done before W1 is seen in the look that follows. */
	return atomic_load_explicit(pending, memory_order_relaxed) &&
	       atomic_exchange_explicit(pending, false, memory_order_acquire);
}

/*
 * [owner] Look again, whether somebody sets it or not. An exchange too: a plain store could take the place of what another thread has just
 * stored at W1, and W2 would no longer see what that thread did before.
 */
static inline void pel_pending_raise(atomic_bool *pending)
{
	atomic_exchange_explicit(pending, true, memory_order_acq_rel);
}

#endif
