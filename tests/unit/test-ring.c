/* SPDX-License-Identifier: Apache-2.0 */
#include <check.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "ring.h"

/* A ring of u32 tokens with its memory. */
struct fixture {
	struct pel_ring ring;
	struct pel_ring_reader readers[4];
	uint32_t *slots;
};

static void fixture_init(struct fixture *f, uint64_t n_slots, uint64_t mirror, uint32_t n_readers,
			 uint64_t capacity, uint64_t history, uint64_t initial, const uint32_t *values)
{
	memset(f, 0, sizeof(*f));
	f->slots = calloc(n_slots + mirror, sizeof(uint32_t));
	for (uint32_t i = 0; i < n_readers; i++) {
		f->readers[i].capacity = capacity;
		f->readers[i].history = history;
	}
	pel_ring_init(&f->ring, (unsigned char *)f->slots, n_slots, mirror, sizeof(uint32_t), f->readers,
		      n_readers, initial, values);
}

static bool push(struct fixture *f, uint32_t value)
{
	uint64_t run;
	uint32_t *window;

	if (!pel_ring_room(&f->ring, 1))
		return false;
	window = pel_ring_reserve(&f->ring, 0, &run);
	*window = value;
	pel_ring_commit(&f->ring, 1);
	return true;
}

static int64_t pop(struct fixture *f, uint32_t reader)
{
	uint64_t run;
	uint32_t value;

	if (!pel_ring_fill(&f->ring, &f->readers[reader], 1))
		return -1;
	value = *(const uint32_t *)pel_ring_peek(&f->ring, &f->readers[reader], 0, &run);
	pel_ring_release(&f->ring, &f->readers[reader], 1);
	return value;
}

static const uint64_t capacities[] = { 1, 2, 3, 4, 7, 1024 };
#define N_CAPACITIES ((int)(sizeof(capacities) / sizeof(capacities[0])))

START_TEST(full_ring_has_room_again_after_one_release)
{
	uint64_t capacity = capacities[_i];
	struct fixture f;

	fixture_init(&f, capacity, 0, 1, capacity, 0, 0, NULL);
	for (uint32_t lap = 0; lap < 3; lap++) {
		for (uint32_t i = 0; i < capacity; i++)
			ck_assert(push(&f, lap * 5000 + i));
		ck_assert(!push(&f, 9));
		ck_assert_int_eq(pop(&f, 0), lap * 5000);
		ck_assert(push(&f, 77));
		ck_assert(!push(&f, 9));
		for (uint32_t i = 1; i < capacity; i++)
			ck_assert_int_eq(pop(&f, 0), lap * 5000 + i);
		ck_assert_int_eq(pop(&f, 0), 77);
		ck_assert_int_eq(pop(&f, 0), -1);
	}
	free(f.slots);
}
END_TEST

START_TEST(capacity_is_an_exact_limit_where_memory_is_larger)
{
	struct fixture f;

	fixture_init(&f, 16, 0, 1, 5, 0, 0, NULL);
	for (int i = 0; i < 5; i++)
		ck_assert(push(&f, 1));
	ck_assert(!push(&f, 1));
	ck_assert_uint_eq(pel_ring_refresh_room(&f.ring), 0);
	free(f.slots);
}
END_TEST

START_TEST(initial_tokens_are_read_first)
{
	static const uint32_t values[] = { 3, 1, 4 };
	struct fixture f;

	fixture_init(&f, 4, 2, 1, 4, 0, 3, values);
	ck_assert(push(&f, 1));
	ck_assert(!push(&f, 5));
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(pop(&f, 0), values[i]);
	ck_assert_int_eq(pop(&f, 0), 1);
	ck_assert_uint_eq(f.readers[0].high_water, 4);
	free(f.slots);
}
END_TEST

