/* SPDX-License-Identifier: Apache-2.0 */
#include "kernel-case.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "hls-table.h"

/* The FPGA kernels of hls/, compiled as C, against the CPU implementations of the same kernels. */

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SHARE 4
#else
#define SHARE 1
#endif

static int compare(const struct pel_harness_case *test, unsigned rounds, struct pel_error *err)
{
	return pel_harness_compare_fpga(test, hls_call, NULL, rounds, 1 + rounds, err);
}

static void expect_equal(const struct pel_harness_case *test)
{
	struct pel_error err = { 0 };
	int r = compare(test, 4, &err);

	ck_assert_msg(r == 0, "%d: %s", r, err.count ? err.items[0].text : "(nothing said)");
	pel_error_fini(&err);
}

static void expect_refused(const struct pel_harness_case *test, const char *text)
{
	struct pel_error err = { 0 };

	ck_assert_int_eq(compare(test, 1, &err), -ENOTSUP);
	ck_assert_str_eq(err.items[0].text, text);
	pel_error_fini(&err);
}

/* ---- data: bits of all kinds, and numbers at the ends of every range ---- */

#define BYTES_MAX (8u * 20000)

static union {
	unsigned char bytes[BYTES_MAX];
	float f32[BYTES_MAX / 4];
	double f64[BYTES_MAX / 8];
} data, more;

static const double corners[] = {
	0,
	-0.0,
	0.5,
	1.5,
	2.5,
	-0.5,
	-1.5,
	0.49999999999999994,
	1,
	-1,
	127,
	127.5,
	128,
	-128.5,
	255,
	255.5,
	256,
	32767.5,
	65535.5,
	-32768.5,
	8388607.5,
	8388609,
	16777217,
	2147483647.5,
	1e300,
	-1e300,
	1e-310,
	5e-324,
	1e-40,
	-1e-45,
	1e38,
	-3.4028236e38,
	0x1p63,
	-0x1p63,
	0x1p64,
	0x1p31,
	-0x1p31,
	0x1p32,
	0x1.fffffffffffffp62,
	4503599627370497.5,
	INFINITY,
	-INFINITY,
	NAN,
	3.402823567797337e+38,
};
#define N_CORNERS (sizeof(corners) / sizeof(corners[0]))

/* A real number: a corner, a small one, one with random bits. */
static double random_real(uint64_t *random)
{
	uint64_t bits = random_bits(random), choice = random_bits(random) >> 30 & 3;
	double value;

	if (choice == 0)
		return corners[(bits >> 20) % N_CORNERS];
	if (choice == 1)
		return random_float(random) * 300;
	if (choice == 2)
		return ldexp(random_float(random), (int)(bits >> 20 & 127) - 60);
	memcpy(&value, &bits, sizeof(value));
	return isnan(value) ? 1 : value;
}

static void random_numbers(uint64_t *random, const char *elem, void *to, size_t bytes)
{
	bool wide = strstr(elem, "f64") != NULL, narrow = strstr(elem, "f32") != NULL;

	if (!wide && !narrow)
		random_bytes(random, to, bytes);
	for (size_t i = 0; narrow && i < bytes / 4; i++)
		((float *)to)[i] = (float)random_real(random);
	for (size_t i = 0; wide && i < bytes / 8; i++)
		((double *)to)[i] = random_real(random);
	/* Runs of equal bits: the smallest and largest integers, zeros. */
	for (size_t i = 0; !wide && !narrow && i + 64 < bytes; i += 64)
		if (random_bits(random) >> 40 & 1)
			memset((unsigned char *)to + i, random_bits(random) >> 40 & 1 ? 0xff : 0,
			       (random_bits(random) >> 40) % 40);
}

static size_t elem_bytes(const char *elem)
{
	return strcmp(elem, "cf64") == 0			 ? 16
	       : strcmp(elem, "cf32") == 0 || strstr(elem, "64") ? 8
	       : strstr(elem, "32")				 ? 4
	       : strstr(elem, "16")				 ? 2
								 : 1;
}

static const char *const elems[] = { "u8",  "i8",  "u16", "i16", "u32",	 "i32",
				     "u64", "i64", "f32", "f64", "cf32", "cf64" };
#define N_ELEMS 12
#define N_REAL	10

/* ---- arithmetic ---- */

