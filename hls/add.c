/* SPDX-License-Identifier: Apache-2.0 */
#include <stdint.h>

/* core.add on an FPGA: out = a + b for n numbers. Integers wrap, so those with a sign need no kernels of their own; complex numbers are pairs. */
#define ADD(name, type)                                                                                     \
	void pelton_add_##name(const type *a, const type *b, type *out, uint32_t n)                         \
	{                                                                                                   \
		_Pragma("HLS INTERFACE m_axi port=a offset=slave bundle=gmem0")                             \
			_Pragma("HLS INTERFACE m_axi port=b offset=slave bundle=gmem1")                     \
				_Pragma("HLS INTERFACE m_axi port=out offset=slave bundle=gmem2")           \
					_Pragma("HLS INTERFACE s_axilite port=n") _Pragma(                  \
						"HLS INTERFACE s_axilite port=return") for (uint32_t i = 0; \
											    i < n; i++)     \
		{                                                                                           \
			_Pragma("HLS PIPELINE II=1") out[i] = (type)(a[i] + b[i]);                          \
		}                                                                                           \
	}

ADD(u8, uint8_t)
ADD(u16, uint16_t)
ADD(u32, uint32_t)
ADD(u64, uint64_t)
ADD(f32, float)
ADD(f64, double)
