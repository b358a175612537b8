/* SPDX-License-Identifier: Apache-2.0 */
#include "kernel-case.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* core.scale, core.add and its like, core.convert, the complex ones. */

#define N 1000

START_TEST(scale_rounds_the_product_then_the_sum)
{
	static float x[N], want[N];
	uint64_t random = 1;

	random_floats(&random, x, N);
	for (size_t i = 0; i < N; i++) {
		volatile float product = 0.7f * x[i];

		want[i] = product + 1000.1f;
	}
	expect_kernel(CASE(.kernel = kernel_named("core.scale"),
			   .params = PARAMS(PARAM("gain", "0.7"), PARAM("offset", "1000.1")),
			   .in = INPUTS({ "f32", x, N })),
		      "f32", want, N);
	expect_kernel(CASE(.kernel = kernel_named("core.scale"), .in = INPUTS({ "f32", x, N })), "f32", x, N);
}
END_TEST

#define INTEGER_TEST(type, name)                                                 \
	do {                                                                     \
		static type a[N], b[N], sum[N], difference[N], product[N];       \
                                                                                 \
		random_bytes(&random, a, sizeof(a));                             \
		random_bytes(&random, b, sizeof(b));                             \
		for (size_t i = 0; i < N; i++) {                                 \
			sum[i] = (type)((uint64_t)a[i] + (uint64_t)b[i]);        \
			difference[i] = (type)((uint64_t)a[i] - (uint64_t)b[i]); \
			product[i] = (type)((uint64_t)a[i] * (uint64_t)b[i]);    \
		}                                                                \
		expect_binary("core.add", name, a, b, sum, N);                   \
		expect_binary("core.subtract", name, a, b, difference, N);       \
		expect_binary("core.multiply", name, a, b, product, N);          \
	} while (0)

static void expect_binary(const char *kernel, const char *type, const void *a, const void *b,
			  const void *want, size_t n)
{
	expect_kernel(CASE(.kernel = kernel_named(kernel), .in = INPUTS({ type, a, n }, { type, b, n })),
		      type, want, n);
}

START_TEST(integers_wrap)
{
	uint64_t random = 2;

	INTEGER_TEST(uint8_t, "u8");
	INTEGER_TEST(int8_t, "i8");
	INTEGER_TEST(uint16_t, "u16");
	INTEGER_TEST(int16_t, "i16");
	INTEGER_TEST(uint32_t, "u32");
	INTEGER_TEST(int32_t, "i32");
	INTEGER_TEST(uint64_t, "u64");
	INTEGER_TEST(int64_t, "i64");
}
END_TEST

START_TEST(reals_are_rounded_once)
{
	static float a[N], b[N], sum[N], difference[N], product[N];
	static double wide_a[N], wide_sum[N];
	uint64_t random = 3;

	random_floats(&random, a, N);
	random_floats(&random, b, N);
	for (size_t i = 0; i < N; i++) {
		sum[i] = (float)((double)a[i] + (double)b[i]); /* exact before the one rounding */
		difference[i] = (float)((double)a[i] - (double)b[i]);
		product[i] = (float)((double)a[i] * (double)b[i]);
		wide_a[i] = a[i];
		wide_sum[i] = wide_a[i] + wide_a[i];
	}
	expect_binary("core.add", "f32", a, b, sum, N);
	expect_binary("core.subtract", "f32", a, b, difference, N);
	expect_binary("core.multiply", "f32", a, b, product, N);
	expect_binary("core.add", "f64", wide_a, wide_a, wide_sum, N);
	expect_binary("core.add", "f32[10,10]", a, b, sum, N / 100);
}
END_TEST

START_TEST(complex_product_is_the_documented_one)
{
	static float a[2 * N], b[2 * N], sum[2 * N], product[2 * N];
	static const double u[] = { 1, 2 }, v[] = { 3, -5 }, uv[] = { 13, 1 };
	uint64_t random = 4;

	random_floats(&random, a, 2 * N);
	random_floats(&random, b, 2 * N);
	for (size_t i = 0; i < 2 * N; i += 2) {
		volatile float rr = a[i] * b[i], ii = a[i + 1] * b[i + 1], ri = a[i] * b[i + 1],
			       ir = a[i + 1] * b[i];

		product[i] = rr - ii;
		product[i + 1] = ri + ir;
		sum[i] = a[i] + b[i];
		sum[i + 1] = a[i + 1] + b[i + 1];
	}
	expect_binary("core.multiply", "cf32", a, b, product, N);
	expect_binary("core.multiply", "cf64", u, v, uv, 1);
	expect_binary("core.add", "cf32[2]", a, b, sum, N / 2);
}
END_TEST

