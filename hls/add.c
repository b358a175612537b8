/* SPDX-License-Identifier: Apache-2.0 */
#include <stdint.h>
#include "canonical.h"

/*
 * The FPGA implementations of core.add: out = a + b. Integers are added in the unsigned type `wide`, so that they wrap around. Signed integers have
 * the same bits, so they need no functions of their own. A complex token counts as two real ones. `last` is applied to each sum; for integers it
 * is empty.
 */
/* clang-format off */
/* Otherwise, clang-format treats _Pragma as part of the statement after it. */
#define ADD(name, type, wide, last)                                                 \
	void pelton_add_##name(const type *a, const type *b, type *out, uint64_t n) \
	{                                                                           \
		_Pragma("HLS INTERFACE m_axi port=a offset=slave bundle=gmem0")     \
		_Pragma("HLS INTERFACE m_axi port=b offset=slave bundle=gmem1")     \
		_Pragma("HLS INTERFACE m_axi port=out offset=slave bundle=gmem2")   \
		_Pragma("HLS INTERFACE s_axilite port=a")                           \
		_Pragma("HLS INTERFACE s_axilite port=b")                           \
		_Pragma("HLS INTERFACE s_axilite port=out")                         \
		_Pragma("HLS INTERFACE s_axilite port=n")                           \
		_Pragma("HLS INTERFACE s_axilite port=return")                      \
		for (uint64_t i = 0; i < n; i++) {                                  \
			_Pragma("HLS LOOP_TRIPCOUNT min=1 max=65536")               \
			_Pragma("HLS PIPELINE II=1")                                \
			out[i] = last((type)((wide)a[i] + (wide)b[i]));             \
		}                                                                   \
	}
/* clang-format on */

ADD(u8, uint8_t, uint32_t, )
ADD(u16, uint16_t, uint32_t, )
ADD(u32, uint32_t, uint32_t, )
ADD(u64, uint64_t, uint64_t, )
ADD(f32, float, float, pel_canonical_f32)
ADD(f64, double, double, pel_canonical_f64)
