/* SPDX-License-Identifier: Apache-2.0 */
#include <check.h>
#include <errno.h>
#include <pelton/pelton.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "module-path.h"

/* Ends of streams where the order of ends matters. The kernels are in tests/modules/mix.c. */

struct running {
	struct pel_graph *graph;
	struct pel_plan *plan;
	struct pel_run *run;
	struct pel_error err;
};

static void start(struct running *r, const char *body)
{
	struct pel_compile_options compile = { .size = sizeof(compile),
					       .module_path = module_path,
					       .workers = 2 };
	struct pel_run_options options = { .size = sizeof(options), .workers = 2 };
	char text[4096];

	memset(r, 0, sizeof(*r));
	snprintf(text, sizeof(text),
		 "<graph xmlns=\"urn:pelton:graph:1\" name=\"ends\"><use library=\"mix\"/>%s</graph>", body);
	if (pel_graph_parse(text, strlen(text), "<ends>", &r->graph, &r->err) < 0 ||
	    pel_compile(r->graph, &compile, &r->plan, &r->err) < 0 ||
	    pel_run_start(r->plan, &options, &r->run, &r->err) < 0) {
		pel_error_write_text(&r->err, stderr);
		ck_abort_msg("the run does not start");
	}
}

static void stop(struct running *r)
{
	pel_run_destroy(r->run);
	pel_plan_destroy(r->plan);
	pel_graph_destroy(r->graph);
	pel_error_fini(&r->err);
}

START_TEST(dynamic_actor_outlives_the_end_of_an_input_that_it_does_not_wait_for)
{
	struct pel_port *wanted, *other, *out;
	unsigned char byte = 1;
	struct running r;

	start(&r,
	      "<in name=\"a\" type=\"u8[1]\"/><in name=\"b\" type=\"u8[1]\"/><out name=\"o\"/>"
	      "<actor id=\"m\" kernel=\"mix.merge\"><set name=\"seed\" value=\"2\"/></actor>"
	      "<channel from=\"a\" to=\"m.in0\"/><channel from=\"b\" to=\"m.in1\"/><channel from=\"m\" to=\"o\"/>");
	wanted = pel_run_port(r.run, "a");
	other = pel_run_port(r.run, "b");
	out = pel_run_port(r.run, "o");
	pel_port_end(other);
	ck_assert_int_eq(pel_run_wait(r.run, 100, NULL), -ETIMEDOUT);
	ck_assert_int_eq(pel_port_write(wanted, &byte, 1, -1), 1);
	ck_assert_int_eq(pel_port_read(out, &byte, 1, -1), 1);
	pel_port_end(wanted);
	while (pel_port_read(out, &byte, 1, -1) > 0)
		;
	ck_assert_int_eq(pel_run_wait(r.run, -1, NULL), 0);
	stop(&r);
}
END_TEST

START_TEST(window_of_the_host_is_taken_back_at_the_end)
{
	struct pel_port *in, *out;
	struct running r;
	const void *shown;
	void *window;

	start(&r, "<in name=\"a\" type=\"u8\"/><out name=\"o\"/><channel from=\"a\" to=\"o\" capacity=\"4\"/>");
	in = pel_run_port(r.run, "a");
	out = pel_run_port(r.run, "o");
	ck_assert_int_eq(pel_port_reserve(in, 2, &window), 2);
	((unsigned char *)window)[0] = 7;
	pel_port_end(in);
	ck_assert_int_eq(pel_port_commit(in, 1), -EINVAL);
	ck_assert_int_eq(pel_port_commit(in, 0), 0);
	ck_assert_int_eq(pel_port_peek(out, 4, &shown), 0); /* nothing after the end */
	ck_assert_int_eq(pel_run_wait(r.run, -1, NULL), 0);
	stop(&r);
}
END_TEST

