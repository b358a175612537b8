/* SPDX-License-Identifier: Apache-2.0 */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pelton/pelton.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>
#include "json-check.h"
#include "support.h"

/* Runs of small graphs through the public API: their output, how they end, and the messages when they fail. */

#define GRAPH(body) \
	"<graph xmlns=\"urn:pelton:graph:1\" name=\"t\"><use library=\"testkit\"/>" body "</graph>"
#define COPY(id)	  "<actor id=\"" id "\" kernel=\"core.copy\"/>"
#define CHANNEL(from, to) "<channel from=\"" from "\" to=\"" to "\"/>"

static const unsigned worker_counts[] = { 1, 2, 4, 8 };
#define N_WORKER_COUNTS 4

static struct pel_error err;

static void explain(const char *what, int code)
{
	fprintf(stderr, "%s: %s\n", what, strerror(-code));
	pel_error_write_text(&err, stderr);
}

static struct pel_plan *compile(const char *xml)
{
	struct pel_graph *graph = NULL;
	struct pel_plan *plan = NULL;
	int r = pel_graph_parse(xml, strlen(xml), "<test>", &graph, &err);

	if (r == 0)
		r = pel_compile(graph, NULL, &plan, &err);
	if (r < 0)
		explain("compile", r);
	ck_assert_int_eq(r, 0);
	pel_graph_destroy(graph);
	return plan;
}

static struct pel_run *start(const struct pel_plan *plan, unsigned workers, unsigned max_batch)
{
	struct pel_run_options options = { .size = sizeof(options), .workers = workers, .max_batch = max_batch };
	struct pel_run *run = NULL;
	int r = pel_run_start(plan, &options, &run, &err);

	if (r < 0)
		explain("start", r);
	ck_assert_int_eq(r, 0);
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
}

/* Run `xml` to its end and compare how it ended and what it said. */
static void expect_end(const char *xml, unsigned workers, int code, const char *said)
{
	struct pel_plan *plan = compile(xml);
	struct pel_run *run = start(plan, workers, 0);
	char text[4096];
	int r = pel_run_wait(run, 20000, &err);

	all_errors(text, sizeof(text));
	ck_assert_str_eq(text, said);
	ck_assert_int_eq(r, code);
	pel_run_destroy(run);
	pel_plan_destroy(plan);
	pel_error_fini(&err);
}

/* Feed tokens 0, 1, 2 ... at port "in" from a thread of its own. */
struct feed {
	struct pel_port *port;
	uint32_t tokens, piece;
	ssize_t result;
};

static void *feed_main(void *data)
{
	struct feed *feed = data;

	for (uint32_t i = 0; i < feed->tokens;) {
		uint32_t piece[64], n = 0;

		for (; n < feed->piece && i + n < feed->tokens; n++)
			piece[n] = i + n;
		feed->result = pel_port_write(feed->port, piece, n, -1);
		if (feed->result != (ssize_t)n)
			break;
		i += n;
	}
	pel_port_end(feed->port);
	return NULL;
}

/* Feed `n_in` tokens, read everything at port "out" into `tokens`; returns how many came. */
static size_t feed_and_read(struct pel_run *run, uint32_t n_in, uint32_t piece, uint32_t *tokens, size_t room)
{
	struct feed feed = { .port = pel_run_port(run, "in"), .tokens = n_in, .piece = piece };
	struct pel_port *out = pel_run_port(run, "out");
	pthread_t thread;
	ssize_t n;

	ck_assert_ptr_nonnull(feed.port);
	ck_assert_ptr_nonnull(out);
	ck_assert_int_eq(pthread_create(&thread, NULL, feed_main, &feed), 0);
	n = pel_port_read(out, tokens, room, -1);
	pthread_join(thread, NULL);
	ck_assert_int_ge(n, 0);
	return (size_t)n;
}

static const struct pel_channel_stats *channel_stats(const struct pel_stats *stats, const char *name)
{
	for (size_t i = 0; i < stats->n_channels; i++)
		if (strcmp(stats->channels[i]->name, name) == 0)
			return stats->channels[i];
	ck_abort_msg("no channel %s", name);
	return NULL;
}

/* ---- what comes out ---- */

