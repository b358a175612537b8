/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_XCLBIN_FILE_H
#define PEL_XCLBIN_FILE_H

#include "xclbin-model.h"

/*
 * Read and validate the xclbin at `path`. Messages point at `place`, or at the file if `place` is empty.
 * Returns 0 and sets *ret, to be released with pel_xclbin_destroy(). On failure returns -EINVAL (explained: what is invalid, and where),
 * -ENOENT, -EACCES or -ENOMEM.
 */
int pel_xclbin_load(const char *path, struct pel_place place, struct pel_xclbin **ret, struct pel_error *err);
/* The same for `size` bytes in memory; `path` is used in messages. */
int pel_xclbin_parse(const char *path, const void *bytes, size_t size, struct pel_place place,
		     struct pel_xclbin **ret, struct pel_error *err);

#endif
