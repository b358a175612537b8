/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_CLI_MESSAGES_H
#define PEL_CLI_MESSAGES_H

#include <pelton/error.h>
#include "status.h"

/* Messages, which go to stderr. */

/* Print "error: ..." or "hint: ..." on stderr; they may contain any bytes. cli_error() returns `status`. */
int cli_error(int status, const char *fmt, ...) PEL_PRINTF(2, 3);
void cli_hint(const char *fmt, ...) PEL_PRINTF(1, 2);
void cli_warning(const char *fmt, ...) PEL_PRINTF(1, 2);
/* The same, at a place in a document; `file` NULL: at none. */
void cli_warning_at(const char *file, unsigned line, unsigned col, const char *fmt, ...) PEL_PRINTF(4, 5);
/* Print the errors in `err` and release it; if it has none, print the meaning of the errno `code`. Returns CLI_FAILED. */
int cli_fail(struct pel_error *err, int code);
/* The same, but keep `err`. */
int cli_explain(const struct pel_error *err, int code);
/* Print them as warnings; nothing if there are none. */
void cli_warn(struct pel_error *err);
/* Print the hint that goes with a negative errno from writing, if there is one. */
void cli_hint_write(int code);

/* malloc() and the like for a program that cannot continue without memory: they report it and exit with CLI_FAILED. */
void *cli_alloc(size_t count, size_t bytes);
void *cli_resize(void *old, size_t count, size_t bytes);
char *cli_format(const char *fmt, ...) PEL_PRINTF(1, 2);

#endif
