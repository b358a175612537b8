/* SPDX-License-Identifier: Apache-2.0 */
#include "expr-parse.h"
#include "read-file.h"

#include <errno.h>
#include <float.h>
#include <math.h>
#include <string.h>

/* The parsed type of a parameter. */
struct param_type {
	enum pel_value_kind kind; /* a LIST has elements of type `elem` */
	enum pel_elem elem;
};

static bool find_elem(const char *name, size_t length, enum pel_elem *ret)
{
	for (int elem = 0; elem < PEL_ELEM_BYTES; elem++) {
		const char *candidate = pel_elem_name((enum pel_elem)elem);

		if (strlen(candidate) == length && memcmp(candidate, name, length) == 0) {
			*ret = (enum pel_elem)elem;
			return true;
		}
	}
	return false;
}

static bool is_real_elem(enum pel_elem elem)
{
	return elem == PEL_ELEM_F32 || elem == PEL_ELEM_F64 || elem == PEL_ELEM_CF32 || elem == PEL_ELEM_CF64;
}

static bool is_complex_elem(enum pel_elem elem)
{
	return elem == PEL_ELEM_CF32 || elem == PEL_ELEM_CF64;
}

static bool parse_type(const char *type, struct param_type *ret)
{
	size_t n = strlen(type);
	bool list = n > 2 && strcmp(type + n - 2, "[]") == 0;

	*ret = (struct param_type){ .kind = PEL_VALUE_LIST };
	if (list)
		return find_elem(type, n - 2, &ret->elem);
	if (strcmp(type, "bool") == 0)
		ret->kind = PEL_VALUE_BOOL;
	else if (strcmp(type, "string") == 0)
		ret->kind = PEL_VALUE_STRING;
	else if (!find_elem(type, n, &ret->elem) || is_complex_elem(ret->elem))
		return false;
	else
		ret->kind = is_real_elem(ret->elem) ? PEL_VALUE_F64 : PEL_VALUE_I64;
	return true;
}

bool pel_param_type_valid(const char *type)
{
	struct param_type parsed;

	return parse_type(type, &parsed);
}

/* ---- storing a number in an element ---- */

static const struct {
	int64_t min;
	uint64_t max;
} ranges[] = {
	[PEL_ELEM_U8] = { 0, UINT8_MAX },   [PEL_ELEM_I8] = { INT8_MIN, INT8_MAX },
	[PEL_ELEM_U16] = { 0, UINT16_MAX }, [PEL_ELEM_I16] = { INT16_MIN, INT16_MAX },
	[PEL_ELEM_U32] = { 0, UINT32_MAX }, [PEL_ELEM_I32] = { INT32_MIN, INT32_MAX },
	[PEL_ELEM_U64] = { 0, UINT64_MAX }, [PEL_ELEM_I64] = { INT64_MIN, INT64_MAX },
};

/* The value being computed, for messages. */
struct target {
	const char *what;
	size_t element; /* number of the element in a list, from 1; 0: not a list */
	struct pel_place place;
	struct pel_error *err;
};

static int fail_target(const struct target *target, const char *fmt, ...) PEL_PRINTF(2, 3);

