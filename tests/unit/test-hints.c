/* SPDX-License-Identifier: Apache-2.0 */
/* What the page about a run advises. */
#include <check.h>
#include <errno.h>
#include <math.h>
#include <pelton/observe.h>
#include <stdlib.h>
#include <string.h>

#include "hand-plan.h"
#include "html.h"
#include "text.h"
#include "report-case.h"

/* `part` comes after `at`. Returns where. */
static const char *assert_after(const char *at, const char *part)
{
	at = strstr(at, part);
	ck_assert_msg(at != NULL, "no '%s' there in: %s", part, page);
	return at;
}

START_TEST(the_slowest_stage_is_named)
{
	make_run();
	stages[BLUR].busy_s = 9.7;
	write_run();
	assert_has("<li>The slowest stage is <b>blur</b>: busy 97" NBSP "% of the time.</li>");
	make_run();
	write_run();
	assert_has("<li>No stage was busy for half of the time; the busiest is <b>read</b>: 10" NBSP "%.</li>");
}
END_TEST

START_TEST(copies_are_advised_where_they_are_possible)
{
	struct pel_kernel stateless = { .name = "core.copy", .flags = PEL_KERNEL_STATELESS };
	static const char advice[] = " Its kernel is stateless: <code>copies=\"2\"</code> would divide its work "
				     "among workers.</li>";

	make_run();
	stages[BLUR].busy_s = 9.7;
	hand.actors[BLUR].kernel = &stateless;
	write_run();
	assert_has(advice);
	/* With one worker there is nobody to share with; with busy ones neither; and a dynamic actor has no copies. */
	make_run();
	hand.actors[BLUR].kernel = &stateless;
	stages[BLUR].busy_s = 7;
	stats.workers = 1;
	write_run();
	assert_lacks("stateless");
	make_run();
	for (int i = 0; i < N_STAGES; i++)
		stages[i].busy_s = 9.5;
	stages[BLUR].busy_s = 9.7;
	hand.actors[BLUR].kernel = &stateless;
	write_run();
	assert_lacks("stateless");
	assert_has("<li>The 4 workers were busy 96" NBSP
		   "% of the time: only more cores, or less work, would help.</li>");
	make_run();
	stages[BLUR].busy_s = 9.7;
	hand.actors[BLUR].kernel = &stateless;
	hand.actors[BLUR].dynamic = true;
	write_run();
	assert_lacks("stateless");
}
END_TEST

START_TEST(copies_are_one_stage_to_the_hints)
{
	struct pel_stage_stats copies[] = { { .id = "fir#1", .where = "cpu", .busy_s = 10 },
					    { .id = "fir#2", .where = "cpu", .busy_s = 8 } };

	hand_plan_init(&hand, "copies");
	hand_actor(&hand, "fir", "core.fir", 0, 0);
	hand.actors[0].copies = 2;
	hand_stage(&hand, 0, 1);
	predicted = (struct pel_prediction){ .size = sizeof(predicted) };
	stats = (struct pel_stats){ .size = sizeof(stats),
				    .predicted = &predicted,
				    .wall_s = 10,
				    .workers = 4,
				    .stages = POINTERS(copies),
				    .n_stages = 2 };
	report = (struct pel_report){ .size = sizeof(report), .plan = &hand.plan, .stats = &stats };
	write_run();
	assert_has("<li>The slowest stage is <b>fir</b>: its 2 copies were busy 90" NBSP "% of the time.</li>");
}
END_TEST

START_TEST(a_fused_stage_is_advised_to_be_split)
{
	static const char *const ids[] = { "a", "b" };
	struct pel_stage_stats fused[] = {
		{ .id = "a..b", .where = "cpu", .actors = ids, .n_actors = 2, .busy_s = 9 }
	};

	hand_plan_init(&hand, "fused");
	hand_actor(&hand, "a", "core.copy", 0, 0);
	hand_actor(&hand, "b", "core.copy", 0, 0);
	hand_stage(&hand, 0, 2);
	predicted = (struct pel_prediction){ .size = sizeof(predicted) };
	stats = (struct pel_stats){ .size = sizeof(stats),
				    .predicted = &predicted,
				    .wall_s = 10,
				    .workers = 2,
				    .stages = POINTERS(fused),
				    .n_stages = 1 };
	report = (struct pel_report){ .size = sizeof(report), .plan = &hand.plan, .stats = &stats };
	write_run();
	assert_has(" It is 2 actors in one; placed on two workers (<code>on=\"cpu:0\"</code>, "
		   "<code>on=\"cpu:1\"</code>) they would run side by side.</li>");
	assert_has("<th scope=\"row\">a..b<small>a, b</small></th>");
}
END_TEST

