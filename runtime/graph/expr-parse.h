/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_EXPR_PARSE_H
#define PEL_EXPR_PARSE_H

#include "expr.h"
#include "number.h"

/*
 * The parser behind expr.h, for those who read a text that holds several expressions: lists, types, texts.
 * It stops at the first error, which it has then explained.
 */
struct pel_expr {
	const char *text; /* whole, for messages */
	const char *at;	  /* what comes next */
	const struct pel_scope *scope;
	const char *what;
	struct pel_place place;
	struct pel_error *err;
	unsigned depth;	 /* of parentheses, braces and signs */
	unsigned braces; /* inside ${...}, where names need no dollar */
};

struct pel_expr_result {
	enum pel_value_kind kind; /* I64: of any integer type */
	__int128 integer;
	double real;
	bool boolean;
	const struct pel_value *value; /* of a STRING or LIST */
};

/* One expression from ex->at, which is left at the first byte that is no part of it. 0 or -EINVAL. */
int pel_expr_parse(struct pel_expr *ex, struct pel_expr_result *ret);
/* The value of the $name or ${expression} at ex->at. */
int pel_expr_reference(struct pel_expr *ex, struct pel_expr_result *ret);
/* Nothing but white space may follow. */
int pel_expr_end(struct pel_expr *ex);
void pel_expr_skip_space(struct pel_expr *ex);
/* Step over `token`, with white space before it, if that comes next. */
bool pel_expr_take(struct pel_expr *ex, const char *token);
/* Explain with `what` in front and the text behind. Returns -EINVAL. */
int pel_expr_fail(const struct pel_expr *ex, const char *fmt, ...) PEL_PRINTF(2, 3);
/* "unexpected ... at", for what stands at ex->at. */
int pel_expr_unexpected(const struct pel_expr *ex);
/* As a message shows it: 300, 2.5, true; strings and lists by kind. Returns buf. */
char *pel_expr_show(const struct pel_expr_result *result, char buf[PEL_NUMBER_BYTES]);
struct pel_value pel_expr_to_value(const struct pel_expr_result *result);
struct pel_expr_result pel_expr_of_value(const struct pel_value *value);
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
