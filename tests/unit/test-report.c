/* SPDX-License-Identifier: Apache-2.0 */
/* The report of a run: its contents, that it is well-formed, and that text in it is escaped. */
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

START_TEST(the_page_has_the_figures_of_the_run)
{
	make_run();
	stages[BLUR].busy_s = 4;
	stages[BLUR].wait_input_s = 3.214;
	stages[BLUR].wait_room_s = 0.0125;
	report.about = "photo.xml, today";
	write_run();
	assert_has("<title>photo: a run of Pelton</title>");
	assert_has(
		"<h1>photo</h1><span class=\"badge good\">ended</span><p class=\"soft\">photo.xml, today</p>");
	assert_has("<dt>Time</dt><dd>10.0 s</dd>");
	assert_has("<dt>Workers</dt><dd>4</dd>");
	assert_has("<dt>Workers busy</dt><dd>18" NBSP "%</dd>"); /* 7 s of 4 times 10 s */
	assert_has("<dt>Actors</dt><dd>4</dd>");
	assert_has("<dt>Memory</dt><dd>768 B</dd>");
	assert_has("<tr><th scope=\"row\">blur</th><td data-l=\"Where\">cpu</td><td class=\"n\" "
		   "data-l=\"Firings\">5,002</td><td data-l=\"Time\"><span class=\"bar\"><i class=\"busy\" "
		   "style=\"width:40.0%\"></i><i class=\"input\" style=\"width:32.1%\"></i><i class=\"room\" "
		   "style=\"width:0.1%\"></i></span></td><td class=\"n\" data-l=\"Busy\">40" NBSP
		   "%</td><td class=\"n\" data-l=\"Waited for input\">3.21 s</td><td class=\"n\" data-l=\"Waited for "
		   "room\">12.5 ms</td></tr>");
	assert_has("<tr><th scope=\"row\">grey.out \xe2\x86\x92 blur.in</th><td data-l=\"Filled\"><span "
		   "class=\"bar\"><i class=\"fill\" style=\"width:25.0%\"></i></span></td><td class=\"n\" "
		   "data-l=\"High water\">16</td><td class=\"n\" data-l=\"Capacity\">64</td><td class=\"n\" "
		   "data-l=\"Tokens\">1,234,567</td><td class=\"n\" data-l=\"Left over\">0</td></tr>");
	assert_has("There is no picture: none was requested.");
	assert_lacks("Waited for the device");
	assert_lacks("Actors and their results");
	assert_lacks("What went wrong");
}
END_TEST

START_TEST(the_page_needs_nothing_else)
{
	make_run();
	write_run();
	assert_has("content=\"default-src 'none'; style-src 'unsafe-inline'\"");
	assert_has("@media (prefers-color-scheme:dark)");
	assert_has("<meta name=\"viewport\" ");
	assert_lacks("://");
	assert_lacks("<script");
	assert_lacks("src=");
	assert_lacks("href=");
	assert_lacks("url(");
	assert_lacks("@import");
}
END_TEST

START_TEST(waits_for_a_device_are_shown_where_there_are_some)
{
	make_run();
	stages[BLUR].where = "fpga:0/blur_1";
	stages[BLUR].wait_device_s = 2.5;
	write_run();
	assert_has("<i class=\"device\" style=\"width:25.0%\"></i>");
	assert_has("<td class=\"n\" data-l=\"Waited for the device\">2.50 s</td>");
	assert_has("data-l=\"Where\">fpga:0/blur_1</td>");
}
END_TEST

