/* SPDX-License-Identifier: Apache-2.0 */
#include "commands.h"

#include <errno.h>
#include <math.h>
#include <pelton/pelton.h>
#include <stdlib.h>
#include "cli-graph.h"
#include "messages.h"
#include "options.h"
#include "stdout.h"

#define BUDGET_MAX_S 1e6

/* Parse a number of seconds above 0. False: error reported. */
static bool budget(const struct cli_args *args, double *ret)
{
	const char *text = cli_value(args, "--budget");
	char *end;

	*ret = 0;
	if (!text)
		return true;
	*ret = strtod(text, &end);
	if (end != text && !*end && *ret > 0 && *ret <= BUDGET_MAX_S)
		return true;
	cli_error(CLI_USAGE, "option '--budget': '%s' is not a number of seconds above 0", text);
	return false;
}

static int run_analyze(const struct cli_args *args)
{
	struct pel_analysis_options options = { .size = sizeof(options), .buffers = cli_has(args, "--buffers") };
	struct pel_compile_options compile;
	struct pel_analysis *analysis = NULL;
	struct pel_error err = { 0 };
	int status = cli_compile_options(args, &compile), r;
	char *text = NULL;
	size_t size;

	options.compile = &compile;
	if (!status && !budget(args, &options.budget_s))
		status = CLI_USAGE;
	if (status)
		goto out;
	/* Read it only once: it may be a pipe, and the format must be detected first. */
	text = cli_read(args->operands[0], &size);
	if (!text) {
		status = CLI_FAILED;
		goto out;
	}
	r = pel_analyze_text(text, size, args->operands[0], &options, &analysis, &err);
	if (r < 0)
		status = cli_fail(&err, r);
	else
		cli_wrote(cli_has(args, "--json") ? pel_analysis_write_json(analysis, stdout)
						  : pel_analysis_write_text(analysis, stdout));
out:
	free(text);
	pel_analysis_destroy(analysis);
	pel_error_fini(&err);
	cli_compile_fini(&compile);
	return status;
}

static const struct cli_option options_table[] = {
	{ "--buffers", NULL, NULL, false, false,
	  "also find the least capacities and the throughput they allow" },
	{ "--budget", NULL, "SECONDS", false, false, "time limit; default: 15" },
	{ "--json", NULL, NULL, false, false,
	  "write one JSON object: {model, consistent, repetition, deadlock_free, throughput, critical, ...}" },
	CLI_COMPILE_OPTIONS,
	{ 0 },
};

const struct cli_command cli_analyze = {
	"analyze", "FILE", 1, 1, "prove properties of a graph, Pelton's or SDF3's", options_table, run_analyze
};
