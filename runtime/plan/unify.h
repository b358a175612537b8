/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_UNIFY_H
#define PEL_UNIFY_H

#include "expr.h"

/*
 * First-order unification over the structure of types. A type is a chain of dimensions, outermost first, that ends in an element type or
 * in a symbol; a symbol stands for any type, so `T[H,W]` fits `u8[480,640,3]` with T = u8[3].
 */
enum term_kind {
	TERM_SYMBOL, /* of a type, or of a size */
	TERM_ELEM,
	TERM_DIM,
	TERM_SIZE,
};

struct term {
	enum term_kind kind;
	uint32_t elem_bytes; /* ELEM */
	union {
		struct term *bound; /* SYMBOL: what it stands for; NULL: not known */
		struct term *rest;  /* DIM: type of the element */
		enum pel_elem elem;
		uint64_t size;
	};
	union {
		const char *symbol;	     /* SYMBOL: as written, for messages; borrowed */
		struct term *dim;	     /* DIM: a SIZE or a SYMBOL */
		const struct pel_type *type; /* ELEM without dimensions: made before */
	};
};

/* The symbols of one actor, or of the boundary ports of a graph, which may be many. */
struct symbols {
	struct term **terms; /* n of them; room for `room` */
	uint32_t n, room;
	struct pel_map *map; /* by name, borrowed; NULL: there are few */
};

/* A new symbol. NULL: out of memory. */
struct term *pel_term_symbol(struct pel_arena *arena, const char *symbol);
/* `expr` with its symbols looked up in, or added to, `symbols` (room for 1 + PEL_MAX_DIMS more). NULL: out of memory. */
struct term *pel_term_of_expr(struct pel_arena *arena, const struct pel_type_expr *expr,
			      struct symbols *symbols);
struct term *pel_term_of_type(struct pel_arena *arena, const struct pel_type *type);

/*
 * Make `a` and `b` equal by binding symbols. Returns 0; -EINVAL: they differ; -ELOOP: one would be a part of itself; -E2BIG: there would be
 * more than PEL_MAX_DIMS dimensions.
 */
int pel_term_unify(struct term *a, struct term *b);

/* Is all of it known? Then *ret, where pel_term_format() shows it. */
bool pel_term_known(struct term *term, struct pel_type *ret);
/* The symbol that keeps it from being known. */
const struct term *pel_term_open(struct term *term);
/* What stands for `term` now. */
struct term *pel_term_find(struct term *term);
/* As in the graph language, symbols by name. Returns buf. */
char *pel_term_format(struct term *term, char *buf, size_t size);
#define PEL_TERM_BYTES 512

#endif