START_TEST(shorter_input_ends_a_sum)
{
	static const uint8_t a[] = { 1, 2, 3, 4, 5 }, b[] = { 10, 20, 30 }, want[] = { 11, 22, 33 };

	expect_kernel(CASE(.kernel = kernel_named("core.add"), .in = INPUTS({ "u8", a, 5 }, { "u8", b, 3 })),
		      "u8", want, 3);
}
END_TEST

START_TEST(bytes_have_no_arithmetic)
{
	expect_error(CASE(.kernel = kernel_named("core.add"),
			  .in = INPUTS({ "bytes[4]", "", 0 }, { "bytes[4]", "", 0 })),
		     -EINVAL,
		     "actor 'test' (core.add): port 'a' has type bytes[4]; this kernel computes with numbers",
		     "core.reshape can reinterpret the bytes as numbers");
}
END_TEST

START_TEST(complex_numbers_split_and_join)
{
	static const float pairs[] = { 1, 2, 3, 4, 5, 6 }, re[] = { 1, 3, 5 }, im[] = { 2, 4, 6 };
	struct pel_harness_case split = { .size = sizeof(split),
					  .kernel = kernel_named("core.complex_split"),
					  .in = INPUTS({ "cf32", pairs, 3 }) };
	struct pel_harness_result *result = run_kernel(&split);

	expect_out(result, 0, "f32", re, 3);
	expect_out(result, 1, "f32", im, 3);
	pel_harness_result_destroy(result);
	check_kernel(&split, 10);
	split.unconnected_outs = 1;
	result = run_kernel(&split);
	expect_out(result, 1, "f32", im, 3);
	pel_harness_result_destroy(result);
	expect_kernel(CASE(.kernel = kernel_named("core.complex_join"),
			   .in = INPUTS({ "f32", re, 3 }, { "f32", im, 3 })),
		      "cf32", pairs, 3);
}
END_TEST

/* ---- core.convert ---- */

static void expect_converted(const char *from, const void *in, const char *to, const void *want, size_t n)
{
	expect_kernel(CASE(.kernel = kernel_named("core.convert"), .params = PARAMS(PARAM("to", to)),
			   .in = INPUTS({ from, in, n })),
		      to, want, n);
}

START_TEST(reals_become_the_nearest_even_integer_saturated)
{
	static const float x[] = { 0.5f, 1.5f,	 2.5f, -0.5f, -1.5f,  127.5f, 128.5f,	-128.5f,
				   -129, 255.5f, 256,  1e30f, -1e30f, NAN,    INFINITY, -INFINITY };
	static const uint8_t as_u8[] = { 0, 2, 2, 0, 0, 128, 128, 0, 0, 255, 255, 255, 0, 0, 255, 0 };
	static const int8_t as_i8[] = { 0,    2,   2,	0,   -2,   127, 127, -128,
					-128, 127, 127, 127, -128, 0,	127, -128 };
	static const int16_t as_i16[] = { 0,	2,   2,	  0,	 -2,	 128, 128,   -128,
					  -129, 256, 256, 32767, -32768, 0,   32767, -32768 };
	static const uint32_t as_u32[] = { 0, 2,   2,	0,	    0, 128, 128,	0,
					   0, 256, 256, UINT32_MAX, 0, 0,   UINT32_MAX, 0 };
	static const int32_t as_i32[] = { 0,	2,   2,	  0,	     -2,	128, 128,	-128,
					  -129, 256, 256, INT32_MAX, INT32_MIN, 0,   INT32_MAX, INT32_MIN };
	static const int64_t as_i64[] = { 0,	2,   2,	  0,	     -2,	128, 128,	-128,
					  -129, 256, 256, INT64_MAX, INT64_MIN, 0,   INT64_MAX, INT64_MIN };
	static const uint64_t as_u64[] = { 0, 2,   2,	0,	    0, 128, 128,	0,
					   0, 256, 256, UINT64_MAX, 0, 0,   UINT64_MAX, 0 };
	static const double wide[] = { 2147483647.5, 4294967295.5,	   9007199254740993.0,
				       0x1p63,	     0x1.fffffffffffffp62, -0x1p63,
				       0x1p64 };
	static const int32_t wide_i32[] = { INT32_MAX, INT32_MAX, INT32_MAX, INT32_MAX,
					    INT32_MAX, INT32_MIN, INT32_MAX };
	static const int64_t wide_i64[] = { 2147483648,		4294967296, 9007199254740992, INT64_MAX,
					    0x7ffffffffffffc00, INT64_MIN,  INT64_MAX };

	expect_converted("f32", x, "u8", as_u8, 16);
	expect_converted("f32", x, "i8", as_i8, 16);
	expect_converted("f32", x, "i16", as_i16, 16);
	expect_converted("f32", x, "u32", as_u32, 16);
	expect_converted("f32", x, "i32", as_i32, 16);
	expect_converted("f32", x, "i64", as_i64, 16);
	expect_converted("f32", x, "u64", as_u64, 16);
	expect_converted("f64", wide, "i32", wide_i32, 7);
	expect_converted("f64", wide, "i64", wide_i64, 7);
}
END_TEST

