/* SPDX-License-Identifier: Apache-2.0 */
#include <check.h>
#include <pelton/pelton.h>
#include <stdlib.h>
#include <string.h>

/* Runs whose statistics are read by another thread all the time, also while their actors end: figures never go back. */

#define RUNS 60

/* Executed in rounds, then one by one: the last firing of b is not a whole iteration of its cluster. */
static const char xml[] =
	"<graph xmlns=\"urn:pelton:graph:1\" name=\"watched\">"
	"<actor id=\"a\" kernel=\"bench.source\"><set name=\"tokens\" value=\"4001\"/></actor>"
	"<actor id=\"b\" kernel=\"core.scale\"/><actor id=\"c\" kernel=\"core.fir\"><set name=\"taps\" value=\"1,1\"/>"
	"<set name=\"decimate\" value=\"2\"/></actor><actor id=\"d\" kernel=\"bench.sink\"/>"
	"<channel from=\"a\" to=\"b\"/><channel from=\"b\" to=\"c\"/><channel from=\"c\" to=\"d\"/></graph>";

static struct pel_plan *compile(void)
{
	struct pel_error err = { 0 };
	struct pel_graph *graph = NULL;
	struct pel_plan *plan = NULL;

	ck_assert_int_eq(pel_graph_parse(xml, strlen(xml), "<test>", &graph, &err), 0);
	ck_assert_int_eq(pel_compile(graph, NULL, &plan, &err), 0);
	pel_graph_destroy(graph);
	return plan;
}

/* Read once; no figure is less than at the last time. */
static void look(struct pel_run *run, uint64_t *firings, size_t n)
{
	struct pel_stats *stats;

	ck_assert_int_eq(pel_run_stats(run, &stats), 0);
	ck_assert_uint_eq(stats->n_actors, n);
	for (size_t i = 0; i < n; i++) {
		ck_assert_uint_ge(stats->actors[i]->firings, firings[i]);
		firings[i] = stats->actors[i]->firings;
	}
	pel_stats_destroy(stats);
}

START_TEST(statistics_can_be_read_while_actors_fire_and_end)
{
	struct pel_run_options options = { .size = sizeof(options), .workers = (unsigned)_i };
	struct pel_plan *plan = compile();

	for (unsigned i = 0; i < RUNS; i++) {
		struct pel_error err = { 0 };
		uint64_t firings[4] = { 0 };
		struct pel_run *run;

		ck_assert_int_eq(pel_run_start(plan, &options, &run, &err), 0);
		while (pel_run_outcome(run, NULL) == PEL_RUN_GOING)
			look(run, firings, 4);
		ck_assert_int_eq(pel_run_wait(run, -1, &err), 0);
		look(run, firings, 4);
		ck_assert_uint_eq(firings[0], 4001);
		ck_assert_uint_eq(firings[2], 2000);
		ck_assert_uint_eq(firings[3], 2000);
		pel_run_destroy(run);
	}
	pel_plan_destroy(plan);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("watched");
	TCase *c = tcase_create("watched");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_loop_test(c, statistics_can_be_read_while_actors_fire_and_end, 1, 4);
	tcase_set_timeout(c, 60);
	suite_add_tcase(suite, c);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
