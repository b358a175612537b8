/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_WAKER_H
#define PEL_WAKER_H

#include <stdatomic.h>
#include <stdbool.h>
#include "task.h"

/*
 * How to notify the other end that there are tokens or room, or that the stream has ended. The holder of a
 * waker need not know what it wakes: a stage, the copies of a cluster, or the host's thread. A waker is a
 * member of what it wakes, and is constant once the run is built. Any thread may call it, with or without the
 * lock of a cluster or a device, but not with the outcome's lock.
 */
struct pel_waker {
	/* `from` and `urgent`: see pel_task_wake(). The change must be visible before this call. */
	void (*wake)(const struct pel_waker *waker, const struct pel_task *from, bool urgent);
};

static inline void pel_wake(const struct pel_waker *waker, const struct pel_task *from, bool urgent)
{
	waker->wake(waker, from, urgent);
}

/*
 * Set the pending flag of one part of a task (an actor of a stage): something has changed for it. [any
 * thread, after the change is made, and before the task is woken]
 */
static inline void pel_pending_set(atomic_bool *pending)
{
	atomic_store_explicit(pending, true, memory_order_release); /* W1 */
}

/* [owner] Is the part pending? Clears the flag. */
static inline bool pel_pending_take(atomic_bool *pending)
{
	/* W2: an exchange, so that the look that follows sees what was done before W1. */
	return atomic_load_explicit(pending, memory_order_relaxed) &&
	       atomic_exchange_explicit(pending, false, memory_order_acquire);
}

/*
 * [owner] Set the flag, so that the owner looks again in any case. This too is an exchange: a plain store
 * could overwrite what another thread has just stored at W1, and W2 would not see what that thread did
 * before.
 */
static inline void pel_pending_raise(atomic_bool *pending)
{
	atomic_exchange_explicit(pending, true, memory_order_acq_rel);
}

#endif