START_TEST(integers_saturate)
{
	static const int16_t x[] = { -32768, -129, -128, -1, 0, 127, 128, 255, 256, 32767 };
	static const uint8_t as_u8[] = { 0, 0, 0, 0, 0, 127, 128, 255, 255, 255 };
	static const int8_t as_i8[] = { -128, -128, -128, -1, 0, 127, 127, 127, 127, 127 };
	static const uint64_t as_u64[] = { 0, 0, 0, 0, 0, 127, 128, 255, 256, 32767 };
	static const int64_t big[] = { INT64_MIN, -1, INT64_MAX, 9007199254740993 };
	static const uint64_t big_u64[] = { 0, 0, INT64_MAX, 9007199254740993 };
	static const uint8_t big_u8[] = { 0, 0, 255, 255 };
	static const uint64_t huge[] = { 0, UINT64_MAX, 9007199254740993 };
	static const int64_t huge_i64[] = { 0, INT64_MAX, 9007199254740993 };
	static const int8_t huge_i8[] = { 0, 127, 127 };

	expect_converted("i16", x, "u8", as_u8, 10);
	expect_converted("i16", x, "i8", as_i8, 10);
	expect_converted("i16", x, "u64", as_u64, 10);
	expect_converted("i64", big, "u64", big_u64, 4);
	expect_converted("i64", big, "u8", big_u8, 4);
	expect_converted("u64", huge, "i64", huge_i64, 3);
	expect_converted("u64", huge, "i8", huge_i8, 3);
}
END_TEST

START_TEST(integers_become_the_nearest_real)
{
	static const int64_t x[] = { 9007199254740993, 16777217, -16777219, INT64_MAX };
	static const double as_f64[] = { 9007199254740992.0, 16777217.0, -16777219.0, 0x1p63 };
	static const float as_f32[] = { 9007199254740992.0f, 16777216.0f, -16777220.0f, 0x1p63f };
	static const int32_t y[] = { 16777217, 16777219, INT32_MIN };
	static const float y_f32[] = { 16777216.0f, 16777220.0f, -0x1p31f };
	static const double z[] = { 1e300, -1e300, 1.0 + 0x1p-24, 1.0 + 0x1.8p-23, 1e-50 };
	static const float z_f32[] = { INFINITY, -INFINITY, 1.0f, 1.0f + 0x1p-22f, 0.0f };

	expect_converted("i64", x, "f64", as_f64, 4);
	expect_converted("i64", x, "f32", as_f32, 4);
	expect_converted("i32", y, "f32", y_f32, 3);
	expect_converted("f64", z, "f32", z_f32, 5);
}
END_TEST

/* Every pair of real types, against a conversion through long double, which holds them all. */
static const struct {
	const char *name;
	size_t bytes;
	long double min, max; /* 0, 0: real */
} types[] = {
	{ "u8", 1, 0, UINT8_MAX },   { "i8", 1, INT8_MIN, INT8_MAX },
	{ "u16", 2, 0, UINT16_MAX }, { "i16", 2, INT16_MIN, INT16_MAX },
	{ "u32", 4, 0, UINT32_MAX }, { "i32", 4, INT32_MIN, INT32_MAX },
	{ "u64", 8, 0, UINT64_MAX }, { "i64", 8, INT64_MIN, INT64_MAX },
	{ "f32", 4, 0, 0 },	     { "f64", 8, 0, 0 },
};

static long double load(unsigned type, const unsigned char *at)
{
	uint64_t bits = 0;
	double wide;
	float narrow;

	memcpy(&bits, at, types[type].bytes);
	if (type == 8) {
		memcpy(&narrow, at, 4);
		return narrow;
	}
	if (type == 9) {
		memcpy(&wide, at, 8);
		return wide;
	}
	if (types[type].min < 0 && bits >> (8 * types[type].bytes - 1))
		return (long double)(int64_t)(bits | (types[type].bytes < 8 ? UINT64_MAX << 8 * types[type].bytes
									    : 0));
	return bits;
}

