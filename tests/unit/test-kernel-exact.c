/* SPDX-License-Identifier: Apache-2.0 */
#include "kernel-case.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "hls-table.h"
#include "registry.h"

/*
 * Every exact kernel of every module that is found: on tokens full of NaNs, infinities, subnormal numbers and -0, all its implementations give the
 * same bytes. The harness chooses the windows, the order, in place or in a chain, and the instruction set. FPGA implementations are compiled as C.
 * A new kernel needs a row below. For more rounds: test-kernel-exact ROUNDS.
 */

#define ROUNDS \
	120 /* for each kernel, dealt out to its rows; a round has new tokens, and cuts them into tens of windows */
#if defined(__SANITIZE_THREAD__)
#define SHARE 50
#elif defined(__SANITIZE_ADDRESS__)
#define SHARE 20
#else
#define SHARE 1
#endif

#define ROW(the_kernel, the_params, ...)                                       \
	{                                                                      \
		the_kernel,                                                    \
		{                                                              \
			.params = the_params, .in = INPUTS(__VA_ARGS__, { 0 }) \
		}                                                              \
	}
#define SOURCE(the_kernel, the_params, firings)                      \
	{                                                            \
		the_kernel,                                          \
		{                                                    \
			.params = the_params, .max_firings = firings \
		}                                                    \
	}
#define RANDOM(type, tokens)       \
	{                          \
		type, NULL, tokens \
	}
#define FIVE_MORE                   \
	{ 0 }, { 0 }, { 0 }, { 0 }, \
	{                           \
		0                   \
	}

static const float taps[] = { 0.5f, -1, 0x1p-140f, 3, -0.25f, 1e30f, 0, -0.0f, 2, 1e-3f, 7, 9, -5, 4, 0.125f,
			      1,    6,	3,	   8, 1,      2,     3, 4,     5, 6,	 7, 8, 9,  1, 2 };
static const float strange_taps[] = { 1, NAN, -INFINITY, 0x1p-149f };
static const uint64_t counts[] = { 0, 1, 3, 0, 2, 9, 1, 1, 0, 17, 4, 1 };
#define N_COUNTS (sizeof(counts) / sizeof(*counts))

