/* SPDX-License-Identifier: Apache-2.0 */
#include "kernel-case.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* The dynamic kernels of core, core.print, and bench. */

static const uint8_t runs[] = { 7, 7, 7, 1, 2, 2, 7, 0, 0, 0, 0, 5 };

START_TEST(dedup_drops_what_equals_the_token_before)
{
	static const uint8_t want[] = { 7, 1, 2, 7, 0, 5 };
	static const uint16_t wide[] = { 1, 1, 257, 257, 1 }, wide_want[] = { 1, 257, 1 };

	expect_kernel(CASE(.kernel = kernel_named("core.dedup"), .in = INPUTS({ "u8", runs, 12 })), "u8",
		      want, 6);
	expect_kernel(CASE(.kernel = kernel_named("core.dedup"), .in = INPUTS({ "u16", wide, 5 })), "u16",
		      wide_want, 3);
	expect_kernel(CASE(.kernel = kernel_named("core.dedup"), .in = INPUTS({ "u16", wide, 0 })), "u16",
		      wide_want, 0);
}
END_TEST

START_TEST(run_lengths_count_and_come_back)
{
	static const uint8_t values[] = { 7, 1, 2, 7, 0, 5 };
	static const uint64_t counts[] = { 3, 1, 2, 1, 4, 1 };
	struct pel_harness_case encode = { .size = sizeof(encode),
					   .kernel = kernel_named("core.rle_encode"),
					   .in = INPUTS({ "u8", runs, 12 }) };
	struct pel_harness_result *result = run_kernel(&encode);

	expect_out(result, 0, "u8", values, 6);
	expect_out(result, 1, "u64", counts, 6);
	pel_harness_result_destroy(result);
	check_kernel(&encode, 50);
	expect_kernel(CASE(.kernel = kernel_named("core.rle_decode"),
			   .in = INPUTS({ "u8", values, 6 }, { "u64", counts, 6 })),
		      "u8", runs, 12);
}
END_TEST

START_TEST(run_of_no_tokens_and_long_runs_decode)
{
	static const uint8_t values[] = { 1, 2, 3, 4 };
	static const uint64_t counts[] = { 0, 1000, 0, 1 };
	static uint8_t want[1001];

	memset(want, 2, 1000);
	want[1000] = 4;
	expect_kernel(CASE(.kernel = kernel_named("core.rle_decode"),
			   .in = INPUTS({ "u8", values, 4 }, { "u64", counts, 4 })),
		      "u8", want, 1001);
}
END_TEST

START_TEST(route_follows_its_control)
{
	static const uint32_t in[] = { 10, 11, 12, 13, 14, 15, 16 };
	static const uint8_t control[] = { 1, 0, 0, 255, 2, 0 }; /* one less than tokens */
	static const uint32_t yes[] = { 10, 13, 14 }, no[] = { 11, 12, 15 };
	struct pel_harness_case test = { .size = sizeof(test),
					 .kernel = kernel_named("core.route"),
					 .in = INPUTS({ "u32", in, 7 }, { "u8", control, 6 }) };
	struct pel_harness_result *result = run_kernel(&test);

	expect_out(result, 0, "u32", yes, 3);
	expect_out(result, 1, "u32", no, 3);
	pel_harness_result_destroy(result);
	check_kernel(&test, 50);
	test.unconnected_outs = 2;
	expect_kernel(&test, "u32", yes, 3);
	test.unconnected_outs = 3;
	expect_error(&test, -EINVAL, "actor 'test' (core.route): neither output is connected", NULL);
}
END_TEST

/* ---- core.print: what comes out of standard output ---- */

static void expect_printed(const struct pel_harness_case *test, const char *want)
{
	char got[2000];
	int ends[2], status;
	size_t n = 0;
	ssize_t more;
	pid_t child;

	ck_assert_int_eq(pipe(ends), 0);
	fflush(stdout);
	child = fork();
	if (child == 0) {
		struct pel_harness_result *result;

		dup2(ends[1], STDOUT_FILENO);
		close(ends[0]);
		close(ends[1]);
		_exit(pel_harness_run(test, &result, NULL) < 0);
	}
	close(ends[1]);
	while ((more = read(ends[0], got + n, sizeof(got) - 1 - n)) > 0)
		n += (size_t)more;
	got[n] = '\0';
	close(ends[0]);
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_int_eq(status, 0);
	ck_assert_str_eq(got, want);
}

#define PRINTED(type, data, n, ...)                                                                 \
	expect_printed(CASE(.kernel = kernel_named("core.print"), .in = INPUTS({ type, data, n })), \
		       __VA_ARGS__)

START_TEST(print_writes_a_token_a_line)
{
	static const int8_t small[] = { -128, 0, 127 };
	static const uint64_t large[] = { UINT64_MAX };
	static const int64_t low[] = { INT64_MIN };
	static const float reals[] = { 0.1f, 1e10f, -0.0f, 16777216.0f, 1.0f / 3 };
	static const double wide[] = { 0.1, 1.0 / 3, 1e300 };
	static const float pairs[] = { 1, -2.5f };
	static const uint16_t square[] = { 1, 2, 3, 4, 5, 6 };

	PRINTED("i8", small, 3, "-128\n0\n127\n");
	PRINTED("u64", large, 1, "18446744073709551615\n");
	PRINTED("i64", low, 1, "-9223372036854775808\n");
	PRINTED("f32", reals, 5, "0.1\n1e+10\n-0\n16777216\n0.33333334\n");
	PRINTED("f64", wide, 3, "0.1\n0.3333333333333333\n1e+300\n");
	PRINTED("cf32", pairs, 1, "(1, -2.5)\n");
	PRINTED("u16[3]", square, 2, "[1, 2, 3]\n[4, 5, 6]\n");
	PRINTED("u16[3,2]", square, 1, "[[1, 2], [3, 4], [5, 6]]\n");
	PRINTED("bytes[3]", "\x01\xab\xff", 1, "01abff\n");
	PRINTED("u8", "", 0, "");
	expect_printed(CASE(.kernel = kernel_named("core.print"), .params = PARAMS(PARAM("prefix", "x = ")),
			    .in = INPUTS({ "i8", small, 2 })),
		       "x = -128\nx = 0\n");
}
END_TEST

