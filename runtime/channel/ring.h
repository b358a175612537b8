/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_RING_H
#define PEL_RING_H

#include <assert.h>
#include <stdalign.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * A bounded ring of tokens from one producer to one or more readers. Each reader has its own cursor and capacity.
 * Lock-free; it never blocks, allocates or logs. Both ends work in windows, in place: reserve, fill, commit; peek, use,
 * release.
 *
 * Positions count tokens since the start of the stream and never wrap. Invariants:
 *   I1  head[r] <= tail, and tail - head[r] <= capacity[r] while reader r is open
 *   I2  only the producer writes tail, only reader r writes head[r]
 *   I3  tokens in [head[r] - history[r], tail) belong to the readers and do not change; all other slots belong to the
 *       producer
 *
 * Slots. Position p is in slot (p + history) % n_slots, where history is the largest of the readers', so that the (zero)
 * history of the first token is before it. After the slots come `mirror` more, which repeat the first ones:
 *
 *      0        mirror                       n_slots      n_slots + mirror
 *      |..........|..............................|............|
 *       ^^^^^^^^^^  the same tokens as            ^^^^^^^^^^^^ these
 *
 * The producer keeps them equal when it commits. So a window of up to `mirror` tokens is contiguous wherever it starts,
 * and readers never write. If no window can cross the end (constant rates that divide n_slots), mirror is 0 and nothing is
 * copied.
 */
struct pel_ring_reader {
	/* Written by the reader only. */
	alignas(64) _Atomic uint64_t head;
	_Atomic bool closed;	     /* it will never read again: tokens written for it are discarded */
	uint64_t tail_seen;	     /* its last view of tail: saves a cache miss per token */
	uint64_t slot;		     /* of head */
	_Atomic uint64_t high_water; /* the most tokens in it at once, as seen so far */
	/* Constant. */
	uint64_t capacity;
	uint64_t history;
};

struct pel_ring {
	/* Constant. */
	unsigned char *slots; /* borrowed */
	uint64_t n_slots, mirror;
	uint32_t token_bytes;
	uint32_t n_readers;
	struct pel_ring_reader *readers; /* borrowed */
	/* Written by the producer only. */
	alignas(64) _Atomic uint64_t tail;
	_Atomic bool ended; /* no token will follow */
	bool abandoned;	    /* every reader has closed */
	uint64_t limit;	    /* tail may grow up to here: the smallest head + capacity when last refreshed */
	uint64_t slot;	    /* of tail */
};

/*
 * Initialise `ring` over zeroed memory of (n_slots + mirror) * token_bytes at `slots`, for `n_readers`
 * readers whose capacity and history the caller has set. `n_slots` must be at least the largest capacity plus
 * the largest history, and at least mirror. The ring starts with `initial` tokens, copied from `values`
 * (NULL: zeros). [one thread]
 */
void pel_ring_init(struct pel_ring *ring, unsigned char *slots, uint64_t n_slots, uint64_t mirror,
		   uint32_t token_bytes, struct pel_ring_reader *readers, uint32_t n_readers,
		   uint64_t initial, const void *values);

/*
 * [producer] Read the readers' positions again and return the room: the number of tokens that may be written
 * now. UINT64_MAX / 2 when abandoned.
 */
uint64_t pel_ring_refresh_room(struct pel_ring *ring);

/* [producer] Update the mirror for the `n` tokens in the window at slot `from`. */
void pel_ring_copy_mirror(struct pel_ring *ring, uint64_t from, uint64_t n);

/* [producer] Check for room for `wanted` tokens. Returns the known room, which may be larger. */
static inline uint64_t pel_ring_room(struct pel_ring *ring, uint64_t wanted)
{
	uint64_t room = ring->limit - atomic_load_explicit(&ring->tail, memory_order_relaxed); /* I2: ours */

	return room >= wanted ? room : pel_ring_refresh_room(ring);
}

/* The slot `ahead` tokens (at most n_slots) after slot `from`. */
static inline uint64_t pel_ring_slot(const struct pel_ring *ring, uint64_t from, uint64_t ahead)
{
	uint64_t slot = from + ahead;

	if (__builtin_constant_p(ahead) && !ahead)
		return from;
	if (__builtin_expect(slot >= ring->n_slots, 0)) {
		slot -= ring->n_slots;
		/*
		 * Keep this a branch, which is rarely taken: with a conditional move each slot would depend
		 * on the one before.
		 */
		__asm__("" : "+r"(slot));
	}
	return slot;
}

