/* SPDX-License-Identifier: Apache-2.0 */
#include <atomic>

#include "w1.h"

/*
 * What a person would write by hand: a ring of one writer and one reader whose indices have a cache line each, who
 * remember how far they saw the other, and who write and read in place.
 */
template <class T> struct ring {
	alignas(128) std::atomic<uint64_t> written{ 0 };
	uint64_t read_seen = 0;
	alignas(128) std::atomic<uint64_t> done{ 0 };
	uint64_t written_seen = 0;
	alignas(4096) T slots[W1_CAPACITY] = {};

	template <class F> size_t write(size_t n, F fill)
	{
		uint64_t at = written.load(std::memory_order_relaxed), room = W1_CAPACITY - (at - read_seen);
		size_t slot = at % W1_CAPACITY;

		if (room < n) {
			read_seen = done.load(std::memory_order_acquire);
			room = W1_CAPACITY - (at - read_seen);
		}
		n = std::min<size_t>({ n, room, W1_CAPACITY - slot });
		if (!n)
			return 0;
		fill(slots + slot, n);
		written.store(at + n, std::memory_order_release);
		return n;
	}
	template <class F> size_t read(size_t n, F take)
	{
		uint64_t at = done.load(std::memory_order_relaxed), there = written_seen - at;
		size_t slot = at % W1_CAPACITY;

		if (there < n) {
			written_seen = written.load(std::memory_order_acquire);
			there = written_seen - at;
		}
		n = std::min<size_t>({ n, there, W1_CAPACITY - slot });
		if (!n)
			return 0;
		take(slots + slot, n);
		done.store(at + n, std::memory_order_release);
		return n;
	}
};

const std::vector<workload> peer_workloads = W1_WORKLOADS(ring);
