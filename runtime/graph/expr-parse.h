/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_EXPR_PARSE_H
#define PEL_EXPR_PARSE_H

#include "expr-value.h"

/*
 * The parser behind expr.h, for texts that contain several expressions: lists, types, strings.
 * It stops at the first error, after reporting it.
 */
/* Read one expression at ex->at, and leave ex->at at the first byte after it. Returns 0 or -EINVAL. */
int pel_expr_parse(struct pel_expr *ex, struct pel_expr_result *ret);
/* Read the value of the $name or ${expression} at ex->at. */
int pel_expr_reference(struct pel_expr *ex, struct pel_expr_result *ret);
/* Check that nothing but white space follows. */
int pel_expr_end(struct pel_expr *ex);
void pel_expr_skip_space(struct pel_expr *ex);
/* If `token` comes next, with or without white space before it, step over it. */
bool pel_expr_take(struct pel_expr *ex, const char *token);
/* Report "unexpected ..." for the text at ex->at. */
int pel_expr_unexpected(const struct pel_expr *ex);
/* Number `index` of a list; a complex element counts as two numbers. */
struct pel_expr_result pel_list_number(const struct pel_value *list, size_t index);

/*
 * Like pel_expr_text(), but also sets the folder of relative paths in the text: if the text begins with a string parameter, *dir becomes that string's
 * folder; otherwise *dir does not change.
 */
int pel_expr_text_dir(const char *source, const struct pel_scope *scope, const char *what,
		      struct pel_place place, struct pel_arena *arena, const char **ret, const char **dir,
		      struct pel_error *err);

static inline bool pel_is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

#endif
