/* SPDX-License-Identifier: Apache-2.0 */
#include "core.h"

#include <string.h>

/*
 * The inner loops of core.fir, defined separately for each register width, because a compiler moves vectors of any other width through memory.
 * PEL_CLONES cannot be used, because the types differ.
 */

/* ---- sums ---- */

/* Use as many sums as there are registers, to share the two loads that each tap costs. */
#define START_SUM(i) vector sum##i = { 0 };
#define ADD_TAP(i)                                                  \
	memcpy(&v, p + (i) * sizeof(v) / sizeof(float), sizeof(v)); \
	sum##i += taps[k] * v;
#define FINISH_SUM(i) sum##i = PEL_CANONICAL_VECTOR(sum##i);
#define STORE_SUM(i)  memcpy(y + (i) * sizeof(v) / sizeof(float), &sum##i, sizeof(v));

#define SUMS(n_sums, EACH)                                                       \
	for (size_t step = (n_sums) * sizeof(vector) / sizeof(float); n >= step; \
	     n -= step, y += step, x += step) {                                  \
		vector v;                                                        \
		EACH(START_SUM)                                                  \
                                                                                 \
		for (size_t k = 0; k < n_taps; k++) {                            \
			const float *p = x + at[k];                              \
                                                                                 \
			EACH(ADD_TAP)                                            \
		}                                                                \
		EACH(FINISH_SUM) EACH(STORE_SUM)                                 \
	}

#define TILES(name, lanes, LOOPS, ...)                                                                         \
	__VA_ARGS__ static void name(float *restrict y, const float *restrict x, const ptrdiff_t *restrict at, \
				     const float *restrict taps, size_t n_taps, size_t n)                      \
	{                                                                                                      \
		typedef float vector __attribute__((vector_size((lanes) * sizeof(float))));                    \
		typedef int32_t vector_bits __attribute__((vector_size((lanes) * sizeof(int32_t))));           \
                                                                                                               \
		LOOPS                                                                                          \
	}

/* ---- transposition ---- */

/*
 * A square of `n` vectors of `n` units is transposed in log2(n) steps: the step for s swaps the two off-diagonal blocks of s by s units in each block of
 * 2s by 2s (Eklundh, "A Fast Computer Method for Matrix Transposing", 1972).
 */
#define LOW(p, n, s)	     ((p) & (s) ? (p) - (s) + (n) : (p))
#define HIGH(p, n, s)	     ((p) & (s) ? (p) + (n) : (p) + (s))
#define PLACES_2(SIDE, n, s) SIDE(0, n, s), SIDE(1, n, s)
#define PLACES_4(SIDE, n, s) PLACES_2(SIDE, n, s), SIDE(2, n, s), SIDE(3, n, s)
#define PLACES_8(SIDE, n, s) PLACES_4(SIDE, n, s), SIDE(4, n, s), SIDE(5, n, s), SIDE(6, n, s), SIDE(7, n, s)
#define PLACES_16(SIDE, n, s)                                                                               \
	PLACES_8(SIDE, n, s), SIDE(8, n, s), SIDE(9, n, s), SIDE(10, n, s), SIDE(11, n, s), SIDE(12, n, s), \
		SIDE(13, n, s), SIDE(14, n, s), SIDE(15, n, s)

