/* SPDX-License-Identifier: Apache-2.0 */
#include <rte_eal.h>
#include <rte_ring.h>
#include <rte_ring_elem.h>
#include <rte_ring_peek_zc.h>

#include "w1.h"

/* PEER_ZERO_COPY: reserve, fill in place, publish; else a copy on either side. */

static void start_dpdk()
{
	static bool started;
	char arguments[][32] = { "peer-dpdk", "--no-huge", "--no-shconf",	"--no-pci", "--no-telemetry",
				 "-m",	      "256",	   "--log-level=error", "--lcores" };
	char lcores[64], *argv[16];
	int n = 0;

	if (started)
		return;
	started = true;
	for (auto &argument : arguments)
		argv[n++] = argument;
	snprintf(lcores, sizeof(lcores), "0@(%d,%d)", peer_cpu[0], peer_cpu[1]);
	argv[n++] = lcores;
	argv[n] = NULL;
	if (rte_eal_init(n, argv) < 0)
		die("rte_eal_init failed");
}

template <class T> struct ring {
	rte_ring *queue;

	ring()
	{
		static int number;
		char name[16];

		start_dpdk();
		snprintf(name, sizeof(name), "ring%d", number++);
		/* It holds a token less than it has slots. */
		queue = rte_ring_create_elem(name, sizeof(T), W1_CAPACITY, SOCKET_ID_ANY,
					     RING_F_SP_ENQ | RING_F_SC_DEQ);
		if (!queue)
			die("rte_ring_create_elem failed");
	}
	~ring()
	{
		rte_ring_free(queue);
	}

#ifdef PEER_ZERO_COPY
	template <class F> size_t write(size_t n, F fill)
	{
		rte_ring_zc_data zc;

		n = rte_ring_enqueue_zc_burst_elem_start(queue, sizeof(T), (unsigned)n, &zc, NULL);
		if (!n)
			return 0;
		fill((T *)zc.ptr1, zc.n1);
		if (zc.n1 < n)
			fill((T *)zc.ptr2, n - zc.n1);
		rte_ring_enqueue_zc_elem_finish(queue, (unsigned)n);
		return n;
	}
	template <class F> size_t read(size_t n, F take)
	{
		rte_ring_zc_data zc;

		n = rte_ring_dequeue_zc_burst_elem_start(queue, sizeof(T), (unsigned)n, &zc, NULL);
		if (!n)
			return 0;
		take((const T *)zc.ptr1, zc.n1);
		if (zc.n1 < n)
			take((const T *)zc.ptr2, n - zc.n1);
		rte_ring_dequeue_zc_elem_finish(queue, (unsigned)n);
		return n;
	}
#else
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
		size_t went = rte_ring_sp_enqueue_burst_elem(queue, out + from, sizeof(T),
							     (unsigned)(ready - from), NULL);

		from += went;
		return went;
	}
	template <class F> size_t read(size_t n, F take)
	{
		size_t got = rte_ring_sc_dequeue_burst_elem(queue, in, sizeof(T), (unsigned)n, NULL);

		if (got)
			take(in, got);
		return got;
	}
#endif
};

const std::vector<workload> peer_workloads = W1_WORKLOADS(ring);
