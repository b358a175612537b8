/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_BO_POOL_H
#define PEL_BO_POOL_H

#include "process-model.h"

/*
 * XRT buffers for arguments. Making one costs more than an empty call, so they are pooled: by the pages they cover (user pointers) or by
 * their size (mapped), and by the memory group of the argument. Only one call at a time uses a buffer, except for constants.
 *
 * XRT 2.13 requires user pointers to be page-aligned. The argument is then a sub-buffer at the window's offset in its pages, and XRT copies
 * exactly the window.
 *
 * Functions return 0, or a negative errno with the reason in `text`. [feeder]; pel_bo_sync() and pel_bo_put_back(): [feeder, drainer]
 */

enum bo_kind { BO_USER, BO_MAPPED, BO_CONSTANT };

struct bo {
	struct bo *next; /* most recently used first */
	enum bo_kind kind;
	uint64_t offset, bytes; /* USER: pages. MAPPED: bytes. CONSTANT: the window */
	int group;
	uint32_t users;
	xrtBufferHandle handle, sub; /* sub NULL: the argument is the buffer itself */
	uint64_t sub_at, sub_bytes;
	void *map;	    /* MAPPED */
	struct bo *carrier; /* CONSTANT: the USER or MAPPED buffer that holds the data */
};

/* Take a buffer for `arg` in memory group `group`. If one was taken before a failure, *ret is still set, and the caller puts it back. */
int pel_bo_take(struct self *self, const struct pel_device_arg *arg, int group, struct bo **ret, char *text);
/* The same for a constant. Its data are on the device when this returns. */
int pel_bo_take_constant(struct self *self, const struct pel_device_arg *arg, int group, struct bo **ret,
			 char *text);
void pel_bo_put_back(struct bo *bo);
/* Copy the window of `arg`. */
int pel_bo_sync(struct self *self, struct bo *bo, const struct pel_device_arg *arg, bool to_device, char *text);
/* Write `what`, with XRT's last error message, to `text`. Returns the negative of the errno that XRT left. */
int pel_bo_refused(const struct self *self, char *text, const char *what);
/* [main] No call may be in flight. */
void pel_bo_pool_close(void);

#endif