static struct row {
	const char *kernel;
	struct pel_harness_case test;
} rows[300] = {
	SOURCE("bench.source", PARAMS(PARAM("tokens", "200"), PARAM("seed", "65500")), 300),
	SOURCE("bench.tone", PARAMS(PARAM("tokens", "200"), PARAM("seed", "65500")), 300),
	SOURCE("bench.work", PARAMS(PARAM("unit_us", "0"), PARAM("firings", "20")), 0),
	SOURCE("bench.sleep", PARAMS(PARAM("unit_us", "0"), PARAM("firings", "20")), 0),
	ROW("bench.sink", NULL, RANDOM("f32", 300)),
	ROW("bench.burn", PARAMS(PARAM("min_us", "0"), PARAM("max_us", "0")), RANDOM("u64", 40)),
	ROW("core.complex_join", NULL, RANDOM("f32", 150), RANDOM("f32", 150)),
	ROW("core.complex_split", NULL, RANDOM("cf32", 150)),
	SOURCE("core.constant", PARAMS(PARAM("value", "-nan")), 60),
	SOURCE("core.constant", PARAMS(PARAM("value", "-inf"), PARAM("type", "i16[3]")), 60),
	SOURCE("core.constant", PARAMS(PARAM("value", "1e-310"), PARAM("type", "cf64")), 60),
	ROW("core.copy", NULL, RANDOM("f32", 150)),
	ROW("core.copy", NULL, RANDOM("cf64[2]", 50)),
	SOURCE("core.counter", PARAMS(PARAM("start", "-7"), PARAM("step", "1234567890123456789")), 150),
	ROW("core.dedup", NULL, RANDOM("f32", 150)),
	ROW("core.dedup", NULL, RANDOM("u8", 150)),
	{ "core.deinterleave", { .in = INPUTS(RANDOM("f64", 150)), .unconnected_outs = 0xfc } },
	{ "core.demux",
	  { .params = PARAMS(PARAM("lengths", "1,2")),
	    .in = INPUTS(RANDOM("f32", 150)),
	    .unconnected_outs = 0xfc } },
	ROW("core.downsample", PARAMS(PARAM("factor", "3")), RANDOM("f32", 150)),
	ROW("core.fir", PARAMS(LIST("taps", taps, 5)), RANDOM("f32", 400)),
	ROW("core.fir", PARAMS(LIST("taps", taps, 30)), RANDOM("f32", 800)),
	ROW("core.fir", PARAMS(LIST("taps", taps, 30)), RANDOM("cf32", 400)),
	ROW("core.fir", PARAMS(LIST("taps", taps, 7), PARAM("decimate", "3")), RANDOM("f32", 1600)),
	ROW("core.fir", PARAMS(LIST("taps", taps, 13), PARAM("decimate", "4")), RANDOM("cf32", 1200)),
	ROW("core.fir", PARAMS(LIST("taps", taps, 30), PARAM("decimate", "9000")), RANDOM("f32", 60000)),
	ROW("core.fir", PARAMS(LIST("taps", strange_taps, 4)), RANDOM("cf32", 300)),
	ROW("core.group", PARAMS(PARAM("tokens", "3")), RANDOM("f32", 150)),
	ROW("core.head", PARAMS(PARAM("tokens", "100")), RANDOM("f32", 150)),
	ROW("core.interleave", NULL, RANDOM("f32", 150), RANDOM("f32", 150), RANDOM("f32", 150), FIVE_MORE),
	ROW("core.mux", PARAMS(PARAM("lengths", "2,1,1")), RANDOM("f32", 150), RANDOM("f32", 90),
	    RANDOM("f32", 90), FIVE_MORE),
	ROW("core.null", NULL, RANDOM("f32", 50)),
	ROW("core.repeat", PARAMS(PARAM("factor", "3")), RANDOM("f32", 90)),
	ROW("core.reshape", PARAMS(PARAM("shape", "u8[8]")), RANDOM("cf32", 90)),
	{ "core.rle_decode", { .in = INPUTS(RANDOM("f32", N_COUNTS), { "u64", counts, N_COUNTS }) } },
	ROW("core.rle_encode", NULL, RANDOM("f32", 150)),
	ROW("core.rle_encode", NULL, RANDOM("u8", 150)),
	ROW("core.route", NULL, RANDOM("f32", 150), RANDOM("u8", 150)),
	ROW("core.scale", PARAMS(PARAM("gain", "0.75"), PARAM("offset", "-3")), RANDOM("f32", 300)),
	ROW("core.scale", PARAMS(PARAM("gain", "1e-30"), PARAM("offset", "1e-42")), RANDOM("f32", 300)),
	ROW("core.scale", PARAMS(PARAM("gain", "-inf"), PARAM("offset", "1")), RANDOM("f32", 300)),
	ROW("core.scale", PARAMS(PARAM("gain", "2"), PARAM("offset", "-nan")), RANDOM("f32", 300)),
	ROW("core.skip", PARAMS(PARAM("tokens", "7")), RANDOM("f32", 150)),
	ROW("core.smooth", PARAMS(PARAM("alpha", "0.3")), RANDOM("f32", 150)),
	ROW("core.smooth", PARAMS(PARAM("alpha", "1"), PARAM("start", "-nan")), RANDOM("f32", 50)),
	ROW("core.ungroup", NULL, RANDOM("f32[3,2]", 60)),
	ROW("core.upsample", PARAMS(PARAM("factor", "3")), RANDOM("cf32", 90)),
	ROW("corners.digits", NULL, RANDOM("u64", 90)),
	ROW("corners.often", NULL, RANDOM("u64", 90)),
	ROW("corners.pairs", NULL, RANDOM("u64", 90)),
	ROW("dsp.fm_demod", NULL, RANDOM("cf32", 300)),
	ROW("dsp.fm_demod", PARAMS(PARAM("gain", "-0.3")), RANDOM("cf32", 300)),
	ROW("dsp.magnitude", NULL, RANDOM("cf32", 300)),
	ROW("dsp.resample", PARAMS(LIST("taps", taps, 17), PARAM("up", "3"), PARAM("down", "2")),
	    RANDOM("f32", 150)),
	ROW("dsp.resample", PARAMS(LIST("taps", taps, 5), PARAM("up", "2"), PARAM("down", "5")),
	    RANDOM("cf32", 300)),
	ROW("image.blur", PARAMS(PARAM("radius", "1")), RANDOM("u8[7,35]", 3)),
	ROW("image.blur", PARAMS(PARAM("radius", "2")), RANDOM("u8[9,70]", 3)),
	ROW("image.grey", NULL, RANDOM("u8[7,35,3]", 3)),
	ROW("image.sobel", NULL, RANDOM("u8[7,70]", 3)),
};
static size_t n_rows;
static unsigned rounds_of_all = ROUNDS / SHARE;

/* ---- kernels of any type: a row for each ---- */

