/* SPDX-License-Identifier: Apache-2.0 */
#include <check.h>
#include <errno.h>
#include <math.h>
#include <pelton/observe.h>
#include <stdlib.h>
#include <string.h>
#include "hand-plan.h"
#include "html.h"
#include "text.h"

/* The page about a run: what it says, that it is whole, and that no text in it is obeyed. */

#define NBSP "\xc2\xa0"

static struct hand_plan hand;
static char *page;
static size_t page_size;

/* The page of `report`, which must be well-formed. Lives until the next one. */
static int write_page(const struct pel_report *report)
{
	FILE *out;
	int r;

	free(page);
	page = NULL;
	out = open_memstream(&page, &page_size);
	ck_assert_ptr_nonnull(out);
	r = pel_report_write(report, out, NULL);
	ck_assert_int_eq(fclose(out), 0);
	return r;
}

static void assert_has(const char *part)
{
	ck_assert_msg(strstr(page, part) != NULL, "no '%s' in: %s", part, page);
}

static void assert_lacks(const char *part)
{
	const char *at = strstr(page, part);

	ck_assert_msg(at == NULL, "there is: %.300s", at);
}

/* `part` comes after `at`. Returns where. */
static const char *assert_after(const char *at, const char *part)
{
	at = strstr(at, part);
	ck_assert_msg(at != NULL, "no '%s' there in: %s", part, page);
	return at;
}

/* ---- is it HTML? ---- */

/* One tag at `*at`, which is moved behind it. `open` are the names of the elements that it is in. */
static void take_tag(const char **at, char open[][16], size_t *depth)
{
	const char *c = *at + 1;
	bool closes = *c == '/', empty = false;
	char name[16] = "";
	size_t length;

	c += closes;
	length = strspn(c, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789");
	ck_assert_msg(length > 0 && length < sizeof(name), "no tag: %.60s", *at);
	memcpy(name, c, length);
	for (c += length; *c != '>'; c++) {
		ck_assert_msg(*c != '\0' && *c != '<' && *c != '\'', "tag without end: %.60s", *at);
		empty = *c == '/';
		if (*c == '"') {
			c = strchr(c + 1, '"');
			ck_assert_msg(c != NULL, "attribute without end: %.60s", *at);
		}
	}
	if (closes) {
		ck_assert_msg(*depth > 0 && strcmp(open[*depth - 1], name) == 0, "</%s> closes %s", name,
			      *depth ? open[*depth - 1] : "nothing");
		(*depth)--;
	} else if (!empty && strcmp(name, "meta") != 0 && strcmp(name, "br") != 0) {
		ck_assert_uint_lt(*depth, 32);
		memcpy(open[(*depth)++], name, sizeof(name));
	}
	*at = c + 1;
}

/* Every element is closed, in order, and outside of tags there is nothing that looks like one. */
static void assert_well_formed(void)
{
	static const char doctype[] = "<!DOCTYPE html>\n";
	char open[32][16];
	size_t depth = 0;
	const char *c = page + strlen(doctype);

	ck_assert_int_eq(strncmp(page, doctype, strlen(doctype)), 0);
	while (*c) {
		uint32_t code;
		size_t length = pel_utf8(c, &code);

		ck_assert_msg(length && (code >= 0x20 || code == '\n'), "not text: %.20s", c);
		if (*c == '<')
			take_tag(&c, open, &depth);
		else
			c += length;
	}
	ck_assert_msg(depth == 0, "<%s> is left open", depth ? open[depth - 1] : "");
}

/* ---- a run ---- */

enum { READ, GREY, BLUR, WRITE, N_STAGES };

static struct pel_stage_stats stages[N_STAGES];
static struct pel_channel_stats channels[3];
static struct pel_actor_stats actors[N_STAGES];
static struct pel_result results[3];
static struct pel_prediction predicted;
static struct pel_stats stats;
static struct pel_report report;

/* read -> grey -> blur -> write, a stage each, which ran 10 s on 4 workers; nothing of note has happened. */
static void make_run(void)
{
	static const char *const ids[] = { "read", "grey", "blur", "write" };
	static const char *const links[][3] = { { "read.out->grey.in", "read.out", "grey.in" },
						{ "grey.out->blur.in", "grey.out", "blur.in" },
						{ "blur.out->write.in", "blur.out", "write.in" } };

	hand_plan_init(&hand, "photo");
	memset(stages, 0, sizeof(stages));
	memset(actors, 0, sizeof(actors));
	for (uint32_t i = 0; i < N_STAGES; i++) {
		hand_actor(&hand, ids[i], "core.copy", i > 0, i < N_STAGES - 1);
		hand_stage(&hand, i, 1);
		stages[i] = (struct pel_stage_stats){ .id = ids[i],
						      .where = "cpu",
						      .actors = &ids[i],
						      .n_actors = 1,
						      .firings = 5000 + i,
						      .busy_s = 1 };
		actors[i] = (struct pel_actor_stats){ .id = ids[i], .firings = 5000 + i };
	}
	for (uint32_t i = 0; i < 3; i++) {
		hand_channel(&hand, i, 0, i + 1, 0, 64, PEL_MEMORY_RING);
		hand.actors[i].out[0].n_channels = 1;
		channels[i] = (struct pel_channel_stats){ .name = links[i][0],
							  .from = links[i][1],
							  .to = links[i][2],
							  .capacity = 64,
							  .high_water = 16,
							  .tokens = 1234567 };
	}
	predicted = (struct pel_prediction){ .size = sizeof(predicted) };
	stats = (struct pel_stats){ .size = sizeof(stats),
				    .wall_s = 10,
				    .workers = 4,
				    .stages = POINTERS(stages),
				    .n_stages = N_STAGES,
				    .channels = POINTERS(channels),
				    .n_channels = 3,
				    .actors = POINTERS(actors),
				    .n_actors = N_STAGES,
				    .predicted = &predicted };
	report = (struct pel_report){ .size = sizeof(report), .plan = &hand.plan, .stats = &stats };
}

static void write_run(void)
{
	ck_assert_int_eq(write_page(&report), 0);
	assert_well_formed();
	hand_plan_fini(&hand);
}

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
	assert_has("There is no picture: none was asked for.");
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
		{ -ETIMEDOUT, "<span class=\"badge warn\">still going</span>" },
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
	/* What modules said that the run then did without is no failure. */
	make_run();
	report.err = &err;
	write_run();
	assert_lacks("it broke");
}
END_TEST

