/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_PACK_WRITE_H
#define PEL_PACK_WRITE_H

#include "pack-model.h"

/* The xclbin of `library`. 0 or a negative errno, explained. */
int pel_pack_write(struct pack *pack, const char *library, const char *path);

#endif
