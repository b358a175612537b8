/* SPDX-License-Identifier: Apache-2.0 */
#include <check.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include "clock.h"
#include "outcome.h"

/* The outcome of a run; this test plays the layers around it. */
struct facts {
	unsigned quiet_for; /* looks: so many times nothing runs */
	bool may_move, unsuccessful;
	unsigned n_explained, n_decided, n_finished;
	struct pel_outcome_state *fails_late;
};

static bool is_quiet(void *data)
{
	struct facts *f = data;

	return f->quiet_for && f->quiet_for--;
}

static bool may_move(void *data)
{
	return ((struct facts *)data)->may_move;
}

static void explain(void *data, struct pel_error *err)
{
	((struct facts *)data)->n_explained++;
	pel_fail(err, -EDEADLK, (struct pel_place){ 0 }, "who waits for whom");
}

static bool succeeded(void *data, struct pel_error *err)
{
	struct facts *f = data;

	if (f->unsuccessful)
		pel_fail(err, -ENODATA, (struct pel_place){ 0 }, "one never fired");
	return !f->unsuccessful;
}

static void finish(void *data)
{
	struct facts *f = data;

	f->n_finished++;
	if (f->fails_late)
		pel_outcome_fail(f->fails_late, PEL_RUN_FAILED, -ENOSPC, (struct pel_place){ 0 }, NULL,
				 "no room");
}

static void decided(void *data)
{
	((struct facts *)data)->n_decided++;
}

static const struct pel_outcome_ops ops = { is_quiet, may_move, explain, succeeded, finish, decided };

START_TEST(first_failure_wins_with_its_words)
{
	struct facts facts = { 0 };
	struct pel_outcome_state state = { 0 };
	const struct pel_place place = { "g.xml", 3, 7 };

	pel_outcome_init(&state, &ops, &facts);
	ck_assert(!pel_outcome_is_decided(&state));
	ck_assert_int_eq(
		pel_outcome_fail(&state, PEL_RUN_FAILED, -EIO, place, "turn it off", "%s %d", "no", 1), -EIO);
	ck_assert_int_eq(pel_outcome_fail(&state, PEL_RUN_LOST, -ENODEV, place, NULL, "another"), -ENODEV);
	pel_outcome_decide(&state, PEL_RUN_STOPPED, 0);
	ck_assert(pel_outcome_is_decided(&state) && pel_outcome_is_broken(&state));
	ck_assert_int_eq(state.outcome, PEL_RUN_FAILED);
	ck_assert_int_eq(state.code, -EIO);
	ck_assert_uint_eq(state.error.count, 1);
	ck_assert_str_eq(state.error.items[0].text, "no 1");
	ck_assert_str_eq(state.error.items[0].hint, "turn it off");
	ck_assert_uint_eq(state.error.items[0].line, 3);
	ck_assert_uint_eq(facts.n_decided, 1);
	pel_outcome_fini(&state);
}
END_TEST

struct rival {
	struct pel_outcome_state *state;
	int code;
};

static void *be_a_rival(void *data)
{
	struct rival *r = data;

	pel_outcome_fail(r->state, PEL_RUN_FAILED, r->code, (struct pel_place){ 0 }, NULL, "%d", r->code);
	return NULL;
}

START_TEST(words_and_code_are_of_the_same_failure)
{
	enum { N = 8 };
	struct facts facts = { 0 };
	struct pel_outcome_state state = { 0 };
	struct rival rivals[N];
	pthread_t threads[N];

	pel_outcome_init(&state, &ops, &facts);
	for (int i = 0; i < N; i++) {
		rivals[i] = (struct rival){ &state, -i - 1 };
		ck_assert_int_eq(pthread_create(&threads[i], NULL, be_a_rival, &rivals[i]), 0);
	}
	for (int i = 0; i < N; i++)
		pthread_join(threads[i], NULL);
	ck_assert_uint_eq(state.error.count, 1);
	ck_assert_int_eq(atoi(state.error.items[0].text), state.code);
	ck_assert_uint_eq(facts.n_decided, 1);
	pel_outcome_fini(&state);
}
END_TEST

