/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_EXPR_H
#define PEL_EXPR_H

#include <pelton/kernel.h>
#include <pelton/type.h>
#include "support.h"
#include "value.h"

/*
 * Values of parameters and the expressions over them.
 *
 * An expression: integers (decimal, 0x), reals (1.5, 1e-3), true, false, $name, ${expression}, + - * / %, comparisons
 * (== != < <= > >=), min(a,b,...), max(a,b,...), parentheses. Integers reach from -2^63 to 2^64-1; beyond, and at a
 * division by zero, is an error. Integer division truncates towards zero; an operation with one f64 operand is done in
 * f64; comparisons give bool. Inside ${} names need no dollar.
 *
 * A text that is not an expression (a string) has $name and ${expression} replaced; $$ is a dollar.
 */
/* Looks up `$name`; NULL: there is none. `near` may be fed candidates for "did you mean". */
struct pel_scope {
	const struct pel_value *(*find)(const void *context, const char *name, struct pel_near *near);
	const void *context;
};

/* Limits: of a text after $name and ${expression} are replaced, and of the elements of a list. */
#define PEL_MAX_TEXT_BYTES    (1u << 20)
#define PEL_MAX_LIST_ELEMENTS (1u << 24)

/* Evaluate a whole text as one expression. Errors name `what` ("rate of port 'in'") and are placed at `place`. */
int pel_expr_value(const char *text, const struct pel_scope *scope, const char *what, struct pel_place place,
		   struct pel_value *ret, struct pel_error *err);
/* The same, and it must be an integer in [min, max]. */
int pel_expr_i64(const char *text, const struct pel_scope *scope, const char *what, int64_t min, int64_t max,
		 struct pel_place place, int64_t *ret, struct pel_error *err);
/*
 * A comma-separated list of integers >= 0 (rates, times): *ret in `arena`, at most `max_count`, each at most `max`.
 */
int pel_expr_u64_list(const char *text, const struct pel_scope *scope, const char *what, uint64_t max,
		      size_t max_count, struct pel_place place, struct pel_arena *arena, uint64_t **ret,
		      size_t *count, struct pel_error *err);
/* Replace $name, ${expression} and $$ in a text. *ret in `arena`. */
int pel_expr_text(const char *text, const struct pel_scope *scope, const char *what, struct pel_place place,
		  struct pel_arena *arena, const char **ret, struct pel_error *err);
/*
 * The value of a parameter declared as `type` ("i64", "f64", "bool", "string", element types, "f32[]" ...) and written
 * as `text`. Checks the range of element types. Lists: "1,2,3" or "file:taps.txt" (numbers separated by white space or
 * commas, `#` comments; relative to `dir`). A string gets `dir`, or that of the string it begins with.
 */
int pel_param_value(const char *type, const char *text, const struct pel_scope *scope, const char *what,
		    const char *dir, struct pel_place place, struct pel_arena *arena, struct pel_value *ret,
		    struct pel_error *err);
/*
 * Is `value`, of the parameter that `desc` describes, within the limits that are stated there? `scope` has what they name. Errors say which
 * values are possible.
 */
int pel_limits_check(const struct pel_param_desc *desc, const struct pel_value *value,
		     const struct pel_scope *scope, const char *what, struct pel_place place,
		     struct pel_error *err);
/* Do these limits name other parameters? */
bool pel_limits_need_others(const struct pel_param_desc *desc);
/*
 * The names in a text, one after another, as an evaluation would look them up: of what may be a name, the longest that is one. Returns true and leaves `at`
 * behind a name that is_name() knows; false at the end. Begin with { text, 0 }.
 */
struct pel_expr_names {
	const char *at;
	unsigned braces;
};
bool pel_expr_next_name(struct pel_expr_names *names, bool (*is_name)(void *context, const char *name),
			void *context);
/* Is `type` one a parameter can have? */
bool pel_param_type_valid(const char *type);

/*
 * A type as written, parsed: T[H,W], u8[$h,${w*2}], bytes[16][4]. Structure: an array of dims over a base, which is an
 * element type or a symbol. A symbol starts with a capital letter and stands for any type; T[H,W] is an array H x W of T,
 * whatever T is.
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