#define CROSS(a, b, n, s)                                                                \
	do {                                                                             \
		vector low = __builtin_shufflevector(v##a, v##b, PLACES_##n(LOW, n, s)); \
                                                                                         \
		v##b = __builtin_shufflevector(v##a, v##b, PLACES_##n(HIGH, n, s));      \
		v##a = low;                                                              \
	} while (0)
/* All pairs of `a` and `a` + s among a quarter, a half and all of 16. */
#define STEP_1(n)          \
	CROSS(0, 1, n, 1); \
	CROSS(2, 3, n, 1)
#define STEP_2(n)          \
	CROSS(0, 2, n, 2); \
	CROSS(1, 3, n, 2)
#define STEP_1_8(n)        \
	STEP_1(n);         \
	CROSS(4, 5, n, 1); \
	CROSS(6, 7, n, 1)
#define STEP_2_8(n)        \
	STEP_2(n);         \
	CROSS(4, 6, n, 2); \
	CROSS(5, 7, n, 2)
#define STEP_4_8(n)        \
	CROSS(0, 4, n, 4); \
	CROSS(1, 5, n, 4); \
	CROSS(2, 6, n, 4); \
	CROSS(3, 7, n, 4)
#define TURN_4     \
	STEP_1(4); \
	STEP_2(4)
#define TURN_8       \
	STEP_1_8(8); \
	STEP_2_8(8); \
	STEP_4_8(8)
#define TURN_16               \
	STEP_1_8(16);         \
	CROSS(8, 9, 16, 1);   \
	CROSS(10, 11, 16, 1); \
	CROSS(12, 13, 16, 1); \
	CROSS(14, 15, 16, 1); \
	STEP_2_8(16);         \
	CROSS(8, 10, 16, 2);  \
	CROSS(9, 11, 16, 2);  \
	CROSS(12, 14, 16, 2); \
	CROSS(13, 15, 16, 2); \
	STEP_4_8(16);         \
	CROSS(8, 12, 16, 4);  \
	CROSS(9, 13, 16, 4);  \
	CROSS(10, 14, 16, 4); \
	CROSS(11, 15, 16, 4); \
	CROSS(0, 8, 16, 8);   \
	CROSS(1, 9, 16, 8);   \
	CROSS(2, 10, 16, 8);  \
	CROSS(3, 11, 16, 8);  \
	CROSS(4, 12, 16, 8);  \
	CROSS(5, 13, 16, 8);  \
	CROSS(6, 14, 16, 8);  \
	CROSS(7, 15, 16, 8)

#define DECLARE(i)     vector v##i;
#define FROM_LANE(i)   memcpy(&v##i, from + (i)*stride, sizeof(vector));
#define TO_COLUMN(i)   memcpy(to + place[c + (i)], &v##i, sizeof(vector));
#define FROM_COLUMN(i) memcpy(&v##i, from + (i)*PEL_FIR_COLUMN, sizeof(vector));
#define TO_LANE(i)     memcpy(to + (i)*stride, &v##i, sizeof(vector));

/* Vectors of n units of the type. The last one of each lane overlaps the one before it. The second one overlaps the first, so that those after it are aligned. */
#define TURNS(name, type, n, ...)                                                                      \
	__VA_ARGS__ static void gather_##name(float *restrict columns, const uint32_t *restrict place, \
					      const float *restrict x, size_t stride, size_t count)    \
	{                                                                                              \
		typedef type vector __attribute__((vector_size((n) * sizeof(type))));                  \
		enum { UNIT = sizeof(type) / sizeof(float) };                                          \
		size_t ahead = (uintptr_t)x % sizeof(vector) / sizeof(type);                           \
                                                                                                       \
		for (size_t c = 0, next;; c = next) {                                                  \
			for (size_t lane = 0; lane < PEL_FIR_COLUMN / UNIT; lane += (n)) {             \
				const float *from = x + lane * stride + c * UNIT;                      \
				float *to = columns + lane * UNIT;                                     \
                                                                                                       \
				PEL_EACH_##n(DECLARE) PEL_EACH_##n(FROM_LANE) TURN_##n;                \
				PEL_EACH_##n(TO_COLUMN)                                                \
			}                                                                              \
			if (c + (n) == count)                                                          \
				break;                                                                 \
			next = c + (n) - (c ? 0 : ahead);                                              \
			if (next + (n) > count)                                                        \
				next = count - (n);                                                    \
		}                                                                                      \
	}                                                                                              \
                                                                                                       \
	__VA_ARGS__ static void scatter_##name(float *restrict y, size_t stride,                       \
					       const float *restrict columns, size_t count)            \
	{                                                                                              \
		typedef type vector __attribute__((vector_size((n) * sizeof(type))));                  \
		enum { UNIT = sizeof(type) / sizeof(float) };                                          \
                                                                                                       \
		for (size_t c = 0; c < count; c += (n))                                                \
			for (size_t lane = 0; lane < PEL_FIR_COLUMN / UNIT; lane += (n)) {             \
				const float *from = columns + c * PEL_FIR_COLUMN + lane * UNIT;        \
				float *to = y + lane * stride + c * UNIT;                              \
                                                                                                       \
				PEL_EACH_##n(DECLARE) PEL_EACH_##n(FROM_COLUMN) TURN_##n;              \
				PEL_EACH_##n(TO_LANE)                                                  \
			}                                                                              \
	}

/* ---- all of them ---- */

#define LOOPS(name, taps)                                                                              \
	static const struct pel_fir_loops name = { .tiles = tiles_##name,                              \
						   .column_taps = (taps),                              \
						   .gather = { gather_##name##_1, gather_##name##_2 }, \
						   .scatter = { scatter_##name##_1, scatter_##name##_2 } };

/* The minimum numbers of taps were measured. Vectors of 16 bytes rarely cross a cache line. */
TILES(tiles_any, 4, SUMS(8, PEL_EACH_8))
static const struct pel_fir_loops any = { .tiles = tiles_any, .column_taps = SIZE_MAX };
#ifdef __x86_64__
#define AVX2	__attribute__((target("avx2")))
#define AVX512F __attribute__((target("avx512f")))
TILES(tiles_avx2, 8, SUMS(8, PEL_EACH_8), AVX2)
TURNS(avx2_1, int32_t, 8, AVX2)
TURNS(avx2_2, int64_t, 4, AVX2)
LOOPS(avx2, 24)
TILES(tiles_avx512f, 16, SUMS(16, PEL_EACH_16) SUMS(4, PEL_EACH_4), AVX512F)
TURNS(avx512f_1, int32_t, 16, AVX512F)
TURNS(avx512f_2, int64_t, 8, AVX512F)
LOOPS(avx512f, 12)
#endif

const struct pel_fir_loops *pel_fir_loops(enum pel_cpu_level cpu)
{
#ifdef __x86_64__
	if (cpu == PEL_CPU_AVX512F)
		return &avx512f;
	if (cpu == PEL_CPU_AVX2)
		return &avx2;
#endif
	(void)cpu;
	return &any;
}
