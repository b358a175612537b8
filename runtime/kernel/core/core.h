/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_CORE_H
#define PEL_CORE_H

#include "builtin.h"

extern const struct pel_kernel pel_core_add, pel_core_complex_join, pel_core_complex_split, pel_core_constant,
	pel_core_convert, pel_core_copy, pel_core_counter, pel_core_dedup, pel_core_deinterleave,
	pel_core_demux, pel_core_downsample, pel_core_fir, pel_core_group, pel_core_head, pel_core_interleave,
	pel_core_multiply, pel_core_mux, pel_core_null, pel_core_print, pel_core_repeat, pel_core_reshape,
	pel_core_rle_decode, pel_core_rle_encode, pel_core_route, pel_core_scale, pel_core_skip,
	pel_core_smooth, pel_core_subtract, pel_core_ungroup, pel_core_upsample;

/* do_it(0) do_it(1) ...: loops over registers are unrolled by hand, because compilers put an array of vectors into memory. */
#define PEL_EACH_1(do_it) do_it(0)
#define PEL_EACH_4(do_it) do_it(0) do_it(1) do_it(2) do_it(3)
#define PEL_EACH_8(do_it) PEL_EACH_4(do_it) do_it(4) do_it(5) do_it(6) do_it(7)
#define PEL_EACH_16(do_it) \
	PEL_EACH_8(do_it) do_it(8) do_it(9) do_it(10) do_it(11) do_it(12) do_it(13) do_it(14) do_it(15)

/*
 * pel_canonical_f32() of each float of `v`, which has the type `vector`; the type `vector_bits` is a vector of as many int32_t. Written so that gcc
 * generates a selection without branches.
 */
#define PEL_CANONICAL_VECTOR(v) \
	((vector)(((vector_bits)(v) & ~((v) != (v))) | (((v) != (v)) & PEL_CANONICAL_F32_BITS)))
#define PEL_CANONICAL_F32_BITS 0x7fc00000

/*
 * The loops of core.fir for an instruction set. Declared here for their test.
 *   tiles    compute n floats of output, a multiple of PEL_FIR_TILE: y[i] is the sum over k of taps[k] * x[at[k] + i]
 *   gather   for lanes that together fill PEL_FIR_COLUMN floats, each `stride` floats after the one before and each with `count` units: copy unit c
 *            of all lanes to the column at columns + place[c]. count is PEL_FIR_COLUMN or more
 *   scatter  the inverse, from `count` consecutive columns, a multiple of PEL_FIR_COLUMN
 * [0] is for units of one float, [1] for units of two floats. Columns are faster for filters without decimation with at least column_taps taps, and for
 * all filters with decimation. If column_taps is SIZE_MAX, columns are never used, and there is neither gather nor scatter.
 */
#define PEL_FIR_TILE   64
#define PEL_FIR_COLUMN 16
struct pel_fir_loops {
	size_t column_taps;
	void (*tiles)(float *restrict y, const float *restrict x, const ptrdiff_t *restrict at,
		      const float *restrict taps, size_t n_taps, size_t n);
	void (*gather[2])(float *restrict columns, const uint32_t *restrict place, const float *restrict x,
			  size_t stride, size_t count);
	void (*scatter[2])(float *restrict y, size_t stride, const float *restrict columns, size_t count);
};
const struct pel_fir_loops *pel_fir_loops(enum pel_cpu_level cpu);

/* For kernels that merge or split up to PEL_WAYS streams: ports NAME0 and NAME1, and optional ports up to NAME7. See interleave.c. */
#define PEL_WAYS 8
#define PEL_WAY(the_name, the_rate, text, the_flags)                                             \
	{                                                                                        \
		.name = the_name, .type = "T", .rate = the_rate, .flags = the_flags, .doc = text \
	}
#define PEL_WAY_PORTS(name, rate, text)                                     \
	PEL_WAY(name "0", rate, text, 0), PEL_WAY(name "1", rate, text, 0), \
		PEL_WAY(name "2", rate, text, PEL_PORT_OPTIONAL),           \
		PEL_WAY(name "3", rate, text, PEL_PORT_OPTIONAL),           \
		PEL_WAY(name "4", rate, text, PEL_PORT_OPTIONAL),           \
		PEL_WAY(name "5", rate, text, PEL_PORT_OPTIONAL),           \
		PEL_WAY(name "6", rate, text, PEL_PORT_OPTIONAL),           \
		PEL_WAY(name "7", rate, text, PEL_PORT_OPTIONAL),           \
	{                                                                   \
		0                                                           \
	}
/* Stores the numbers of the connected ports, in order, and returns how many there are. */
unsigned pel_connected_ways(const struct pel_info *info, bool many_in, unsigned ways[PEL_WAYS]);

#endif
