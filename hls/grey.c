/* SPDX-License-Identifier: Apache-2.0 */
#include <stdint.h>

/* image.grey on an FPGA: n pixels of red, green, blue to n of grey. */
void pelton_grey(const uint8_t *in, uint8_t *out, uint32_t n)
{
#pragma HLS INTERFACE m_axi port = in offset = slave bundle = gmem0
#pragma HLS INTERFACE m_axi port = out offset = slave bundle = gmem1
#pragma HLS INTERFACE s_axilite port = n
#pragma HLS INTERFACE s_axilite port = return
	for (uint32_t i = 0; i < n; i++) {
#pragma HLS PIPELINE II = 3
		uint64_t at = (uint64_t)3 * i;
		uint32_t red = in[at], green = in[at + 1], blue = in[at + 2];

		out[i] = (uint8_t)((77 * red + 150 * green + 29 * blue + 128) >> 8);
	}
}
