/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_XCLBIN_METADATA_H
#define PEL_XCLBIN_METADATA_H

#include "xclbin-file.h"

/*
 * Within the folder only: the kernels that the embedded metadata of an xclbin tells of, into xclbin->kernels. `file` is what messages
 * name. 0, -EINVAL (explained), -ENOMEM (explained).
 */
int pel_xclbin_read_metadata(struct pel_xclbin *xclbin, const char *file, const char *text, size_t bytes,
			     struct pel_error *err);

/* What the name of a C type tells: bytes of a scalar, or of what a pointer points at; 0: not known. */
uint32_t pel_xclbin_type_bytes(const char *type, bool *is_float);

#endif