static int fail_target(const struct target *target, const char *fmt, ...)
{
	char message[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(message, sizeof(message), fmt, ap);
	va_end(ap);
	if (target->element)
		return pel_fail(target->err, -EINVAL, target->place, "element %zu of %s %s", target->element,
				target->what, message);
	return pel_fail(target->err, -EINVAL, target->place, "%s %s", target->what, message);
}

static int fail_integer(const struct target *target, const struct pel_expr_result *result, enum pel_elem elem)
{
	char shown[PEL_NUMBER_BYTES], low[PEL_NUMBER_BYTES], high[PEL_NUMBER_BYTES];

	pel_expr_show(result, shown);
	if (result->kind == PEL_VALUE_I64)
		return fail_target(target, "is %s, which does not fit %s (%s to %s)", shown,
				   pel_elem_name(elem), pel_int_format(ranges[elem].min, low),
				   pel_int_format(ranges[elem].max, high));
	fail_target(target, "is %s, which is not an integer", shown);
	if (result->kind == PEL_VALUE_F64 && result->real == trunc(result->real) && fabs(result->real) < 0x1p63)
		pel_hint(target->err, "write %s", pel_int_format((__int128)result->real, low));
	return -EINVAL;
}

static int to_integer(const struct target *target, const struct pel_expr_result *result, enum pel_elem elem,
		      int64_t *ret)
{
	if (result->kind != PEL_VALUE_I64 || result->integer < ranges[elem].min ||
	    result->integer > ranges[elem].max)
		return fail_integer(target, result, elem);
	*ret = (int64_t)(uint64_t)result->integer;
	return 0;
}

static int fail_real(const struct target *target, const struct pel_expr_result *result, enum pel_elem elem)
{
	char shown[PEL_NUMBER_BYTES];

	pel_expr_show(result, shown);
	if (result->kind != PEL_VALUE_I64 && result->kind != PEL_VALUE_F64)
		return fail_target(target, "is %s, which is not a number", shown);
	return fail_target(target, "is %s, which does not fit %s (at most 3.4028234663852886e+38)", shown,
			   pel_elem_name(elem));
}

/* Round to f32 here, once, so that all users see the value that will be used. */
static int to_real(const struct target *target, const struct pel_expr_result *result, enum pel_elem elem,
		   double *ret)
{
	bool single = elem == PEL_ELEM_F32 || elem == PEL_ELEM_CF32;
	double value = result->kind == PEL_VALUE_I64 ? (double)result->integer : result->real;

	/* Numbers at least half a step above FLT_MAX would be rounded to infinity. */
	if ((result->kind != PEL_VALUE_I64 && result->kind != PEL_VALUE_F64) ||
	    (single && fabs(value) >= 0x1.ffffffp127))
		return fail_real(target, result, elem);
	*ret = single ? (double)(float)value : value;
	return 0;
}

static void store_integer(void *at, enum pel_elem elem, int64_t value)
{
	uint64_t bits = (uint64_t)value;

	switch (pel_elem_bytes(elem)) {
	case 1:
		*(uint8_t *)at = (uint8_t)bits;
		break;
	case 2:
		*(uint16_t *)at = (uint16_t)bits;
		break;
	case 4:
		*(uint32_t *)at = (uint32_t)bits;
		break;
	default:
		*(uint64_t *)at = bits;
	}
}

/* ---- lists ---- */

/* A list under construction: contiguous numbers of one element type. A complex element is two numbers. */
struct list {
	enum pel_elem elem;
	unsigned char *bytes;
	size_t numbers, capacity;
	struct target target;
};

static size_t number_bytes(enum pel_elem elem)
{
	return is_complex_elem(elem) ? pel_elem_bytes(elem) / 2 : pel_elem_bytes(elem);
}

static int list_add(struct list *list, const struct pel_expr_result *result)
{
	size_t bytes = number_bytes(list->elem);
	unsigned per_element = is_complex_elem(list->elem) ? 2 : 1;
	int64_t integer = 0;
	double real = 0;

	list->target.element = list->numbers / per_element + 1;
	if (list->target.element > PEL_MAX_LIST_ELEMENTS)
		return pel_fail(list->target.err, -EINVAL, list->target.place, "%s has more than %u elements",
				list->target.what, PEL_MAX_LIST_ELEMENTS);
	if (pel_grow(&list->bytes, &list->capacity, (list->numbers + 1) * bytes, 1) < 0)
		return pel_nomem(list->target.err);
	if (!is_real_elem(list->elem)) {
		if (to_integer(&list->target, result, list->elem, &integer) < 0)
			return -EINVAL;
		store_integer(list->bytes + list->numbers * bytes, list->elem, integer);
	} else {
		if (to_real(&list->target, result, list->elem, &real) < 0)
			return -EINVAL;
		if (bytes == 4)
			*(float *)(list->bytes + list->numbers * bytes) = (float)real;
		else
			*(double *)(list->bytes + list->numbers * bytes) = real;
	}
	list->numbers++;
	return 0;
}

struct pel_expr_result pel_list_number(const struct pel_value *value, size_t index)
{
	const unsigned char *at = (const unsigned char *)value->list.data + index * number_bytes(value->elem);

	switch (value->elem) {
	case PEL_ELEM_U8:
		return (struct pel_expr_result){ .kind = PEL_VALUE_I64, .integer = *at };
	case PEL_ELEM_I8:
		return (struct pel_expr_result){ .kind = PEL_VALUE_I64, .integer = *(const int8_t *)at };
	case PEL_ELEM_U16:
		return (struct pel_expr_result){ .kind = PEL_VALUE_I64, .integer = *(const uint16_t *)at };
	case PEL_ELEM_I16:
		return (struct pel_expr_result){ .kind = PEL_VALUE_I64, .integer = *(const int16_t *)at };
	case PEL_ELEM_U32:
		return (struct pel_expr_result){ .kind = PEL_VALUE_I64, .integer = *(const uint32_t *)at };
	case PEL_ELEM_I32:
		return (struct pel_expr_result){ .kind = PEL_VALUE_I64, .integer = *(const int32_t *)at };
	case PEL_ELEM_U64:
		return (struct pel_expr_result){ .kind = PEL_VALUE_I64, .integer = *(const uint64_t *)at };
	case PEL_ELEM_I64:
		return (struct pel_expr_result){ .kind = PEL_VALUE_I64, .integer = *(const int64_t *)at };
	case PEL_ELEM_F32:
	case PEL_ELEM_CF32:
		return (struct pel_expr_result){ .kind = PEL_VALUE_F64, .real = *(const float *)at };
	default:
		return (struct pel_expr_result){ .kind = PEL_VALUE_F64, .real = *(const double *)at };
	}
}

/* Insert a list that is used as an element of another list. */
static int list_splice(struct list *list, const struct pel_value *other)
{
	size_t numbers = other->list.count * (is_complex_elem(other->elem) ? 2 : 1);

	for (size_t i = 0; i < numbers; i++) {
		struct pel_expr_result number = pel_list_number(other, i);
		int r = list_add(list, &number);

		if (r < 0)
			return r;
	}
	return 0;
}

/* "lowpass.txt", "../taps/a.csv". */
static bool may_be_file(const char *text)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
	size_t n = strlen(text);

	for (size_t i = 0; i < n; i++)
		if (!strchr(letters, text[i]) && !strchr("0123456789_-./", text[i]))
			return false;
	return n < 200 && strpbrk(text, "./") && strpbrk(text, letters);
}

