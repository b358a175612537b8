/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_BO_POOL_H
#define PEL_BO_POOL_H

#include "process-model.h"

/*
 * Buffers of XRT's for arguments. Making one costs more than an empty call, so they are kept: by the pages they lie over
 * (user pointers) or by their size (mapped), and by the memory that the argument is in. One call at a time uses a buffer, but for constants.
 *
 * XRT 2.13 wants user pointers aligned to pages; the argument is then a sub-buffer at the window's place in its pages, and XRT brings and
 * fetches exactly the window.
 *
 * Functions return 0 or a negative errno, explained in `text`. [feeder]; pel_bo_sync() and pel_bo_put_back(): [feeder, drainer]
 */

enum bo_kind { BO_USER, BO_MAPPED, BO_CONSTANT };

struct bo {
	struct bo *next; /* the most recently used first */
	enum bo_kind kind;
	uint64_t offset, bytes; /* USER: pages. MAPPED: bytes. CONSTANT: the window */
	int group;
	uint32_t users;
	xrtBufferHandle handle, sub; /* sub NULL: the argument is the buffer itself */
	uint64_t sub_at, sub_bytes;
	void *map;	    /* MAPPED */
	struct bo *carrier; /* CONSTANT: the buffer that it is in, USER or MAPPED */
};

/* A buffer for `arg` in memory group `group`. It is in *ret also after a failure, if it was taken. */
int pel_bo_take(struct self *self, const struct pel_device_arg *arg, int group, struct bo **ret, char *text);
/* The same for a constant, with its data on the device. */
int pel_bo_take_constant(struct self *self, const struct pel_device_arg *arg, int group, struct bo **ret,
			 char *text);
void pel_bo_put_back(struct bo *bo);
/* Copy the window of `arg`. */
int pel_bo_sync(struct self *self, struct bo *bo, const struct pel_device_arg *arg, bool to_device, char *text);
/* XRT has refused `what`: with its words. Returns the errno that it left, negative. */
int pel_bo_refused(const struct self *self, char *text, const char *what);
/* [main] No call is on its way. */
void pel_bo_pool_close(void);

#endif
