/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_INITIAL_H
#define PEL_INITIAL_H

#include "compiler.h"

/* Part of the pass "types": the values of the initial tokens of a channel. */
int pel_initial_values(struct compiler *c, uint32_t channel);

#endif
