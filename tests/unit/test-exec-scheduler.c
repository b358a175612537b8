/* SPDX-License-Identifier: Apache-2.0 */
#include <check.h>
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include "join.h"
#include "scheduler.h"
#include "threads.h"

/*
 * The scheduler alone, with tasks that are made here. A lost wake-up leaves a task that never runs again. When all workers sleep, that is a
 * stall, so a test that ends successfully has lost no wake-up.
 */
struct machine {
	struct pel_outcome_state outcome;
	struct pel_scheduler scheduler;
	unsigned explained;  /* under the outcome's lock */
	atomic_uint n_begun; /* threads */
	atomic_uint n_lost;
};

static bool is_quiet(void *data)
{
	return pel_scheduler_is_quiet(&((struct machine *)data)->scheduler);
}

static bool may_move(void *data)
{
	(void)data;
	return false;
}

static void explain(void *data, struct pel_error *err)
{
	((struct machine *)data)->explained++;
	pel_fail(err, -EDEADLK, (struct pel_place){ 0 }, "everybody sleeps");
}

static bool succeeded(void *data, struct pel_error *err)
{
	(void)data;
	(void)err;
	return true;
}

static void finish(void *data)
{
	(void)data;
}

static void decided(void *data)
{
	pel_scheduler_stop(&((struct machine *)data)->scheduler);
}

static void begin(void *context)
{
	if (context)
		atomic_fetch_add(&((struct machine *)context)->n_begun, 1);
}

static void lost(void *context)
{
	struct machine *m = context;

	atomic_fetch_add(&m->n_lost, 1);
	pel_outcome_fail(&m->outcome, PEL_RUN_FAILED, -EPROTO, (struct pel_place){ 0 }, NULL, "thread lost");
}

static void machine_init(struct machine *m, uint32_t n_workers, uint32_t n_own)
{
	static const struct pel_outcome_ops outcome_ops = { is_quiet,  may_move, explain,
							    succeeded, finish,	 decided };
	static const struct pel_scheduler_ops ops = { begin, lost };

	memset(m, 0, sizeof(*m));
	pel_outcome_init(&m->outcome, &outcome_ops, m);
	ck_assert_int_eq(pel_scheduler_init(&m->scheduler, &m->outcome, &ops, n_workers, n_own), 0);
	for (uint32_t i = 0; i < n_workers; i++)
		m->scheduler.workers[i].context = m;
	for (uint32_t i = 0; i < n_own; i++)
		m->scheduler.own[i].context = m;
}

static void machine_start(struct machine *m)
{
	ck_assert_int_eq(pel_threads_start(&m->scheduler, false, 0, NULL), 0);
}

/* Wait for the end, and destroy the machine. */
static enum pel_outcome machine_end(struct machine *m)
{
	enum pel_outcome outcome;

	pthread_mutex_lock(&m->outcome.lock);
	while (m->outcome.outcome == PEL_RUN_GOING)
		pthread_cond_wait(&m->outcome.ended, &m->outcome.lock);
	outcome = m->outcome.outcome;
	pthread_mutex_unlock(&m->outcome.lock);
	pel_threads_join(&m->scheduler);
	pel_scheduler_fini(&m->scheduler);
	pel_outcome_fini(&m->outcome);
	return outcome;
}

static void add(struct machine *m, struct pel_task *task, uint32_t worker,
		enum pel_task_step (*step)(struct pel_task *, void *, uint64_t *))
{
	pel_task_init(task, &m->scheduler, step);
	m->outcome.n_live++;
	pel_scheduler_add(&m->scheduler, task, worker);
}

static const uint32_t worker_counts[] = { 1, 2, 3, 8 };
#define N_WORKER_COUNTS ((int)(sizeof(worker_counts) / sizeof(worker_counts[0])))

/* ---- a token that goes round a ring of tasks ---- */

#define ROUNDS 3000u

struct station {
	struct pel_task task;
	struct station *next;
	atomic_uint token; /* 0: it is elsewhere; else hops that are left */
	bool urgent;
};

static enum pel_task_step pass_on(struct pel_task *task, void *context, uint64_t *clock)
{
	struct station *s = (struct station *)task;
	unsigned hops = atomic_exchange(&s->token, 0);

	(void)context;
	(void)clock;
	if (!hops)
		return PEL_TASK_WAITS;
	atomic_store(&s->next->token, hops > 1 ? hops - 1 : 1);
	pel_task_wake(&s->next->task, task, s->urgent);
	return hops == 1 ? PEL_TASK_ENDED : PEL_TASK_WAITS;
}

