/* SPDX-License-Identifier: Apache-2.0 */
#include <check.h>
#include <errno.h>
#include <pelton/pelton.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "module-path.h"

/*
 * Many small runs at once, started and stopped at random moments, while the host's threads wait in their ports. The output must be a prefix of the
 * expected one, and complete if the run was not stopped; and everything must end.
 */

#define N_DRIVERS  3
#define TOKENS_MAX 3000u
#define PIECE_MAX  32u

#define GRAPH(body)                                                                                                                            \
	"<graph xmlns=\"urn:pelton:graph:1\" name=\"stress\"><use library=\"testkit\"/><in name=\"in\" type=\"u32\"/><out name=\"out\"/>" body \
	"</graph>"
#define ACTOR(id, kernel, attributes, settings) \
	"<actor id=\"" id "\" kernel=\"" kernel "\" " attributes ">" settings "</actor>"
#define COPY(id, attributes)   ACTOR(id, "core.copy", attributes, "")
#define AT(number)	       "<set name=\"at\" value=\"" number "\"/>"
#define CHANNEL(from, to)      "<channel from=\"" from "\" to=\"" to "\"/>"
#define NARROW(from, to, room) "<channel from=\"" from "\" to=\"" to "\" capacity=\"" room "\"/>"

enum end { ENDS, FAILS, STALLS, NEVER };

static uint32_t same(uint32_t token)
{
	return token;
}

static uint32_t uneven(uint32_t token)
{
	return 3 * token + 1;
}

static uint32_t twice(uint32_t token)
{
	return 2 * token;
}

static const struct shape {
	const char *name, *xml;
	uint32_t (*expected)(uint32_t token);
	unsigned least_workers;
	enum end end; /* of a run that is fed TOKENS_MAX tokens and left alone */
} shapes[] = {
	{ "chain",
	  GRAPH(COPY("a", "") COPY("b", "") COPY("c", "") CHANNEL("in", "a") CHANNEL("a", "b")
			CHANNEL("b", "c") CHANNEL("c", "out")),
	  same, 1, ENDS },
	{ "narrow",
	  GRAPH(COPY("a", "") COPY("b", "") NARROW("in", "a", "1") NARROW("a", "b", "3")
			NARROW("b", "out", "2")),
	  same, 1, ENDS },
	{ "copies",
	  GRAPH(ACTOR("u", "testkit.uneven", "copies=\"4\"", "") NARROW("in", "u", "64")
			NARROW("u", "out", "16")),
	  uneven, 1, ENDS },
	{ "placed",
	  GRAPH(COPY("a", "on=\"cpu:0\"") COPY("b", "on=\"cpu:3\"") COPY("c", "on=\"cpu:3\"") COPY("d", "")
			NARROW("in", "a", "5") NARROW("a", "b", "7") NARROW("b", "c", "1") CHANNEL("c", "d")
				CHANNEL("d", "out")),
	  same, 4, ENDS },
	{ "split",
	  GRAPH(COPY("a", "") COPY("b", "") ACTOR("s", "core.add", "", "") NARROW("in", "a", "4") NARROW(
		  "in", "b", "9") NARROW("a", "s.a", "2") CHANNEL("b", "s.b") NARROW("s", "out", "6")),
	  twice, 1, ENDS },
	{ "failing",
	  GRAPH(COPY("a", "") ACTOR("f", "testkit.fail", "", AT("500")) CHANNEL("in", "a")
			NARROW("a", "f", "50") CHANNEL("f", "out")),
	  same, 1, FAILS },
	{ "stalling",
	  GRAPH(COPY("a", "") ACTOR("g", "testkit.greedy", "", AT("100")) CHANNEL("in", "a")
			NARROW("a", "g", "64") CHANNEL("g", "out")),
	  same, 1, STALLS },
	{ "waiting",
	  GRAPH(COPY("a", "") ACTOR("p", "testkit.pipe", "", AT("%d")) ACTOR("n", "core.null", "", "")
			CHANNEL("in", "a") CHANNEL("a", "out") CHANNEL("p", "n")),
	  same, 1, NEVER },
};
#define N_SHAPES (sizeof(shapes) / sizeof(*shapes))

static struct pel_plan *plans[N_SHAPES];
static atomic_bool wrong;
static char first_wrong[512];

/* Only the main thread may fail a test of Check's. */
PEL_PRINTF(1, 2) static void say_wrong(const char *format, ...)
{
	va_list ap;

	if (atomic_exchange(&wrong, true))
		return;
	va_start(ap, format);
	vsnprintf(first_wrong, sizeof(first_wrong), format, ap);
	va_end(ap);
}

