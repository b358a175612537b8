/* SPDX-License-Identifier: Apache-2.0 */
#include <check.h>
#include <errno.h>
#include <pelton/pelton.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* What counts as a stall when the host is at the end of some channels; and the messages. */

#define HANG_MS 60000

static struct pel_error err;
static struct pel_graph *graph;
static struct pel_plan *plan;

static struct pel_run *start_patient(const char *body, double stall_after_s)
{
	struct pel_compile_options compile = { .size = sizeof(compile), .workers = 2 };
	struct pel_run_options options = { .size = sizeof(options),
					   .workers = 2,
					   .stall_after_s = stall_after_s };
	struct pel_run *run = NULL;
	char text[4096];

	snprintf(text, sizeof(text), "<graph xmlns=\"urn:pelton:graph:1\" name=\"stalls\">%s</graph>", body);
	if (pel_graph_parse(text, strlen(text), "<stalls>", &graph, &err) < 0 ||
	    pel_compile(graph, &compile, &plan, &err) < 0 || pel_run_start(plan, &options, &run, &err) < 0) {
		pel_error_write_text(&err, stderr);
		ck_abort_msg("the run does not start");
	}
	return run;
}

static struct pel_run *start(const char *body)
{
	return start_patient(body, 0);
}

static void end(struct pel_run *run)
{
	pel_run_destroy(run);
	pel_plan_destroy(plan);
	pel_graph_destroy(graph);
	pel_error_fini(&err);
	err = (struct pel_error){ 0 };
}

static const char *all_errors(void)
{
	static char text[4096];
	size_t at = 0;

	text[0] = '\0';
	for (size_t i = 0; i < err.count; i++) {
		at += (size_t)snprintf(text + at, sizeof(text) - at, "%s\n", err.items[i].text);
		if (err.items[i].hint)
			at += (size_t)snprintf(text + at, sizeof(text) - at, "hint: %s\n", err.items[i].hint);
	}
	return text;
}

static void expect_stall(struct pel_run *run, const char *said)
{
	ck_assert_int_eq(pel_run_wait(run, HANG_MS, &err), -EDEADLK);
	ck_assert_int_eq(pel_run_outcome(run, NULL), PEL_RUN_STALLED);
	ck_assert_str_eq(all_errors(), said);
}

static void expect_going(struct pel_run *run)
{
	ck_assert_int_eq(pel_run_wait(run, 50, &err), -ETIMEDOUT);
}

static const unsigned char zeros[100];

/* `n` goes to both; `s` gets nothing at b, since `r` sends nothing there, and so its channel fills up, at which `r` gets no more. */
#define ROUND_ABOUT                                                                                                            \
	"<in name=\"n\" type=\"u8\"/><actor id=\"one\" kernel=\"core.constant\"><set name=\"type\" value=\"u8\"/>"             \
	"<set name=\"value\" value=\"1\"/><set name=\"tokens\" value=\"100\"/></actor><actor id=\"r\" kernel=\"core.route\"/>" \
	"<actor id=\"s\" kernel=\"core.add\"/><actor id=\"w\" kernel=\"core.null\"/><channel from=\"n\" to=\"r.in\"/>"         \
	"<channel from=\"one\" to=\"r.control\"/><channel from=\"n\" to=\"s.a\" capacity=\"2\"/>"                              \
	"<channel from=\"r.no\" to=\"s.b\"/><channel from=\"s\" to=\"w\"/>"
#define ROUND_ABOUT_SAID                                                                                             \
	"stalled: none of the 3 unfinished actors can move\n"                                                        \
	"hint: give channel n->s.a a larger capacity, or make the actors on the cycle consume their tokens sooner\n" \
	"boundary port 'n' waits for room for 1 token on channel n->s.a, which holds 2 of 2\n"                       \
	"actor 's' (stage s..w) waits for 1 token on channel r.no->s.b, which holds 0 of 65536\n"                    \
	"actor 'r' (stage r) waits for 1 token on channel n->r.in, which holds 0 of 65536\n"

