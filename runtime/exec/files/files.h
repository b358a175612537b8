/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_FILES_H
#define PEL_FILES_H

#include <pelton/run.h>
#include <stdbool.h>

/* Checks the files of a run (those of the compiler, the actors, the devices and the host) for conflicts. */

/*
 * Implements pel_run_check_files(). *data: does an actor write data to standard output? 0 or a negative
 * errno, with an explanation.
 */
int pel_files_check(const struct pel_plan *plan, const struct pel_run_options *options,
		    const struct pel_run_file *files, size_t n_files, bool *data, struct pel_error *err);

#endif