START_TEST(results_are_told_in_full)
{
	make_run();
	results[0] = (struct pel_result){ .name = "checksum", .kind = PEL_RESULT_U64, .u64 = UINT64_MAX };
	results[1] = (struct pel_result){ .name = "mean", .kind = PEL_RESULT_F64, .f64 = 0.1 };
	results[2] = (struct pel_result){ .name = "file", .kind = PEL_RESULT_STRING, .string = "<a>.png" };
	actors[WRITE].results = POINTERS(results);
	actors[WRITE].n_results = 3;
	actors[READ].expected_firings = 5000;
	actors[GREY].expected_firings = 6000;
	write_run();
	assert_has("<tr><th scope=\"row\">write</th><td class=\"n\" data-l=\"Firings\">5,003</td><td "
		   "data-l=\"Results\"><span class=\"value\">checksum = <b>18446744073709551615</b><br>mean = "
		   "<b>0.1</b><br>file = <b>&#60;a&#62;.png</b></span></td></tr>");
	/* Less than expected is of note, as much as expected is not. */
	assert_has("<tr><th scope=\"row\">grey</th><td class=\"n\" data-l=\"Firings\">5,001 of 6,000</td>");
	assert_lacks("data-l=\"Firings\">5,000 of");
}
END_TEST

START_TEST(results_that_are_no_numbers_are_words)
{
	static const struct {
		double value;
		const char *words;
	} cases[] = { { (double)NAN, "mean = <b>not a number</b>" },
		      { (double)INFINITY, "mean = <b>infinity</b>" },
		      { -(double)INFINITY, "mean = <b>-infinity</b>" } };

	make_run();
	results[0] = (struct pel_result){ .name = "mean", .kind = PEL_RESULT_F64, .f64 = cases[_i].value };
	actors[WRITE].results = POINTERS(results);
	actors[WRITE].n_results = 1;
	write_run();
	assert_has(cases[_i].words);
}
END_TEST

START_TEST(the_outcome_stands_at_the_top)
{
	static const struct {
		int result;
		const char *badge;
	} cases[] = {
		{ 0, "<span class=\"badge good\">ended</span>" },
		{ -ETIMEDOUT, "<span class=\"badge warn\">still running</span>" },
		{ -ECANCELED, "<span class=\"badge warn\">stopped</span>" },
		{ -EDEADLK, "<span class=\"badge bad\">stalled</span>" },
		{ -ENOSPC, "<span class=\"badge bad\">failed</span>" },
	};

	make_run();
	report.result = cases[_i].result;
	write_run();
	assert_has(cases[_i].badge);
	if (cases[_i].result == -ENOSPC)
		assert_has("<h2>What went wrong</h2>\n<div class=\"card\"><p>No space left on device</p></div>");
}
END_TEST

START_TEST(errors_have_their_places_and_hints)
{
	char file[] = "g.xml", first[] = "it broke", second[] = "it fell", hint[] = "mend it";
	struct pel_error_item items[] = { { file, 12, 7, first, hint }, { NULL, 0, 0, second, NULL } };
	struct pel_error err = { .items = items, .count = 2, .lost = 3 };

	make_run();
	report.err = &err;
	report.result = -EIO;
	write_run();
	assert_has("<li><code>g.xml:12:7</code> it broke<br><span class=\"soft\">Hint: mend it</span></li>\n"
		   "<li>it fell</li>\n<li>3 more are not shown</li>\n");
	/* Messages about modules that the run did not need are not failures. */
	make_run();
	report.err = &err;
	write_run();
	assert_lacks("it broke");
}
END_TEST

START_TEST(the_list_of_many_actors_is_opened_by_hand)
{
	static const char *const ids[] = { "a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", "m" };

	make_run();
	stages[BLUR].actors = ids;
	stages[BLUR].n_actors = 13;
	write_run();
	assert_has("<th scope=\"row\">blur<details><summary>13 actors</summary>a, b, c, d, e, f, g, h, i, j, k, l, "
		   "m</details></th>");
}
END_TEST

