/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_INITIAL_H
#define PEL_INITIAL_H

#include "compiler.h"

/* Part of the pass "types": read the values of a channel's initial tokens. */
int pel_initial_values(struct compiler *c, uint32_t channel);

#endif