static void store(unsigned type, long double value, unsigned char *at)
{
	double wide = (double)value;
	float narrow = (float)value;
	uint64_t bits;

	if (type >= 8) {
		memcpy(at, type == 8 ? (void *)&narrow : (void *)&wide, types[type].bytes);
		return;
	}
	value = value != value ? 0 : nearbyintl(value);
	value = value < types[type].min ? types[type].min : value > types[type].max ? types[type].max : value;
	bits = value < 0 ? (uint64_t)(int64_t)value : (uint64_t)value;
	memcpy(at, &bits, types[type].bytes);
}

START_TEST(every_pair_of_types_converts_as_documented)
{
	static unsigned char in[600 * 8], want[600 * 8];
	unsigned from = (unsigned)_i;
	uint64_t random = 5;

	random_bytes(&random, in, sizeof(in));
	for (size_t i = 0; i < 600 && from >= 8; i++) { /* most random patterns are far from every integer */
		long double value =
			(long double)random_float(&random) * powl(2, (int)(random_bits(&random) % 70));

		store(from, value, in + i * types[from].bytes);
	}
	for (unsigned to = 0; to < 10; to++) {
		for (size_t i = 0; i < 600; i++)
			store(to, load(from, in + i * types[from].bytes), want + i * types[to].bytes);
		expect_converted(types[from].name, in, types[to].name, want, 600);
	}
}
END_TEST

START_TEST(complex_conversions_go_part_by_part)
{
	static const int16_t x[] = { 1, -2, 3 };
	static const float as_cf32[] = { 1, 0, -2, 0, 3, 0 };
	static const double as_cf64[] = { 1, 0, -2, 0, 3, 0 };

	expect_converted("i16", x, "cf32", as_cf32, 3);
	expect_converted("i16", x, "cf64", as_cf64, 3);
	expect_converted("cf32", as_cf32, "cf64", as_cf64, 3);
	expect_converted("cf64", as_cf64, "cf32", as_cf32, 3);
	expect_converted("cf32", as_cf32, "cf32", as_cf32, 3);
}
END_TEST

START_TEST(dimensions_stay)
{
	static const uint8_t x[] = { 1, 2, 3, 4, 5, 6, 7, 8 };
	static const uint16_t want[] = { 1, 2, 3, 4, 5, 6, 7, 8 };

	expect_kernel(CASE(.kernel = kernel_named("core.convert"), .params = PARAMS(PARAM("to", "u16")),
			   .in = INPUTS({ "u8[2,2]", x, 2 })),
		      "u16[2,2]", want, 2);
}
END_TEST

static void expect_refused(const char *from, const char *to, const char *text, const char *hint)
{
	expect_error(CASE(.kernel = kernel_named("core.convert"), .params = PARAMS(PARAM("to", to)),
			  .in = INPUTS({ from, "", 0 })),
		     -EINVAL, text, hint);
}

START_TEST(convert_says_what_it_cannot_do)
{
	expect_refused("cf32", "f32", "actor 'test' (core.convert): cannot convert complex cf32 to real f32",
		       "core.complex_split gives the parts, dsp.magnitude the absolute value");
	expect_refused(
		"bytes[2]", "u8",
		"actor 'test' (core.convert): port 'in' has type bytes[2]; this kernel computes with numbers",
		"core.reshape can reinterpret the bytes as numbers");
	expect_refused("u8", "bytes[2]", "test of core.convert: parameter 'to' is outside its limits", NULL);
	expect_refused("u8", "f32[2]", "test of core.convert: parameter 'to' is outside its limits", NULL);
	expect_refused("u8", "float", "test of core.convert: parameter 'to' is outside its limits", NULL);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("kernel-numeric");
	TCase *tcase = tcase_create("kernel-numeric");
	SRunner *runner;
	int failed;

	tcase_add_test(tcase, scale_rounds_the_product_then_the_sum);
	tcase_add_test(tcase, integers_wrap);
	tcase_add_test(tcase, reals_are_rounded_once);
	tcase_add_test(tcase, complex_product_is_the_documented_one);
	tcase_add_test(tcase, shorter_input_ends_a_sum);
	tcase_add_test(tcase, bytes_have_no_arithmetic);
	tcase_add_test(tcase, complex_numbers_split_and_join);
	tcase_add_test(tcase, reals_become_the_nearest_even_integer_saturated);
	tcase_add_test(tcase, integers_saturate);
	tcase_add_test(tcase, integers_become_the_nearest_real);
	tcase_add_loop_test(tcase, every_pair_of_types_converts_as_documented, 0, 10);
	tcase_add_test(tcase, complex_conversions_go_part_by_part);
	tcase_add_test(tcase, dimensions_stay);
	tcase_add_test(tcase, convert_says_what_it_cannot_do);
	tcase_set_timeout(tcase, 100);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? 1 : 0;
}
