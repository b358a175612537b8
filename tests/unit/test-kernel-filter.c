/* SPDX-License-Identifier: Apache-2.0 */
#include "kernel-case.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "core/core.h"

/* core.fir and the kernels of dsp, against sums written down as their documentation has them. */

#define N	 4000
#define TAPS_MAX 20000

static float x[2 * N], want[2 * N], taps[TAPS_MAX];

static float at(ptrdiff_t i, size_t part, size_t width)
{
	return i < 0 ? 0 : x[(size_t)i * width + part];
}

static size_t naive_fir(size_t n_taps, size_t decimate, size_t width)
{
	size_t outputs = N / decimate;

	for (size_t m = 0; m < outputs; m++)
		for (size_t part = 0; part < width; part++) {
			volatile float sum = 0, product; /* volatile: rounded at every step */

			for (size_t k = 0; k < n_taps; k++) {
				product = taps[k] * at((ptrdiff_t)(m * decimate) - (ptrdiff_t)k, part, width);
				sum = sum + product;
			}
			want[m * width + part] = sum;
		}
	return outputs;
}

static const struct {
	size_t n_taps, decimate;
} filters[] = {
	{ 1, 1 },     { 2, 1 },	    { 3, 1 },	 { 31, 1 },   { 64, 1 },   { 65, 1 },
	{ 300, 1 },   { 1, 2 },	    { 2, 2 },	 { 3, 2 },    { 64, 2 },   { 1, 3 },
	{ 2, 3 },     { 3, 3 },	    { 4, 3 },	 { 64, 3 },   { 63, 4 },   { 64, 4 },
	{ 65, 4 },    { 5, 8 },	    { 100, 8 },	 { 7, 16 },   { 48, 16 },  { 33, 17 },
	{ 100, 100 }, { 10, 1000 }, { 1, 4000 }, { 5, 4000 }, { 3000, 3 }, { 20000, 7 },
};

START_TEST(fir_is_the_documented_sum)
{
	static const char *const types[] = { "f32", "cf32" };
	size_t n_taps = filters[_i].n_taps, decimate = filters[_i].decimate;
	uint64_t random = 1 + (uint64_t)_i;
	char text[24];

	random_floats(&random, x, 2 * N);
	random_floats(&random, taps, TAPS_MAX);
	snprintf(text, sizeof(text), "%zu", decimate);
	for (unsigned i = 0; i < 2; i++) {
		struct pel_harness_case test = { .size = sizeof(test),
						 .kernel = kernel_named("core.fir"),
						 .params = PARAMS(LIST("taps", taps, n_taps),
								  PARAM("decimate", text)),
						 .in = INPUTS({ types[i], x, N }) };
		struct pel_harness_result *result = run_kernel(&test);

		expect_out(result, 0, types[i], want, naive_fir(n_taps, decimate, i + 1));
		pel_harness_result_destroy(result);
		check_kernel(&test, n_taps > 1000 ? 1 : 6);
	}
}
END_TEST

/* One call with all of the data, so that the fast paths for large batches are in it for certain. */
START_TEST(fir_in_one_large_call)
{
	size_t n_taps = filters[_i].n_taps, decimate = filters[_i].decimate;
	uint64_t random = 100 + (uint64_t)_i;
	char text[24];

	random_floats(&random, x, 2 * N);
	random_floats(&random, taps, TAPS_MAX);
	snprintf(text, sizeof(text), "%zu", decimate);
	for (size_t width = 1; width <= 2; width++) {
		struct pel_harness_case test = { .size = sizeof(test),
						 .kernel = kernel_named("core.fir"),
						 .params = PARAMS(LIST("taps", taps, n_taps),
								  PARAM("decimate", text)),
						 .in = INPUTS({ width == 1 ? "f32" : "cf32", x, N }),
						 .batch = N };
		struct pel_harness_result *result = run_kernel(&test);

		expect_out(result, 0, width == 1 ? "f32" : "cf32", want, naive_fir(n_taps, decimate, width));
		pel_harness_result_destroy(result);
	}
}
END_TEST

START_TEST(every_width_of_registers_gives_the_same_bits)
{
	static ptrdiff_t offsets[100];
	uint64_t random = 150;

	random_floats(&random, x, N);
	random_floats(&random, taps, 100);
	for (size_t k = 0; k < 100; k++)
		offsets[k] = (ptrdiff_t)(random_bits(&random) % 1000);
	for (size_t i = 0; i < 6 * PEL_FIR_TILE; i++) {
		volatile float sum = 0, product;

		for (size_t k = 0; k < 100; k++) {
			product = taps[k] * x[offsets[k] + (ptrdiff_t)i];
			sum = sum + product;
		}
		want[i] = sum;
	}
	for (unsigned cpu = PEL_CPU_DEFAULT; cpu <= pel_cpu_machine(); cpu++) {
		float got[6 * PEL_FIR_TILE];

		pel_fir_loops(cpu)->tiles(got, x, offsets, taps, 100, 6 * PEL_FIR_TILE);
		ck_assert_mem_eq(got, want, sizeof(got));
	}
}
END_TEST

