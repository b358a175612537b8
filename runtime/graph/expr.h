/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_EXPR_H
#define PEL_EXPR_H

#include <pelton/kernel.h>
#include <pelton/type.h>
#include "support.h"
#include "value.h"

/*
 * Values of parameters, and expressions over parameters.
 *
 * An expression: integers (decimal, 0x), reals (1.5, 1e-3), true, false, $name, ${expression}, + - * / %, comparisons
 * (== != < <= > >=), min(a,b,...), max(a,b,...), parentheses. Integers range from -2^63 to 2^64-1; overflow and
 * division by zero are errors. Integer division rounds towards zero. An operation with an f64 operand is done in
 * f64. Comparisons give a bool. Inside ${}, names need no dollar sign.
 *
 * In a text that is not an expression (a string), $name and ${expression} are replaced, and $$ stands for a dollar sign.
 */
/* Looks up `$name`; NULL: there is none. `near` may receive candidates for "did you mean". */
struct pel_scope {
	const struct pel_value *(*find)(const void *context, const char *name, struct pel_near *near);
	const void *context;
};

/* Limits of a text after $name and ${expression} have been replaced, and of the number of elements of a list. */
#define PEL_MAX_TEXT_BYTES    (1u << 20)
#define PEL_MAX_LIST_ELEMENTS (1u << 24)

/* Evaluate a whole text as one expression. Errors name `what` ("rate of port 'in'") and are reported at `place`. */
int pel_expr_value(const char *text, const struct pel_scope *scope, const char *what, struct pel_place place,
		   struct pel_value *ret, struct pel_error *err);
/* The same for an integer, which must be in [min, max]. */
int pel_expr_i64(const char *text, const struct pel_scope *scope, const char *what, int64_t min, int64_t max,
		 struct pel_place place, int64_t *ret, struct pel_error *err);
/*
 * Evaluate a comma-separated list of at most `max_count` integers (rates, times), each from 0 to `max`. *ret is in `arena`.
 */
int pel_expr_u64_list(const char *text, const struct pel_scope *scope, const char *what, uint64_t max,
		      size_t max_count, struct pel_place place, struct pel_arena *arena, uint64_t **ret,
		      size_t *count, struct pel_error *err);
/* Replace $name, ${expression} and $$ in a text. *ret in `arena`. */
int pel_expr_text(const char *text, const struct pel_scope *scope, const char *what, struct pel_place place,
		  struct pel_arena *arena, const char **ret, struct pel_error *err);
/*
 * Evaluate `text` as the value of a parameter of type `type` ("i64", "f64", "bool", "string", element types, "f32[]" ...).
 * Checks the range of element types. A list is "1,2,3" or "file:taps.txt" (a file relative to `dir`, of numbers separated by white space or
 * commas, with `#` comments). A string gets the folder `dir`, or the folder of the string parameter that it begins with.
 */
int pel_param_value(const char *type, const char *text, const struct pel_scope *scope, const char *what,
		    const char *dir, struct pel_place place, struct pel_arena *arena, struct pel_value *ret,
		    struct pel_error *err);
/*
 * Check that `value` is within the limits of its parameter, which `desc` describes. `scope` has the parameters that the limits refer to. Errors state which
 * values are allowed.
 */
int pel_limits_check(const struct pel_param_desc *desc, const struct pel_value *value,
		     const struct pel_scope *scope, const char *what, struct pel_place place,
		     struct pel_error *err);
/* Do these limits refer to other parameters? */
bool pel_limits_need_others(const struct pel_param_desc *desc);
/*
 * Iterate over the names in a text, as an evaluation would look them up: the longest known name is taken. Returns true and sets `at` to
 * the end of a name that is_name() knows; returns false at the end of the text. Begin with { text, 0 }.
 */
struct pel_expr_names {
	const char *at;
	unsigned braces;
};
bool pel_expr_next_name(struct pel_expr_names *names, bool (*is_name)(void *context, const char *name),
			void *context);
/* Can a parameter have the type `type`? */
bool pel_param_type_valid(const char *type);

/*
 * A parsed type, such as T[H,W], u8[$h,${w*2}], bytes[16][4]. It consists of dimensions and a base, which is an
 * element type or a symbol. A symbol starts with a capital letter and stands for any type; T[H,W] is an array H x W of T,
 * which may itself be an array.
 */
struct pel_type_dim {
	const char *symbol; /* NULL: `size` */
	uint64_t size;
};

struct pel_type_expr {
	const char *symbol; /* of the base; NULL: `elem` */
	enum pel_elem elem;
	uint32_t elem_bytes;
	uint32_t n_dims;
	struct pel_type_dim dims[PEL_MAX_DIMS];
};
int pel_type_expr_parse(const char *text, const struct pel_scope *scope, const char *what,
			struct pel_place place, struct pel_arena *arena, struct pel_type_expr *ret,
			struct pel_error *err);

#endif
