/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_PACK_WRITE_H
#define PEL_PACK_WRITE_H

#include "pack-model.h"

/* Write the xclbin that holds `library`. Returns 0, or a negative errno and explains. */
int pel_pack_write(struct pack *pack, const char *library, const char *path);

#endif
