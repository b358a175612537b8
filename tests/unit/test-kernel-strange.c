/* SPDX-License-Identifier: Apache-2.0 */
#include "kernel-case.h"

#include <errno.h>
#include <math.h>
#include <string.h>
#include "cpu.h"

/* The harness tests exact kernels with special numbers and every instruction set; and its messages about kernels that are not exact. */

#define TOKENS 500

static const struct pel_port_desc f32_in[] = { { .name = "in", .type = "f32" }, { 0 } };
static const struct pel_port_desc f32_out[] = { { .name = "out", .type = "f32" }, { 0 } };
static float plain[TOKENS];

#define KERNEL(the_fire, the_flags)                           \
	((const struct pel_kernel){ .abi = PEL_KERNEL_ABI,    \
				    .name = "strange.kernel", \
				    .summary = "for a test",  \
				    .flags = (the_flags),     \
				    .in = f32_in,             \
				    .out = f32_out,           \
				    .fire = (the_fire) })

/* `data`: NULL for random tokens. */
static int check(const struct pel_kernel *kernel, const float *data, struct pel_error *err)
{
	struct pel_harness_case test = { .size = sizeof(test),
					 .kernel = kernel,
					 .in = INPUTS({ "f32", data, TOKENS }) };

	return pel_harness_check(&test, 50, 7, err);
}

static void expect_found(const struct pel_kernel *kernel, const float *data, const char *part)
{
	struct pel_error err = { 0 };

	ck_assert_int_eq(check(kernel, data, &err), -EINVAL);
	ck_assert_msg(strstr(err.items[0].text, part), "said: %s", err.items[0].text);
	pel_error_fini(&err);
}

static void expect_good(const struct pel_kernel *kernel, const float *data)
{
	struct pel_error err = { 0 };
	int r = check(kernel, data, &err);

	ck_assert_msg(r == 0, "said: %s", err.count ? err.items[0].text : "");
	pel_error_fini(&err);
}

/* Behaves like a vectorized loop with a scalar remainder: the same numbers, but NaNs of another sign in the vectors. */
static int careless(void *state, const struct pel_io *io, size_t firings)
{
	const float *x = io->in[0];
	float *y = io->out[0];

	(void)state;
	for (size_t i = 0; i < firings; i++)
		y[i] = isnan(x[i]) ? copysignf(NAN, firings > 1 ? -1.0f : 1.0f) : x[i] * 2;
	return 0;
}

static int careful(void *state, const struct pel_io *io, size_t firings)
{
	careless(state, io, firings);
	for (size_t i = 0; i < firings; i++)
		((float *)io->out[0])[i] = pel_canonical_f32(((float *)io->out[0])[i]);
	return 0;
}

static const char differs[] = "; both are NaN, and pel_canonical_f32() would make them equal";

START_TEST(nan_of_another_form_is_found)
{
	static const float *const data[] = { NULL, plain };

	for (size_t i = 0; i < 2; i++) {
		expect_found(&KERNEL(careless, PEL_KERNEL_EXACT), data[i], differs);
		expect_good(&KERNEL(careful, PEL_KERNEL_EXACT), data[i]);
	}
	/* Of a kernel that does not say that it is exact, only tokens without data are strange. */
	expect_found(&KERNEL(careless, 0), NULL, differs);
	expect_good(&KERNEL(careless, 0), plain);
}
END_TEST

static int by_instruction_set(void *state, const struct pel_io *io, size_t firings)
{
	(void)state;
	for (size_t i = 0; i < firings; i++)
		((float *)io->out[0])[i] = (float)pel_cpu();
	return 0;
}

START_TEST(instruction_set_that_shows_is_found)
{
	enum pel_cpu_level before = pel_cpu();

	if (pel_cpu_machine() != PEL_CPU_DEFAULT)
		expect_found(&KERNEL(by_instruction_set, PEL_KERNEL_EXACT), plain, "(random batches, ");
	expect_good(&KERNEL(by_instruction_set, 0), plain);
	ck_assert_int_eq(pel_cpu(), before);
	pel_cpu_use(PEL_CPU_DEFAULT); /* no better one is tried than the one in use */
	expect_good(&KERNEL(by_instruction_set, PEL_KERNEL_EXACT), plain);
}
END_TEST

static int without_nans(void *state, const struct pel_io *io, size_t firings)
{
	const float *x = io->in[0];

	for (size_t i = 0; i < firings; i++)
		if (!isfinite(x[i]))
			return pel_fire_fail(-EDOM, "token %g", (double)x[i]);
	return careless(state, io, firings);
}

START_TEST(kernel_may_refuse_strange_tokens_but_not_those_given)
{
	struct pel_error err = { 0 };

	expect_good(&KERNEL(without_nans, PEL_KERNEL_EXACT), plain);
	ck_assert_int_eq(check(&KERNEL(without_nans, PEL_KERNEL_EXACT), NULL, &err), -EDOM);
	pel_error_fini(&err);
}
END_TEST

START_TEST(random_reals_are_of_every_kind)
{
	const struct pel_harness_case test = { .size = sizeof(test),
					       .kernel = kernel_named("core.copy"),
					       .in = INPUTS({ "f32", NULL, 100000 }) };
	struct pel_harness_result *result = run_kernel(&test);
	const uint32_t *bits = result->out[0]->data;
	size_t quiet[2] = { 0 }, signalling[2] = { 0 }, infinite[2] = { 0 }, subnormal[2] = { 0 },
	       zero[2] = { 0 }, others[2] = { 0 };

	for (size_t i = 0; i < result->out[0]->tokens; i++) {
		uint32_t fraction = bits[i] & 0x7fffff, exponent = bits[i] >> 23 & 0xff, sign = bits[i] >> 31;

		if (exponent == 0xff)
			(!fraction ? infinite : fraction >> 22 ? quiet : signalling)[sign]++;
		else
			(exponent ? others : fraction ? subnormal : zero)[sign]++;
	}
	for (size_t sign = 0; sign < 2; sign++) {
		ck_assert_uint_gt(quiet[sign], 10);
		ck_assert_uint_gt(signalling[sign], 10);
		ck_assert_uint_gt(infinite[sign], 10);
		ck_assert_uint_gt(subnormal[sign], 10);
		ck_assert_uint_gt(zero[sign], 10);
		ck_assert_uint_gt(others[sign], 10);
	}
	pel_harness_result_destroy(result);
}
END_TEST

RUN_TESTS("kernel-strange", nan_of_another_form_is_found, instruction_set_that_shows_is_found,
	  kernel_may_refuse_strange_tokens_but_not_those_given, random_reals_are_of_every_kind)
