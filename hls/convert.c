/* SPDX-License-Identifier: Apache-2.0 */
#include <stdint.h>
#include "canonical.h"

/*
 * The FPGA implementations of core.convert: pelton_convert_FROM_TO for every pair of real element types; only the functions that are built
 * use resources. A complex token counts as two real ones.
 *
 * To an integer: rounded to nearest, halves to even, then saturated; a NaN becomes 0. To a real: rounded to
 * nearest, halves to even; a NaN becomes the canonical NaN. To the same type: a copy. Leave unsafe math optimizations off: they would remove the
 * rounding below.
 */

/* Adding and subtracting 2^(bits of the fraction) rounds off all fractional bits; larger numbers have none. */
static float round_f32(float x)
{
#pragma HLS INLINE
	const float far = 8388608.0f;

	if (x >= far || x <= -far)
		return x;
	return x < 0 ? (x - far) + far : (x + far) - far;
}

static double round_f64(double x)
{
#pragma HLS INLINE
	const double far = 4503599627370496.0;

	if (x >= far || x <= -far)
		return x;
	return x < 0 ? (x - far) + far : (x + far) - far;
}

/*
 * Functions that convert to the integer type `name` with the range `low` to `high`: from another integer, given as its sign and its 64 bits, and
 * from f32 and f64. `above` is high + 1, a power of two that both floating-point types can represent.
 */
/* clang-format off */
/* Otherwise, clang-format treats _Pragma as part of the statement after it. */
#define FIT(name, type, low, high, above)                                        \
	static type fit_##name(int negative, uint64_t bits)                      \
	{                                                                        \
		_Pragma("HLS INLINE")                                            \
		if (negative)                                                    \
			return (int64_t)bits < (low) ? (type)(low) : (type)bits; \
		return bits > (uint64_t)(high) ? (type)(high) : (type)bits;      \
	}                                                                        \
	static type fit_##name##_f32(float x)                                    \
	{                                                                        \
		_Pragma("HLS INLINE")                                            \
		float y = round_f32(x);                                          \
                                                                                 \
		if (y != y)                                                      \
			return 0;                                                \
		if (y >= (float)(above))                                         \
			return (high);                                           \
		return y < (float)(low) ? (type)(low) : (type)y;                 \
	}                                                                        \
	static type fit_##name##_f64(double x)                                   \
	{                                                                        \
		_Pragma("HLS INLINE")                                            \
		double y = round_f64(x);                                         \
                                                                                 \
		if (y != y)                                                      \
			return 0;                                                \
		if (y >= (above))                                                \
			return (high);                                           \
		return y < (double)(low) ? (type)(low) : (type)y;                \
	}
/* clang-format on */

FIT(u8, uint8_t, 0, UINT8_MAX, 256.0)
FIT(i8, int8_t, INT8_MIN, INT8_MAX, 128.0)
FIT(u16, uint16_t, 0, UINT16_MAX, 65536.0)
FIT(i16, int16_t, INT16_MIN, INT16_MAX, 32768.0)
FIT(u32, uint32_t, 0, UINT32_MAX, 4294967296.0)
FIT(i32, int32_t, INT32_MIN, INT32_MAX, 2147483648.0)
FIT(u64, uint64_t, 0, UINT64_MAX, 18446744073709551616.0)
FIT(i64, int64_t, INT64_MIN, INT64_MAX, 9223372036854775808.0)

/* clang-format off */
/* Otherwise, clang-format treats _Pragma as part of the statement after it. */
/* `value` is the output token for the input token `x`. */
#define CONVERT(from, from_type, to, to_type, value)                                     \
	void pelton_convert_##from##_##to(const from_type *in, to_type *out, uint64_t n) \
	{                                                                                \
		_Pragma("HLS INTERFACE m_axi port=in offset=slave bundle=gmem0")         \
		_Pragma("HLS INTERFACE m_axi port=out offset=slave bundle=gmem1")        \
		_Pragma("HLS INTERFACE s_axilite port=in")                               \
		_Pragma("HLS INTERFACE s_axilite port=out")                              \
		_Pragma("HLS INTERFACE s_axilite port=n")                                \
		_Pragma("HLS INTERFACE s_axilite port=return")                           \
		for (uint64_t i = 0; i < n; i++) {                                       \
			_Pragma("HLS LOOP_TRIPCOUNT min=1 max=65536")                    \
			_Pragma("HLS PIPELINE II=1")                                     \
			from_type x = in[i];                                             \
                                                                                         \
			out[i] = (value);                                                \
		}                                                                        \
	}
/* clang-format on */

#define FROM_INT(from, type, negative)                                     \
	CONVERT(from, type, u8, uint8_t, fit_u8(negative, (uint64_t)x))    \
	CONVERT(from, type, i8, int8_t, fit_i8(negative, (uint64_t)x))     \
	CONVERT(from, type, u16, uint16_t, fit_u16(negative, (uint64_t)x)) \
	CONVERT(from, type, i16, int16_t, fit_i16(negative, (uint64_t)x))  \
	CONVERT(from, type, u32, uint32_t, fit_u32(negative, (uint64_t)x)) \
	CONVERT(from, type, i32, int32_t, fit_i32(negative, (uint64_t)x))  \
	CONVERT(from, type, u64, uint64_t, fit_u64(negative, (uint64_t)x)) \
	CONVERT(from, type, i64, int64_t, fit_i64(negative, (uint64_t)x))  \
	CONVERT(from, type, f32, float, (float)x)                          \
	CONVERT(from, type, f64, double, (double)x)

#define FROM_REAL(from, type, f32_of, f64_of)                 \
	CONVERT(from, type, u8, uint8_t, fit_u8_##from(x))    \
	CONVERT(from, type, i8, int8_t, fit_i8_##from(x))     \
	CONVERT(from, type, u16, uint16_t, fit_u16_##from(x)) \
	CONVERT(from, type, i16, int16_t, fit_i16_##from(x))  \
	CONVERT(from, type, u32, uint32_t, fit_u32_##from(x)) \
	CONVERT(from, type, i32, int32_t, fit_i32_##from(x))  \
	CONVERT(from, type, u64, uint64_t, fit_u64_##from(x)) \
	CONVERT(from, type, i64, int64_t, fit_i64_##from(x))  \
	CONVERT(from, type, f32, float, f32_of(x))            \
	CONVERT(from, type, f64, double, f64_of(x))

FROM_INT(u8, uint8_t, 0)
FROM_INT(i8, int8_t, x < 0)
FROM_INT(u16, uint16_t, 0)
FROM_INT(i16, int16_t, x < 0)
FROM_INT(u32, uint32_t, 0)
FROM_INT(i32, int32_t, x < 0)
FROM_INT(u64, uint64_t, 0)
FROM_INT(i64, int64_t, x < 0)
FROM_REAL(f32, float, (float), pel_canonical_f64)
FROM_REAL(f64, double, pel_canonical_f32, (double))
