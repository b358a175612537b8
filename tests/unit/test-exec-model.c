/* SPDX-License-Identifier: Apache-2.0 */
#include <check.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

/*
 * A model of how a stage is notified of tokens, on a machine that makes full use of C11's memory model. It tries all interleavings of one owner
 * and one waker, and all values that a load may see. The owner executes pel_task_run(), pel_stage_sweep() and pel_pending_take(); the waker
 * executes a commit, pel_pending_set() and pel_task_wake().
 *
 * The machine: each memory location has a list of messages, oldest first. A thread has a view: for each location, the oldest message that it may
 * still read. A message written by a release carries the writer's view, and an acquire that reads it takes over that view. A read-modify-write
 * reads the newest message; the message that it writes carries that one's view, too, because it continues the release sequence.
 */
enum place { TAIL, PENDING, STATE, N_PLACES };

#define SCHEDULED 1u
#define AGAIN	  2u
#define PARKED	  9

struct view {
	uint8_t at[N_PLACES];
};

struct message {
	uint8_t value;
	struct view view;
};

struct thread {
	struct view view;
	unsigned at; /* its next step */
};

struct world {
	struct message messages[N_PLACES][32];
	uint8_t n[N_PLACES];
	struct thread owner, waker;
	unsigned taken; /* tokens, by the owner */
};

/* What is tried. */
struct search {
	bool exchange; /* the owner sets the flag again by an exchange; else by a relaxed store */
	unsigned long ends, lost;
};

static void join(struct view *view, const struct view *other)
{
	for (int i = 0; i < N_PLACES; i++)
		if (other->at[i] > view->at[i])
			view->at[i] = other->at[i];
}

static void write_message(struct world *w, struct thread *t, enum place p, unsigned value, bool release)
{
	uint8_t at = w->n[p]++;

	ck_assert_uint_lt(at, 32);
	t->view.at[p] = at;
	w->messages[p][at] = (struct message){ .value = (uint8_t)value };
	if (release)
		w->messages[p][at].view = t->view;
}

static unsigned newest(const struct world *w, enum place p)
{
	return w->messages[p][w->n[p] - 1].value;
}

/* Returns the old value. */
static unsigned modify(struct world *w, struct thread *t, enum place p, unsigned value, bool acquire,
		       bool release)
{
	struct message old = w->messages[p][w->n[p] - 1];

	if (acquire)
		join(&t->view, &old.view);
	write_message(w, t, p, value, release);
	join(&w->messages[p][w->n[p] - 1].view, &old.view);
	return old.value;
}

static void explore(const struct world *w, struct search *search);

static void step_waker(struct world w, struct search *search)
{
	switch (w.waker.at++) {
	case 0: /* a commit */
		write_message(&w, &w.waker, TAIL, 2, true);
		break;
	case 1: /* pel_pending_set() */
		write_message(&w, &w.waker, PENDING, true, true);
		break;
	case 2: /* pel_task_wake() */
		if (!(modify(&w, &w.waker, STATE, SCHEDULED | AGAIN, true, true) & SCHEDULED))
			w.owner.at = 0; /* it is queued, and run again */
		w.waker.at = PARKED;
		break;
	}
	explore(&w, search);
}

/* A load that may see any message from the oldest on: go on with each. */
static void owner_loads(const struct world *w, struct search *search, enum place p)
{
	for (uint8_t i = w->owner.view.at[p]; i < w->n[p]; i++) {
		struct world next = *w;

		next.owner.view.at[p] = i;
		if (p == PENDING) {
			next.owner.at = next.messages[p][i].value ? 2 : 5;
		} else {
			join(&next.owner.view, &next.messages[p][i].view); /* the tail, with acquire */
			next.owner.at = next.messages[p][i].value > next.taken ? 4 : 5;
			if (next.owner.at == 4)
				next.taken = next.messages[p][i].value;
		}
		explore(&next, search);
	}
}

static void step_owner(struct world w, struct search *search)
{
	switch (w.owner.at) {
	case 0: /* pel_task_run(): if it is woken from here on, it looks again */
		modify(&w, &w.owner, STATE, newest(&w, STATE) & ~AGAIN, true, true);
		w.owner.at = 1;
		break;
	case 1: /* pel_pending_take(), relaxed load */
		owner_loads(&w, search, PENDING);
		return;
	case 2: /* its exchange */
		w.owner.at = modify(&w, &w.owner, PENDING, false, true, false) ? 3 : 5;
		break;
	case 3: /* the look at the ring */
		owner_loads(&w, search, TAIL);
		return;
	case 4: /* something moved: look again */
		if (search->exchange)
			modify(&w, &w.owner, PENDING, true, true, true);
		else
			write_message(&w, &w.owner, PENDING, true, false);
		w.owner.at = 0;
		break;
	case 5: /* nothing to do: give the task up, unless it was woken */
		if (newest(&w, STATE) == SCHEDULED) {
			modify(&w, &w.owner, STATE, 0, true, true);
			w.owner.at = PARKED;
		} else {
			join(&w.owner.view, &w.messages[STATE][w.n[STATE] - 1].view);
			w.owner.at = 0;
		}
		break;
	}
	explore(&w, search);
}

static void explore(const struct world *w, struct search *search)
{
	if (w->owner.at == PARKED && w->waker.at == PARKED) {
		search->ends++;
		search->lost += w->taken < 2;
		return;
	}
	if (w->owner.at != PARKED)
		step_owner(*w, search);
	if (w->waker.at != PARKED)
		step_waker(*w, search);
}

/* One token is there; the waker brings a second one. */
static void search_all(struct search *search)
{
	struct world w = { .n = { 1, 1, 1 } };

	w.messages[TAIL][0].value = 1;
	w.messages[PENDING][0].value = true;
	w.messages[STATE][0].value = SCHEDULED | AGAIN;
	explore(&w, search);
}

START_TEST(flag_that_is_set_again_by_an_exchange_loses_no_token)
{
	struct search search = { .exchange = true };

	search_all(&search);
	ck_assert_uint_gt(search.ends, 100);
	ck_assert_uint_eq(search.lost, 0);
}
END_TEST

/* Shows that the model finds the error: a plain store loses a token. */
START_TEST(flag_that_is_set_again_by_a_relaxed_store_can_lose_one)
{
	struct search search = { .exchange = false };

	search_all(&search);
	ck_assert_uint_gt(search.lost, 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("model");
	TCase *c = tcase_create("model");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_test(c, flag_that_is_set_again_by_an_exchange_loses_no_token);
	tcase_add_test(c, flag_that_is_set_again_by_a_relaxed_store_can_lose_one);
	suite_add_tcase(suite, c);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