#define PASS                                                                                    \
	GRAPH("<in name=\"in\" type=\"u32\"/><out name=\"out\"/>" COPY("a") COPY("b") COPY("c") \
		      CHANNEL("in", "a") CHANNEL("a", "b") CHANNEL("b", "c") CHANNEL("c", "out"))

START_TEST(tokens_come_out_as_they_went_in)
{
	static uint32_t tokens[50000];
	struct pel_plan *plan = compile(PASS);

	for (unsigned piece = 1; piece <= 64; piece += 21)
		for (unsigned batch = 0; batch <= 3; batch += 3) {
			struct pel_run *run = start(plan, worker_counts[_i], batch);

			ck_assert_uint_eq(feed_and_read(run, 40000, piece, tokens, 50000), 40000);
			for (uint32_t i = 0; i < 40000; i++)
				ck_assert_uint_eq(tokens[i], i);
			ck_assert_int_eq(pel_run_wait(run, 20000, &err), 0);
			pel_run_destroy(run);
		}
	pel_plan_destroy(plan);
}
END_TEST

START_TEST(several_runs_of_one_plan_live_side_by_side)
{
	struct pel_plan *plan = compile(PASS);
	struct pel_run *runs[6];
	static uint32_t tokens[1000];

	for (int i = 0; i < 6; i++)
		runs[i] = start(plan, 2, 0);
	for (int i = 0; i < 6; i++) {
		ck_assert_uint_eq(feed_and_read(runs[i], 500 + (uint32_t)i, 7, tokens, 1000), 500 + i);
		ck_assert_int_eq(pel_run_wait(runs[i], 20000, &err), 0);
	}
	for (int i = 0; i < 6; i++)
		pel_run_destroy(runs[i]);
	pel_plan_destroy(plan);
}
END_TEST

START_TEST(copies_finish_out_of_order_and_come_out_in_order)
{
	static uint32_t tokens[3000];
	struct pel_plan *plan =
		compile(GRAPH("<in name=\"in\" type=\"u32\"/><out name=\"out\"/>"
			      "<actor id=\"u\" kernel=\"testkit.uneven\" copies=\"5\"/>" CHANNEL("in", "u")
				      CHANNEL("u", "out")));
	struct pel_run *run = start(plan, worker_counts[_i], 4);
	struct pel_stats *stats;

	ck_assert_uint_eq(feed_and_read(run, 2000, 13, tokens, 3000), 2000);
	for (uint32_t i = 0; i < 2000; i++)
		ck_assert_uint_eq(tokens[i], i * 3 + 1);
	ck_assert_int_eq(pel_run_wait(run, 20000, &err), 0);
	ck_assert_int_eq(pel_run_stats(run, &stats), 0);
	ck_assert_uint_eq(stats->n_stages, 5);
	ck_assert_uint_eq(stats->n_actors, 5);
	ck_assert_str_eq(stats->actors[4]->id, "u#5");
	for (size_t i = 1; i < 5; i++)
		stats->actors[0]->firings += stats->actors[i]->firings;
	ck_assert_uint_eq(stats->actors[0]->firings, 2000);
	pel_stats_destroy(stats);
	pel_run_destroy(run);
	pel_plan_destroy(plan);
}
END_TEST

/* ---- ends ---- */

#define SUM4(settings)                                                                                                    \
	GRAPH("<in name=\"in\" type=\"u32\"/><out name=\"out\"/><actor id=\"s\" kernel=\"testkit.sum\"><set name=\"at\" " \
	      "value=\"4\"/>" settings "</actor>" CHANNEL("in", "s") CHANNEL("s", "out"))

START_TEST(what_a_firing_lacks_at_the_end_is_counted_and_warned_of)
{
	uint32_t tokens[8];
	struct pel_plan *plan = compile(SUM4(""));
	struct pel_run *run = start(plan, 2, 0);
	const struct pel_channel_stats *channel;
	struct pel_stats *stats;

	ck_assert_uint_eq(feed_and_read(run, 10, 3, tokens, 8), 2);
	ck_assert_uint_eq(tokens[0], 0 + 1 + 2 + 3);
	ck_assert_uint_eq(tokens[1], 4 + 5 + 6 + 7);
	ck_assert_int_eq(pel_run_wait(run, 20000, &err), 0);
	ck_assert_int_eq(pel_run_stats(run, &stats), 0);
	channel = channel_stats(stats, "in->s.in");
	ck_assert_uint_eq(channel->left_over, 2);
	ck_assert(channel->warn_left_over);
	ck_assert(pel_run_left_over(run));
	ck_assert_uint_eq(channel->tokens, 10);
	pel_stats_destroy(stats);
	pel_run_destroy(run);
	pel_plan_destroy(plan);
}
END_TEST

