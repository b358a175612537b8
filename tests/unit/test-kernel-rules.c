/* SPDX-License-Identifier: Apache-2.0 */
#include "kernel-case.h"

#include <errno.h>
#include <math.h>
#include <string.h>

/* What a kernel's hooks must not do, and the error messages. */

static const float data[] = { 1, 2, 3, 4, 5, 6, 7, 8 };
static const struct pel_port_desc f32_in[] = { { .name = "in", .type = "f32" }, { 0 } };
static const struct pel_port_desc any_out[] = { { .name = "out", .type = "T" }, { 0 } };
static const struct pel_port_desc f32_out[] = { { .name = "out", .type = "f32" }, { 0 } };

static int copy(void *state, const struct pel_io *io, size_t firings)
{
	(void)state;
	memcpy(io->out[0], io->in[0], firings * sizeof(float));
	return 0;
}

static struct pel_kernel base(void)
{
	return (struct pel_kernel){ .abi = PEL_KERNEL_ABI,
				    .name = "bad.kernel",
				    .summary = "breaks a rule",
				    .in = f32_in,
				    .out = f32_out,
				    .fire = copy };
}

static void expect(const struct pel_kernel *kernel, int code, const char *text)
{
	expect_error(CASE(.kernel = kernel, .in = INPUTS({ "f32", data, 8 })), code, text, NULL);
}

/* ---- parameters that it does not have ---- */

static const struct pel_param_desc gain[] = { { .name = "gain", .type = "f64", .value = "1" }, { 0 } };

static int asks_unknown(struct pel_info *info, void **state)
{
	*state = NULL;
	return (int)pel_info_i64(info, "nope");
}

static int asks_wrong_kind(struct pel_info *info, void **state)
{
	*state = NULL;
	return *pel_info_string(info, "gain");
}

START_TEST(a_parameter_that_is_not_there_fails_the_kernel_with_words)
{
	struct pel_kernel kernel = base();

	kernel.params = gain;
	kernel.init = asks_unknown;
	expect_error(
		CASE(.kernel = &kernel, .in = INPUTS({ "f32", data, 8 })), -EINVAL,
		"actor 'test': kernel 'bad.kernel' calls pel_info_i64() for parameter 'nope', which it does not have",
		"its only parameter is 'gain'");
	kernel.init = asks_wrong_kind;
	expect(&kernel, -EINVAL,
	       "actor 'test': kernel 'bad.kernel' calls pel_info_string() for parameter 'gain', which is a real number, not a string");
}
END_TEST

static const struct pel_type f32 = { PEL_ELEM_F32, 4, 0, { 0 } }, u8 = { PEL_ELEM_U8, 1, 0, { 0 } };

static int two_types(struct pel_info *info)
{
	int r = pel_info_set_out_type(info, 0, &f32);

	if (r == 0)
		r = pel_info_set_out_type(info, 0, &f32); /* the same again is no harm */
	return r < 0 ? r : pel_info_set_out_type(info, 0, &u8);
}

static int other_type(struct pel_info *info)
{
	return pel_info_set_in_type(info, 0, &u8);
}

static int huge_type(struct pel_info *info)
{
	struct pel_type type = { PEL_ELEM_F32, 4, 2, { UINT64_MAX, UINT64_MAX } };

	return pel_info_set_out_type(info, 0, &type);
}

static int empty_type(struct pel_info *info)
{
	struct pel_type type = { PEL_ELEM_F32, 4, 1, { 0 } };

	return pel_info_set_out_type(info, 0, &type);
}

static int no_rate(struct pel_info *info)
{
	return pel_info_set_out_rates(info, 0, (uint64_t[]){ 0, 0 }, 2);
}

static int in_rate(struct pel_info *info)
{
	return pel_info_set_in_rates(info, 0, (uint64_t[]){ 2 }, 1);
}

