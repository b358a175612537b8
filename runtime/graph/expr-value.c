/* SPDX-License-Identifier: Apache-2.0 */
#include "expr-value.h"

#include <errno.h>
#include <math.h>
#include <string.h>

int pel_expr_fail(const struct pel_expr *ex, const char *fmt, ...)
{
	char quoted[PEL_QUOTE_BYTES], message[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(message, sizeof(message), fmt, ap);
	va_end(ap);
	return pel_fail(ex->err, -EINVAL, ex->place, "%s: %s in \"%s\"", ex->what, message,
			pel_quote(ex->text, strlen(ex->text), quoted));
}

char *pel_expr_show(const struct pel_expr_result *result, char buf[PEL_NUMBER_BYTES])
{
	switch (result->kind) {
	case PEL_VALUE_I64:
		return pel_int_format(result->integer, buf);
	case PEL_VALUE_F64:
		return pel_real_format(result->real, buf);
	case PEL_VALUE_BOOL:
		return strcpy(buf, result->boolean ? "true" : "false");
	case PEL_VALUE_STRING:
		return strcpy(buf, "a string");
	case PEL_VALUE_LIST:
		break;
	}
	return strcpy(buf, "a list");
}

struct pel_expr_result pel_expr_of_value(const struct pel_value *value)
{
	struct pel_expr_result result = { .kind = value->kind, .value = value };

	if (value->kind == PEL_VALUE_I64)
		result.integer = value->elem == PEL_ELEM_U64 ? (__int128)(uint64_t)value->i64 : value->i64;
	else if (value->kind == PEL_VALUE_F64)
		result.real = value->f64;
	else if (value->kind == PEL_VALUE_BOOL)
		result.boolean = value->boolean;
	return result;
}

struct pel_value pel_expr_to_value(const struct pel_expr_result *result)
{
	switch (result->kind) {
	case PEL_VALUE_I64:
		return (struct pel_value){ .kind = PEL_VALUE_I64,
					   .elem = result->integer > INT64_MAX ? PEL_ELEM_U64 : PEL_ELEM_I64,
					   .i64 = (int64_t)(uint64_t)result->integer };
	case PEL_VALUE_F64:
		return (struct pel_value){ .kind = PEL_VALUE_F64, .elem = PEL_ELEM_F64, .f64 = result->real };
	case PEL_VALUE_BOOL:
		return (struct pel_value){ .kind = PEL_VALUE_BOOL, .boolean = result->boolean };
	case PEL_VALUE_STRING:
	case PEL_VALUE_LIST:
		break;
	}
	return *result->value;
}

static bool is_number(const struct pel_expr_result *a)
{
	return a->kind == PEL_VALUE_I64 || a->kind == PEL_VALUE_F64;
}

double pel_expr_to_real(const struct pel_expr_result *a)
{
	return a->kind == PEL_VALUE_I64 ? (double)a->integer : a->real;
}

int pel_expr_need_number(const struct pel_expr *ex, const struct pel_expr_result *a, const char *op)
{
	char shown[PEL_NUMBER_BYTES];

	return is_number(a) ? 0
			    : pel_expr_fail(ex, "%s is not a number, so '%s' cannot be applied to it",
					    pel_expr_show(a, shown), op);
}

/* ---- operators ---- */

static int fail_operation(const struct pel_expr *ex, const struct pel_expr_result *a, const char *op,
			  const struct pel_expr_result *b, const char *why)
{
	char left[PEL_NUMBER_BYTES], right[PEL_NUMBER_BYTES];

	return pel_expr_fail(ex, "%s %s %s %s", pel_expr_show(a, left), op, pel_expr_show(b, right), why);
}

int pel_expr_integer(const struct pel_expr *ex, struct pel_expr_result *a, const char *op,
		     const struct pel_expr_result *b)
{
	__int128 x = a->integer, y = b->integer, z = 0;
	bool overflow = false;

	if ((*op == '/' || *op == '%') && !y)
		return fail_operation(ex, a, op, b, "divides by zero");
	/*
	 * Operands have at most 64 bits and a sign, so only a product can exceed 128 bits. (__builtin_mul_overflow() cannot be used: it needs
	 * a function that clang does not find in libgcc.)
	 */
	switch (*op) {
	case '+':
		z = x + y;
		break;
	case '-':
		z = x - y;
		break;
	case '*':
		overflow = y && (x < 0 ? -x : x) > PEL_INT_MAX / (y < 0 ? -y : y);
		z = overflow ? 0 : x * y;
		break;
	case '/':
		z = x / y;
		break;
	case '%':
		z = x % y;
		break;
	}
	if (overflow || z < PEL_INT_MIN || z > PEL_INT_MAX)
		return fail_operation(ex, a, op, b, "overflows");
	a->integer = z;
	return 0;
}

static int real_operation(const struct pel_expr *ex, struct pel_expr_result *a, const char *op,
			  const struct pel_expr_result *b)
{
	double x = pel_expr_to_real(a), y = pel_expr_to_real(b), z = 0;

	if ((*op == '/' || *op == '%') && y == 0)
		return fail_operation(ex, a, op, b, "divides by zero");
	switch (*op) {
	case '+':
		z = x + y;
		break;
	case '-':
		z = x - y;
		break;
	case '*':
		z = x * y;
		break;
	case '/':
		z = x / y;
		break;
	case '%':
		z = fmod(x, y);
		break;
	}
	if (!isfinite(z))
		return fail_operation(ex, a, op, b, "overflows");
	*a = (struct pel_expr_result){ .kind = PEL_VALUE_F64, .real = z };
	return 0;
}

int pel_expr_arithmetic(const struct pel_expr *ex, struct pel_expr_result *a, const char *op,
			const struct pel_expr_result *b)
{
	if (pel_expr_need_number(ex, a, op) < 0 || pel_expr_need_number(ex, b, op) < 0)
		return -EINVAL;
	return a->kind == PEL_VALUE_I64 && b->kind == PEL_VALUE_I64 ? pel_expr_integer(ex, a, op, b)
								    : real_operation(ex, a, op, b);
}

int pel_expr_order(const struct pel_expr_result *a, const struct pel_expr_result *b)
{
	if (a->kind == PEL_VALUE_I64 && b->kind == PEL_VALUE_I64)
		return (a->integer > b->integer) - (a->integer < b->integer);
	return (pel_expr_to_real(a) > pel_expr_to_real(b)) - (pel_expr_to_real(a) < pel_expr_to_real(b));
}

int pel_expr_compare(const struct pel_expr *ex, struct pel_expr_result *a, const char *op,
		     const struct pel_expr_result *b)
{
	bool equality = (op[0] == '=' || op[0] == '!'), truth;
	int sign;

	if (equality && a->kind == b->kind && a->kind == PEL_VALUE_BOOL)
		sign = (int)a->boolean - (int)b->boolean;
	else if (equality && a->kind == b->kind && a->kind == PEL_VALUE_STRING)
		sign = strcmp(a->value->string, b->value->string);
	else if (pel_expr_need_number(ex, a, op) < 0 || pel_expr_need_number(ex, b, op) < 0)
		return -EINVAL;
	else
		sign = pel_expr_order(a, b);
	switch (op[0]) {
	case '=':
		truth = sign == 0;
		break;
	case '!':
		truth = sign != 0;
		break;
	case '<':
		truth = op[1] ? sign <= 0 : sign < 0;
		break;
	default:
		truth = op[1] ? sign >= 0 : sign > 0;
		break;
	}
	*a = (struct pel_expr_result){ .kind = PEL_VALUE_BOOL, .boolean = truth };
	return 0;
}
