/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_GUARD_H
#define PEL_GUARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Memory between pages that cannot be touched. */
struct pel_guard {
	unsigned char *pages; /* the first guard page */
	size_t bytes;	      /* between the guard pages */
	unsigned char *window;
	size_t window_bytes;
	uint64_t pattern; /* what the rest is filled with; 0: not filled */
};

/* A window of `bytes`, aligned to `align`; at the end of the memory, or with `random` anywhere in it. NULL: out of memory. */
void *pel_guard_place(struct pel_guard *guard, size_t bytes, size_t align, uint64_t *random);
/* Is everything around the window as it was filled? */
bool pel_guard_intact(const struct pel_guard *guard);
void pel_guard_fini(struct pel_guard *guard);

#endif
