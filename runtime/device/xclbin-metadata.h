/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_XCLBIN_METADATA_H
#define PEL_XCLBIN_METADATA_H

#include "xclbin-model.h"

/*
 * Within the folder only: the kernels that the embedded metadata of an xclbin tells of, into xclbin->kernels. `file` is what messages
 * name. 0, -EINVAL (explained), -ENOMEM (explained).
 */
int pel_xclbin_read_metadata(struct pel_xclbin *xclbin, const char *file, const char *text, size_t bytes,
			     struct pel_error *err);

#endif