/* `n` tasks pass a token on `hops` times; then each ends when it comes. */
static void go_round(uint32_t n_workers, uint32_t n, unsigned hops, bool urgent)
{
	struct station *stations = calloc(n, sizeof(*stations));
	struct machine m;

	machine_init(&m, n_workers, 0);
	for (uint32_t i = 0; i < n; i++) {
		stations[i].next = &stations[(i + 1) % n];
		stations[i].urgent = urgent;
		add(&m, &stations[i].task, i % n_workers, pass_on);
	}
	atomic_store(&stations[0].token, hops);
	machine_start(&m);
	ck_assert_int_eq(machine_end(&m), PEL_RUN_DONE);
	ck_assert_uint_eq(m.explained, 0);
	free(stations);
}

START_TEST(no_wake_up_is_lost_between_two_tasks)
{
	go_round(worker_counts[_i], 2, ROUNDS, true);
	go_round(worker_counts[_i], 2, ROUNDS, false);
}
END_TEST

START_TEST(ten_thousand_tasks_each_have_their_turn)
{
	go_round(worker_counts[_i], 10000, 30000, _i & 1);
}
END_TEST

/* Tasks that are bound to workers which sleep until then. */
START_TEST(bound_tasks_wake_their_own_workers)
{
	struct station stations[8] = { 0 };
	struct machine m;

	machine_init(&m, worker_counts[_i], 0);
	for (uint32_t i = 0; i < 8; i++) {
		stations[i].next = &stations[(i + 1) % 8];
		pel_task_init(&stations[i].task, &m.scheduler, pass_on);
		stations[i].task.bound = (int32_t)(i % worker_counts[_i]);
		m.outcome.n_live++;
		pel_scheduler_add(&m.scheduler, &stations[i].task, 0);
	}
	atomic_store(&stations[0].token, ROUNDS);
	machine_start(&m);
	ck_assert_int_eq(machine_end(&m), PEL_RUN_DONE);
}
END_TEST

/* ---- wake-ups from outside ---- */

#define POSTS 2000u

struct box {
	struct pel_task task;
	atomic_uint posted;
	uint64_t taken; /* the owner's */
	bool own;
};

static enum pel_task_step empty_box(struct pel_task *task, void *context, uint64_t *clock)
{
	struct box *box = (struct box *)task;
	unsigned n = atomic_exchange(&box->posted, 0);

	(void)context;
	(void)clock;
	box->taken += n;
	return box->taken == POSTS ? PEL_TASK_ENDED : n ? PEL_TASK_RAN : PEL_TASK_WAITS;
}

struct poster {
	struct machine *m;
	struct box *boxes;
	unsigned n;
};

static void *post(void *data)
{
	struct poster *p = data;

	for (unsigned i = 0; i < POSTS; i++)
		for (unsigned k = 0; k < p->n; k++) {
			atomic_fetch_add(&p->boxes[k].posted, 1);
			pel_task_wake(&p->boxes[k].task, NULL, i & 1);
			if (i % 97 == 0)
				sched_yield();
		}
	pel_outcome_outside(&p->m->outcome, -1);
	return NULL;
}

START_TEST(no_wake_up_from_outside_is_lost)
{
	enum { N = 5 };
	struct box boxes[N] = { 0 };
	struct machine m;
	struct poster poster = { &m, boxes, N };
	pthread_t thread;

	machine_init(&m, worker_counts[_i], 2);
	m.outcome.n_outside++; /* the poster */
	for (uint32_t i = 0; i < N; i++) {
		pel_task_init(&boxes[i].task, &m.scheduler, empty_box);
		m.outcome.n_live++;
		if (i < 2) /* two of them have threads of their own */
			pel_scheduler_give_thread(&m.scheduler, &boxes[i].task, i);
		pel_scheduler_add(&m.scheduler, &boxes[i].task, 0);
	}
	machine_start(&m);
	ck_assert_int_eq(pthread_create(&thread, NULL, post, &poster), 0);
	ck_assert_int_eq(machine_end(&m), PEL_RUN_DONE);
	pthread_join(thread, NULL);
	for (uint32_t i = 0; i < N; i++)
		ck_assert_uint_eq(boxes[i].taken, POSTS);
	ck_assert_uint_eq(m.n_begun, worker_counts[_i] + 2);
}
END_TEST

/* ---- fairness and stealing ---- */

struct talker {
	struct pel_task task;
	struct talker *other;
	atomic_bool *enough;
};

/* Two that call each other to the front of the queue, for ever. */
static enum pel_task_step talk(struct pel_task *task, void *context, uint64_t *clock)
{
	struct talker *t = (struct talker *)task;

	(void)context;
	(void)clock;
	pel_task_wake(&t->other->task, task, true);
	return atomic_load(t->enough) ? PEL_TASK_ENDED : PEL_TASK_WAITS;
}

