/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_WORKER_WINDOW_H
#define PEL_WORKER_WINDOW_H

#include "worker-map.h"

/*
 * The window of an argument as a kernel sees it: a copy that ends where a page ends that cannot be touched, up to 63 bytes before that, so that
 * addresses are aligned as they are in the buffer. What is left of its first and last page is watched for writes.
 */
struct pel_emu_guarded {
	unsigned char *region; /* NULL: none */
	size_t region_bytes, pages;
	unsigned char *first, *end; /* of what can be touched */
	unsigned char *start;	    /* of the window; NULL: this call has none */
	uint64_t bytes;
	unsigned char *original; /* in the buffer's view */
	bool writes;
};

struct pel_emu_windows {
	struct pel_emu_guarded args[PEL_EMU_ARGS_MAX];
};

/*
 * Let `pointers` lead to copies of the windows that the order tells of. A window that is written and overlaps another one stays where it is. 0, or -1 and
 * errno.
 */
int pel_emu_windows_take(struct pel_emu_windows *windows, const struct pel_emu_order *order,
			 unsigned char *pointers[PEL_EMU_ARGS_MAX]);
/* After a call: note in the slot what has changed beside the windows, and put back what was written. */
void pel_emu_windows_give(struct pel_emu_windows *windows, const struct pel_emu_order *order,
			  struct pel_emu_slot *slot);

#endif
