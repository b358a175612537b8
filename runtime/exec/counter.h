/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_COUNTER_H
#define PEL_COUNTER_H

#include <stdatomic.h>
#include <stdint.h>

/*
 * A counter with one writer at a time, which any thread may read. It therefore needs no atomic
 * read-modify-write.
 */
static inline void pel_counter_add(_Atomic uint64_t *counter, uint64_t n)
{
	atomic_store_explicit(counter, atomic_load_explicit(counter, memory_order_relaxed) + n,
			      memory_order_relaxed);
}

static inline uint64_t pel_counter_read(const _Atomic uint64_t *counter)
{
	return atomic_load_explicit(counter, memory_order_relaxed);
}

#endif
