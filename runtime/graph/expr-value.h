/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_EXPR_VALUE_H
#define PEL_EXPR_VALUE_H

#include "expr.h"
#include "number.h"

/* The state of the parser of an expression, the results of expressions, and the operators. */

struct pel_expr {
	const char *text; /* the whole text, for messages */
	const char *at;	  /* the next byte to read */
	const struct pel_scope *scope;
	const char *what;
	struct pel_place place;
	struct pel_error *err;
	unsigned depth;	 /* of parentheses, braces and signs */
	unsigned braces; /* inside ${...}, where names need no dollar */
};

struct pel_expr_result {
	enum pel_value_kind kind; /* I64 for any integer type */
	__int128 integer;
	double real;
	bool boolean;
	const struct pel_value *value; /* if it is a STRING or LIST */
};

/* Report an error, with `what` before the message and the text after it. Returns -EINVAL. */
int pel_expr_fail(const struct pel_expr *ex, const char *fmt, ...) PEL_PRINTF(2, 3);
/* Format a value for a message: 300, 2.5, true; for strings and lists, only the kind. Returns buf. */
char *pel_expr_show(const struct pel_expr_result *result, char buf[PEL_NUMBER_BYTES]);
struct pel_value pel_expr_to_value(const struct pel_expr_result *result);
struct pel_expr_result pel_expr_of_value(const struct pel_value *value);
double pel_expr_to_real(const struct pel_expr_result *a);
int pel_expr_need_number(const struct pel_expr *ex, const struct pel_expr_result *a, const char *op);
int pel_expr_integer(const struct pel_expr *ex, struct pel_expr_result *a, const char *op,
		     const struct pel_expr_result *b);
int pel_expr_arithmetic(const struct pel_expr *ex, struct pel_expr_result *a, const char *op,
			const struct pel_expr_result *b);
/* The sign of a - b. Numbers only. */
int pel_expr_order(const struct pel_expr_result *a, const struct pel_expr_result *b);
int pel_expr_compare(const struct pel_expr *ex, struct pel_expr_result *a, const char *op,
		     const struct pel_expr_result *b);

#endif