/* ---- hints ---- */

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
	static const char advice[] = " Its kernel is stateless: <code>copies=\"2\"</code> would share its work "
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
		   "% of the time. It has a thread of its own and may wait for the outside "
		   "within its calls, which counts as busy.</li>");
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
	/* The reader was itself held up: then the reason lies there. */
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
	assert_has("<li>What feeds port <b>x</b> is slower than the graph: <b>copy</b> waited 7.00 s for its "
		   "tokens.</li>");
	assert_has("<b>copy</b> waited 2.00 s for room (20" NBSP
		   "% of the time). What drains port <b>y</b> is slower than the graph.</li>");
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
		   "without taking it.</li>");
	assert_lacks("9 tokens were");
	channels[0].loop = true;
	write_run();
	assert_has(
		"without taking it. The last tokens of a loop stay in it: <code>tail=\"drop\"</code> says that this is meant.</li>");
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
	assert_has(
		"By the times that the graph declares, 1 iteration takes 10 units at least, set by "
		"<code>blur</code> and others; one took 10.0 ms here, as if a unit were 1.00 ms. "
		"The capacity that costs most is that of <code>a&#62;b</code>: 4 tokens would cost nothing.");

	make_run();
	predicted = (struct pel_prediction){ .known = true,
					     .times = PEL_TIMES_DECLARED,
					     .num = 2,
					     .den = 3,
					     .bottleneck = bottleneck,
					     .n_bottleneck = 1,
					     .iterations_per_s = 1 };
	write_run();
	assert_has("2 iterations take 3 units at least, set by <code>blur</code>; one took ");
	assert_lacks("The capacity that costs most");

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
	assert_has("1 iteration takes 1 unit at least, set by <code>blur</code>; one took ");
	assert_has("<code>a&#62;b</code>: 1 token would cost nothing.");

	make_run();
	write_run();
	assert_lacks("By the times that the graph declares");
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
	assert_has("<li>By the times measured, 1 iteration takes 2.50 ms at least, set by <code>blur</code>; one took 10.0 ms "
		   "here.</li>");

	make_run();
	predicted = bound;
	predicted.den = 2;
	write_run();
	assert_has("<li>If all firings took the same time, 1 iteration takes 2 times that long at least, set by "
		   "<code>blur</code>; one took 10.0 ms here. Which actors take long is not known: a run with "
		   "<code>--profile</code> measures it.</li>");
	assert_lacks("declares");
}
END_TEST

START_TEST(of_a_short_run_little_is_said)
{
	make_run();
	stats.wall_s = 0.0032;
	stages[BLUR].busy_s = 0.0031;
	write_run();
	assert_has("<li>The run took only 3.20 ms: shares of so short a time say little.</li>\n</ul>");
}
END_TEST

START_TEST(nothing_is_said_where_nothing_is_known)
{
	hand_plan_init(&hand, "empty");
	predicted = (struct pel_prediction){ .size = sizeof(predicted) };
	stats = (struct pel_stats){ .size = sizeof(stats), .predicted = &predicted, .wall_s = 1 };
	report = (struct pel_report){ .size = sizeof(report), .plan = &hand.plan, .stats = &stats };
	write_run();
	assert_has("<li>Nothing stands out.</li>");
	assert_has("<dt>Workers busy</dt><dd>0" NBSP "%</dd>");
}
END_TEST

/* ---- what is put in ---- */

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
	assert_has("<p class=\"card\">There is no picture: what was drawn is no SVG.</p>");
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

/* ---- many, none, and no room for them ---- */

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
	TCase *content = tcase_create("content"), *hints = tcase_create("hints"),
	      *limits = tcase_create("limits");
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
	tcase_add_test(hints, the_slowest_stage_is_named);
	tcase_add_test(hints, copies_are_advised_where_they_are_possible);
	tcase_add_test(hints, copies_are_one_stage_to_the_hints);
	tcase_add_test(hints, a_fused_stage_is_advised_to_be_split);
	tcase_add_test(hints, busy_workers_are_told_where_no_stage_stands_out);
	tcase_add_test(content, the_list_of_many_actors_is_opened_by_hand);
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
	tcase_add_test(limits, of_very_many_stages_the_busiest_are_shown);
	tcase_add_test(limits, a_page_without_memory_is_refused);
	tcase_add_test(limits, a_page_that_cannot_be_written_is_an_error);
	tcase_set_timeout(limits, 60);
	suite_add_tcase(suite, content);
	suite_add_tcase(suite, hints);
	suite_add_tcase(suite, limits);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	free(page);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
