/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_IMPLEMENTATION_H
#define PEL_IMPLEMENTATION_H

#include "compiler.h"

/* Set actor->fpga of an actor that is placed on a device. */
int pel_implementation_make(struct compiler *c, uint32_t index);

#endif
