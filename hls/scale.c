/* SPDX-License-Identifier: Apache-2.0 */
#include <stdint.h>
#include "canonical.h"

/*
 * The FPGA implementation of core.scale: out = gain * in + offset. The product is rounded, then the sum. Leave unsafe math
 * optimizations off and do not fuse the two operations (HLS does neither by default).
 */
void pelton_scale_f32(const float *in, float *out, float gain, float offset, uint64_t n)
{
#pragma HLS INTERFACE m_axi port = in offset = slave bundle = gmem0
#pragma HLS INTERFACE m_axi port = out offset = slave bundle = gmem1
#pragma HLS INTERFACE s_axilite port = in
#pragma HLS INTERFACE s_axilite port = out
#pragma HLS INTERFACE s_axilite port = gain
#pragma HLS INTERFACE s_axilite port = offset
#pragma HLS INTERFACE s_axilite port = n
#pragma HLS INTERFACE s_axilite port = return
	for (uint64_t i = 0; i < n; i++) {
#pragma HLS LOOP_TRIPCOUNT min = 1 max = 65536
#pragma HLS PIPELINE II = 1
		float product = gain * in[i];

		out[i] = pel_canonical_f32(product + offset);
	}
}
