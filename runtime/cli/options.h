/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_CLI_OPTIONS_H
#define PEL_CLI_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* Command lines. */

struct cli_option {
	const char *name;    /* "--set"; NULL terminates a list */
	const char *letter;  /* "-o", or NULL */
	const char *value;   /* name of its value in the help text; NULL: it has none */
	bool value_optional; /* only as --option=VALUE */
	bool repeated;	     /* may be given more than once */
	const char *help;
};

struct cli_args;

struct cli_command {
	const char *name;
	const char *operands; /* "GRAPH", "GRAPH...", "[NAME]" or ""; after a "PROGRAM" all words are operands */
	size_t min_operands, max_operands;
	const char *summary; /* one line */
	const struct cli_option *options;
	int (*run)(const struct cli_args *args); /* returns an exit status */
};

struct cli_given {
	const struct cli_option *option;
	const char *value; /* NULL: none was given */
};

/* A parsed command line. Borrows strings from argv. */
struct cli_args {
	const struct cli_command *command;
	struct cli_given *given; /* in order */
	size_t n_given;
	const char **operands;
	size_t n_operands;
};

/*
 * Parse the words after the command's name. Returns 0; CLI_USAGE after reporting the error; or -1: --help was
 * given and has been served.
 */
int cli_args_parse(struct cli_args *args, const struct cli_command *command, int argc, char **argv);
void cli_args_fini(struct cli_args *args);

bool cli_has(const struct cli_args *args, const char *option);
/* The value of an option; NULL: not given, or given without a value. */
const char *cli_value(const struct cli_args *args, const char *option);
/* The value of the `index`th occurrence of an option; NULL past the end. */
const char *cli_value_at(const struct cli_args *args, const char *option, size_t index);
/* The value as a number from `min` to `max`; `otherwise` if not given. False: error reported. */
bool cli_number(const struct cli_args *args, const char *option, unsigned min, unsigned max,
		unsigned otherwise, unsigned *ret);

/* The candidate nearest to `wanted`, or NULL if none is similar. NULL terminates `names`. */
const char *cli_nearest(const char *wanted, const char *const *names);

/* Print what `pelton help COMMAND` prints. */
void cli_print_help(const struct cli_command *command, FILE *out);

#endif