static uint32_t draw(uint64_t *random, uint32_t below)
{
	*random = *random * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)((*random >> 33) % below);
}

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* ---- one run ---- */

struct host {
	const struct shape *shape;
	struct pel_run *run;
	uint64_t random;
	uint32_t tokens;  /* to feed */
	uint32_t stop_at; /* the feeder stops the run there; UINT32_MAX: not */
	uint32_t end_at;  /* the reader ends its port there; UINT32_MAX: not */
	uint32_t read;
	ssize_t last; /* what the last read returned */
};

static void *feeder(void *data)
{
	const struct host *host = data;
	struct pel_port *port = pel_run_port(host->run, "in");
	uint64_t random = host->random;

	for (uint32_t i = 0; i < host->tokens;) {
		uint32_t piece[PIECE_MAX], n = 0, wanted = 1 + draw(&random, PIECE_MAX);

		for (; n < wanted && i + n < host->tokens; n++)
			piece[n] = i + n;
		if (pel_port_write(port, piece, n, -1) != (ssize_t)n)
			break;
		i += n;
		if (i > host->stop_at)
			pel_run_stop(host->run);
	}
	pel_port_end(port);
	return NULL;
}

static void *reader(void *data)
{
	struct host *host = data;
	struct pel_port *port = pel_run_port(host->run, "out");
	uint64_t random = ~host->random;
	uint32_t piece[PIECE_MAX];

	while ((host->last = pel_port_read(port, piece, 1 + draw(&random, PIECE_MAX), -1)) > 0) {
		for (ssize_t i = 0; i < host->last; i++, host->read++)
			if (piece[i] != host->shape->expected(host->read))
				say_wrong("%s: token %u is %u", host->shape->name, host->read, piece[i]);
		if (host->read >= host->end_at) {
			pel_port_end(port);
			break;
		}
	}
	return NULL;
}

/* How a run that was left alone must have ended. */
static void judge(const struct host *host, int r)
{
	static const int codes[] = { [ENDS] = 0, [FAILS] = -EIO, [STALLS] = -EDEADLK };

	if (r != codes[host->shape->end])
		say_wrong("%s: ended with %d", host->shape->name, r);
	if (host->shape->end == ENDS && (host->read != host->tokens || host->last != 0))
		say_wrong("%s: %u of %u tokens came, then %zd", host->shape->name, host->read, host->tokens,
			  host->last);
}

static void run_once(uint64_t *random)
{
	uint32_t which = draw(random, N_SHAPES), action = draw(random, 4);
	struct host host = {
		.shape = &shapes[which], .tokens = TOKENS_MAX, .stop_at = UINT32_MAX, .end_at = UINT32_MAX
	};
	unsigned least = host.shape->least_workers;
	struct pel_run_options options = { .size = sizeof(options),
					   .workers = least + draw(random, 9 - least),
					   .pin = draw(random, 8) == 0,
					   .max_batch = draw(random, 3) * 2,
					   .trace = draw(random, 8) == 0 };
	struct pel_error err = { 0 };
	pthread_t threads[2];
	bool alone;
	int r;

	host.random = *random;
	if (action == 1)
		host.stop_at = draw(random, TOKENS_MAX);
	if (action == 2)
		host.end_at = draw(random, TOKENS_MAX);
	if (host.shape->end == NEVER)
		action = 3;
	alone = action == 0;
	if (pel_run_start(plans[which], &options, &host.run, &err) < 0) {
		say_wrong("%s: does not start", host.shape->name);
		return;
	}
	pthread_create(&threads[0], NULL, feeder, &host);
	pthread_create(&threads[1], NULL, reader, &host);
	if (action == 3) {
		struct timespec t = { .tv_nsec = draw(random, 2000000) };

		nanosleep(&t, NULL);
		pel_run_stop(host.run);
	}
	r = pel_run_wait(host.run, 60000, &err);
	if (r == -ETIMEDOUT) {
		say_wrong("%s: does not end (workers %u, action %u)", host.shape->name, options.workers,
			  action);
		pel_run_stop(host.run);
	}
	pthread_join(threads[0], NULL);
	pthread_join(threads[1], NULL);
	if (alone)
		judge(&host, r);
	pel_run_destroy(host.run);
	pel_error_fini(&err);
}

static void *driver(void *data)
{
	uint64_t random = *(const uint64_t *)data;
	double until = seconds() + 4;

	while (seconds() < until && !atomic_load(&wrong))
		run_once(&random);
	return NULL;
}

