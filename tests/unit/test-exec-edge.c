/* SPDX-License-Identifier: Apache-2.0 */
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include "edge.h"

/* Token arithmetic, and the ports of one actor on rings that are made here, without a graph. */

/* ---- rates ---- */

static const struct {
	uint32_t n;
	uint64_t phases[5];
} cycles[] = { { 1, { 1 } }, { 1, { 7 } }, { 3, { 1, 0, 2 } }, { 2, { 0, 3 } }, { 5, { 4, 0, 0, 1, 2 } } };
#define N_CYCLES ((int)(sizeof(cycles) / sizeof(cycles[0])))

START_TEST(tokens_of_firings_are_the_sum_of_their_phases)
{
	uint64_t sums[6];
	struct pel_rates rates;

	pel_rates_set(&rates, cycles[_i].phases, cycles[_i].n, sums);
	for (uint64_t first = 0; first < 12; first++) {
		uint64_t sum = 0;

		for (uint64_t n = 0; n < 20; n++) {
			ck_assert_uint_eq(pel_rates_tokens(&rates, first, n), sum);
			sum += cycles[_i].phases[(first + n) % cycles[_i].n];
		}
	}
}
END_TEST

START_TEST(firings_are_the_most_that_tokens_are_enough_for)
{
	uint64_t sums[6];
	struct pel_rates rates;

	pel_rates_set(&rates, cycles[_i].phases, cycles[_i].n, sums);
	for (uint64_t first = 0; first < 12; first++)
		for (uint64_t tokens = 0; tokens < 40; tokens++) {
			uint64_t n = pel_rates_firings(&rates, first, tokens);

			ck_assert_uint_le(pel_rates_tokens(&rates, first, n), tokens);
			ck_assert_uint_gt(pel_rates_tokens(&rates, first, n + 1), tokens);
		}
}
END_TEST

/* ---- an actor of one input and one output ---- */

#define SLOTS 16u

struct bell {
	struct pel_waker waker;
	unsigned rung, urgent;
	const struct pel_task *from;
};

static void ring_bell(const struct pel_waker *waker, const struct pel_task *from, bool urgent)
{
	struct bell *bell = (struct bell *)waker; /* its first member */

	bell->rung++;
	bell->urgent += urgent;
	bell->from = from;
}

static void bell_init(struct bell *bell)
{
	memset(bell, 0, sizeof(*bell));
	bell->waker.wake = ring_bell;
}

/* Input ring -> actor -> two output rings, as where initial tokens differ; the second has two readers. */
struct fixture {
	struct pel_ring in_ring, out_ring[2];
	struct pel_ring_reader in_reader, out_reader[3];
	uint32_t in_slots[SLOTS], out_slots[2][SLOTS];
	struct bell writer, reader[3];
	const struct pel_waker *wakers[3];
	struct pel_in_port in;
	struct pel_out_port out;
	struct pel_out_ring rings[2];
	struct pel_ports ports;
	/* of a call */
	const void *in_windows[1];
	void *out_windows[1];
	size_t in_tokens[1], out_tokens[1], consumed[1], produced[1], fired;
	struct pel_io io;
};

static const struct pel_task task;

static void fixture_init(struct fixture *f, uint64_t in_rate, uint64_t out_rate, uint64_t capacity)
{
	memset(f, 0, sizeof(*f));
	f->in_reader.capacity = SLOTS;
	pel_ring_init(&f->in_ring, (unsigned char *)f->in_slots, SLOTS, 0, 4, &f->in_reader, 1, 0, NULL);
	for (unsigned i = 0; i < 3; i++) {
		f->out_reader[i].capacity = capacity;
		bell_init(&f->reader[i]);
		f->wakers[i] = &f->reader[i].waker;
	}
	bell_init(&f->writer);
	for (unsigned r = 0; r < 2; r++) {
		pel_ring_init(&f->out_ring[r], (unsigned char *)f->out_slots[r], SLOTS, 0, 4,
			      &f->out_reader[r], r + 1, 0, NULL);
		f->rings[r] = (struct pel_out_ring){ .ring = &f->out_ring[r], .readers = &f->wakers[r] };
	}
	f->in = (struct pel_in_port){
		.ring = &f->in_ring, .reader = &f->in_reader, .writer = &f->writer.waker, .token_bytes = 4
	};
	f->out = (struct pel_out_port){ .n_rings = 2, .token_bytes = 4, .rings = f->rings };
	pel_rates_set(&f->in.rates, &in_rate, 1, NULL);
	pel_rates_set(&f->out.rates, &out_rate, 1, NULL);
	f->ports = (struct pel_ports){ .in = &f->in, .out = &f->out, .n_in = 1, .n_out = 1 };
	f->io = (struct pel_io){ f->in_windows, f->out_windows, f->in_tokens, f->out_tokens,
				 f->consumed,	f->produced,	&f->fired,    0 };
}

