/* SPDX-License-Identifier: Apache-2.0 */
#include "unify.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

struct term *pel_term_find(struct term *term)
{
	while (term->kind == TERM_SYMBOL && term->bound) {
		/* Path halving keeps chains of symbols short. */
		if (term->bound->kind == TERM_SYMBOL && term->bound->bound)
			term->bound = term->bound->bound;
		term = term->bound;
	}
	return term;
}

static struct term *make(struct pel_arena *arena, struct term value)
{
	struct term *term = pel_arena_alloc(arena, sizeof(*term));

	if (term)
		*term = value;
	return term;
}

struct term *pel_term_symbol(struct pel_arena *arena, const char *symbol)
{
	return make(arena, (struct term){ .kind = TERM_SYMBOL, .symbol = symbol });
}

static struct term *find(const struct symbols *symbols, const char *symbol)
{
	size_t found;

	if (symbols->map) {
		found = pel_map_get(symbols->map, symbol);
		return found == PEL_MAP_NONE ? NULL : symbols->terms[found];
	}
	for (uint32_t i = 0; i < symbols->n; i++)
		if (strcmp(symbols->terms[i]->symbol, symbol) == 0)
			return symbols->terms[i];
	return NULL;
}

static struct term *lookup(struct pel_arena *arena, struct symbols *symbols, const char *symbol)
{
	struct term *term = find(symbols, symbol);

	if (term)
		return term;
	assert(symbols->n < symbols->room);
	term = pel_term_symbol(arena, symbol);
	if (!term || (symbols->map && pel_map_put(symbols->map, symbol, symbols->n) < 0))
		return NULL;
	symbols->terms[symbols->n++] = term;
	return term;
}

struct term *pel_term_of_expr(struct pel_arena *arena, const struct pel_type_expr *expr, struct symbols *symbols)
{
	struct term *term = expr->symbol ? lookup(arena, symbols, expr->symbol)
					 : make(arena, (struct term){ .kind = TERM_ELEM,
								      .elem_bytes = expr->elem_bytes,
								      .elem = expr->elem });

	for (uint32_t i = expr->n_dims; term && i-- > 0;) {
		const struct pel_type_dim *dim = &expr->dims[i];
		struct term *size =
			dim->symbol ? lookup(arena, symbols, dim->symbol)
				    : make(arena, (struct term){ .kind = TERM_SIZE, .size = dim->size });

		term = size ? make(arena, (struct term){ .kind = TERM_DIM, .rest = term, .dim = size }) : NULL;
	}
	return term;
}

struct term *pel_term_of_type(struct pel_arena *arena, const struct pel_type *type)
{
	struct pel_type_expr expr = { .elem = type->elem,
				      .elem_bytes = type->elem_bytes,
				      .n_dims = type->n_dims };

	for (uint32_t i = 0; i < type->n_dims; i++)
		expr.dims[i].size = type->dims[i];
	return pel_term_of_expr(arena, &expr, NULL);
}

/* May `symbol` be bound to `term`? */
static int check_bind(const struct term *symbol, struct term *term)
{
	uint32_t dims = 0;

	for (; term->kind == TERM_DIM; term = pel_term_find(term->rest)) {
		if (pel_term_find(term->dim) == symbol)
			return -EINVAL; /* one symbol used as a size and as a type */
		if (++dims > PEL_MAX_DIMS)
			return -E2BIG;
	}
	return term == symbol && dims ? -ELOOP : 0;
}

static int unify_size(struct term *a, struct term *b)
{
	a = pel_term_find(a);
	b = pel_term_find(b);
	if (a == b)
		return 0;
	if (a->kind == TERM_SYMBOL && (b->kind == TERM_SYMBOL || b->kind == TERM_SIZE))
		a->bound = b;
	else if (b->kind == TERM_SYMBOL && a->kind == TERM_SIZE)
		b->bound = a;
	else if (a->kind != TERM_SIZE || b->kind != TERM_SIZE || a->size != b->size)
		return -EINVAL;
	return 0;
}

int pel_term_unify(struct term *a, struct term *b)
{
	for (uint32_t dims = 0;; dims++) {
		int r;

		a = pel_term_find(a);
		b = pel_term_find(b);
		if (a == b)
			return 0;
		if (a->kind == TERM_SYMBOL || b->kind == TERM_SYMBOL) {
			struct term *symbol = a->kind == TERM_SYMBOL ? a : b, *other = symbol == a ? b : a;

			if ((r = check_bind(symbol, other)) == 0)
				symbol->bound = other;
			return r;
		}
		if (a->kind != b->kind || a->kind == TERM_SIZE)
			return -EINVAL;
		if (a->kind == TERM_ELEM)
			return a->elem == b->elem && a->elem_bytes == b->elem_bytes ? 0 : -EINVAL;
		if (dims > PEL_MAX_DIMS)
			return -E2BIG;
		if ((r = unify_size(a->dim, b->dim)) < 0)
			return r;
		a = a->rest;
		b = b->rest;
	}
}

bool pel_term_known(struct term *term, struct pel_type *ret)
{
	*ret = (struct pel_type){ 0 };
	for (term = pel_term_find(term); term->kind == TERM_DIM; term = pel_term_find(term->rest)) {
		const struct term *size = pel_term_find(term->dim);

		if (size->kind != TERM_SIZE || ret->n_dims == PEL_MAX_DIMS)
			return false;
		ret->dims[ret->n_dims++] = size->size;
	}
	if (term->kind != TERM_ELEM)
		return false;
	ret->elem = term->elem;
	ret->elem_bytes = term->elem_bytes;
	return true;
}

const struct term *pel_term_open(struct term *term)
{
	for (term = pel_term_find(term); term->kind == TERM_DIM; term = pel_term_find(term->rest))
		if (pel_term_find(term->dim)->kind == TERM_SYMBOL)
			return pel_term_find(term->dim);
	return term->kind == TERM_SYMBOL ? term : NULL;
}

char *pel_term_format(struct term *term, char *buf, size_t size)
{
	char dims[PEL_TERM_BYTES / 2] = "", base[PEL_TERM_BYTES / 4];
	size_t at = 0;

	for (term = pel_term_find(term); term->kind == TERM_DIM; term = pel_term_find(term->rest)) {
		const struct term *dim = pel_term_find(term->dim);

		if (at >= sizeof(dims))
			continue;
		if (dim->kind == TERM_SIZE)
			at += (size_t)snprintf(dims + at, sizeof(dims) - at, "%s%llu", at ? "," : "",
					       (unsigned long long)dim->size);
		else
			at += (size_t)snprintf(dims + at, sizeof(dims) - at, "%s%.20s", at ? "," : "",
					       dim->symbol ? dim->symbol : "?");
	}
	if (term->kind == TERM_SYMBOL)
		snprintf(base, sizeof(base), "%.100s", term->symbol ? term->symbol : at ? "?" : "any type");
	else if (term->kind == TERM_SIZE)
		snprintf(base, sizeof(base), "%llu", (unsigned long long)term->size);
	else if (term->elem == PEL_ELEM_BYTES)
		snprintf(base, sizeof(base), "bytes[%u]", term->elem_bytes);
	else
		snprintf(base, sizeof(base), "%s", pel_elem_name(term->elem));
	if (at)
		snprintf(buf, size, "%s[%s]", base, dims);
	else
		snprintf(buf, size, "%s", base);
	return buf;
}
