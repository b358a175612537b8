/* SPDX-License-Identifier: Apache-2.0 */
#include "native.h"
#include "angle.h"

#include <math.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* ---- W2 ---- */

#define CHUNK	    4096u /* floats: 16 KiB */
#define THREADS_MAX 64u

struct share {
	uint64_t tokens;
	const float *gain, *offset;
	unsigned stages, first, step; /* chunks first, first + step, ... */
	uint64_t sum;
};

static uint64_t sum_bits(const float *restrict x, uint32_t n)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < n; i++) {
		uint32_t bits;

		memcpy(&bits, &x[i], sizeof(bits));
		sum += bits;
	}
	return sum;
}

static void *chain_share(void *data)
{
	_Alignas(64) float chunk[CHUNK];
	struct share *s = data;
	uint64_t sum = 0;

	for (uint64_t at = (uint64_t)s->first * CHUNK; at < s->tokens; at += (uint64_t)s->step * CHUNK) {
		uint32_t n = s->tokens - at < CHUNK ? (uint32_t)(s->tokens - at) : CHUNK;

		for (uint32_t i = 0; i < n; i++)
			chunk[i] = (float)(int32_t)(((uint32_t)at + i) & 0xffff) * 0x1p-16f;
		for (unsigned k = 0; k < s->stages; k++) {
			float a = s->gain[k], b = s->offset[k];

			for (uint32_t i = 0; i < n; i++)
				chunk[i] = a * chunk[i] + b;
		}
		sum += sum_bits(chunk, n);
	}
	s->sum = sum;
	return NULL;
}

uint64_t native_chain(uint64_t tokens, unsigned stages, const float *gain, const float *offset, unsigned threads)
{
	struct share shares[THREADS_MAX];
	pthread_t others[THREADS_MAX];
	uint64_t sum;

	if (threads > THREADS_MAX)
		threads = THREADS_MAX;
	for (unsigned i = 0; i < threads; i++) {
		shares[i] = (struct share){
			.tokens = tokens, .gain = gain, .offset = offset, .stages = stages, .first = i, .step = threads
		};
		if (i && pthread_create(&others[i], NULL, chain_share, &shares[i]) != 0)
			abort();
	}
	chain_share(&shares[0]);
	sum = shares[0].sum;
	for (unsigned i = 1; i < threads; i++) {
		pthread_join(others[i], NULL);
		sum += shares[i].sum;
	}
	return sum;
}

/* ---- W3 ---- */

#if defined(__AVX512F__)
#define LANES 16
#elif defined(__AVX__)
#define LANES 8
#else
#define LANES 4
#endif
#define SUMS   8
#define TILE   (LANES * SUMS) /* floats of output at a time; divides 2 * BLOCK and BLOCK */
#define BLOCK  512u	      /* outputs of the first filter at a time: its rows take 17 KiB */
#define D      NATIVE_DECIMATE
#define REACH  (NATIVE_TAPS_FIRST / D)
#define BEHIND (NATIVE_TAPS_SECOND - 1)

typedef float vector __attribute__((vector_size(LANES * sizeof(float))));

/*
 * The source distributes its tokens over D rows in turn, so that the inputs of adjacent outputs are adjacent: output m needs x[m*D - k], which is
 * element m - q of row r where k = q*D - r. Each buffer starts with the end of the previous block.
 */
struct radio {
	_Alignas(64) float rows[D][2 * (REACH + BLOCK)];
	_Alignas(64) float filtered[2 * (1 + BLOCK)];
	_Alignas(64) float angles[BEHIND + 1 + BLOCK]; /* the first is not used: the new ones start at a line */
	_Alignas(64) float out[BLOCK];
};

static void source_block(struct radio *r, uint32_t first)
{
	for (uint32_t phase = 0; phase < D; phase++) {
		float *restrict to = r->rows[phase] + (size_t)2 * REACH;

		for (uint32_t j = 0; j < BLOCK; j++) {
			uint32_t at = first + j * D + phase;

			to[2 * j] = (float)(int32_t)(at & 0xffff) * 0x1p-16f;
			to[2 * j + 1] = (float)(int32_t)((at + 16384) & 0xffff) * 0x1p-16f;
		}
	}
}

/* `floats` of y, a multiple of TILE; the input of y[0] for tap k is at from[k]. */
static void filter(float *restrict y, const float *const *from, const float *taps, unsigned n_taps,
		   unsigned floats)
{
	for (unsigned done = 0; done < floats; done += TILE) {
		vector sum[SUMS] = { 0 };

		for (unsigned k = 0; k < n_taps; k++)
#pragma GCC unroll 8
			for (unsigned s = 0; s < SUMS; s++) {
				vector v;

				memcpy(&v, from[k] + done + (size_t)s * LANES, sizeof(v));
				sum[s] += taps[k] * v;
			}
		memcpy(y + done, sum, sizeof(sum));
	}
}

static void demodulate(float *restrict y, const float *restrict x)
{
	for (unsigned i = 0; i < BLOCK; i++) {
		float re = x[2 * i + 2], im = x[2 * i + 3], was_re = x[2 * i], was_im = x[2 * i + 1];

		y[i] = w3_angle(re * was_re + im * was_im, im * was_re - re * was_im);
	}
}

static void keep_ends(struct radio *r)
{
	for (unsigned row = 0; row < D; row++)
		memcpy(r->rows[row], r->rows[row] + (size_t)2 * BLOCK, 2 * REACH * sizeof(float));
	memcpy(r->filtered, r->filtered + (size_t)2 * BLOCK, 2 * sizeof(float));
	memcpy(r->angles + 1, r->angles + 1 + BLOCK, BEHIND * sizeof(float));
}

uint64_t native_radio(uint64_t samples, const float first[NATIVE_TAPS_FIRST],
		      const float second[NATIVE_TAPS_SECOND])
{
	static struct radio r;
	const float *from_first[NATIVE_TAPS_FIRST], *from_second[NATIVE_TAPS_SECOND];
	uint64_t outputs = samples / D, sum = 0;

	memset(&r, 0, sizeof(r));
	for (unsigned k = 0; k < NATIVE_TAPS_FIRST; k++) {
		unsigned q = (k + D - 1) / D;

		from_first[k] = r.rows[q * D - k] + (size_t)2 * (REACH - q);
	}
	for (unsigned k = 0; k < NATIVE_TAPS_SECOND; k++)
		from_second[k] = r.angles + BEHIND + 1 - k;
	for (uint64_t at = 0; at < outputs; at += BLOCK) {
		uint32_t n = outputs - at < BLOCK ? (uint32_t)(outputs - at) : BLOCK;

		source_block(&r, (uint32_t)(at * D));
		filter(r.filtered + 2, from_first, first, NATIVE_TAPS_FIRST, 2 * BLOCK);
		demodulate(r.angles + BEHIND + 1, r.filtered);
		filter(r.out, from_second, second, NATIVE_TAPS_SECOND, BLOCK);
		sum += sum_bits(r.out, n);
		keep_ends(&r);
	}
	return sum;
}