START_TEST(runs_that_are_stopped_at_any_moment_end_and_say_nothing_wrong)
{
	uint64_t seeds[N_DRIVERS];
	pthread_t threads[N_DRIVERS];

	for (uint64_t i = 0; i < N_DRIVERS; i++) {
		seeds[i] = i * 77777 + 1;
		ck_assert_int_eq(pthread_create(&threads[i], NULL, driver, &seeds[i]), 0);
	}
	for (int i = 0; i < N_DRIVERS; i++)
		pthread_join(threads[i], NULL);
	ck_assert_msg(!atomic_load(&wrong), "%s", first_wrong);
}
END_TEST

/* ---- stalls ---- */

#define UNREAD                                                                                                     \
	"<graph xmlns=\"urn:pelton:graph:1\" name=\"stress\"><use library=\"testkit\"/><out name=\"out\"/>" ACTOR( \
		"c", "core.constant", "",                                                                          \
		"<set name=\"type\" value=\"u32\"/><set name=\"value\" value=\"7\"/>")                             \
		ACTOR("g", "testkit.greedy", "", AT("100")) ACTOR("n", "core.null", "", "")                        \
			NARROW("c", "out", "20") NARROW("c", "g", "64") CHANNEL("g", "n") "</graph>"

static struct pel_plan *compile(const char *xml)
{
	struct pel_compile_options options = { .size = sizeof(options),
					       .module_path = module_path,
					       .workers = 8 };
	struct pel_graph *graph = NULL;
	struct pel_plan *plan = NULL;
	struct pel_error err = { 0 };

	if (pel_graph_parse(xml, strlen(xml), "<stress>", &graph, &err) < 0 ||
	    pel_compile(graph, &options, &plan, &err) < 0) {
		pel_error_write_text(&err, stderr);
		ck_abort_msg("the graph does not compile");
	}
	pel_graph_destroy(graph);
	return plan;
}

/* 64 tokens come out, 20 at a time; then the graph is stuck. That is a stall only after the host has read all of them. */
START_TEST(stall_is_found_when_the_last_token_outside_is_read_and_not_before)
{
	struct pel_plan *plan = compile(UNREAD);
	double until = seconds() + 3;
	uint64_t random = 5;

	for (unsigned i = 0; seconds() < until; i++) {
		struct pel_run_options options = { .size = sizeof(options), .workers = 1 + i % 8 };
		uint32_t tokens[64], left = 64;
		struct pel_run *run = NULL;
		struct pel_port *out;

		ck_assert_int_eq(pel_run_start(plan, &options, &run, NULL), 0);
		out = pel_run_port(run, "out");
		while (left) {
			uint32_t n = 1 + draw(&random, left < 20 ? left : 20);

			if (draw(&random, 3) == 0)
				ck_assert_int_eq(pel_run_wait(run, (int)draw(&random, 2), NULL), -ETIMEDOUT);
			ck_assert_int_eq(pel_port_read(out, tokens, n, 20000), (ssize_t)n);
			left -= n;
		}
		if (i % 2)
			ck_assert_int_eq(pel_port_read(out, tokens, 1, 20000), -EPIPE);
		ck_assert_int_eq(pel_run_wait(run, 20000, NULL), -EDEADLK);
		pel_run_destroy(run);
	}
	pel_plan_destroy(plan);
}
END_TEST

/* The modules of test kernels lie in modules/ beside this program. */
static int never[2];

static void compile_all(void)
{
	char xml[4096];

	ck_assert_int_eq(pipe(never), 0);
	for (size_t i = 0; i < N_SHAPES; i++) {
		if (shapes[i].end == NEVER)
			snprintf(xml, sizeof(xml), shapes[i].xml, never[0]);
		plans[i] = compile(shapes[i].end == NEVER ? xml : shapes[i].xml);
	}
}

static void destroy_all(void)
{
	for (size_t i = 0; i < N_SHAPES; i++)
		pel_plan_destroy(plans[i]);
	close(never[0]);
	close(never[1]);
}

int main(void)
{
	Suite *suite = suite_create("run-stress");
	TCase *tcase = tcase_create("run-stress");
	SRunner *runner;
	int failed;

	find_modules();
	tcase_set_timeout(tcase, 110);
	tcase_add_checked_fixture(tcase, compile_all, destroy_all);
	tcase_add_test(tcase, runs_that_are_stopped_at_any_moment_end_and_say_nothing_wrong);
	tcase_add_test(tcase, stall_is_found_when_the_last_token_outside_is_read_and_not_before);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
