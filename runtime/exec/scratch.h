/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_SCRATCH_H
#define PEL_SCRATCH_H

#include <pelton/kernel.h>
#include <stdalign.h>
#include <stdatomic.h>
#include "task.h"

struct pel_run_actor;
struct pel_trace;

#define PEL_SCRATCH_ALIGN 128u /* two lines of the cache, since they are fetched in pairs */

/* What a thread is at. Its own, but any thread may look. */
struct pel_calling {
	_Atomic(const struct pel_run_actor *) actor; /* called last in this step; NULL: none */
	_Atomic uint64_t since_ns;		     /* when the step began */
};

/* What a thread needs to call kernels: the context of its tasks. The thread's own, but for `calling`. */
struct pel_scratch {
	alignas(PEL_SCRATCH_ALIGN) struct pel_calling calling;
	unsigned char *memory;	 /* what is held in chunks */
	struct pel_io io;	 /* of the call in progress, with room for the ports of any actor */
	struct pel_trace *trace; /* NULL: not asked for. Owned */
};

/* A stage's turn on a thread: what the layers below the stage need of both. */
struct pel_turn {
	const struct pel_task *task; /* what is being run; need not be woken */
	struct pel_scratch *scratch;
	_Atomic uint64_t *firings; /* of the stage */
};

/* `bytes` of memory, and room for the ports of actors that have no more than these, in one piece on lines of the cache that no other thread touches. 0 or -ENOMEM. */
int pel_scratch_init(struct pel_scratch *scratch, uint64_t bytes, uint32_t n_in, uint32_t n_out, bool trace);
void pel_scratch_fini(struct pel_scratch *scratch);

/* This thread is about to call the actor's kernel, for those that ask. Until the end of the step; NULL: that is reached. */
static inline void pel_scratch_calling(struct pel_scratch *scratch, const struct pel_run_actor *actor)
{
	atomic_store_explicit(&scratch->calling.actor, actor, memory_order_relaxed);
}

#endif