START_TEST(dropped_tail_is_counted_without_a_warning)
{
	uint32_t tokens[8];
	struct pel_plan *plan = compile(SUM4("<in name=\"in\" tail=\"drop\"/>"));
	struct pel_run *run = start(plan, 2, 0);
	struct pel_stats *stats;

	ck_assert_uint_eq(feed_and_read(run, 10, 3, tokens, 8), 2);
	ck_assert_int_eq(pel_run_wait(run, 20000, &err), 0);
	ck_assert_int_eq(pel_run_stats(run, &stats), 0);
	ck_assert_uint_eq(channel_stats(stats, "in->s.in")->left_over, 2);
	ck_assert(!channel_stats(stats, "in->s.in")->warn_left_over);
	ck_assert(!pel_run_left_over(run));
	pel_stats_destroy(stats);
	pel_run_destroy(run);
	pel_plan_destroy(plan);
}
END_TEST

START_TEST(padded_tail_is_completed_with_zeros)
{
	for (uint32_t n = 8; n <= 12; n++) {
		uint32_t tokens[8];
		struct pel_plan *plan = compile(SUM4("<in name=\"in\" tail=\"pad\"/>"));
		struct pel_run *run = start(plan, 2, 0);
		struct pel_stats *stats;

		ck_assert_uint_eq(feed_and_read(run, n, 3, tokens, 8), (n + 3) / 4);
		if (n == 10)
			ck_assert_uint_eq(tokens[2], 8 + 9);
		ck_assert_int_eq(pel_run_wait(run, 20000, &err), 0);
		ck_assert_int_eq(pel_run_stats(run, &stats), 0);
		ck_assert_uint_eq(channel_stats(stats, "in->s.in")->left_over, 0);
		pel_stats_destroy(stats);
		pel_run_destroy(run);
		pel_plan_destroy(plan);
	}
}
END_TEST

START_TEST(tail_that_is_an_error_fails_the_run)
{
	uint32_t tokens[8];
	char text[1024];
	struct pel_plan *plan = compile(SUM4("<in name=\"in\" tail=\"error\"/>"));
	struct pel_run *run = start(plan, 2, 0);
	struct feed feed = { .port = pel_run_port(run, "in"), .tokens = 10, .piece = 5 };

	feed_main(&feed);
	ck_assert_int_eq(pel_run_wait(run, 20000, &err), -EPROTO);
	all_errors(text, sizeof(text));
	ck_assert_str_eq(
		text,
		"actor 's' (testkit.sum): channel in->s.in ended with 2 of the 4 tokens that a firing needs, and has tail=\"error\"\n");
	ck_assert_int_eq(pel_port_read(pel_run_port(run, "out"), tokens, 8, -1), -EPIPE);
	pel_run_destroy(run);
	pel_plan_destroy(plan);
	pel_error_fini(&err);
}
END_TEST

START_TEST(last_words_of_a_kernel_follow_the_end_of_its_input)
{
	static uint32_t tokens[20000];
	struct pel_plan *plan = compile(GRAPH(
		"<in name=\"in\" type=\"u32\"/><out name=\"out\"/><actor id=\"t\" kernel=\"testkit.tail\">"
		"<set name=\"at\" value=\"12345\"/></actor>" CHANNEL("in", "t") CHANNEL("t", "out")));
	struct pel_run *run = start(plan, worker_counts[_i], 0);

	ck_assert_uint_eq(feed_and_read(run, 321, 10, tokens, 20000), 12345);
	for (int i = 0; i < 12345; i++)
		ck_assert_uint_eq(tokens[i], 321);
	ck_assert_int_eq(pel_run_wait(run, 20000, &err), 0);
	pel_run_destroy(run);
	pel_plan_destroy(plan);
}
END_TEST

