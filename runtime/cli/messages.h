/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_CLI_MESSAGES_H
#define PEL_CLI_MESSAGES_H

#include <pelton/error.h>
#include "status.h"

/* Words go to stderr. */

/* "error: ..." and "hint: ..." on stderr, whatever bytes they contain. cli_error returns `status`. */
int cli_error(int status, const char *fmt, ...) PEL_PRINTF(2, 3);
void cli_hint(const char *fmt, ...) PEL_PRINTF(1, 2);
void cli_warning(const char *fmt, ...) PEL_PRINTF(1, 2);
/* Say the errors in `err` and release it; if it has none, what the errno `code` means. Returns CLI_FAILED. */
int cli_fail(struct pel_error *err, int code);
/* That, but `err` is kept. */
int cli_explain(const struct pel_error *err, int code);
/* Say them as warnings; nothing if there is none. */
void cli_warn(struct pel_error *err);
/* Print the hint that goes with a negative errno from writing, if there is one. */
void cli_hint_write(int code);

/* malloc and friends for a program that can do nothing without memory: they say so and exit with CLI_FAILED. */
void *cli_alloc(size_t count, size_t bytes);
void *cli_resize(void *old, size_t count, size_t bytes);
char *cli_format(const char *fmt, ...) PEL_PRINTF(1, 2);

#endif
