/* SPDX-License-Identifier: Apache-2.0 */
#include <stdint.h>

/*
 * image.sobel on an FPGA: `frames` images of height x width, width at most WIDTH_MAX. Three lines are kept on the chip: each row is read once,
 * in one burst. Pixels beyond the border equal the nearest inside.
 */
#define WIDTH_MAX 8192
#define LINES	  3

static uint32_t clamp(int64_t at, uint32_t size)
{
#pragma HLS INLINE
	return at < 0 ? 0 : at < (int64_t)size ? (uint32_t)at : size - 1;
}

void pelton_sobel(const uint8_t *in, uint8_t *out, uint32_t height, uint32_t width, uint32_t frames)
{
#pragma HLS INTERFACE m_axi port = in offset = slave bundle = gmem0
#pragma HLS INTERFACE m_axi port = out offset = slave bundle = gmem1
#pragma HLS INTERFACE s_axilite port = height
#pragma HLS INTERFACE s_axilite port = width
#pragma HLS INTERFACE s_axilite port = frames
#pragma HLS INTERFACE s_axilite port = return
	uint8_t lines[LINES][WIDTH_MAX];
#pragma HLS ARRAY_PARTITION variable = lines dim = 1 complete

	for (uint32_t frame = 0; frame < frames; frame++) {
		uint64_t start = (uint64_t)frame * height * width;

		/* One row behind: a row can be made when the one below it is there. */
		for (uint32_t row = 0; row < height + 1; row++) {
			uint32_t above, middle, below;

			for (uint32_t x = 0; x < width && row < height; x++) {
#pragma HLS LOOP_TRIPCOUNT max = WIDTH_MAX
#pragma HLS PIPELINE II = 1
				lines[row % LINES][x] = in[start + (uint64_t)row * width + x];
			}
			if (row == 0)
				continue;
			above = clamp((int64_t)row - 2, height) % LINES;
			middle = (row - 1) % LINES;
			below = clamp(row, height) % LINES;
			for (uint32_t x = 0; x < width; x++) {
#pragma HLS LOOP_TRIPCOUNT max = WIDTH_MAX
#pragma HLS PIPELINE II = 1
				uint32_t left = clamp((int64_t)x - 1, width),
					 right = clamp((int64_t)x + 1, width);
				int gx = lines[above][right] + 2 * lines[middle][right] + lines[below][right] -
					 lines[above][left] - 2 * lines[middle][left] - lines[below][left];
				int gy = lines[below][left] + 2 * lines[below][x] + lines[below][right] -
					 lines[above][left] - 2 * lines[above][x] - lines[above][right];
				int size = (gx < 0 ? -gx : gx) + (gy < 0 ? -gy : gy);

				out[start + (uint64_t)(row - 1) * width + x] =
					(uint8_t)(size > 255 ? 255 : size);
			}
		}
	}
}
