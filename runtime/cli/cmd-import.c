/* SPDX-License-Identifier: Apache-2.0 */
#include "commands.h"

#include <pelton/pelton.h>
#include <stdlib.h>
#include <string.h>
#include "cli-graph.h"
#include "messages.h"
#include "options.h"
#include "save.h"
#include "used-files.h"

#define COPIES_MAX 1024

static int save(const char *output, const char *text, size_t size, const char *name,
		const struct pel_import_options *options, struct pel_error *err)
{
	struct cli_save *save;
	FILE *out;
	int r = cli_save_open(output, &save, &out), saved;

	if (r < 0)
		return cli_save_failed(output, r);
	r = pel_import_text(text, size, name, options, out, err);
	saved = cli_save_close(save, r);
	if (r < 0)
		return cli_fail(err, r);
	return saved < 0 ? cli_save_failed(output, saved) : CLI_OK;
}

static int run_import(const struct cli_args *args)
{
	const char *path = args->operands[0], *output = cli_value(args, "--output");
	struct pel_import_options options = { .size = sizeof(options), .sleep = cli_has(args, "--sleep") };
	struct pel_error err = { 0 };
	int status = CLI_OK, r;
	size_t size;
	char *text;

	if (!cli_number(args, "--copies", 1, COPIES_MAX, COPIES_MAX, &options.copies))
		return CLI_USAGE;
	if (output) {
		struct cli_files files = { 0 };

		cli_files_add(&files, "'pelton import'", path, false);
		cli_files_add(&files, "option '--output'", output, true);
		if (cli_files_check(&files, NULL, NULL))
			return CLI_FAILED;
	}
	text = cli_read(path, &size);
	if (!text)
		return CLI_FAILED;
	if (output && strcmp(output, "-") != 0)
		status = save(output, text, size, path, &options, &err);
	else if ((r = pel_import_text(text, size, path, &options, stdout, &err)) < 0)
		status = cli_fail(&err, r);
	if (status == CLI_OK)
		cli_warn(&err);
	pel_error_fini(&err);
	free(text);
	return status;
}

static const struct cli_option options_table[] = {
	{ "--output", "-o", "GRAPH", false, false, "output file; default: standard output" },
	{ "--sleep", NULL, NULL, false, false, "actors sleep for their time instead of being busy" },
	{ "--copies", NULL, "N", false, false, "at most N overlapping firings per actor; default: 1024" },
	{ 0 },
};

const struct cli_command cli_import = {
	"import",      "FILE",	  1, 1, "convert an SDF3 graph to a graph with the same times",
	options_table, run_import
};