START_TEST(end_of_the_last_part_is_the_end)
{
	struct facts facts = { .unsuccessful = _i };
	struct pel_outcome_state state = { .n_live = 2 };

	pel_outcome_init(&state, &ops, &facts);
	pel_outcome_part_ended(&state);
	ck_assert_int_eq(state.outcome, PEL_RUN_GOING);
	pel_outcome_part_ended(&state);
	ck_assert_int_eq(state.outcome, _i ? PEL_RUN_FAILED : PEL_RUN_DONE);
	ck_assert_int_eq(state.code, _i ? -ENODATA : 0);
	ck_assert(state.drained && !pel_outcome_is_broken(&state));
	ck_assert_uint_eq(facts.n_finished, !_i);
	pel_outcome_fini(&state);
}
END_TEST

START_TEST(finish_can_fail_a_run_whose_parts_have_all_ended)
{
	struct pel_outcome_state state = { .n_live = 1 };
	struct facts facts = { .fails_late = &state };

	pel_outcome_init(&state, &ops, &facts);
	pel_outcome_part_ended(&state);
	ck_assert_int_eq(state.outcome, PEL_RUN_FAILED);
	ck_assert_int_eq(state.code, -ENOSPC);
	ck_assert_str_eq(state.error.items[0].text, "no room");
	ck_assert(pel_outcome_is_broken(&state));
	ck_assert_uint_eq(facts.n_decided, 1);
	pel_outcome_fini(&state);
}
END_TEST

static const struct {
	struct facts facts;
	uint32_t n_live, n_outside;
	bool stall;
} cases[] = {
	{ { .quiet_for = 2 }, 1, 0, true },
	{ { .quiet_for = 0 }, 1, 0, false }, /* somebody runs */
	{ { .quiet_for = 1 }, 1, 0, false }, /* by the second look somebody does: the host has moved something */
	{ { .quiet_for = 2 }, 1, 1, false },		       /* something outside is at work */
	{ { .quiet_for = 2, .may_move = true }, 1, 0, false }, /* the host may do something */
	{ { .quiet_for = 2 }, 0, 0, false },		       /* there is nothing that could stall */
};

START_TEST(stall_is_where_nothing_can_move)
{
	struct facts facts = cases[_i].facts;
	struct pel_outcome_state state = { .n_live = cases[_i].n_live, .n_outside = cases[_i].n_outside };

	pel_outcome_init(&state, &ops, &facts);
	pel_outcome_outside(&state, 0);
	ck_assert_int_eq(state.outcome, cases[_i].stall ? PEL_RUN_STALLED : PEL_RUN_GOING);
	ck_assert_uint_eq(facts.n_explained, cases[_i].stall);
	pel_outcome_fini(&state);
}
END_TEST

START_TEST(stall_is_looked_for_when_the_last_one_outside_has_come_back)
{
	struct facts facts = { .quiet_for = 2 };
	struct pel_outcome_state state = { .n_live = 1, .n_outside = 2 };

	pel_outcome_init(&state, &ops, &facts);
	pel_outcome_outside(&state, -1);
	ck_assert_int_eq(state.outcome, PEL_RUN_GOING);
	pel_outcome_outside(&state, -1);
	ck_assert_int_eq(state.outcome, PEL_RUN_STALLED);
	ck_assert_str_eq(state.error.items[0].text, "who waits for whom");
	pel_outcome_fini(&state);
}
END_TEST

START_TEST(deadlines_carry_over_into_seconds)
{
	struct timespec before, at;

	for (int ms = 0; ms < 3000; ms += 333) {
		int64_t ns;

		clock_gettime(CLOCK_MONOTONIC, &before);
		at = pel_clock_deadline(ms);
		ns = (at.tv_sec - before.tv_sec) * 1000000000LL + at.tv_nsec - before.tv_nsec;
		ck_assert_int_ge(ns, ms * 1000000LL);
		ck_assert(at.tv_nsec >= 0 && at.tv_nsec < 1000000000);
	}
	at = pel_clock_timespec(2500000001u);
	ck_assert(at.tv_sec == 2 && at.tv_nsec == 500000001);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("outcome");
	TCase *c = tcase_create("outcome");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_test(c, first_failure_wins_with_its_words);
	tcase_add_test(c, words_and_code_are_of_the_same_failure);
	tcase_add_loop_test(c, end_of_the_last_part_is_the_end, 0, 2);
	tcase_add_test(c, finish_can_fail_a_run_whose_parts_have_all_ended);
	tcase_add_loop_test(c, stall_is_where_nothing_can_move, 0, (int)(sizeof(cases) / sizeof(cases[0])));
	tcase_add_test(c, stall_is_looked_for_when_the_last_one_outside_has_come_back);
	tcase_add_test(c, deadlines_carry_over_into_seconds);
	suite_add_tcase(suite, c);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
