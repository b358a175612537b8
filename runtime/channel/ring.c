/* SPDX-License-Identifier: Apache-2.0 */
#include "ring.h"

#include <string.h>

/* "Unlimited", but still safe to add to. */
#define ROOM_UNBOUNDED (UINT64_MAX / 2)

void pel_ring_init(struct pel_ring *ring, unsigned char *slots, uint64_t n_slots, uint64_t mirror,
		   uint32_t token_bytes, struct pel_ring_reader *readers, uint32_t n_readers,
		   uint64_t initial, const void *values)
{
	uint64_t history = 0;

	*ring = (struct pel_ring){ .slots = slots,
				   .n_slots = n_slots,
				   .mirror = mirror,
				   .token_bytes = token_bytes,
				   .n_readers = n_readers,
				   .readers = readers };
	for (uint32_t i = 0; i < n_readers; i++)
		if (readers[i].history > history)
			history = readers[i].history;
	assert(mirror <= n_slots);
	ring->slot = history % n_slots;
	for (uint32_t i = 0; i < n_readers; i++) {
		assert(readers[i].capacity + history <= n_slots && initial <= readers[i].capacity);
		readers[i].slot = ring->slot;
		atomic_init(&readers[i].head, 0);
		atomic_init(&readers[i].closed, false);
		atomic_init(&readers[i].high_water, initial);
		readers[i].tail_seen = 0;
	}
	atomic_init(&ring->tail, 0);
	atomic_init(&ring->ended, false);
	pel_ring_refresh_room(ring);
	for (uint64_t done = 0; done < initial;) { /* in pieces, because a window must not cross the end */
		uint64_t run, n = initial - done;
		void *window = pel_ring_reserve(ring, 0, &run);

		if (n > run)
			n = run;
		if (values)
			memcpy(window, (const unsigned char *)values + done * token_bytes, n * token_bytes);
		pel_ring_commit(ring, n);
		done += n;
	}
}

uint64_t pel_ring_refresh_room(struct pel_ring *ring)
{
	uint64_t tail = atomic_load_explicit(&ring->tail, memory_order_relaxed); /* I2: ours */
	uint64_t limit = UINT64_MAX;

	for (uint32_t i = 0; i < ring->n_readers; i++) {
		struct pel_ring_reader *reader = &ring->readers[i];
		uint64_t head;

		/* P3: the readers finished reading these slots before we write to them. Pairs with C3 and C4. */
		if (atomic_load_explicit(&reader->closed, memory_order_acquire))
			continue;
		head = atomic_load_explicit(&reader->head, memory_order_acquire);
		if (head + reader->capacity < limit)
			limit = head + reader->capacity;
	}
	ring->abandoned = limit == UINT64_MAX;
	ring->limit = ring->abandoned ? tail + ROOM_UNBOUNDED : limit;
	return ring->limit - tail;
}

void pel_ring_copy_mirror(struct pel_ring *ring, uint64_t from, uint64_t n)
{
	uint64_t token_bytes = ring->token_bytes, end = from + n;

	/* n <= n_slots, so the part that wraps never reaches back to `from`: the two copies do not overlap. */
	if (from < ring->mirror) {
		uint64_t last = end < ring->mirror ? end : ring->mirror;

		memcpy(ring->slots + (ring->n_slots + from) * token_bytes, ring->slots + from * token_bytes,
		       (last - from) * token_bytes);
	}
	if (end > ring->n_slots)
		memcpy(ring->slots, ring->slots + ring->n_slots * token_bytes,
		       (end - ring->n_slots) * token_bytes);
}

void pel_ring_skip(struct pel_ring *ring, uint64_t n)
{
	uint64_t tail = atomic_load_explicit(&ring->tail, memory_order_relaxed) + n;

	ring->slot = (ring->slot + n) % ring->n_slots;
	for (uint32_t i = 0; i < ring->n_readers; i++) {
		struct pel_ring_reader *reader = &ring->readers[i];

		if (atomic_load_explicit(&reader->closed, memory_order_relaxed))
			continue;
		reader->tail_seen = tail;
		reader->slot = ring->slot;
		atomic_store_explicit(&reader->head, tail, memory_order_relaxed);
	}
	atomic_store_explicit(&ring->tail, tail, memory_order_release);
	pel_ring_refresh_room(ring);
}