START_TEST(slowest_open_reader_limits_the_producer)
{
	struct fixture f;

	fixture_init(&f, 4, 0, 3, 4, 0, 0, NULL);
	for (uint32_t i = 0; i < 4; i++)
		ck_assert(push(&f, i));
	ck_assert_int_eq(pop(&f, 0), 0);
	ck_assert_int_eq(pop(&f, 1), 0);
	ck_assert(!push(&f, 4));
	pel_ring_close(&f.readers[2]);
	ck_assert(push(&f, 4));
	ck_assert(!f.ring.abandoned);
	pel_ring_close(&f.readers[0]);
	pel_ring_close(&f.readers[1]);
	pel_ring_refresh_room(&f.ring);
	ck_assert(f.ring.abandoned);
	for (uint32_t i = 0; i < 100; i++) /* discarded */
		ck_assert(push(&f, i));
	free(f.slots);
}
END_TEST

/* Every window up to the guaranteed length is contiguous wherever it starts, and history lies before it: zeros before the first token. */
START_TEST(windows_and_history_are_contiguous_at_the_wrap)
{
	for (uint64_t history = 0; history <= 5; history++)
		for (uint64_t take = 1; take <= 4; take++)
			for (uint64_t put = 1; put <= 4; put++) {
				uint64_t capacity = take + put + 3,
					 mirror = history + take > put ? history + take : put;
				uint64_t n_slots = capacity + history > mirror ? capacity + history : mirror;
				uint32_t next_in = 1, next_out = 1;
				struct fixture f;

				fixture_init(&f, n_slots, mirror, 1, capacity, history, 0, NULL);
				for (int step = 0; step < 400; step++) {
					uint64_t run;

					if (pel_ring_room(&f.ring, put) >= put) {
						uint32_t *window = pel_ring_reserve(&f.ring, 0, &run);

						ck_assert_uint_ge(run, put);
						for (uint64_t i = 0; i < put; i++)
							window[i] = next_in++;
						pel_ring_commit(&f.ring, put);
					}
					if (pel_ring_fill(&f.ring, &f.readers[0], take) >= take) {
						const uint32_t *window =
							pel_ring_peek(&f.ring, &f.readers[0], 0, &run);

						ck_assert_uint_ge(run, take);
						for (int64_t i = -(int64_t)history; i < (int64_t)take; i++) {
							int64_t expected = (int64_t)next_out + i;

							ck_assert_int_eq(window[i],
									 expected < 0 ? 0 : expected);
						}
						next_out += (uint32_t)take;
						pel_ring_release(&f.ring, &f.readers[0], take);
					}
				}
				ck_assert_uint_gt(next_out, 100);
				free(f.slots);
			}
}
END_TEST

START_TEST(window_ahead_of_the_head_is_the_one_reached_by_releasing)
{
	struct fixture f;
	uint64_t run;

	fixture_init(&f, 8, 4, 1, 8, 0, 0, NULL);
	for (uint32_t round = 0; round < 20; round++) {
		for (uint32_t i = 0; i < 5; i++)
			ck_assert(push(&f, round * 10 + i));
		ck_assert_uint_eq(pel_ring_fill(&f.ring, &f.readers[0], 5), 5);
		for (uint32_t i = 0; i < 5; i++)
			ck_assert_uint_eq(*(const uint32_t *)pel_ring_peek(&f.ring, &f.readers[0], i, &run),
					  round * 10 + i);
		pel_ring_release(&f.ring, &f.readers[0], 5);
	}
	free(f.slots);
}
END_TEST

/* ---- two and more threads ---- */

#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
#define STRESS_TOKENS 50000u
#else
#define STRESS_TOKENS 300000u
#endif
/* Fewer tokens on a busy machine, where each yield may cost a time slice of each other thread. But each slot is used at least so often. */
#define STRESS_S     4
#define STRESS_TURNS 32u

struct stress {
	struct fixture *f;
	uint32_t reader, most;
	uint32_t least; /* tokens, however long they take */
	uint64_t sum, bad;
};

static void *produce(void *data)
{
	struct stress *s = data;
	time_t end = time(NULL) + STRESS_S;
	uint32_t next = 0, random = 1;

	while (next < STRESS_TOKENS && (next < s->least || time(NULL) <= end)) {
		uint64_t run, n = pel_ring_room(&s->f->ring, 1);
		uint32_t *window = pel_ring_reserve(&s->f->ring, 0, &run);

		random = random * 1664525u + 1013904223u;
		n = n < run ? n : run;
		n = n < 1 + random % s->most ? n : 1 + random % s->most;
		n = n < STRESS_TOKENS - next ? n : STRESS_TOKENS - next;
		if (!n) {
			sched_yield();
			continue;
		}
		for (uint64_t i = 0; i < n; i++)
			window[i] = next++;
		pel_ring_commit(&s->f->ring, n);
	}
	s->sum = next;
	pel_ring_end(&s->f->ring);
	return NULL;
}

