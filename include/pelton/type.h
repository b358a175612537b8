/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PELTON_TYPE_H
#define PELTON_TYPE_H

#include <pelton/base.h>

PEL_EXTERN_C_BEGIN

/* The element types of the graph language. In memory they have the host's byte order; in files they are little endian. */
enum pel_elem {
	PEL_ELEM_U8,
	PEL_ELEM_I8,
	PEL_ELEM_U16,
	PEL_ELEM_I16,
	PEL_ELEM_U32,
	PEL_ELEM_I32,
	PEL_ELEM_U64,
	PEL_ELEM_I64,
	PEL_ELEM_F32,
	PEL_ELEM_F64,
	PEL_ELEM_CF32,	/* two f32: real, imaginary */
	PEL_ELEM_CF64,	/* two f64: real, imaginary */
	PEL_ELEM_BYTES, /* bytes[N]: N opaque bytes */
};

#define PEL_MAX_DIMS 8

/* The size limit of a token: 1 GiB. */
#define PEL_MAX_TOKEN_BYTES ((uint64_t)1 << 30)

/*
 * The type of a token: a scalar (n_dims 0) or a dense row-major array, dims[0] outermost.
 * `u8[1080,1920]` is { PEL_ELEM_U8, 1, 2, { 1080, 1920 } }.
 */
struct pel_type {
	enum pel_elem elem;
	uint32_t elem_bytes;
	uint32_t n_dims;
	uint64_t dims[PEL_MAX_DIMS];
};

/* The number of elements in one token: 1 for a scalar. Never overflows for a valid type. */
PEL_API uint64_t pel_type_elements(const struct pel_type *type);
/* The size of one token in bytes. Never overflows for a valid type. */
PEL_API uint64_t pel_type_bytes(const struct pel_type *type);

/* The size of one element in bytes; 0 for PEL_ELEM_BYTES. */
PEL_API uint32_t pel_elem_bytes(enum pel_elem elem);
/* The name in the graph language ("f32"), never NULL. */
PEL_API const char *pel_elem_name(enum pel_elem elem);

/*
 * Write `type` in the graph language ("u8[1080,1920]", "bytes[16][4]") into `buf`, truncated to `size` bytes
 * including the NUL. Returns `buf`. 192 bytes are enough for every type.
 */
PEL_API char *pel_type_format(const struct pel_type *type, char *buf, size_t size);

/* True if both are the same type. */
PEL_API bool pel_type_equal(const struct pel_type *a, const struct pel_type *b);

PEL_EXTERN_C_END

#endif
