/* SPDX-License-Identifier: Apache-2.0 */
#include "cli.h"

static int run_draw(const struct cli_args *args)
{
	const char *path = cli_value(args, "--output");
	struct pel_plan *plan = NULL;
	int status;

	if (!path) {
		cli_error(CLI_USAGE, "'pelton draw' needs the file to write");
		cli_hint("usage: pelton draw GRAPH -o F.svg");
		return CLI_USAGE;
	}
	status = cli_picture_check(path);
	if (status == 0)
		status = cli_compile(args, NULL, &plan);
	if (status == 0)
		status = cli_picture_write(path, plan, NULL);
	pel_plan_destroy(plan);
	return status;
}

static const struct cli_option options_table[] = {
	{ "--output", "-o", "FILE", false, false, "write the picture here: .svg, .png, .pdf or .dot" },
	CLI_COMPILE_OPTIONS,
	{ 0 },
};

const struct cli_command cli_draw = { "draw",	     "GRAPH", 1, 1, "draw the graph and its plan",
				      options_table, run_draw };
