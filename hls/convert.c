/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <stdint.h>

/*
 * core.convert on an FPGA, n numbers, for all types that a double holds exactly. To integers: to the nearest, halves to the even one, saturated;
 * not a number becomes 0.
 */
#define TO_REAL(value, type, min, max) ((type)(value))

static double to_integer(double value, double min, double max)
{
#pragma HLS INLINE
	double whole = nearbyint(value);

	if (whole != whole)
		return 0;
	return whole < min ? min : whole > max ? max : whole;
}
#define TO_INTEGER(value, type, min, max) ((type)to_integer((value), (min), (max)))

#define CONVERT(from, from_type, to, to_type, rule, min, max)                                               \
	void pelton_convert_##from##_##to(const from_type *in, to_type *out, uint32_t n)                    \
	{                                                                                                   \
		_Pragma("HLS INTERFACE m_axi port=in offset=slave bundle=gmem0")                            \
			_Pragma("HLS INTERFACE m_axi port=out offset=slave bundle=gmem1")                   \
				_Pragma("HLS INTERFACE s_axilite port=n")                                   \
					_Pragma("HLS INTERFACE s_axilite port=return") for (uint32_t i = 0; \
											    i < n; i++)     \
		{                                                                                           \
			_Pragma("HLS PIPELINE II=1") out[i] = rule((double)in[i], to_type, min, max);       \
		}                                                                                           \
	}

#define U8_FROM(from, type)  CONVERT(from, type, u8, uint8_t, TO_INTEGER, 0, 255.0)
#define I8_FROM(from, type)  CONVERT(from, type, i8, int8_t, TO_INTEGER, -128.0, 127.0)
#define U16_FROM(from, type) CONVERT(from, type, u16, uint16_t, TO_INTEGER, 0, 65535.0)
#define I16_FROM(from, type) CONVERT(from, type, i16, int16_t, TO_INTEGER, -32768.0, 32767.0)
#define U32_FROM(from, type) CONVERT(from, type, u32, uint32_t, TO_INTEGER, 0, 4294967295.0)
#define I32_FROM(from, type) CONVERT(from, type, i32, int32_t, TO_INTEGER, -2147483648.0, 2147483647.0)
#define F32_FROM(from, type) CONVERT(from, type, f32, float, TO_REAL, 0, 0)
#define F64_FROM(from, type) CONVERT(from, type, f64, double, TO_REAL, 0, 0)

#define TO_ALL(from, type)   \
	U8_FROM(from, type)  \
	I8_FROM(from, type)  \
	U16_FROM(from, type) \
	I16_FROM(from, type) \
	U32_FROM(from, type) I32_FROM(from, type) F32_FROM(from, type) F64_FROM(from, type)

TO_ALL(u8, uint8_t)
TO_ALL(i8, int8_t)
TO_ALL(u16, uint16_t)
TO_ALL(i16, int16_t)
TO_ALL(u32, uint32_t)
TO_ALL(i32, int32_t)
TO_ALL(f32, float)
TO_ALL(f64, double)
