/* SPDX-License-Identifier: Apache-2.0 */
#include "builtin.h"

#include <math.h>
#include <string.h>

/*
 * A double can represent all values of every real type except i64 and u64. So the other types are converted through blocks of doubles, with one loop for
 * each source and one for each target instead of one for each pair. The result is the same, because only the last step rounds.
 */
#define BLOCK 512

#define LOAD(name, type)                                                                                   \
	PEL_CLONES(load_##name, (double *restrict wide, const void *restrict in, size_t n), (wide, in, n)) \
	{                                                                                                  \
		const type *x = in;                                                                        \
                                                                                                           \
		for (size_t i = 0; i < n; i++)                                                             \
			wide[i] = (double)x[i];                                                            \
	}

LOAD(u8, uint8_t)
LOAD(i8, int8_t)
LOAD(u16, uint16_t)
LOAD(i16, int16_t)
LOAD(u32, uint32_t)
LOAD(i32, int32_t)
LOAD(f32, float)
LOAD(f64, double)

/*
 * Rounds to the nearest integer, halves to even, and saturates; a NaN becomes 0. A double as large as ROUND has no fractional bits,
 * so adding it rounds, in every instruction set. Values that are within 32-bit limits are much smaller than ROUND.
 */
#define ROUND 0x1.8p52
#define STORE_INT(name, type, min, max)                                                                       \
	PEL_CLONES(store_##name, (void *restrict out, const double *restrict wide, size_t n), (out, wide, n)) \
	{                                                                                                     \
		type *y = out;                                                                                \
                                                                                                              \
		for (size_t i = 0; i < n; i++) {                                                              \
			double value = wide[i];                                                               \
                                                                                                              \
			value = value != value ? 0.0 : value;                                                 \
			value = value < (double)(min) ? (double)(min) : value;                                \
			value = value > (double)(max) ? (double)(max) : value;                                \
			y[i] = (type)(value + ROUND - ROUND);                                                 \
		}                                                                                             \
	}

STORE_INT(u8, uint8_t, 0, UINT8_MAX)
STORE_INT(i8, int8_t, INT8_MIN, INT8_MAX)
STORE_INT(u16, uint16_t, 0, UINT16_MAX)
STORE_INT(i16, int16_t, INT16_MIN, INT16_MAX)
STORE_INT(u32, uint32_t, 0, UINT32_MAX)
STORE_INT(i32, int32_t, INT32_MIN, INT32_MAX)

/* The largest 64-bit integers cannot be represented as doubles, so the limits are the powers of two above them. */
PEL_CLONES(store_i64, (void *restrict out, const double *restrict wide, size_t n), (out, wide, n))
{
	int64_t *y = out;

	for (size_t i = 0; i < n; i++) {
		double value = nearbyint(wide[i]);

		y[i] = value >= 0x1p63	 ? INT64_MAX
		       : value < -0x1p63 ? INT64_MIN
		       : value != value	 ? 0
					 : (int64_t)value;
	}
}

PEL_CLONES(store_u64, (void *restrict out, const double *restrict wide, size_t n), (out, wide, n))
{
	uint64_t *y = out;

	for (size_t i = 0; i < n; i++) {
		double value = nearbyint(wide[i]);

		y[i] = value >= 0x1p64 ? UINT64_MAX : value > 0 ? (uint64_t)value : 0;
	}
}

PEL_CLONES(store_f32, (void *restrict out, const double *restrict wide, size_t n), (out, wide, n))
{
	float *y = out;

	for (size_t i = 0; i < n; i++)
		y[i] = pel_canonical_f32((float)wide[i]);
}

PEL_CLONES(store_f64, (void *restrict out, const double *restrict wide, size_t n), (out, wide, n))
{
	double *y = out;

	for (size_t i = 0; i < n; i++)
		y[i] = pel_canonical_f64(wide[i]);
}

static void (*const loads[])(double *restrict wide, const void *restrict in, size_t n) = {
	[PEL_ELEM_U8] = load_u8,   [PEL_ELEM_I8] = load_i8,   [PEL_ELEM_U16] = load_u16,
	[PEL_ELEM_I16] = load_i16, [PEL_ELEM_U32] = load_u32, [PEL_ELEM_I32] = load_i32,
	[PEL_ELEM_F32] = load_f32, [PEL_ELEM_F64] = load_f64,
};

static void (*const stores[])(void *restrict out, const double *restrict wide, size_t n) = {
	[PEL_ELEM_U8] = store_u8,   [PEL_ELEM_I8] = store_i8,	[PEL_ELEM_U16] = store_u16,
	[PEL_ELEM_I16] = store_i16, [PEL_ELEM_U32] = store_u32, [PEL_ELEM_I32] = store_i32,
	[PEL_ELEM_U64] = store_u64, [PEL_ELEM_I64] = store_i64, [PEL_ELEM_F32] = store_f32,
	[PEL_ELEM_F64] = store_f64,
};

#define FROM_WIDE_INT(to, type, min, max)                               \
	case to:                                                        \
		for (size_t i = 0; i < n; i++)                          \
			((type *)out)[i] = x[i] < (min)	  ? (type)(min) \
					   : x[i] > (max) ? (type)(max) \
							  : (type)x[i]; \
		break;

#define FROM_WIDE_MAX(to, type, max)                                                          \
	case to:                                                                              \
		for (size_t i = 0; i < n; i++)                                                \
			((type *)out)[i] = x[i] > (uint64_t)(max) ? (type)(max) : (type)x[i]; \
		break;

#define FROM_WIDE(to, type)                            \
	case to:                                       \
		for (size_t i = 0; i < n; i++)         \
			((type *)out)[i] = (type)x[i]; \
		break;

PEL_CLONES(from_i64, (enum pel_elem to, void *restrict out, const int64_t *restrict x, size_t n),
	   (to, out, x, n))
{
	switch (to) {
		FROM_WIDE_INT(PEL_ELEM_U8, uint8_t, 0, UINT8_MAX)
		FROM_WIDE_INT(PEL_ELEM_I8, int8_t, INT8_MIN, INT8_MAX)
		FROM_WIDE_INT(PEL_ELEM_U16, uint16_t, 0, UINT16_MAX)
		FROM_WIDE_INT(PEL_ELEM_I16, int16_t, INT16_MIN, INT16_MAX)
		FROM_WIDE_INT(PEL_ELEM_U32, uint32_t, 0, (int64_t)UINT32_MAX)
		FROM_WIDE_INT(PEL_ELEM_I32, int32_t, INT32_MIN, INT32_MAX)
		FROM_WIDE_INT(PEL_ELEM_U64, uint64_t, 0, INT64_MAX)
		FROM_WIDE(PEL_ELEM_I64, int64_t)
		FROM_WIDE(PEL_ELEM_F32, float)
		FROM_WIDE(PEL_ELEM_F64, double)
	default:
		break;
	}
}

PEL_CLONES(from_u64, (enum pel_elem to, void *restrict out, const uint64_t *restrict x, size_t n),
	   (to, out, x, n))
{
	switch (to) {
		FROM_WIDE_MAX(PEL_ELEM_U8, uint8_t, UINT8_MAX)
		FROM_WIDE_MAX(PEL_ELEM_I8, int8_t, INT8_MAX)
		FROM_WIDE_MAX(PEL_ELEM_U16, uint16_t, UINT16_MAX)
		FROM_WIDE_MAX(PEL_ELEM_I16, int16_t, INT16_MAX)
		FROM_WIDE_MAX(PEL_ELEM_U32, uint32_t, UINT32_MAX)
		FROM_WIDE_MAX(PEL_ELEM_I32, int32_t, INT32_MAX)
		FROM_WIDE_MAX(PEL_ELEM_I64, int64_t, (uint64_t)INT64_MAX)
		FROM_WIDE(PEL_ELEM_U64, uint64_t)
		FROM_WIDE(PEL_ELEM_F32, float)
		FROM_WIDE(PEL_ELEM_F64, double)
	default:
		break;
	}
}

void pel_convert(enum pel_elem to, void *out, enum pel_elem from, const void *in, size_t n)
{
	double wide[BLOCK];
	size_t in_bytes = pel_elem_bytes(from), out_bytes = pel_elem_bytes(to);

	if (from == to) { /* a NaN keeps its bits */
		memcpy(out, in, n * in_bytes);
		return;
	}
	if (from == PEL_ELEM_I64) {
		from_i64(to, out, in, n);
		return;
	}
	if (from == PEL_ELEM_U64) {
		from_u64(to, out, in, n);
		return;
	}
	for (size_t done = 0; done < n; done += BLOCK) {
		size_t block = n - done < BLOCK ? n - done : BLOCK;

		loads[from](wide, (const unsigned char *)in + done * in_bytes, block);
		stores[to]((unsigned char *)out + done * out_bytes, wide, block);
	}
}
