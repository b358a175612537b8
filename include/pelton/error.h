/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PELTON_ERROR_H
#define PELTON_ERROR_H

#include <pelton/base.h>
#include <stdio.h>

PEL_EXTERN_C_BEGIN

/* An error, its place, and how to fix it. */
struct pel_error_item {
	char *file;    /* owned; NULL if the cause is not in a file */
	unsigned line; /* from 1; 0 if unknown */
	unsigned col;  /* from 1, in bytes; 0 if unknown */
	char *text;    /* owned; one sentence without a full stop */
	char *hint;    /* owned; how to fix it, or NULL */
};

/*
 * A list of errors, each with its place. It is a list because a document can be wrong in several places, and
 * its author wants to see all of them at once. Functions that explain their failures take a `struct pel_error
 * *err`, which may be NULL. They append to it and never clear it.
 *
 * Start with `struct pel_error err = {0};` and end with pel_error_fini(). One thread at a time may use it.
 */
struct pel_error {
	struct pel_error_item *items; /* owned; in the order in which they were found */
	size_t count;
	size_t capacity;
	size_t lost; /* number of errors dropped: memory ran out, or there were more than 1000 */
};

/* Release the contents of `err` and make it empty again. NULL is allowed. */
PEL_API void pel_error_fini(struct pel_error *err);

/*
 * Write `file:line:col: error: text` and `hint: ...`, one per line. Returns 0, -EIO if `out` cannot be
 * written, or -ENOMEM.
 */
PEL_API int pel_error_write_text(const struct pel_error *err, FILE *out);

/* Write a JSON list, [{file, line, col, text, hint}]; unknown members are null. Return codes as pel_error_write_text(). */
PEL_API int pel_error_write_json(const struct pel_error *err, FILE *out);

PEL_EXTERN_C_END

#endif
