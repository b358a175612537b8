/* SPDX-License-Identifier: Apache-2.0 */
#include "guard.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "random.h"

/*
 *   | guard page |  pattern  window  pattern  | guard page |
 *
 * If the window touches a guard page, an access beyond it is a fault. Otherwise a write outside the window changes the pattern, and a read
 * returns numbers that differ from run to run.
 */

static bool make_room(struct pel_guard *guard, size_t bytes)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE), size;
	void *memory;

	if (guard->pages && bytes <= guard->bytes)
		return true;
	pel_guard_fini(guard);
	size = (bytes + 2 * page) / page * page; /* more than needed, so that the window can be placed anywhere */
	memory = mmap(NULL, size + 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (memory == MAP_FAILED)
		return false;
	guard->pages = memory;
	guard->bytes = size;
	return mprotect(memory, page, PROT_NONE) == 0 &&
	       mprotect((unsigned char *)memory + page + size, page, PROT_NONE) == 0;
}

static unsigned char *data_of(const struct pel_guard *guard)
{
	return guard->pages + sysconf(_SC_PAGESIZE);
}

void *pel_guard_place(struct pel_guard *guard, size_t bytes, size_t align, uint64_t *random)
{
	size_t room, at;
	uint64_t pattern;

	if (!make_room(guard, bytes))
		return NULL;
	room = (guard->bytes - bytes) / align;
	at = room * align;
	if (random) {
		uint64_t choice = pel_random(random);

		if (choice % 4 == 1)
			at = 0;
		else if (choice % 4 == 2)
			at = pel_random(random) % (room + 1) * align;
		guard->pattern = pattern = pel_random(random) | 1;
		for (size_t i = 0; i < guard->bytes; i += sizeof(pattern))
			memcpy(data_of(guard) + i, &pattern, sizeof(pattern));
	}
	guard->window = data_of(guard) + at;
	guard->window_bytes = bytes;
	return guard->window;
}

bool pel_guard_intact(const struct pel_guard *guard)
{
	const unsigned char *data = data_of(guard), *pattern = (const unsigned char *)&guard->pattern;
	size_t before = (size_t)(guard->window - data);

	if (!guard->pattern)
		return true;
	for (size_t i = 0; i < before; i++)
		if (data[i] != pattern[i % sizeof(guard->pattern)])
			return false;
	for (size_t i = before + guard->window_bytes; i < guard->bytes; i++)
		if (data[i] != pattern[i % sizeof(guard->pattern)])
			return false;
	return true;
}

void pel_guard_fini(struct pel_guard *guard)
{
	if (guard->pages)
		munmap(guard->pages, guard->bytes + 2 * (size_t)sysconf(_SC_PAGESIZE));
	*guard = (struct pel_guard){ 0 };
}
