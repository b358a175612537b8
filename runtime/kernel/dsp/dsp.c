/* SPDX-License-Identifier: Apache-2.0 */
#include "builtin.h"

#include <errno.h>
#include <math.h>
#include <string.h>

/* ---- dsp.fm_demod ---- */

struct demod_state {
	float gain;
};

static int demod_init(struct pel_info *info, void **state)
{
	int r = pel_state_alloc(info, sizeof(struct demod_state), state);

	if (r == 0)
		((struct demod_state *)*state)->gain = (float)pel_info_f64(info, "gain");
	return r;
}

/*
 * The angle of (re, im). This is not atan2f(), which differs between C libraries, costs a call for each token, and has
 * no hardware implementation. The coefficients are those of the polynomial of degree 8 in a*a that best approximates atan(a)/a on 0..1
 * in relative error (1.5e-8), found with the Remez exchange algorithm.
 */
static inline float angle(float re, float im)
{
	float u = fabsf(re), v = fabsf(im);
	float low = u < v ? u : v, high = u < v ? v : u;
	/* Do not write this as `high > 0`, which is false for a NaN too. */
	float a = low / (high == 0.0f ? 1.0f : high);
	float s = a * a;
	float p = 0x1.758a6eba019bep-9f;

	p = p * s + -0x1.0744b79e792c8p-6f;
	p = p * s + 0x1.5dba9b6b22edcp-5f;
	p = p * s + -0x1.33603b7e0bec3p-4f;
	p = p * s + 0x1.b3da47e17aae4p-4f;
	p = p * s + -0x1.22e400e8ed843p-3f;
	p = p * s + 0x1.9972e7845312ep-3f;
	p = p * s + -0x1.5554a6dbb27c7p-2f;
	p = p * s + 1.0f;
	p = p * a;
	p = v > u ? 0x1.921fb54442d18p0f - p : p;
	p = re < 0.0f ? 0x1.921fb54442d18p1f - p : p;
	return copysignf(p, im);
}

PEL_CLONES(demodulate, (float *restrict y, const float *restrict x, size_t n, float gain), (y, x, n, gain))
{
	for (size_t i = 0; i < n; i++) {
		float re = x[2 * i + 2], im = x[2 * i + 3], was_re = x[2 * i], was_im = x[2 * i + 1];

		y[i] = pel_canonical_f32(gain * angle(re * was_re + im * was_im, im * was_re - re * was_im));
	}
}

static int demod_fire(void *state, const struct pel_io *io, size_t firings)
{
	const struct demod_state *s = state;

	demodulate(io->out[0], (const float *)io->in[0] - 2, firings, s->gain);
	return 0;
}

static const struct pel_kernel demod_kernel = {
	.abi = PEL_KERNEL_ABI,
	.flags = PEL_KERNEL_STATELESS | PEL_KERNEL_EXACT,
	.name = "dsp.fm_demod",
	.summary = "FM demodulation: the angle from each sample to the next",
	.doc = "out[n] = gain * angle(x[n] * conj(x[n-1])), where the angle is in radians, from -pi to pi, and the token before the first is 0. With p = x[n-1]: "
	       "re = x.re*p.re + x.im*p.im and im = x.im*p.re - x.re*p.im; every product is rounded, then the sum. The angle equals atan2(im, "
	       "re) within 3e-7, and is 0 if both are 0. It is computed as a = min(|re|,|im|) / max(|re|,|im|), s = a*a, then by Horner's rule t = a * (1 + "
	       "c1*s + ... + c8*s^8) with c1 ... c8 = -0x1.5554a6p-2 0x1.9972e8p-3 -0x1.22e400p-3 0x1.b3da48p-4 -0x1.33603cp-4 "
	       "0x1.5dba9cp-5 -0x1.0744b8p-6 0x1.758a6ep-9; then t = pi/2 - t if |im| > |re|; then t = pi - t if re < 0; the sign is that of im. "
	       "Every step is rounded to f32, to nearest, halves to even. If re or im is a NaN, or both are infinite, out is the canonical NaN.",
	.in =
		(const struct pel_port_desc[]){
			{ .name = "in", .type = "cf32", .history = "1", .doc = "complex samples" }, { 0 } },
	.out = (const struct pel_port_desc[]){ { .name = "out", .type = "f32", .doc = "angle times gain" },
					       { 0 } },
	.params =
		(const struct pel_param_desc[]){
			{ .name = "gain",
			  .type = "f32",
			  .value = "1",
			  .doc = "factor; with rate / (2 pi deviation), full deviation gives 1" },
			{ 0 } },
	.init = demod_init,
	.fire = demod_fire,
	.fini = pel_free,
};

/* ---- dsp.magnitude ---- */

PEL_CLONES(magnitude, (float *restrict y, const float *restrict x, size_t n), (y, x, n))
{
	for (size_t i = 0; i < n; i++)
		y[i] = pel_canonical_f32(sqrtf(x[2 * i] * x[2 * i] + x[2 * i + 1] * x[2 * i + 1]));
}

static int magnitude_fire(void *state, const struct pel_io *io, size_t firings)
{
	(void)state;
	magnitude(io->out[0], io->in[0], firings);
	return 0;
}

