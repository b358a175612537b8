/* SPDX-License-Identifier: Apache-2.0 */
#include "bench.h"

#include <errno.h>
#include <string.h>
#include <time.h>

/* ---- bench.source ---- */

struct source_state {
	uint64_t tokens;
	uint32_t seed; /* only its low 16 bits matter */
};

static int source_init(struct pel_info *info, void **state)
{
	struct source_state *s;
	int r = pel_state_alloc(info, sizeof(*s), state);

	if (r < 0)
		return r;
	s = *state;
	s->tokens = (uint64_t)pel_info_i64(info, "tokens");
	s->seed = (uint32_t)pel_info_i64(info, "seed");
	pel_info_expect(info, s->tokens);
	return 0;
}

/* The index has 32 bits, so that a vector holds as many indices as floats. */
#define PERIOD 65536u

PEL_CLONES(ramp, (float *restrict y, uint32_t start, size_t n), (y, start, n))
{
	for (; n; y += PERIOD) {
		uint32_t part = n < PERIOD ? (uint32_t)n : PERIOD;

		for (uint32_t i = 0; i < part; i++)
			y[i] = (float)(int32_t)((start + i) & 0xffff) * 0x1p-16f;
		n -= part;
	}
}

static int source_fire(void *state, const struct pel_io *io, size_t firings)
{
	const struct source_state *s = state;
	uint64_t left = io->first < s->tokens ? s->tokens - io->first : 0;
	size_t n = firings < left ? firings : (size_t)left;

	ramp(io->out[0], s->seed + (uint32_t)io->first, n);
	*io->fired = n;
	return firings < left ? 0 : PEL_END;
}

static const struct pel_kernel source_kernel = {
	.abi = PEL_KERNEL_ABI,
	.flags = PEL_KERNEL_STATELESS | PEL_KERNEL_EXACT,
	.name = "bench.source",
	.summary = "cheap source of floats with predictable values",
	.doc = "Token i, counted from 0, is ((i + seed) mod 65536) / 65536.",
	.out = (const struct pel_port_desc[]){ { .name = "out", .type = "f32", .doc = "0 to just under 1" },
					       { 0 } },
	.params =
		(const struct pel_param_desc[]){
			{ .name = "tokens", .type = "i64", .doc = "how many tokens", .least = "0" },
			{ .name = "seed", .type = "i64", .value = "0", .doc = "added to the number of the token" },
			{ 0 } },
	.init = source_init,
	.fire = source_fire,
	.fini = pel_free,
};

/* ---- bench.tone ---- */

PEL_CLONES(ramps, (float *restrict y, uint32_t start, size_t n), (y, start, n))
{
	for (; n; y += 2 * PERIOD) {
		uint32_t part = n < PERIOD ? (uint32_t)n : PERIOD;

		for (uint32_t i = 0; i < part; i++) {
			y[2 * i] = (float)(int32_t)((start + i) & 0xffff) * 0x1p-16f;
			y[2 * i + 1] = (float)(int32_t)((start + i + 16384) & 0xffff) * 0x1p-16f;
		}
		n -= part;
	}
}

static int tone_fire(void *state, const struct pel_io *io, size_t firings)
{
	const struct source_state *s = state;
	uint64_t left = io->first < s->tokens ? s->tokens - io->first : 0;
	size_t n = firings < left ? firings : (size_t)left;

	ramps(io->out[0], s->seed + (uint32_t)io->first, n);
	*io->fired = n;
	return firings < left ? 0 : PEL_END;
}

static const struct pel_kernel tone_kernel = {
	.abi = PEL_KERNEL_ABI,
	.flags = PEL_KERNEL_STATELESS | PEL_KERNEL_EXACT,
	.name = "bench.tone",
	.summary = "cheap source of complex numbers with predictable values",
	.doc = "The real part of token i, counted from 0, is ((i + seed) mod 65536) / 65536. The imaginary part is ((i + seed + 16384) mod 65536) / "
	       "65536. So both parts are sawtooth waves, and the imaginary part is a quarter of a period ahead.",
	.out =
		(const struct pel_port_desc[]){
			{ .name = "out", .type = "cf32", .doc = "both parts 0 to just under 1" }, { 0 } },
	.params =
		(const struct pel_param_desc[]){
			{ .name = "tokens", .type = "i64", .doc = "how many tokens", .least = "0" },
			{ .name = "seed", .type = "i64", .value = "0", .doc = "added to the number of the token" },
			{ 0 } },
	.init = source_init,
	.fire = tone_fire,
	.fini = pel_free,
};

/* ---- bench.sink ---- */

struct sink_state {
	uint64_t count, checksum;
};

static int sink_init(struct pel_info *info, void **state)
{
	return pel_state_alloc(info, sizeof(struct sink_state), state);
}

