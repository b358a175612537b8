/* SPDX-License-Identifier: Apache-2.0 */
#include "commands.h"

#include <errno.h>
#include <pelton/pelton.h>
#include "messages.h"
#include "options.h"
#include "stdout.h"

static int run_kernels(const struct cli_args *args)
{
	const char *name = args->n_operands ? args->operands[0] : NULL;
	enum pel_kernels_format format = PEL_KERNELS_TEXT;
	struct pel_error err = { 0 };
	int r;

	if (cli_has(args, "--json") && cli_has(args, "--markdown"))
		return cli_error(CLI_USAGE, "options '--json' and '--markdown' cannot be used together");
	if (cli_has(args, "--json"))
		format = PEL_KERNELS_JSON;
	else if (cli_has(args, "--markdown"))
		format = PEL_KERNELS_MARKDOWN;
	r = pel_kernels_write(name, NULL, format, stdout, &err);
	if (r == -ENOENT || r == -ENOMEM)
		return cli_fail(&err, r);
	cli_wrote(r);
	cli_warn(&err); /* modules that cannot be loaded */
	return CLI_OK;
}

static const struct cli_option options_table[] = {
	{ "--json", NULL, NULL, false, false, "write one JSON object: {kernels[]}" },
	{ "--markdown", NULL, NULL, false, false, "write the page of the manual" },
	{ 0 },
};

const struct cli_command cli_kernels = { "kernels",	"[NAME]",   0, 1, "list the kernels, or describe one",
					 options_table, run_kernels };
