/* SPDX-License-Identifier: Apache-2.0 */
#include "expr-parse.h"

#include <errno.h>
#include <string.h>

/*
 * TYPE:   BASE or BASE[DIM,DIM...]
 * BASE:   an element type, bytes[EXPRESSION], or a symbol
 * DIM:    a symbol or an expression
 *
 * A symbol starts with a capital letter, so that a misspelt element type ("f23") does not pass as one.
 */
static bool is_symbol_start(char c)
{
	return c >= 'A' && c <= 'Z';
}

static size_t word_length(const char *text)
{
	size_t n = 0;

	while ((text[n] >= 'a' && text[n] <= 'z') || (text[n] >= 'A' && text[n] <= 'Z') ||
	       (n && text[n] >= '0' && text[n] <= '9') || text[n] == '_')
		n++;
	return n;
}

static int fail_elem(const struct pel_expr *ex, const char *word, size_t length)
{
	struct pel_near near = { 0 };
	char quoted[PEL_QUOTE_BYTES];

	const char *meant = pel_elem_meant(word, length);

	pel_quote(word, length, quoted);
	for (int elem = 0; elem <= PEL_ELEM_BYTES; elem++)
		pel_near_try(&near, quoted, pel_elem_name((enum pel_elem)elem));
	pel_expr_fail(ex, "there is no element type '%s'", quoted);
	if (meant)
		pel_hint(ex->err, "did you mean '%s'?", meant);
	else if (near.name)
		pel_hint(ex->err, "did you mean '%s'?", near.name);
	else
		pel_hint(ex->err,
			 "element types are u8 i8 u16 i16 u32 i32 u64 i64 f32 f64 cf32 cf64 bytes[N]; a symbol starts with a capital letter");
	return -EINVAL;
}

/* An integer from 1 to the size of the largest token. */
static int parse_size(struct pel_expr *ex, const char *thing, uint64_t *ret)
{
	struct pel_expr_result result;
	char shown[PEL_NUMBER_BYTES];

	if (pel_expr_parse(ex, &result) < 0)
		return -EINVAL;
	if (result.kind != PEL_VALUE_I64)
		return pel_expr_fail(ex, "%s is %s, which is not an integer", thing,
				     pel_expr_show(&result, shown));
	if (result.integer < 1 || result.integer > (__int128)PEL_MAX_TOKEN_BYTES)
		return pel_expr_fail(ex, "%s is %s, but must be from 1 to %llu", thing,
				     pel_expr_show(&result, shown), (unsigned long long)PEL_MAX_TOKEN_BYTES);
	*ret = (uint64_t)result.integer;
	return 0;
}

static int expect(struct pel_expr *ex, const char *token)
{
	return pel_expr_take(ex, token) ? 0 : pel_expr_unexpected(ex);
}

static int parse_symbol(struct pel_expr *ex, size_t length, struct pel_arena *arena, const char **ret)
{
	*ret = pel_arena_strndup(arena, ex->at, length);
	ex->at += length;
	return *ret ? 0 : pel_nomem(ex->err);
}

static int parse_base(struct pel_expr *ex, struct pel_arena *arena, struct pel_type_expr *ret)
{
	const char *word;
	size_t n;
	uint64_t bytes = 0;

	pel_expr_skip_space(ex);
	word = ex->at;
	n = word_length(word);
	if (!n)
		return pel_expr_unexpected(ex);
	if (is_symbol_start(*word))
		return parse_symbol(ex, n, arena, &ret->symbol);
	ex->at += n;
	for (int elem = 0; elem <= PEL_ELEM_BYTES; elem++) {
		const char *name = pel_elem_name((enum pel_elem)elem);

		if (strlen(name) != n || memcmp(name, word, n) != 0)
			continue;
		ret->elem = (enum pel_elem)elem;
		ret->elem_bytes = pel_elem_bytes(ret->elem);
		if (elem != PEL_ELEM_BYTES)
			return 0;
		if (!pel_expr_take(ex, "[")) {
			pel_expr_fail(ex, "'bytes' needs a size");
			pel_hint(ex->err, "write bytes[N], with N from 1");
			return -EINVAL;
		}
		if (parse_size(ex, "the size of 'bytes'", &bytes) < 0)
			return -EINVAL;
		ret->elem_bytes = (uint32_t)bytes;
		return expect(ex, "]");
	}
	return fail_elem(ex, word, n);
}

static int parse_dim(struct pel_expr *ex, struct pel_arena *arena, struct pel_type_dim *dim)
{
	size_t n;

	pel_expr_skip_space(ex);
	n = word_length(ex->at);
	if (n && is_symbol_start(*ex->at))
		return parse_symbol(ex, n, arena, &dim->symbol);
	return parse_size(ex, "a dimension", &dim->size);
}

static int parse_dims(struct pel_expr *ex, struct pel_arena *arena, struct pel_type_expr *ret)
{
	int r;

	do {
		if (ret->n_dims == PEL_MAX_DIMS)
			return pel_expr_fail(ex, "more than %d dimensions", PEL_MAX_DIMS);
		r = parse_dim(ex, arena, &ret->dims[ret->n_dims]);
		if (r < 0)
			return r;
		ret->n_dims++;
	} while (pel_expr_take(ex, ","));
	return expect(ex, "]");
}

/* A symbol counts as 1 here, the minimum value that it can stand for. */
static int check_size(const struct pel_expr *ex, const struct pel_type_expr *type)
{
	uint64_t bytes = type->symbol ? 1 : type->elem_bytes;

	for (uint32_t i = 0; i < type->n_dims; i++)
		if (!type->dims[i].symbol && __builtin_mul_overflow(bytes, type->dims[i].size, &bytes))
			bytes = UINT64_MAX;
	if (bytes <= PEL_MAX_TOKEN_BYTES)
		return 0;
	if (bytes == UINT64_MAX)
		return pel_expr_fail(ex, "a token has more than 2^64 bytes; the limit is %llu",
				     (unsigned long long)PEL_MAX_TOKEN_BYTES);
	return pel_expr_fail(ex, "a token has %llu bytes; the limit is %llu", (unsigned long long)bytes,
			     (unsigned long long)PEL_MAX_TOKEN_BYTES);
}

int pel_type_expr_parse(const char *text, const struct pel_scope *scope, const char *what,
			struct pel_place place, struct pel_arena *arena, struct pel_type_expr *ret,
			struct pel_error *err)
{
	struct pel_expr ex = {
		.text = text, .at = text, .scope = scope, .what = what, .place = place, .err = err
	};
	struct pel_type_expr type = { 0 };
	int r;

	r = parse_base(&ex, arena, &type);
	if (r == 0 && pel_expr_take(&ex, "["))
		r = parse_dims(&ex, arena, &type);
	if (r < 0)
		return r;
	if (type.n_dims && pel_expr_take(&ex, "[")) {
		pel_expr_fail(&ex, "an array has only one pair of brackets");
		pel_hint(err, "write all dimensions into one pair: T[H,W]");
		return -EINVAL;
	}
	if (pel_expr_end(&ex) < 0 || check_size(&ex, &type) < 0)
		return -EINVAL;
	*ret = type;
	return 0;
}
