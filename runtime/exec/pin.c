/* SPDX-License-Identifier: Apache-2.0 */
#include "exec.h"

#include <hwloc.h>
#include <sched.h>

/*
 * Spread the workers over the cores that this process may use: a core each before a second thread of any, neighbours in the cache
 * hierarchy next to each other. Without a topology, workers stay unbound: pinning is a wish.
 */
void pin_choose(struct pel_run *run)
{
	hwloc_topology_t topology;
	hwloc_cpuset_t *sets;
	hwloc_obj_t root;

	if (!pel_topology_known() || hwloc_topology_init(&topology) < 0)
		return;
	sets = pel_calloc(run->n_workers, sizeof(*sets));
	if (sets && hwloc_topology_load(topology) == 0) {
		root = hwloc_get_root_obj(topology);
		if (hwloc_distrib(topology, &root, 1, sets, run->n_workers, INT_MAX, 0) == 0)
			for (uint32_t i = 0; i < run->n_workers; i++) {
				hwloc_bitmap_singlify(sets[i]);
				run->workers[i].cpu = hwloc_bitmap_first(sets[i]);
				hwloc_bitmap_free(sets[i]);
			}
	}
	pel_free(sets);
	hwloc_topology_destroy(topology);
}

void pin_thread(pthread_t thread, int cpu)
{
	cpu_set_t set;

	if (cpu < 0 || cpu >= CPU_SETSIZE)
		return;
	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	pthread_setaffinity_np(thread, sizeof(set), &set);
}