/* Lanes of every length that core.fir may ask for, from every place in a line of the cache. */
START_TEST(columns_are_what_the_lanes_have_there)
{
	static float lanes[20000], columns[20000], back[20000];
	static uint32_t place[200];
	uint64_t random = 160;

	for (size_t i = 0; i < 20000; i++)
		lanes[i] = (float)i;
	for (unsigned cpu = PEL_CPU_DEFAULT; cpu <= pel_cpu_machine(); cpu++) {
		const struct pel_fir_loops *loops = pel_fir_loops(cpu);

		for (size_t n = 16; loops->gather[0] && n < 200; n++) {
			size_t w = 1 + n % 2, start = random_bits(&random) % 64 * w, stride = (n + n % 3) * w;

			for (size_t c = 0; c < n; c++)
				place[c] = (uint32_t)((c * 7 % 200 + 10) * 16); /* 7 and 200 are coprime */
			memset(columns, 0, sizeof(columns));
			loops->gather[w - 1](columns, place, lanes + start, stride, n);
			for (size_t c = 0; c < n; c++)
				for (size_t i = 0; i < 16; i++)
					ck_assert_float_eq(columns[place[c] + i],
							   lanes[start + i / w * stride + c * w + i % w]);
		}
		for (size_t n = 16; loops->scatter[0] && n < 200; n += 16)
			for (size_t w = 1; w <= 2; w++) {
				size_t stride = (n + 1) * w;

				memset(back, 0, sizeof(back));
				loops->scatter[w - 1](back + 1, stride, lanes, n);
				for (size_t c = 0; c < n; c++)
					for (size_t i = 0; i < 16; i++)
						ck_assert_float_eq(back[1 + i / w * stride + c * w + i % w],
								   lanes[c * 16 + i]);
				for (size_t i = 0; i < 16 / w; i++) /* what is between lanes is not touched */
					ck_assert_float_eq(back[1 + i * stride + n * w], 0);
			}
	}
}
END_TEST

START_TEST(fir_says_what_is_wrong)
{
	const struct pel_kernel *fir = kernel_named("core.fir");

	expect_error(CASE(.kernel = fir, .params = PARAMS(PARAM("taps", "")), .in = INPUTS({ "f32", x, 1 })),
		     -EINVAL, "test of core.fir: parameter 'taps' is outside its limits", NULL);
	expect_error(CASE(.kernel = fir, .params = PARAMS(PARAM("taps", "1")), .in = INPUTS({ "f64", x, 1 })),
		     -EINVAL,
		     "actor 'test' (core.fir): port 'in' has type f64; this kernel filters f32 or cf32",
		     "core.convert changes the element type");
	expect_error(
		CASE(.kernel = fir, .params = PARAMS(PARAM("taps", "1")), .in = INPUTS({ "f32[2]", x, 1 })),
		-EINVAL, "actor 'test' (core.fir): port 'in' has type f32[2]; this kernel filters f32 or cf32",
		"core.ungroup passes on the elements of an array one by one");
	expect_error(
		CASE(.kernel = fir, .params = PARAMS(PARAM("taps", "1")), .in = INPUTS({ "bytes[4]", x, 1 })),
		-EINVAL,
		"actor 'test' (core.fir): port 'in' has type bytes[4]; this kernel filters f32 or cf32", NULL);
}
END_TEST

/* ---- dsp.resample ---- */

static size_t naive_resample(size_t n_taps, size_t up, size_t down, size_t width)
{
	size_t outputs = N / down * up;

	for (size_t m = 0; m < outputs; m++)
		for (size_t part = 0; part < width; part++) {
			volatile float sum = 0, product;

			/* As in the words of the documentation: a stream with zeros, of which only the others are added. */
			for (size_t k = 0; k < n_taps; k++) {
				ptrdiff_t i = (ptrdiff_t)(m * down) - (ptrdiff_t)k;

				if (i < 0 ? -i % (ptrdiff_t)up : i % (ptrdiff_t)up)
					continue;
				product = taps[k] * at(i / (ptrdiff_t)up, part, width);
				sum = sum + product;
			}
			want[m * width + part] = sum;
		}
	return outputs;
}

START_TEST(resample_is_the_documented_sum)
{
	static const struct {
		size_t n_taps, up, down;
	} cases[] = { { 1, 1, 1 }, { 20, 1, 1 },  { 24, 1, 3 }, { 5, 2, 3 }, { 48, 2, 3 },
		      { 3, 7, 8 }, { 100, 7, 8 }, { 1, 3, 50 }, { 9, 5, 5 } };
	size_t n_taps = cases[_i].n_taps, up = cases[_i].up, down = cases[_i].down;
	uint64_t random = 200 + (uint64_t)_i;
	char up_text[24], down_text[24];

	random_floats(&random, x, 2 * N);
	random_floats(&random, taps, n_taps);
	snprintf(up_text, sizeof(up_text), "%zu", up);
	snprintf(down_text, sizeof(down_text), "%zu", down);
	for (size_t width = 1; width <= 2; width++) {
		struct pel_harness_case test = {
			.size = sizeof(test),
			.kernel = kernel_named("dsp.resample"),
			.params = PARAMS(LIST("taps", taps, n_taps), PARAM("up", up_text),
					 PARAM("down", down_text)),
			.in = INPUTS({ width == 1 ? "f32" : "cf32", x, N }),
		};

		expect_kernel(&test, width == 1 ? "f32" : "cf32", want,
			      naive_resample(n_taps, up, down, width));
	}
}
END_TEST