START_TEST(no_text_is_obeyed)
{
	static const char hostile[] = "<script>\"'&amp;</style></td>\n\x1b\xff";
	static const char safe[] = "&#60;script&#62;&#34;&#39;&#38;amp;&#60;/style&#62;&#60;/td&#62; "
				   "\xef\xbf\xbd\xef\xbf\xbd";
	static const char *const ids[] = { hostile, hostile };
	char file[sizeof(hostile)], words[sizeof(hostile)], hint[sizeof(hostile)];
	struct pel_error_item item = { file, 1, 1, words, hint };
	struct pel_error err = { .items = &item, .count = 1 };
	size_t count = 0;

	memcpy(file, hostile, sizeof(hostile));
	memcpy(words, hostile, sizeof(hostile));
	memcpy(hint, hostile, sizeof(hostile));
	make_run();
	hand.plan.name = hostile;
	hand.stages[BLUR].id = stages[BLUR].id = actors[BLUR].id = hostile;
	stages[BLUR].busy_s = 9;
	stages[BLUR].where = hostile;
	stages[BLUR].actors = ids;
	stages[BLUR].n_actors = 2;
	channels[1] = (struct pel_channel_stats){ .name = hostile,
						  .from = hostile,
						  .to = hostile,
						  .capacity = 1,
						  .high_water = 1,
						  .tokens = 1,
						  .left_over = 1,
						  .warn_left_over = true };
	hand.channels[1].name = hostile;
	results[0] = (struct pel_result){ .name = hostile, .kind = PEL_RESULT_STRING, .string = hostile };
	actors[BLUR].results = POINTERS(results);
	actors[BLUR].n_results = 1;
	report.about = report.no_picture = hostile;
	report.result = -EIO;
	report.err = &err;
	write_run();
	assert_lacks("<script");
	assert_lacks("\x1b");
	for (const char *c = page; (c = strstr(c, safe)); c++)
		count++;
	/*
	 * Title, heading, about; file, text, hint; the slowest; channel and reader of what is left over; no picture; id, two actors and
	 * place of the stage; both ends of the channel; id, name and value of the result.
	 */
	ck_assert_uint_eq(count, 3 + 3 + 1 + 2 + 1 + 4 + 2 + 3);
}
END_TEST

START_TEST(the_picture_goes_in_without_its_prologue)
{
	make_run();
	report.svg =
		"<?xml version=\"1.0\"?>\n<!DOCTYPE svg PUBLIC \"x\">\n<svg width=\"812pt\" height=\"9pt\"><g/></svg>\n";
	write_run();
	assert_has(
		"<div class=\"picture\" style=\"--least:541pt\">\n<svg width=\"812pt\" height=\"9pt\"><g/></svg>\n</div>");
	assert_lacks("<?xml");
	assert_lacks("<!DOCTYPE svg");
	assert_lacks("There is no picture");
	make_run();
	report.svg = "<svg viewBox=\"0 0 1 1\"><a width=\"812pt\"/></svg>";
	write_run();
	assert_has("style=\"--least:0pt\"");
	make_run();
	report.svg = "";
	write_run();
	assert_has("<p class=\"card\">There is no picture: the drawing is not an SVG document.</p>");
	make_run();
	report.no_picture = "nobody can draw";
	write_run();
	assert_has("<p class=\"card\">There is no picture: nobody can draw.</p>");
}
END_TEST

START_TEST(times_are_three_digits)
{
	static const struct {
		double seconds;
		const char *words;
	} cases[] = {
		{ 0, "0 s" },
		{ -1, "0 s" },
		{ (double)NAN, "0 s" },
		{ 1e-12, "0.00 \xc2\xb5s" },
		{ 1.234e-6, "1.23 \xc2\xb5s" },
		{ 12.34e-6, "12.3 \xc2\xb5s" },
		{ 999.4e-6, "999 \xc2\xb5s" },
		{ 999.6e-6, "1.00 ms" },
		{ 9.996e-3, "10.0 ms" },
		{ 0.0996, "99.6 ms" },
		{ 0.9996, "1.00 s" },
		{ 1, "1.00 s" },
		{ 59.94, "59.9 s" },
		{ 59.96, "1 min 0 s" },
		{ 754.4, "12 min 34 s" },
		{ 3599.6, "1 h 0 min" },
		{ 7500, "2 h 5 min" },
		{ 1e300, "277777777777 h 46 min" },
	};
	char buf[32];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		ck_assert_str_eq(pel_time_format(cases[i].seconds, buf, sizeof(buf)), cases[i].words);
}
END_TEST

