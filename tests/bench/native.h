/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PELTON_BENCH_NATIVE_H
#define PELTON_BENCH_NATIVE_H

#include <stdint.h>

/*
 * Programs written by hand for these workloads and this machine: only native.c is built with -march=native. Sums have the same order as in
 * Pelton's kernels, without fused multiply-add, so the results are bit-identical.
 */

#define NATIVE_STAGES_MAX 64u

/*
 * W2: tokens 0 .. tokens-1 of bench.source through `stages` of y = gain[k] * x + offset[k], in chunks that stay in the first-level cache.
 * `threads` share them out chunk by chunk. Returns the sum of the results' bit patterns.
 */
uint64_t native_chain(uint64_t tokens, unsigned stages, const float *gain, const float *offset,
		      unsigned threads);

#define NATIVE_TAPS_FIRST  64u
#define NATIVE_TAPS_SECOND 32u
#define NATIVE_DECIMATE	   4u

/*
 * W3: tokens 0 .. samples-1 of bench.tone (a multiple of NATIVE_DECIMATE), filtered and decimated, demodulated, filtered: one thread, all in
 * the first-level cache. Returns the sum of the results' bit patterns.
 */
uint64_t native_radio(uint64_t samples, const float first[NATIVE_TAPS_FIRST],
		      const float second[NATIVE_TAPS_SECOND]);

#endif
