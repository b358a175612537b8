/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_CLI_PICTURE_H
#define PEL_CLI_PICTURE_H

#include <pelton/pelton.h>

/* Check that cli_picture_write() can write `path`. Returns 0, or CLI_USAGE after reporting the error. */
int cli_picture_check(const char *path);
/* Draw `plan`, as pel_plan_write_dot() does, into `path`, whose ending selects the format. Returns 0 or CLI_FAILED. */
int cli_picture_write(const char *path, const struct pel_plan *plan, const struct pel_stats *stats,
		      const struct pel_analysis *analysis);
/*
 * The same as the text of an SVG document, to be freed. NULL: it could not be drawn, for the reason in *why,
 * to be freed; nothing has been reported.
 */
char *cli_picture_svg(const struct pel_plan *plan, const struct pel_stats *stats, char **why);

#endif