static void feed(struct fixture *f, unsigned n)
{
	while (n--) {
		uint64_t run;

		ck_assert_uint_gt(pel_ring_room(&f->in_ring, 1), 0);
		*(uint32_t *)pel_ring_reserve(&f->in_ring, 0, &run) = (uint32_t)atomic_load(&f->in_ring.tail);
		pel_ring_commit(&f->in_ring, 1);
	}
}

START_TEST(inputs_bound_the_firings_and_say_what_they_wait_for)
{
	struct fixture f;
	uint64_t firings = UINT64_MAX;
	uint32_t port = 9;

	fixture_init(&f, 3, 1, SLOTS);
	feed(&f, 2);
	ck_assert_int_eq(pel_ports_inputs(&f.ports, 0, &firings, &port), PEL_INPUT_WAIT);
	ck_assert_uint_eq(port, 0);
	feed(&f, 6);
	ck_assert_int_eq(pel_ports_inputs(&f.ports, 0, &firings, &port), PEL_INPUT_READY);
	ck_assert_uint_eq(firings, 2);
	pel_ports_claim(&f.ports, 0, 2, true); /* two tokens are left after those */
	ck_assert_int_eq(pel_ports_inputs(&f.ports, 2, &firings, &port), PEL_INPUT_WAIT);
	pel_ring_end(&f.in_ring);
	ck_assert_int_eq(pel_ports_inputs(&f.ports, 2, &firings, &port), PEL_INPUT_SHORT);
	pel_ports_claim(&f.ports, 0, 2, false);
	ck_assert_uint_eq(f.in.claimed, 0);
}
END_TEST

START_TEST(outputs_bound_the_firings_by_the_slowest_reader)
{
	struct fixture f;
	uint64_t firings = UINT64_MAX;
	uint32_t port = 9;

	fixture_init(&f, 1, 2, 5);
	ck_assert(pel_ports_outputs(&f.ports, 0, &firings, &port));
	ck_assert_uint_eq(firings, 2);
	pel_out_commit(&f.out, 4, &task);
	ck_assert(!pel_ports_outputs(&f.ports, 2, &firings, &port));
	ck_assert_uint_eq(port, 0);
	for (unsigned i = 0; i < 3; i++) { /* each reader that takes its tokens leaves it to the others */
		const struct pel_ring *ring = &f.out_ring[i > 0];

		ck_assert(!pel_ports_outputs(&f.ports, 2, &firings, &port));
		pel_ring_fill(ring, &f.out_reader[i], 4);
		pel_ring_release(ring, &f.out_reader[i], 4);
	}
	ck_assert(pel_ports_outputs(&f.ports, 2, &firings, &port));
}
END_TEST

START_TEST(windows_come_after_what_is_claimed)
{
	struct fixture f;

	fixture_init(&f, 2, 3, SLOTS);
	feed(&f, 6);
	pel_ports_claim(&f.ports, 0, 1, true);
	ck_assert(pel_ports_outputs(&f.ports, 1, &(uint64_t){ 1 }, &(uint32_t){ 0 }));
	ck_assert_int_eq(pel_ports_inputs(&f.ports, 1, &(uint64_t){ 1 }, &(uint32_t){ 0 }), PEL_INPUT_READY);
	pel_ports_windows(&f.ports, 1, 2, &f.io);
	ck_assert_uint_eq(f.io.first, 1);
	ck_assert_uint_eq(f.in_tokens[0], 4);
	ck_assert_uint_eq(f.out_tokens[0], 6);
	ck_assert_uint_eq(*(const uint32_t *)f.in_windows[0], 2);
	ck_assert_ptr_eq(f.out_windows[0], &f.out_slots[0][3]);
}
END_TEST

