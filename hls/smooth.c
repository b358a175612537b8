/* SPDX-License-Identifier: Apache-2.0 */
#include <stdint.h>
#include "canonical.h"

/*
 * The FPGA implementation of core.smooth: y = y + alpha * (x - y), with every operation rounded; out = y. Before the call, state[0] is the y before
 * the first token; after the call, it is the y of the last token. Each token depends on the one before it, so the loop can only start a token
 * when the three operations on the previous one are complete.
 */
void pelton_smooth_f32(const float *in, float *out, float *state, float alpha, uint64_t n)
{
#pragma HLS INTERFACE m_axi port = in offset = slave bundle = gmem0
#pragma HLS INTERFACE m_axi port = out offset = slave bundle = gmem1
#pragma HLS INTERFACE m_axi port = state offset = slave bundle = gmem2
#pragma HLS INTERFACE s_axilite port = in
#pragma HLS INTERFACE s_axilite port = out
#pragma HLS INTERFACE s_axilite port = state
#pragma HLS INTERFACE s_axilite port = alpha
#pragma HLS INTERFACE s_axilite port = n
#pragma HLS INTERFACE s_axilite port = return
	float y = state[0];

	for (uint64_t i = 0; i < n; i++) {
#pragma HLS LOOP_TRIPCOUNT min = 1 max = 65536
#pragma HLS PIPELINE
		float step = alpha * (in[i] - y);

		y = y + step;
		out[i] = pel_canonical_f32(y);
	}
	state[0] = pel_canonical_f32(y);
}
