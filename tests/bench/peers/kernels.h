/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PELTON_PEERS_KERNELS_H
#define PELTON_PEERS_KERNELS_H

#include "../angle.h"
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/*
 * The computations of all peers, in plain C, so that peers differ only in how they connect stages. The formulas are those of
 * bench.source, core.scale, bench.sink, dsp.resample and dsp.fm_demod.
 */

/* ---- W2: source, N stages of y = a*x + b, sink ---- */

static inline void w2_source(float *__restrict y, uint64_t first, size_t n)
{
	uint32_t start = (uint32_t)first;

	for (uint32_t i = 0; i < (uint32_t)n; i++)
		y[i] = (float)(int32_t)((start + i) & 0xffff) * 0x1p-16f;
}

static inline float w2_offset(unsigned k)
{
	return (float)(0.25 + 0.001 * (k % 97));
}

static inline void w2_stage(float *__restrict y, const float *__restrict x, size_t n, float offset)
{
	for (size_t i = 0; i < n; i++)
		y[i] = 0.75f * x[i] + offset;
}

static inline void w2_stage_in_place(float *y, size_t n, float offset)
{
	for (size_t i = 0; i < n; i++)
		y[i] = 0.75f * y[i] + offset;
}

static inline uint64_t sink_sum(const float *__restrict x, size_t n)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < n; i++) {
		uint32_t bits;

		memcpy(&bits, &x[i], sizeof(bits));
		sum += bits;
	}
	return sum;
}

/*
 * ---- W3: complex FIR with 64 taps, decimate by 4; FM demodulator; FIR with 32 taps; sink ----
 *
 * A stage reads what came before its window, which is 0 before the first token: FIR64_BEFORE complex samples, one, and
 * FIR32_BEFORE floats. Sums go from the newest sample to the oldest. In Pelton: two bench.source, the imaginary part's
 * with seed 16384, core.complex_join, dsp.resample, dsp.fm_demod, dsp.resample and bench.sink give the same checksum.
 */
#define FIR64_BEFORE 64u
#define FIR32_BEFORE 32u
#define FIR_BLOCK    64u /* outputs a step; windows are multiples of it */

static inline void w3_source(float *__restrict y, uint64_t first, size_t n)
{
	uint32_t start = (uint32_t)first;

	for (uint32_t i = 0; i < (uint32_t)n; i++) {
		y[2 * i] = (float)(int32_t)((start + i) & 0xffff) * 0x1p-16f;
		y[2 * i + 1] = (float)(int32_t)((start + i + 16384) & 0xffff) * 0x1p-16f;
	}
}

static inline float w3_tap64(unsigned k)
{
	return (float)(k < 32 ? k + 1 : 64 - k) / 1056.0f;
}

static inline float w3_tap32(unsigned k)
{
	return (float)(k < 16 ? k + 1 : 32 - k) / 272.0f;
}

/* Sums of outputs beside each other, which stay in registers. */
typedef float w3_lanes __attribute__((vector_size(64), aligned(4), may_alias));

/* n outputs of 4 * n complex inputs. */
static inline void w3_fir64(float *__restrict y, const float *__restrict x, size_t n)
{
	enum { LANES = 16, GROUPS = FIR_BLOCK / LANES, LONG = FIR_BLOCK + FIR64_BEFORE / 4 };

	for (size_t at = 0; at < n; at += FIR_BLOCK) {
		const float *window = x + 8 * at - 2 * FIR64_BEFORE;
		float re[4][LONG], im[4][LONG];
		w3_lanes sum_re[GROUPS] = { { 0 } }, sum_im[GROUPS] = { { 0 } };

		for (size_t i = 0; i < LONG; i++)
			for (size_t phase = 0; phase < 4; phase++) {
				re[phase][i] = window[8 * i + 2 * phase];
				im[phase][i] = window[8 * i + 2 * phase + 1];
			}
		for (unsigned k = 0; k < 64; k++) {
			unsigned phase = (64 - k) % 4, from = FIR64_BEFORE / 4 - (k + 3) / 4;
			float tap = w3_tap64(k);

			for (unsigned g = 0; g < GROUPS; g++) {
				sum_re[g] += tap * *(const w3_lanes *)&re[phase][from + LANES * g];
				sum_im[g] += tap * *(const w3_lanes *)&im[phase][from + LANES * g];
			}
		}
		for (unsigned g = 0; g < GROUPS; g++)
			for (unsigned i = 0; i < LANES; i++) {
				y[2 * (at + LANES * g + i)] = sum_re[g][i];
				y[2 * (at + LANES * g + i) + 1] = sum_im[g][i];
			}
	}
}

static inline void w3_demodulate(float *__restrict y, const float *__restrict x, size_t n)
{
	const float *before = x - 2;

	for (size_t i = 0; i < n; i++) {
		float was_re = before[2 * i], was_im = before[2 * i + 1], re = before[2 * i + 2],
		      im = before[2 * i + 3];

		y[i] = w3_angle(re * was_re + im * was_im, im * was_re - re * was_im);
	}
}

static inline void w3_fir32(float *__restrict y, const float *__restrict x, size_t n)
{
	enum { LANES = 16, GROUPS = FIR_BLOCK / LANES };

	for (size_t at = 0; at < n; at += FIR_BLOCK) {
		w3_lanes sum[GROUPS] = { { 0 } };

		for (unsigned k = 0; k < 32; k++) {
			float tap = w3_tap32(k);

			for (unsigned g = 0; g < GROUPS; g++)
				sum[g] += tap * *(const w3_lanes *)&x[at + LANES * g - k];
		}
		for (unsigned g = 0; g < GROUPS; g++)
			*(w3_lanes *)&y[at + LANES * g] = sum[g];
	}
}

#endif
