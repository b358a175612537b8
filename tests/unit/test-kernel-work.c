/* SPDX-License-Identifier: Apache-2.0 */
/* bench.work and bench.sleep: any ports, given times, and a given number of firings. */
#include <check.h>
#include <math.h>
#include <errno.h>
#include <pelton/pelton.h>
#include <stdlib.h>
#include <string.h>

static struct pel_error err;

static struct pel_plan *compile(const char *xml)
{
	struct pel_compile_options options = { .size = sizeof(options), .workers = 2 };
	struct pel_graph *graph = NULL;
	struct pel_plan *plan = NULL;

	if (pel_graph_parse(xml, strlen(xml), "<test>", &graph, &err) < 0 ||
	    pel_compile(graph, &options, &plan, &err) < 0) {
		pel_error_write_text(&err, stderr);
		ck_abort_msg("the graph does not compile");
	}
	pel_graph_destroy(graph);
	return plan;
}

/* Run to the end. */
static struct pel_stats *stats_of(const char *xml)
{
	struct pel_plan *plan = compile(xml);
	struct pel_run *run = NULL;
	struct pel_stats *stats = NULL;

	if (pel_run_start(plan, NULL, &run, &err) < 0 || pel_run_wait(run, 60000, &err) < 0) {
		pel_error_write_text(&err, stderr);
		ck_abort_msg("the graph does not run");
	}
	ck_assert_int_eq(pel_run_stats(run, &stats), 0);
	pel_run_destroy(run);
	pel_plan_destroy(plan);
	pel_error_fini(&err);
	return stats;
}

/* Of all copies together. */
static uint64_t firings_of(const struct pel_stats *stats, const char *id)
{
	size_t length = strlen(id);
	uint64_t firings = 0;

	for (size_t i = 0; i < stats->n_stages; i++)
		if (strncmp(stats->stages[i]->id, id, length) == 0 && strchr("#", stats->stages[i]->id[length]))
			firings += stats->stages[i]->firings;
	return firings;
}

static const struct {
	const char *kernel;
	unsigned copies;
} forms[] = { { "bench.work", 1 }, { "bench.work", 3 }, { "bench.sleep", 1 }, { "bench.sleep", 3 } };

/* b can do all its firings with the tokens that are there at the start, and has ended long before a. */
START_TEST(all_firings_are_done_though_the_reader_has_ended)
{
	struct pel_stats *stats;
	char xml[2000];

	snprintf(xml, sizeof(xml),
		 "<graph xmlns='urn:pelton:graph:1' name='g'>"
		 "<kernel name='a' stateless='true'><out name='out' type='bytes[3]' rate='1,0,2'/><cpu kernel='%s'/></kernel>"
		 "<kernel name='b' stateless='true'><in name='in' type='bytes[3]' tail='drop'/><cpu kernel='%s'/></kernel>"
		 "<actor id='a' kernel='a' copies='%u'><set name='firings' value='3*50+1'/>"
		 "<set name='time' value='100,0,200'/></actor>"
		 "<actor id='b' kernel='b'><set name='firings' value='100'/><set name='time' value='0'/></actor>"
		 "<channel from='a' to='b' initial='100'/></graph>",
		 forms[_i].kernel, forms[_i].kernel, forms[_i].copies);
	stats = stats_of(xml);
	ck_assert_uint_eq(firings_of(stats, "a"), 151);
	ck_assert_uint_eq(firings_of(stats, "b"), 100);
	/* Each third firing of the fifty takes 300 microseconds in all, on at most three copies. */
	ck_assert_double_ge(stats->wall_s, 50 * 300e-6 / forms[_i].copies);
	pel_stats_destroy(stats);
}
END_TEST

START_TEST(a_unit_can_be_nothing_and_firings_without_number)
{
	struct pel_stats *stats;
	char xml[2000];

	snprintf(xml, sizeof(xml),
		 "<graph xmlns='urn:pelton:graph:1' name='g'>"
		 "<kernel name='k' stateless='true'><in name='in' type='f32' rate='2'/><out name='out' type='f32' rate='3'/>"
		 "<cpu kernel='%s'/></kernel>"
		 "<actor id='source' kernel='bench.source'><set name='tokens' value='20'/></actor>"
		 "<actor id='k' kernel='k' copies='%u'><set name='time' value='1000000000'/><set name='unit_us' value='0'/>"
		 "</actor><actor id='sink' kernel='bench.sink'/>"
		 "<channel from='source' to='k'/><channel from='k' to='sink'/></graph>",
		 forms[_i].kernel, forms[_i].copies);
	stats = stats_of(xml);
	ck_assert_uint_eq(firings_of(stats, "k"), 10);
	for (size_t i = 0; i < stats->n_actors; i++)
		if (strcmp(stats->actors[i]->id, "sink") == 0) {
			ck_assert_uint_eq(stats->actors[i]->results[0]->u64, 30);
			ck_assert_uint_eq(stats->actors[i]->results[1]->u64, 0); /* it writes zeros */
		}
	pel_stats_destroy(stats);
}
END_TEST

