/* SPDX-License-Identifier: Apache-2.0 */
#include <check.h>
#include <errno.h>
#include <pelton/harness.h>
#include <pelton/pelton.h>
#include <stdlib.h>
#include <string.h>

#include "sized-options.h"

/* Structs that can grow (pelton/base.h): those of programs built with another version of the library, and invalid ones. */

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
#define N(list) (int)(sizeof(list) / sizeof(*(list)))
#define N_CALLS N(calls)

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
		snprintf(wanted, sizeof(wanted),
			 "the member 'size' of struct %s is %zu, which is not a valid size", calls[_i].name,
			 sizes[i]);
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

START_TEST(size_below_that_of_the_first_version_with_a_size_is_refused)
{
	/* A size that drops all settings, one that drops the last, and the classic error sizeof(pointer). */
	size_t sizes[] = { sizeof(size_t), calls[_i].size - sizeof(size_t), sizeof(void *) };
	char wanted[200], hint[200];

	make();
	snprintf(hint, sizeof(hint), "initialise it with { .size = sizeof(struct %s) }", calls[_i].name);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		union later options = { .bytes = { 0 } };

		options.size = sizes[i];
		snprintf(wanted, sizeof(wanted),
			 "the member 'size' of struct %s is %zu, which is not a valid size", calls[_i].name,
			 sizes[i]);
		refused(_i, &options, wanted, hint);
	}
	unmake();
}
END_TEST

/* Two versions of a struct that has grown, as a later version of Pelton would have it. */
struct first {
	size_t size;
	int old;
};
struct grown {
	size_t size;
	int old;
	const char *added;
};
#define PEL_LAST_grown old

START_TEST(members_behind_the_size_that_a_program_gives_are_not_read)
{
	/* What follows is not memory of the program's. */
	struct first *program = malloc(sizeof(*program));
	struct grown library, wrong = { .size = sizeof(struct first), .added = "not read" };

	ck_assert_ptr_nonnull(program);
	*program = (struct first){ .size = sizeof(*program), .old = 7 };
	ck_assert_int_eq(PEL_OPTIONS_TAKE(grown, &library, program, NULL), 0);
	ck_assert_uint_eq(library.size, sizeof(library));
	ck_assert_int_eq(library.old, 7);
	ck_assert_ptr_null(library.added);
	ck_assert_int_eq(PEL_OPTIONS_TAKE(grown, &library, &wrong, NULL), 0);
	ck_assert_ptr_null(library.added);
	wrong.size = sizeof(wrong);
	ck_assert_int_eq(PEL_OPTIONS_TAKE(grown, &library, &wrong, NULL), 0);
	ck_assert_str_eq(library.added, "not read");
	wrong.size = sizeof(size_t);
	ck_assert_int_eq(PEL_OPTIONS_TAKE(grown, &library, &wrong, NULL), -EINVAL);
	free(program);
}
END_TEST

