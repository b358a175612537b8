/* SPDX-License-Identifier: Apache-2.0 */
#include <stdint.h>

/*
 * core.smooth on an FPGA: y = y + alpha * (x - y) for n numbers. The state y comes with the call and goes with it, so that a call can be made again,
 * and the CPU can go on from any of them.
 */
void pelton_smooth_f32(const float *in, float *out, float *state, float alpha, uint32_t n)
{
#pragma HLS INTERFACE m_axi port = in offset = slave bundle = gmem0
#pragma HLS INTERFACE m_axi port = out offset = slave bundle = gmem1
#pragma HLS INTERFACE m_axi port = state offset = slave bundle = gmem2
#pragma HLS INTERFACE s_axilite port = alpha
#pragma HLS INTERFACE s_axilite port = n
#pragma HLS INTERFACE s_axilite port = return
	float y = state[0];

	for (uint32_t i = 0; i < n; i++) {
#pragma HLS PIPELINE
		float step = in[i] - y, part = alpha * step;

		y = y + part;
		out[i] = y;
	}
	state[0] = y;
}
