/* SPDX-License-Identifier: Apache-2.0 */
#include <pelton/type.h>
#include <stdio.h>

static const struct {
	const char *name;
	uint32_t bytes;
} elems[] = {
	[PEL_ELEM_U8] = { "u8", 1 },	   [PEL_ELEM_I8] = { "i8", 1 },	    [PEL_ELEM_U16] = { "u16", 2 },
	[PEL_ELEM_I16] = { "i16", 2 },	   [PEL_ELEM_U32] = { "u32", 4 },   [PEL_ELEM_I32] = { "i32", 4 },
	[PEL_ELEM_U64] = { "u64", 8 },	   [PEL_ELEM_I64] = { "i64", 8 },   [PEL_ELEM_F32] = { "f32", 4 },
	[PEL_ELEM_F64] = { "f64", 8 },	   [PEL_ELEM_CF32] = { "cf32", 8 }, [PEL_ELEM_CF64] = { "cf64", 16 },
	[PEL_ELEM_BYTES] = { "bytes", 0 },
};

uint32_t pel_elem_bytes(enum pel_elem elem)
{
	return elems[elem].bytes;
}

const char *pel_elem_name(enum pel_elem elem)
{
	return elems[elem].name;
}

uint64_t pel_type_elements(const struct pel_type *type)
{
	uint64_t n = 1;

	for (uint32_t i = 0; i < type->n_dims; i++)
		n *= type->dims[i];
	return n;
}

uint64_t pel_type_bytes(const struct pel_type *type)
{
	return pel_type_elements(type) * type->elem_bytes;
}

bool pel_type_equal(const struct pel_type *a, const struct pel_type *b)
{
	if (a->elem != b->elem || a->elem_bytes != b->elem_bytes || a->n_dims != b->n_dims)
		return false;
	for (uint32_t i = 0; i < a->n_dims; i++)
		if (a->dims[i] != b->dims[i])
			return false;
	return true;
}

char *pel_type_format(const struct pel_type *type, char *buf, size_t size)
{
	size_t at = 0;
	int n;

	if (!size)
		return buf;
	n = type->elem == PEL_ELEM_BYTES ? snprintf(buf, size, "bytes[%u]", type->elem_bytes)
					 : snprintf(buf, size, "%s", pel_elem_name(type->elem));
	at = (size_t)n;
	for (uint32_t i = 0; i < type->n_dims && at < size; i++) {
		n = snprintf(buf + at, size - at, "%s%llu%s", i ? "," : "[",
			     (unsigned long long)type->dims[i], i + 1 == type->n_dims ? "]" : "");
		at += (size_t)n;
	}
	return buf;
}
