/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_CLI_WORK_H
#define PEL_CLI_WORK_H

#include <pelton/error.h>
#include "options.h"

/*
 * Run `command`. If anything but our own code (such as a kernel) calls exit() or the like meanwhile, this is
 * reported, and the exit status is CLI_FAILED.
 */
int cli_work(const struct cli_command *command, const struct cli_args *args);

/*
 * Before such a call ends the process, `tell` is called on the thread that made it, with the error that was
 * reported. It has a few seconds. Other threads continue meanwhile.
 */
void cli_before_foreign_end(void (*tell)(void *context, const struct pel_error *why), void *context);

#endif
