/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_CLI_EXIT_H
#define PEL_CLI_EXIT_H

#include <stdbool.h>

/* Distinguishes our own exit from one by a kernel. */

/* From now on kernels are called, so an exit of the process is not ours. */
void cli_work_begins(void);
/* From now on an exit is ours again. Returns the previous state: true if kernels were being called. */
bool cli_work_ends(void);
/* exit() for our own code. */
_Noreturn void cli_exit(int status);

#endif
