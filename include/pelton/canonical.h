/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PELTON_CANONICAL_H
#define PELTON_CANONICAL_H

/*
 * x, but for every NaN the same one: quiet, positive, with no payload (bits 0x7fc00000, 0x7ff8000000000000). IEEE 754 leaves the sign and the payload
 * of a computed NaN open, and on x86 they depend on the order of the operands. A kernel whose forms must give the same bits applies this to
 * each number that it has computed, just before it stores it. Whether a result is a NaN never depends on the bits of another NaN, so once, at the end,
 * is enough. It is a comparison and a choice, in vectors too.
 *
 * The same text is in include/pelton/ for kernels and in hls/ for their FPGA forms.
 */
static inline float pel_canonical_f32(float x)
{
	return x != x ? __builtin_nanf("") : x;
}

static inline double pel_canonical_f64(double x)
{
	return x != x ? __builtin_nan("") : x;
}

#endif