START_TEST(resolve_may_not_contradict)
{
	struct pel_kernel kernel = base();

	kernel.resolve = two_types;
	expect(&kernel, -EINVAL,
	       "actor 'test' (bad.kernel): the kernel gives port 'out' two types, f32 and u8");
	kernel.resolve = other_type;
	expect(&kernel, -EINVAL, "test of bad.kernel: resolve() gives port 'in' type u8, but it is f32");
	kernel.resolve = huge_type;
	expect(&kernel, -EINVAL,
	       "actor 'test' (bad.kernel): port 'out' would have tokens of type f32[18446744073709551615,18446744073709551615]; a token has "
	       "at least 1 byte and at most 1073741824 bytes");
	kernel.resolve = empty_type;
	expect(&kernel, -EINVAL,
	       "actor 'test' (bad.kernel): port 'out' would have tokens of type f32[0]; a token has at least 1 byte and at most 1073741824 bytes");
	kernel.resolve = no_rate;
	expect(&kernel, -EINVAL,
	       "actor 'test' (bad.kernel): port 'out' would never move a token, because all its rates are 0");
	kernel.resolve = in_rate;
	kernel.in = (const struct pel_port_desc[]){ { .name = "in", .type = "f32", .rate = "*" }, { 0 } };
	expect(&kernel, -EINVAL, "test of bad.kernel: resolve() gives port 'in' rates, but it is dynamic");
	kernel = base();
	kernel.out = any_out;
	expect(&kernel, -EINVAL, "test of bad.kernel: the type of output 'out' is unknown");
}
END_TEST

START_TEST(rates_must_mean_something)
{
	static const char *const rates[] = { "$n",  "x",  "1,", "0",   "0,0", "-1",
					     "1 1", "2*", "(1", "${1", "1/0", "9223372036854775807+1" };
	struct pel_kernel kernel = base();
	struct pel_port_desc in[] = { { .name = "in", .type = "f32" }, { 0 } };
	char text[200];

	kernel.in = in;
	for (size_t i = 0; i < sizeof(rates) / sizeof(*rates); i++) {
		in[0].rate = rates[i];
		snprintf(text, sizeof(text),
			 "test of bad.kernel: port 'in' has rate '%s', which is not valid with these parameters",
			 rates[i]);
		expect(&kernel, -EINVAL, text);
	}
	in[0].rate = NULL;
	in[0].history = "$n - 1";
	expect(&kernel, -EINVAL,
	       "test of bad.kernel: port 'in' has history '$n - 1', which is not valid with these parameters");
}
END_TEST

static int silent_init(struct pel_info *info, void **state)
{
	(void)info, (void)state;
	return -EIO;
}

START_TEST(silent_failure_is_given_words)
{
	struct pel_kernel kernel = base();

	kernel.init = silent_init;
	expect(&kernel, -EIO, "test of bad.kernel: init() failed without a message: Input/output error");
}
END_TEST

static int says_less(void *state, const struct pel_io *io, size_t firings)
{
	copy(state, io, firings);
	*io->fired = 0;
	return 0;
}

static int says_more(void *state, const struct pel_io *io, size_t firings)
{
	copy(state, io, firings);
	*io->fired = firings + 1;
	return PEL_END;
}

static int never_satisfied(void *state, const struct pel_io *io, size_t firings)
{
	(void)state, (void)firings;
	io->produced[0] = PEL_MORE;
	return 0;
}

START_TEST(counts_must_be_true)
{
	struct pel_kernel kernel = base();

	kernel.fire = says_less;
	expect(&kernel, -EINVAL, "kernel bad.kernel: it returned 0, but says that it did 0 firings of 1");
	kernel.fire = says_more;
	expect(&kernel, -EINVAL, "kernel bad.kernel: it says that it did 2 firings of 1");
	kernel.fire = never_satisfied;
	kernel.out = (const struct pel_port_desc[]){ { .name = "out", .type = "f32", .rate = "*" }, { 0 } };
	kernel.in = (const struct pel_port_desc[]){ { .name = "in", .type = "f32", .rate = "*" }, { 0 } };
	expect(&kernel, -EINVAL, "kernel bad.kernel: it moved no tokens, even with the largest windows");
}
END_TEST

static int finish(void *state, struct pel_results *results)
{
	(void)state;
	pel_results_u64(results, "whole", UINT64_MAX);
	pel_results_f64(results, "real", 0.25);
	pel_results_string(results, "text", "words");
	return 0;
}

static int finish_fails(void *state, struct pel_results *results)
{
	finish(state, results);
	return pel_fire_fail(-EIO, "the disk is full of %s", "eels");
}

START_TEST(results_of_every_kind_are_reported)
{
	struct pel_kernel kernel = base();
	struct pel_harness_case test = { .size = sizeof(test),
					 .kernel = &kernel,
					 .in = INPUTS({ "f32", data, 8 }) };
	struct pel_harness_result *result;

	kernel.finish = finish;
	result = run_kernel(&test);
	ck_assert_uint_eq(result->n_results, 3);
	ck_assert_str_eq(result->results[0]->name, "whole");
	ck_assert_int_eq(result->results[0]->kind, PEL_RESULT_U64);
	ck_assert_uint_eq(result->results[0]->u64, UINT64_MAX);
	ck_assert_str_eq(result->results[1]->name, "real");
	ck_assert_int_eq(result->results[1]->kind, PEL_RESULT_F64);
	ck_assert_double_eq(result->results[1]->f64, 0.25);
	ck_assert_str_eq(result->results[2]->name, "text");
	ck_assert_int_eq(result->results[2]->kind, PEL_RESULT_STRING);
	ck_assert_str_eq(result->results[2]->string, "words");
	pel_harness_result_destroy(result);
	check_kernel(&test, 5);
	kernel.finish = finish_fails;
	expect(&kernel, -EIO, "kernel bad.kernel: the disk is full of eels");
}
END_TEST

