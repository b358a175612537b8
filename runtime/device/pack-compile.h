/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_PACK_COMPILE_H
#define PEL_PACK_COMPILE_H

#include "pack-model.h"

/*
 * Compile the sources, find pack->kernels, and link them with their thunks into `library`. `first` is a path for an intermediate library.
 * Returns 0, or a negative errno and explains.
 */
int pel_pack_compile(struct pack *pack, const char *library, const char *first);

#endif