static const char *const elems[] = { "u8",  "i8",  "u16", "i16", "u32",	 "i32",
				     "u64", "i64", "f32", "f64", "cf32", "cf64" };
#define N_ELEMS (sizeof(elems) / sizeof(*elems))

static struct {
	struct pel_harness_input in[2];
	struct pel_harness_param params[2];
} made[N_ELEMS * (N_ELEMS + 3)];
static size_t n_made;

static void add_row(const char *kernel, const char *type, const char *to)
{
	made[n_made].in[0] = made[n_made].in[1] = (struct pel_harness_input)RANDOM(type, 150);
	made[n_made].params[0] = (struct pel_harness_param)PARAM(to ? "to" : NULL, to);
	rows[n_rows++] = (struct row){ kernel, { .params = made[n_made].params, .in = made[n_made].in } };
	n_made++;
}

static void add_rows(void)
{
	while (rows[n_rows].kernel)
		n_rows++;
	for (size_t from = 0; from < N_ELEMS; from++) {
		add_row("core.add", elems[from], NULL);
		add_row("core.subtract", elems[from], NULL);
		add_row("core.multiply", elems[from], NULL);
		for (size_t to = 0; to < N_ELEMS; to++)
			if (elems[from][0] != 'c' || elems[to][0] == 'c')
				add_row("core.convert", elems[from], elems[to]);
	}
}

/* ---- the kernels ---- */

static const struct pel_kernel *exact[200];
static int n_exact;

static void find_kernels(void)
{
	static struct pel_registry *registry;
	struct pel_error err = { 0 };
	const struct pel_kernel *kernel;

	if (pel_registry_create(NULL, &registry, &err) < 0)
		return;
	pel_registry_use_all(registry, NULL, &err);
	for (size_t i = 0; (kernel = pel_registry_at(registry, i, NULL)) && n_exact < 200; i++)
		if (kernel->flags & PEL_KERNEL_EXACT)
			exact[n_exact++] = kernel;
	pel_error_fini(&err);
	pel_registry_destroy(registry);
}

static void check_row(const struct row *row, unsigned rounds, unsigned *on_fpga)
{
	struct pel_error err = { 0 };
	int r = pel_harness_check(&row->test, rounds, rounds, &err);

	if (r == 0 && row->test.kernel->fpga) {
		r = pel_harness_compare_fpga(&row->test, hls_call, NULL, rounds, rounds, &err);
		*on_fpga += r == 0;
		r = r == -ENOTSUP ? 0 : r;
	}
	ck_assert_msg(r == 0, "%s, row %td: %s", row->kernel, row - rows,
		      err.count ? err.items[0].text : "(nothing said)");
	pel_error_fini(&err);
}

START_TEST(all_forms_of_an_exact_kernel_give_the_same_bytes)
{
	const struct pel_kernel *kernel = exact[_i];
	unsigned n = 0, on_fpga = 0, rounds;

	for (size_t i = 0; i < n_rows; i++)
		n += strcmp(rows[i].kernel, kernel->name) == 0;
	ck_assert_msg(n, "the table of %s has no row for %s", __FILE__, kernel->name);
	rounds = rounds_of_all / n + 1;
	for (size_t i = 0; i < n_rows; i++)
		if (strcmp(rows[i].kernel, kernel->name) == 0) {
			rows[i].test.size = sizeof(rows[i].test);
			rows[i].test.kernel = kernel;
			check_row(&rows[i], rounds, &on_fpga);
		}
	ck_assert_msg(!kernel->fpga || on_fpga, "no row of %s has an FPGA implementation", kernel->name);
}
END_TEST

START_TEST(kernels_are_found)
{
	ck_assert_int_ge(n_exact, 40);
	ck_assert_int_lt(n_exact, 200);
	for (size_t i = 0; i < n_rows; i++)
		ck_assert_msg(kernel_named(rows[i].kernel)->flags & PEL_KERNEL_EXACT, "%s is not exact",
			      rows[i].kernel);
}
END_TEST

int main(int argc, char **argv)
{
	Suite *suite = suite_create("kernel-exact");
	TCase *tcase = tcase_create("kernel-exact");
	SRunner *runner;
	int failed;

	if (argc > 1)
		rounds_of_all = (unsigned)strtoul(argv[1], NULL, 10);
	add_rows();
	find_kernels();
	tcase_set_timeout(tcase, 100);
	tcase_add_test(tcase, kernels_are_found);
	tcase_add_loop_test(tcase, all_forms_of_an_exact_kernel_give_the_same_bytes, 0, n_exact);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? 1 : 0;
}
