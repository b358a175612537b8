/* SPDX-License-Identifier: Apache-2.0 */
#include <stdint.h>

/* out = 0.75 * in + 0.25, for n numbers. */
void scale(const float *in, float *out, uint32_t n)
{
#pragma HLS INTERFACE m_axi port = in bundle = gmem0
#pragma HLS INTERFACE m_axi port = out bundle = gmem1
#pragma HLS INTERFACE s_axilite port = n
#pragma HLS INTERFACE s_axilite port = return
	for (uint32_t i = 0; i < n; i++) {
#pragma HLS PIPELINE II = 1
		out[i] = 0.75f * in[i] + 0.25f;
	}
}
