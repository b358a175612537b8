/* SPDX-License-Identifier: Apache-2.0 */
#include <stdint.h>

#define WIDTH_MAX 8192 /* as in runtime/kernel/image/filters.c */

static int32_t magnitude(int32_t x)
{
#pragma HLS INLINE
	return x < 0 ? -x : x;
}

/*
 * Compute a row of the output from the rows above, at and below it. `smooth` and `slope` hold values of the last three columns. They are shifted by
 * one for each column. At the start, they are filled with the values of the first column, which is repeated beyond the left border.
 */
static void sobel_row(uint8_t line[3][WIDTH_MAX], uint8_t *out, uint32_t above, uint32_t here, uint32_t below,
		      uint32_t width)
{
#pragma HLS INLINE
	int32_t smooth[3] = { 0, 0, 0 }, slope[3] = { 0, 0, 0 };
#pragma HLS ARRAY_PARTITION variable = smooth type = complete
#pragma HLS ARRAY_PARTITION variable = slope type = complete

	for (uint32_t x = 0; x < width + 1; x++) {
#pragma HLS LOOP_TRIPCOUNT min = 2 max = 8193
#pragma HLS PIPELINE II = 1
		uint32_t at = x < width ? x : width - 1; /* beyond the right border: the last column */
		int32_t a = line[above][at], b = line[here][at], c = line[below][at];
		int32_t gx, gy, size;

		for (unsigned i = 0; i < 2; i++) {
#pragma HLS UNROLL
			smooth[i] = x ? smooth[i + 1] : a + 2 * b + c;
			slope[i] = x ? slope[i + 1] : c - a;
		}
		smooth[2] = a + 2 * b + c;
		slope[2] = c - a;
		gx = smooth[2] - smooth[0];
		gy = slope[0] + 2 * slope[1] + slope[2];
		size = magnitude(gx) + magnitude(gy);
		if (x)
			out[x - 1] = (uint8_t)(size > 255 ? 255 : size);
	}
}

/*
 * The FPGA implementation of image.sobel: min(255, |gx| + |gy|). Beyond the border, the nearest pixels are repeated. At most WIDTH_MAX columns. The
 * last three rows are buffered on chip, so every row is read once.
 */
void pelton_sobel(const uint8_t *in, uint8_t *out, uint32_t height, uint32_t width, uint32_t frames)
{
#pragma HLS INTERFACE m_axi port = in offset = slave bundle = gmem0
#pragma HLS INTERFACE m_axi port = out offset = slave bundle = gmem1
#pragma HLS INTERFACE s_axilite port = in
#pragma HLS INTERFACE s_axilite port = out
#pragma HLS INTERFACE s_axilite port = height
#pragma HLS INTERFACE s_axilite port = width
#pragma HLS INTERFACE s_axilite port = frames
#pragma HLS INTERFACE s_axilite port = return
	uint8_t line[3][WIDTH_MAX];
#pragma HLS ARRAY_PARTITION variable = line type = complete dim = 1

	for (uint32_t frame = 0; frame < frames; frame++) {
#pragma HLS LOOP_TRIPCOUNT min = 1 max = 4
		uint64_t start = (uint64_t)frame * height * width;

		/* Row `y` is read; the row before it is written. */
		for (uint64_t y = 0; y < (uint64_t)height + 1; y++) {
#pragma HLS LOOP_TRIPCOUNT min = 2 max = 4321
			for (uint32_t x = 0; y < height && x < width; x++) {
#pragma HLS LOOP_TRIPCOUNT min = 1 max = 8192
#pragma HLS PIPELINE II = 1
				line[y % 3][x] = in[start + y * width + x];
			}
			if (y)
				sobel_row(line, out + start + (y - 1) * width, (y > 1 ? y - 2 : 0) % 3,
					  (y - 1) % 3, (y < height ? y : height - 1) % 3, width);
		}
	}
}
