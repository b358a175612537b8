/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_XCLBIN_METADATA_H
#define PEL_XCLBIN_METADATA_H

#include "xclbin-model.h"

/*
 * For this folder only: read the kernels from the embedded metadata into xclbin->kernels. Messages name `file`. Returns 0, or -EINVAL or
 * -ENOMEM and explains.
 */
int pel_xclbin_read_metadata(struct pel_xclbin *xclbin, const char *file, const char *text, size_t bytes,
			     struct pel_error *err);

#endif
