/* SPDX-License-Identifier: Apache-2.0 */
#include <stdint.h>
#include "canonical.h"

/*
 * The FPGA implementations of core.fir: out[m] is the sum over k of taps[k] * in[m*decimate + n_taps-1 - k]; `in` starts with the n_taps-1 tokens
 * before the new ones. Every sum starts at 0 and is computed in the order of k. Leave unsafe math optimizations off, since they would turn the sum
 * into a tree, and do not fuse products and sums.
 *
 * An adder must not wait for its own result. So BLOCK sums are computed in parallel, LANES of them in every clock cycle, and each sum is
 * updated only every BLOCK / LANES cycles. Each lane has its own copy of the block's input. A block with fewer outputs, at the end or where the
 * input would not fit, takes as long as a full one, because its sums would otherwise be updated too soon.
 */
#define TAPS_MAX 1024 /* as in runtime/kernel/core/fir.c */
#define BLOCK	 128
#define LANES	 8
#define WINDOW	 9152 /* in elements: enough for a full block when decimating by 64 */

/* `parts` is a constant: the number of floats per element. Lane l processes part l % parts. */
static void fir(const float *in, float *out, const float *taps, uint32_t n_taps, uint32_t decimate,
		uint64_t n, const unsigned parts)
{
#pragma HLS INLINE
	const uint64_t fitting = 1 + (WINDOW - n_taps) / decimate;
	const uint64_t outputs = fitting < BLOCK / parts ? fitting : BLOCK / parts;
	float tap[TAPS_MAX];
	float window[LANES][WINDOW];
	float sum[LANES][BLOCK / LANES];
#pragma HLS ARRAY_PARTITION variable = window type = complete dim = 1
#pragma HLS ARRAY_PARTITION variable = sum type = complete dim = 1

	for (uint32_t k = 0; k < n_taps; k++) {
#pragma HLS LOOP_TRIPCOUNT min = 1 max = 1024
#pragma HLS PIPELINE II = 1
		tap[k] = taps[k];
	}
	for (uint64_t done = 0; done < n; done += outputs) {
#pragma HLS LOOP_TRIPCOUNT min = 1 max = 512
		uint32_t some = (uint32_t)(n - done < outputs ? n - done : outputs);
		uint32_t have = ((some - 1) * decimate + n_taps) * parts;
		const float *from = in + done * decimate * parts;

		for (uint32_t j = 0; j < have; j++) {
#pragma HLS LOOP_TRIPCOUNT min = 1 max = 9152
#pragma HLS PIPELINE II = 1
			float x = from[j];

			for (unsigned lane = 0; lane < LANES; lane++) {
#pragma HLS UNROLL
				if (lane % parts == j % parts)
					window[lane][j / parts] = x;
			}
		}
		for (unsigned i = 0; i < BLOCK / LANES; i++) {
#pragma HLS PIPELINE II = 1
			for (unsigned lane = 0; lane < LANES; lane++) {
#pragma HLS UNROLL
				sum[lane][i] = 0;
			}
		}
		for (uint32_t k = 0; k < n_taps; k++) {
#pragma HLS LOOP_TRIPCOUNT min = 1 max = 1024
			for (unsigned i = 0; i < BLOCK / LANES; i++) {
#pragma HLS PIPELINE II = 1
#pragma HLS DEPENDENCE variable = sum type = inter direction = RAW distance = 16 dependent = true
				for (unsigned lane = 0; lane < LANES; lane++) {
#pragma HLS UNROLL
					uint32_t m = i * (LANES / parts) + lane / parts;
					uint32_t start = m < some ? m * decimate
								  : 0; /* else the result is not used */
					float product = tap[k] * window[lane][start + n_taps - 1 - k];

					sum[lane][i] = sum[lane][i] + product;
				}
			}
		}
		for (uint32_t j = 0; j < some * parts; j++) {
#pragma HLS LOOP_TRIPCOUNT min = 1 max = 128
#pragma HLS PIPELINE II = 1
			out[done * parts + j] = pel_canonical_f32(sum[j % LANES][j / LANES]);
		}
	}
}

void pelton_fir_f32(const float *in, float *out, const float *taps, uint32_t n_taps, uint32_t decimate,
		    uint64_t n)
{
#pragma HLS INTERFACE m_axi port = in offset = slave bundle = gmem0
#pragma HLS INTERFACE m_axi port = taps offset = slave bundle = gmem1
#pragma HLS INTERFACE m_axi port = out offset = slave bundle = gmem2
#pragma HLS INTERFACE s_axilite port = in
#pragma HLS INTERFACE s_axilite port = taps
#pragma HLS INTERFACE s_axilite port = out
#pragma HLS INTERFACE s_axilite port = n_taps
#pragma HLS INTERFACE s_axilite port = decimate
#pragma HLS INTERFACE s_axilite port = n
#pragma HLS INTERFACE s_axilite port = return
	fir(in, out, taps, n_taps, decimate, n, 1);
}

/* Complex elements are pairs of floats; the taps are real. */
void pelton_fir_cf32(const float *in, float *out, const float *taps, uint32_t n_taps, uint32_t decimate,
		     uint64_t n)
{
#pragma HLS INTERFACE m_axi port = in offset = slave bundle = gmem0
#pragma HLS INTERFACE m_axi port = taps offset = slave bundle = gmem1
#pragma HLS INTERFACE m_axi port = out offset = slave bundle = gmem2
#pragma HLS INTERFACE s_axilite port = in
#pragma HLS INTERFACE s_axilite port = taps
#pragma HLS INTERFACE s_axilite port = out
#pragma HLS INTERFACE s_axilite port = n_taps
#pragma HLS INTERFACE s_axilite port = decimate
#pragma HLS INTERFACE s_axilite port = n
#pragma HLS INTERFACE s_axilite port = return
	fir(in, out, taps, n_taps, decimate, n, 2);
}