#if UINTPTR_MAX == UINT64_MAX && SIZE_MAX == UINT64_MAX
/* The sizes of version 0.2, which programs were built with. They never change. */
#define FIRST(name, bytes)                                                      \
	_Static_assert(PEL_SIZE_UP_TO(struct name, PEL_LAST_##name) == (bytes), \
		       "struct " #name " began otherwise")
FIRST(pel_analysis_options, 32);
FIRST(pel_compile_options, 104);
FIRST(pel_harness_case, 64);
FIRST(pel_import_options, 16);
FIRST(pel_report, 64);
FIRST(pel_run_options, 72);
FIRST(pel_xclbin_pack_options, 104);
#endif

/* ---- members that must be there ---- */

static void refused_without(int r, struct pel_error *err, const char *wanted)
{
	ck_assert_int_eq(r, -EINVAL);
	ck_assert_uint_eq(err->count, 1);
	ck_assert_str_eq(err->items[0].text, wanted);
	pel_error_fini(err);
}

START_TEST(test_without_a_kernel_is_refused)
{
	static const char wanted[] =
		"the member 'kernel' of struct pel_harness_case must be set, but it is NULL";
	const struct pel_harness_case empty = { .size = sizeof(empty) }, *cases[] = { NULL, &empty };
	struct pel_harness_result *result = NULL;
	struct pel_error err = { 0 };

	for (int i = 0; i < 2; i++) {
		refused_without(pel_harness_run(cases[i], &result, &err), &err, wanted);
		refused_without(pel_harness_check(cases[i], 1, 1, &err), &err, wanted);
		refused_without(pel_harness_compare_fpga(cases[i], NULL, NULL, 1, 1, &err), &err, wanted);
	}
	ck_assert_ptr_null(result);
}
END_TEST

START_TEST(report_without_a_plan_or_statistics_is_refused)
{
	static const char no_plan[] = "the member 'plan' of struct pel_report must be set, but it is NULL";
	static const char no_stats[] = "the member 'stats' of struct pel_report must be set, but it is NULL";
	struct pel_report half = { .size = sizeof(half) };
	struct pel_error err = { 0 };
	FILE *out = tmpfile();

	make();
	ck_assert_ptr_nonnull(out);
	refused_without(pel_report_write(NULL, out, &err), &err, no_plan);
	refused_without(pel_report_write(&half, out, &err), &err, no_plan);
	half.plan = plan;
	refused_without(pel_report_write(&half, out, &err), &err, no_stats);
	half.plan = NULL;
	half.stats = stats;
	refused_without(pel_report_write(&half, out, &err), &err, no_plan);
	ck_assert_int_eq(ftell(out), 0);
	fclose(out);
	unmake();
}
END_TEST

#define COMPILE "struct pel_compile_options"
#define PACK	"struct pel_xclbin_pack_options"
#define RUN	"struct pel_run_options"

static const struct pel_setting nameless[] = { { "a", "cpu" }, { NULL, "1" } },
				valueless[] = { { "a", NULL } }, twice[] = { { "n", "1" }, { "n", "2" } },
				places[] = { { "a", "cpu" }, { "b", "cpu" }, { "a", "cpu:0" } };

static const struct {
	struct pel_compile_options options;
	const char *wanted;
} incomplete_compile[] = {
	{ { .n_set = 1 }, "the member 'set' of " COMPILE " is NULL, but 'n_set' is 1" },
	{ { .set = nameless, .n_set = 2 }, "'set[1].name' in " COMPILE " must be set, but it is NULL" },
	{ { .set = valueless, .n_set = 1 }, "'set[0].value' in " COMPILE " must be set, but it is NULL" },
	{ { .n_place = 3 }, "the member 'place' of " COMPILE " is NULL, but 'n_place' is 3" },
	{ { .place = nameless, .n_place = 2 }, "'place[1].name' in " COMPILE " must be set, but it is NULL" },
	{ { .place = valueless, .n_place = 1 }, "'place[0].value' in " COMPILE " must be set, but it is NULL" },
	{ { .dump_after = "place" }, "the member 'dump' of " COMPILE " is NULL, but 'dump_after' is 'place'" },
	{ { .set = twice, .n_set = 2 }, "parameter 'n' of graph 'g' is set twice: to '1' and to '2'" },
	{ { .place = places, .n_place = 3 }, "actor 'a' is placed twice: on 'cpu' and on 'cpu:0'" },
};

START_TEST(incomplete_or_repeated_settings_of_a_compilation_are_refused)
{
	static const char graph_text[] =
		"<graph xmlns='urn:pelton:graph:1' name='g'>"
		"<param name='n' type='u64' value='3'/>"
		"<actor id='a' kernel='core.counter'><set name='tokens' value='$n'/></actor>"
		"<actor id='b' kernel='core.null'/><channel from='a' to='b'/></graph>";
	struct pel_compile_options options = incomplete_compile[_i].options;
	const struct pel_analysis_options analysis = { .size = sizeof(analysis), .compile = &options };
	struct pel_analysis *proofs = NULL;
	struct pel_plan *none = NULL; /* without fork, `plan` may be of another test */
	struct pel_error err = { 0 };

	ck_assert_int_eq(pel_graph_parse(graph_text, strlen(graph_text), "<test>", &graph, &err), 0);
	options.size = sizeof(options);
	refused_without(pel_compile(graph, &options, &none, &err), &err, incomplete_compile[_i].wanted);
	ck_assert_ptr_null(none);
	if (!options.place || options.n_place < 3) /* an analysis places nothing */
		refused_without(pel_analyze(graph, &analysis, &proofs, &err), &err,
				incomplete_compile[_i].wanted);
	pel_analysis_destroy(proofs);
	pel_graph_destroy(graph);
}
END_TEST

static const char *const missing[] = { "a.c", NULL };
static const struct pel_xclbin_cus no_kernel[] = { { "k", 1 }, { NULL, 1 } };

static const struct {
	struct pel_xclbin_pack_options options;
	const char *wanted;
} incomplete_pack[] = {
	{ { .n_sources = 1 }, "the member 'sources' of " PACK " is NULL, but 'n_sources' is 1" },
	{ { .sources = missing, .n_sources = 2 }, "'sources[1]' in " PACK " must be set, but it is NULL" },
	{ { .n_include_dirs = 2 }, "the member 'include_dirs' of " PACK " is NULL, but 'n_include_dirs' is 2" },
	{ { .defines = missing, .n_defines = 2 }, "'defines[1]' in " PACK " must be set, but it is NULL" },
	{ { .kernels = missing, .n_kernels = 2 }, "'kernels[1]' in " PACK " must be set, but it is NULL" },
	{ { .n_cus = 2 }, "the member 'cus' of " PACK " is NULL, but 'n_cus' is 2" },
	{ { .cus = no_kernel, .n_cus = 2 }, "'cus[1].kernel' in " PACK " must be set, but it is NULL" },
};

START_TEST(incomplete_lists_of_a_package_are_refused)
{
	struct pel_xclbin_pack_options options = incomplete_pack[_i].options;
	struct pel_error err = { 0 };

	options.size = sizeof(options);
	refused_without(pel_xclbin_pack("no-such-folder/a.xclbin", &options, &err), &err,
			incomplete_pack[_i].wanted);
}
END_TEST

static const struct pel_run_xclbin pathless[] = { { -1, NULL } };

static const struct {
	struct pel_run_options options;
	const char *wanted;
} wrong_run[] = {
	{ { .n_xclbins = 1 }, "the member 'xclbins' of " RUN " is NULL, but 'n_xclbins' is 1" },
	{ { .xclbins = pathless, .n_xclbins = 1 }, "'xclbins[0].path' in " RUN " must be set, but it is NULL" },
	{ { .stall_after_s = -1 },
	  "the member 'stall_after_s' of " RUN " is -1, but must be a number of seconds from 0" },
};

START_TEST(wrong_options_of_a_run_are_refused)
{
	struct pel_run_options options = wrong_run[_i].options;
	struct pel_run *run = NULL;
	struct pel_error err = { 0 };

	make();
	options.size = sizeof(options);
	refused_without(pel_run_start(plan, &options, &run, &err), &err, wrong_run[_i].wanted);
	ck_assert_ptr_null(run);
	refused_without(pel_run_check_files(plan, &options, NULL, 0, &err), &err, wrong_run[_i].wanted);
	refused_without(pel_run_check_files(plan, NULL, NULL, 2, &err), &err,
			"the list of 2 files of the host is NULL");
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
	tcase_add_loop_test(c, size_below_that_of_the_first_version_with_a_size_is_refused, 0, N_CALLS);
	tcase_add_test(c, test_without_a_kernel_is_refused);
	tcase_add_test(c, report_without_a_plan_or_statistics_is_refused);
	tcase_add_loop_test(c, incomplete_or_repeated_settings_of_a_compilation_are_refused, 0,
			    N(incomplete_compile));
	tcase_add_loop_test(c, incomplete_lists_of_a_package_are_refused, 0, N(incomplete_pack));
	tcase_add_loop_test(c, wrong_options_of_a_run_are_refused, 0, N(wrong_run));
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