PEL_CLONES(sum_bits, (uint64_t *restrict ret, const uint32_t *restrict x, size_t n), (ret, x, n))
{
	uint64_t sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += x[i];
	*ret += sum;
}

static int sink_fire(void *state, const struct pel_io *io, size_t firings)
{
	struct sink_state *s = state;

	sum_bits(&s->checksum, io->in[0], firings);
	s->count += firings;
	return 0;
}

static int sink_finish(void *state, struct pel_results *results)
{
	const struct sink_state *s = state;

	pel_results_u64(results, "count", s->count);
	pel_results_u64(results, "checksum", s->checksum);
	return 0;
}

static int sink_save(const void *state, void **data, size_t *bytes)
{
	*bytes = sizeof(struct sink_state);
	*data = pel_malloc(*bytes);
	if (!*data)
		return -ENOMEM;
	memcpy(*data, state, *bytes);
	return 0;
}

static int sink_restore(void *state, const void *data, size_t bytes)
{
	if (bytes != sizeof(struct sink_state))
		return -EINVAL;
	memcpy(state, data, bytes);
	return 0;
}

static const struct pel_kernel sink_kernel = {
	.abi = PEL_KERNEL_ABI,
	.flags = PEL_KERNEL_EXACT,
	.name = "bench.sink",
	.summary = "count floats and compute a checksum",
	.doc = "Results: `count` is the number of tokens; `checksum` is the sum of their 32-bit patterns modulo 2^64.",
	.in = (const struct pel_port_desc[]){ { .name = "in", .type = "f32", .doc = "any" }, { 0 } },
	.init = sink_init,
	.fire = sink_fire,
	.finish = sink_finish,
	.fini = pel_free,
	.save = sink_save,
	.restore = sink_restore,
};

/* ---- bench.burn ---- */

struct burn_state {
	uint64_t min_ns, span_ns;
};

static int burn_init(struct pel_info *info, void **state)
{
	int64_t min_us = pel_info_i64(info, "min_us"), max_us = pel_info_i64(info, "max_us");
	struct burn_state *s;
	int r = pel_state_alloc(info, sizeof(*s), state);

	if (r < 0)
		return r;
	s = *state;
	s->min_ns = (uint64_t)min_us * 1000;
	s->span_ns = (uint64_t)(max_us - min_us) * 1000;
	return 0;
}

static uint64_t mix(uint64_t x)
{
	x ^= x >> 33;
	x *= 0xff51afd7ed558ccdu;
	x ^= x >> 33;
	x *= 0xc4ceb9fe1a85ec53u;
	return x ^ x >> 33;
}

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static int burn_fire(void *state, const struct pel_io *io, size_t firings)
{
	const struct burn_state *s = state;
	const uint64_t *in = io->in[0];
	uint64_t *out = io->out[0];

	for (size_t i = 0; i < firings; i++) {
		uint64_t length = s->min_ns + mix(in[i]) % (s->span_ns + 1), start = now_ns();

		while (now_ns() - start < length)
			;
		out[i] = in[i];
	}
	return 0;
}

static const struct pel_kernel burn_kernel = {
	.abi = PEL_KERNEL_ABI,
	.flags = PEL_KERNEL_STATELESS | PEL_KERNEL_EXACT,
	.name = "bench.burn",
	.summary = "keep the core busy for a time that depends on the token",
	.doc = "out = in, after polling the clock until min_us + h / 1000 microseconds have passed, where h is a hash of the token's "
	       "value from 0 to (max_us - min_us) * 1000. Equal tokens take equal times.",
	.in = (const struct pel_port_desc[]){ { .name = "in", .type = "u64", .doc = "any" }, { 0 } },
	.out = (const struct pel_port_desc[]){ { .name = "out", .type = "u64", .doc = "the same" }, { 0 } },
	.params = (const struct pel_param_desc[]){ { .name = "min_us",
						     .type = "i64",
						     .value = "1",
						     .doc = "minimum time in microseconds",
						     .least = "0",
						     .most = "1000000000" },
						   { .name = "max_us",
						     .type = "i64",
						     .value = "100",
						     .doc = "maximum time in microseconds",
						     .least = "$min_us",
						     .most = "1000000000" },
						   { 0 } },
	.init = burn_init,
	.fire = burn_fire,
	.fini = pel_free,
};

static const struct pel_kernel *const kernels[] = { &burn_kernel,   &sink_kernel, &pel_bench_sleep,
						    &source_kernel, &tone_kernel, &pel_bench_work };

const struct pel_kernel_module pel_bench_module = { PEL_KERNEL_ABI, sizeof(kernels) / sizeof(kernels[0]),
						    kernels };
