/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_CLI_USED_FILES_H
#define PEL_CLI_USED_FILES_H

#include <pelton/pelton.h>

/* The files in use, and by what. */

/* The files of one command, collected before any is opened for writing. Initialise with zeros. */
struct cli_files {
	struct pel_run_file *items;
	size_t count;
};

/* `who` ("option '--trace'") reads or writes `path`; "-": standard input, output. NULL: nothing. `path` is borrowed. */
void cli_files_add(struct cli_files *files, const char *who, const char *path, bool written);
/*
 * Check that no file to be written has a second use. Returns 0, or CLI_FAILED after reporting the error.
 * `plan` and `options` may be NULL. Releases `files`.
 */
int cli_files_check(struct cli_files *files, const struct pel_plan *plan,
		    const struct pel_run_options *options);
/*
 * The same if `option` names the only file to write: it must not be one that `plan` was compiled from, nor
 * `profile` (may be NULL).
 */
int cli_check_output(const char *option, const char *path, const struct pel_plan *plan, const char *profile);

#endif
