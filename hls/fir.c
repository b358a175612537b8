/* SPDX-License-Identifier: Apache-2.0 */
#include <stdint.h>

/*
 * core.fir on an FPGA: out[m] = sum over k of taps[k] * x[m * decimate - k], in the order of k, for n outputs. `in` begins with the history: x[0] is
 * in[n_taps - 1]. The last n_taps numbers stand in a ring of registers; taps come to the chip once a call.
 */
#define TAPS_MAX 1024

void pelton_fir_f32(const float *in, float *out, const float *taps, uint32_t n_taps, uint32_t decimate,
		    uint32_t n)
{
#pragma HLS INTERFACE m_axi port = in offset = slave bundle = gmem0
#pragma HLS INTERFACE m_axi port = out offset = slave bundle = gmem1
#pragma HLS INTERFACE m_axi port = taps offset = slave bundle = gmem2
#pragma HLS INTERFACE s_axilite port = n_taps
#pragma HLS INTERFACE s_axilite port = decimate
#pragma HLS INTERFACE s_axilite port = n
#pragma HLS INTERFACE s_axilite port = return
	float tap[TAPS_MAX], ring[TAPS_MAX];
	uint32_t head = 0; /* where the next number goes */
	uint64_t next = 0;

	for (uint32_t k = 0; k < n_taps; k++) {
#pragma HLS LOOP_TRIPCOUNT min = 1 max = TAPS_MAX
#pragma HLS PIPELINE II = 1
		tap[k] = taps[k];
		ring[k] = 0;
	}
	for (uint32_t k = 0; k + 1 < n_taps; k++) {
#pragma HLS PIPELINE II = 1
		ring[k] = in[next++];
		head = k + 1;
	}
	for (uint32_t m = 0; m < n; m++) {
		float sum = 0;
		uint32_t at;

		ring[head] = in[next++];
		at = head;
		head = head + 1 == n_taps ? 0 : head + 1;
		for (uint32_t k = 0; k < n_taps; k++) {
#pragma HLS LOOP_TRIPCOUNT min = 1 max = TAPS_MAX
#pragma HLS PIPELINE
			float product = tap[k] * ring[at];

			sum = sum + product;
			at = at == 0 ? n_taps - 1 : at - 1;
		}
		out[m] = sum;
		for (uint32_t d = 1; d < decimate && m + 1 < n; d++) {
#pragma HLS PIPELINE II = 1
			ring[head] = in[next++];
			head = head + 1 == n_taps ? 0 : head + 1;
		}
	}
}

/* The same for pairs of real and imaginary parts, each filtered by itself. */
void pelton_fir_cf32(const float *in, float *out, const float *taps, uint32_t n_taps, uint32_t decimate,
		     uint32_t n)
{
#pragma HLS INTERFACE m_axi port = in offset = slave bundle = gmem0
#pragma HLS INTERFACE m_axi port = out offset = slave bundle = gmem1
#pragma HLS INTERFACE m_axi port = taps offset = slave bundle = gmem2
#pragma HLS INTERFACE s_axilite port = n_taps
#pragma HLS INTERFACE s_axilite port = decimate
#pragma HLS INTERFACE s_axilite port = n
#pragma HLS INTERFACE s_axilite port = return
	float tap[TAPS_MAX], re[TAPS_MAX], im[TAPS_MAX];
	uint32_t head = 0;
	uint64_t next = 0;

	for (uint32_t k = 0; k < n_taps; k++) {
#pragma HLS LOOP_TRIPCOUNT min = 1 max = TAPS_MAX
#pragma HLS PIPELINE II = 1
		tap[k] = taps[k];
		re[k] = im[k] = 0;
	}
	for (uint32_t k = 0; k + 1 < n_taps; k++) {
#pragma HLS PIPELINE II = 2
		re[k] = in[next++];
		im[k] = in[next++];
		head = k + 1;
	}
	for (uint32_t m = 0; m < n; m++) {
		float sum_re = 0, sum_im = 0;
		uint32_t at;

		re[head] = in[next++];
		im[head] = in[next++];
		at = head;
		head = head + 1 == n_taps ? 0 : head + 1;
		for (uint32_t k = 0; k < n_taps; k++) {
#pragma HLS LOOP_TRIPCOUNT min = 1 max = TAPS_MAX
#pragma HLS PIPELINE
			float product_re = tap[k] * re[at], product_im = tap[k] * im[at];

			sum_re = sum_re + product_re;
			sum_im = sum_im + product_im;
			at = at == 0 ? n_taps - 1 : at - 1;
		}
		out[2 * m] = sum_re;
		out[2 * m + 1] = sum_im;
		for (uint32_t d = 1; d < decimate && m + 1 < n; d++) {
#pragma HLS PIPELINE II = 2
			re[head] = in[next++];
			im[head] = in[next++];
			head = head + 1 == n_taps ? 0 : head + 1;
		}
	}
}