START_TEST(endless_source_ends_when_its_readers_have)
{
	expect_end(GRAPH("<actor id=\"c\" kernel=\"core.constant\"><set name=\"type\" value=\"u32\"/><set name=\"value\" value=\"1\"/></actor>"
			 "<actor id=\"h\" kernel=\"core.head\"><set name=\"tokens\" value=\"100\"/></actor>"
			 "<actor id=\"n\" kernel=\"core.null\"/>" CHANNEL("c", "h") CHANNEL("h", "n")),
		   worker_counts[_i], 0, "");
}
END_TEST

START_TEST(host_that_stops_reading_lets_the_graph_end)
{
	struct pel_plan *plan = compile(PASS);
	struct pel_run *run = start(plan, 2, 0);
	struct pel_port *in = pel_run_port(run, "in"), *out = pel_run_port(run, "out");
	uint32_t token = 5;

	ck_assert_int_eq(pel_port_write(in, &token, 1, -1), 1);
	ck_assert_int_eq(pel_port_read(out, &token, 1, -1), 1);
	pel_port_end(out);
	ck_assert_int_eq(pel_run_wait(run, 20000, &err), 0); /* c, then b, then a have lost all readers */
	ck_assert_int_eq(pel_port_write(in, &token, 1, -1), -EPIPE);
	pel_run_destroy(run);
	pel_plan_destroy(plan);
}
END_TEST

/* ---- stopping, waiting, idling ---- */

START_TEST(stopped_run_ends_at_once_and_says_so)
{
	struct pel_plan *plan = compile(PASS);
	struct pel_run *run = start(plan, 2, 0);
	uint32_t token = 1;

	ck_assert_int_eq(pel_run_wait(run, 10, &err), -ETIMEDOUT);
	pel_run_stop(run);
	ck_assert_int_eq(pel_run_wait(run, 20000, &err), -ECANCELED);
	ck_assert_int_eq(pel_port_write(pel_run_port(run, "in"), &token, 1, -1), -EPIPE);
	ck_assert_int_eq(pel_port_read(pel_run_port(run, "out"), &token, 1, -1), -EPIPE);
	pel_run_destroy(run);
	pel_plan_destroy(plan);
}
END_TEST

START_TEST(kernel_that_waits_for_the_outside_does_not_keep_a_stopped_run)
{
	int fds[2];
	char xml[1024];
	struct pel_plan *plan;
	struct pel_run *run;
	uint32_t token = 17, got = 0;

	ck_assert_int_eq(pipe(fds), 0);
	snprintf(xml, sizeof(xml),
		 GRAPH("<out name=\"out\"/><actor id=\"p\" kernel=\"testkit.pipe\"><set name=\"at\" value=\"%d\"/></actor>" CHANNEL(
			 "p", "out")),
		 fds[0]);
	plan = compile(xml);
	run = start(plan, 2, 0);
	ck_assert_int_eq(write(fds[1], &token, 4), 4);
	ck_assert_int_eq(pel_port_read(pel_run_port(run, "out"), &got, 1, -1), 1);
	ck_assert_uint_eq(got, 17);
	ck_assert_int_eq(pel_run_wait(run, 20, &err), -ETIMEDOUT); /* waiting outside is no stall */
	pel_run_destroy(run);
	pel_plan_destroy(plan);
	close(fds[0]);
	close(fds[1]);
}
END_TEST

START_TEST(starved_graph_uses_hardly_any_processor_time)
{
	struct pel_plan *plan = compile(PASS);
	struct pel_run *run = start(plan, 4, 0);
	struct rusage before, after;
	int64_t used_us;

	pel_run_wait(run, 50, &err);
	getrusage(RUSAGE_SELF, &before);
	pel_run_wait(run, 500, &err);
	getrusage(RUSAGE_SELF, &after);
	used_us = (after.ru_utime.tv_sec - before.ru_utime.tv_sec + after.ru_stime.tv_sec -
		   before.ru_stime.tv_sec) *
			  1000000 +
		  after.ru_utime.tv_usec - before.ru_utime.tv_usec + after.ru_stime.tv_usec -
		  before.ru_stime.tv_usec;
	ck_assert_int_lt(used_us, 5000); /* 1 % of 500 ms */
	pel_run_destroy(run);
	pel_plan_destroy(plan);
}
END_TEST

