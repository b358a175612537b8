/* SPDX-License-Identifier: Apache-2.0 */
#include "commands.h"

#include <pelton/pelton.h>
#include "cli-graph.h"
#include "messages.h"
#include "options.h"
#include "picture.h"
#include "signals.h"
#include "used-files.h"

static int run_draw(const struct cli_args *args)
{
	const char *path = cli_value(args, "--output");
	struct pel_analysis *analysis = NULL;
	struct pel_error err = { 0 };
	struct pel_plan *plan = NULL;
	int status, r;

	if (!path) {
		cli_error(CLI_USAGE, "'pelton draw' needs an output file");
		cli_hint("usage: pelton draw GRAPH -o FILE [OPTIONS]");
		return CLI_USAGE;
	}
	status = cli_picture_check(path);
	if (status == 0)
		status = cli_compile(args, NULL, &plan);
	if (status == 0)
		status = cli_check_output("--output", path, plan, cli_value(args, "--profile"));
	if (status == 0 && cli_has(args, "--analysis") &&
	    (r = pel_analyze_plan(plan, NULL, &analysis, &err)) < 0)
		status = cli_fail(&err, r);
	if (status == 0) {
		cli_catch_signals();
		status = cli_picture_write(path, plan, NULL, analysis);
	}
	pel_analysis_destroy(analysis);
	pel_error_fini(&err);
	pel_plan_destroy(plan);
	return status;
}

static const struct cli_option options_table[] = {
	{ "--output", "-o", "FILE", false, false, "write the picture here: .svg, .png, .pdf or .dot" },
	{ "--analysis", NULL, NULL, false, false,
	  "mark the bottleneck, and the channel whose capacity costs most" },
	CLI_COMPILE_OPTIONS,
	{ 0 },
};

const struct cli_command cli_draw = { "draw",	     "GRAPH -o FILE", 1, 1, "draw the graph and its plan",
				      options_table, run_draw };
