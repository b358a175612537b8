/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_CLI_EXIT_H
#define PEL_CLI_EXIT_H

#include <stdbool.h>

/* Who ends the program. */

/* From here on the end of the process is not our own: kernels are being called. */
void cli_work_begins(void);
/* From here on it is our own again. Returns whether it was not. */
bool cli_work_ends(void);
/* exit() for our own code: end with `status`. */
_Noreturn void cli_exit(int status);

#endif