static int see_all(struct pel_info *info, void **state)
{
	size_t n;
	const int16_t *list = pel_info_list(info, "list", &n);

	ck_assert_str_eq(pel_info_actor(info), "test");
	ck_assert_int_eq(pel_info_i64(info, "whole"), -5);
	ck_assert_int_eq(pel_info_i64(info, "byte"), 255);
	ck_assert_int_eq(pel_info_i64(info, "small"), -128);
	ck_assert_uint_eq((uint64_t)pel_info_i64(info, "large"), UINT64_MAX);
	ck_assert_double_eq(pel_info_f64(info, "real"), 0.5);
	ck_assert(pel_info_bool(info, "truth"));
	ck_assert_str_eq(pel_info_string(info, "text"), "a/b");
	ck_assert_str_eq(pel_info_path(info, "text"), "/folder/a/b");
	ck_assert_uint_eq(n, 3);
	ck_assert_int_eq(list[0], 1);
	ck_assert_int_eq(list[1], -2);
	ck_assert_int_eq(list[2], 3);
	ck_assert(pel_info_in_connected(info, 0));
	ck_assert(!pel_info_in_connected(info, 1));
	ck_assert(pel_info_out_connected(info, 0));
	ck_assert_uint_eq(pel_info_in_rate(info, 0, 0), 1);
	ck_assert_uint_eq(pel_info_in_rate(info, 0, 1), 0);
	ck_assert_uint_eq(pel_info_in_rate(info, 0, 5), 2);
	ck_assert_uint_eq(pel_info_out_rate(info, 0, 7), 1);
	ck_assert_int_eq(pel_info_in_type(info, 0)->elem, PEL_ELEM_F32);
	ck_assert_int_eq(pel_info_out_type(info, 0)->elem, PEL_ELEM_F32);
	*state = NULL;
	pel_info_expect(info, 77);
	return 0;
}

static int nothing(void *state, const struct pel_io *io, size_t firings)
{
	(void)state, (void)firings;
	memset(io->out[0], 0, io->out_tokens[0] * sizeof(float));
	ck_assert_ptr_null(io->in[1]);
	return 0;
}

START_TEST(init_sees_parameters_and_ports)
{
	static const struct pel_param_desc params[] = {
		{ .name = "whole", .type = "i64" },
		{ .name = "byte", .type = "u8", .value = "255" },
		{ .name = "small", .type = "i8", .value = "-128" },
		{ .name = "large", .type = "u64", .value = "18446744073709551615" },
		{ .name = "real", .type = "f32", .value = "0.5" },
		{ .name = "truth", .type = "bool", .value = "true" },
		{ .name = "text", .type = "string", .value = "a/b" },
		{ .name = "list", .type = "i16[]", .value = "1, -2,3" },
		{ 0 }
	};
	static const struct pel_port_desc in[] = { { .name = "in", .type = "f32", .rate = "1,0,2" },
						   { .name = "more", .type = "f32", .flags = PEL_PORT_OPTIONAL },
						   { 0 } };
	struct pel_kernel kernel = base();
	struct pel_harness_case test = { .size = sizeof(test),
					 .kernel = &kernel,
					 .params = PARAMS(PARAM("whole", "-5")),
					 .in = INPUTS({ "f32", data, 8 }, { 0 }),
					 .dir = "/folder" };
	struct pel_harness_result *result;

	kernel.params = params;
	kernel.in = in;
	kernel.init = see_all;
	kernel.fire = nothing;
	result = run_kernel(&test);
	ck_assert_uint_eq(result->expected_firings, 77);
	pel_harness_result_destroy(result);
}
END_TEST

