/* SPDX-License-Identifier: Apache-2.0 */
#include "rig.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "builtin.h"

/*
 * The parts of the graph language that descriptors and tests of kernels need: numbers, rates, types. The harness stands
 * below the compiler, so that a kernel can be tested without a graph.
 */

/* ---- values of parameters ---- */

static bool is_real(enum pel_elem elem)
{
	return elem == PEL_ELEM_F32 || elem == PEL_ELEM_F64;
}

/* One number of an element type, stored at `to` as such. */
static int read_number(enum pel_elem elem, const char *text, const char **end, void *to)
{
	static const struct {
		int64_t min;
		uint64_t max;
	} ranges[] = {
		[PEL_ELEM_U8] = { 0, UINT8_MAX },   [PEL_ELEM_I8] = { INT8_MIN, INT8_MAX },
		[PEL_ELEM_U16] = { 0, UINT16_MAX }, [PEL_ELEM_I16] = { INT16_MIN, INT16_MAX },
		[PEL_ELEM_U32] = { 0, UINT32_MAX }, [PEL_ELEM_I32] = { INT32_MIN, INT32_MAX },
		[PEL_ELEM_U64] = { 0, UINT64_MAX }, [PEL_ELEM_I64] = { INT64_MIN, INT64_MAX },
	};
	char *stop;

	errno = 0;
	if (is_real(elem)) {
		double wide = strtod(text, &stop);
		float narrow = elem == PEL_ELEM_F32 ? strtof(text, &stop) : 0;

		memcpy(to, elem == PEL_ELEM_F32 ? (void *)&narrow : (void *)&wide, pel_elem_bytes(elem));
	} else {
		bool minus = text[strspn(text, " \t")] == '-';
		uint64_t value = minus ? (uint64_t)strtoll(text, &stop, 0) : strtoull(text, &stop, 0);

		if (errno || (minus ? (int64_t)value < ranges[elem].min : value > ranges[elem].max))
			return -EINVAL;
		memcpy(to, &value, pel_elem_bytes(elem)); /* little endian */
	}
	if (stop == text)
		return -EINVAL;
	*end = stop + strspn(stop, " \t");
	return 0;
}

static int read_list(struct pel_arena *arena, enum pel_elem elem, const char *text, struct pel_value *ret)
{
	size_t count = 1, bytes = pel_elem_bytes(elem);
	unsigned char *data;

	for (const char *at = text; *at; at++)
		count += *at == ',';
	data = pel_arena_array(arena, count, bytes);
	if (!data)
		return -ENOMEM;
	if (text[strspn(text, " \t")] == '\0')
		count = 0;
	for (size_t i = 0; i < count; i++)
		if (read_number(elem, text, &text, data + i * bytes) < 0 ||
		    *text++ != (i + 1 < count ? ',' : '\0'))
			return -EINVAL;
	*ret = (struct pel_value){ .kind = PEL_VALUE_LIST, .elem = elem, .list = { data, count } };
	return 0;
}

static int read_scalar(enum pel_elem elem, const char *text, struct pel_value *ret)
{
	double wide;
	uint64_t bits = 0;

	if (is_real(elem)) {
		if (read_number(PEL_ELEM_F64, text, &text, &wide) < 0 || *text)
			return -EINVAL;
		*ret = (struct pel_value){ .kind = PEL_VALUE_F64, .elem = elem, .f64 = wide };
		return 0;
	}
	if (read_number(elem, text, &text, &bits) < 0 || *text)
		return -EINVAL;
	/* Of a negative number the sign, beyond the element, too. */
	if ((elem == PEL_ELEM_I8 || elem == PEL_ELEM_I16 || elem == PEL_ELEM_I32) &&
	    bits >> (8 * pel_elem_bytes(elem) - 1))
		bits |= UINT64_MAX << (8 * pel_elem_bytes(elem) - 1);
	*ret = (struct pel_value){ .kind = PEL_VALUE_I64, .elem = elem, .i64 = (int64_t)bits };
	return 0;
}

int pel_rig_param(struct pel_arena *arena, const char *type, const char *text, struct pel_value *ret)
{
	size_t length = strcspn(type, "[");
	struct pel_type elem;
	char name[16];

	if (strcmp(type, "string") == 0) {
		*ret = (struct pel_value){ .kind = PEL_VALUE_STRING, .string = text };
		return 0;
	}
	if (strcmp(type, "bool") == 0) {
		*ret = (struct pel_value){ .kind = PEL_VALUE_BOOL, .boolean = strcmp(text, "true") == 0 };
		return ret->boolean || strcmp(text, "false") == 0 ? 0 : -EINVAL;
	}
	if (length >= sizeof(name))
		return -EINVAL;
	memcpy(name, type, length);
	name[length] = '\0';
	if (pel_type_read(name, NULL, &elem) < 0 || pel_elem_is_complex(elem.elem) ||
	    elem.elem == PEL_ELEM_BYTES)
		return -EINVAL;
	return type[length] ? read_list(arena, elem.elem, text, ret) : read_scalar(elem.elem, text, ret);
}

