/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_JSON_H
#define PEL_JSON_H

#include <pelton/base.h>
#include <stdio.h>

/*
 * Writes JSON to a stream incrementally; it keeps nothing in memory, so it cannot run out of memory. Members of objects
 * and lists down to depth PEL_JSON_LINES are on separate lines; deeper ones share a line.
 *
 *	struct pel_json json = { .out = stream };
 *	pel_json_open(&json, NULL, '{');
 *	pel_json_u64(&json, "workers", 4);
 *	pel_json_close(&json);
 *
 * `key` is NULL for a member of a list and for the outermost value. Errors stay in the stream (ferror).
 */
#define PEL_JSON_LINES 2
#define PEL_JSON_DEPTH 16

struct pel_json {
	FILE *out;
	unsigned depth;
	char closing[PEL_JSON_DEPTH];
	bool filled[PEL_JSON_DEPTH]; /* something has been written at this depth */
};

void pel_json_open(struct pel_json *json, const char *key, char bracket); /* '{' or '[' */
void pel_json_close(struct pel_json *json);
void pel_json_string(struct pel_json *json, const char *key,
		     const char *text); /* NULL: null; invalid UTF-8 becomes U+FFFD */
void pel_json_u64(struct pel_json *json, const char *key, uint64_t value);
void pel_json_f64(struct pel_json *json, const char *key,
		  double value); /* shortest form that reads back as the same value; not finite: null */
void pel_json_bool(struct pel_json *json, const char *key, bool value);
void pel_json_null(struct pel_json *json, const char *key);

#endif
