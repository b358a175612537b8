/* SPDX-License-Identifier: Apache-2.0 */
#include "rig.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "param-limits.h"

/* The limits of parameters for tests of kernels: what the compiler would refuse never comes to a kernel. */

/* One number of a value; beyond 2^53 doubles are near enough for a limit that is met by integers alone. */
struct number {
	bool real;
	__int128 integer;
	double value;
};

static struct number number_at(const struct pel_value *value, size_t i)
{
	struct number n = { 0 };
	const unsigned char *at = value->list.data;
	unsigned bytes = pel_elem_bytes(value->elem);
	uint64_t bits = 0;
	float single;

	if (value->elem == PEL_ELEM_F32 || value->elem == PEL_ELEM_F64) {
		n.real = true;
		if (bytes == 4)
			memcpy(&single, at + 4 * i, 4), n.value = single;
		else
			memcpy(&n.value, at + 8 * i, 8);
		return n;
	}
	memcpy(&bits, at + i * bytes, bytes);
	n.integer = bits;
	if ((value->elem == PEL_ELEM_I8 || value->elem == PEL_ELEM_I16 || value->elem == PEL_ELEM_I32 ||
	     value->elem == PEL_ELEM_I64) &&
	    bits >> (8 * bytes - 1))
		n.integer -= (__int128)1 << 8 * bytes;
	return n;
}

static struct number number_of(const struct pel_value *value)
{
	if (value->kind == PEL_VALUE_F64)
		return (struct number){ .real = true, .value = value->f64 };
	return (struct number){ .integer = value->elem == PEL_ELEM_U64 ? (__int128)(uint64_t)value->i64
								       : value->i64 };
}

/* Is `n` on the wrong side of `limit`? NULL: there is no limit. 0, 1, or -EINVAL: it means nothing. */
static int beyond(const struct pel_rig_scope *scope, struct number n, const char *limit, bool least)
{
	int64_t integer;
	double real;
	char *end;

	if (!limit)
		return 0;
	if (n.real) {
		real = strtod(limit, &end);
		if (*end)
			return -EINVAL;
		return least ? !(n.value >= real) : !(n.value <= real);
	}
	if (pel_rig_i64(scope, limit, &integer) < 0)
		return -EINVAL;
	return least ? n.integer < integer : n.integer > integer;
}

static int outside(const struct pel_rig_scope *scope, struct number n, const char *least, const char *most)
{
	int low = beyond(scope, n, least, true), high = beyond(scope, n, most, false);

	return low < 0 || high < 0 ? -EINVAL : low || high;
}

static bool is_among(const char *text, const char *words)
{
	const char *at = words, *word;
	size_t length;

	while ((word = pel_next_word(&at, &length)))
		if (strlen(text) == length && memcmp(text, word, length) == 0)
			return true;
	return false;
}

static bool ends_well(const char *text, const char *ends)
{
	const char *at = ends, *word;
	size_t length, n = strlen(text);

	while ((word = pel_next_word(&at, &length)))
		if (length <= n && strncasecmp(text + n - length, word, length) == 0)
			return true;
	return false;
}

static int string_outside(const struct pel_param_desc *desc, const char *text)
{
	if (desc->flags & (PEL_PARAM_READS | PEL_PARAM_WRITES) && !*text)
		return 1;
	if (desc->one_of && !is_among(text, desc->one_of) && !(desc->value && strcmp(text, desc->value) == 0))
		return 1;
	return desc->ends && !ends_well(text, desc->ends);
}

int pel_rig_outside(const struct pel_rig_scope *scope, const struct pel_param_desc *desc,
		    const struct pel_value *value)
{
	struct number count = { .integer = (__int128)value->list.count };
	char text[32];
	int r;

	switch (value->kind) {
	case PEL_VALUE_STRING:
		return string_outside(desc, value->string);
	case PEL_VALUE_BOOL:
		return 0;
	case PEL_VALUE_LIST:
		r = outside(scope, count, desc->least_count, desc->most_count);
		for (size_t i = 0; r == 0 && (desc->least || desc->most) && i < value->list.count; i++)
			r = outside(scope, number_at(value, i), desc->least, desc->most);
		return r;
	default:
		r = outside(scope, number_of(value), desc->least, desc->most);
		if (r || !desc->one_of)
			return r;
		snprintf(text, sizeof(text), "%lld", (long long)value->i64);
		return !is_among(text, desc->one_of);
	}
}