/* ---- expressions over integers ---- */

/* Where in the text, and whether something was wrong with it. */
struct reader {
	const struct pel_rig_scope *scope;
	const char *at;
	unsigned depth;
	bool bad;
};

#define DEPTH_MAX 50

static int64_t read_sum(struct reader *reader);

static bool eat(struct reader *reader, char wanted)
{
	reader->at += strspn(reader->at, " \t");
	if (*reader->at != wanted)
		return false;
	reader->at++;
	return true;
}

static size_t name_length(const char *at)
{
	size_t n = 0;

	while (isalnum((unsigned char)at[n]) || at[n] == '_' || (n && at[n] == '-'))
		n++;
	return n;
}

static int64_t read_param(struct reader *reader)
{
	const struct pel_param_desc *params = reader->scope->kernel->params;
	size_t length = name_length(reader->at);

	for (size_t i = 0; params && params[i].name; i++) {
		if (strlen(params[i].name) != length || strncmp(params[i].name, reader->at, length) != 0)
			continue;
		reader->at += length;
		reader->bad |= reader->scope->params[i].kind != PEL_VALUE_I64;
		return reader->scope->params[i].i64;
	}
	reader->bad = true;
	return 0;
}

static int64_t read_atom(struct reader *reader)
{
	int64_t value = 0;
	char close = ')';

	if (reader->bad || ++reader->depth > DEPTH_MAX) {
		reader->bad = true;
		return 0;
	}
	if (eat(reader, '$')) {
		if (!eat(reader, '{')) {
			reader->depth--;
			return read_param(reader);
		}
		close = '}';
	} else if (!eat(reader, '(')) {
		char *end;

		if (isalpha((unsigned char)*reader->at) || *reader->at == '_') { /* as in ${n} */
			reader->depth--;
			return read_param(reader);
		}
		errno = 0;
		value = strtoll(reader->at, &end, 0);
		reader->bad |= end == reader->at || errno;
		reader->at = end;
		reader->depth--;
		return value;
	}
	value = read_sum(reader);
	reader->bad |= !eat(reader, close);
	reader->depth--;
	return value;
}

static int64_t read_product(struct reader *reader)
{
	int64_t value = read_atom(reader), other;

	while (!reader->bad) {
		if (eat(reader, '*')) {
			reader->bad |= __builtin_mul_overflow(value, read_atom(reader), &value);
		} else if (eat(reader, '/')) {
			other = read_atom(reader);
			reader->bad |= other <= 0;
			value = reader->bad ? 0 : value / other;
		} else if (eat(reader, '%')) {
			other = read_atom(reader);
			reader->bad |= other <= 0;
			value = reader->bad ? 0 : value % other;
		} else {
			break;
		}
	}
	return value;
}

static int64_t read_sum(struct reader *reader)
{
	int64_t value = read_product(reader);

	while (!reader->bad) {
		if (eat(reader, '+'))
			reader->bad |= __builtin_add_overflow(value, read_product(reader), &value);
		else if (eat(reader, '-'))
			reader->bad |= __builtin_sub_overflow(value, read_product(reader), &value);
		else
			break;
	}
	return value;
}

int pel_rig_rates(const struct pel_rig_scope *scope, const char *text, uint64_t *ret, size_t max)
{
	struct reader reader = { .scope = scope, .at = text };
	uint64_t sum = 0;
	size_t n = 0;

	do {
		int64_t value = read_sum(&reader);

		if (reader.bad || value < 0 || n == max)
			return -EINVAL;
		ret[n++] = (uint64_t)value;
		sum |= (uint64_t)value;
	} while (eat(&reader, ','));
	return *reader.at || !sum ? -EINVAL : (int)n;
}

int pel_rig_i64(const struct pel_rig_scope *scope, const char *text, int64_t *ret)
{
	struct reader reader = { .scope = scope, .at = text };
	bool minus = eat(&reader, '-');
	int64_t value = read_sum(&reader);

	if (reader.bad || *reader.at)
		return -EINVAL;
	*ret = minus ? -value : value;
	return 0;
}

/* ---- types with symbols ---- */

static int find_symbol(const struct pel_rig_scope *scope, const char *name, size_t length)
{
	for (unsigned i = 0; i < scope->n_symbols; i++)
		if (scope->symbols[i].length == length && strncmp(scope->symbols[i].name, name, length) == 0)
			return (int)i;
	return -1;
}

