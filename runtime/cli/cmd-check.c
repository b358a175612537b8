/* SPDX-License-Identifier: Apache-2.0 */
#include "commands.h"

#include <pelton/pelton.h>
#include "cli-graph.h"
#include "fix.h"
#include "messages.h"
#include "options.h"
#include "save.h"
#include "signals.h"
#include "stdout.h"

/* Compile the graph to find all errors, and discard the plan. */
static int check_graph(const char *path, const struct pel_compile_options *options, struct pel_error *err)
{
	struct pel_graph *graph = NULL;
	struct pel_plan *plan = NULL;
	int r = cli_load(path, &graph, err);

	if (r == 0)
		r = pel_compile(graph, options, &plan, err);
	if (r == 0) {
		cli_catch_signals();
		r = pel_plan_check_devices(plan, cli_cancel(), err);
	}
	pel_plan_destroy(plan);
	pel_graph_destroy(graph);
	return r;
}

static int run_fix(const struct cli_args *args)
{
	struct pel_compile_options options;
	int status = cli_compile_options(args, &options);

	if (!status && cli_has(args, "--json"))
		status = cli_error(CLI_USAGE, "options '--fix' and '--json' cannot be used together");
	else if (!status && args->n_operands != 1)
		status = cli_error(CLI_USAGE, "option '--fix' takes one GRAPH, not %zu", args->n_operands);
	if (!status)
		status = cli_save_check(cli_value(args, "--fix"));
	if (!status)
		status = cli_fix(args->operands[0], cli_value(args, "--fix"), options);
	cli_compile_fini(&options);
	return status;
}

static int run_check(const struct cli_args *args)
{
	bool json = cli_has(args, "--json");
	struct pel_compile_options options;
	struct pel_error all = { 0 };
	int status;

	if (cli_has(args, "--fix"))
		return run_fix(args);
	status = cli_compile_options(args, &options);

	for (size_t i = 0; i < args->n_operands && status != CLI_USAGE && status != CLI_INTERRUPTED; i++) {
		struct pel_error err = { 0 };
		int r = check_graph(args->operands[i], &options, json ? &all : &err);

		if (cli_interrupted())
			status = CLI_INTERRUPTED;
		else if (r < 0)
			status = json ? CLI_FAILED : cli_explain(&err, r);
		else if (!json)
			printf("%s: ok\n", args->operands[i]);
		pel_error_fini(&err);
	}
	if (json && status != CLI_USAGE && status != CLI_INTERRUPTED) {
		printf("{\n\"ok\": %s,\n\"errors\": ", status ? "false" : "true");
		cli_wrote(pel_error_write_json(&all, stdout));
		puts("}");
	}
	pel_error_fini(&all);
	cli_compile_fini(&options);
	return status;
}

static const struct cli_option options_table[] = {
	{ "--json", NULL, NULL, false, false,
	  "write one JSON object: {ok, errors[] {file, line, col, text, hint}}" },
	{ "--fix", NULL, "FILE", false, false, "write a copy without deadlock, with the smallest changes" },
	CLI_COMPILE_OPTIONS,
	{ 0 },
};

const struct cli_command cli_check = {
	"check", "GRAPH...", 1, SIZE_MAX, "find all errors, with their places", options_table, run_check
};
