/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_CLI_WORK_H
#define PEL_CLI_WORK_H

#include <pelton/error.h>
#include "options.h"

/* Run `command`. Meanwhile a call of exit() and the like by anybody but us (kernels are foreign code) is reported, and the status is CLI_FAILED. */
int cli_work(const struct cli_command *command, const struct cli_args *args);

/*
 * Before such a call ends the process, `tell` is called, by the thread that made it, with what has been said; it has some seconds. Meanwhile other
 * threads go on.
 */
void cli_before_foreign_end(void (*tell)(void *context, const struct pel_error *why), void *context);

#endif