static int list_parse(struct list *list, const char *text, const struct pel_scope *scope)
{
	struct pel_expr ex = { .text = text,
			       .at = text,
			       .scope = scope,
			       .what = list->target.what,
			       .place = list->target.place,
			       .err = list->target.err };
	struct pel_expr_result result;
	int r;

	pel_expr_skip_space(&ex);
	if (!*ex.at)
		return 0; /* an empty list */
	do {
		if (pel_expr_parse(&ex, &result) < 0) {
			if (may_be_file(text))
				pel_hint(ex.err, "write file:%s", text);
			return -EINVAL;
		}
		r = result.kind == PEL_VALUE_LIST ? list_splice(list, result.value) : list_add(list, &result);
		if (r < 0)
			return r;
	} while (pel_expr_take(&ex, ","));
	if (pel_expr_end(&ex) == 0)
		return 0;
	if (strchr("0123456789.$(", *ex.at))
		pel_hint(ex.err, "put commas between the elements");
	return -EINVAL;
}

/* Read one number of a list file, with its sign. Returns its length, or 0 if there is none. */
static size_t file_number(const char *text, struct pel_expr_result *ret)
{
	size_t sign = *text == '-' || *text == '+', length;

	switch (pel_number_read(text + sign, &length, &ret->integer, &ret->real)) {
	case PEL_NUMBER_INT:
		ret->kind = PEL_VALUE_I64;
		break;
	case PEL_NUMBER_REAL:
		ret->kind = PEL_VALUE_F64;
		break;
	default:
		return 0;
	}
	if (*text == '-') {
		ret->integer = -ret->integer;
		ret->real = -ret->real;
	}
	return sign + length;
}

static int list_scan(struct list *list, const char *text, size_t size)
{
	struct target *target = &list->target;
	const char *at = text, *end = text + size, *line = text;
	char quoted[PEL_QUOTE_BYTES];

	target->place.line = 1;
	for (;;) {
		struct pel_expr_result number = { 0 };
		size_t n;
		int r;

		for (; at < end && (pel_is_space(*at) || *at == ',' || *at == '#'); at++) {
			if (*at == '#')
				while (at + 1 < end && at[1] != '\n')
					at++;
			if (*at == '\n') {
				target->place.line++;
				line = at + 1;
			}
		}
		if (at == end)
			return 0;
		target->place.col = (uint32_t)(at - line) + 1;
		n = file_number(at, &number);
		if (!n || (at + n < end && !pel_is_space(at[n]) && at[n] != ',' && at[n] != '#'))
			return pel_fail(target->err, -EINVAL, target->place, "%s: '%s' is not a number",
					target->what, pel_quote(at, strcspn(at, " \t\r\n,#"), quoted));
		r = list_add(list, &number);
		if (r < 0)
			return r;
		at += n;
	}
}

/* *ret: the path of the file. */
static int list_file(struct list *list, const char *text, const struct pel_scope *scope, const char *dir,
		     struct pel_arena *arena, const char **ret)
{
	struct target *target = &list->target;
	const char *name, *path;
	char *bytes;
	size_t size;
	int r;

