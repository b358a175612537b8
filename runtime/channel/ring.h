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
 * A bounded ring of tokens from one producer to one or more readers, each with a cursor and a capacity of its own.
 * Lock-free; it never blocks, allocates or logs. Both ends work in windows, in place: reserve, fill, commit; peek, use, release.
 *
 * Positions count tokens since the start of the stream and never wrap. Of the positions:
 *   I1  head[r] <= tail, and tail - head[r] <= capacity[r] while reader r is open
 *   I2  only the producer writes tail, only reader r writes head[r]
 *   I3  tokens in [head[r] - history[r], tail) are the readers' and do not change; all other slots are the producer's
 *
 * Slots. Position p lives in slot (p + history) % n_slots, where history is the largest of the readers', so that the (zero)
 * history of the first token lies before it. After the slots come `mirror` more, which repeat the first ones:
 *
 *      0        mirror                       n_slots      n_slots + mirror
 *      |..........|..............................|............|
 *       ^^^^^^^^^^  the same tokens as            ^^^^^^^^^^^^ these
 *
 * The producer keeps them equal when it commits. Hence a window of up to `mirror` tokens is contiguous wherever it starts, and no reader
 * ever writes. Where no window can straddle the end (constant rates that divide n_slots), mirror is 0 and nothing is copied.
 */
struct pel_ring_reader {
	/* Written by the reader only. */
	alignas(64) _Atomic uint64_t head;
	_Atomic bool closed;	     /* it will never read again: what is written for it is discarded */
	uint64_t tail_seen;	     /* its last view of tail: spares a cache miss a token */
	uint64_t slot;		     /* of head */
	_Atomic uint64_t high_water; /* the most tokens seen here at once */
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
	uint64_t limit;	    /* tail may grow to here: the least head + capacity at the last look */
	uint64_t slot;	    /* of tail */
};

/*
 * Prepare `ring` over zeroed memory of (n_slots + mirror) * token_bytes at `slots`, for `n_readers` readers whose capacity and history the
 * caller has set; `n_slots` is at least the largest capacity plus the largest history, and at least mirror. The first `initial` tokens are
 * there from the start, copied from `values` (NULL: zeros). [one thread]
 */
void pel_ring_init(struct pel_ring *ring, unsigned char *slots, uint64_t n_slots, uint64_t mirror,
		   uint32_t token_bytes, struct pel_ring_reader *readers, uint32_t n_readers,
		   uint64_t initial, const void *values);

/* [producer] Look at the readers again, and return the room: tokens that may be written now. UINT64_MAX / 2 when abandoned. */
uint64_t pel_ring_refresh_room(struct pel_ring *ring);

/* [producer] Keep the mirror equal to what it repeats, for the `n` tokens in the window at slot `from`. */
void pel_ring_copy_mirror(struct pel_ring *ring, uint64_t from, uint64_t n);

/* [producer] Is there room for `wanted` tokens? Returns the room known of, which may be larger. */
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
		/* Stay a branch, which is seldom taken: a choice would make each slot wait for the one before. */
		__asm__("" : "+r"(slot));
	}
	return slot;
}

/* [producer] The window that starts `ahead` tokens after the tail; *run is how many tokens it can hold in one piece. */
static inline void *pel_ring_reserve(const struct pel_ring *ring, uint64_t ahead, uint64_t *run)
{
	uint64_t slot = pel_ring_slot(ring, ring->slot, ahead);

	*run = ring->n_slots + ring->mirror - slot;
	return ring->slots + slot * ring->token_bytes;
}

/* [producer] Hand the next `n` tokens to the readers. They were written in one window at the tail. */
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

/* [producer] The same for tokens that are in their places already, all rings and mirrors included: in one window, or in several in a row. */
static inline void pel_ring_advance(struct pel_ring *ring, uint64_t n)
{
	uint64_t tail = atomic_load_explicit(&ring->tail, memory_order_relaxed); /* I2: ours */

	assert(n <= ring->n_slots && n <= ring->limit - tail);
	ring->slot = pel_ring_slot(ring, ring->slot, n);
	atomic_store_explicit(&ring->tail, tail + n, memory_order_release); /* P1 */
}

/* [producer and all readers] Let `n` tokens pass that were never in the ring, which is empty. */
void pel_ring_skip(struct pel_ring *ring, uint64_t n);

/* [producer] Nothing follows. After the last commit. */
static inline void pel_ring_end(struct pel_ring *ring)
{
	/* P2: pairs with C2 in pel_ring_ended(): who sees the end sees the last token. */
	atomic_store_explicit(&ring->ended, true, memory_order_release);
}

/* [reader] Are `wanted` tokens there? Returns the tokens known of, which may be more. */
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

/* [reader] Has the producer ended? If so, look at the fill once more: it is now final. */
static inline bool pel_ring_ended(const struct pel_ring *ring)
{
	return atomic_load_explicit(&ring->ended, memory_order_acquire); /* C2: pairs with P2 */
}

/*
 * [reader] The window that starts `ahead` tokens after the head; the reader's history lies just before it, in the same piece. *run is how
 * many tokens it holds in one piece.
 */
static inline const void *pel_ring_peek(const struct pel_ring *ring, const struct pel_ring_reader *reader,
					uint64_t ahead, uint64_t *run)
{
	uint64_t slot = pel_ring_slot(ring, reader->slot, ahead);

	if (slot <
	    reader->history) /* the piece starts with the history: take both from the end, where they are together */
		slot += ring->n_slots;
	*run = ring->n_slots + ring->mirror - slot;
	return ring->slots + slot * ring->token_bytes;
}

/* [reader] Give the next `n` tokens back to the producer. */
static inline void pel_ring_release(const struct pel_ring *ring, struct pel_ring_reader *reader, uint64_t n)
{
	uint64_t head = atomic_load_explicit(&reader->head, memory_order_relaxed); /* I2: ours */

	assert(n <= reader->tail_seen - head);
	reader->slot = pel_ring_slot(ring, reader->slot, n);
	/* C3: our reads of the slots are done. Pairs with P3 in pel_ring_refresh_room(). */
	atomic_store_explicit(&reader->head, head + n, memory_order_release);
}

/* [reader] Never read again. */
static inline void pel_ring_close(struct pel_ring_reader *reader)
{
	atomic_store_explicit(&reader->closed, true, memory_order_release); /* C4: pairs with P3 */
}

#endif
