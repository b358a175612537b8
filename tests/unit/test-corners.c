/* SPDX-License-Identifier: Apache-2.0 */
#include <check.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include <pelton/pelton.h>

/* tests/golden/corners.xml: what must come out was worked out by hand, in the comment of that file. */

#define MOST 64

static const struct stream {
	const char *port;
	size_t count; /* numbers */
	uint64_t numbers[MOST];
} streams[] = {
	{ "threes", 9, { 1, 6, 10, 21, 28, 45, 55, 0, 0 } },
	{ "joined", 7, { 3, 9, 18, 27, 42, 54, 75 } },
	{ "fourths", 2, { 234, 678 } },
	{ "lagged", 10, { 101, 202, 4, 6, 8, 10, 12, 14, 16, 18 } },
};
#define N_STREAMS (sizeof(streams) / sizeof(streams[0]))

static const unsigned workers[] = { 1, 2, 4, 8 };
static const unsigned batches[] = { 1, 3, 0 };
#define N_WAYS (sizeof(workers) / sizeof(workers[0]) * (sizeof(batches) / sizeof(batches[0])))

struct taken {
	struct pel_port *port;
	size_t count;
	bool ended;
	uint64_t numbers[MOST];
};

static struct pel_error err;

static void must_work(int r, const char *what)
{
	if (r == 0)
		return;
	pel_error_write_text(&err, stderr);
	ck_abort_msg("%s: %s", what, strerror(-r));
}

static struct pel_plan *corners_plan(void)
{
	struct pel_graph *graph;
	struct pel_plan *plan;
	char path[4096];

	ck_assert_msg(getenv("SOURCE_DIR"), "SOURCE_DIR is not set; ctest sets it");
	snprintf(path, sizeof(path), "%s/tests/golden/corners.xml", getenv("SOURCE_DIR"));
	must_work(pel_graph_load(path, &graph, &err), "load");
	must_work(pel_compile(graph, NULL, &plan, &err), "compile");
	pel_graph_destroy(graph);
	return plan;
}

/* Everything that is there now, whichever port has it, so that none is kept waiting for another. */
static bool take(struct taken *taken)
{
	size_t token_numbers = pel_type_elements(pel_port_type(taken->port));
	const void *window;
	ssize_t n = pel_port_peek(taken->port, SIZE_MAX, &window);
	size_t numbers;

	if (n == -EAGAIN)
		return false;
	ck_assert_int_ge(n, 0);
	taken->ended = n == 0;
	numbers = (size_t)n * token_numbers;
	ck_assert_uint_le(taken->count + numbers, MOST);
	memcpy(taken->numbers + taken->count, window, numbers * sizeof(uint64_t));
	taken->count += numbers;
	ck_assert_int_eq(n ? pel_port_release(taken->port, (size_t)n) : 0, 0);
	return n > 0;
}

static void take_all(struct pel_run *run, struct taken *taken)
{
	struct pollfd fd = { .fd = pel_run_fd(run), .events = POLLIN };
	bool moved, ended;

	do {
		pel_run_fd_clear(run);
		moved = false;
		ended = true;
		for (size_t i = 0; i < N_STREAMS; i++) {
			if (!taken[i].ended)
				moved |= take(&taken[i]);
			ended &= taken[i].ended;
		}
		if (!moved && !ended)
			ck_assert_int_ne(poll(&fd, 1, 20000), 0);
	} while (!ended);
}

static void check_left_over(struct pel_run *run)
{
	struct pel_stats *stats;
	unsigned warned = 0;

	ck_assert_int_eq(pel_run_stats(run, &stats), 0);
	for (size_t i = 0; i < stats->n_channels; i++) {
		const struct pel_channel_stats *channel = stats->channels[i];
		uint64_t expected = 0;

		if (strcmp(channel->to, "fourth.in") == 0 || strcmp(channel->to, "lag.b") == 0)
			expected = 2; /* 789 and 900; 9 and 10 */
		else if (strcmp(channel->to, "tail/total/add.b") == 0)
			expected = 1; /* 55, on its way round */
		ck_assert_msg(channel->left_over == expected, "%s: %llu left over, not %llu", channel->name,
			      (unsigned long long)channel->left_over, (unsigned long long)expected);
		ck_assert_uint_le(channel->high_water, channel->capacity);
		warned += channel->left_over && channel->warn_left_over;
	}
	ck_assert_uint_eq(warned, 1); /* the others were said to be expected */
	pel_stats_destroy(stats);
}

static void run_once(const struct pel_plan *plan, const struct pel_run_options *options)
{
	struct taken taken[N_STREAMS] = { 0 };
	struct pel_run *run;

	must_work(pel_run_start(plan, options, &run, &err), "start");
	for (size_t i = 0; i < N_STREAMS; i++) {
		taken[i].port = pel_run_port(run, streams[i].port);
		ck_assert_ptr_nonnull(taken[i].port);
	}
	take_all(run, taken);
	must_work(pel_run_wait(run, -1, &err), "wait");
	for (size_t i = 0; i < N_STREAMS; i++) {
		ck_assert_msg(taken[i].count == streams[i].count, "%s: %zu numbers, not %zu", streams[i].port,
			      taken[i].count, streams[i].count);
		for (size_t j = 0; j < taken[i].count; j++)
			ck_assert_msg(taken[i].numbers[j] == streams[i].numbers[j],
				      "%s: number %zu is %llu, not %llu", streams[i].port, j,
				      (unsigned long long)taken[i].numbers[j],
				      (unsigned long long)streams[i].numbers[j]);
	}
	check_left_over(run);
	pel_run_destroy(run);
}

START_TEST(corners_come_out_as_by_hand)
{
	struct pel_run_options options = { .size = sizeof(options),
					   .workers = workers[_i % 4],
					   .max_batch = batches[_i / 4] };
	struct pel_plan *plan = corners_plan();

	/* Often, since threads meet in another way each time. */
	for (int i = 0; i < 20; i++)
		run_once(plan, &options);
	pel_plan_destroy(plan);
	pel_error_fini(&err);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("corners");
	TCase *tcase = tcase_create("corners");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_set_timeout(tcase, 60);
	tcase_add_loop_test(tcase, corners_come_out_as_by_hand, 0, (int)N_WAYS);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
