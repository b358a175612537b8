/* SPDX-License-Identifier: Apache-2.0 */
#include "expr-parse.h"

#include <errno.h>
#include <string.h>

static struct pel_expr expr_of(const char *text, const struct pel_scope *scope, const char *what,
			       struct pel_place place, struct pel_error *err)
{
	return (struct pel_expr){
		.text = text, .at = text, .scope = scope, .what = what, .place = place, .err = err
	};
}

static int whole(const char *text, const struct pel_scope *scope, const char *what, struct pel_place place,
		 struct pel_expr_result *ret, struct pel_error *err)
{
	struct pel_expr ex = expr_of(text, scope, what, place, err);

	return pel_expr_parse(&ex, ret) < 0 || pel_expr_end(&ex) < 0 ? -EINVAL : 0;
}

int pel_expr_value(const char *text, const struct pel_scope *scope, const char *what, struct pel_place place,
		   struct pel_value *ret, struct pel_error *err)
{
	struct pel_expr_result result;

	if (whole(text, scope, what, place, &result, err) < 0)
		return -EINVAL;
	*ret = pel_expr_to_value(&result);
	return 0;
}

/* Is `result` an integer from `min` to `max`? */
static int check_integer(const struct pel_expr_result *result, const char *what, __int128 min, __int128 max,
			 struct pel_place place, struct pel_error *err)
{
	char shown[PEL_NUMBER_BYTES], low[PEL_NUMBER_BYTES], high[PEL_NUMBER_BYTES];

	if (result->kind == PEL_VALUE_I64 && result->integer >= min && result->integer <= max)
		return 0;
	pel_expr_show(result, shown);
	if (result->kind != PEL_VALUE_I64)
		return pel_fail(err, -EINVAL, place, "%s is %s, which is not an integer", what, shown);
	if (max >= INT64_MAX)
		return pel_fail(err, -EINVAL, place, "%s is %s, but must be at least %s", what, shown,
				pel_int_format(min, low));
	return pel_fail(err, -EINVAL, place, "%s is %s, but must be from %s to %s", what, shown,
			pel_int_format(min, low), pel_int_format(max, high));
}

int pel_expr_i64(const char *text, const struct pel_scope *scope, const char *what, int64_t min, int64_t max,
		 struct pel_place place, int64_t *ret, struct pel_error *err)
{
	struct pel_expr_result result;

	if (whole(text, scope, what, place, &result, err) < 0 ||
	    check_integer(&result, what, min, max, place, err) < 0)
		return -EINVAL;
	*ret = (int64_t)result.integer;
	return 0;
}

int pel_expr_u64_list(const char *text, const struct pel_scope *scope, const char *what, uint64_t max,
		      size_t max_count, struct pel_place place, struct pel_arena *arena, uint64_t **ret,
		      size_t *count, struct pel_error *err)
{
	struct pel_expr ex = expr_of(text, scope, what, place, err);
	struct pel_expr_result result;
	size_t n = 0, capacity = 0;
	uint64_t *items = NULL, *kept;
	int r = -EINVAL;

	do {
		if (pel_expr_parse(&ex, &result) < 0 || check_integer(&result, what, 0, max, place, err) < 0)
			goto out;
		if (n == max_count) {
			pel_fail(err, -EINVAL, place, "%s has more than %zu values", what, max_count);
			goto out;
		}
		if (pel_grow(&items, &capacity, n + 1, sizeof(*items)) < 0) {
			r = pel_nomem(err);
			goto out;
		}
		items[n++] = (uint64_t)result.integer;
	} while (pel_expr_take(&ex, ","));
	if (pel_expr_end(&ex) < 0)
		goto out;
	kept = pel_arena_array(arena, n, sizeof(*kept));
	if (!kept) {
		r = pel_nomem(err);
		goto out;
	}
	memcpy(kept, items, n * sizeof(*kept));
	*ret = kept;
	*count = n;
	r = 0;
out:
	pel_free(items);
	return r;
}

/* ---- texts that contain $name and ${expression} ---- */

/* A text under construction. */
struct text {
	char *bytes;
	size_t length, capacity;
};

static int append(struct text *text, const char *bytes, size_t length)
{
	if (pel_grow(&text->bytes, &text->capacity, text->length + length + 1, 1) < 0)
		return -ENOMEM;
	memcpy(text->bytes + text->length, bytes, length);
	text->length += length;
	return 0;
}

/* Append the text at ex->at up to the next dollar sign, or one $$, $name or ${expression}. */
static int append_piece(struct pel_expr *ex, struct text *text, const char **dir)
{
	struct pel_expr_result result;
	char shown[PEL_NUMBER_BYTES];
	const char *piece;
	size_t n = strcspn(ex->at, "$");

	if (n || ex->at[1] == '$') {
		int r = append(text, ex->at, n ? n : 1);

		ex->at += n ? n : 2;
		return r;
	}
	if (pel_expr_reference(ex, &result) < 0)
		return -EINVAL;
	if (result.kind == PEL_VALUE_LIST)
		return pel_expr_fail(ex, "a list cannot be part of a text");
	if (result.kind == PEL_VALUE_STRING && !text->length)
		*dir = result.value->dir; /* NULL: the value comes from an option; relative to the current folder */
	piece = result.kind == PEL_VALUE_STRING ? result.value->string : pel_expr_show(&result, shown);
	n = strlen(piece);
	if (text->length + n > PEL_MAX_TEXT_BYTES)
		return pel_expr_fail(ex, "the text is longer than %u bytes", PEL_MAX_TEXT_BYTES);
	return append(text, piece, n);
}

int pel_expr_text_dir(const char *source, const struct pel_scope *scope, const char *what,
		      struct pel_place place, struct pel_arena *arena, const char **ret, const char **dir,
		      struct pel_error *err)
{
	struct pel_expr ex = expr_of(source, scope, what, place, err);
	struct text text = { 0 };
	int r = 0;

	if (!strchr(source, '$')) {
		*ret = pel_arena_strdup(arena, source);
		return *ret ? 0 : pel_nomem(err);
	}
	while (*ex.at && r == 0)
		r = append_piece(&ex, &text, dir);
	if (r == 0) {
		*ret = pel_arena_strndup(arena, text.bytes ? text.bytes : "", text.length);
		if (!*ret)
			r = -ENOMEM;
	}
	pel_free(text.bytes);
	return r == -ENOMEM ? pel_nomem(err) : r;
}

int pel_expr_text(const char *text, const struct pel_scope *scope, const char *what, struct pel_place place,
		  struct pel_arena *arena, const char **ret, struct pel_error *err)
{
	const char *dir = NULL;

	return pel_expr_text_dir(text, scope, what, place, arena, ret, &dir, err);
}
