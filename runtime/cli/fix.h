/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_CLI_FIX_H
#define PEL_CLI_FIX_H

#include <pelton/plan.h>

/*
 * Write graph `path` to file `output`, repaired by changing capacities or initial tokens if that frees it
 * from deadlock (fix.c). Prints each change on stdout. Returns an exit status, after reporting the remaining
 * errors.
 */
int cli_fix(const char *path, const char *output, struct pel_compile_options options);

#endif