START_TEST(resample_says_what_is_wrong)
{
	const struct pel_kernel *resample = kernel_named("dsp.resample");

	expect_error(CASE(.kernel = resample, .params = PARAMS(PARAM("taps", "")),
			  .in = INPUTS({ "f32", x, 1 })),
		     -EINVAL, "test of dsp.resample: parameter 'taps' is outside its limits", NULL);
	expect_error(
		CASE(.kernel = resample, .params = PARAMS(PARAM("taps", "1")), .in = INPUTS({ "u8", x, 1 })),
		-EINVAL, "actor 'test' (dsp.resample): port 'in' has type u8; this kernel filters f32 or cf32",
		"core.convert changes the element type");
}
END_TEST

/* ---- dsp.fm_demod, dsp.magnitude ---- */

START_TEST(demodulator_finds_the_angle_between_samples)
{
	struct pel_harness_case test = { .size = sizeof(test),
					 .kernel = kernel_named("dsp.fm_demod"),
					 .params = PARAMS(PARAM("gain", "2")),
					 .in = INPUTS({ "cf32", x, N }) };
	struct pel_harness_result *result;
	uint64_t random = 300;
	const float *y;
	double worst = 0;

	random_floats(&random, x, 2 * N);
	result = run_kernel(&test);
	y = result->out[0]->data;
	ck_assert_uint_eq(result->out[0]->tokens, N);
	ck_assert_float_eq(y[0], 0); /* before the first sample there is 0 */
	for (size_t i = 1; i < N; i++) {
		double re = (double)x[2 * i] * x[2 * i - 2] + (double)x[2 * i + 1] * x[2 * i - 1];
		double im = (double)x[2 * i + 1] * x[2 * i - 2] - (double)x[2 * i] * x[2 * i - 1];
		double scale = hypot(x[2 * i], x[2 * i + 1]) * hypot(x[2 * i - 2], x[2 * i - 1]);
		double off = fabs(y[i] / 2 - atan2(im, re));

		if (off > 3) /* -pi and pi are the same angle */
			off = fabs(off - 2 * 3.14159265358979);
		ck_assert_double_lt(off, 4e-7 + 2e-8 / scale);
		worst = off > worst ? off : worst;
	}
	ck_assert_double_gt(worst, 0);
	pel_harness_result_destroy(result);
	check_kernel(&test, 20);
}
END_TEST

START_TEST(demodulated_angles_of_the_axes_are_exact)
{
	static const float turns[] = { 1, 0, 1, 0, 0, 1, 0, -1, 0, -1, -1, 0, 0, 0, 1, 1, 1, -1 };
	static const float pi = 0x1.921fb54442d18p1f, half = 0x1.921fb54442d18p0f;
	const float angles[] = { 0, 0, half, -pi, 0, -half, -0.0f, 0, -half };

	expect_kernel(CASE(.kernel = kernel_named("dsp.fm_demod"), .in = INPUTS({ "cf32", turns, 9 })), "f32",
		      angles, 9);
}
END_TEST

START_TEST(magnitude_is_rounded_at_each_step)
{
	uint64_t random = 400;

	random_floats(&random, x, 2 * N);
	x[0] = 3;
	x[1] = -4;
	x[2] = x[3] = 1e30f;
	for (size_t i = 0; i < N; i++) {
		volatile float a = x[2 * i] * x[2 * i], b = x[2 * i + 1] * x[2 * i + 1], sum = a + b;

		want[i] = sqrtf(sum);
	}
	ck_assert_float_eq(want[0], 5);
	ck_assert(isinf(want[1]));
	expect_kernel(CASE(.kernel = kernel_named("dsp.magnitude"), .in = INPUTS({ "cf32", x, N })), "f32",
		      want, N);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("kernel-filter");
	TCase *tcase = tcase_create("kernel-filter");
	SRunner *runner;
	int failed;

	tcase_add_loop_test(tcase, fir_is_the_documented_sum, 0, sizeof(filters) / sizeof(*filters));
	tcase_add_loop_test(tcase, fir_in_one_large_call, 0, sizeof(filters) / sizeof(*filters));
	tcase_add_test(tcase, every_width_of_registers_gives_the_same_bits);
	tcase_add_test(tcase, columns_are_what_the_lanes_have_there);
	tcase_add_test(tcase, fir_says_what_is_wrong);
	tcase_add_loop_test(tcase, resample_is_the_documented_sum, 0, 9);
	tcase_add_test(tcase, resample_says_what_is_wrong);
	tcase_add_test(tcase, demodulator_finds_the_angle_between_samples);
	tcase_add_test(tcase, demodulated_angles_of_the_axes_are_exact);
	tcase_add_test(tcase, magnitude_is_rounded_at_each_step);
	tcase_set_timeout(tcase, 100);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? 1 : 0;
}
