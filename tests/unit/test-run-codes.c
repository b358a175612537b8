/* SPDX-License-Identifier: Apache-2.0 */
#include <check.h>
#include <errno.h>
#include <limits.h>
#include <pelton/pelton.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "module-path.h"

/* No return value of a kernel's function can be mistaken for an outcome of the run itself. The kernels are in tests/modules/odd.c. */

#define HANG_MS 60000

struct case_run {
	struct pel_error err;
	struct pel_graph *graph;
	struct pel_plan *plan;
	struct pel_run *run;
	int r;
};

/* Compile and start: what the first function that failed returned. `actors` are between the source and the sink, "x" first, "y" last. */
static int start(struct case_run *c, const char *actors, const char *last)
{
	const struct pel_compile_options compile = { .size = sizeof(compile),
						     .module_path = module_path,
						     .workers = 2 };
	const struct pel_run_options options = { .size = sizeof(options), .workers = 2 };
	char text[4096];

	memset(c, 0, sizeof(*c));
	snprintf(text, sizeof(text),
		 "<graph xmlns=\"urn:pelton:graph:1\" name=\"codes\"><use library=\"odd\"/>"
		 "<actor id=\"s\" kernel=\"core.counter\"><set name=\"tokens\" value=\"5000\"/></actor>"
		 "<actor id=\"c\" kernel=\"core.convert\"><set name=\"to\" value=\"u32\"/></actor>"
		 "<actor id=\"n\" kernel=\"core.null\"/>%s<channel from=\"s\" to=\"c\"/><channel from=\"c\" to=\"x\"/>"
		 "<channel from=\"%s\" to=\"n\"/></graph>",
		 actors, last);
	if ((c->r = pel_graph_parse(text, strlen(text), "<codes>", &c->graph, &c->err)) < 0 ||
	    (c->r = pel_compile(c->graph, &compile, &c->plan, &c->err)) < 0)
		return c->r;
	return c->r = pel_run_start(c->plan, &options, &c->run, &c->err);
}

static void end(struct case_run *c)
{
	pel_run_destroy(c->run);
	pel_plan_destroy(c->plan);
	pel_graph_destroy(c->graph);
	pel_error_fini(&c->err);
}

/* An actor "x" of `kernel` whose `function` returns `value`. */
static const char *actor(const char *kernel, const char *function, int value, bool words)
{
	static char text[512];

	snprintf(text, sizeof(text),
		 "<actor id=\"x\" kernel=\"odd.%s\"><set name=\"%s\" value=\"%d\"/><set name=\"words\" value=\"%s\"/></actor>",
		 kernel, function, value, words ? "true" : "false");
	return text;
}

static void expect_words(const struct case_run *c, const char *said)
{
	ck_assert_uint_eq(c->err.count, 1);
	ck_assert_str_eq(c->err.items[0].text, said);
}

/* The run fails with this errno, and these words. */
static void expect_failed(struct case_run *c, int code, const char *said)
{
	bool taken = code == -ETIMEDOUT || code == -EDEADLK || code == -ECANCELED || code == -ENODEV;
	int got;

	ck_assert_int_eq(c->r, 0);
	c->r = pel_run_wait(c->run, HANG_MS, &c->err);
	ck_assert_int_eq(pel_run_outcome(c->run, &got), PEL_RUN_FAILED);
	ck_assert_int_eq(got, code);
	ck_assert(!pel_run_drained(c->run));
	ck_assert_int_eq(c->r, taken ? -EIO : code);
	expect_words(c, said);
	ck_assert_int_eq(pel_run_wait(c->run, 0, NULL), c->r);
}

static const struct {
	const char *kernel, *function;
} in_run[] = { { "plain", "fire" },
	       { "plain", "finish" },
	       { "dynamic", "fire" },
	       { "dynamic", "drain" },
	       { "dynamic", "finish" } };

START_TEST(every_errno_of_a_kernel_fails_the_run)
{
	const char *kernel = in_run[_i].kernel, *function = in_run[_i].function;
	struct case_run c;
	char said[256];

	for (int e = 1; e <= 133; e++) {
		start(&c, actor(kernel, function, -e, e % 2), "x");
		snprintf(said, sizeof(said),
			 e % 2 ? "actor 'x' (odd.%s): so I am told" : "actor 'x' (odd.%s): %s failed: %s",
			 kernel, function, strerror(e));
		expect_failed(&c, -e, said);
		end(&c);
	}
}
END_TEST

