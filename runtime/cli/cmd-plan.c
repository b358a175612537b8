/* SPDX-License-Identifier: Apache-2.0 */
#include "commands.h"

#include <pelton/pelton.h>
#include <string.h>
#include "cli-graph.h"
#include "messages.h"
#include "options.h"
#include "stdout.h"

static bool known_pass(const char *pass)
{
	const char *const *passes = pel_plan_passes();
	const char *nearest;

	for (size_t i = 0; passes[i]; i++)
		if (strcmp(passes[i], pass) == 0)
			return true;
	nearest = cli_nearest(pass, passes);
	cli_error(CLI_USAGE, "option '--dump-after': there is no pass '%s'", pass);
	if (nearest)
		fprintf(stderr, "hint: did you mean '%s'? The passes are", nearest);
	else
		fputs("hint: the passes are", stderr);
	for (size_t i = 0; passes[i]; i++)
		fprintf(stderr, "%s %s", i ? "," : "", passes[i]);
	fputc('\n', stderr);
	return false;
}

/* Let the compiler itself write the unfinished plan after a pass. */
static int dump_after(const struct cli_args *args, const char *pass)
{
	struct pel_compile_options options;
	struct pel_graph *graph = NULL;
	struct pel_plan *plan = NULL;
	struct pel_error err = { 0 };
	int status = cli_compile_options(args, &options), r;

	if (status)
		goto out;
	options.dump_after = pass;
	options.dump = stdout;
	r = cli_load(args->operands[0], &graph, &err);
	if (r == 0)
		r = pel_compile(graph, &options, &plan, &err);
	if (r < 0)
		status = cli_fail(&err, r);
out:
	pel_error_fini(&err);
	pel_plan_destroy(plan);
	pel_graph_destroy(graph);
	cli_compile_fini(&options);
	return status;
}

static int run_plan(const struct cli_args *args)
{
	const char *pass = cli_value(args, "--dump-after");
	struct pel_plan *plan = NULL;
	int status;

	if (pass && cli_has(args, "--json"))
		return cli_error(CLI_USAGE, "options '--json' and '--dump-after' cannot be used together");
	if (pass)
		return known_pass(pass) ? dump_after(args, pass) : CLI_USAGE;
	status = cli_compile(args, NULL, &plan);
	if (status)
		return status;
	cli_wrote(cli_has(args, "--json") ? pel_plan_write_json(plan, stdout)
					  : pel_plan_write_text(plan, stdout));
	pel_plan_destroy(plan);
	return CLI_OK;
}

static const struct cli_option options_table[] = {
	{ "--json", NULL, NULL, false, false, "write one JSON object: {stages[], channels[], actors[]}" },
	{ "--dump-after", NULL, "PASS", false, false, "write the unfinished plan after this compiler pass" },
	CLI_COMPILE_OPTIONS,
	{ 0 },
};

const struct cli_command cli_plan = { "plan",	     "GRAPH", 1, 1, "show what the compiler decided",
				      options_table, run_plan };
