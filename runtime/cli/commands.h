/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_CLI_COMMANDS_H
#define PEL_CLI_COMMANDS_H

#include "options.h"

/* The subcommands. */

extern const struct cli_command cli_check, cli_plan, cli_analyze, cli_run, cli_draw, cli_kernels, cli_xclbin,
	cli_emulate, cli_doctor, cli_import;

#endif
