/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_CLI_GRAPH_H
#define PEL_CLI_GRAPH_H

#include <pelton/pelton.h>
#include "options.h"

/* Options of every command that compiles a graph. */
#define CLI_COMPILE_OPTIONS                                                                                   \
	{ "--set", NULL, "NAME=VALUE", false, true, "give parameter NAME of the graph a value" },             \
		{ "--place", NULL, "ACTOR=WHERE",                                                             \
		  false,     true, "place ACTOR: cpu, cpu:K, fpga, fpga:DEVICE, fpga:DEVICE/CU, auto" },      \
		{ "--map", NULL, "FILE", false, false, "place actors as this map document says" },            \
		{ "--profile", NULL,  "FILE",                                                                 \
		  false,       false, "what firings cost, as a run has measured it; `run` writes it anew" },  \
		{ "--machine", NULL, "WHAT", false, false, "compile for this machine: cores=8,l2=1M" },       \
	{                                                                                                     \
		"--workers", NULL, "N", false, false, "CPU workers; default: one a core this process may use" \
	}

/* Fill `options` from the command line; the lists are released with cli_compile_fini(). 0 or CLI_USAGE. */
int cli_compile_options(const struct cli_args *args, struct pel_compile_options *options);
void cli_compile_fini(struct pel_compile_options *options);
/* All of file `path`, "-" being standard input, to be freed. NULL: it cannot be read, or is too long, which has been said. */
char *cli_read(const char *path, size_t *size);
/* Load the graph in `path`, "-" being standard input. As pel_graph_load(). */
int cli_load(const char *path, struct pel_graph **ret, struct pel_error *err);
/* Both steps for the command's first operand. 0 and *plan, or an exit status with the reason said. */
int cli_compile(const struct cli_args *args, char **name, struct pel_plan **plan);

#endif
