/* SPDX-License-Identifier: Apache-2.0 */
#include "worker-map.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "memory.h"

/* Sizes of the guards before and after each buffer: the first one that fits the address space is used. */
static const size_t guards[] = { (size_t)1 << 30, (size_t)64 << 20, (size_t)1 << 20, (size_t)64 << 10 };

struct pel_emu_view *pel_emu_views_find(const struct pel_emu_views *views, uint64_t serial)
{
	for (size_t i = 0; i < views->count; i++)
		if (views->items[i].serial == serial)
			return &views->items[i];
	return NULL;
}

static int map_view(struct pel_emu_view *view, int fd)
{
	size_t bytes = (size_t)pel_emu_round_up(view->bytes);

	for (size_t i = 0; i < sizeof(guards) / sizeof(guards[0]); i++) {
		view->region_bytes = bytes + 2 * guards[i];
		view->region = mmap(NULL, view->region_bytes, PROT_NONE,
				    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
		if (view->region == MAP_FAILED)
			continue;
		view->memory = view->region + guards[i];
		if (mmap(view->memory, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd, 0) !=
		    MAP_FAILED)
			return 0;
		munmap(view->region, view->region_bytes);
		return -1;
	}
	return -1;
}

static int add_view(struct pel_emu_views *views, const struct pel_emu_order_map *map, int fd)
{
	struct pel_emu_view view = { .serial = map->serial,
				     .bytes = map->bytes,
				     .check_slack = map->check_slack };

	if (pel_grow(&views->items, &views->capacity, views->count + 1, sizeof(view)) < 0) {
		errno = ENOMEM;
		return -1;
	}
	if (map_view(&view, fd) < 0)
		return -1;
	views->items[views->count++] = view;
	return 0;
}

int pel_emu_views_take(struct pel_emu_views *views, const struct pel_emu_order *order, const int *fds,
		       size_t n_fds, unsigned char *pointers[PEL_EMU_ARGS_MAX])
{
	int r = n_fds == order->n_maps ? 0 : -1;

	errno = EMFILE; /* if fewer descriptors arrive than were sent, this process has reached its limit */
	for (size_t i = 0; i < n_fds; i++) {
		if (r == 0)
			r = add_view(views, &order->maps[i], fds[i]);
		close(fds[i]);
	}
	for (uint32_t i = 0; i < order->n_args && r == 0; i++) {
		const struct pel_emu_view *view =
			order->args[i].serial ? pel_emu_views_find(views, order->args[i].serial) : NULL;

		pointers[i] = view ? view->memory + order->args[i].offset : NULL;
	}
	return r;
}

void pel_emu_views_drop(struct pel_emu_views *views, uint64_t serial)
{
	struct pel_emu_view *view = pel_emu_views_find(views, serial);

	if (!view)
		return;
	munmap(view->region, view->region_bytes);
	*view = views->items[--views->count];
}

/* Count the bytes after the buffer that have changed, and restore them. */
static size_t restore_slack(const struct pel_emu_view *view)
{
	unsigned char *slack = view->memory + view->bytes;
	size_t bytes = (size_t)(pel_emu_round_up(view->bytes) - view->bytes), changed = 0;

	for (size_t i = 0; i < bytes; i++)
		if (slack[i] != PEL_EMU_CANARY) {
			slack[i] = PEL_EMU_CANARY;
			changed++;
		}
	return changed;
}

void pel_emu_views_check(struct pel_emu_views *views, const struct pel_emu_order *order,
			 struct pel_emu_slot *slot)
{
	for (uint32_t i = 0; i < order->n_args; i++) {
		const struct pel_emu_view *view =
			order->args[i].serial ? pel_emu_views_find(views, order->args[i].serial) : NULL;
		size_t changed = view && view->check_slack ? restore_slack(view) : 0;

		if (!changed || atomic_load_explicit(&slot->damage, memory_order_relaxed))
			continue;
		slot->arg = i;
		slot->distance = changed;
		atomic_store_explicit(&slot->damage, PEL_EMU_DAMAGE_SLACK, memory_order_relaxed);
	}
}
