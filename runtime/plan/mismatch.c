/* SPDX-License-Identifier: Apache-2.0 */
#include "mismatch.h"

#include <errno.h>
#include <string.h>

/* Is `a` an array of what has the dimensions of `b`? */
static bool is_array_of(const struct pel_type *a, const struct pel_type *b)
{
	return a->n_dims == b->n_dims + 1 && memcmp(a->dims + 1, b->dims, b->n_dims * sizeof(*b->dims)) == 0;
}

/* Suggest kernels that convert one type to the other. */
static void hint_conversion(struct compiler *c, struct term *from, struct term *to)
{
	struct pel_type a, b;
	bool same, numbers;

	if (!pel_term_known(from, &a) || !pel_term_known(to, &b))
		return;
	same = a.elem == b.elem && a.elem_bytes == b.elem_bytes;
	numbers = a.elem != PEL_ELEM_BYTES && b.elem != PEL_ELEM_BYTES;
	if (numbers && a.n_dims == b.n_dims && memcmp(a.dims, b.dims, a.n_dims * sizeof(*a.dims)) == 0)
		pel_hint(c->err, "put a core.convert between them");
	else if (same && is_array_of(&a, &b))
		pel_hint(c->err, "put a core.ungroup between them");
	else if (same && is_array_of(&b, &a))
		pel_hint(c->err, "put a core.group between them");
	else if (pel_type_bytes(&a) == pel_type_bytes(&b))
		pel_hint(c->err, "a core.reshape between them gives the same bytes another type");
	else if (numbers && is_array_of(&a, &b))
		pel_hint(c->err, "put a core.convert and a core.ungroup between them");
	else if (numbers && is_array_of(&b, &a))
		pel_hint(c->err, "put a core.convert and a core.group between them");
}

int pel_mismatch_say(struct compiler *c, int r, struct pel_place place, const char *from,
		     struct term *from_term, const char *to, struct term *to_term)
{
	char a[PEL_TERM_BYTES], b[PEL_TERM_BYTES];

	pel_term_format(from_term, a, sizeof(a));
	pel_term_format(to_term, b, sizeof(b));
	if (r == -ELOOP)
		return pel_fail(
			c->err, -EINVAL, place,
			"'%s' produces tokens of type %s, but '%s' takes %s: the type would contain itself",
			from, a, to, b);
	if (r == -E2BIG)
		return pel_fail(
			c->err, -EINVAL, place,
			"'%s' produces tokens of type %s, but '%s' takes %s: together more than %d dimensions",
			from, a, to, b, PEL_MAX_DIMS);
	pel_fail(c->err, -EINVAL, place, "'%s' produces tokens of type %s, but '%s' takes %s", from, a, to, b);
	hint_conversion(c, from_term, to_term);
	return -EINVAL;
}
