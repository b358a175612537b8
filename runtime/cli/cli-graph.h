/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_CLI_GRAPH_H
#define PEL_CLI_GRAPH_H

#include <pelton/pelton.h>
#include "options.h"

/* The options of every command that compiles a graph. */
#define CLI_COMPILE_OPTIONS                                                                                     \
	{ "--set", NULL, "NAME=VALUE", false, true, "set parameter NAME of the graph" },                        \
		{ "--place", NULL, "ACTOR=WHERE",                                                               \
		  false,     true, "place ACTOR: cpu, cpu:K, fpga, fpga:DEVICE, fpga:DEVICE/CU, auto" },        \
		{ "--map", NULL, "FILE", false, false, "place actors as in this map document" },                \
		{ "--profile", NULL,  "FILE",                                                                   \
		  false,       false, "cost of firings, from an earlier run; `run` rewrites it" },              \
		{ "--machine", NULL, "WHAT", false, false, "compile for this machine: cores=8,l2=1M" },         \
	{                                                                                                       \
		"--workers", NULL, "N", false, false, "CPU workers; default: one per core this process may use" \
	}

/* Fill in `options` from the command line; release the lists with cli_compile_fini(). Returns 0 or CLI_USAGE. */
int cli_compile_options(const struct cli_args *args, struct pel_compile_options *options);
void cli_compile_fini(struct pel_compile_options *options);
/* Read all of the file `path` ("-": standard input), to be freed. NULL: it cannot be read, or is too long; reported. */
char *cli_read(const char *path, size_t *size);
/* Load the graph in `path` ("-": standard input). As pel_graph_load(). */
int cli_load(const char *path, struct pel_graph **ret, struct pel_error *err);
/* Load and compile the command's first operand. Returns 0 and sets *plan, or an exit status after reporting the error. */
int cli_compile(const struct cli_args *args, char **name, struct pel_plan **plan);

#endif
