/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_DUMP_H
#define PEL_DUMP_H

#include <stdio.h>
#include "passes.h"

/* The plan as text, as it is after `pass`, which is called `name`. 0 or -EIO, explained. */
int pel_plan_dump(const struct compiler *c, enum pel_pass pass, const char *name, FILE *out);

#endif
