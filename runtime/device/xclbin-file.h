/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_XCLBIN_FILE_H
#define PEL_XCLBIN_FILE_H

#include "xclbin-model.h"

/*
 * Read and check the xclbin at `path`; `place` is what messages point at where there is one (else they name the file alone).
 * 0 and *ret, to be released with pel_xclbin_destroy(); -EINVAL (explained: what is broken, and where in the file), -ENOENT, -EACCES, -ENOMEM.
 */
int pel_xclbin_load(const char *path, struct pel_place place, struct pel_xclbin **ret, struct pel_error *err);
/* The same of `size` bytes that are in memory; `path` is for messages. */
int pel_xclbin_parse(const char *path, const void *bytes, size_t size, struct pel_place place,
		     struct pel_xclbin **ret, struct pel_error *err);

#endif
