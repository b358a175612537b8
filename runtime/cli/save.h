/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_CLI_SAVE_H
#define PEL_CLI_SAVE_H

#include <stdio.h>

/*
 * A result on its way to a file. A regular file is replaced at once, by way of a temporary one beside it, so that it is there whole
 * or as it was; links are followed; anything else (/dev/stdout, a pipe) is written to.
 */
struct cli_save;
/* 0, *ret and the stream to write to; or a negative errno. "-" is standard output. */
int cli_save_open(const char *path, struct cli_save **ret, FILE **stream);
/* `r`: 0, or the negative errno for which all that was written is to be thrown away. Returns it, or with what saving failed. */
int cli_save_close(struct cli_save *save, int r);
/* [signal handler] Remove the file that is being written. */
void cli_save_abandon(void);
/* Can `path` be written, as far as can be told before? Says why not and returns CLI_FAILED, or 0. */
int cli_save_check(const char *path);
/* Say that `path` could not be written. Returns CLI_FAILED. */
int cli_save_failed(const char *path, int code);

#endif