START_TEST(every_errno_of_init_files_and_resolve_is_an_error_of_the_start)
{
	struct case_run c;
	char said[256];

	for (int e = 1; e <= 133; e++) {
		ck_assert_int_eq(start(&c, actor("plain", "init", -e, false), "x"), -e);
		snprintf(said, sizeof(said), "actor 'x' (odd.plain): cannot start: %s", strerror(e));
		expect_words(&c, said);
		end(&c);
		ck_assert_int_eq(start(&c, actor("plain", "files", -e, false), "x"), -e);
		snprintf(said, sizeof(said), "actor 'x' (odd.plain): cannot name its files: %s", strerror(e));
		expect_words(&c, said);
		end(&c);
		ck_assert_int_lt(start(&c, actor("plain", "resolve", -e, false), "x"), 0);
		ck_assert_ptr_null(c.run);
		if (e != ENOMEM) { /* then there may be no memory for words either */
			snprintf(said, sizeof(said),
				 "actor 'x' (odd.plain): the kernel's resolve() failed without a message: %s",
				 strerror(e));
			expect_words(&c, said);
		}
		end(&c);
	}
}
END_TEST

static const int odd_values[] = { 1, 2, 5, 7, 255, INT_MAX, -4096, INT_MIN };

START_TEST(numbers_outside_the_contract_are_errors_that_name_them)
{
	int value = odd_values[_i];
	struct case_run c;
	char said[256];

	for (size_t i = 0; i < sizeof(in_run) / sizeof(in_run[0]); i++) {
		const char *kernel = in_run[i].kernel, *function = in_run[i].function;
		bool may_end = strcmp(function, "finish") != 0;

		if (may_end && value == PEL_END)
			continue;
		start(&c, actor(kernel, function, value, i % 2), "x");
		snprintf(said, sizeof(said),
			 "actor 'x' (odd.%s): %s() returned %d, which is neither 0%s nor a negative errno%s",
			 kernel, function, value, may_end ? ", PEL_END" : "",
			 i % 2 ? " (its message: so I am told)" : "");
		expect_failed(&c, -EPROTO, said);
		end(&c);
	}
	ck_assert_int_eq(start(&c, actor("plain", "init", value, false), "x"), -EPROTO);
	snprintf(said, sizeof(said),
		 "actor 'x' (odd.plain): init() returned %d, which is neither 0 nor a negative errno", value);
	expect_words(&c, said);
	end(&c);
	ck_assert_int_eq(start(&c, actor("plain", "files", value, false), "x"), -EPROTO);
	snprintf(said, sizeof(said),
		 "actor 'x' (odd.plain): files() returned %d, which is neither 0 nor a negative errno", value);
	expect_words(&c, said);
	end(&c);
	ck_assert_int_lt(start(&c, actor("plain", "resolve", value, false), "x"), 0);
	snprintf(said, sizeof(said),
		 "actor 'x' (odd.plain): resolve() returned %d, which is neither 0 nor a negative errno",
		 value);
	expect_words(&c, said);
	end(&c);
}
END_TEST

/* The form is asked for where the actor is placed on a device. */
START_TEST(odd_answer_of_fpga_is_an_error)
{
	struct case_run c;

	ck_assert_int_lt(
		start(&c,
		      "<actor id=\"x\" kernel=\"odd.plain\" on=\"fpga\"><set name=\"fpga\" value=\"7\"/></actor>",
		      "x"),
		0);
	expect_words(&c, "actor 'x' (odd.plain): fpga() returned 7, which is neither 0 nor a negative errno");
	end(&c);
}
END_TEST

START_TEST(chain_may_not_end)
{
	static const int values[] = { PEL_END, 7, -ETIMEDOUT };
	struct case_run c;
	char said[256], actors[1024];

	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		int code = values[i] < 0 ? values[i] : -EPROTO;

		snprintf(actors, sizeof(actors),
			 "%s<actor id=\"y\" kernel=\"odd.link\"/><channel from=\"x\" to=\"y\"/>",
			 actor("link", "fire", values[i], false));
		start(&c, actors, "y");
		if (values[i] < 0)
			snprintf(said, sizeof(said), "actor 'x' (odd.link): fire_chain failed: %s",
				 strerror(-values[i]));
		else
			snprintf(said, sizeof(said),
				 "actor 'x' (odd.link): fire_chain() returned %d, which is neither 0 nor a negative errno",
				 values[i]);
		expect_failed(&c, code, said);
		end(&c);
	}
}
END_TEST

/* On a worker, on a separate thread, and in rounds. */
START_TEST(kernel_that_ends_its_thread_fails_the_run)
{
	static const char *const kernels[] = { "leaves", "leaves_blocking", "leaves_stateless" };
	struct case_run c;
	char said[256];

	start(&c, actor(kernels[_i], "fire", -1, false), "x");
	snprintf(said, sizeof(said),
		 "actor 'x' (odd.%s): it ended the thread that called it (pthread_exit()); a kernel must return to its caller",
		 kernels[_i]);
	expect_failed(&c, -EPROTO, said);
	end(&c);
}
END_TEST