START_TEST(parameters_of_a_test_are_checked)
{
	static const struct {
		const char *type, *text;
	} wrong[] = { { "u8", "256" },
		      { "u8", "-1" },
		      { "i8", "128" },
		      { "i8", "-129" },
		      { "i64", "1.5" },
		      { "i64", "" },
		      { "f32", "1,2" },
		      { "bool", "1" },
		      { "f32[]", "1,,2" },
		      { "f32[]", "1," },
		      { "u8[]", "1,256" },
		      { "u64", "18446744073709551616" },
		      { "i64", "9223372036854775808" },
		      { "f64", "1e999" },
		      { "i64", "nan" } };
	struct pel_kernel kernel = base();
	struct pel_param_desc params[] = { { .name = "p", .type = "i64" }, { 0 } };
	char text[200];

	kernel.params = params;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		params[0].type = wrong[i].type;
		snprintf(text, sizeof(text),
			 "test of bad.kernel: parameter 'p' of type %s cannot be '%s' in a test",
			 wrong[i].type, wrong[i].text);
		expect_error(CASE(.kernel = &kernel, .params = PARAMS(PARAM("p", wrong[i].text)),
				  .in = INPUTS({ "f32", data, 8 })),
			     -EINVAL, text, NULL);
	}
	params[0].type = "i64";
	expect_error(
		CASE(.kernel = &kernel, .params = PARAMS(LIST("p", data, 3)), .in = INPUTS({ "f32", data, 8 })),
		-EINVAL, "test of bad.kernel: parameter 'p' has type i64, but the test gives a list", NULL);
}
END_TEST

/* ---- the graph language, in descriptors ---- */

START_TEST(rates_and_defaults_are_what_the_compiler_takes_them_for)
{
	struct pel_kernel kernel = base();
	struct pel_harness_result *result;

	kernel.params = (const struct pel_param_desc[]){ { .name = "half", .type = "i64", .value = "${n / 2}" },
							 { .name = "n", .type = "i64", .value = "2" },
							 { 0 } };
	kernel.in = (const struct pel_port_desc[]){ { .name = "in", .type = "f32", .rate = "max(1,$half)" },
						    { 0 } };
	kernel.out = (const struct pel_port_desc[]){
		{ .name = "out", .type = "f32", .rate = "${half == 1 ? 1 : 1}" }, { 0 }
	};
	expect(&kernel, -EINVAL,
	       "test of bad.kernel: port 'out' has rate '${half == 1 ? 1 : 1}', which is not valid with these parameters");
	kernel.out = f32_out;
	result = run_kernel(CASE(.kernel = &kernel, .in = INPUTS({ "f32", data, 8 })));
	expect_out(result, 0, "f32", data, 8);
	pel_harness_result_destroy(result);
}
END_TEST

START_TEST(defaults_that_need_each_other_are_refused)
{
	struct pel_kernel kernel = base();

	kernel.params = (const struct pel_param_desc[]){ { .name = "a", .type = "i64", .value = "$b" },
							 { .name = "b", .type = "i64", .value = "$a" },
							 { 0 } };
	expect(&kernel, -EINVAL, "test of bad.kernel: parameter 'a' depends on itself");
}
END_TEST

static int reports(void *state, struct pel_results *results)
{
	const char *const *texts = state;

	pel_results_string(results, "text", texts[0]);
	return 0;
}

static int keeps_text(struct pel_info *info, void **state)
{
	static const char *text;

	text = pel_info_string(info, "text");
	*state = &text;
	return isnan(pel_info_f64(info, "gain")) ? 0 : -EDOM;
}

START_TEST(a_string_of_a_test_is_taken_as_it_is_and_a_real_may_be_nan)
{
	struct pel_kernel kernel = base();
	struct pel_harness_result *result;

	kernel.params = (const struct pel_param_desc[]){ { .name = "text", .type = "string" },
							 { .name = "gain", .type = "f32" },
							 { 0 } };
	kernel.init = keeps_text;
	kernel.finish = reports;
	result = run_kernel(CASE(.kernel = &kernel,
				 .params = PARAMS(PARAM("text", "$HOME/${x}.wav"), PARAM("gain", "-nan")),
				 .in = INPUTS({ "f32", data, 8 })));
	ck_assert_str_eq(result->results[0]->string, "$HOME/${x}.wav");
	pel_harness_result_destroy(result);
}
END_TEST

RUN_TESTS("kernel-rules", resolve_may_not_contradict, rates_must_mean_something, silent_failure_is_given_words,
	  counts_must_be_true, results_of_every_kind_are_reported, init_sees_parameters_and_ports,
	  parameters_of_a_test_are_checked, a_parameter_that_is_not_there_fails_the_kernel_with_words,
	  rates_and_defaults_are_what_the_compiler_takes_them_for, defaults_that_need_each_other_are_refused,
	  a_string_of_a_test_is_taken_as_it_is_and_a_real_may_be_nan)
