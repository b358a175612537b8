/* SPDX-License-Identifier: Apache-2.0 */
#include <check.h>
#include <errno.h>
#include <pelton/pelton.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "module-path.h"
#include "plan-model.h"

/*
 * Runs of kernels that violate their contract, or ask for much. Plans are compiled with kernels of modules that have the right ports; then the
 * kernel of actor "x" is replaced by one of these.
 */

#define GRAPH(body)                                                                                            \
	"<graph xmlns=\"urn:pelton:graph:1\" name=\"k\"><use library=\"testkit\"/><use library=\"mix\"/>" body \
	"</graph>"
#define COPY(id)	  "<actor id=\"" id "\" kernel=\"core.copy\"/>"
#define CHANNEL(from, to) "<channel from=\"" from "\" to=\"" to "\"/>"
#define THROUGH(actor)                                                  \
	GRAPH("<in name=\"in\" type=\"u32\"/><out name=\"out\"/>" actor \
	      "<channel from=\"in\" to=\"x\" capacity=\"8\"/><channel from=\"x\" to=\"out\" capacity=\"4\"/>")
#define DYNAMIC "<actor id=\"x\" kernel=\"testkit.tail\"><set name=\"at\" value=\"0\"/></actor>"

static struct pel_error err;

static struct pel_plan *compile(const char *xml, unsigned workers)
{
	struct pel_compile_options options = { .size = sizeof(options),
					       .module_path = module_path,
					       .workers = workers };
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

static struct pel_plan *compile_with(const char *xml, const struct pel_kernel *kernel)
{
	struct pel_plan *plan = compile(xml, 2);

	for (uint32_t i = 0; i < plan->n_actors; i++)
		if (strcmp(plan->actors[i].id, "x") == 0)
			plan->actors[i].kernel = kernel;
	return plan;
}

static struct pel_run *start(const struct pel_plan *plan, const struct pel_run_options *options)
{
	struct pel_run *run = NULL;

