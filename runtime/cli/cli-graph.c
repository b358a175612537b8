/* SPDX-License-Identifier: Apache-2.0 */
#include "cli-graph.h"

#include <errno.h>
#include <fcntl.h>
#include <pelton/pelton.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "call-again.h"
#include "exit.h"
#include "messages.h"
#include "options.h"

#define DOCUMENT_MAX ((size_t)1 << 30) /* as for files: the size limit of a document */

/* Reject the same name twice: one of the values would be dropped silently. */
static bool is_new(const struct pel_setting *list, size_t count, const char *option, const char *name,
		   const char *value)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(list[i].name, name) == 0) {
			cli_error(CLI_USAGE, "option '%s' is given twice for '%s': '%s' and '%s'", option,
				  name, list[i].value, value);
			return false;
		}
	return true;
}

/* The NAME=VALUE pairs of an option, in order. NULL: one of them is malformed, which has been reported. */
static struct pel_setting *settings(const struct cli_args *args, const char *option, size_t *count)
{
	struct pel_setting *list = NULL;
	const char *text;
	char *name;

	for (*count = 0; (text = cli_value_at(args, option, *count)); (*count)++) {
		const char *equals = strchr(text, '=');

		if (!equals || equals == text) {
			cli_error(CLI_USAGE, "option '%s': '%s' is not %s", option, text,
				  strcmp(option, "--set") == 0 ? "NAME=VALUE" : "ACTOR=WHERE");
			break;
		}
		name = cli_format("%.*s", (int)(equals - text), text);
		if (!is_new(list, *count, option, name, equals + 1)) {
			free(name);
			break;
		}
		list = cli_resize(list, *count + 1, sizeof(*list));
		list[*count] = (struct pel_setting){ name, equals + 1 };
	}
	return list;
}

int cli_compile_options(const struct cli_args *args, struct pel_compile_options *options)
{
	size_t sets = 0, places = 0;

	*options = (struct pel_compile_options){ .size = sizeof(*options),
						 .map_file = cli_value(args, "--map"),
						 .machine = cli_value(args, "--machine") };
	options->profile_file = cli_value(args, "--profile");
	/* In the first run with this option the file does not exist yet. */
	if (options->profile_file && strcmp(args->command->name, "run") == 0 &&
	    access(options->profile_file, F_OK) < 0 && errno == ENOENT)
		options->profile_file = NULL;
	if (!cli_number(args, "--workers", 1, PEL_MAX_WORKERS, 0, &options->workers))
		return CLI_USAGE;
	while (cli_value_at(args, "--set", sets))
		sets++;
	while (cli_value_at(args, "--place", places))
		places++;
	options->set = settings(args, "--set", &options->n_set);
	options->place = settings(args, "--place", &options->n_place);
	return options->n_set == sets && options->n_place == places ? 0 : CLI_USAGE;
}

static void free_settings(const struct pel_setting *list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free((char *)list[i].name);
	free((struct pel_setting *)list);
}

void cli_compile_fini(struct pel_compile_options *options)
{
	free_settings(options->set, options->n_set);
	free_settings(options->place, options->n_place);
	*options = (struct pel_compile_options){ .size = sizeof(*options) };
}

char *cli_read(const char *path, size_t *size)
{
	bool standard = strcmp(path, "-") == 0;
	int fd = standard ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
	const char *name = standard ? "standard input" : path;
	char *text = NULL;
	unsigned interrupted = 0;
	size_t room = 0;
	ssize_t n = fd < 0 ? -1 : 1;
	int code;

	*size = 0;
	while (n > 0 && *size <= DOCUMENT_MAX) {
		if (room - *size < 4096) {
			room = room ? room * 2 : 65536;
			text = cli_resize(text, room, 1);
		}
		do
			n = read(fd, text + *size, room - *size);
		while (n < 0 && cli_call_again(&interrupted));
		*size += n > 0 ? (size_t)n : 0;
	}
	code = errno;
	if (fd >= 0 && !standard)
		close(fd);
	if (n == 0)
		return text;
	if (n < 0)
		cli_error(CLI_FAILED, "cannot read %s%s%s: %s", standard ? "" : "'", name,
			  standard ? "" : "'", strerror(code));
	else
		cli_error(CLI_FAILED, "the graph %s %s is longer than %zu bytes", standard ? "on" : "in",
			  name, DOCUMENT_MAX);
	free(text);
	return NULL;
}

int cli_load(const char *path, struct pel_graph **ret, struct pel_error *err)
{
	size_t size;
	char *text;
	int r;

	if (strcmp(path, "-") != 0)
		return pel_graph_load(path, ret, err);
	text = cli_read(path, &size);
	if (!text)
		cli_exit(CLI_FAILED);
	r = pel_graph_parse(text, size, "-", ret, err);
	free(text);
	return r;
}

int cli_compile(const struct cli_args *args, char **name, struct pel_plan **plan)
{
	struct pel_compile_options options;
	struct pel_graph *graph = NULL;
	struct pel_error err = { 0 };
	int status = cli_compile_options(args, &options), r;

	if (status)
		goto out;
	r = cli_load(args->operands[0], &graph, &err);
	if (r == 0)
		r = pel_compile(graph, &options, plan, &err);
	if (r < 0) {
		status = cli_fail(&err, r);
		goto out;
	}
	if (name)
		*name = cli_format("%s", pel_graph_name(graph));
out:
	pel_error_fini(&err);
	pel_graph_destroy(graph);
	cli_compile_fini(&options);
	return status;
}
