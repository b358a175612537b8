/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_WORKER_WINDOW_H
#define PEL_WORKER_WINDOW_H

#include "worker-map.h"

/*
 * The window of an argument as a kernel sees it: a copy that ends at an inaccessible page, or up to 63 bytes before it, so that addresses keep
 * the alignment that they have in the buffer. The unused rest of its first and last page is checked for writes.
 */
struct pel_emu_guarded {
	unsigned char *region; /* NULL: none */
	size_t region_bytes, pages;
	unsigned char *first, *end; /* of the accessible pages */
	unsigned char *start;	    /* of the window; NULL: this call has none */
	uint64_t bytes;
	unsigned char *original; /* the window in the mapped buffer */
	bool writes;
};

struct pel_emu_windows {
	struct pel_emu_guarded args[PEL_EMU_ARGS_MAX];
};

/*
 * Make `pointers` point to copies of the order's windows. A window that is written and overlaps another one is not copied. 0, or -1 and errno.
 */
int pel_emu_windows_take(struct pel_emu_windows *windows, const struct pel_emu_order *order,
			 unsigned char *pointers[PEL_EMU_ARGS_MAX]);
/* After a call: note in the slot any change before or after the windows, and copy written windows back to the buffers. */
void pel_emu_windows_give(struct pel_emu_windows *windows, const struct pel_emu_order *order,
			  struct pel_emu_slot *slot);

#endif
