/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_GUARD_H
#define PEL_GUARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Memory between two inaccessible pages. */
struct pel_guard {
	unsigned char *pages; /* the first guard page */
	size_t bytes;	      /* between the guard pages */
	unsigned char *window;
	size_t window_bytes;
	uint64_t pattern; /* fills the memory around the window; 0: not filled */
};

/* Place a window of `bytes`, aligned to `align`, at the end of the memory, or with `random` anywhere in it. NULL: out of memory. */
void *pel_guard_place(struct pel_guard *guard, size_t bytes, size_t align, uint64_t *random);
/* Is the pattern around the window unchanged? */
bool pel_guard_intact(const struct pel_guard *guard);
void pel_guard_fini(struct pel_guard *guard);

#endif
