/* SPDX-License-Identifier: Apache-2.0 */
#include "kernel-case.h"

#include <stdio.h>
#include <string.h>
#include "cpu.h"

/* Every kernel that computes gives the same bytes on each instruction set that this machine has. */

#define TOKENS 1013 /* no multiple of any vector */
#define BYTES  (TOKENS * 16)

static unsigned char noise[BYTES];	   /* any bits */
static float a[TOKENS * 4], b[TOKENS * 4]; /* finite */
static double wide[TOKENS * 2];		   /* finite, many beyond the integers */
static unsigned char want[2][BYTES * 4];

static void fill(void)
{
	uint64_t random = 1;

	random_bytes(&random, noise, sizeof(noise));
	random_floats(&random, a, TOKENS * 4);
	random_floats(&random, b, TOKENS * 4);
	for (size_t i = 0; i < TOKENS * 2; i++)
		wide[i] = (double)random_float(&random) * (double)(1ull << (i % 64));
	wide[7] = 0.5, wide[8] = 1.5, wide[9] = -0.5, wide[10] = 254.5, wide[11] = 2147483647.5;
}

static const void *data_of(const char *type, unsigned input)
{
	if (strcmp(type, "f64") == 0 || strcmp(type, "cf64") == 0)
		return wide;
	return strchr(type, 'f') ? (input ? b : a) : (const void *)(noise + 8 * input);
}

static size_t same_on_all(struct pel_harness_case *test)
{
	size_t bytes = 0;

	test->batch = 517;
	for (unsigned cpu = PEL_CPU_DEFAULT; cpu <= pel_cpu_machine(); cpu++) {
		struct pel_harness_result *result;

		pel_cpu_use(cpu);
		result = run_kernel(test);
		for (size_t i = 0; i < result->n_out; i++) {
			size_t n = result->out[i]->tokens * pel_type_bytes(&result->out[i]->type);

			ck_assert_uint_le(n, sizeof(want[i]));
			if (cpu == PEL_CPU_DEFAULT)
				memcpy(want[i], result->out[i]->data, n);
			ck_assert_msg(memcmp(want[i], result->out[i]->data, n) == 0,
				      "%s: output %zu differs with %s", test->kernel->name, i,
				      pel_cpu_name(cpu));
			bytes += n;
		}
		pel_harness_result_destroy(result);
	}
	return bytes;
}

static void same(const char *kernel, const struct pel_harness_param *params, const char *type, unsigned n_in)
{
	struct pel_harness_case test = {
		.size = sizeof(test),
		.kernel = kernel_named(kernel),
		.params = params,
		.in = INPUTS({ type, data_of(type, 0), TOKENS / 2 * 2 },
			     { type, data_of(type, 1), TOKENS / 2 * 2 }),
		.max_firings = 2000,
	};

	if (!n_in)
		test.in = NULL;
	ck_assert_uint_gt(same_on_all(&test), 0);
}

static const char *const types[] = { "u8",  "i8",  "u16", "i16", "u32",	 "i32",
				     "u64", "i64", "f32", "f64", "cf32", "cf64" };
#define N_TYPES (sizeof(types) / sizeof(*types))

START_TEST(arithmetic)
{
	fill();
	for (size_t i = 0; i < N_TYPES; i++) {
		same("core.add", NULL, types[i], 2);
		same("core.subtract", NULL, types[i], 2);
		same("core.multiply", NULL, types[i], 2);
	}
	same("core.scale", PARAMS(PARAM("gain", "0.7"), PARAM("offset", "0.1")), "f32", 1);
	same("core.smooth", PARAMS(PARAM("alpha", "0.3")), "f32", 1);
	same("core.complex_split", NULL, "cf32", 1);
	same("core.complex_join", NULL, "f32", 2);
	same("core.counter", PARAMS(PARAM("tokens", "1000"), PARAM("step", "-3")), "u64", 0);
	same("bench.source", PARAMS(PARAM("tokens", "1000"), PARAM("seed", "65000")), "f32", 0);
}
END_TEST

START_TEST(conversions)
{
	fill();
	for (size_t from = 0; from < N_TYPES; from++)
		for (size_t to = 0; to < N_TYPES; to++)
			if (types[from][0] != 'c' || types[to][0] == 'c')
				same("core.convert", PARAMS(PARAM("to", types[to])), types[from], 1);
}
END_TEST

START_TEST(filters)
{
	static const char *const by[] = { "1", "3", "4", "200" };

	fill();
	for (size_t i = 0; i < sizeof(by) / sizeof(*by); i++)
		for (size_t n_taps = 1; n_taps < 100; n_taps += 31) {
			same("core.fir", PARAMS(LIST("taps", b, n_taps), PARAM("decimate", by[i])), "f32", 1);
			same("core.fir", PARAMS(LIST("taps", b, n_taps), PARAM("decimate", by[i])), "cf32", 1);
			same("dsp.resample",
			     PARAMS(LIST("taps", b, n_taps), PARAM("up", "3"), PARAM("down", by[i])), "cf32",
			     1);
		}
	same("dsp.fm_demod", PARAMS(PARAM("gain", "0.3")), "cf32", 1);
	same("dsp.magnitude", NULL, "cf32", 1);
}
END_TEST

START_TEST(images)
{
	static const char *const radius[] = { "1", "2" };

	fill();
	for (size_t i = 0; i < 2; i++)
		ck_assert_uint_gt(same_on_all(CASE(.kernel = kernel_named("image.blur"),
						   .params = PARAMS(PARAM("radius", radius[i])),
						   .in = INPUTS({ "u8[61,131]", noise, 2 }))),
				  0);
	ck_assert_uint_gt(same_on_all(CASE(.kernel = kernel_named("image.sobel"),
					   .in = INPUTS({ "u8[61,131]", noise, 2 }))),
			  0);
	ck_assert_uint_gt(same_on_all(CASE(.kernel = kernel_named("image.grey"),
					   .in = INPUTS({ "u8[61,71,3]", noise, 1 }))),
			  0);
}
END_TEST

START_TEST(checksum_of_the_sink)
{
	struct pel_harness_case test = { .size = sizeof(test),
					 .kernel = kernel_named("bench.sink"),
					 .in = INPUTS({ "f32", a, TOKENS }),
					 .batch = TOKENS };
	uint64_t sum = 0;

	fill();
	for (size_t i = 0; i < TOKENS; i++) {
		uint32_t bits;

		memcpy(&bits, &a[i], sizeof(bits));
		sum += bits;
	}
	for (unsigned cpu = PEL_CPU_DEFAULT; cpu <= pel_cpu_machine(); cpu++) {
		struct pel_harness_result *result;

		pel_cpu_use(cpu);
		result = run_kernel(&test);
		ck_assert_str_eq(result->results[1]->name, "checksum");
		ck_assert_uint_eq(result->results[1]->u64, sum);
		pel_harness_result_destroy(result);
	}
}
END_TEST

RUN_TESTS("kernel-cpu", arithmetic, conversions, filters, images, checksum_of_the_sink)
