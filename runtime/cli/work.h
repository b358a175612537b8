/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_CLI_WORK_H
#define PEL_CLI_WORK_H

#include "options.h"

/* Run `command`. Meanwhile a call of exit() and the like by anybody but us (kernels are foreign code) is reported, and the status is CLI_FAILED. */
int cli_work(const struct cli_command *command, const struct cli_args *args);

#endif
