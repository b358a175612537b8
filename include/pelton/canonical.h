/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PELTON_CANONICAL_H
#define PELTON_CANONICAL_H

/*
 * x, with every NaN replaced by the same one: quiet, positive, with no payload (bits 0x7fc00000,
 * 0x7ff8000000000000). IEEE 754 does not define the sign and the payload of a computed NaN, and on x86 they
 * depend on the order of the operands. A kernel whose implementations must all give the same bits applies
 * this to each computed number just before it stores it. Once, at the end, is enough: whether a result is a
 * NaN never depends on the bits of another NaN. It compiles to a comparison and a select, also in vector
 * code.
 *
 * This file exists twice: in include/pelton/ for kernels, and in hls/ for their FPGA implementations.
 */
static inline float pel_canonical_f32(float x)
{
	return x != x ? __builtin_nanf("") : x;
}

/* The same for a double. */
static inline double pel_canonical_f64(double x)
{
	return x != x ? __builtin_nan("") : x;
}

#endif
