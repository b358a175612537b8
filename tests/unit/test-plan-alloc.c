/* SPDX-License-Identifier: Apache-2.0 */
/* Whichever allocation fails while a graph is loaded and compiled, the result is -ENOMEM, and nothing leaks. */
#include <check.h>
#include <errno.h>
#include <pelton/pelton.h>
#include <stdlib.h>
#include <string.h>

#include "sdf.h"
#include "support.h"

/* A small graph with every feature of the language that has its own code in the compiler. */
static const char good[] =
	"<graph xmlns='urn:pelton:graph:1' name='g'>"
	"<param name='n' type='i64' value='2'/><param name='where' type='string' value='cpu:$n'/>"
	"<kernel name='pair' stateless='true'><param name='k' type='u32' value='2'/>"
	"<in name='in' type='T' rate='$k' tail='pad'/><out name='out' type='T[$k]'/>"
	"<cpu kernel='core.group'/><fpga kernel='pair'><arg port='in'/><arg port='out'/></fpga></kernel>"
	"<in name='host'/><out name='result'/><out name='extra' type='f32'/>"
	"<actor id='src' kernel='bench.source'><set name='tokens' value='9'/></actor>"
	"<actor id='amp' graph='#amp' on='auto'><set name='gain' value='$n + 1'/></actor>"
	"<actor id='sum' kernel='core.add' on='$where' time='3'/>"
	"<actor id='back' kernel='core.scale' copies='2' max-batch='4'><in name='in' tail='drop'/></actor>"
	"<actor id='fir' kernel='core.fir'><set name='taps' value='1, 2, 3'/></actor>"
	"<actor id='group' kernel='pair'><set name='tokens' value='2'/></actor>"
	"<actor id='pick' kernel='core.skip'><set name='tokens' value='1'/></actor>"
	"<channel from='src' to='amp'/><channel name='fan' from='amp' to='sum.a'/><channel from='amp' to='fir' initial='1'/>"
	"<channel from='host' to='sum.b' capacity='7'/><channel from='sum' to='back'/>"
	"<channel from='back' to='pick'><initial>1 2.5</initial></channel><channel from='pick' to='extra'/>"
	"<channel from='fir' to='group'/><channel from='group' to='result'/>"
	"<graph name='amp'><param name='gain' type='f32'/><in name='in' type='T'/><out name='out'/>"
	"<actor id='s' kernel='core.scale'><set name='gain' value='$gain'/></actor>"
	"<channel from='in' to='s'/><channel from='s' to='out'/></graph>"
	"</graph>";

/* Errors of each pass: reporting them must not fail in another way. */
static const char *const bad[] = {
	/* resolve */
	"<graph xmlns='urn:pelton:graph:1' name='g'><actor id='a' kernel='core.scael'/><actor id='b' kernel='core.scale'>"
	"<set name='gain' value='$x'/></actor><channel from='a' to='c'/><channel from='b.x' to='b'/></graph>",
	/* types */
	"<graph xmlns='urn:pelton:graph:1' name='g'><in name='i' type='u8'/><in name='j'/><out name='o'/><out name='p'/>"
	"<actor id='a' kernel='core.scale'/><channel from='i' to='a'/><channel from='a' to='o'/><channel from='j' to='p'/></graph>",
	/* rates */
	"<graph xmlns='urn:pelton:graph:1' name='g'><actor id='s' kernel='bench.source'><set name='tokens' value='1'/></actor>"
	"<actor id='u' kernel='core.upsample'><set name='factor' value='2'/></actor><actor id='a' kernel='core.add'/>"
	"<actor id='z' kernel='bench.sink'/><channel from='s' to='u'/><channel from='s' to='a.a'/><channel from='u' to='a.b'/>"
	"<channel from='a' to='z'/></graph>",
	/* liveness */
	"<graph xmlns='urn:pelton:graph:1' name='g'><actor id='s' kernel='bench.source'><set name='tokens' value='1'/></actor>"
	"<actor id='a' kernel='core.add'/><actor id='z' kernel='bench.sink'/><channel from='s' to='a.a'/>"
	"<channel from='a' to='a.b'/><channel from='a' to='z'/></graph>",
	/* place */
	"<graph xmlns='urn:pelton:graph:1' name='g'><in name='i'/><out name='o'/><actor id='a' kernel='core.copy' on='fpga'/>"
	"<channel from='i' to='a'/><channel from='a' to='o'/></graph>",
};