START_TEST(of_very_many_stages_the_busiest_are_shown)
{
	enum { MANY = 1200 };
	struct pel_stage_stats *many = calloc(MANY, sizeof(*many));
	char(*ids)[16] = calloc(MANY, sizeof(*ids));
	size_t rows = 0;

	hand_plan_init(&hand, "many");
	for (unsigned i = 0; i < MANY; i++) {
		snprintf(ids[i], sizeof(ids[i]), "s%u", i);
		many[i] = (struct pel_stage_stats){ .id = ids[i], .where = "cpu", .busy_s = (i * 7) % MANY };
	}
	predicted = (struct pel_prediction){ .size = sizeof(predicted) };
	stats = (struct pel_stats){ .size = sizeof(stats),
				    .predicted = &predicted,
				    .wall_s = MANY,
				    .workers = 1,
				    .stages = hand_pointers(many, MANY, sizeof(*many)),
				    .n_stages = MANY };
	report = (struct pel_report){ .size = sizeof(report), .plan = &hand.plan, .stats = &stats };
	write_run();
	assert_has("<p class=\"soft\">500 of 1,200: the busiest.</p>");
	for (const char *c = page; (c = strstr(c, "<th scope=\"row\">")); c++)
		rows++;
	ck_assert_uint_eq(rows, 500);
	for (unsigned i = 0; i < MANY; i++) {
		char row[40];

		snprintf(row, sizeof(row), "<th scope=\"row\">s%u</th>", i);
		if ((i * 7) % MANY >= MANY - 500)
			assert_has(row);
		else
			assert_lacks(row);
	}
	free(many);
	free(ids);
}
END_TEST

START_TEST(a_page_without_memory_is_refused)
{
	uint64_t failed = 0;
	int r;

	make_run();
	do {
		pel_alloc_fail_after(failed + 1, false);
		r = write_page(&report);
		pel_alloc_fail_after(0, false);
		if (r < 0)
			ck_assert_int_eq(r, -ENOMEM);
	} while (r < 0 && ++failed < 100);
	ck_assert_int_eq(r, 0);
	ck_assert_uint_ge(failed, 5); /* two maps, three tables */
	hand_plan_fini(&hand);
}
END_TEST

START_TEST(a_page_that_cannot_be_written_is_an_error)
{
	FILE *out = fopen("/dev/full", "w");

	ck_assert_ptr_nonnull(out);
	make_run();
	setvbuf(out, NULL, _IOFBF, 1 << 20);
	ck_assert_int_eq(pel_report_write(&report, out, NULL), -ENOSPC);
	fclose(out);
	hand_plan_fini(&hand);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("report");
	TCase *content = tcase_create("content"), *limits = tcase_create("limits");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_test(content, the_page_has_the_figures_of_the_run);
	tcase_add_test(content, the_page_needs_nothing_else);
	tcase_add_test(content, waits_for_a_device_are_shown_where_there_are_some);
	tcase_add_test(content, results_are_told_in_full);
	tcase_add_loop_test(content, results_that_are_no_numbers_are_words, 0, 3);
	tcase_add_loop_test(content, the_outcome_stands_at_the_top, 0, 5);
	tcase_add_test(content, errors_have_their_places_and_hints);
	tcase_add_test(content, no_text_is_obeyed);
	tcase_add_test(content, the_picture_goes_in_without_its_prologue);
	tcase_add_test(content, times_are_three_digits);
	tcase_add_test(content, the_list_of_many_actors_is_opened_by_hand);
	tcase_add_test(limits, of_very_many_stages_the_busiest_are_shown);
	tcase_add_test(limits, a_page_without_memory_is_refused);
	tcase_add_test(limits, a_page_that_cannot_be_written_is_an_error);
	tcase_set_timeout(limits, 60);
	suite_add_tcase(suite, content);
	suite_add_tcase(suite, limits);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	free(page);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