START_TEST(event_descriptor_tells_of_room_tokens_and_the_end)
{
	struct pel_plan *plan = compile(PASS);
	struct pel_run *run = start(plan, 2, 0);
	struct pel_port *in = pel_run_port(run, "in"), *out = pel_run_port(run, "out");
	struct pollfd fd = { .fd = pel_run_fd(run), .events = POLLIN };
	uint32_t sent = 0, got = 0;
	bool ended = false;

	while (!ended) {
		bool moved = false;
		void *room;
		const void *tokens;
		ssize_t n;

		pel_run_fd_clear(run);
		if (sent < 30000 && (n = pel_port_reserve(in, 30000 - sent, &room)) > 0) {
			for (ssize_t i = 0; i < n; i++)
				((uint32_t *)room)[i] = sent++;
			ck_assert_int_eq(pel_port_commit(in, (size_t)n), 0);
			if (sent == 30000)
				pel_port_end(in);
			moved = true;
		}
		n = pel_port_peek(out, SIZE_MAX, &tokens);
		ck_assert(n >= 0 || n == -EAGAIN);
		for (ssize_t i = 0; i < n; i++)
			ck_assert_uint_eq(((const uint32_t *)tokens)[i], got++);
		if (n > 0)
			ck_assert_int_eq(pel_port_release(out, (size_t)n), 0);
		ended = n == 0;
		if (!moved && n == -EAGAIN)
			ck_assert_int_eq(poll(&fd, 1, 20000), 1);
	}
	ck_assert_uint_eq(got, 30000);
	ck_assert_int_eq(pel_run_wait(run, 20000, &err), 0);
	pel_run_fd_clear(run);
	ck_assert_int_eq(poll(&fd, 1, 0), 1); /* that the run is over stays true */
	pel_run_destroy(run);
	pel_plan_destroy(plan);
}
END_TEST

START_TEST(windows_larger_than_reserved_and_ports_of_the_other_direction_are_refused)
{
	struct pel_plan *plan = compile(PASS);
	struct pel_run *run = start(plan, 1, 0);
	struct pel_port *in = pel_run_port(run, "in"), *out = pel_run_port(run, "out");
	const void *tokens;
	void *room;
	ssize_t n = pel_port_reserve(in, 3, &room);

	ck_assert_int_eq(n, 3);
	ck_assert_int_eq(pel_port_commit(in, 4), -EINVAL);
	ck_assert_int_eq(pel_port_commit(out, 1), -EINVAL);
	ck_assert_int_eq(pel_port_peek(in, 1, &tokens), -EINVAL);
	ck_assert_int_eq(pel_port_reserve(out, 1, &room), -EINVAL);
	ck_assert_int_eq(pel_port_release(out, 1), -EINVAL);
	ck_assert_int_eq(pel_port_reserve(in, 0, &room), -EINVAL);
	ck_assert_int_eq(pel_port_peek(out, 0, &tokens), -EINVAL);
	ck_assert_int_eq(pel_port_write(out, &n, 1, 0), -EINVAL);
	ck_assert_int_eq(pel_port_read(in, &n, 1, 0), -EINVAL);
	ck_assert_ptr_null(pel_run_port(run, "inn"));
	pel_run_destroy(run);
	pel_plan_destroy(plan);
}
END_TEST

START_TEST(trace_is_json_and_names_the_stages_that_ran)
{
	struct pel_plan *plan = compile(PASS);
	struct pel_run_options options = { .size = sizeof(options), .workers = 2, .trace = true };
	struct pel_run *run = NULL;
	static uint32_t tokens[1000];
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	ck_assert_int_eq(pel_run_start(plan, &options, &run, &err), 0);
	ck_assert_uint_eq(feed_and_read(run, 900, 7, tokens, 1000), 900);
	ck_assert_int_eq(pel_run_wait(run, 20000, &err), 0);
	ck_assert_int_eq(pel_run_write_trace(run, out), 0);
	fclose(out);
	ck_assert(json_is_valid(text, NULL));
	ck_assert_ptr_nonnull(strstr(text, "{\"name\": \"a..c\", \"ph\": \"X\""));
	ck_assert_ptr_nonnull(strstr(text, "\"lost\": 0}"));
	free(text);
	pel_run_destroy(run);
	run = start(plan, 1, 0);
	ck_assert_int_eq(pel_run_write_trace(run, stdout), -EINVAL);
	pel_run_destroy(run);
	pel_plan_destroy(plan);
}
END_TEST

