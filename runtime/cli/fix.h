/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_CLI_FIX_H
#define PEL_CLI_FIX_H

#include <pelton/plan.h>

/*
 * Write graph `path` to file `output`, repaired where a change of capacities or initial tokens frees it from deadlock (fix.c). Says each change on
 * stdout; an exit status, with what remains wrong said.
 */
int cli_fix(const char *path, const char *output, struct pel_compile_options options);

#endif