/* One attempt. Returns what the compiler returned, or the loader if it failed. */
static int attempt(const char *text, const struct pel_compile_options *options)
{
	struct pel_error err = { 0 };
	struct pel_graph *graph = NULL;
	struct pel_plan *plan = NULL;
	int r = pel_graph_parse(text, strlen(text), "<test>", &graph, &err);

	ck_assert((r == 0) == (graph != NULL));
	if (r == 0) {
		r = pel_compile(graph, options, &plan, &err);
		ck_assert(r == 0 || plan == NULL);
		ck_assert(r < 0 || plan != NULL || options->dump_after);
	}
	ck_assert_int_eq(r<0, err.count + err.lost> 0);
	pel_plan_destroy(plan);
	pel_graph_destroy(graph);
	pel_error_fini(&err);
	return r;
}

/* Let each allocation fail in turn (and all after it, if `forever`), until the attempt ends as it does with memory. */
static void fail_each(const char *text, const struct pel_compile_options *options, bool forever)
{
	int wanted = attempt(text, options), r = -ENOMEM;
	uint64_t n;

	pel_alloc_fail_after(0, false);
	attempt(text, options);
	n = pel_alloc_count();
	for (uint64_t i = 1; i <= n; i++) {
		pel_alloc_fail_after(i, forever);
		r = attempt(text, options);
		pel_alloc_fail_after(0, false);
		/* The explanation of an error may be lost; the error itself is still returned. */
		ck_assert_msg(r == -ENOMEM || (wanted < 0 && r == wanted), "allocation %llu of %llu: %d",
			      (unsigned long long)i, (unsigned long long)n, r);
	}
	ck_assert_uint_gt(n, 10);
	ck_assert_int_eq(attempt(text, options), wanted);
}

static const struct pel_setting places[] = { { "fir", "cpu:1" } };
static const struct pel_compile_options plain = { .size = sizeof(plain), .machine = "cores=4,l2=1M" };
/* Few workers: actors are fused. */
static const struct pel_compile_options fused = { .size = sizeof(fused),
						  .machine = "cores=1",
						  .set = (struct pel_setting[]){ { "where", "cpu" } },
						  .n_set = 1 };
static const struct pel_compile_options placed = {
	.size = sizeof(placed), .machine = "cores=4", .place = places, .n_place = 1
};
static const struct pel_compile_options *const variants[] = { &plain, &fused, &placed };

START_TEST(failing_allocation_is_an_error_and_leaks_nothing)
{
	fail_each(good, variants[_i / 2], _i % 2);
}
END_TEST

START_TEST(failing_allocation_while_an_error_is_told_leaks_nothing)
{
	ck_assert_int_eq(attempt(bad[_i / 2], &plain), -EINVAL);
	fail_each(bad[_i / 2], &plain, _i % 2);
}
END_TEST

START_TEST(the_good_graph_is_good)
{
	for (size_t i = 0; i < sizeof(variants) / sizeof(variants[0]); i++)
		ck_assert_int_eq(attempt(good, variants[i]), 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("plan-alloc");
	TCase *tcase = tcase_create("alloc");
	SRunner *runner;
	int failed;

	pel_sdf_set_alloc(pel_calloc, pel_free);
	tcase_set_timeout(tcase, 120);
	tcase_add_test(tcase, the_good_graph_is_good);
	tcase_add_loop_test(tcase, failing_allocation_is_an_error_and_leaks_nothing, 0, 6);
	tcase_add_loop_test(tcase, failing_allocation_while_an_error_is_told_leaks_nothing, 0, 10);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