START_TEST(scale_is_equal)
{
	static const char *const values[] = { "1", "0", "-0.0", "3.14159274", "1e-40", "1e30", "-7.5" };
	uint64_t random = 5;

	for (size_t gain = 0; gain < 7; gain++)
		for (size_t offset = 0; offset < 7; offset++) {
			random_numbers(&random, "f32", data.bytes, 4000);
			expect_equal(CASE(.kernel = kernel_named("core.scale"),
					  .params = PARAMS(PARAM("gain", values[gain]),
							   PARAM("offset", values[offset])),
					  .in = INPUTS({ "f32", data.bytes, 1 + gain * 166 })));
		}
}
END_TEST

START_TEST(add_is_equal)
{
	static const char *const shapes[] = { "", "[1]", "[7]", "[3,5]" };
	static const size_t elements[] = { 1, 1, 7, 15 };
	size_t bytes = elem_bytes(elems[_i]);
	uint64_t random = 1 + (uint64_t)_i;
	char type[32];

	for (size_t shape = 0; shape < 4; shape++) {
		size_t tokens = 3000 / elements[shape] + shape;

		random_numbers(&random, elems[_i], data.bytes, tokens * elements[shape] * bytes);
		random_numbers(&random, elems[_i], more.bytes, tokens * elements[shape] * bytes);
		snprintf(type, sizeof(type), "%s%s", elems[_i], shapes[shape]);
		expect_equal(CASE(.kernel = kernel_named("core.add"),
				  .in = INPUTS({ type, data.bytes, tokens }, { type, more.bytes, tokens })));
	}
}
END_TEST

START_TEST(convert_is_equal)
{
	const char *from = elems[_i / N_ELEMS], *to = elems[_i % N_ELEMS];
	size_t n = 20000 / SHARE, bytes = elem_bytes(from);
	struct pel_harness_case test = { .size = sizeof(test),
					 .kernel = kernel_named("core.convert"),
					 .params = PARAMS(PARAM("to", to)),
					 .in = INPUTS({ from, data.bytes, n * 8 / bytes / 8 }) };
	uint64_t random = 1 + (uint64_t)_i;
	char text[200];

	random_numbers(&random, from, data.bytes, n);
	if (from[0] == 'c' && to[0] != 'c')
		return;
	if (from[0] != 'c' && to[0] == 'c') {
		snprintf(text, sizeof(text),
			 "actor 'test' (core.convert): its FPGA implementation does not convert %s to %s",
			 from, to);
		expect_refused(&test, text);
		/* Only these pairs, as documented. */
		ck_assert_ptr_nonnull(strstr(test.kernel->doc,
					     "Real to complex: the imaginary part is 0; only on the CPU."));
		return;
	}
	expect_equal(&test);
}
END_TEST

/* Every 64-bit real of some kind near what an integer type can hold, and every half. */
START_TEST(numbers_at_the_ends_of_integers_convert_alike)
{
	const char *to = elems[_i % N_REAL];
	size_t n = 0;

	for (int exponent = -2; exponent <= 65; exponent++)
		for (int step = -5; step <= 5; step++)
			for (int sign = -1; sign <= 1; sign += 2) {
				data.f64[n] = sign * (ldexp(1, exponent) + step * 0.25);
				more.f32[n] = (float)data.f64[n];
				n++;
			}
	expect_equal(CASE(.kernel = kernel_named("core.convert"), .params = PARAMS(PARAM("to", to)),
			  .in = INPUTS({ "f64", data.bytes, n })));
	expect_equal(CASE(.kernel = kernel_named("core.convert"), .params = PARAMS(PARAM("to", to)),
			  .in = INPUTS({ "f32", more.bytes, n })));
}
END_TEST

/* ---- filters ---- */

static const struct {
	size_t n_taps;
	const char *decimate;
} filters[] = { { 1, "1" },   { 2, "1" },     { 31, "1" },  { 128, "1" },  { 129, "1" },    { 1024, "1" },
		{ 1, "2" },   { 3, "2" },     { 64, "3" },  { 1, "64" },   { 65, "64" },    { 1024, "64" },
		{ 100, "7" }, { 1024, "65" }, { 3, "200" }, { 1, "3000" }, { 1024, "8129" } };

