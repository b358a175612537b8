/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_CLI_SAVE_H
#define PEL_CLI_SAVE_H

#include <stdio.h>

/*
 * Writes a result to a file. A regular file is replaced atomically through a temporary file beside it, so it
 * is either complete or unchanged; links are followed. Anything else (/dev/stdout, a pipe) is written to
 * directly.
 */
struct cli_save;
/* Returns 0 and sets *ret and the stream to write to; or a negative errno. "-" is standard output. */
int cli_save_open(const char *path, struct cli_save **ret, FILE **stream);
/* `r`: 0, or a negative errno: discard what was written. Returns `r`, or the negative errno with which saving failed. */
int cli_save_close(struct cli_save *save, int r);
/* [signal handler] Remove the unfinished file. */
void cli_save_abandon(void);
/* Check that `path` can be written, as far as possible beforehand. Returns 0, or CLI_FAILED after reporting the error. */
int cli_save_check(const char *path);
/* Report that `path` could not be written. Returns CLI_FAILED. */
int cli_save_failed(const char *path, int code);

#endif
