/* SPDX-License-Identifier: Apache-2.0 */
#include <stdint.h>

#define WIDTH_MAX 8192 /* as in runtime/kernel/image/filters.c */
#define REACH	  2    /* of the widest weights, in each direction */
#define SPAN	  (2 * REACH + 1)

/* The index, among the buffered rows, of row `y` of the image; outside the image, of the nearest row. */
static uint32_t line_of(int64_t y, uint32_t height)
{
#pragma HLS INLINE
	int64_t inside = y < 0 ? 0 : y < (int64_t)height ? y : (int64_t)height - 1;

	return (uint32_t)(inside % SPAN);
}

/*
 * Compute row `y` of the output. `sums` holds the weighted sums of the last SPAN columns. It is shifted by one for each column. At the start, it is
 * filled with the sum of the first column, which is repeated beyond the left border.
 */
static void blur_row(uint8_t line[SPAN][WIDTH_MAX], uint8_t *out, uint32_t y, uint32_t height, uint32_t width,
		     uint32_t radius)
{
#pragma HLS INLINE
	const uint32_t outer = radius == 1 ? 0 : 1, inner = radius == 1 ? 1 : 4, middle = radius == 1 ? 2 : 6;
	const uint32_t half = radius == 1 ? 8 : 128, shift = radius == 1 ? 4 : 8;
	uint32_t row[SPAN], sums[SPAN];
#pragma HLS ARRAY_PARTITION variable = row type = complete
#pragma HLS ARRAY_PARTITION variable = sums type = complete

	for (unsigned i = 0; i < SPAN; i++) {
#pragma HLS UNROLL
		row[i] = line_of((int64_t)y + i - REACH, height);
		sums[i] = 0;
	}
	for (uint32_t x = 0; x < width + REACH; x++) {
#pragma HLS LOOP_TRIPCOUNT min = 3 max = 8194
#pragma HLS PIPELINE II = 1
		uint32_t at = x < width ? x : width - 1; /* beyond the right border: the last column */
		uint32_t sum = outer * line[row[0]][at] + inner * line[row[1]][at] +
			       middle * line[row[2]][at] + inner * line[row[3]][at] + outer * line[row[4]][at];

		for (unsigned i = 0; i + 1 < SPAN; i++) {
#pragma HLS UNROLL
			sums[i] = x ? sums[i + 1] : sum;
		}
		sums[SPAN - 1] = sum;
		if (x >= REACH)
			out[x - REACH] = (uint8_t)((outer * (sums[0] + sums[4]) +
						    inner * (sums[1] + sums[3]) + middle * sums[2] + half) >>
						   shift);
	}
}

/*
 * The FPGA implementation of image.blur: weights 1 2 1 or, with radius 2, 1 4 6 4 1 in both directions; the sum is divided by the sum of the weights
 * and rounded. Beyond the border, the nearest pixels are repeated. At most WIDTH_MAX columns. The last SPAN rows are buffered on chip, so every row is
 * read once.
 */
void pelton_blur(const uint8_t *in, uint8_t *out, uint32_t height, uint32_t width, uint32_t radius,
		 uint32_t frames)
{
#pragma HLS INTERFACE m_axi port = in offset = slave bundle = gmem0
#pragma HLS INTERFACE m_axi port = out offset = slave bundle = gmem1
#pragma HLS INTERFACE s_axilite port = in
#pragma HLS INTERFACE s_axilite port = out
#pragma HLS INTERFACE s_axilite port = height
#pragma HLS INTERFACE s_axilite port = width
#pragma HLS INTERFACE s_axilite port = radius
#pragma HLS INTERFACE s_axilite port = frames
#pragma HLS INTERFACE s_axilite port = return
	uint8_t line[SPAN][WIDTH_MAX];
#pragma HLS ARRAY_PARTITION variable = line type = complete dim = 1

	for (uint32_t frame = 0; frame < frames; frame++) {
#pragma HLS LOOP_TRIPCOUNT min = 1 max = 4
		uint64_t start = (uint64_t)frame * height * width;

		for (uint64_t y = 0; y < (uint64_t)height + REACH; y++) {
#pragma HLS LOOP_TRIPCOUNT min = 3 max = 4322
			for (uint32_t x = 0; y < height && x < width; x++) {
#pragma HLS LOOP_TRIPCOUNT min = 1 max = 8192
#pragma HLS PIPELINE II = 1
				line[y % SPAN][x] = in[start + y * width + x];
			}
			if (y >= REACH)
				blur_row(line, out + start + (y - REACH) * width, (uint32_t)(y - REACH),
					 height, width, radius);
		}
	}
}
