/* SPDX-License-Identifier: Apache-2.0 */
#include "machine.h"

#include <errno.h>
#include <hwloc.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "cgroup.h"
#include "compiler.h"

#define CORES_MAX	65536
#define TEXT(macro)	TEXT_OF(macro)
#define TEXT_OF(number) #number

/* The machine to compile for: read from text, so that a plan does not depend on the machine that compiles it, or detected. */

#define L1_DEFAULT ((uint64_t)32 << 10)
#define L2_DEFAULT ((uint64_t)1 << 20)

/* ---- as text: cores=8,l1=32K,l2=1M,memory=16G ---- */

static int bad_machine(struct compiler *c, const char *item, size_t length, const char *what)
{
	pel_fail(c->err, -EINVAL, (struct pel_place){ 0 }, "machine: '%.*s' %s",
		 (int)(length > 80 ? 80 : length), item, what);
	pel_hint(c->err, "write it like cores=8,l1=32K,l2=1M,memory=16G");
	return -EINVAL;
}

/* Read all of text[0, length) as a number of bytes, with an optional K (1024), M or G. */
static bool read_size(const char *text, size_t length, uint64_t *ret)
{
	static const char units[] = "KMG";
	const char *unit;
	uint64_t value = 0;
	size_t i = 0;

	for (; i < length && text[i] >= '0' && text[i] <= '9'; i++)
		if (__builtin_mul_overflow(value, (uint64_t)10, &value) ||
		    __builtin_add_overflow(value, (uint64_t)(text[i] - '0'), &value))
			return false;
	if (!i)
		return false;
	if (i < length && (unit = strchr(units, text[i]))) {
		if (value >> (53 - 10 * (unit - units)))
			return false;
		value <<= 10 * (unit - units + 1);
		i++;
	}
	*ret = value;
	return i == length && value > 0;
}

static int read_item(struct compiler *c, const char *item, size_t length, struct pel_machine *machine)
{
	const char *equals = memchr(item, '=', length);
	size_t name = equals ? (size_t)(equals - item) : length;
	uint64_t value;

	if (!equals || !read_size(equals + 1, length - name - 1, &value))
		return bad_machine(c, item, length, "is not NAME=NUMBER");
	if (name == 5 && memcmp(item, "cores", 5) == 0) {
		if (strchr("KMG", item[length - 1]))
			return bad_machine(c, item, length, "has a unit, but only sizes may have one");
		if (value > CORES_MAX)
			return bad_machine(c, item, length, "is more than " TEXT(CORES_MAX) " cores");
		machine->cores = (uint32_t)value;
	} else if (name == 2 && memcmp(item, "l1", 2) == 0) {
		machine->l1_bytes = value;
	} else if (name == 2 && memcmp(item, "l2", 2) == 0) {
		machine->l2_bytes = value;
	} else if (name == 6 && memcmp(item, "memory", 6) == 0) {
		machine->memory_bytes = value;
	} else {
		return bad_machine(c, item, length, "is unknown");
	}
	return 0;
}

int pel_machine_parse(struct compiler *c, const char *text, struct pel_machine *ret)
{
	*ret = (struct pel_machine){ .cores = 1, .l1_bytes = L1_DEFAULT, .l2_bytes = L2_DEFAULT };
	for (;;) {
		size_t length = strcspn(text, ",");
		int r = read_item(c, text, length, ret);

		if (r < 0)
			return r;
		text += length;
		if (!*text++)
			return 0;
	}
}

/* ---- this one ---- */

static struct {
	uint64_t l1_bytes, l2_bytes;
} caches;

static uint64_t cache_bytes(hwloc_topology_t topology, hwloc_obj_type_t type, uint64_t otherwise)
{
	hwloc_obj_t cache = hwloc_get_obj_by_type(topology, type, 0);

	return cache && cache->attr->cache.size ? cache->attr->cache.size : otherwise;
}

bool pel_topology_known(void)
{
	return access("/sys/devices/system/cpu", R_OK | X_OK) == 0 ||
	       access("/sys/bus/cpu/devices", R_OK | X_OK) == 0;
}

/* Detect the caches only once: they do not change, and detecting them takes milliseconds. */
static void find_caches(void)
{
	hwloc_topology_t topology;

	caches.l1_bytes = L1_DEFAULT;
	caches.l2_bytes = L2_DEFAULT;
	if (!pel_topology_known() || hwloc_topology_init(&topology) != 0)
		return;
	hwloc_topology_set_io_types_filter(topology, HWLOC_TYPE_FILTER_KEEP_NONE);
	if (hwloc_topology_load(topology) == 0) {
		caches.l1_bytes = cache_bytes(topology, HWLOC_OBJ_L1CACHE, L1_DEFAULT);
		caches.l2_bytes = cache_bytes(topology, HWLOC_OBJ_L2CACHE, L2_DEFAULT);
	}
	hwloc_topology_destroy(topology);
}

/* The number of CPUs in this process's affinity mask, whatever size the kernel's masks have. */
static uint32_t affinity_cores(void)
{
	for (int cpus = 1024; cpus <= 1 << 20; cpus *= 2) {
		cpu_set_t *set = CPU_ALLOC((size_t)cpus);
		size_t bytes = CPU_ALLOC_SIZE((size_t)cpus);
		int count = 0, failed = -1;

		if (set && (failed = sched_getaffinity(0, bytes, set)) == 0)
			count = CPU_COUNT_S(bytes, set);
		CPU_FREE(set);
		if (!failed && count > 0)
			return (uint32_t)count;
		if (!set)
			break;
	}
	return 1;
}

void pel_machine_detect(struct pel_machine *ret)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	long pages = sysconf(_SC_PHYS_PAGES), page_bytes = sysconf(_SC_PAGESIZE);
	uint64_t cores = affinity_cores(), memory = UINT64_MAX;

	pthread_once(&once, find_caches);
	if (pages > 0 && page_bytes > 0)
		memory = (uint64_t)pages * (uint64_t)page_bytes;
	pel_cgroup_limits("", &cores, &memory);
	*ret = (struct pel_machine){ .cores = (uint32_t)cores,
				     .l1_bytes = caches.l1_bytes,
				     .l2_bytes = caches.l2_bytes,
				     .memory_bytes = memory };
}