	if (pel_run_start(plan, options, &run, &err) < 0) {
		pel_error_write_text(&err, stderr);
		ck_abort_msg("the run does not start");
	}
	return run;
}

static void all_errors(char *text, size_t size)
{
	size_t at = 0;

	text[0] = 0;
	for (size_t i = 0; i < err.count; i++) {
		at += (size_t)snprintf(text + at, size - at, "%s\n", err.items[i].text);
		if (err.items[i].hint)
			at += (size_t)snprintf(text + at, size - at, "hint: %s\n", err.items[i].hint);
	}
	pel_error_fini(&err);
}

/* `run` must end by itself with `code` and these words. Takes run and plan away. */
static void expect_end(struct pel_run *run, struct pel_plan *plan, int code, const char *said)
{
	int r = pel_run_wait(run, 20000, &err);
	char text[2048];

	all_errors(text, sizeof(text));
	ck_assert_str_eq(text, said);
	ck_assert_int_eq(r, code);
	pel_run_destroy(run);
	pel_plan_destroy(plan);
}

static void feed(struct pel_run *run, const char *port, uint32_t tokens)
{
	for (uint32_t i = 0; i < tokens; i++)
		ck_assert_int_eq(pel_port_write(pel_run_port(run, port), &i, 1, 20000), 1);
}

/* ---- counts that cannot be ---- */

static int boast_fire(void *state, const struct pel_io *io, size_t firings)
{
	(void)state;
	(void)firings;
	io->consumed[0] = io->in_tokens[0];
	io->produced[0] = io->out_tokens[0] + 1;
	return PEL_END;
}

static int swallow_fire(void *state, const struct pel_io *io, size_t firings)
{
	(void)state;
	(void)firings;
	io->consumed[0] = io->in_tokens[0];
	return 0;
}

static int boast_drain(void *state, const struct pel_io *io)
{
	(void)state;
	io->produced[0] = io->out_tokens[0] + 1;
	return 0;
}

START_TEST(window_that_cannot_have_been_written_is_found_in_the_last_call_too)
{
	static const struct pel_kernel in_fire = { .name = "test.boast", .fire = boast_fire };
	static const struct pel_kernel in_drain = { .name = "test.boast",
						    .fire = swallow_fire,
						    .drain = boast_drain };
	struct pel_plan *plan = compile_with(THROUGH(DYNAMIC), _i ? &in_drain : &in_fire);
	struct pel_run *run = start(plan, NULL);

	feed(run, "in", 1);
	pel_port_end(pel_run_port(run, "in"));
	expect_end(
		run, plan, -EPROTO,
		_i ? "actor 'x' (test.boast): drain() reports that it wrote 5 tokens into a window of 4 at port 'out'\n"
		   : "actor 'x' (test.boast): fire() reports that it wrote 5 tokens into a window of 4 at port 'out'\n");
}
END_TEST

static int copy_fire(void *state, const struct pel_io *io, size_t firings)
{
	(void)state;
	memcpy(io->out[0], io->in[0], firings * sizeof(uint32_t));
	*io->fired = 1000000;
	return 0;
}

START_TEST(count_of_firings_counts_only_with_an_end)
{
	static const struct pel_kernel kernel = { .name = "test.copy",
						  .flags = PEL_KERNEL_STATELESS,
						  .fire = copy_fire };
	struct pel_plan *plan = compile_with(
		_i ? THROUGH("<actor id=\"x\" kernel=\"testkit.uneven\" copies=\"3\"/>") : THROUGH(COPY("x")),
		&kernel);
	struct pel_run *run = start(plan, NULL);

	for (uint32_t i = 0; i < 100; i++) {
		uint32_t got = 0;

		ck_assert_int_eq(pel_port_write(pel_run_port(run, "in"), &i, 1, 20000), 1);
		ck_assert_int_eq(pel_port_read(pel_run_port(run, "out"), &got, 1, 20000), 1);
		ck_assert_uint_eq(got, i);
	}
	pel_port_end(pel_run_port(run, "in"));
	expect_end(run, plan, 0, "");
}
END_TEST

/* ---- drain() ---- */

/* Writes 12 tokens in groups of 4; where there is no room for a group, asks for it. */
static int group_drain(void *state, const struct pel_io *io)
{
	uint32_t *next = state, *out = io->out[0];

	if (io->out_tokens[0] < 4) {
		io->produced[0] = PEL_MORE;
		return 0;
	}
	for (int i = 0; i < 4; i++)
		out[i] = (*next)++;
	io->produced[0] = 4;
	return *next == 12 ? PEL_END : 0;
}

static int zero_init(struct pel_info *info, void **state)
{
	(void)info;
	*state = calloc(1, sizeof(uint64_t));
	return *state ? 0 : -ENOMEM;
}

START_TEST(last_words_wait_for_the_room_that_they_ask_for)
{
	static const struct pel_kernel kernel = {
		.name = "test.group", .init = zero_init, .fire = swallow_fire, .drain = group_drain, .fini = free
	};
	struct pel_plan *plan = compile_with(THROUGH(DYNAMIC), &kernel);
	struct pel_run *run = start(plan, NULL);
	uint32_t got = 99;

	pel_port_end(pel_run_port(run, "in"));
	for (uint32_t i = 0; i < 12; i++) {
		if (i < 8) /* the third group has no room before the second has been read */
			ck_assert_int_eq(pel_run_wait(run, 1, &err), -ETIMEDOUT);
		ck_assert_int_eq(pel_port_read(pel_run_port(run, "out"), &got, 1, 20000), 1);
		ck_assert_uint_eq(got, i);
	}
	ck_assert_int_eq(pel_port_read(pel_run_port(run, "out"), &got, 1, 20000), 0);
	expect_end(run, plan, 0, "");
}
END_TEST

/* ---- ends ---- */

START_TEST(dynamic_actor_without_readers_ends_though_no_token_comes)
{
	struct pel_plan *plan = compile(GRAPH("<in name=\"in\" type=\"u32\"/><out name=\"out\"/>" COPY("a")
						      DYNAMIC COPY("b") CHANNEL("in", "a") CHANNEL("a", "x")
							      CHANNEL("x", "b") CHANNEL("b", "out")),
					2);
	struct pel_run *run = start(plan, NULL);

	ck_assert_int_eq(pel_run_wait(run, 20, &err), -ETIMEDOUT);
	pel_port_end(pel_run_port(run, "out"));
	expect_end(run, plan, 0, "");
}
END_TEST

#define ADD(tail_a, tail_b)                                                                                \
	GRAPH("<in name=\"a\" type=\"u32\"/><in name=\"b\" type=\"u32\"/>"                                 \
	      "<actor id=\"s\" kernel=\"core.add\"><in name=\"a\" tail=\"" tail_a                          \
	      "\"/><in name=\"b\" tail=\"" tail_b                                                          \
	      "\"/></actor><actor id=\"n\" kernel=\"core.null\"/>" CHANNEL("a", "s.a") CHANNEL("b", "s.b") \
		      CHANNEL("s", "n"))

START_TEST(tail_that_is_an_error_is_one_whichever_end_is_seen_first)
{
	struct pel_plan *plan = compile(ADD("error", "drop"), 2);
	struct pel_run *run = start(plan, NULL);
	const char *last = _i % 2 ? "b" : "a";

	feed(run, "a", _i < 2 ? 3 : 2);
	feed(run, "b", 2);
	pel_port_end(pel_run_port(run, _i % 2 ? "a" : "b"));
	pel_run_wait(run, 20, NULL);
	pel_port_end(pel_run_port(run, last));
	expect_end(run, plan, _i < 2 ? -EPROTO : 0,
		   _i < 2 ? "actor 's' (core.add): channel a->s.a has tokens left that no firing can consume, since an input has ended, and has tail=\"error\"\n"
			  : "");
}
END_TEST

START_TEST(tail_of_a_dynamic_input_can_be_an_error)
{
	struct pel_plan *plan = compile(
		GRAPH("<in name=\"in\" type=\"u32\"/><actor id=\"g\" kernel=\"testkit.greedy\"><set name=\"at\" value=\"4\"/>"
		      "<in name=\"in\" tail=\"error\"/></actor><actor id=\"n\" kernel=\"core.null\"/>" CHANNEL(
			      "in", "g") CHANNEL("g", "n")),
		2);
	struct pel_run *run = start(plan, NULL);

	feed(run, "in", 6);
	pel_port_end(pel_run_port(run, "in"));
	expect_end(
		run, plan, -EPROTO,
		"actor 'g' (testkit.greedy): channel in->g.in has tokens left that no firing can consume, since an input has ended, and has tail=\"error\"\n");
}
END_TEST

START_TEST(tail_that_could_not_be_padded_is_warned_of)
{
	struct pel_plan *plan = compile(ADD("pad", "drop"), 2);
	struct pel_run *run = start(plan, NULL);
	struct pel_stats *stats;

	feed(run, "a", 3);
	feed(run, "b", 2);
	pel_port_end(pel_run_port(run, "a"));
	pel_port_end(pel_run_port(run, "b"));
	ck_assert_int_eq(pel_run_wait(run, 20000, &err), 0);
	ck_assert_int_eq(pel_run_stats(run, &stats), 0);
	ck_assert_uint_eq(stats->channels[0]->left_over, 1);
	ck_assert(stats->channels[0]->warn_left_over);
	pel_stats_destroy(stats);
	expect_end(run, plan, 0, "");
}
END_TEST

/* ---- windows ---- */

#define GROUPS(tokens, before, after)                                                                       \
	GRAPH("<actor id=\"c\" kernel=\"core.counter\"><set name=\"tokens\" value=\"" tokens "\"/></actor>" \
	      "<actor id=\"v\" kernel=\"core.convert\"><set name=\"to\" value=\"u32\"/></actor>"            \
	      "<actor id=\"g\" kernel=\"testkit.greedy\"><set name=\"at\" value=\"50000\"/></actor>"        \
	      "<actor id=\"n\" kernel=\"core.null\"/>" CHANNEL(                                             \
		      "c", "v") "<channel from=\"v\" to=\"g\" capacity=\"" before "\"/>"                    \
				"<channel from=\"g\" to=\"n\" capacity=\"" after "\"/>")

/* Where the memory of the channel ends, a window does: what does not fit in would be waited for for ever. */
START_TEST(kernel_that_asks_for_more_than_a_window_can_be_is_told_so)
{
	static const struct {
		const char *xml, *said;
	} cases[] = {
		{ GROUPS("100000", "60000", "1000000"),
		  "actor 'g' (testkit.greedy): requests more contiguous tokens than channel v.out->g.in guarantees (1024)\n" },
		{ GROUPS("1000000", "60000", "1000000"),
		  "actor 'g' (testkit.greedy): requests more contiguous tokens than channel v.out->g.in guarantees (1024)\n" },
		{ GROUPS("1000000", "1000000", "60000"),
		  "actor 'g' (testkit.greedy): requests room for more contiguous tokens than channel g.out->n.in guarantees (1024)\n" },
	};
	struct pel_plan *plan = compile(cases[_i].xml, 2);

	expect_end(start(plan, NULL), plan, -EPROTO, cases[_i].said);
}
END_TEST

/* ---- failing ---- */

START_TEST(words_and_code_of_a_failure_are_of_the_same_actor)
{
	/* Both fail at their first firing, on two workers. */
	struct pel_plan *plan = compile(
		GRAPH("<in name=\"in\" type=\"u32\"/>"
		      "<actor id=\"f\" kernel=\"testkit.fail\"><set name=\"at\" value=\"0\"/></actor><actor id=\"n\" kernel=\"core.null\"/>"
		      "<actor id=\"u\" kernel=\"testkit.unfinished\"/><actor id=\"c\" kernel=\"core.head\"><set name=\"tokens\" value=\"1\"/></actor>" CHANNEL(
			      "in", "f") CHANNEL("f", "n") CHANNEL("in", "c") CHANNEL("c", "u")),
		2);

	for (int i = 0; i < 300; i++) {
		struct pel_run_options options = { .size = sizeof(options), .workers = 2 };
		struct pel_run *run = start(plan, &options);
		char text[512];
		uint32_t token = 1;
		int r;

		ck_assert_int_eq(pel_port_write(pel_run_port(run, "in"), &token, 1, 20000), 1);
		r = pel_run_wait(run, 20000, &err);
		all_errors(text, sizeof(text));
		if (r == -EIO)
			ck_assert_str_eq(text, "actor 'f' (testkit.fail): firing 0 went wrong on purpose\n");
		else
			ck_assert_str_eq(text,
					 "actor 'u' (testkit.unfinished): the last bytes found no room\n");
		ck_assert(r == -EIO || r == -ENOSPC);
		pel_run_destroy(run);
	}
	pel_plan_destroy(plan);
}
END_TEST

START_TEST(patience_that_ends_names_the_call_that_is_waited_for)
{
	struct pel_run_options options = { .size = sizeof(options), .workers = 2, .stall_after_s = 0.05 };
	struct pel_plan *plan;
	char xml[1024];
	int fds[2];

	ck_assert_int_eq(pipe(fds), 0);
	snprintf(xml, sizeof(xml),
		 GRAPH("<actor id=\"p\" kernel=\"testkit.pipe\"><set name=\"at\" value=\"%d\"/></actor>" COPY(
			 "c") "<actor id=\"n\" kernel=\"core.null\"/>" CHANNEL("p", "c") CHANNEL("c", "n")),
		 fds[0]);
	plan = compile(xml, 2);
	expect_end(start(plan, &options), plan, -EDEADLK,
		   "stalled: nothing moved for 0.05 s; none of the 2 unfinished actors can move\n"
		   "actor 'c' (stage c..n) waits for 1 token on channel p.out->c.in, which holds 0 of 16384\n"
		   "actor 'p' (stage p) is in a call of its kernel\n");
	close(fds[0]);
	close(fds[1]);
}
END_TEST

START_TEST(patience_lasts_while_the_host_is_at_both_ends)
{
	struct pel_run_options options = { .size = sizeof(options), .workers = 1, .stall_after_s = 0.2 };
	struct pel_plan *plan =
		compile(GRAPH("<in name=\"in\" type=\"u32\"/><out name=\"out\"/>" CHANNEL("in", "out")), 1);
	struct pel_run *run = start(plan, &options);
	uint32_t token = 7;

	/* Each wait looks for longer than it has patience left, if what the host moves did not count. */
	for (int i = 0; i < 20; i++) {
		ck_assert_int_eq(pel_port_write(pel_run_port(run, "in"), &token, 1, 20000), 1);
		ck_assert_int_eq(pel_run_wait(run, 20, &err), -ETIMEDOUT);
		ck_assert_int_eq(pel_port_read(pel_run_port(run, "out"), &token, 1, 20000), 1);
	}
	pel_port_end(pel_run_port(run, "in"));
	expect_end(run, plan, 0, "");
}
END_TEST

START_TEST(absurd_numbers_of_workers_are_refused)
{
	struct pel_plan *plan = compile(THROUGH(COPY("x")), 2);
	struct pel_run_options options = { .size = sizeof(options), .workers = 100000 };
	struct pel_run *run = NULL;
	char text[512];

	ck_assert_int_eq(pel_run_start(plan, &options, &run, &err), -EINVAL);
	ck_assert_ptr_null(run);
	all_errors(text, sizeof(text));
	ck_assert_str_eq(text, "a run cannot have 100000 workers: the maximum is 4096\n"
			       "hint: more workers than cores do not help; 0 chooses as many as can be busy\n");
	pel_plan_destroy(plan);
}
END_TEST

START_TEST(thread_that_cannot_be_had_is_an_error)
{
	struct pel_plan *plan = compile(THROUGH(COPY("x")), 2);
	struct pel_run_options options = { .size = sizeof(options),
					   .workers = 3,
					   .stack_bytes = (size_t)1 << 46 }; /* half of all addresses */
	struct pel_run *run = NULL;
	char text[512];

	ck_assert_int_eq(pel_run_start(plan, &options, &run, &err), -EAGAIN);
	ck_assert_ptr_null(run);
	all_errors(text, sizeof(text));
	ck_assert_str_eq(
		text,
		"cannot start thread 1 of the 3 that the run needs: Resource temporarily unavailable\n"
		"hint: run with fewer workers, or raise the limits of the process (ulimit -u, ulimit -v)\n");
	pel_plan_destroy(plan);
}
END_TEST

START_TEST(stack_that_no_thread_can_have_is_an_error)
{
	struct pel_plan *plan = compile(THROUGH(COPY("x")), 2);
	struct pel_run_options options = { .size = sizeof(options), .stack_bytes = 1000 };
	struct pel_run *run = NULL;
	char expected[100];

	ck_assert_int_eq(pel_run_start(plan, &options, &run, &err), -EINVAL);
	ck_assert_ptr_null(run);
	snprintf(expected, sizeof(expected), "a thread cannot have a stack of 1000 bytes: the minimum is %ld",
		 sysconf(_SC_THREAD_STACK_MIN));
	ck_assert_str_eq(err.items[0].text, expected);
	pel_error_fini(&err);
	pel_plan_destroy(plan);
}
END_TEST

static int deep_fire(void *state, const struct pel_io *io, size_t firings)
{
	volatile unsigned char much[1 << 20];

	(void)state;
	for (size_t i = 0; i < sizeof(much); i += 512)
		much[i] = (unsigned char)i;
	memcpy(io->out[0], io->in[0], firings * sizeof(uint32_t));
	return much[512] ? -EIO : 0;
}

START_TEST(kernels_have_the_stack_of_the_library_whatever_the_default_of_threads_is)
{
	static const struct pel_kernel kernel = { .name = "test.deep", .fire = deep_fire };
	struct pel_plan *plan = compile_with(THROUGH(COPY("x")), &kernel);
	struct pel_run *run;
	pthread_attr_t attr;

	/* As `ulimit -s 256` has it for all threads of a program. */
	pthread_attr_init(&attr);
	ck_assert_int_eq(pthread_attr_setstacksize(&attr, (size_t)256 << 10), 0);
	ck_assert_int_eq(pthread_setattr_default_np(&attr), 0);
	pthread_attr_destroy(&attr);
	for (uint32_t i = 0; i < plan->n_stages; i++)
		plan->stages[i].blocking = _i;
	plan->n_blocking = _i ? plan->n_stages : 0;
	run = start(plan, NULL);
	feed(run, "in", 1);
	pel_port_end(pel_run_port(run, "in"));
	ck_assert_int_eq(pel_port_read(pel_run_port(run, "out"), &(uint32_t){ 1 }, 1, 20000), 1);
	expect_end(run, plan, 0, "");
}
END_TEST

/* ---- stopping ---- */

static int wait_fds[2];

static int wait_fire(void *state, const struct pel_io *io, size_t firings)
{
	char byte;

	(void)state;
	(void)io;
	(void)firings;
	return read(wait_fds[0], &byte, 1) < 0 ? -errno : PEL_END;
}

START_TEST(copy_that_waits_in_its_padded_firing_does_not_keep_a_stopped_run)
{
	static const struct pel_kernel kernel = { .name = "test.wait",
						  .flags = PEL_KERNEL_STATELESS | PEL_KERNEL_BLOCKING,
						  .fire = wait_fire };
	struct pel_plan *plan = compile_with(
		THROUGH("<actor id=\"x\" kernel=\"testkit.sum\" copies=\"3\"><set name=\"at\" value=\"4\"/><in name=\"in\" tail=\"pad\"/></actor>"),
		&kernel);
	struct pel_run *run;

	ck_assert_int_eq(pipe(wait_fds), 0);
	for (uint32_t i = 0; i < plan->n_stages; i++)
		plan->stages[i].blocking = true;
	plan->n_blocking = plan->n_stages;
	run = start(plan, NULL);
	feed(run, "in", 1);
	pel_port_end(pel_run_port(run, "in"));
	ck_assert_int_eq(pel_run_wait(run, 20, &err), -ETIMEDOUT);
	pel_run_destroy(run);
	pel_plan_destroy(plan);
	close(wait_fds[0]);
	close(wait_fds[1]);
}
END_TEST

/* ---- fairness ---- */

START_TEST(endless_part_of_a_graph_leaves_the_worker_to_others_in_turn)
{
	static const char *const endless[] = {
		"<actor id=\"c\" kernel=\"core.constant\" on=\"cpu:0\"><set name=\"type\" value=\"u32\"/><set name=\"value\" value=\"1\"/></actor>"
		"<actor id=\"n\" kernel=\"core.null\" on=\"cpu:0\"/>" CHANNEL("c", "n"),
		COPY("p") COPY("q") CHANNEL("p", "q") "<channel from=\"q\" to=\"p\" initial=\"1\"/>",
	};
	struct pel_run_options options = { .size = sizeof(options), .workers = 1 };
	struct pel_plan *plan;
	struct pel_run *run;
	char xml[2048];

	snprintf(xml, sizeof(xml),
		 GRAPH("<in name=\"in\" type=\"u32\"/><out name=\"out\"/>%s" COPY("x") CHANNEL("in", "x")
			       CHANNEL("x", "out")),
		 endless[_i]);
	if (_i == 1) /* in a cycle, something must set the type */
		snprintf(xml, sizeof(xml),
			 GRAPH("<in name=\"in\" type=\"u32\"/><out name=\"out\"/>" COPY(
				 "p") "<actor id=\"q\" kernel=\"testkit.fail\">"
				      "<set name=\"at\" value=\"1000000000000\"/></actor>" CHANNEL(
					      "p", "q") "<channel from=\"q\" to=\"p\" initial=\"1\"/>" COPY("x")
					      CHANNEL("in", "x") CHANNEL("x", "out")));
	plan = compile(xml, 1);
	run = start(plan, &options);
	for (uint32_t i = 0; i < 50; i++) {
		uint32_t got = 0;

		ck_assert_int_eq(pel_port_write(pel_run_port(run, "in"), &i, 1, 20000), 1);
		ck_assert_int_eq(pel_port_read(pel_run_port(run, "out"), &got, 1, 20000), 1);
		ck_assert_uint_eq(got, i);
	}
	pel_run_destroy(run);
	pel_plan_destroy(plan);
}
END_TEST

/* The modules of test kernels lie in modules/ beside this program. */
int main(void)
{
	Suite *suite = suite_create("run-kernels");
	TCase *tcase = tcase_create("run-kernels");
	SRunner *runner;
	int failed;

	find_modules();
	tcase_set_timeout(tcase, 60);
	tcase_add_loop_test(tcase, window_that_cannot_have_been_written_is_found_in_the_last_call_too, 0, 2);
	tcase_add_loop_test(tcase, count_of_firings_counts_only_with_an_end, 0, 2);
	tcase_add_test(tcase, last_words_wait_for_the_room_that_they_ask_for);
	tcase_add_test(tcase, dynamic_actor_without_readers_ends_though_no_token_comes);
	tcase_add_loop_test(tcase, tail_that_is_an_error_is_one_whichever_end_is_seen_first, 0, 4);
	tcase_add_test(tcase, tail_of_a_dynamic_input_can_be_an_error);
	tcase_add_test(tcase, tail_that_could_not_be_padded_is_warned_of);
	tcase_add_loop_test(tcase, kernel_that_asks_for_more_than_a_window_can_be_is_told_so, 0, 3);
	tcase_add_test(tcase, words_and_code_of_a_failure_are_of_the_same_actor);
	tcase_add_test(tcase, patience_that_ends_names_the_call_that_is_waited_for);
	tcase_add_test(tcase, patience_lasts_while_the_host_is_at_both_ends);
	tcase_add_test(tcase, absurd_numbers_of_workers_are_refused);
	tcase_add_test(tcase, thread_that_cannot_be_had_is_an_error);
	tcase_add_test(tcase, stack_that_no_thread_can_have_is_an_error);
	tcase_add_loop_test(tcase, kernels_have_the_stack_of_the_library_whatever_the_default_of_threads_is,
			    0, 2);
	tcase_add_test(tcase, copy_that_waits_in_its_padded_firing_does_not_keep_a_stopped_run);
	tcase_add_loop_test(tcase, endless_part_of_a_graph_leaves_the_worker_to_others_in_turn, 0, 2);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