static const struct pel_kernel magnitude_kernel = {
	.abi = PEL_KERNEL_ABI,
	.flags = PEL_KERNEL_STATELESS | PEL_KERNEL_EXACT,
	.name = "dsp.magnitude",
	.summary = "absolute value of complex numbers",
	.doc = "out = sqrt(re*re + im*im). The products, their sum and the root are each rounded to f32, to nearest, halves to even. The result "
	       "is infinite if a square is too large for f32. A NaN result is the canonical NaN.",
	.in = (const struct pel_port_desc[]){ { .name = "in", .type = "cf32", .doc = "complex samples" },
					      { 0 } },
	.out = (const struct pel_port_desc[]){ { .name = "out", .type = "f32", .doc = "0 or more" }, { 0 } },
	.fire = magnitude_fire,
};

/* ---- dsp.resample ---- */

struct resample_state {
	size_t n_taps, up, down;
	size_t width; /* floats in a token: 1, or 2 for complex */
	float taps[];
};

static int resample_resolve(struct pel_info *info)
{
	const struct pel_type *type = pel_info_in_type(info, 0);
	size_t n_taps;

	pel_info_list(info, "taps", &n_taps);
	if (type && (type->n_dims || (type->elem != PEL_ELEM_F32 && type->elem != PEL_ELEM_CF32)))
		return pel_fail_filter_type(info, type);
	return pel_info_set_history(info, 0, (n_taps - 1) / (size_t)pel_info_i64(info, "up"));
}

static int resample_init(struct pel_info *info, void **state)
{
	size_t n_taps;
	const float *taps = pel_info_list(info, "taps", &n_taps);
	struct resample_state *s;
	int r = pel_state_alloc(info, sizeof(*s) + n_taps * sizeof(*taps), state);

	if (r < 0)
		return r;
	s = *state;
	s->n_taps = n_taps;
	s->up = (size_t)pel_info_i64(info, "up");
	s->down = (size_t)pel_info_i64(info, "down");
	s->width = pel_info_in_type(info, 0)->elem == PEL_ELEM_CF32 ? 2 : 1;
	memcpy(s->taps, taps, n_taps * sizeof(*taps));
	return 0;
}

#define SIDE 8

/* Compute the same output of up to SIDE firings in parallel: the order of each sum is fixed, but several sums can be computed in parallel. */
static void resample_some(const struct resample_state *s, float *y, const float *x, size_t output,
			  size_t part, size_t firings)
{
	size_t at = output * s->down, newest = at / s->up, w = s->width;
	float sum[SIDE] = { 0 };
	const float *from = x + newest * w + part;

	for (size_t k = at % s->up; k < s->n_taps; k += s->up, from -= w)
		for (size_t f = 0; f < firings; f++)
			sum[f] += s->taps[k] * from[f * s->down * w];
	for (size_t f = 0; f < firings; f++)
		y[(f * s->up + output) * w + part] = pel_canonical_f32(sum[f]);
}

static int resample_fire(void *state, const struct pel_io *io, size_t firings)
{
	const struct resample_state *s = state;

	for (size_t done = 0; done < firings; done += SIDE) {
		size_t n = firings - done < SIDE ? firings - done : SIDE;
		const float *x = (const float *)io->in[0] + done * s->down * s->width;
		float *y = (float *)io->out[0] + done * s->up * s->width;

		for (size_t output = 0; output < s->up; output++)
			for (size_t part = 0; part < s->width; part++)
				resample_some(s, y, x, output, part, n);
	}
	return 0;
}

static const struct pel_kernel resample_kernel = {
	.abi = PEL_KERNEL_ABI,
	.flags = PEL_KERNEL_STATELESS | PEL_KERNEL_EXACT,
	.name = "dsp.resample",
	.summary = "change the sample rate by the factor up/down, with a filter",
	.doc = "The result is as if up - 1 zeros were inserted after each token, the stream filtered with `taps`, and every down-th token kept: y[m] = sum "
	       "over k of taps[k] * x[(m*down - k) / up], for k = (m*down) mod up, that plus up, and so on, below the number of taps. "
	       "x[0] is the first token, and tokens before it are 0. The sum starts at 0 and is computed in the order of k. Every product "
	       "and every sum is rounded to f32, to nearest, halves to even. A NaN result is the canonical NaN. To keep the level, use the taps of a low-pass filter whose "
	       "cutoff is half the lower of the two rates, with a sum of `up`. For complex data, this applies to the real and the imaginary parts.",
	.in =
		(const struct pel_port_desc[]){
			{ .name = "in", .type = "T", .rate = "$down", .doc = "f32 or cf32" }, { 0 } },
	.out =
		(const struct pel_port_desc[]){
			{ .name = "out", .type = "T", .rate = "$up", .doc = "the same type" }, { 0 } },
	.params =
		(const struct pel_param_desc[]){
			{ .name = "up", .type = "u32", .value = "1", .doc = "output tokens per firing", .least = "1" },
			{ .name = "down", .type = "u32", .value = "1", .doc = "input tokens per firing", .least = "1" },
			{ .name = "taps",
			  .type = "f32[]",
			  .doc = "coefficients of the filter, at up times the input rate",
			  .least_count = "1" },
			{ 0 } },
	.resolve = resample_resolve,
	.init = resample_init,
	.fire = resample_fire,
	.fini = pel_free,
};

static const struct pel_kernel *const kernels[] = { &demod_kernel, &magnitude_kernel, &resample_kernel };

const struct pel_kernel_module pel_dsp_module = { PEL_KERNEL_ABI, sizeof(kernels) / sizeof(kernels[0]),
						  kernels };