START_TEST(print_says_that_nobody_can_read)
{
	struct pel_harness_case test = { .size = sizeof(test),
					 .kernel = kernel_named("core.print"),
					 .in = INPUTS({ "u8", runs, 12 }) };
	int status;
	pid_t child;

	fflush(stdout);
	child = fork();
	if (child == 0) {
		struct pel_harness_result *result;
		struct pel_error err = { 0 };

		dup2(open("/dev/full", O_WRONLY), STDOUT_FILENO);
		_exit(pel_harness_run(&test, &result, &err) == -ENOSPC && err.count == 1 &&
				      strcmp(err.items[0].text,
					     "kernel core.print: cannot write to standard output: No space left on device") ==
					      0
			      ? 0
			      : 1);
	}
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_int_eq(status, 0);
}
END_TEST

/* ---- bench ---- */

#define N 70000

START_TEST(source_is_the_documented_ramp)
{
	static float want[N];

	for (uint64_t i = 0; i < N; i++)
		want[i] = (float)((i + 65530) & 0xffff) * 0x1p-16f;
	expect_kernel(CASE(.kernel = kernel_named("bench.source"),
			   .params = PARAMS(PARAM("tokens", "70000"), PARAM("seed", "65530"))),
		      "f32", want, N);
	for (uint64_t i = 0; i < 100; i++)
		want[i] = (float)((i - 3) & 0xffff) * 0x1p-16f;
	expect_kernel(CASE(.kernel = kernel_named("bench.source"),
			   .params = PARAMS(PARAM("tokens", "100"), PARAM("seed", "-3"))),
		      "f32", want, 100);
	expect_kernel(CASE(.kernel = kernel_named("bench.source"), .params = PARAMS(PARAM("tokens", "0"))),
		      "f32", want, 0);
	expect_error(CASE(.kernel = kernel_named("bench.source"), .params = PARAMS(PARAM("tokens", "-1"))),
		     -EINVAL, "test of bench.source: parameter 'tokens' is outside its limits", NULL);
}
END_TEST

START_TEST(tone_is_the_documented_pair_of_ramps)
{
	static float want[2 * N];

	for (uint64_t i = 0; i < N; i++) {
		want[2 * i] = (float)((i + 65530) & 0xffff) / 65536.0f;
		want[2 * i + 1] = (float)((i + 65530 + 16384) & 0xffff) / 65536.0f;
	}
	expect_kernel(CASE(.kernel = kernel_named("bench.tone"),
			   .params = PARAMS(PARAM("tokens", "70000"), PARAM("seed", "65530"))),
		      "cf32", want, N);
	expect_kernel(CASE(.kernel = kernel_named("bench.tone"), .params = PARAMS(PARAM("tokens", "0"))),
		      "cf32", want, 0);
}
END_TEST

START_TEST(sink_counts_and_sums_the_bits)
{
	static uint32_t in[N];
	struct pel_harness_case test = { .size = sizeof(test),
					 .kernel = kernel_named("bench.sink"),
					 .in = INPUTS({ "f32", in, N }) };
	struct pel_harness_result *result;
	uint64_t random = 9, sum = 0;

	random_bytes(&random, in, sizeof(in));
	for (size_t i = 0; i < N; i++)
		sum += in[i];
	result = run_kernel(&test);
	ck_assert_uint_eq(result->n_results, 2);
	ck_assert_str_eq(result->results[0]->name, "count");
	ck_assert_uint_eq(result->results[0]->u64, N);
	ck_assert_str_eq(result->results[1]->name, "checksum");
	ck_assert_uint_eq(result->results[1]->u64, sum);
	pel_harness_result_destroy(result);
	check_kernel(&test, 10);
}
END_TEST

START_TEST(burn_passes_tokens_on_unchanged)
{
	static const uint64_t in[] = { 0, 1, 2, UINT64_MAX, 5, 5, 5 };

	expect_kernel(CASE(.kernel = kernel_named("bench.burn"),
			   .params = PARAMS(PARAM("min_us", "0"), PARAM("max_us", "3")),
			   .in = INPUTS({ "u64", in, 7 })),
		      "u64", in, 7);
	expect_error(CASE(.kernel = kernel_named("bench.burn"),
			  .params = PARAMS(PARAM("min_us", "10"), PARAM("max_us", "9")),
			  .in = INPUTS({ "u64", in, 7 })),
		     -EINVAL, "test of bench.burn: parameter 'max_us' is outside its limits", NULL);
}
END_TEST

RUN_TESTS("kernel-dynamic", dedup_drops_what_equals_the_token_before, run_lengths_count_and_come_back,
	  run_of_no_tokens_and_long_runs_decode, route_follows_its_control, print_writes_a_token_a_line,
	  print_says_that_nobody_can_read, source_is_the_documented_ramp,
	  tone_is_the_documented_pair_of_ramps, sink_counts_and_sums_the_bits, burn_passes_tokens_on_unchanged)
