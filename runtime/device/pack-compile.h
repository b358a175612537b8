/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_PACK_COMPILE_H
#define PEL_PACK_COMPILE_H

#include "pack-model.h"

/* Run the compiler: pack->kernels are found, and with their thunks in `library`. `first`: a path for a library on the way there. 0 or a negative errno, explained. */
int pel_pack_compile(struct pack *pack, const char *library, const char *first);

#endif