START_TEST(commit_copies_to_all_rings_and_wakes_the_neighbours)
{
	struct fixture f;
	uint64_t run;

	fixture_init(&f, 1, 2, SLOTS);
	feed(&f, 3);
	ck_assert_int_eq(pel_ports_inputs(&f.ports, 0, &(uint64_t){ 3 }, &(uint32_t){ 0 }), PEL_INPUT_READY);
	ck_assert(pel_ports_outputs(&f.ports, 0, &(uint64_t){ 3 }, &(uint32_t){ 0 }));
	pel_ports_windows(&f.ports, 0, 3, &f.io);
	for (uint32_t i = 0; i < 6; i++)
		((uint32_t *)f.out_windows[0])[i] = 100 + i;
	pel_ports_commit(&f.ports, 0, 3, &task);
	for (unsigned i = 0; i < 3; i++) {
		const struct pel_ring *ring = &f.out_ring[i > 0];
		const uint32_t *window = pel_ring_peek(ring, &f.out_reader[i], 0, &run);

		ck_assert_uint_eq(pel_ring_fill(ring, &f.out_reader[i], 6), 6);
		ck_assert_uint_eq(window[0], 100);
		ck_assert_uint_eq(window[5], 105);
		ck_assert_uint_eq(f.reader[i].rung, 1);
		ck_assert_uint_eq(f.reader[i].urgent, 1); /* readers of what is in the cache first */
		ck_assert_ptr_eq(f.reader[i].from, &task);
	}
	ck_assert_uint_eq(f.writer.rung, 1);
	ck_assert_uint_eq(f.writer.urgent, 0);
	ck_assert_uint_eq(atomic_load(&f.in_reader.head), 3);
}
END_TEST

START_TEST(nothing_moved_wakes_nobody)
{
	struct fixture f;

	fixture_init(&f, 1, 1, SLOTS);
	pel_ports_commit(&f.ports, 0, 0, &task);
	ck_assert_uint_eq(f.writer.rung + f.reader[0].rung + f.reader[1].rung + f.reader[2].rung, 0);
}
END_TEST

START_TEST(end_is_seen_and_told_on_both_sides)
{
	struct fixture f;

	fixture_init(&f, 1, 1, SLOTS);
	pel_ports_end(&f.ports, &task);
	ck_assert(atomic_load(&f.in_reader.closed));
	ck_assert(pel_ring_ended(&f.out_ring[0]) && pel_ring_ended(&f.out_ring[1]));
	for (unsigned i = 0; i < 3; i++)
		ck_assert_uint_eq(f.reader[i].rung, 1);
	ck_assert_uint_eq(f.writer.rung, 1);
}
END_TEST

START_TEST(actor_is_abandoned_when_its_last_reader_is_gone)
{
	struct fixture f;

	fixture_init(&f, 1, 1, SLOTS);
	for (unsigned i = 0; i < 3; i++) {
		ck_assert(!pel_ports_abandoned_now(&f.ports));
		pel_ring_close(&f.out_reader[i]);
	}
	ck_assert(!pel_ports_abandoned(&f.ports)); /* it has not looked since */
	ck_assert(pel_ports_abandoned_now(&f.ports));
	f.ports.effects = true;
	ck_assert(!pel_ports_abandoned_now(&f.ports));
	f.ports.effects = false;
	f.ports.n_out = 0; /* without outputs nobody can leave it */
	ck_assert(!pel_ports_abandoned_now(&f.ports));
}
END_TEST

START_TEST(pending_flag_is_taken_once)
{
	atomic_bool pending = false;

	ck_assert(!pel_pending_take(&pending));
	for (int i = 0; i < 2; i++) {
		if (i)
			pel_pending_raise(&pending);
		else
			pel_pending_set(&pending);
		ck_assert(pel_pending_take(&pending));
		ck_assert(!pel_pending_take(&pending));
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("edge");
	TCase *c = tcase_create("edge");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_loop_test(c, tokens_of_firings_are_the_sum_of_their_phases, 0, N_CYCLES);
	tcase_add_loop_test(c, firings_are_the_most_that_tokens_are_enough_for, 0, N_CYCLES);
	tcase_add_test(c, inputs_bound_the_firings_and_say_what_they_wait_for);
	tcase_add_test(c, outputs_bound_the_firings_by_the_slowest_reader);
	tcase_add_test(c, windows_come_after_what_is_claimed);
	tcase_add_test(c, commit_copies_to_all_rings_and_wakes_the_neighbours);
	tcase_add_test(c, nothing_moved_wakes_nobody);
	tcase_add_test(c, end_is_seen_and_told_on_both_sides);
	tcase_add_test(c, actor_is_abandoned_when_its_last_reader_is_gone);
	tcase_add_test(c, pending_flag_is_taken_once);
	suite_add_tcase(suite, c);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