START_TEST(fir_is_equal)
{
	size_t n_taps = filters[_i].n_taps, tokens = strlen(filters[_i].decimate) > 2 ? 20000 : 5000;
	uint64_t random = 1 + (uint64_t)_i;
	static float taps[1024];

	random_floats(&random, taps, n_taps);
	for (unsigned i = 0; i < 3; i++) {
		bool pairs = i == 1;

		/* The last time with numbers of all kinds. */
		random_floats(&random, data.f32, 40000);
		if (i == 2)
			random_numbers(&random, "f32", data.bytes, 160000);
		expect_equal(CASE(.kernel = kernel_named("core.fir"),
				  .params = PARAMS(LIST("taps", taps, n_taps),
						   PARAM("decimate", filters[_i].decimate)),
				  .in = INPUTS({ pairs ? "cf32" : "f32", data.bytes, tokens })));
	}
}
END_TEST

START_TEST(fir_says_what_does_not_fit)
{
	static const float taps[1025];

	expect_refused(
		CASE(.kernel = kernel_named("core.fir"), .params = PARAMS(LIST("taps", taps, 1025)),
		     .in = INPUTS({ "f32", data.bytes, 9 })),
		"actor 'test' (core.fir): its FPGA implementation holds 1024 taps, and the filter has 1025");
}
END_TEST

START_TEST(smooth_is_equal_and_hands_its_state_over)
{
	static const char *const alphas[] = { "0", "1", "0.1", "0.75", "1e-30" };
	static const char *const starts[] = { "0", "-0.0", "1", "-3e38", "1e-44" };
	uint64_t random = 9;

	for (size_t i = 0; i < 25; i++) {
		random_floats(&random, data.f32, 2000);
		if (i % 3 == 0)
			random_numbers(&random, "f32", data.bytes, 8000);
		expect_equal(CASE(.kernel = kernel_named("core.smooth"),
				  .params = PARAMS(PARAM("alpha", alphas[i % 5]), PARAM("start", starts[i / 5])),
				  .in = INPUTS({ "f32", data.bytes, 2000 })));
	}
}
END_TEST

/* ---- images ---- */

static const struct {
	size_t height, width, frames;
} shapes[] = { { 1, 1, 5 },    { 1, 2, 5 },    { 2, 1, 5 },    { 9, 1, 3 },    { 1, 9, 3 },
	       { 2, 2, 7 },    { 3, 3, 7 },    { 4, 5, 9 },    { 5, 4, 9 },    { 17, 31, 6 },
	       { 3, 1023, 3 }, { 3, 1024, 3 }, { 3, 1025, 3 }, { 40, 30, 20 }, { 3, 8192, 3 } };

static void expect_equal_images(const char *kernel, const struct pel_harness_param *params, size_t i,
				bool colour)
{
	size_t height = shapes[i].height, width = shapes[i].width, bytes = height * width * (colour ? 3 : 1);
	size_t frames = shapes[i].frames * bytes <= BYTES_MAX ? shapes[i].frames : 1;
	uint64_t random = 1 + i;
	char type[64];

	snprintf(type, sizeof(type), colour ? "u8[%zu,%zu,3]" : "u8[%zu,%zu]", height, width);
	random_numbers(&random, "u8", data.bytes, frames * bytes);
	expect_equal(CASE(.kernel = kernel_named(kernel), .params = params,
			  .in = INPUTS({ type, data.bytes, frames })));
}

START_TEST(image_filters_are_equal)
{
	expect_equal_images("image.grey", NULL, (size_t)_i, true);
	expect_equal_images("image.blur", PARAMS(PARAM("radius", "1")), (size_t)_i, false);
	expect_equal_images("image.blur", PARAMS(PARAM("radius", "2")), (size_t)_i, false);
	expect_equal_images("image.sobel", NULL, (size_t)_i, false);
}
END_TEST

START_TEST(random_images_are_equal)
{
	uint64_t random = 77;

	for (unsigned i = 0; i < 60 / SHARE; i++) {
		size_t height = 1 + (random_bits(&random) >> 20) % 40,
		       width = 1 + (random_bits(&random) >> 20) % 60;
		char type[64];

		snprintf(type, sizeof(type), "u8[%zu,%zu]", height, width);
		random_numbers(&random, "u8", data.bytes, 10 * height * width);
		expect_equal(CASE(.kernel = kernel_named(i % 2 ? "image.blur" : "image.sobel"),
				  .params = i % 2 ? PARAMS(PARAM("radius", i % 4 == 1 ? "1" : "2")) : NULL,
				  .in = INPUTS({ type, data.bytes, 10 })));
	}
}
END_TEST

