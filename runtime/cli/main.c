/* SPDX-License-Identifier: Apache-2.0 */
#include "commands.h"

#include <fcntl.h>
#include <pelton/pelton.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>
#include "messages.h"
#include "options.h"
#include "stdout.h"
#include "work.h"

static const struct cli_command cli_help, cli_version;

static const struct cli_command *const commands[] = {
	&cli_check,  &cli_plan,	  &cli_analyze, &cli_run,    &cli_draw, &cli_kernels,
	&cli_import, &cli_xclbin, &cli_emulate, &cli_doctor, &cli_help, &cli_version,
};

#define N_COMMANDS (sizeof(commands) / sizeof(commands[0]))

static const struct cli_option no_options[] = { { 0 } };

/* The command called `name`; NULL: there is none, which has been reported. */
static const struct cli_command *find_command(const char *name)
{
	const char *names[N_COMMANDS + 1] = { 0 }, *nearest;

	for (size_t i = 0; i < N_COMMANDS; i++) {
		names[i] = commands[i]->name;
		if (strcmp(names[i], name) == 0)
			return commands[i];
	}
	nearest = cli_nearest(name, names);
	cli_error(CLI_USAGE, "unknown command '%s'", name);
	if (nearest)
		cli_hint("did you mean 'pelton %s'?", nearest);
	else
		cli_hint("'pelton help' lists the commands");
	return NULL;
}

static void print_commands(FILE *out)
{
	fputs("usage: pelton COMMAND [OPTIONS]\n\n", out);
	for (size_t i = 0; i < N_COMMANDS; i++)
		fprintf(out, "  %-8s %-9s  %s\n", commands[i]->name, commands[i]->operands,
			commands[i]->summary);
	fputs("\n'pelton help COMMAND' shows the options of a command. A GRAPH is an XML file, or - for standard input.\n"
	      "Exit status: 0 success, 1 the graph, the input or the run failed, 2 wrong usage, 3 the run stalled,\n"
	      "4 a device was lost during the run, 130 interrupted.\n",
	      out);
}

static int run_help(const struct cli_args *args)
{
	const struct cli_command *command;

	if (!args->n_operands) {
		print_commands(stdout);
		return CLI_OK;
	}
	command = find_command(args->operands[0]);
	if (!command)
		return CLI_USAGE;
	cli_print_help(command, stdout);
	return CLI_OK;
}

static int run_version(const struct cli_args *args)
{
	(void)args;
	puts("pelton " PEL_VERSION);
	return CLI_OK;
}

static const struct cli_command cli_help = {
	"help", "[COMMAND]", 0, 1, "describe a command and its options", no_options, run_help
};
static const struct cli_command cli_version = { "version",	     "",	 0,	     0,
						"print the version", no_options, run_version };

/*
 * Without this, if stdout were closed, the first file opened could become descriptor 1 and receive the
 * results. The replacement of a closed descriptor cannot be used in its direction, so using it is still an
 * error.
 */
static void hold_standard_descriptors(void)
{
	for (int fd = 0; fd <= 2; fd++)
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY) < 0)
			_exit(CLI_FAILED);
}

int main(int argc, char **argv)
{
	const struct cli_command *command;
	struct cli_args args;
	int status;

	hold_standard_descriptors();
	signal(SIGPIPE, SIG_IGN); /* a reader that has left gives EPIPE */
	signal(SIGXFSZ, SIG_IGN); /* and a file too large for `ulimit -f` gives EFBIG */
	if (argc < 2) {
		print_commands(stderr);
		return CLI_USAGE;
	}
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)
		command = &cli_help;
	else if (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "-V") == 0)
		command = &cli_version;
	else
		command = find_command(argv[1]);
	if (!command)
		return CLI_USAGE;
	status = cli_args_parse(&args, command, argc - 2, argv + 2);
	if (status == 0) {
		status = cli_work(command, &args);
	} else if (status < 0) {
		status = CLI_OK;
	}
	cli_args_fini(&args);
	return cli_finish(status);
}