static int bind(struct pel_rig_scope *scope, const char *name, size_t length, const struct pel_type *type,
		uint64_t size)
{
	int i = find_symbol(scope, name, length);

	if (i >= 0) {
		if (scope->symbols[i].is_type != (type != NULL))
			return -EINVAL;
		return (type ? pel_type_equal(&scope->symbols[i].type, type) : scope->symbols[i].size == size)
			       ? 0
			       : -EINVAL;
	}
	if (scope->n_symbols == sizeof(scope->symbols) / sizeof(scope->symbols[0]))
		return -EINVAL;
	i = (int)scope->n_symbols++;
	scope->symbols[i].name = name;
	scope->symbols[i].length = length;
	scope->symbols[i].is_type = type != NULL;
	if (type)
		scope->symbols[i].type = *type;
	scope->symbols[i].size = size;
	return 0;
}

/* The base of a type's text: *elem with no dimensions, or a symbol's name. Returns what follows, or NULL. */
static const char *read_base(const char *text, struct pel_type *elem, size_t *symbol_length)
{
	char name[64];
	size_t length = name_length(text);

	if (!length)
		return NULL;
	/* bytes[16] is an element with brackets. */
	if (length == 5 && strncmp(text, "bytes", 5) == 0) {
		const char *close = strchr(text, ']');

		length = close ? (size_t)(close - text) + 1 : sizeof(name);
	}
	*symbol_length = length;
	if (length < sizeof(name)) {
		memcpy(name, text, length);
		name[length] = '\0';
		if (pel_type_read(name, NULL, elem) == 0)
			*symbol_length = 0;
	}
	return text + length;
}

/* One dimension: a symbol's name at *symbol, or else its value at *size. */
static bool read_dim(struct reader *reader, const char **symbol, size_t *length, uint64_t *size)
{
	int64_t value;

	reader->at += strspn(reader->at, " \t");
	if (isalpha((unsigned char)*reader->at) || *reader->at == '_') {
		*symbol = reader->at;
		*length = name_length(reader->at);
		reader->at += *length;
		return true;
	}
	*symbol = NULL;
	value = read_sum(reader);
	*size = (uint64_t)value;
	return !reader->bad && value > 0;
}

int pel_rig_unify(struct pel_rig_scope *scope, const char *text, const struct pel_type *type)
{
	struct pel_type elem, rest = *type;
	struct reader reader = { .scope = scope };
	size_t symbol_length, length;
	const char *symbol;
	uint64_t size;
	uint32_t n = 0;

	if (!(reader.at = read_base(text, &elem, &symbol_length)))
		return -EINVAL;
	if (eat(&reader, '[')) {
		do {
			if (n == type->n_dims || !read_dim(&reader, &symbol, &length, &size) ||
			    (symbol		     ? bind(scope, symbol, length, NULL, type->dims[n])
			     : size == type->dims[n] ? 0
						     : -EINVAL) < 0)
				return -EINVAL;
			n++;
		} while (eat(&reader, ','));
		if (!eat(&reader, ']'))
			return -EINVAL;
	}
	if (*reader.at)
		return -EINVAL;
	/* What the written dimensions leave belongs to the base. */
	rest.n_dims -= n;
	memmove(rest.dims, rest.dims + n, rest.n_dims * sizeof(*rest.dims));
	if (symbol_length)
		return bind(scope, text, symbol_length, &rest, 0);
	return pel_type_equal(&elem, &rest) ? 0 : -EINVAL;
}

int pel_rig_type(const struct pel_rig_scope *scope, const char *text, struct pel_type *ret)
{
	struct reader reader = { .scope = scope };
	struct pel_type base, type;
	size_t symbol_length, length;
	const char *symbol;
	uint64_t size;
	int i;

	if (!(reader.at = read_base(text, &base, &symbol_length)))
		return -EINVAL;
	if (symbol_length) {
		i = find_symbol(scope, text, symbol_length);
		if (i < 0 || !scope->symbols[i].is_type)
			return -EINVAL;
		base = scope->symbols[i].type;
	}
	type = base;
	type.n_dims = 0;
	if (eat(&reader, '[')) {
		do {
			if (type.n_dims + base.n_dims == PEL_MAX_DIMS ||
			    !read_dim(&reader, &symbol, &length, &size))
				return -EINVAL;
			if (symbol) {
				i = find_symbol(scope, symbol, length);
				if (i < 0 || scope->symbols[i].is_type)
					return -EINVAL;
				size = scope->symbols[i].size;
			}
			type.dims[type.n_dims++] = size;
		} while (eat(&reader, ','));
		if (!eat(&reader, ']'))
			return -EINVAL;
	}
	memcpy(type.dims + type.n_dims, base.dims, base.n_dims * sizeof(*base.dims));
	type.n_dims += base.n_dims;
	*ret = type;
	return *reader.at ? -EINVAL : 0;
}
