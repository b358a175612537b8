/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_TUNE_H
#define PEL_TUNE_H

#include "compiler.h"

/* Part of the pass "size": raise chosen capacities that limit the throughput. 0 or -ENOMEM. */
int pel_capacities_tune(struct compiler *c);

#endif
