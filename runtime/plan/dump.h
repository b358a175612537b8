/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_DUMP_H
#define PEL_DUMP_H

#include "compiler.h"
#include <stdio.h>

/* The plan as text, as it is after pass number `pass`. 0 or -EIO. */
int pel_plan_dump(const struct compiler *c, size_t pass, FILE *out);

#endif