START_TEST(busy_workers_are_told_where_no_stage_stands_out)
{
	make_run();
	stats.workers = 1;
	stages[BLUR].busy_s = 4;
	stages[WRITE].busy_s = 3.5;
	write_run();
	assert_has("<li>The busiest stage is <b>blur</b>: 40" NBSP "% of the time.</li>\n"
		   "<li>The one worker was busy 95" NBSP
		   "% of the time: more of them, or less work, would help.</li>");
}
END_TEST

START_TEST(a_stage_with_its_own_thread_may_have_waited_outside)
{
	make_run();
	stages[READ].busy_s = 9.9;
	hand.stages[READ].blocking = true;
	write_run();
	assert_has("<b>read</b>: busy 99" NBSP
		   "% of the time. It runs on its own thread; time that it waits for the outside "
		   "in its calls counts as busy.</li>");
	assert_has("<dt>Workers busy</dt><dd>8" NBSP "%</dd>"); /* the other three */
}
END_TEST

START_TEST(a_full_channel_is_told_with_what_would_help)
{
	/* The reader is what is slow. */
	make_run();
	stages[GREY].wait_room_s = 6.2;
	stages[BLUR].busy_s = 9.7;
	channels[1].high_water = 64;
	write_run();
	assert_has("<li>Channel <code>grey.out-&#62;blur.in</code> was full most of the time: its writer <b>grey</b> "
		   "waited 6.20 s for room (62" NBSP "% of the time). Its reader <b>blur</b> was busy 97" NBSP
		   "% of the time: more capacity would hardly help.</li>");
	/* It is not: bursts. */
	make_run();
	stages[GREY].wait_room_s = 3.2;
	channels[1].high_water = 64;
	write_run();
	assert_has("was full at times: its writer <b>grey</b> waited 3.20 s for room (32" NBSP
		   "% of the time). A capacity above 64 may help.</li>");
	/* The reader was itself waiting for room: the cause is further on. */
	make_run();
	stages[GREY].wait_room_s = stages[BLUR].wait_room_s = 3.2;
	channels[1].high_water = channels[2].high_water = 64;
	write_run();
	assert_lacks("<code>grey.out-&#62;blur.in</code> was full");
	assert_has("<code>blur.out-&#62;write.in</code> was full");
	/* There was always room in it, or none waited. */
	make_run();
	stages[GREY].wait_room_s = 3.2;
	channels[1].high_water = 63;
	write_run();
	assert_lacks("was full");
	make_run();
	channels[1].high_water = 64;
	write_run();
	assert_lacks("was full");
}
END_TEST

START_TEST(a_channel_is_full_when_the_next_firing_does_not_fit)
{
	make_run();
	hand_rates(&hand, &hand.actors[GREY].out[0], 2, 1u, 20u);
	stages[GREY].wait_room_s = 3.2;
	channels[1].high_water = 45;
	write_run();
	assert_has("<code>grey.out-&#62;blur.in</code> was full");
	make_run();
	hand_rates(&hand, &hand.actors[GREY].out[0], 2, 1u, 20u);
	stages[GREY].wait_room_s = 3.2;
	channels[1].high_water = 44;
	write_run();
	assert_lacks("was full");
}
END_TEST

START_TEST(slow_ports_are_told)
{
	struct pel_stage_stats copy[] = { { .id = "copy", .where = "cpu", .wait_input_s = 7, .wait_room_s = 2 } };
	struct pel_channel_stats both[] = { { .name = "x->copy.in",
					      .from = "x",
					      .to = "copy.in",
					      .capacity = 8,
					      .high_water = 1,
					      .tokens = 10,
					      .left_over = 0,
					      .warn_left_over = false },
					    { .name = "copy.out->y",
					      .from = "copy.out",
					      .to = "y",
					      .capacity = 8,
					      .high_water = 8,
					      .tokens = 10,
					      .left_over = 0,
					      .warn_left_over = false } };

	hand_plan_init(&hand, "ports");
	hand_boundary(&hand, "x", true);
	hand_actor(&hand, "copy", "core.copy", 1, 1);
	hand_boundary(&hand, "y", false);
	hand_stage(&hand, 1, 1);
	hand_channel(&hand, 0, 0, 1, 0, 8, PEL_MEMORY_RING);
	hand_channel(&hand, 1, 0, 2, 0, 8, PEL_MEMORY_RING);
	predicted = (struct pel_prediction){ .size = sizeof(predicted) };
	stats = (struct pel_stats){ .size = sizeof(stats),
				    .predicted = &predicted,
				    .wall_s = 10,
				    .workers = 1,
				    .stages = POINTERS(copy),
				    .n_stages = 1,
				    .channels = POINTERS(both),
				    .n_channels = 2 };
	report = (struct pel_report){ .size = sizeof(report), .plan = &hand.plan, .stats = &stats };
	write_run();
	assert_has("<li>The writer of port <b>x</b> is slower than the graph: <b>copy</b> waited 7.00 s for its "
		   "tokens.</li>");
	assert_has("<b>copy</b> waited 2.00 s for room (20" NBSP
		   "% of the time). The reader of port <b>y</b> is slower than the graph.</li>");
	assert_has("<dt>Actors</dt><dd>1</dd>");
}
END_TEST

