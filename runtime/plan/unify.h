/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_UNIFY_H
#define PEL_UNIFY_H

#include "expr.h"

/*
 * First-order unification of types. A type is a list of dimensions, outermost first, that ends in an element type or a symbol. A symbol can be
 * any type, so `T[H,W]` matches `u8[480,640,3]` with T = u8[3].
 */
enum term_kind {
	TERM_SYMBOL, /* a type or a size */
	TERM_ELEM,
	TERM_DIM,
	TERM_SIZE,
};

struct term {
	enum term_kind kind;
	uint32_t elem_bytes; /* ELEM */
	union {
		struct term *bound; /* SYMBOL: what it is bound to; NULL: unknown */
		struct term *rest;  /* DIM: type of the element */
		enum pel_elem elem;
		uint64_t size;
	};
	union {
		const char *symbol;	     /* SYMBOL: as written, for messages; borrowed */
		struct term *dim;	     /* DIM: a SIZE or a SYMBOL */
		const struct pel_type *type; /* ELEM without dimensions: cached */
	};
};

/* The symbols of an actor, or of the boundary ports of a graph, of which there may be many. */
struct symbols {
	struct term **terms; /* n of them; room for `room` */
	uint32_t n, room;
	struct pel_map *map; /* by name, borrowed; NULL: few symbols */
};

/* Make a symbol. NULL: out of memory. */
struct term *pel_term_symbol(struct pel_arena *arena, const char *symbol);
/* Make a term of `expr`. Its symbols are looked up in, or added to, `symbols`, which needs room for 1 + PEL_MAX_DIMS more. NULL: out of memory. */
struct term *pel_term_of_expr(struct pel_arena *arena, const struct pel_type_expr *expr,
			      struct symbols *symbols);
struct term *pel_term_of_type(struct pel_arena *arena, const struct pel_type *type);

/*
 * Make `a` and `b` equal by binding symbols. Returns 0; -EINVAL: they differ; -ELOOP: a type would contain itself; -E2BIG: the result would have
 * more than PEL_MAX_DIMS dimensions.
 */
int pel_term_unify(struct term *a, struct term *b);

/* Is the whole term known? If so, *ret becomes the type. */
bool pel_term_known(struct term *term, struct pel_type *ret);
/* An unbound symbol in the term. */
const struct term *pel_term_open(struct term *term);
/* What `term` is bound to at present. */
struct term *pel_term_find(struct term *term);
/* Write the term as in the graph language, with the names of symbols. Returns buf. */
char *pel_term_format(struct term *term, char *buf, size_t size);
#define PEL_TERM_BYTES 512

#endif