START_TEST(dynamic_output_that_is_not_connected_holds_nothing_up)
{
	struct pel_stats *stats;
	struct running r;

	start(&r, "<actor id=\"s\" kernel=\"mix.hash\"><set name=\"limit\" value=\"100\"/></actor>"
		  "<actor id=\"f\" kernel=\"mix.filter\"/><actor id=\"d\" kernel=\"mix.hash\"/>"
		  "<channel from=\"s.out0\" to=\"f.in0\"/><channel from=\"f.out0\" to=\"d.in0\"/>");
	ck_assert_int_eq(pel_run_wait(r.run, 30000, NULL), 0);
	ck_assert_int_eq(pel_run_stats(r.run, &stats), 0);
	ck_assert_uint_gt(stats->actors[2]->firings, 0);
	for (size_t c = 0; c < stats->n_channels; c++)
		ck_assert_uint_eq(stats->channels[c]->left_over, 0);
	pel_stats_destroy(stats);
	stop(&r);
}
END_TEST

START_TEST(kernel_that_ends_instead_of_a_padded_firing_has_not_fired)
{
	struct pel_stats *stats;
	struct running r;

	start(&r, "<actor id=\"s\" kernel=\"mix.hash\"><set name=\"limit\" value=\"7\"/></actor>"
		  "<actor id=\"p\" kernel=\"mix.hash\"><set name=\"limit\" value=\"2\"/><set name=\"in_rates0\" value=\"3\"/>"
		  "<in name=\"in0\" tail=\"pad\"/></actor><actor id=\"d\" kernel=\"mix.hash\"/>"
		  "<channel from=\"s.out0\" to=\"p.in0\"/><channel from=\"p.out0\" to=\"d.in0\"/>");
	ck_assert_int_eq(pel_run_wait(r.run, 30000, NULL), 0);
	ck_assert_int_eq(pel_run_stats(r.run, &stats), 0);
	ck_assert_uint_eq(stats->actors[1]->firings, 2);
	ck_assert_uint_eq(stats->actors[2]->firings, 2);
	pel_stats_destroy(stats);
	stop(&r);
}
END_TEST

/* There is no stage here whose end could end the run. */
START_TEST(channel_from_input_to_output_of_the_graph_lets_all_through)
{
	unsigned char sent[1000], got[1000] = { 0 };
	struct running r;
	size_t n = 0;

	for (size_t i = 0; i < sizeof(sent); i++)
		sent[i] = (unsigned char)(i * 7);
	start(&r,
	      "<in name=\"a\" type=\"u8\"/><out name=\"o\"/><channel from=\"a\" to=\"o\" capacity=\"10\"/>");
	while (n < sizeof(sent)) {
		size_t piece = sizeof(sent) - n < 10 ? sizeof(sent) - n : 10;

		ck_assert_int_eq(pel_run_wait(r.run, 0, NULL), -ETIMEDOUT);
		ck_assert_int_eq(pel_port_write(pel_run_port(r.run, "a"), sent + n, piece, -1), (ssize_t)piece);
		ck_assert_int_eq(pel_port_read(pel_run_port(r.run, "o"), got + n, piece - 1, -1),
				 (ssize_t)piece - 1);
		ck_assert_int_eq(pel_port_read(pel_run_port(r.run, "o"), got + n + piece - 1, 1, -1), 1);
		n += piece;
	}
	pel_port_end(pel_run_port(r.run, "a"));
	ck_assert_int_eq(pel_port_read(pel_run_port(r.run, "o"), got, 1, -1), 0);
	ck_assert_int_eq(pel_run_wait(r.run, -1, NULL), 0);
	ck_assert_mem_eq(sent, got, sizeof(sent));
	stop(&r);
}
END_TEST

/* The module of test kernels lies in modules/ beside this program. */
int main(void)
{
	Suite *suite = suite_create("run-ends");
	TCase *tcase = tcase_create("run-ends");
	SRunner *runner;
	int failed;

	find_modules();
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, dynamic_actor_outlives_the_end_of_an_input_that_it_does_not_wait_for);
	tcase_add_test(tcase, window_of_the_host_is_taken_back_at_the_end);
	tcase_add_test(tcase, dynamic_output_that_is_not_connected_holds_nothing_up);
	tcase_add_test(tcase, kernel_that_ends_instead_of_a_padded_firing_has_not_fired);
	tcase_add_test(tcase, channel_from_input_to_output_of_the_graph_lets_all_through);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
