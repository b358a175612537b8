/* SPDX-License-Identifier: Apache-2.0 */
#include <stdint.h>

/*
 * core.scale on an FPGA: out = gain * in + offset for n numbers. Product and sum are rounded one after the other, so no fused multiply-add may
 * be made of them (docs/cards.md).
 */
void pelton_scale_f32(const float *in, float *out, float gain, float offset, uint32_t n)
{
#pragma HLS INTERFACE m_axi port = in offset = slave bundle = gmem0
#pragma HLS INTERFACE m_axi port = out offset = slave bundle = gmem1
#pragma HLS INTERFACE s_axilite port = gain
#pragma HLS INTERFACE s_axilite port = offset
#pragma HLS INTERFACE s_axilite port = n
#pragma HLS INTERFACE s_axilite port = return
	for (uint32_t i = 0; i < n; i++) {
#pragma HLS PIPELINE II = 1
		float product = gain * in[i];

		out[i] = product + offset;
	}
}