struct quiet {
	struct pel_task task;
	unsigned steps;
	atomic_bool *enough;
};

static enum pel_task_step count_to_hundred(struct pel_task *task, void *context, uint64_t *clock)
{
	struct quiet *q = (struct quiet *)task;

	(void)context;
	(void)clock;
	if (++q->steps < 100)
		return PEL_TASK_RAN;
	atomic_store(q->enough, true);
	return PEL_TASK_ENDED;
}

START_TEST(two_urgent_tasks_do_not_starve_a_third)
{
	atomic_bool enough = false;
	struct talker talkers[2] = { { .other = &talkers[1], .enough = &enough },
				     { .other = &talkers[0], .enough = &enough } };
	struct quiet quiet = { .enough = &enough };
	struct machine m;

	machine_init(&m, 1, 0);
	add(&m, &talkers[0].task, 0, talk);
	add(&m, &talkers[1].task, 0, talk);
	add(&m, &quiet.task, 0, count_to_hundred);
	machine_start(&m);
	ck_assert_int_eq(machine_end(&m), PEL_RUN_DONE);
	ck_assert_uint_eq(quiet.steps, 100);
}
END_TEST

struct stuck {
	struct pel_task task;
	atomic_uint *left; /* that have not run */
	bool first;
};

/* The first task does not return before all others have run; they must run on other workers, because it blocks this one. */
static enum pel_task_step be_in_the_way(struct pel_task *task, void *context, uint64_t *clock)
{
	struct stuck *s = (struct stuck *)task;

	(void)context;
	(void)clock;
	if (!s->first)
		atomic_fetch_sub(s->left, 1);
	while (s->first && atomic_load(s->left))
		sched_yield();
	return PEL_TASK_ENDED;
}

START_TEST(tasks_behind_a_long_step_are_stolen)
{
	enum { N = 100 };
	struct stuck tasks[N] = { 0 };
	atomic_uint left = N - 1;
	struct machine m;

	machine_init(&m, 2, 0);
	for (uint32_t i = 0; i < N; i++) {
		tasks[i].left = &left;
		tasks[i].first = i == 0;
		add(&m, &tasks[i].task, 0, be_in_the_way);
	}
	machine_start(&m);
	ck_assert_int_eq(machine_end(&m), PEL_RUN_DONE);
}
END_TEST

/* The same where those behind are woken by the long step itself, while the other worker sleeps. */
struct called {
	struct pel_task task;
	atomic_bool asked, done;
};

struct caller {
	struct pel_task task;
	struct called *called;
};

static enum pel_task_step call_and_wait(struct pel_task *task, void *context, uint64_t *clock)
{
	struct called *called = ((struct caller *)task)->called;

	(void)context;
	(void)clock;
	atomic_store(&called->asked, true);
	pel_task_wake(&called->task, task, true);
	while (!atomic_load(&called->done))
		sched_yield();
	return PEL_TASK_ENDED;
}

static enum pel_task_step wait_until_asked(struct pel_task *task, void *context, uint64_t *clock)
{
	struct called *called = (struct called *)task;

	(void)context;
	(void)clock;
	if (!atomic_load(&called->asked))
		return PEL_TASK_WAITS;
	atomic_store(&called->done, true);
	return PEL_TASK_ENDED;
}

START_TEST(what_a_lengthy_task_wakes_does_not_wait_for_its_end)
{
	struct called called = { .asked = false };
	struct caller caller = { .called = &called };
	struct machine m;

	machine_init(&m, 2, 0);
	add(&m, &called.task, 0, wait_until_asked);
	add(&m, &caller.task, 0, call_and_wait);
	caller.task.lengthy = true;
	m.outcome.n_outside++; /* it is not a stall that both may sleep for a moment */
	machine_start(&m);
	ck_assert_int_eq(machine_end(&m), PEL_RUN_DONE);
}
END_TEST

/* ---- ends ---- */

static enum pel_task_step wait_for_ever(struct pel_task *task, void *context, uint64_t *clock)
{
	(void)task;
	(void)context;
	(void)clock;
	return PEL_TASK_WAITS;
}

START_TEST(everybody_asleep_is_a_stall_that_is_explained_once)
{
	struct pel_task tasks[10];
	struct machine m;

	machine_init(&m, worker_counts[_i], 1);
	for (uint32_t i = 0; i < 9; i++)
		add(&m, &tasks[i], i % worker_counts[_i], wait_for_ever);
	pel_task_init(&tasks[9], &m.scheduler, wait_for_ever);
	m.outcome.n_live++;
	pel_scheduler_give_thread(&m.scheduler, &tasks[9], 0);
	machine_start(&m);
	ck_assert_int_eq(machine_end(&m), PEL_RUN_STALLED);
	ck_assert_uint_eq(m.explained, 1);
}
END_TEST