/* It has more tokens and shows that: it waits for room, or has asked for room in vain. */
START_TEST(host_that_can_write_no_more_is_told_at_once)
{
	struct pel_run *run = start(ROUND_ABOUT);
	struct pel_port *port = pel_run_port(run, "n");
	void *window;

	if (_i) {
		ck_assert_int_eq(pel_port_write(port, zeros, 100, -1), 2);
		ck_assert_int_eq(pel_port_write(port, zeros, 98, -1), -EPIPE);
	} else {
		ck_assert_int_eq(pel_port_write(port, zeros, 2, -1), 2);
		while (pel_port_reserve(port, 1, &window) == -EAGAIN)
			;
	}
	expect_stall(run, ROUND_ABOUT_SAID);
	end(run);
}
END_TEST

/* It has not asked for room, so it may be about to end the stream; then `r` ends, and the run continues. */
START_TEST(host_that_may_still_end_the_stream_is_waited_for)
{
	struct pel_run *run = start(ROUND_ABOUT);
	struct pel_port *port = pel_run_port(run, "n");

	ck_assert_int_eq(pel_port_write(port, zeros, 2, -1), 2);
	while (pel_port_available(port) > 0)
		;
	expect_going(run);
	ck_assert_int_eq(pel_port_available(port), -EAGAIN); /* a query is not a request */
	expect_going(run);
	pel_port_end(port);
	ck_assert_int_eq(pel_run_wait(run, HANG_MS, &err), 0);
	end(run);
}
END_TEST

/* A cycle that never starts; `s` waits for its tokens. */
#define NEVER                                                                              \
	"<actor id=\"c\" kernel=\"core.counter\"/><actor id=\"r\" kernel=\"core.route\"/>" \
	"<actor id=\"cv\" kernel=\"core.convert\"><set name=\"to\" value=\"u8\"/></actor>" \
	"<actor id=\"d\" kernel=\"core.dedup\"/><channel from=\"c\" to=\"r.in\"/>"         \
	"<channel from=\"r.yes\" to=\"cv\"/><channel from=\"cv\" to=\"d\"/><channel from=\"d\" to=\"r.control\"/>"

/* Neither another token nor the end of the stream would help, so the host need not ask. */
START_TEST(full_input_that_cannot_help_is_not_waited_for)
{
	struct pel_run *run =
		start("<in name=\"n\" type=\"u64\"/>" NEVER
		      "<actor id=\"s\" kernel=\"core.add\"/><actor id=\"w\" kernel=\"core.null\"/>"
		      "<channel from=\"n\" to=\"s.a\" capacity=\"2\"/><channel from=\"r.no\" to=\"s.b\"/>"
		      "<channel from=\"s\" to=\"w\"/>");
	struct pel_port *port = pel_run_port(run, "n");
	uint64_t tokens[2] = { 0 };

	ck_assert_int_eq(pel_port_write(port, tokens, 1, -1), 1);
	expect_going(run);
	ck_assert_int_eq(pel_port_write(port, tokens, 1, -1), 1);
	ck_assert_int_eq(pel_run_wait(run, HANG_MS, &err), -EDEADLK);
	end(run);
}
END_TEST

START_TEST(input_without_readers_is_not_waited_for)
{
	struct pel_run *run = start(
		"<in name=\"n\" type=\"u64\"/>" NEVER
		"<actor id=\"h\" kernel=\"core.head\"><set name=\"tokens\" value=\"1\"/></actor>"
		"<actor id=\"w\" kernel=\"core.null\"/><actor id=\"v\" kernel=\"core.null\"/>"
		"<channel from=\"n\" to=\"h\"/><channel from=\"r.no\" to=\"w\"/><channel from=\"h\" to=\"v\"/>");
	uint64_t tokens[2] = { 0 };

	expect_going(run);
	ck_assert_int_eq(pel_port_write(pel_run_port(run, "n"), tokens, 2, -1), 2);
	ck_assert_int_eq(pel_run_wait(run, HANG_MS, &err), -EDEADLK);
	end(run);
}
END_TEST

