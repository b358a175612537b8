/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_SCRATCH_H
#define PEL_SCRATCH_H

#include <pelton/kernel.h>
#include <stdalign.h>
#include <stdatomic.h>
#include "task.h"

struct pel_run_actor;
struct pel_trace;

#define PEL_SCRATCH_ALIGN 128u /* two cache lines, since the hardware fetches them in pairs */

/* Which kernel a thread is calling. Written by that thread; any thread may read it. */
struct pel_calling {
	_Atomic(const struct pel_run_actor *) actor; /* the last one called in this step; NULL: none */
	_Atomic uint64_t since_ns;		     /* when the step began */
};

/*
 * What a thread needs to call kernels: the context of its tasks. Private to the thread, except for `calling`.
 */
struct pel_scratch {
	alignas(PEL_SCRATCH_ALIGN) struct pel_calling calling;
	unsigned char *memory;	 /* tokens with PEL_STORAGE_CHUNK */
	struct pel_io io;	 /* of the call in progress; has room for the ports of any actor */
	struct pel_trace *trace; /* NULL: not requested. Owned */
};

/* One step of a stage on a thread: what the layers below the stage need of both. */
struct pel_turn {
	const struct pel_task *task; /* the running task, which need not be woken */
	struct pel_scratch *scratch;
	_Atomic uint64_t *firings; /* of the stage */
};

/*
 * Allocate `bytes` of memory, and room for the ports of actors with at most `n_in` inputs and `n_out`
 * outputs, in one piece on cache lines that no other thread uses. 0 or -ENOMEM.
 */
int pel_scratch_init(struct pel_scratch *scratch, uint64_t bytes, uint32_t n_in, uint32_t n_out, bool trace);
void pel_scratch_fini(struct pel_scratch *scratch);

/* Record that this thread is about to call the actor's kernel. NULL: the step is over. */
static inline void pel_scratch_calling(struct pel_scratch *scratch, const struct pel_run_actor *actor)
{
	atomic_store_explicit(&scratch->calling.actor, actor, memory_order_relaxed);
}

#endif