	r = pel_expr_text_dir(text, scope, target->what, target->place, arena, &name, &dir, target->err);
	if (r < 0)
		return r;
	path = pel_path_join(arena, dir, name);
	if (!path)
		return pel_nomem(target->err);
	r = pel_read_file(path, PEL_MAX_TOKEN_BYTES, false, &bytes, &size, NULL);
	if (r == -ENOMEM)
		return pel_nomem(target->err);
	if (r < 0)
		return pel_fail(target->err, r == -ENOENT || r == -EACCES ? r : -EINVAL, target->place,
				"%s: cannot read the file '%s': %s", target->what, path,
				pel_read_file_error(r));
	target->place.file = *ret = path;
	r = list_scan(list, bytes, size);
	pel_free(bytes);
	return r;
}

static int list_value(enum pel_elem elem, const char *text, const struct pel_scope *scope,
		      const struct target *target, const char *dir, struct pel_arena *arena,
		      struct pel_value *ret)
{
	struct list list = { .elem = elem, .target = *target };
	const char *file = NULL;
	size_t bytes;
	void *data;
	int r;

	r = strncmp(text, "file:", 5) == 0 ? list_file(&list, text + 5, scope, dir, arena, &file)
					   : list_parse(&list, text, scope);
	if (r == 0 && is_complex_elem(elem) && list.numbers % 2)
		r = pel_fail(target->err, -EINVAL, target->place,
			     "%s has %zu number%s, but an element of %s takes two: real, imaginary",
			     target->what, list.numbers, pel_s(list.numbers), pel_elem_name(elem));
	if (r == 0) {
		bytes = list.numbers * number_bytes(elem);
		data = pel_arena_alloc(arena, bytes);
		if (data && bytes)
			memcpy(data, list.bytes, bytes);
		*ret = (struct pel_value){ .kind = PEL_VALUE_LIST, .elem = elem, .dir = file };
		ret->list.data = data;
		ret->list.count = is_complex_elem(elem) ? list.numbers / 2 : list.numbers;
		r = data ? 0 : pel_nomem(target->err);
	}
	pel_free(list.bytes);
	return r;
}

/* ---- scalars ---- */

static int string_value(const char *text, const struct pel_scope *scope, const struct target *target,
			const char *dir, struct pel_arena *arena, struct pel_value *ret)
{
	const char *string;
	int r = pel_expr_text_dir(text, scope, target->what, target->place, arena, &string, &dir, target->err);

	if (r == 0)
		*ret = (struct pel_value){ .kind = PEL_VALUE_STRING, .string = string, .dir = dir };
	return r;
}

static int bool_value(const struct pel_expr_result *result, const struct target *target, struct pel_value *ret)
{
	char shown[PEL_NUMBER_BYTES];

	if (result->kind != PEL_VALUE_BOOL) {
		fail_target(target, "is %s, which is not a bool", pel_expr_show(result, shown));
		pel_hint(target->err, "write true or false, or a comparison");
		return -EINVAL;
	}
	*ret = (struct pel_value){ .kind = PEL_VALUE_BOOL, .boolean = result->boolean };
	return 0;
}

int pel_param_value(const char *type, const char *text, const struct pel_scope *scope, const char *what,
		    const char *dir, struct pel_place place, struct pel_arena *arena, struct pel_value *ret,
		    struct pel_error *err)
{
	struct pel_expr ex = {
		.text = text, .at = text, .scope = scope, .what = what, .place = place, .err = err
	};
	struct target target = { .what = what, .place = place, .err = err };
	struct pel_expr_result result;
	struct param_type parsed;
	struct pel_value value = { 0 };
	char quoted[PEL_QUOTE_BYTES];
	int r;

	if (!parse_type(type, &parsed))
		return pel_fail(err, -EINVAL, place, "%s has the type '%s', which no parameter can have",
				what, pel_quote(type, strlen(type), quoted));
	if (parsed.kind == PEL_VALUE_STRING)
		return string_value(text, scope, &target, dir, arena, ret);
	if (parsed.kind == PEL_VALUE_LIST)
		return list_value(parsed.elem, text, scope, &target, dir, arena, ret);
	if (pel_expr_parse(&ex, &result) < 0 || pel_expr_end(&ex) < 0)
		return -EINVAL;
	if (parsed.kind == PEL_VALUE_BOOL)
		return bool_value(&result, &target, ret);
	value.kind = parsed.kind;
	value.elem = parsed.elem;
	r = parsed.kind == PEL_VALUE_I64 ? to_integer(&target, &result, parsed.elem, &value.i64)
					 : to_real(&target, &result, parsed.elem, &value.f64);
	if (r == 0)
		*ret = value;
	return r;
}