START_TEST(only_the_fullest_channels_are_told_of)
{
	struct pel_stage_stats many[20];
	struct pel_channel_stats full[19];
	const char *at;
	size_t told = 0;

	hand_plan_init(&hand, "many");
	for (uint32_t i = 0; i < 20; i++) {
		const char *id = pel_arena_printf(&hand.plan.arena, "a%u", i);

		hand_actor(&hand, id, "core.copy", 1, 1);
		hand_stage(&hand, i, 1);
		many[i] = (struct pel_stage_stats){ .id = id, .where = "cpu" };
	}
	/* Each even one waits for the odd one after it, longer from one to the next. */
	for (uint32_t i = 0; i < 19; i++) {
		const char *name = hand_channel(&hand, i, 0, i + 1, 0, 4, PEL_MEMORY_RING)->name;

		full[i] = (struct pel_channel_stats){ .name = name,
						      .from = "from",
						      .to = "to",
						      .capacity = 4,
						      .high_water = 4,
						      .tokens = 100,
						      .left_over = 5,
						      .warn_left_over = true };
		many[i].wait_room_s = i % 2 ? 0 : 2 + i / 10.0;
	}
	predicted = (struct pel_prediction){ .size = sizeof(predicted) };
	stats = (struct pel_stats){ .size = sizeof(stats),
				    .predicted = &predicted,
				    .wall_s = 10,
				    .workers = 2,
				    .stages = POINTERS(many),
				    .n_stages = 20,
				    .channels = POINTERS(full),
				    .n_channels = 19 };
	report = (struct pel_report){ .size = sizeof(report), .plan = &hand.plan, .stats = &stats };
	write_run();
	for (const char *c = page; (c = strstr(c, " was full ")); c++)
		told++;
	ck_assert_uint_eq(told, 3);
	at = assert_after(page, "<code>a18.out-&#62;a19.in</code> was full");
	at = assert_after(at, "<code>a16.out-&#62;a17.in</code> was full");
	assert_after(at, "<code>a14.out-&#62;a15.in</code> was full");
	assert_has("<li>Tokens were left over on 16 more channels.</li>");
}
END_TEST

START_TEST(tokens_left_over_are_told_unless_that_is_expected)
{
	make_run();
	channels[0].left_over = 1;
	channels[0].warn_left_over = true;
	channels[1].left_over = 9;
	write_run();
	assert_lacks("The last tokens of a loop");
	assert_has("<li>1 token was left over on channel <code>read.out-&#62;grey.in</code>: <b>grey.in</b> ended "
		   "without reading it.</li>");
	assert_lacks("9 tokens were");
	channels[0].loop = true;
	write_run();
	assert_has(
		"without reading it. The last tokens of a cycle stay in it: if this is intended, set <code>tail=\"drop\"</code>.</li>");
	assert_has("<td class=\"n warn\" data-l=\"Left over\">1</td>");
	assert_has("<td class=\"n\" data-l=\"Left over\">9</td>");
}
END_TEST