/* While there is output for the host to read, it is not a stall, however full the inputs are. */
START_TEST(full_output_is_waited_for)
{
	struct pel_run *run = start(
		"<in name=\"n\" type=\"u8\"/><out name=\"o\"/><actor id=\"x\" kernel=\"core.copy\"/>"
		"<channel from=\"n\" to=\"x\" capacity=\"2\"/><channel from=\"x\" to=\"o\" capacity=\"2\"/>");
	struct pel_port *in = pel_run_port(run, "n"), *out = pel_run_port(run, "o");
	unsigned char byte;

	ck_assert_int_eq(pel_port_write(in, zeros, 4, -1), 4);
	ck_assert_int_eq(pel_port_write(in, zeros, 1, 50), -ETIMEDOUT);
	expect_going(run);
	ck_assert_int_eq(pel_port_available(out), 2);
	for (int i = 0; i < 4; i++)
		ck_assert_int_eq(pel_port_read(out, &byte, 1, -1), 1);
	ck_assert_int_eq(pel_port_available(out), -EAGAIN);
	pel_port_end(in);
	ck_assert_int_eq(pel_port_read(out, &byte, 1, -1), 0);
	ck_assert_int_eq(pel_port_available(out), 0);
	ck_assert_int_eq(pel_port_available(in), -EPIPE);
	ck_assert_int_eq(pel_run_wait(run, HANG_MS, &err), 0);
	end(run);
}
END_TEST

/* ---- words ---- */

START_TEST(stall_names_the_input_that_is_asked_for)
{
	struct pel_run *run =
		start(NEVER "<actor id=\"n\" kernel=\"core.null\"/><channel from=\"r.no\" to=\"n\"/>");

	expect_stall(
		run,
		"stalled: none of the 5 unfinished actors can move\n"
		"hint: the actors on this cycle wait for each other's tokens: add initial tokens to a channel of the cycle, or consume fewer tokens\n"
		"actor 'r' (stage r) waits for 1 token on channel d.out->r.control, which holds 0 of 65536\n"
		"actor 'd' (stage d) waits for 1 token on channel cv.out->d.in, which holds 0 of 65536\n"
		"actor 'cv' (stage cv) waits for 1 token on channel r.yes->cv.in, which holds 0 of 8192\n");
	end(run);
}
END_TEST

static uint64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

/* It waits a little again and again, or only looks. */
START_TEST(patience_ends_for_a_host_that_waits_in_short_calls)
{
	struct pel_run *run = start_patient(
		"<in name=\"n\" type=\"u8\"/><actor id=\"w\" kernel=\"core.null\"/><channel from=\"n\" to=\"w\"/>",
		0.1);
	uint64_t give_up = now_ms() + HANG_MS;
	int r;

	while ((r = pel_run_wait(run, _i ? 10 : 0, &err)) == -ETIMEDOUT && now_ms() < give_up)
		;
	ck_assert_int_eq(r, -EDEADLK);
	ck_assert_int_eq(pel_run_outcome(run, NULL), PEL_RUN_STALLED);
	end(run);
}
END_TEST

/* Patience begins anew with each token: in all it takes longer than that. */
START_TEST(patience_lasts_while_tokens_come)
{
	struct pel_run *run = start_patient(
		"<in name=\"n\" type=\"u8\"/><actor id=\"w\" kernel=\"core.null\"/><channel from=\"n\" to=\"w\"/>",
		2);
	uint64_t until = now_ms() + 3000;

	while (now_ms() < until) {
		ck_assert_int_eq(pel_port_write(pel_run_port(run, "n"), zeros, 1, -1), 1);
		ck_assert_int_eq(pel_run_wait(run, 10, &err), -ETIMEDOUT);
	}
	pel_port_end(pel_run_port(run, "n"));
	ck_assert_int_eq(pel_run_wait(run, HANG_MS, &err), 0);
	end(run);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("run-stalls");
	TCase *tcase = tcase_create("run-stalls");
	SRunner *runner;
	int failed;

	tcase_set_timeout(tcase, 120);
	tcase_add_loop_test(tcase, host_that_can_write_no_more_is_told_at_once, 0, 2);
	tcase_add_test(tcase, host_that_may_still_end_the_stream_is_waited_for);
	tcase_add_test(tcase, full_input_that_cannot_help_is_not_waited_for);
	tcase_add_test(tcase, input_without_readers_is_not_waited_for);
	tcase_add_test(tcase, full_output_is_waited_for);
	tcase_add_test(tcase, stall_names_the_input_that_is_asked_for);
	tcase_add_loop_test(tcase, patience_ends_for_a_host_that_waits_in_short_calls, 0, 2);
	tcase_add_test(tcase, patience_lasts_while_tokens_come);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
