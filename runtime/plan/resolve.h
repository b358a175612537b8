/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_RESOLVE_H
#define PEL_RESOLVE_H

#include "compiler.h"

/* Part of the pass "types": call resolve() of the kernels. */
int pel_kernels_resolve(struct compiler *c);

#endif