/* ---- failing ---- */

#define BETWEEN(kernel, settings)                                                                     \
	GRAPH("<actor id=\"c\" kernel=\"core.counter\"><set name=\"tokens\" value=\"5000\"/></actor>" \
	      "<actor id=\"v\" kernel=\"core.convert\"><set name=\"to\" value=\"u32\"/></actor>"      \
	      "<actor id=\"x\" kernel=\"" kernel "\">" settings                                       \
	      "</actor><actor id=\"n\" kernel=\"core.null\"/>" CHANNEL("c", "v") CHANNEL("v", "x")    \
		      CHANNEL("x", "n"))
#define AT_END(kernel, settings)                                                                      \
	GRAPH("<actor id=\"c\" kernel=\"core.counter\"><set name=\"tokens\" value=\"5000\"/></actor>" \
	      "<actor id=\"v\" kernel=\"core.convert\"><set name=\"to\" value=\"u32\"/></actor>"      \
	      "<actor id=\"x\" kernel=\"" kernel "\">" settings "</actor>" CHANNEL("c", "v")          \
		      CHANNEL("v", "x"))

START_TEST(kernel_that_fails_ends_the_run_with_its_words)
{
	expect_end(BETWEEN("testkit.fail", "<set name=\"at\" value=\"1234\"/>"), worker_counts[_i], -EIO,
		   "actor 'x' (testkit.fail): firing 1234 went wrong on purpose\n");
	expect_end(BETWEEN("testkit.fail", "<set name=\"at\" value=\"-7\"/>"), worker_counts[_i], -EIO,
		   "actor 'x' (testkit.fail): fire failed: Input/output error\n");
	expect_end(AT_END("testkit.unfinished", ""), worker_counts[_i], -ENOSPC,
		   "actor 'x' (testkit.unfinished): the last bytes found no room\n");
	expect_end(
		GRAPH("<actor id=\"c\" kernel=\"core.counter\"><set name=\"tokens\" value=\"5000\"/></actor>"
		      "<actor id=\"v\" kernel=\"core.convert\"><set name=\"to\" value=\"u32\"/></actor>"
		      "<actor id=\"x\" kernel=\"testkit.liar\"/>" CHANNEL(
			      "c", "v") "<channel from=\"v\" to=\"x\" capacity=\"1\"/>"),
		1, -EPROTO,
		"actor 'x' (testkit.liar): fire() reports that it consumed 2 tokens from a window of 1 at port 'in'\n");
}
END_TEST

START_TEST(kernel_that_does_not_start_leaves_nothing_running)
{
	static const struct {
		const char *xml, *said;
	} cases[] = {
		{ AT_END("testkit.refuse", ""), "actor 'x' (testkit.refuse): I would rather not\n" },
		{ AT_END("testkit.refuse", "<set name=\"explain\" value=\"false\"/>"),
		  "actor 'x' (testkit.refuse): cannot start: Permission denied\n" },
	};

	for (size_t i = 0; i < 2; i++) {
		struct pel_plan *plan = compile(cases[i].xml);
		struct pel_run *run = NULL;
		char text[1024];

		ck_assert_int_eq(pel_run_start(plan, NULL, &run, &err), -EACCES);
		ck_assert_ptr_null(run);
		all_errors(text, sizeof(text));
		ck_assert_str_eq(text, cases[i].said);
		pel_error_fini(&err);
		pel_plan_destroy(plan);
	}
}
END_TEST

/* ---- stalls ---- */

