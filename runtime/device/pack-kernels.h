/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_PACK_KERNELS_H
#define PEL_PACK_KERNELS_H

#include "pack-model.h"

/* Find the kernels in `library`; write the thunks that call them. Both return 0, or a negative errno and explain. */
int pel_pack_find_kernels(struct pack *pack, const char *library);
int pel_pack_write_thunks(struct pack *pack, const char *path);

#endif
