/* SPDX-License-Identifier: Apache-2.0 */
#include "used-files.h"

#include <pelton/pelton.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "messages.h"
#include "stdout.h"

void cli_files_add(struct cli_files *files, const char *who, const char *path, bool written)
{
	struct pel_run_file file = { .path = path, .written = written };

	if (!path)
		return;
	if (strcmp(path, "-") == 0) {
		file.path = NULL;
		file.fd = written ? cli_stdout() : STDIN_FILENO;
	}
	file.name = cli_format("%s", who);
	files->items = cli_resize(files->items, files->count + 1, sizeof(file));
	files->items[files->count++] = file;
}

int cli_files_check(struct cli_files *files, const struct pel_plan *plan, const struct pel_run_options *options)
{
	struct pel_error err = { 0 };
	int r = pel_run_check_files(plan, options, files->items, files->count, &err);
	int status = r < 0 ? cli_explain(&err, r) : CLI_OK;

	pel_error_fini(&err);
	for (size_t i = 0; i < files->count; i++)
		free((char *)files->items[i].name);
	free(files->items);
	*files = (struct cli_files){ 0 };
	return status;
}

int cli_check_output(const char *option, const char *path, const struct pel_plan *plan, const char *profile)
{
	struct cli_files files = { 0 };
	char *who = cli_format("option '%s'", option);

	cli_files_add(&files, "option '--profile'", profile, false);
	cli_files_add(&files, who, path, true);
	free(who);
	return cli_files_check(&files, plan, NULL);
}
