/* SPDX-License-Identifier: Apache-2.0 */
#include <check.h>
#include <pthread.h>
#include <stdlib.h>
#include "trace.h"

/* The trace of a thread, read by another one while it is written. */

#define EVENTS 20000u /* several chunks of memory */

static void *write_events(void *data)
{
	static const char *const names[] = { "a", "b", "c" };

	for (uint64_t i = 0; i < EVENTS; i++)
		pel_trace_add(data, names[i % 3], 10 * i, 10 * i + 3);
	return NULL;
}

START_TEST(published_events_are_complete)
{
	struct pel_trace *trace;
	uint64_t seen = 0;
	pthread_t thread;

	ck_assert_int_eq(pel_trace_create(&trace), 0);
	ck_assert_uint_eq(pel_trace_count(trace), 0);
	ck_assert_int_eq(pthread_create(&thread, NULL, write_events, trace), 0);
	while (seen < EVENTS)
		for (uint64_t count = pel_trace_count(trace); seen < count; seen++) {
			const struct pel_trace_event *event = pel_trace_event(trace, seen);

			ck_assert_uint_eq(event->start_ns, 10 * seen);
			ck_assert_uint_eq(event->end_ns, 10 * seen + 3);
			ck_assert_int_eq(event->name[0], "abc"[seen % 3]);
		}
	pthread_join(thread, NULL);
	ck_assert_uint_eq(pel_trace_count(trace), EVENTS);
	ck_assert_uint_eq(pel_trace_lost(trace), 0);
	pel_trace_destroy(trace);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("trace");
	TCase *c = tcase_create("trace");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_test(c, published_events_are_complete);
	suite_add_tcase(suite, c);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
