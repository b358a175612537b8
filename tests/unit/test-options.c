/* SPDX-License-Identifier: Apache-2.0 */
#include <check.h>
#include <errno.h>
#include <pelton/harness.h>
#include <pelton/pelton.h>
#include <stdlib.h>
#include <string.h>

#include "sized-options.h"

/* Structs that grow (pelton/base.h): those of programs that were built with another version of the library, and wrong ones. */

static const char text[] = "<graph xmlns='urn:pelton:graph:1' name='g'>"
			   "<actor id='a' kernel='core.counter'><set name='tokens' value='3'/></actor>"
			   "<actor id='b' kernel='core.null'/><channel from='a' to='b'/></graph>";
static const char sdf3[] = "<sdf3 type='sdf' version='1.0'/>";

static struct pel_graph *graph;
static struct pel_plan *plan;
static struct pel_stats *stats;

static int fire(void *state, const struct pel_io *io, size_t firings)
{
	(void)state, (void)firings;
	*io->fired = 0;
	return PEL_END;
}

static const struct pel_port_desc outs[] = { { .name = "out", .type = "u8" }, { 0 } };
static const struct pel_kernel kernel = {
	.abi = PEL_KERNEL_ABI, .name = "test.none", .summary = "none", .doc = "None.", .out = outs, .fire = fire
};

static void make(void)
{
	struct pel_run *run = NULL;

	ck_assert_int_eq(pel_graph_parse(text, strlen(text), "<test>", &graph, NULL), 0);
	ck_assert_int_eq(pel_compile(graph, NULL, &plan, NULL), 0);
	ck_assert_int_eq(pel_run_start(plan, NULL, &run, NULL), 0);
	ck_assert_int_eq(pel_run_wait(run, -1, NULL), 0);
	ck_assert_int_eq(pel_run_stats(run, &stats), 0);
	pel_run_destroy(run);
}

static void unmake(void)
{
	pel_stats_destroy(stats);
	pel_plan_destroy(plan);
	pel_graph_destroy(graph);
}

/* ---- every function that takes such a struct ---- */

/* As large as the struct of a later version. */
union later {
	size_t size;
	struct pel_run_options run;
	struct pel_compile_options compile;
	struct pel_analysis_options analysis;
	struct pel_xclbin_pack_options pack;
	struct pel_report report;
	struct pel_harness_case test;
	unsigned char bytes[512];
};

static int start(const union later *o, struct pel_error *err)
{
	struct pel_run *run = NULL;
	int r = pel_run_start(plan, &o->run, &run, err);

	pel_run_destroy(run);
	return r;
}

static int check_files(const union later *o, struct pel_error *err)
{
	return pel_run_check_files(plan, &o->run, NULL, 0, err);
}

static int compile(const union later *o, struct pel_error *err)
{
	struct pel_plan *made = NULL;
	int r = pel_compile(graph, &o->compile, &made, err);

	pel_plan_destroy(made);
	return r;
}

static int analyze(const union later *o, struct pel_error *err)
{
	struct pel_analysis *analysis = NULL;
	int r = pel_analyze(graph, &o->analysis, &analysis, err);

	pel_analysis_destroy(analysis);
	return r;
}

static int analyze_inner(const union later *o, struct pel_error *err)
{
	const struct pel_analysis_options options = { .size = sizeof(options), .compile = &o->compile };
	struct pel_analysis *analysis = NULL;
	int r = pel_analyze(graph, &options, &analysis, err);

	pel_analysis_destroy(analysis);
	return r;
}

static int analyze_plan(const union later *o, struct pel_error *err)
{
	struct pel_analysis *analysis = NULL;
	int r = pel_analyze_plan(plan, &o->analysis, &analysis, err);

	pel_analysis_destroy(analysis);
	return r;
}

static int analyze_text(const union later *o, struct pel_error *err)
{
	struct pel_analysis *analysis = NULL;
	int r = pel_analyze_text(text, strlen(text), "<test>", &o->analysis, &analysis, err);

	pel_analysis_destroy(analysis);
	return r;
}