START_TEST(images_that_are_too_wide_are_refused)
{
	static const char *const kernels[] = { "image.blur", "image.sobel" };
	char text[200];

	for (unsigned i = 0; i < 2; i++) {
		snprintf(text, sizeof(text),
			 "actor 'test' (%s): its FPGA implementation takes images up to 8192 pixels wide, and these have 8193",
			 kernels[i]);
		expect_refused(CASE(.kernel = kernel_named(kernels[i]),
				    .in = INPUTS({ "u8[1,8193]", data.bytes, 1 })),
			       text);
	}
}
END_TEST

/* ---- the comparison itself finds what is wrong ---- */

struct mistake {
	void (*call)(const struct pel_harness_arg *args);
	const char *text;
};

static void right(const struct pel_harness_arg *args)
{
	hls_find("scale.c", "pelton_scale_f32")->call(args);
}

static void wrong_last(const struct pel_harness_arg *args)
{
	right(args);
	((unsigned char *)args[1].pointer)[args[1].bytes - 1] ^= 1;
}

static void changes_input(const struct pel_harness_arg *args)
{
	right(args);
	((unsigned char *)args[0].pointer)[0] ^= 1;
}

static void writes_beyond(const struct pel_harness_arg *args)
{
	right(args);
	((volatile unsigned char *)args[1].pointer)[args[1].bytes] ^= 1;
}

static void one_only(const struct pel_harness_arg *args)
{
	struct pel_harness_arg few[5];

	memcpy(few, args, sizeof(few));
	few[4].integer = 1;
	right(few);
}

static int call_mistake(void *context, const char *source, const char *kernel,
			const struct pel_harness_arg *args, size_t n_args)
{
	const struct mistake *mistake = context;

	(void)source;
	(void)kernel;
	(void)n_args;
	if (!mistake->call)
		return -ENODEV;
	mistake->call(args);
	return 0;
}

START_TEST(mistakes_of_an_fpga_kernel_are_found)
{
	static const struct mistake mistakes[] = {
		{ wrong_last, "' has 0x" },
		{ changes_input, "the FPGA implementation changed argument 'in', which it may only read" },
		{ writes_beyond, NULL },
		{ one_only, "from the FPGA implementation, but 0x" },
		{ NULL, "function pelton_scale_f32 of scale.c cannot be called: No such device" },
	};
	struct mistake mistake = mistakes[_i];
	struct pel_harness_case test = { .size = sizeof(test),
					 .kernel = kernel_named("core.scale"),
					 .params = PARAMS(PARAM("gain", "2")),
					 .in = INPUTS({ "f32", data.bytes, 500 }) };
	struct pel_error err = { 0 };
	uint64_t random = 3;

	random_floats(&random, data.f32, 500);
	ck_assert_int_lt(pel_harness_compare_fpga(&test, call_mistake, &mistake, 20, 1, &err), 0);
	ck_assert_uint_eq(err.count, 1);
	if (mistake.text)
		ck_assert_msg(strstr(err.items[0].text, mistake.text), "said: %s", err.items[0].text);
	else /* a fault or a mark in the pattern, as the window lies */
		ck_assert_msg(strstr(err.items[0].text, "it crashed") ||
				      strstr(err.items[0].text,
					     "the FPGA implementation wrote outside the window of argument"),
			      "said: %s", err.items[0].text);
	pel_error_fini(&err);
}
END_TEST

START_TEST(kernel_without_an_fpga_form_is_said_to_have_none)
{
	struct pel_harness_case test = { .size = sizeof(test),
					 .kernel = kernel_named("core.subtract"),
					 .in = INPUTS({ "f32", data.bytes, 5 }, { "f32", data.bytes, 5 }) };
	struct pel_error err = { 0 };

	ck_assert_int_eq(compare(&test, 1, &err), -ENOSYS);
	ck_assert_str_eq(err.items[0].text, "test of core.subtract: it has no FPGA implementation");
	pel_error_fini(&err);
}
END_TEST

/* ---- and it finds errors in the description of an FPGA implementation ---- */

static int form_of(struct pel_fpga *form, unsigned in, unsigned out, size_t state)
{
	if (pel_fpga_kernel(form, "x.c", "x") < 0 || pel_fpga_in(form, "in", in) < 0 ||
	    pel_fpga_out(form, "out", out) < 0)
		return -ENOMEM;
	return state ? pel_fpga_state(form, "state", state) : pel_fpga_scalar(form, "n", "$batch");
}

static int no_such_input(struct pel_info *info, struct pel_fpga *form)
{
	(void)info;
	return form_of(form, 1, 0, 0);
}

static int no_such_output(struct pel_info *info, struct pel_fpga *form)
{
	(void)info;
	return form_of(form, 0, 3, 0);
}