START_TEST(the_bound_is_told_beside_what_was_reached)
{
	static const char *const bottleneck[] = { "blur", "sobel" };

	make_run();
	predicted = (struct pel_prediction){ .known = true,
					     .times = PEL_TIMES_DECLARED,
					     .num = 1,
					     .den = 10,
					     .bottleneck = bottleneck,
					     .n_bottleneck = 2,
					     .channel = "a>b",
					     .capacity = 4,
					     .iterations = 1000,
					     .iterations_per_s = 100,
					     .unit_s = 0.001 };
	write_run();
	assert_has("With the times declared in the graph, 1 iteration takes at least 10 units, limited by "
		   "<code>blur</code> and others; here one took 10.0 ms, as if a unit were 1.00 ms. "
		   "The capacity of <code>a&#62;b</code> costs most: with 4 tokens it would cost nothing.");

	make_run();
	predicted = (struct pel_prediction){ .known = true,
					     .times = PEL_TIMES_DECLARED,
					     .num = 2,
					     .den = 3,
					     .bottleneck = bottleneck,
					     .n_bottleneck = 1,
					     .iterations_per_s = 1 };
	write_run();
	assert_has("2 iterations take at least 3 units, limited by <code>blur</code>; here one took ");
	assert_lacks("costs most");

	make_run();
	predicted = (struct pel_prediction){ .known = true,
					     .times = PEL_TIMES_DECLARED,
					     .num = 1,
					     .den = 1,
					     .bottleneck = bottleneck,
					     .n_bottleneck = 1,
					     .channel = "a>b",
					     .capacity = 1,
					     .iterations_per_s = 1 };
	write_run();
	assert_has("1 iteration takes at least 1 unit, limited by <code>blur</code>; here one took ");
	assert_has("The capacity of <code>a&#62;b</code> costs most: with 1 token it would cost nothing.");

	make_run();
	write_run();
	assert_lacks("With the times declared in the graph");
}
END_TEST

START_TEST(the_bound_is_told_in_what_is_known_of_times)
{
	static const char *const bottleneck[] = { "blur" };
	const struct pel_prediction bound = { .known = true,
					      .num = 1,
					      .den = 2500000,
					      .bottleneck = bottleneck,
					      .n_bottleneck = 1,
					      .iterations_per_s = 100,
					      .unit_s = 4e-9 };

	make_run();
	predicted = bound;
	predicted.times = PEL_TIMES_MEASURED;
	write_run();
	assert_has(
		"<li>With the measured times, 1 iteration takes at least 2.50 ms, limited by <code>blur</code>; here one took 10.0 ms.</li>");

	make_run();
	predicted = bound;
	predicted.den = 2;
	write_run();
	assert_has(
		"<li>If all firings took the same time, 1 iteration takes at least 2 times that long, limited by "
		"<code>blur</code>; here one took 10.0 ms. It is not known which actors take long: a run with "
		"<code>--profile</code> measures it.</li>");
	assert_lacks("declared");
}
END_TEST

START_TEST(of_a_short_run_little_is_said)
{
	make_run();
	stats.wall_s = 0.0032;
	stages[BLUR].busy_s = 0.0031;
	write_run();
	assert_has("<li>The run took only 3.20 ms: shares of such a short time mean little.</li>\n</ul>");
}
END_TEST

START_TEST(nothing_is_said_where_nothing_is_known)
{
	hand_plan_init(&hand, "empty");
	predicted = (struct pel_prediction){ .size = sizeof(predicted) };
	stats = (struct pel_stats){ .size = sizeof(stats), .predicted = &predicted, .wall_s = 1 };
	report = (struct pel_report){ .size = sizeof(report), .plan = &hand.plan, .stats = &stats };
	write_run();
	assert_has("<li>No remarks.</li>");
	assert_has("<dt>Workers busy</dt><dd>0" NBSP "%</dd>");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("hints");
	TCase *hints = tcase_create("hints");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_test(hints, the_slowest_stage_is_named);
	tcase_add_test(hints, copies_are_advised_where_they_are_possible);
	tcase_add_test(hints, copies_are_one_stage_to_the_hints);
	tcase_add_test(hints, a_fused_stage_is_advised_to_be_split);
	tcase_add_test(hints, busy_workers_are_told_where_no_stage_stands_out);
	tcase_add_test(hints, a_stage_with_its_own_thread_may_have_waited_outside);
	tcase_add_test(hints, a_full_channel_is_told_with_what_would_help);
	tcase_add_test(hints, a_channel_is_full_when_the_next_firing_does_not_fit);
	tcase_add_test(hints, slow_ports_are_told);
	tcase_add_test(hints, only_the_fullest_channels_are_told_of);
	tcase_add_test(hints, tokens_left_over_are_told_unless_that_is_expected);
	tcase_add_test(hints, the_bound_is_told_beside_what_was_reached);
	tcase_add_test(hints, the_bound_is_told_in_what_is_known_of_times);
	tcase_add_test(hints, of_a_short_run_little_is_said);
	tcase_add_test(hints, nothing_is_said_where_nothing_is_known);
	suite_add_tcase(suite, hints);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	free(page);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
