/* SPDX-License-Identifier: Apache-2.0 */
#include "commands.h"

#include <errno.h>
#include <pelton/pelton.h>
#include <stdlib.h>
#include <string.h>
#include "cli-graph.h"
#include "messages.h"
#include "options.h"
#include "save.h"
#include "signals.h"
#include "stdout.h"
#include "used-files.h"

/* `pelton xclbin VERB ...`: the first operand selects the action; the table has the options of all verbs. */

struct verb {
	const char *name;
	int (*run)(const struct cli_args *args);
	const char *options; /* names of its options, separated by spaces */
};

static const char **values(const struct cli_args *args, const char *option, size_t *n)
{
	const char **list = NULL, *value;

	for (*n = 0; (value = cli_value_at(args, option, *n)); ++*n) {
		list = cli_resize(list, *n + 1, sizeof(*list));
		list[*n] = value;
	}
	return list;
}

/* --cu KERNEL=N. Returns 0, or CLI_USAGE after reporting the error. */
static int take_units(const struct cli_args *args, struct pel_xclbin_cus **ret, size_t *n)
{
	const char *text;

	*ret = NULL;
	for (*n = 0; (text = cli_value_at(args, "--cu", *n)); ++*n) {
		const char *equals = strchr(text, '=');
		char *end = NULL;
		unsigned long count = equals ? strtoul(equals + 1, &end, 10) : 0;

		if (!equals || equals == text || end == equals + 1 || *end || count < 1 || count > 128)
			return cli_error(CLI_USAGE, "option '--cu': '%s' is not KERNEL=NUMBER, from 1 to 128",
					 text);
		*ret = cli_resize(*ret, *n + 1, sizeof(**ret));
		(*ret)[*n] = (struct pel_xclbin_cus){ cli_format("%.*s", (int)(equals - text), text),
						      (unsigned)count };
	}
	return 0;
}

static int check_pack(const char *output, const struct pel_xclbin_pack_options *options)
{
	struct cli_files files = { 0 };

	for (size_t i = 0; i < options->n_sources; i++)
		cli_files_add(&files, "'pelton xclbin pack'", options->sources[i], false);
	cli_files_add(&files, "'pelton xclbin pack'", options->config, false);
	cli_files_add(&files, "option '--output'", output, true);
	return cli_files_check(&files, NULL, NULL);
}

static int run_pack(const struct cli_args *args)
{
	struct pel_xclbin_pack_options options = { .size = sizeof(options),
						   .sources = args->operands + 1,
						   .n_sources = args->n_operands - 1 };
	const char *output = cli_value(args, "--output");
	struct pel_xclbin_cus *cus = NULL;
	struct pel_error err = { 0 };
	int status, r;

	if (!output)
		return cli_error(CLI_USAGE, "'pelton xclbin pack' needs an output file: -o FILE.xclbin");
	if (!options.n_sources)
		return cli_error(CLI_USAGE, "'pelton xclbin pack' needs sources: HLS C or C++ files");
	options.include_dirs = values(args, "--include", &options.n_include_dirs);
	options.defines = values(args, "--define", &options.n_defines);
	options.kernels = values(args, "--kernel", &options.n_kernels);
	options.config = cli_value(args, "--config");
	status = take_units(args, &cus, &options.n_cus);
	options.cus = cus;
	options.cancel = cli_cancel();
	if (!status)
		status = check_pack(output, &options);
	if (!status) {
		cli_catch_signals();
		r = pel_xclbin_pack(output, &options, &err);
		if (r < 0)
			status = cli_interrupted() ? CLI_INTERRUPTED : cli_fail(&err, r);
	}
	for (size_t i = 0; i < options.n_cus; i++)
		free((char *)cus[i].kernel);
	free(cus);
	free((void *)options.include_dirs);
	free((void *)options.defines);
	free((void *)options.kernels);
	return status;
}

static int run_show(const struct cli_args *args)
{
	struct pel_error err = { 0 };
	int r;

	if (args->n_operands != 2)
		return cli_error(CLI_USAGE, "'pelton xclbin show' needs one xclbin");
	r = cli_has(args, "--json") ? pel_xclbin_write_json(args->operands[1], stdout, &err)
				    : pel_xclbin_write_text(args->operands[1], stdout, &err);
	if (r == -EIO) {
		pel_error_fini(&err);
		cli_wrote(r);
		return CLI_OK;
	}
	return r < 0 ? cli_fail(&err, r) : CLI_OK;
}