static int analyze_file(const union later *o, struct pel_error *err)
{
	struct pel_analysis *analysis = NULL;
	int r = pel_analyze_file("no-such-file", &o->analysis, &analysis, err);

	pel_analysis_destroy(analysis);
	return r;
}

static int import_text(const union later *o, struct pel_error *err)
{
	return pel_import_text(sdf3, strlen(sdf3), "<test>", (const void *)o, stderr, err);
}

static int import_file(const union later *o, struct pel_error *err)
{
	return pel_import("no-such-file", (const void *)o, stderr, err);
}

static int pack(const union later *o, struct pel_error *err)
{
	return pel_xclbin_pack("no-such-folder/a.xclbin", &o->pack, err);
}

static int report(const union later *o, struct pel_error *err)
{
	union later with = *o;
	FILE *out = fopen("/dev/null", "w");
	int r;

	with.report.plan = plan;
	with.report.stats = stats;
	r = pel_report_write(&with.report, out, err);
	fclose(out);
	return r;
}

static int harness(const union later *o, struct pel_error *err)
{
	struct pel_harness_result *result = NULL;
	union later with = *o;
	int r;

	with.test.kernel = &kernel;
	r = pel_harness_run(&with.test, &result, err);
	pel_harness_result_destroy(result);
	return r;
}

static int harness_check(const union later *o, struct pel_error *err)
{
	union later with = *o;

	with.test.kernel = &kernel;
	return pel_harness_check(&with.test, 1, 1, err);
}

static int harness_fpga(const union later *o, struct pel_error *err)
{
	union later with = *o;

	with.test.kernel = &kernel;
	return pel_harness_compare_fpga(&with.test, NULL, NULL, 1, 1, err);
}

static const struct {
	const char *name;
	size_t size;
	int (*call)(const union later *options, struct pel_error *err);
	int otherwise; /* what it returns when nothing is wrong with them */
} calls[] = {
	{ "pel_run_options", sizeof(struct pel_run_options), start, 0 },
	{ "pel_run_options", sizeof(struct pel_run_options), check_files, 0 },
	{ "pel_compile_options", sizeof(struct pel_compile_options), compile, 0 },
	{ "pel_analysis_options", sizeof(struct pel_analysis_options), analyze, 0 },
	{ "pel_compile_options", sizeof(struct pel_compile_options), analyze_inner, 0 },
	{ "pel_analysis_options", sizeof(struct pel_analysis_options), analyze_plan, 0 },
	{ "pel_analysis_options", sizeof(struct pel_analysis_options), analyze_text, 0 },
	{ "pel_analysis_options", sizeof(struct pel_analysis_options), analyze_file, -ENOENT },
	{ "pel_import_options", sizeof(struct pel_import_options), import_text, -EINVAL },
	{ "pel_import_options", sizeof(struct pel_import_options), import_file, -ENOENT },
	{ "pel_xclbin_pack_options", sizeof(struct pel_xclbin_pack_options), pack, -EINVAL },
	{ "pel_report", sizeof(struct pel_report), report, 0 },
	{ "pel_harness_case", sizeof(struct pel_harness_case), harness, 0 },
	{ "pel_harness_case", sizeof(struct pel_harness_case), harness_check, 0 },
	{ "pel_harness_case", sizeof(struct pel_harness_case), harness_fpga, -ENOSYS },
};
#define N_CALLS (int)(sizeof(calls) / sizeof(*calls))

static void refused(int _i, const union later *options, const char *wanted, const char *hint)
{
	struct pel_error err = { 0 };

	ck_assert_int_eq(calls[_i].call(options, &err), -EINVAL);
	ck_assert_uint_eq(err.count, 1);
	ck_assert_str_eq(err.items[0].text, wanted);
	ck_assert_str_eq(err.items[0].hint, hint);
	pel_error_fini(&err);
}

START_TEST(size_that_cannot_be_right_is_refused)
{
	static const size_t sizes[] = { 0, 3, 4104, SIZE_MAX - 7 };
	char wanted[200], hint[200];

	make();
	snprintf(hint, sizeof(hint), "initialise it with { .size = sizeof(struct %s) }", calls[_i].name);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		union later options = { .bytes = { 0 } };

		options.size = sizes[i];
		snprintf(wanted, sizeof(wanted), "the member 'size' of struct %s is %zu, which is not a valid size",
			 calls[_i].name, sizes[i]);
		refused(_i, &options, wanted, hint);
	}
	unmake();
}
END_TEST