static void *consume(void *data)
{
	struct stress *s = data;
	struct pel_ring_reader *reader = &s->f->readers[s->reader];
	uint32_t next = 0, random = s->reader + 7;

	for (;;) {
		uint64_t run, n = pel_ring_fill(&s->f->ring, reader, 1);
		const uint32_t *window = pel_ring_peek(&s->f->ring, reader, 0, &run);

		if (!n && pel_ring_ended(&s->f->ring) && !pel_ring_fill(&s->f->ring, reader, 1))
			break;
		random = random * 1664525u + 1013904223u;
		n = n < run ? n : run;
		n = n < 1 + random % s->most ? n : 1 + random % s->most;
		if (!n) {
			sched_yield();
			continue;
		}
		for (uint64_t i = 0; i < n; i++)
			s->bad += window[i] != next++;
		for (uint64_t i = 0; i < reader->history && i < next - n; i++)
			s->bad += window[-1 - (int64_t)i] != next - n - 1 - i;
		s->sum += n;
		pel_ring_release(&s->f->ring, reader, n);
	}
	return NULL;
}

static const struct {
	uint64_t n_slots, mirror, capacity, history;
	uint32_t n_readers, most;
} shapes[] = {
	{ 1, 0, 1, 0, 1, 1 },	    { 64, 0, 64, 0, 1, 16 }, { 64, 16, 50, 7, 1, 16 },
	{ 128, 32, 100, 9, 3, 40 }, { 4, 4, 3, 1, 2, 3 },
};

START_TEST(threads_see_every_token_once_in_order)
{
	struct fixture f;
	uint32_t least = STRESS_TURNS * (uint32_t)shapes[_i].n_slots;
	struct stress producer = { .f = &f, .most = shapes[_i].most, .least = least }, readers[4];
	pthread_t threads[5];

	fixture_init(&f, shapes[_i].n_slots, shapes[_i].mirror, shapes[_i].n_readers, shapes[_i].capacity,
		     shapes[_i].history, 0, NULL);
	for (uint32_t r = 0; r < shapes[_i].n_readers; r++) {
		readers[r] = (struct stress){ .f = &f, .reader = r, .most = shapes[_i].most };
		ck_assert_int_eq(pthread_create(&threads[r], NULL, consume, &readers[r]), 0);
	}
	ck_assert_int_eq(pthread_create(&threads[4], NULL, produce, &producer), 0);
	pthread_join(threads[4], NULL);
	ck_assert_uint_ge(producer.sum, least);
	ck_assert_uint_le(producer.sum, STRESS_TOKENS);
	for (uint32_t r = 0; r < shapes[_i].n_readers; r++) {
		pthread_join(threads[r], NULL);
		ck_assert_uint_eq(readers[r].sum, producer.sum);
		ck_assert_uint_eq(readers[r].bad, 0);
	}
	free(f.slots);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("ring");
	TCase *one = tcase_create("one thread"), *many = tcase_create("threads");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_loop_test(one, full_ring_has_room_again_after_one_release, 0, N_CAPACITIES);
	tcase_add_test(one, capacity_is_an_exact_limit_where_memory_is_larger);
	tcase_add_test(one, initial_tokens_are_read_first);
	tcase_add_test(one, slowest_open_reader_limits_the_producer);
	tcase_add_test(one, windows_and_history_are_contiguous_at_the_wrap);
	tcase_add_test(one, window_ahead_of_the_head_is_the_one_reached_by_releasing);
	tcase_add_loop_test(many, threads_see_every_token_once_in_order, 0,
			    (int)(sizeof(shapes) / sizeof(shapes[0])));
	tcase_set_timeout(many, 120);
	suite_add_tcase(suite, one);
	suite_add_tcase(suite, many);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