/* [producer] The window that starts `ahead` tokens after the tail; *run receives how many contiguous tokens it has. */
static inline void *pel_ring_reserve(const struct pel_ring *ring, uint64_t ahead, uint64_t *run)
{
	uint64_t slot = pel_ring_slot(ring, ring->slot, ahead);

	*run = ring->n_slots + ring->mirror - slot;
	return ring->slots + slot * ring->token_bytes;
}

/* [producer] Hand the next `n` tokens to the readers. The caller has written them in one window at the tail. */
static inline void pel_ring_commit(struct pel_ring *ring, uint64_t n)
{
	uint64_t tail = atomic_load_explicit(&ring->tail, memory_order_relaxed); /* I2: ours */

	assert(n <= ring->n_slots && n <= ring->limit - tail);
	if (ring->mirror)
		pel_ring_copy_mirror(ring, ring->slot, n);
	ring->slot = pel_ring_slot(ring, ring->slot, n);
	/* P1: the tokens become visible before the new tail. Pairs with C1 in pel_ring_fill(). */
	atomic_store_explicit(&ring->tail, tail + n, memory_order_release);
}

/*
 * [producer] The same for tokens that are already in place in all rings and mirrors, in one window or in
 * several consecutive ones.
 */
static inline void pel_ring_advance(struct pel_ring *ring, uint64_t n)
{
	uint64_t tail = atomic_load_explicit(&ring->tail, memory_order_relaxed); /* I2: ours */

	assert(n <= ring->n_slots && n <= ring->limit - tail);
	ring->slot = pel_ring_slot(ring, ring->slot, n);
	atomic_store_explicit(&ring->tail, tail + n, memory_order_release); /* P1 */
}

/* [producer and all readers] Advance past `n` tokens that were never in the ring. The ring must be empty. */
void pel_ring_skip(struct pel_ring *ring, uint64_t n);

/* [producer] End the stream, after the last commit. */
static inline void pel_ring_end(struct pel_ring *ring)
{
	/* P2: pairs with C2 in pel_ring_ended(): a reader that sees the end also sees the last token. */
	atomic_store_explicit(&ring->ended, true, memory_order_release);
}

/* [reader] Check for `wanted` tokens. Returns the known number of tokens, which may be larger. */
static inline uint64_t pel_ring_fill(const struct pel_ring *ring, struct pel_ring_reader *reader,
				     uint64_t wanted)
{
	uint64_t head = atomic_load_explicit(&reader->head, memory_order_relaxed); /* I2: ours */

	if (reader->tail_seen - head < wanted) {
		uint64_t fill;

		/* C1: the tokens up to this tail are visible. Pairs with P1. */
		reader->tail_seen = atomic_load_explicit(&ring->tail, memory_order_acquire);
		fill = reader->tail_seen - head;
		if (fill > atomic_load_explicit(&reader->high_water, memory_order_relaxed))
			atomic_store_explicit(&reader->high_water, fill, memory_order_relaxed);
	}
	return reader->tail_seen - head;
}

/* [reader] True if the producer has ended. Then read the fill once more: it is now final. */
static inline bool pel_ring_ended(const struct pel_ring *ring)
{
	return atomic_load_explicit(&ring->ended, memory_order_acquire); /* C2: pairs with P2 */
}

/*
 * [reader] The window that starts `ahead` tokens after the head. The reader's history is just before it,
 * contiguous with it. *run receives how many contiguous tokens it has.
 */
static inline const void *pel_ring_peek(const struct pel_ring *ring, const struct pel_ring_reader *reader,
					uint64_t ahead, uint64_t *run)
{
	uint64_t slot = pel_ring_slot(ring, reader->slot, ahead);

	if (slot <
	    reader->history) /* the history starts at slot 0: use the copy at the end, where both are contiguous */
		slot += ring->n_slots;
	*run = ring->n_slots + ring->mirror - slot;
	return ring->slots + slot * ring->token_bytes;
}

/* [reader] Release the next `n` tokens to the producer. */
static inline void pel_ring_release(const struct pel_ring *ring, struct pel_ring_reader *reader, uint64_t n)
{
	uint64_t head = atomic_load_explicit(&reader->head, memory_order_relaxed); /* I2: ours */

	assert(n <= reader->tail_seen - head);
	reader->slot = pel_ring_slot(ring, reader->slot, n);
	/* C3: we have finished reading the slots. Pairs with P3 in pel_ring_refresh_room(). */
	atomic_store_explicit(&reader->head, head + n, memory_order_release);
}

/* [reader] Stop reading for good. */
static inline void pel_ring_close(struct pel_ring_reader *reader)
{
	atomic_store_explicit(&reader->closed, true, memory_order_release); /* C4: pairs with P3 */
}

#endif
