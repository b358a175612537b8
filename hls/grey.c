/* SPDX-License-Identifier: Apache-2.0 */
#include <stdint.h>

#define PIECE 1024 /* pixels read, processed and written at a time */

/* The FPGA implementation of image.grey: out = (77*red + 150*green + 29*blue + 128) / 256, rounded down. `n` is in pixels. */
void pelton_grey(const uint8_t *in, uint8_t *out, uint64_t n)
{
#pragma HLS INTERFACE m_axi port = in offset = slave bundle = gmem0
#pragma HLS INTERFACE m_axi port = out offset = slave bundle = gmem1
#pragma HLS INTERFACE s_axilite port = in
#pragma HLS INTERFACE s_axilite port = out
#pragma HLS INTERFACE s_axilite port = n
#pragma HLS INTERFACE s_axilite port = return
	uint8_t colour[3 * PIECE];
#pragma HLS ARRAY_PARTITION variable = colour type = cyclic factor = 3

	for (uint64_t done = 0; done < n; done += PIECE) {
#pragma HLS LOOP_TRIPCOUNT min = 1 max = 2048
		uint32_t some = n - done < PIECE ? (uint32_t)(n - done) : PIECE;

		for (uint32_t i = 0; i < 3 * some; i++) {
#pragma HLS LOOP_TRIPCOUNT min = 3 max = 3072
#pragma HLS PIPELINE II = 1
			colour[i] = in[3 * done + i];
		}
		for (uint32_t i = 0; i < some; i++) {
#pragma HLS LOOP_TRIPCOUNT min = 1 max = 1024
#pragma HLS PIPELINE II = 1
			uint32_t sum = 77u * colour[3 * i] + 150u * colour[3 * i + 1] + 29u * colour[3 * i + 2];

			out[done + i] = (uint8_t)((sum + 128u) >> 8);
		}
	}
}
