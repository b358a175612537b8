/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_WORKER_MAP_H
#define PEL_WORKER_MAP_H

#include "worker-protocol.h"

/* A worker's mapping of a buffer, between guards that can be neither read nor written. */
struct pel_emu_view {
	uint64_t serial, bytes;
	unsigned char *memory, *region; /* the region is the memory and its guards */
	size_t region_bytes;
	bool check_slack;
};

struct pel_emu_views {
	struct pel_emu_view *items;
	size_t count, capacity;
};

struct pel_emu_view *pel_emu_views_find(const struct pel_emu_views *views, uint64_t serial);
/* Map the buffers of an order, close their descriptors, and set the arguments in `pointers`. 0, or -1 and errno. */
int pel_emu_views_take(struct pel_emu_views *views, const struct pel_emu_order *order, const int *fds,
		       size_t n_fds, unsigned char *pointers[PEL_EMU_ARGS_MAX]);
void pel_emu_views_drop(struct pel_emu_views *views, uint64_t serial);
/* After a call: check the bytes after the buffers of its arguments. Notes a change in the slot, and restores the bytes. */
void pel_emu_views_check(struct pel_emu_views *views, const struct pel_emu_order *order,
			 struct pel_emu_slot *slot);

#endif