static int run_link_config(const struct cli_args *args)
{
	struct pel_compile_options options = { .size = sizeof(options) };
	struct pel_graph *graph = NULL;
	struct pel_plan *plan = NULL;
	struct pel_error err = { 0 };
	const char *path = cli_value(args, "--output");
	struct cli_save *save;
	FILE *stream = stdout;
	int r, status;

	if (args->n_operands != 2)
		return cli_error(CLI_USAGE, "'pelton xclbin link-config' needs one GRAPH");
	status = cli_compile_options(args, &options);
	if (status)
		return status;
	r = cli_load(args->operands[1], &graph, &err);
	if (r == 0)
		r = pel_compile(graph, &options, &plan, &err);
	if (r == 0)
		status = cli_check_output("--output", path, plan, options.profile_file);
	if (status)
		goto out;
	if (r == 0 && path && (r = cli_save_open(path, &save, &stream)) == 0)
		r = cli_save_close(save, pel_plan_write_link_config(plan, stream, &err));
	else if (r == 0)
		r = pel_plan_write_link_config(plan, stream, &err);
	status = r == 0 ? CLI_OK : path && !err.count ? cli_save_failed(path, r) : cli_explain(&err, r);
out:
	pel_error_fini(&err);
	pel_plan_destroy(plan);
	pel_graph_destroy(graph);
	cli_compile_fini(&options);
	return status;
}

static const struct verb verbs[] = {
	{ "pack", run_pack, "--output --cu --include --define --config --kernel" },
	{ "show", run_show, "--json" },
	{ "link-config", run_link_config, "--output --set --place --map --machine --workers" },
};
#define N_VERBS (sizeof(verbs) / sizeof(verbs[0]))

static bool understands(const struct verb *verb, const char *option)
{
	size_t length = strlen(option);

	for (const char *at = strstr(verb->options, option); at; at = strstr(at + 1, option))
		if (at[length] == ' ' || !at[length])
			return true;
	return false;
}

static int run_xclbin(const struct cli_args *args)
{
	const char *names[N_VERBS + 1] = { 0 }, *name = args->operands[0], *nearest;

	for (size_t i = 0; i < N_VERBS; i++) {
		names[i] = verbs[i].name;
		if (strcmp(verbs[i].name, name) != 0)
			continue;
		for (size_t k = 0; k < args->n_given; k++)
			if (!understands(&verbs[i], args->given[k].option->name))
				return cli_error(CLI_USAGE, "'pelton xclbin %s' has no option '%s'", name,
						 args->given[k].option->name);
		return verbs[i].run(args);
	}
	cli_error(CLI_USAGE, "'pelton xclbin' has no action '%s'", name);
	nearest = cli_nearest(name, names);
	if (nearest)
		cli_hint("did you mean 'pelton xclbin %s'?", nearest);
	else
		cli_hint("its actions are pack, show and link-config");
	return CLI_USAGE;
}

static const struct cli_option options_table[] = {
	{ "--output", "-o", "FILE", false, false, "pack, link-config: output file" },
	{ "--cu", NULL, "KERNEL=N", false, true, "pack: number of compute units of KERNEL" },
	{ "--kernel", NULL, "NAME", false, true, "pack: pack only this function of the sources" },
	{ "--include", "-I", "DIR", false, true, "pack: search this folder for headers" },
	{ "--define", "-D", "MACRO", false, true, "pack: define a macro: NAME or NAME=VALUE" },
	{ "--config", NULL, "FILE", false, false, "pack: a v++ configuration file, for its nk= and sp=" },
	{ "--json", NULL, NULL, false, false, "show: write one JSON object" },
	CLI_COMPILE_OPTIONS,
	{ 0 },
};

const struct cli_command cli_xclbin = { "xclbin",
					"pack|show|link-config FILE...",
					1,
					SIZE_MAX,
					"pack, show and configure files of FPGA kernels",
					options_table,
					run_xclbin };