/* The call is made without a lock: whoever asks for figures afterwards gets them. */
START_TEST(kernel_that_ends_its_thread_in_finish_leaves_no_lock_behind)
{
	const struct pel_compile_options compile = { .size = sizeof(compile),
						     .module_path = module_path,
						     .workers = (unsigned)_i };
	const struct pel_run_options options = { .size = sizeof(options), .workers = 2 };
	static const char text[] =
		"<graph xmlns=\"urn:pelton:graph:1\" name=\"leaves\"><use library=\"odd\"/>"
		"<actor id=\"x\" kernel=\"odd.source\"><set name=\"finish\" value=\"-1\"/></actor>"
		"<actor id=\"c\" kernel=\"core.copy\"/><actor id=\"n\" kernel=\"core.null\"/>"
		"<channel from=\"x\" to=\"c\"/><channel from=\"c\" to=\"n\"/></graph>";
	struct pel_stats *stats = NULL;
	struct case_run c = { 0 };

	ck_assert_int_eq(pel_graph_parse(text, strlen(text), "<leaves>", &c.graph, &c.err), 0);
	ck_assert_int_eq(pel_compile(c.graph, &compile, &c.plan, &c.err), 0);
	c.r = pel_run_start(c.plan, &options, &c.run, &c.err);
	expect_failed(
		&c, -EPROTO,
		"actor 'x' (odd.source): it ended the thread that called it (pthread_exit()); a kernel must return to its caller");
	ck_assert_int_eq(pel_run_stats(c.run, &stats), 0);
	ck_assert_uint_eq(stats->n_actors, 3);
	ck_assert_uint_eq(stats->actors[0]->firings, 5000);
	pel_stats_destroy(stats);
	end(&c);
}
END_TEST

/* ---- who is in a call ---- */

static int pipes[2];

START_TEST(calls_in_progress_are_listed)
{
	struct pel_run_call calls[2] = { 0 };
	struct case_run c = { 0 };
	const struct pel_compile_options compile = { .size = sizeof(compile),
						     .module_path = module_path,
						     .workers = 1 };
	char text[1024];

	ck_assert_int_eq(pipe(pipes), 0);
	snprintf(text, sizeof(text),
		 "<graph xmlns=\"urn:pelton:graph:1\" name=\"calls\"><use library=\"testkit\"/>"
		 "<actor id=\"p\" kernel=\"testkit.pipe\"><set name=\"at\" value=\"%d\"/></actor><actor id=\"n\" kernel=\"core.null\"/>"
		 "<channel from=\"p\" to=\"n\"/></graph>",
		 pipes[0]);
	ck_assert_int_eq(pel_graph_parse(text, strlen(text), "<calls>", &c.graph, &c.err), 0);
	ck_assert_int_eq(pel_compile(c.graph, &compile, &c.plan, &c.err), 0);
	ck_assert_int_eq(pel_run_start(c.plan, NULL, &c.run, &c.err), 0);
	while (pel_run_calls(c.run, NULL, 0) != 1)
		usleep(1000);
	while (pel_run_calls(c.run, calls, 2) != 1 || calls[0].seconds < 0.02)
		usleep(1000);
	ck_assert_str_eq(calls[0].actor, "p");
	ck_assert_str_eq(calls[0].kernel, "testkit.pipe");
	ck_assert_ptr_null(calls[1].actor);
	ck_assert_ptr_null(pel_calling_actor());
	close(pipes[1]);
	ck_assert_int_eq(pel_run_wait(c.run, HANG_MS, &c.err), 0);
	ck_assert_uint_eq(pel_run_calls(c.run, calls, 2), 0);
	end(&c);
	close(pipes[0]);
}
END_TEST

/* The modules of test kernels lie in modules/ beside this program. */
int main(void)
{
	Suite *suite = suite_create("run-codes");
	TCase *tcase = tcase_create("run-codes");
	SRunner *runner;
	int failed;

	find_modules();
	tcase_set_timeout(tcase, 120);
	tcase_add_loop_test(tcase, every_errno_of_a_kernel_fails_the_run, 0,
			    sizeof(in_run) / sizeof(in_run[0]));
	tcase_add_test(tcase, every_errno_of_init_files_and_resolve_is_an_error_of_the_start);
	tcase_add_loop_test(tcase, numbers_outside_the_contract_are_errors_that_name_them, 0,
			    sizeof(odd_values) / sizeof(odd_values[0]));
	tcase_add_test(tcase, odd_answer_of_fpga_is_an_error);
	tcase_add_test(tcase, chain_may_not_end);
	tcase_add_loop_test(tcase, kernel_that_ends_its_thread_fails_the_run, 0, 3);
	tcase_add_loop_test(tcase, kernel_that_ends_its_thread_in_finish_leaves_no_lock_behind, 1, 3);
	tcase_add_test(tcase, calls_in_progress_are_listed);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