/*
 * Sixteen actors that sleep a hundred times for a millisecond: two workers, one sleep after the other, would need at least 0.8 s. On a busy
 * machine one attempt may take any time, so the least of several counts.
 */
START_TEST(sleepers_sleep_at_the_same_time)
{
	double least_s = HUGE_VAL;
	char *xml = NULL;
	size_t size;
	FILE *out = open_memstream(&xml, &size);

	fputs("<graph xmlns='urn:pelton:graph:1' name='g'><kernel name='k'><cpu kernel='bench.sleep'/></kernel>",
	      out);
	for (int i = 0; i < 16; i++)
		fprintf(out,
			"<actor id='k%d' kernel='k' max-batch='1'><set name='time' value='1'/>"
			"<set name='unit_us' value='1000'/><set name='firings' value='100'/></actor>",
			i);
	fputs("</graph>", out);
	fclose(out);
	for (int attempt = 0; attempt < 10 && least_s >= 0.8; attempt++) {
		struct pel_stats *stats = stats_of(xml);

		for (size_t i = 0; i < stats->n_actors; i++)
			ck_assert_uint_eq(stats->actors[i]->firings, 100);
		ck_assert_double_ge(stats->wall_s, 0.1);
		least_s = fmin(least_s, stats->wall_s);
		pel_stats_destroy(stats);
	}
	ck_assert_double_lt(least_s, 0.8);
	free(xml);
}
END_TEST

static const struct {
	const char *sets, *said;
} mistakes[] = {
	{ "<set name='firings' value='-1'/>",
	  "parameter 'firings' of actor 'a' (k) is -1; it must be 0 or more" },
	{ "", "actor 'a' (k): without inputs it would never end: give parameter 'firings'" },
	{ "<set name='firings' value='1'/><set name='time' value=''/>",
	  "parameter 'time' of actor 'a' (k) is empty; it must have 1 or more elements" },
	{ "<set name='firings' value='1'/><set name='unit_us' value='-0.5'/>",
	  "parameter 'unit_us' of actor 'a' (k) is -0.5; it must be 0 or more" },
	{ "<set name='firings' value='1'/><set name='time' value='1,5000000000000000000'/>",
	  "actor 'a' (k): a time of 5000000000000000000 units of 1 microseconds is too long" },
};

START_TEST(wrong_parameters_are_named)
{
	struct pel_graph *graph = NULL;
	struct pel_plan *plan = NULL;
	char xml[2000];

	snprintf(xml, sizeof(xml),
		 "<graph xmlns='urn:pelton:graph:1' name='g'><out name='out'/><kernel name='k'><out name='out' type='u8'/><cpu kernel='bench.work'/></kernel>"
		 "<actor id='a' kernel='k'>%s</actor><channel from='a' to='out'/></graph>",
		 mistakes[_i].sets);
	ck_assert_int_eq(pel_graph_parse(xml, strlen(xml), "<test>", &graph, &err), 0);
	ck_assert_int_eq(pel_compile(graph, NULL, &plan, &err), -EINVAL);
	ck_assert_uint_eq(err.count, 1);
	ck_assert_str_eq(err.items[0].text, mistakes[_i].said);
	pel_error_fini(&err);
	pel_graph_destroy(graph);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("work");
	TCase *tcase = tcase_create("work");
	SRunner *runner;
	int failed;

	tcase_set_timeout(tcase, 60);
	tcase_add_loop_test(tcase, all_firings_are_done_though_the_reader_has_ended, 0, 4);
	tcase_add_loop_test(tcase, a_unit_can_be_nothing_and_firings_without_number, 0, 4);
	tcase_add_test(tcase, sleepers_sleep_at_the_same_time);
	tcase_add_loop_test(tcase, wrong_parameters_are_named, 0, (int)(sizeof(mistakes) / sizeof(*mistakes)));
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
