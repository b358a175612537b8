/* SPDX-License-Identifier: Apache-2.0 */
#include <boost/lockfree/spsc_queue.hpp>

#include "w1.h"

template <class T> struct ring {
	boost::lockfree::spsc_queue<T, boost::lockfree::capacity<W1_CAPACITY>> queue;
	alignas(128) T out[W1_BATCH];
	size_t from = 0, ready = 0; /* in out[] */
	alignas(128) T in[W1_BATCH];

	template <class F> size_t write(size_t n, F fill)
	{
		if (from == ready) {
			fill(out, n);
			from = 0;
			ready = n;
		}
		size_t went = n == 1 ? queue.push(out[from]) : queue.push(out + from, ready - from);

		from += went;
		return went;
	}
	template <class F> size_t read(size_t n, F take)
	{
		size_t got = n == 1 ? queue.pop(in[0]) : queue.pop(in, n);

		if (got)
			take(in, got);
		return got;
	}
};

const std::vector<workload> peer_workloads = W1_WORKLOADS(ring);