static int with_state(struct pel_info *info, struct pel_fpga *form)
{
	(void)info;
	return form_of(form, 0, 0, 4);
}

static int with_long_state(struct pel_info *info, struct pel_fpga *form)
{
	(void)info;
	return form_of(form, 0, 0, 8);
}

static int wrong_name(struct pel_info *info, struct pel_fpga *form)
{
	(void)info;
	return pel_fpga_kernel(form, "x.c", "x") < 0 ? -ENOMEM : pel_fpga_scalar(form, "n", "$bath");
}

static int nameless(struct pel_info *info, struct pel_fpga *form)
{
	(void)info;
	return pel_fpga_scalar(form, "n", "$batch");
}

static int silent(struct pel_info *info, struct pel_fpga *form)
{
	(void)info;
	(void)form;
	return -ENOTSUP;
}

START_TEST(mistakes_in_a_form_are_said)
{
	static const struct {
		const char *kernel;
		int (*fpga)(struct pel_info *info, struct pel_fpga *form);
		const char *text;
	} forms[] = {
		{ "core.scale", no_such_input, "argument 'in' is for input number 1, and there are 1" },
		{ "core.scale", no_such_output, "argument 'out' is for output number 3, and there are 1" },
		{ "core.scale", with_state,
		  "argument 'state' is the state, which cannot be saved and restored" },
		{ "core.scale", wrong_name, "argument 'n': there is no parameter '$bath' in \"$bath\"" },
		{ "core.scale", nameless,
		  "test of core.scale: fpga() did not set the source and the kernel's name" },
		{ "core.scale", silent,
		  "test of core.scale: fpga() failed without a message: Operation not supported" },
		{ "core.dedup", no_such_input,
		  "an FPGA implementation needs constant rates, but the rate of port 'in' is not constant" },
		{ "core.smooth", with_long_state,
		  "kernel core.smooth: round 1 (FPGA implementation): argument 'state' is a state of 8 bytes, but save() returned 4" },
	};
	struct pel_kernel kernel = *kernel_named(forms[_i].kernel);
	struct pel_harness_case test = { .size = sizeof(test),
					 .kernel = &kernel,
					 .params = _i == 7 ? PARAMS(PARAM("alpha", "1")) : NULL,
					 .in = INPUTS({ "f32", data.bytes, 5 }) };
	struct pel_error err = { 0 };

	kernel.fpga = forms[_i].fpga;
	ck_assert_int_lt(compare(&test, 1, &err), 0);
	ck_assert_str_eq(err.items[0].text, forms[_i].text);
	pel_error_fini(&err);
}
END_TEST

/* Every function in hls/ is the FPGA implementation of a kernel. */
START_TEST(every_top_function_has_arguments)
{
	size_t n = 0;

	for (const struct hls_top *top = hls_tops; top->source; top++, n++)
		ck_assert_msg(strchr(top->args, ' '), "%s: %s(%s)", top->source, top->name, top->args);
	ck_assert_uint_eq(n, 1 + 6 + 100 + 2 + 1 + 3);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("kernel-fpga");
	TCase *tcase = tcase_create("kernel-fpga");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_set_timeout(tcase, 100);
	tcase_add_test(tcase, scale_is_equal);
	tcase_add_loop_test(tcase, add_is_equal, 0, N_ELEMS);
	tcase_add_loop_test(tcase, convert_is_equal, 0, N_ELEMS * N_ELEMS);
	tcase_add_loop_test(tcase, numbers_at_the_ends_of_integers_convert_alike, 0, N_REAL);
	tcase_add_loop_test(tcase, fir_is_equal, 0, sizeof(filters) / sizeof(filters[0]));
	tcase_add_test(tcase, fir_says_what_does_not_fit);
	tcase_add_test(tcase, smooth_is_equal_and_hands_its_state_over);
	tcase_add_loop_test(tcase, image_filters_are_equal, 0, sizeof(shapes) / sizeof(shapes[0]));
	tcase_add_test(tcase, random_images_are_equal);
	tcase_add_test(tcase, images_that_are_too_wide_are_refused);
	tcase_add_loop_test(tcase, mistakes_of_an_fpga_kernel_are_found, 0, 5);
	tcase_add_loop_test(tcase, mistakes_in_a_form_are_said, 0, 8);
	tcase_add_test(tcase, kernel_without_an_fpga_form_is_said_to_have_none);
	tcase_add_test(tcase, every_top_function_has_arguments);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? 1 : 0;
}
