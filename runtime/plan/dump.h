/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_DUMP_H
#define PEL_DUMP_H

#include <stdio.h>
#include "passes.h"

/* Write the plan as text, as it is after `pass`, whose name is `name`. Returns 0, or -EIO and explains. */
int pel_plan_dump(const struct compiler *c, enum pel_pass pass, const char *name, FILE *out);

#endif
