/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_EXPR_PARSE_H
#define PEL_EXPR_PARSE_H

#include "expr-value.h"

/*
 * The parser behind expr.h, for those who read a text that holds several expressions: lists, types, texts.
 * It stops at the first error, which it has then explained.
 */
/* One expression from ex->at, which is left at the first byte that is no part of it. 0 or -EINVAL. */
int pel_expr_parse(struct pel_expr *ex, struct pel_expr_result *ret);
/* The value of the $name or ${expression} at ex->at. */
int pel_expr_reference(struct pel_expr *ex, struct pel_expr_result *ret);
/* Nothing but white space may follow. */
int pel_expr_end(struct pel_expr *ex);
void pel_expr_skip_space(struct pel_expr *ex);
/* Step over `token`, with white space before it, if that comes next. */
bool pel_expr_take(struct pel_expr *ex, const char *token);
/* "unexpected ... at", for what stands at ex->at. */
int pel_expr_unexpected(const struct pel_expr *ex);
/* Number `index` of a list; a complex element is two numbers. */
struct pel_expr_result pel_list_number(const struct pel_value *list, size_t index);

/*
 * pel_expr_text() that also says where relative paths in the text start: a text that begins with a string takes that string's
 * place, any other leaves *dir alone.
 */
int pel_expr_text_dir(const char *source, const struct pel_scope *scope, const char *what,
		      struct pel_place place, struct pel_arena *arena, const char **ret, const char **dir,
		      struct pel_error *err);

static inline bool pel_is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

#endif
