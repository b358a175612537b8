/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PELTON_ERROR_H
#define PELTON_ERROR_H

#include <pelton/base.h>
#include <stdio.h>

PEL_EXTERN_C_BEGIN

/*
 * What went wrong, and where: a list, since a document can be wrong in several places and its writer wants
 * to hear of all of them at once. Functions that explain their failures take a `struct pel_error *err`, which
 * may be NULL; they append to it and never clear it.
 *
 * Start with `struct pel_error err = {0};` and end with pel_error_fini(). One thread at a time may use it.
 */
struct pel_error_item {
	char *file;    /* owned; NULL where the cause is in no file */
	unsigned line; /* from 1; 0 where there is no line */
	unsigned col;  /* from 1, in bytes; 0 where there is no column */
	char *text;    /* owned; one sentence without a full stop */
	char *hint;    /* owned; how to mend it, or NULL */
};

struct pel_error {
	struct pel_error_item *items; /* owned; in order of discovery */
	size_t count;
	size_t capacity;
	size_t lost; /* errors that could not be kept: memory ran out, or there were more than the limit of 1000 */
};

/* Release what `err` holds and make it empty again. NULL is allowed. */
PEL_API void pel_error_fini(struct pel_error *err);

/* Write `file:line:col: error: text` and `hint: ...`, a line each. Returns 0, -EIO where `out` cannot be written, or -ENOMEM. */
PEL_API int pel_error_write_text(const struct pel_error *err, FILE *out);

/* Write a JSON list, [{file, line, col, text, hint}]; unknown members are null. Returns as pel_error_write_text(). */
PEL_API int pel_error_write_json(const struct pel_error *err, FILE *out);

PEL_EXTERN_C_END

#endif