START_TEST(stall_ends_the_run_and_names_the_cycle)
{
	/* The greedy one wants 100 tokens at once through a channel for 64: the writer waits for room, the reader for tokens. */
	expect_end(
		GRAPH("<actor id=\"c\" kernel=\"core.counter\"><set name=\"tokens\" value=\"5000\"/></actor>"
		      "<actor id=\"v\" kernel=\"core.convert\"><set name=\"to\" value=\"u32\"/></actor>"
		      "<actor id=\"g\" kernel=\"testkit.greedy\"><set name=\"at\" value=\"100\"/></actor>"
		      "<actor id=\"n\" kernel=\"core.null\"/>" CHANNEL(
			      "c", "v") "<channel from=\"v\" to=\"g\" capacity=\"64\"/>" CHANNEL("g", "n")),
		worker_counts[_i], -EDEADLK,
		"stalled: none of the 4 unfinished actors can move\n"
		"hint: give channel v.out->g.in a larger capacity, or make the actors on the cycle consume their tokens sooner\n"
		"actor 'v' (stage c..v) waits for room for 1 token on channel v.out->g.in, which holds 64 of 64\n"
		"actor 'g' (stage g) waits for 65 tokens on channel v.out->g.in, which holds 64 of 64\n");
}
END_TEST

START_TEST(an_actor_says_with_whom_it_waits)
{
	struct pel_plan *plan = compile(GRAPH("<in name=\"in\" type=\"u32\"/><out name=\"out\"/>" COPY(
		"b") COPY("a") CHANNEL("in", "a") CHANNEL("a", "b") CHANNEL("b", "out")));
	struct pel_run_options options = { .size = sizeof(options), .workers = 2, .stall_after_s = 0.05 };
	struct pel_run *run = NULL;
	char text[2048];

	ck_assert_int_eq(pel_run_start(plan, &options, &run, &err), 0);
	ck_assert_int_eq(pel_run_wait(run, 20000, &err), -EDEADLK);
	all_errors(text, sizeof(text));
	ck_assert_str_eq(text,
			 "stalled: nothing moved for 0.05 s; none of the 2 unfinished actors can move\n"
			 "actor 'b' (stage a..b) is executed together with 'a'\n"
			 "actor 'a' (stage a..b) waits for 1 token on channel in->a.in, which holds 0 of 16384\n"
			 "boundary port 'in' has received no more tokens from the host\n");
	pel_run_destroy(run);
	pel_plan_destroy(plan);
	pel_error_fini(&err);
}
END_TEST

/* A state before, one that ends behind: what it does not take any more is moved, for which there is no memory. */
START_TEST(no_memory_for_tokens_left_in_a_round_fails_the_run_in_words)
{
	struct pel_plan *plan = compile(
		GRAPH("<in name=\"in\" type=\"f32\"/><out name=\"out\"/>"
		      "<actor id=\"s\" kernel=\"core.smooth\"><set name=\"alpha\" value=\"0.5\"/></actor>"
		      "<actor id=\"h\" kernel=\"core.head\"><set name=\"tokens\" value=\"500\"/></actor>"
		      "<actor id=\"c\" kernel=\"core.copy\"/>" CHANNEL("in", "s") CHANNEL("s", "h")
			      CHANNEL("h", "c") CHANNEL("c", "out")));
	struct pel_run *run = start(plan, 2, 0);
	static float tokens[1000];
	char text[2048];

	ck_assert_int_eq(pel_port_write(pel_run_port(run, "in"), tokens, 400, -1), 400);
	ck_assert_int_eq(pel_port_read(pel_run_port(run, "out"), tokens, 400, -1), 400);
	pel_alloc_fail_after(1, false);
	ck_assert_int_eq(pel_port_write(pel_run_port(run, "in"), tokens, 1000, -1), 1000);
	ck_assert_int_eq(pel_run_wait(run, 20000, &err), -ENOMEM);
	pel_alloc_fail_after(0, false);
	all_errors(text, sizeof(text));
	ck_assert_str_eq(
		text,
		"actor 's' (core.smooth): out of memory for tokens that its readers have not consumed: give its channels smaller capacities\n");
	pel_run_destroy(run);
	pel_plan_destroy(plan);
	pel_error_fini(&err);
}
END_TEST

START_TEST(open_input_is_no_stall_unless_patience_ends)
{
	struct pel_plan *plan = compile(PASS);
	struct pel_run_options options = { .size = sizeof(options), .workers = 2, .stall_after_s = 0.05 };
	struct pel_run *run = NULL;
	char text[2048];

	ck_assert_int_eq(pel_run_start(plan, &options, &run, &err), 0);
	ck_assert_int_eq(pel_run_wait(run, 20000, &err), -EDEADLK);
	all_errors(text, sizeof(text));
	ck_assert_str_eq(text,
			 "stalled: nothing moved for 0.05 s; none of the 3 unfinished actors can move\n"
			 "actor 'a' (stage a..c) waits for 1 token on channel in->a.in, which holds 0 of 16384\n"
			 "boundary port 'in' has received no more tokens from the host\n");
	pel_run_destroy(run);
	pel_plan_destroy(plan);
	pel_error_fini(&err);
}
END_TEST

