/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_COST_H
#define PEL_COST_H

#include "compiler.h"

/* Part of the pass "fuse": sets c->cost. */
int pel_costs_find(struct compiler *c);

#endif
