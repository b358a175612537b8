/* SPDX-License-Identifier: Apache-2.0 */
#include "pin.h"

#include <hwloc.h>
#include <sched.h>
#include "plan-model.h"

void pel_pin_choose(int *cpus, uint32_t n)
{
	hwloc_topology_t topology;
	hwloc_cpuset_t *sets;
	hwloc_obj_t root;

	for (uint32_t i = 0; i < n; i++)
		cpus[i] = -1;
	if (!pel_topology_known() || hwloc_topology_init(&topology) < 0)
		return;
	sets = pel_calloc(n, sizeof(*sets));
	if (sets && hwloc_topology_load(topology) == 0) {
		root = hwloc_get_root_obj(topology);
		if (hwloc_distrib(topology, &root, 1, sets, n, INT_MAX, 0) == 0)
			for (uint32_t i = 0; i < n; i++) {
				hwloc_bitmap_singlify(sets[i]);
				cpus[i] = hwloc_bitmap_first(sets[i]);
				hwloc_bitmap_free(sets[i]);
			}
	}
	pel_free(sets);
	hwloc_topology_destroy(topology);
}

void pel_pin_thread(pthread_t thread, int cpu)
{
	cpu_set_t set;

	if (cpu < 0 || cpu >= CPU_SETSIZE)
		return;
	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	pthread_setaffinity_np(thread, sizeof(set), &set);
}