static enum pel_task_step spin(struct pel_task *task, void *context, uint64_t *clock)
{
	(void)task;
	(void)context;
	(void)clock;
	return PEL_TASK_RAN;
}

START_TEST(decided_outcome_ends_busy_and_sleeping_threads)
{
	struct pel_task busy[3], asleep[3], own;
	struct machine m;

	machine_init(&m, worker_counts[_i], 1);
	for (uint32_t i = 0; i < 3; i++) {
		add(&m, &busy[i], 0, spin);
		add(&m, &asleep[i], 0, wait_for_ever);
	}
	pel_task_init(&own, &m.scheduler, wait_for_ever);
	pel_scheduler_give_thread(&m.scheduler, &own, 0);
	machine_start(&m);
	for (unsigned i = 0; i < 100; i++)
		sched_yield();
	pel_outcome_decide(&m.outcome, PEL_RUN_STOPPED, 0);
	ck_assert_int_eq(machine_end(&m), PEL_RUN_STOPPED);
}
END_TEST

static enum pel_task_step give_up(struct pel_task *task, void *context, uint64_t *clock)
{
	struct machine *m = context;

	(void)task;
	(void)clock;
	pel_outcome_fail(&m->outcome, PEL_RUN_FAILED, -EIO, (struct pel_place){ 0 }, NULL, "it failed");
	return PEL_TASK_FAILED;
}

START_TEST(failed_task_is_not_run_again)
{
	struct pel_task tasks[4];
	struct machine m;

	machine_init(&m, worker_counts[_i], 0);
	for (uint32_t i = 0; i < 4; i++)
		add(&m, &tasks[i], 0, i ? spin : give_up);
	machine_start(&m);
	ck_assert_int_eq(machine_end(&m), PEL_RUN_FAILED);
}
END_TEST

static enum pel_task_step leave(struct pel_task *task, void *context, uint64_t *clock)
{
	(void)task;
	(void)context;
	(void)clock;
	pthread_exit(NULL);
}

START_TEST(step_that_ends_its_thread_is_noticed)
{
	struct pel_task task;
	struct machine m;

	machine_init(&m, 2, 0);
	add(&m, &task, 0, leave);
	machine_start(&m);
	ck_assert_int_eq(machine_end(&m), PEL_RUN_FAILED);
	ck_assert_uint_eq(m.n_lost, 1);
}
END_TEST

START_TEST(threads_that_cannot_be_had_are_an_error)
{
	struct pel_error err = { 0 };
	struct machine m;

	machine_init(&m, 2, 0);
	ck_assert_int_eq(pel_threads_start(&m.scheduler, false, 1, &err), -EINVAL);
	ck_assert_ptr_nonnull(strstr(err.items[0].text, "a thread cannot have a stack of 1 bytes"));
	pel_error_fini(&err);
	pel_outcome_decide(&m.outcome, PEL_RUN_STOPPED, 0);
	machine_end(&m);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("scheduler");
	TCase *waking = tcase_create("waking"), *ends = tcase_create("ends");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_loop_test(waking, no_wake_up_is_lost_between_two_tasks, 0, N_WORKER_COUNTS);
	tcase_add_loop_test(waking, ten_thousand_tasks_each_have_their_turn, 0, N_WORKER_COUNTS);
	tcase_add_loop_test(waking, bound_tasks_wake_their_own_workers, 0, N_WORKER_COUNTS);
	tcase_add_loop_test(waking, no_wake_up_from_outside_is_lost, 0, N_WORKER_COUNTS);
	tcase_add_test(waking, two_urgent_tasks_do_not_starve_a_third);
	tcase_add_test(waking, tasks_behind_a_long_step_are_stolen);
	tcase_add_test(waking, what_a_lengthy_task_wakes_does_not_wait_for_its_end);
	tcase_set_timeout(waking, 100);
	tcase_add_loop_test(ends, everybody_asleep_is_a_stall_that_is_explained_once, 0, N_WORKER_COUNTS);
	tcase_add_loop_test(ends, decided_outcome_ends_busy_and_sleeping_threads, 0, N_WORKER_COUNTS);
	tcase_add_loop_test(ends, failed_task_is_not_run_again, 0, N_WORKER_COUNTS);
	tcase_add_test(ends, step_that_ends_its_thread_is_noticed);
	tcase_add_test(ends, threads_that_cannot_be_had_are_an_error);
	tcase_set_timeout(ends, 100);
	suite_add_tcase(suite, waking);
	suite_add_tcase(suite, ends);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
