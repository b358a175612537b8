/* SPDX-License-Identifier: Apache-2.0 */
#include <stdint.h>

/*
 * image.blur on an FPGA: `frames` images of height x width, width at most WIDTH_MAX, with the weights 1 2 1 (radius 1) or 1 4 6 4 1 (radius 2) in
 * both directions. Five lines are kept on the chip: each row is read once, in one burst. Pixels beyond the border equal the nearest inside.
 */
#define WIDTH_MAX  8192
#define RADIUS_MAX 2
#define LINES	   (2 * RADIUS_MAX + 1)

static uint32_t clamp(int64_t at, uint32_t size)
{
#pragma HLS INLINE
	return at < 0 ? 0 : at < (int64_t)size ? (uint32_t)at : size - 1;
}

void pelton_blur(const uint8_t *in, uint8_t *out, uint32_t height, uint32_t width, uint32_t radius,
		 uint32_t frames)
{
#pragma HLS INTERFACE m_axi port = in offset = slave bundle = gmem0
#pragma HLS INTERFACE m_axi port = out offset = slave bundle = gmem1
#pragma HLS INTERFACE s_axilite port = height
#pragma HLS INTERFACE s_axilite port = width
#pragma HLS INTERFACE s_axilite port = radius
#pragma HLS INTERFACE s_axilite port = frames
#pragma HLS INTERFACE s_axilite port = return
	static const uint32_t weights[2][LINES] = { { 0, 1, 2, 1, 0 }, { 1, 4, 6, 4, 1 } };
	uint8_t lines[LINES][WIDTH_MAX];
#pragma HLS ARRAY_PARTITION variable = lines dim = 1 complete
	const uint32_t *weight = weights[radius - 1];
	uint32_t shift = radius == 1 ? 4 : 8, half = 1u << (shift - 1);

	for (uint32_t frame = 0; frame < frames; frame++) {
		uint64_t start = (uint64_t)frame * height * width;

		/* RADIUS_MAX rows behind: a row can be made when those below it are there. */
		for (uint32_t row = 0; row < height + RADIUS_MAX; row++) {
			int64_t y = (int64_t)row - RADIUS_MAX;

			for (uint32_t x = 0; x < width && row < height; x++) {
#pragma HLS LOOP_TRIPCOUNT max = WIDTH_MAX
#pragma HLS PIPELINE II = 1
				lines[row % LINES][x] = in[start + (uint64_t)row * width + x];
			}
			if (y < 0)
				continue;
			for (uint32_t x = 0; x < width; x++) {
#pragma HLS LOOP_TRIPCOUNT max = WIDTH_MAX
#pragma HLS PIPELINE II = 1
				uint32_t sum = half;

				for (int j = 0; j < LINES; j++) {
#pragma HLS UNROLL
					uint32_t line = clamp(y + j - RADIUS_MAX, height) % LINES, across = 0;

					for (int i = 0; i < LINES; i++) {
#pragma HLS UNROLL
						across +=
							weight[i] *
							lines[line][clamp((int64_t)x + i - RADIUS_MAX, width)];
					}
					sum += weight[j] * across;
				}
				out[start + (uint64_t)y * width + x] = (uint8_t)(sum >> shift);
			}
		}
	}
}