/* ---- memory ---- */

START_TEST(every_failing_allocation_at_the_start_is_an_error_and_leaks_nothing)
{
	struct pel_plan *plan =
		compile(GRAPH("<in name=\"in\" type=\"u32\"/><out name=\"out\"/>"
			      "<actor id=\"u\" kernel=\"testkit.uneven\" copies=\"3\"/>" COPY("b")
				      CHANNEL("in", "u") CHANNEL("u", "b") CHANNEL("b", "out")));
	int r = -ENOMEM;

	for (uint64_t n = 1; r < 0; n++) {
		struct pel_run *run = NULL;

		ck_assert_uint_lt(n, 1000);
		pel_alloc_fail_after(n, false);
		r = pel_run_start(plan, NULL, &run, &err);
		pel_alloc_fail_after(0, false);
		ck_assert(r == 0 || r == -ENOMEM);
		ck_assert((r == 0) == (run != NULL));
		if (r < 0)
			ck_assert_uint_ge(err.count + err.lost, 1);
		pel_error_fini(&err);
		pel_run_destroy(run);
	}
	pel_plan_destroy(plan);
}
END_TEST

static void forget_errors(void)
{
	pel_error_fini(&err);
}

int main(void)
{
	Suite *suite = suite_create("run");
	TCase *tcase = tcase_create("runs");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_set_timeout(tcase, 120);
	tcase_add_checked_fixture(tcase, forget_errors, forget_errors);
	tcase_add_loop_test(tcase, tokens_come_out_as_they_went_in, 0, N_WORKER_COUNTS);
	tcase_add_test(tcase, several_runs_of_one_plan_live_side_by_side);
	tcase_add_loop_test(tcase, copies_finish_out_of_order_and_come_out_in_order, 0, N_WORKER_COUNTS);
	tcase_add_test(tcase, what_a_firing_lacks_at_the_end_is_counted_and_warned_of);
	tcase_add_test(tcase, dropped_tail_is_counted_without_a_warning);
	tcase_add_test(tcase, padded_tail_is_completed_with_zeros);
	tcase_add_test(tcase, tail_that_is_an_error_fails_the_run);
	tcase_add_loop_test(tcase, last_words_of_a_kernel_follow_the_end_of_its_input, 0, N_WORKER_COUNTS);
	tcase_add_loop_test(tcase, endless_source_ends_when_its_readers_have, 0, N_WORKER_COUNTS);
	tcase_add_test(tcase, host_that_stops_reading_lets_the_graph_end);
	tcase_add_test(tcase, stopped_run_ends_at_once_and_says_so);
	tcase_add_test(tcase, kernel_that_waits_for_the_outside_does_not_keep_a_stopped_run);
	tcase_add_test(tcase, starved_graph_uses_hardly_any_processor_time);
	tcase_add_test(tcase, event_descriptor_tells_of_room_tokens_and_the_end);
	tcase_add_test(tcase, trace_is_json_and_names_the_stages_that_ran);
	tcase_add_test(tcase, windows_larger_than_reserved_and_ports_of_the_other_direction_are_refused);
	tcase_add_loop_test(tcase, kernel_that_fails_ends_the_run_with_its_words, 0, N_WORKER_COUNTS);
	tcase_add_test(tcase, kernel_that_does_not_start_leaves_nothing_running);
	tcase_add_loop_test(tcase, stall_ends_the_run_and_names_the_cycle, 0, N_WORKER_COUNTS);
	tcase_add_test(tcase, open_input_is_no_stall_unless_patience_ends);
	tcase_add_test(tcase, an_actor_says_with_whom_it_waits);
	tcase_add_test(tcase, no_memory_for_tokens_left_in_a_round_fails_the_run_in_words);
	tcase_add_test(tcase, every_failing_allocation_at_the_start_is_an_error_and_leaks_nothing);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