START_TEST(struct_of_a_later_version_is_taken_unless_an_unknown_member_is_set)
{
	union later options = { .bytes = { 0 } };
	char wanted[200];

	make();
	options.size = calls[_i].size + 24;
	ck_assert_int_eq(calls[_i].call(&options, NULL), calls[_i].otherwise);
	options.bytes[options.size] = 1; /* behind it */
	ck_assert_int_eq(calls[_i].call(&options, NULL), calls[_i].otherwise);
	options.bytes[options.size - 1] = 1;
	snprintf(wanted, sizeof(wanted),
		 "struct %s has %zu bytes, but libpelton " PEL_VERSION
		 " knows only the first %zu, and a member after them is set",
		 calls[_i].name, options.size, calls[_i].size);
	refused(_i, &options, wanted,
		"run the program with the libpelton that it was built for, or with a newer one");
	unmake();
}
END_TEST

START_TEST(members_behind_the_size_that_a_program_gives_are_not_read)
{
	/* What follows is not memory of the program's. */
	size_t known = offsetof(struct pel_compile_options, machine);
	void *old = malloc(known);
	union later options = { .compile = { .size = known, .machine = "nonsense" } };

	make();
	ck_assert_ptr_nonnull(old);
	memset(old, 0, known);
	memcpy(old, &known, sizeof(known));
	ck_assert_int_eq(compile(old, NULL), 0);
	ck_assert_int_eq(compile(&options, NULL), 0);
	options.size = sizeof(options.compile);
	ck_assert_int_eq(compile(&options, NULL), -EINVAL);
	free(old);
	unmake();
}
END_TEST

START_TEST(defaults_are_those_of_all_zero)
{
	struct pel_run_options options;

	memset(&options, 0xff, sizeof(options));
	ck_assert_int_eq(PEL_OPTIONS_TAKE(pel_run_options, &options, NULL, NULL), 0);
	ck_assert_uint_eq(options.size, sizeof(options));
	for (size_t i = sizeof(options.size); i < sizeof(options); i++)
		ck_assert_uint_eq(((unsigned char *)&options)[i], 0);
}
END_TEST

START_TEST(report_says_which_members_it_has)
{
	size_t size;

	make();
	ck_assert_uint_eq(stats->size, sizeof(*stats));
	ck_assert_uint_eq(stats->stages[0]->size, sizeof(*stats->stages[0]));
	ck_assert_uint_eq(stats->channels[0]->size, sizeof(*stats->channels[0]));
	ck_assert_uint_eq(stats->actors[0]->size, sizeof(*stats->actors[0]));
	ck_assert_int_eq(pel_stats_predict(stats, plan), 0);
	ck_assert_uint_eq(stats->predicted->size, sizeof(*stats->predicted));
	/* As an older library would have made it. */
	size = stats->stages[0]->size;
	stats->stages[0]->size = offsetof(struct pel_stage_stats, copies);
	ck_assert(PEL_HAS(stats->stages[0], wait_device_s));
	ck_assert(!PEL_HAS(stats->stages[0], copies));
	stats->stages[0]->size = size;
	ck_assert(PEL_HAS(stats->stages[0], copies));
	unmake();
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("options");
	TCase *c = tcase_create("structs that grow");

	tcase_set_timeout(c, 60);
	tcase_add_loop_test(c, size_that_cannot_be_right_is_refused, 0, N_CALLS);
	tcase_add_loop_test(c, struct_of_a_later_version_is_taken_unless_an_unknown_member_is_set, 0, N_CALLS);
	tcase_add_test(c, members_behind_the_size_that_a_program_gives_are_not_read);
	tcase_add_test(c, report_says_which_members_it_has);
	tcase_add_test(c, defaults_are_those_of_all_zero);
	suite_add_tcase(s, c);
	return s;
}

int main(void)
{
	SRunner *runner = srunner_create(suite());
	int failed;

	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
