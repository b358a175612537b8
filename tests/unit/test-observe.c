/* SPDX-License-Identifier: Apache-2.0 */
/* Output for users and programs: errors, statistics, plans, pictures, kernels. */
#include <check.h>
#include <errno.h>
#include <math.h>
#include <pelton/observe.h>
#include <stdlib.h>
#include <string.h>
#include "hand-plan.h"
#include "json-check.h"
#include "json.h"
#include "text.h"
#include "json-text.h"

static struct hand_plan hand;

static struct pel_error some_errors(void)
{
	struct pel_error err = { 0 };

	pel_fail(&err, -EINVAL, (struct pel_place){ "g.xml", 12, 7 }, "unknown kernel 'core.cpoy'");
	pel_hint(&err, "did you mean 'core.copy'?");
	pel_fail(&err, -EINVAL, (struct pel_place){ "g\x1b[2J.xml", 3, 0 }, "two\nlines \xc2\x9b \xff");
	pel_fail(&err, -ENOENT, (struct pel_place){ "h.xml", 0, 0 }, "no such file");
	pel_fail(&err, -ENOMEM, (struct pel_place){ 0 }, "out of memory");
	return err;
}

START_TEST(errors_are_lines_that_an_editor_can_jump_to)
{
	struct pel_error err = some_errors();
	FILE *out = open_text();

	err.lost = 2;
	ck_assert_int_eq(pel_error_write_text(&err, out), 0);
	ck_assert_str_eq(text_of(out), "g.xml:12:7: error: unknown kernel 'core.cpoy'\n"
				       "hint: did you mean 'core.copy'?\n"
				       "g\\x1b[2J.xml:3: error: two\n"
				       "    lines \\xc2\\x9b \\xff\n"
				       "h.xml: error: no such file\n"
				       "error: out of memory\n"
				       "error: 2 more errors are not shown\n");
	pel_error_fini(&err);
}
END_TEST

START_TEST(errors_in_json_have_every_key)
{
	struct pel_error err = some_errors();
	FILE *out = open_text();

	ck_assert_int_eq(pel_error_write_json(&err, out), 0);
	assert_valid_json(text_of(out));
	ck_assert_str_eq(json_at(text, "0"),
			 "{\n    \"file\": \"g.xml\",\n    \"line\": 12,\n    \"col\": 7,\n    "
			 "\"text\": \"unknown kernel 'core.cpoy'\",\n    "
			 "\"hint\": \"did you mean 'core.copy'?\"\n  }");
	ck_assert_str_eq(json_at(text, "1.text"), "\"two\\nlines \xc2\x9b \xef\xbf\xbd\"");
	ck_assert_str_eq(json_at(text, "3.file"), "null");
	ck_assert_str_eq(json_at(text, "3.line"), "null");
	ck_assert_str_eq(json_at(text, "3.col"), "null");
	ck_assert_str_eq(json_at(text, "3.hint"), "null");
	ck_assert_ptr_null(json_at(text, "4"));
	pel_error_fini(&err);
}
END_TEST

START_TEST(statistics_have_the_keys_of_the_manual)
{
	static const char *const actors[] = { "a", "b" };
	struct pel_stage_stats stages[] = { { .id = "a..b",
					      .where = "cpu:1",
					      .actors = actors,
					      .n_actors = 2,
					      .firings = 30,
					      .busy_s = 1.5,
					      .wait_input_s = 0.25,
					      .wait_room_s = 0.125,
					      .copies = 2 } };
	struct pel_channel_stats channels[] = { { .name = "a.out->b.in",
						  .from = "a.out",
						  .to = "b.in",
						  .capacity = 8,
						  .high_water = 7,
						  .tokens = UINT64_MAX,
						  .left_over = 3,
						  .warn_left_over = true } };
	struct pel_result results[] = {
		{ .name = "count", .kind = PEL_RESULT_U64, .u64 = 10 },
		{ .name = "mean", .kind = PEL_RESULT_F64, .f64 = (double)NAN },
		{ .name = "file", .kind = PEL_RESULT_STRING, .string = "x\"y" },
	};
	static const char *const warnings[] = { "it ends early" };
	struct pel_actor_stats per_actor[] = { { .id = "a", .firings = 10, .expected_firings = 100 },
					       { .id = "b",
						 .firings = 20,
						 .results = POINTERS(results),
						 .n_results = 3,
						 .call_s = 0.5,
						 .warnings = warnings,
						 .n_warnings = 1 } };
	struct pel_prediction predicted = { .size = sizeof(predicted) };
	struct pel_stats stats = { .size = sizeof(stats),
				   .wall_s = 2.5,
				   .workers = 4,
				   .stages = POINTERS(stages),
				   .n_stages = 1,
				   .channels = POINTERS(channels),
				   .n_channels = 1,
				   .actors = POINTERS(per_actor),
				   .n_actors = 2,
				   .predicted = &predicted };
	FILE *out = open_text();

	ck_assert_int_eq(pel_stats_write_json(&stats, out), 0);
	assert_valid_json(text_of(out));
	ck_assert_str_eq(json_at(text, "wall_s"), "2.5");
	ck_assert_str_eq(json_at(text, "workers"), "4");
	ck_assert_str_eq(
		json_at(text, "stages.0"),
		"{\"id\": \"a..b\", \"actors\": [\"a\", \"b\"], \"where\": \"cpu:1\", \"firings\": 30, \"copies\": 2, \"busy_s\": 1.5, "
		"\"wait_input_s\": 0.25, \"wait_room_s\": 0.125, \"wait_device_s\": 0}");
	ck_assert_str_eq(
		json_at(text, "channels.0"),
		"{\"name\": \"a.out->b.in\", \"from\": \"a.out\", \"to\": \"b.in\", \"capacity\": 8, \"high_water\": 7, "
		"\"tokens\": 18446744073709551615, \"left_over\": 3}");
	ck_assert_str_eq(
		json_at(text, "actors.a"),
		"{\"firings\": 10, \"expected_firings\": 100, \"call_s\": null, \"results\": {}, \"warnings\": []}");
	ck_assert_str_eq(
		json_at(text, "actors.b"),
		"{\"firings\": 20, \"expected_firings\": null, \"call_s\": 0.5, \"results\": {\"count\": 10, "
		"\"mean\": null, \"file\": \"x\\\"y\"}, \"warnings\": [\"it ends early\"]}");
}
END_TEST

/*
 * samples -> [fir x2] -> [demod, gain] -> mix -> write
 *                                          ^ | echo
 */
static void make_radio(void)
{
	uint32_t samples, fir, demod, gain, mix, echo, write;

	hand_plan_init(&hand, "radio");
	samples = hand_boundary(&hand, "samples", true);
	fir = hand_actor(&hand, "fir", "core.fir", 1, 1);
	demod = hand_actor(&hand, "demod", "dsp.fm_demod", 1, 1);
	gain = hand_actor(&hand, "gain", "core.scale", 1, 1);
	mix = hand_actor(&hand, "mix", "core.add", 2, 2);
	echo = hand_actor(&hand, "echo", "vadd", 1, 1);
	write = hand_actor(&hand, "write", "file.write", 1, 0);
	hand.actors[fir].copies = 2;
	hand.actors[fir].in[0].history = 63;
	hand_rates(&hand, &hand.actors[fir].in[0], 1, 4u);
	hand_rates(&hand, &hand.actors[mix].out[1], 3, 1u, 0u, 2u);
	hand.actors[mix].phases = 3;
	hand.actors[mix].dynamic = true;
	hand.actors[mix].in[1].dynamic = true;
	hand.actors[mix].repetition = 0;
	hand.actors[echo].where = (struct pel_where){ "vadd_1", 0, PEL_WHERE_FPGA, false };
	hand_channel(&hand, samples, 0, fir, 0, 4096, PEL_MEMORY_RING);
	hand_channel(&hand, fir, 0, demod, 0, 1024, PEL_MEMORY_RING);
	hand_channel(&hand, demod, 0, gain, 0, 512, PEL_MEMORY_FUSED);
	hand_channel(&hand, gain, 0, mix, 0, 64, PEL_MEMORY_RING);
	hand_channel(&hand, mix, 0, echo, 0, 8, PEL_MEMORY_SHARED);
	hand_channel(&hand, echo, 0, mix, 1, 8, PEL_MEMORY_SHARED)->initial = 3;
	hand_channel(&hand, mix, 1, write, 0, 1024, PEL_MEMORY_RING);
	hand_stage(&hand, fir, 1);
	hand_stage(&hand, demod, 2);
	hand_stage(&hand, mix, 1);
	hand_stage(&hand, echo, 1);
	hand_stage(&hand, write, 1);
	hand.stages[hand.plan.n_stages - 1].blocking = true;
}

START_TEST(plan_as_text_is_two_tables)
{
	FILE *out = open_text();

	make_radio();
	ck_assert_int_eq(pel_plan_write_text(&hand.plan, out), 0);
	ck_assert_str_eq(text_of(out), "graph radio: 6 actors in 6 stages on 2 workers, 7 channels, 27 kB\n"
				       "\n"
				       "stage        where             actors\n"
				       "fir#1        cpu               fir\n"
				       "fir#2        cpu               fir\n"
				       "demod..gain  cpu               demod gain\n"
				       "mix          cpu               mix\n"
				       "echo         fpga:0/vadd_1     echo\n"
				       "write        cpu (own thread)  write\n"
				       "\n"
				       "channel             type  rates      capacity  bytes   memory  initial\n"
				       "samples->fir.in     f32   host : 4   4096      16 kB   ring\n"
				       "fir.out->demod.in   f32   1 : 1      1024      4.1 kB  ring\n"
				       "demod.out->gain.in  f32   1 : 1      512       2.0 kB  fused\n"
				       "gain.out->mix.in    f32   1 : 1      64        256 B   ring\n"
				       "mix.out->echo.in    f32   1 : 1      8         32 B    shared\n"
				       "echo.out->mix.in1   f32   1 : *      8         32 B    shared  3\n"
				       "mix.out1->write.in  f32   1,0,2 : 1  1024      4.1 kB  ring\n");
	hand_plan_fini(&hand);
}
END_TEST

START_TEST(plan_in_json_has_the_keys_of_the_manual)
{
	FILE *out = open_text();

	make_radio();
	hand.channels[4].capacity = 0; /* not known, as is the type of the next */
	hand.actors[5].out[0].type = NULL;
	ck_assert_int_eq(pel_plan_write_json(&hand.plan, out), 0);
	assert_valid_json(text_of(out));
	ck_assert_str_eq(json_at(text, "graph"), "\"radio\"");
	ck_assert_str_eq(
		json_at(text, "stages.2"),
		"{\"id\": \"demod..gain\", \"actors\": [\"demod\", \"gain\"], \"where\": \"cpu\", \"blocking\": false, \"fused\": null}");
	ck_assert_str_eq(
		json_at(text, "channels.0"),
		"{\"name\": \"samples->fir.in\", \"from\": \"samples\", \"to\": \"fir.in\", \"type\": \"f32\", "
		"\"capacity\": 4096, \"bytes\": 16384, \"memory\": \"ring\", \"initial\": 0}");
	ck_assert_str_eq(json_at(text, "channels.4.capacity"), "null");
	ck_assert_str_eq(json_at(text, "channels.4.bytes"), "null");
	ck_assert_str_eq(json_at(text, "channels.5.type"), "null");
	ck_assert_str_eq(json_at(text, "channels.2.memory"), "\"fused\"");
	ck_assert_str_eq(json_at(text, "actors.0"),
			 "{\"id\": \"fir\", \"kernel\": \"core.fir\", \"where\": \"cpu\", \"copies\": 2, "
			 "\"repetition\": 1, \"apart\": null}");
	ck_assert_str_eq(json_at(text, "actors.3.repetition"), "null");
	ck_assert_str_eq(json_at(text, "actors.4.where"), "\"fpga:0/vadd_1\"");
	ck_assert_ptr_null(json_at(text, "actors.6"));
	hand_plan_fini(&hand);
}
END_TEST

START_TEST(a_stage_of_many_actors_is_shortened_in_text_and_whole_in_json)
{
	FILE *out = open_text();

	hand_plan_init(&hand, "chain");
	for (unsigned i = 0; i < 40; i++)
		hand_actor(&hand, pel_arena_printf(&hand.plan.arena, "a%u", i), "core.copy", 1, 1);
	hand_stage(&hand, 0, 40);
	ck_assert_int_eq(pel_plan_write_text(&hand.plan, out), 0);
	ck_assert_ptr_nonnull(
		strstr(text_of(out), "a0..a39  cpu    a0 a1 a2 a3 a4 a5 ... (40 actors) a38 a39\n"));
	out = open_text();
	ck_assert_int_eq(pel_plan_write_json(&hand.plan, out), 0);
	text_of(out);
	ck_assert_str_eq(json_at(text, "stages.0.actors.39"), "\"a39\"");
	hand_plan_fini(&hand);
}
END_TEST

static const char *picture(const struct pel_stats *stats)
{
	FILE *out = open_text();

	ck_assert_int_eq(pel_plan_write_dot(&hand.plan, stats, NULL, out), 0);
	return text_of(out);
}

/* The line of the picture that starts with `start`, in a buffer that the next call overwrites. */
static const char *line_of(const char *dot, const char *start)
{
	static char line[4096];
	const char *at = strstr(dot, start);

	ck_assert_msg(at != NULL, "no line starts with %s in\n%s", start, dot);
	ck_assert(at == dot || at[-1] == '\n');
	snprintf(line, sizeof(line), "%.*s", (int)strcspn(at, "\n"), at);
	return line;
}

static void assert_has(const char *line, const char *part)
{
	ck_assert_msg(strstr(line, part) != NULL, "no '%s' in: %s", part, line);
}

static void assert_lacks(const char *line, const char *part)
{
	ck_assert_msg(strstr(line, part) == NULL, "'%s' in: %s", part, line);
}

START_TEST(picture_shows_ports_where_there_are_several_and_rates_that_are_not_1)
{
	const char *dot;

	make_radio();
	dot = picture(NULL);
	assert_has(line_of(dot, "a1 ["), "in <B>4</B> +63");
	assert_has(line_of(dot, "a1 ["), "\xc3\x97"
					 "2 copies");
	assert_lacks(line_of(dot, "a2 ["), "PORT=");
	assert_has(line_of(dot, "a4 ["), "in1 <B>*</B>");
	assert_has(line_of(dot, "a4 ["), "<B>1,0,2</B> out1");
	assert_has(line_of(dot, "a5 ["), "fpga:0/vadd_1");
	assert_has(line_of(dot, "a5 ["), "BGCOLOR=\"#fde9b8\"");
	assert_has(line_of(dot, "a0 ["), "shape=rarrow");
	assert_has(line_of(dot, "a0:e -> a1:i0:w ["), "f32<BR/>capacity 4,096>");
	assert_has(line_of(dot, "a5 -> a4:i1 ["), "\xe2\x97\x8f\xe2\x97\x8f\xe2\x97\x8f</FONT>");
	assert_lacks(dot, "busy");
	hand_plan_fini(&hand);
}
END_TEST

START_TEST(picture_frames_stages_of_several_actors)
{
	const char *dot, *frame;

	make_radio();
	dot = picture(NULL);
	frame = strstr(dot, "subgraph cluster_s2 {");
	ck_assert_ptr_nonnull(frame);
	ck_assert_ptr_nonnull(strstr(frame, "\na2 ["));
	ck_assert_ptr_nonnull(strstr(frame, "\na3 ["));
	ck_assert_ptr_null(strstr(frame + 1, "subgraph"));
	hand_plan_fini(&hand);
}
END_TEST

START_TEST(picture_after_a_run_is_coloured_by_load)
{
	struct pel_stage_stats stages[] = {
		{ .id = "fir#1", .busy_s = 2, .firings = 10 },
		{ .id = "fir#2", .busy_s = 1, .wait_input_s = 1, .firings = 10 },
		{ .id = "demod..gain", .busy_s = 0.2, .wait_room_s = 1.8 },
		{ .id = "mix", .busy_s = 2 },
	};
	struct pel_channel_stats channels[] = {
		{ .name = "samples->fir.in", .tokens = 1234567, .high_water = 4000 },
		{ .name = "fir.out->demod.in", .tokens = 1, .left_over = 1 },
	};
	struct pel_actor_stats actors[] = { { .id = "fir#1", .firings = 900 },
					    { .id = "fir#2", .firings = 100 } };
	struct pel_prediction predicted = { .size = sizeof(predicted) };
	struct pel_stats stats = { .size = sizeof(stats),
				   .wall_s = 2,
				   .workers = 4,
				   .stages = POINTERS(stages),
				   .n_stages = 4,
				   .channels = POINTERS(channels),
				   .n_channels = 2,
				   .actors = POINTERS(actors),
				   .n_actors = 2,
				   .predicted = &predicted };
	const char *dot;

	make_radio();
	dot = picture(&stats);
	assert_has(line_of(dot, "a1 ["), "75 % busy");
	assert_has(line_of(dot, "a1 ["), "1,000 firings");
	assert_has(line_of(dot, "a1 ["), "BGCOLOR=\"#fba664\"");
	assert_has(line_of(dot, "a4 ["), "100 % busy");
	assert_has(line_of(dot, "a4 ["), "BGCOLOR=\"#f1685c\"");
	assert_has(strstr(dot, "subgraph cluster_s2 {"), "cpu: 10 % busy, 90 % waiting for room");
	assert_has(line_of(dot, "a0:e -> a1:i0:w ["), "capacity 4,096 (4,000 used)<BR/>1,234,567 tokens>");
	assert_has(line_of(dot, "a1:o0:e -> a2:w ["), "1 token<BR/><FONT COLOR=\"#b91c1c\">1 left over</FONT>");
	assert_has(dot, "ran 2 s on 4 workers");
	hand_plan_fini(&hand);
}
END_TEST

START_TEST(picture_of_a_large_plan_has_one_box_a_stage)
{
	const char *dot;
	char start[32];

	hand_plan_init(&hand, "large");
	for (unsigned i = 0; i < 400; i++) {
		hand_actor(&hand, pel_arena_printf(&hand.plan.arena, "a%u", i), "core.copy", 2, 2);
		if (i) {
			hand_channel(&hand, i - 1, 0, i, 0, 8, PEL_MEMORY_RING);
			hand_channel(&hand, i - 1, 1, i, 1, 8, PEL_MEMORY_RING);
		}
	}
	for (unsigned i = 0; i < 400; i += 8)
		hand_stage(&hand, i, 8);
	dot = picture(NULL);
	for (unsigned i = 0; i < 50; i++) {
		snprintf(start, sizeof(start), "s%u [", i);
		assert_has(line_of(dot, start), "8 actors");
	}
	assert_has(line_of(dot, "s0 -> s1 ["), "2 channels");
	assert_lacks(dot, "\ns50 ");
	assert_lacks(dot, "\na0");
	hand_plan_fini(&hand);
}
END_TEST

START_TEST(picture_of_hundreds_of_stages_is_not_put_in_layers)
{
	static const unsigned counts[] = { 400, 501 };
	const char *dot;

	for (unsigned n = 0; n < 2; n++) {
		hand_plan_init(&hand, "large");
		for (unsigned i = 0; i < counts[n]; i++) {
			hand_actor(&hand, pel_arena_printf(&hand.plan.arena, "a%u", i), "core.copy", 1, 1);
			hand.actors[i].copies = i == 7 ? 2 : 1;
			hand_stage(&hand, i, 1);
		}
		dot = picture(NULL);
		if (n)
			assert_has(dot, "layout=sfdp");
		else
			assert_lacks(dot, "layout=");
		assert_has(line_of(dot, "s7 ["), "<B>a7</B>");
		assert_lacks(dot, "\ns8 "); /* the other copy */
		hand_plan_fini(&hand);
	}
}
END_TEST

START_TEST(picture_escapes_whatever_a_document_says)
{
	static const char hostile[] = "<B>&amp;\"];\\N\n\x1b\xff";
	const char *dot;

	hand_plan_init(&hand, hostile);
	hand_actor(&hand, hostile, hostile, 0, 2);
	hand_actor(&hand, "b", "core.null", 1, 0);
	hand.actors[0].out[0].name = hostile;
	hand.actors[0].where = (struct pel_where){ "\"<", 0, PEL_WHERE_FPGA, false };
	hand_channel(&hand, 0, 0, 1, 0, 1, PEL_MEMORY_RING);
	hand_stage(&hand, 0, 1);
	hand_stage(&hand, 1, 1);
	dot = picture(NULL);
	assert_lacks(dot, "<B>&amp;");
	assert_lacks(dot, "\\N");
	assert_lacks(dot, "\x1b");
	assert_lacks(dot, "\xff");
	assert_lacks(dot, "\"<");
	assert_has(line_of(dot, "a0 ["), "<B>&#60;B&#62;&#38;amp;&#34;];&#92;N \xef\xbf\xbd\xef\xbf\xbd</B>");
	hand_plan_fini(&hand);
}
END_TEST

START_TEST(long_ids_are_shortened_in_pictures_and_whole_in_tooltips)
{
	static const char id[] = "outer/a-very-long-name-of-a-filter-for-the-left-channel";
	const char *dot;

	hand_plan_init(&hand, "t");
	hand_actor(&hand, id, "core.copy", 1, 1);
	hand_stage(&hand, 0, 1);
	dot = picture(NULL);
	assert_has(line_of(dot, "a0 ["), "<B>outer/a-very-..-left-channel</B>");
	assert_has(line_of(dot, "a0 ["), "tooltip=\"outer/a-very-long-name-of-a-filter-for-the-left-channel\"");
	hand_plan_fini(&hand);
}
END_TEST

START_TEST(a_picture_without_memory_is_refused)
{
	struct pel_stage_stats stages[] = { { .id = "fir#1" } };
	struct pel_prediction predicted = { .size = sizeof(predicted) };
	struct pel_stats stats = { .size = sizeof(stats),
				   .wall_s = 1,
				   .stages = POINTERS(stages),
				   .n_stages = 1,
				   .predicted = &predicted };
	uint64_t failed = 0;
	int r;

	make_radio();
	do {
		FILE *out = open_text();

		pel_alloc_fail_after(failed + 1, false);
		r = pel_plan_write_dot(&hand.plan, &stats, NULL, out);
		pel_alloc_fail_after(0, false);
		text_of(out);
		if (r < 0)
			ck_assert_int_eq(r, -ENOMEM);
	} while (r < 0 && ++failed < 100);
	ck_assert_int_eq(r, 0);
	ck_assert_uint_ge(failed, 1);
	hand_plan_fini(&hand);
}
END_TEST

static int write_kernels(const char *name, enum pel_kernels_format format, struct pel_error *err)
{
	FILE *out = open_text();
	int r = pel_kernels_write(name, NULL, format, out, err);

	text_of(out);
	return r;
}

START_TEST(kernels_are_listed_by_module)
{
	const char *core, *file;

	ck_assert_int_eq(write_kernels(NULL, PEL_KERNELS_TEXT, NULL), 0);
	core = strstr(text, "core:\n");
	file = strstr(text, "\nfile:\n");
	ck_assert_ptr_nonnull(core);
	ck_assert_ptr_nonnull(file);
	ck_assert(core < file);
	ck_assert_ptr_nonnull(strstr(core, "\n  core.copy             pass tokens on unchanged\n"));
	ck_assert_int_eq(write_kernels("file", PEL_KERNELS_TEXT, NULL), 0);
	ck_assert_int_eq(strncmp(text, "file:\n  file.read ", 18), 0);
	ck_assert_ptr_null(strstr(text, "core."));
}
END_TEST

START_TEST(all_about_one_kernel_is_told)
{
	ck_assert_int_eq(write_kernels("core.scale", PEL_KERNELS_TEXT, NULL), 0);
	assert_has(text, "core.scale (module core; stateless, exact; on cpu and fpga)\n");
	assert_has(text, "\n  in  in: ");
	assert_has(text, "\n  out out: ");
	assert_has(text, "\n  set gain: f32 = 1\n");
	ck_assert_int_eq(write_kernels("core.scale", PEL_KERNELS_JSON, NULL), 0);
	assert_valid_json(text);
	ck_assert_str_eq(json_at(text, "kernels.0.name"), "\"core.scale\"");
	ck_assert_str_eq(json_at(text, "kernels.0.stateless"), "true");
	ck_assert_str_eq(json_at(text, "kernels.0.implementations"), "[\"cpu\", \"fpga\"]");
	ck_assert_str_eq(json_at(text, "kernels.0.in.0.rate"), "\"1\"");
	ck_assert_str_eq(json_at(text, "kernels.0.params.0.name"), "\"gain\"");
	ck_assert_ptr_null(json_at(text, "kernels.1"));
}
END_TEST

START_TEST(all_kernels_in_json_are_valid)
{
	ck_assert_int_eq(write_kernels(NULL, PEL_KERNELS_JSON, NULL), 0);
	assert_valid_json(text);
	ck_assert_ptr_nonnull(json_at(text, "kernels.20.name"));
}
END_TEST

START_TEST(a_kernel_that_is_not_there_is_named_with_its_neighbour)
{
	struct pel_error err = { 0 };
	FILE *out;

	ck_assert_int_eq(write_kernels("core.cpoy", PEL_KERNELS_TEXT, &err), -ENOENT);
	ck_assert_str_eq(text, "");
	ck_assert_int_eq(write_kernels("quite-something-else", PEL_KERNELS_TEXT, &err), -ENOENT);
	out = open_text();
	pel_error_write_text(&err, out);
	assert_has(text_of(out),
		   "error: there is no kernel or module 'core.cpoy'\nhint: did you mean 'core.copy'?\n");
	assert_has(text, "error: there is no kernel or module 'quite-something-else'\n"
			 "hint: 'pelton kernels' lists all kernels\n");
	pel_error_fini(&err);
}
END_TEST

START_TEST(kernels_without_memory_are_refused_or_the_gap_is_told)
{
	uint64_t n = 0;
	int r;

	do {
		struct pel_error err = { 0 };
		FILE *out = open_text();

		pel_alloc_fail_after(++n, false);
		r = pel_kernels_write(NULL, NULL, PEL_KERNELS_JSON, out, &err);
		pel_alloc_fail_after(0, false);
		text_of(out);
		if (r < 0)
			ck_assert_int_eq(r, -ENOMEM);
		else
			assert_valid_json(text);
		if (err.count || err.lost)
			r = -ENOMEM; /* complete it is not */
		pel_error_fini(&err);
	} while (r < 0 && n < 1000);
	ck_assert_int_eq(r, 0);
	ck_assert_uint_gt(n, 1);
	ck_assert_ptr_nonnull(json_at(text, "kernels.20"));
}
END_TEST

static int stop_at_third(void *context, const char *module, const struct pel_kernel *kernel)
{
	unsigned *seen = context;

	ck_assert_int_eq(strncmp(module, kernel->name, strlen(module)), 0);
	return ++*seen == 3 ? 42 : 0;
}

START_TEST(a_visit_ends_when_the_visitor_says)
{
	unsigned seen = 0;

	ck_assert_int_eq(pel_kernels_visit(NULL, stop_at_third, &seen, NULL), 42);
	ck_assert_uint_eq(seen, 3);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("observe");
	TCase *words = tcase_create("words"), *pictures = tcase_create("pictures");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_test(words, errors_are_lines_that_an_editor_can_jump_to);
	tcase_add_test(words, errors_in_json_have_every_key);
	tcase_add_test(words, statistics_have_the_keys_of_the_manual);
	tcase_add_test(words, plan_as_text_is_two_tables);
	tcase_add_test(words, plan_in_json_has_the_keys_of_the_manual);
	tcase_add_test(words, a_stage_of_many_actors_is_shortened_in_text_and_whole_in_json);
	tcase_add_test(words, kernels_are_listed_by_module);
	tcase_add_test(words, all_about_one_kernel_is_told);
	tcase_add_test(words, all_kernels_in_json_are_valid);
	tcase_add_test(words, a_kernel_that_is_not_there_is_named_with_its_neighbour);
	tcase_add_test(words, kernels_without_memory_are_refused_or_the_gap_is_told);
	tcase_add_test(words, a_visit_ends_when_the_visitor_says);
	tcase_add_test(pictures, picture_shows_ports_where_there_are_several_and_rates_that_are_not_1);
	tcase_add_test(pictures, picture_frames_stages_of_several_actors);
	tcase_add_test(pictures, picture_after_a_run_is_coloured_by_load);
	tcase_add_test(pictures, picture_of_a_large_plan_has_one_box_a_stage);
	tcase_add_test(pictures, picture_of_hundreds_of_stages_is_not_put_in_layers);
	tcase_add_test(pictures, picture_escapes_whatever_a_document_says);
	tcase_add_test(pictures, long_ids_are_shortened_in_pictures_and_whole_in_tooltips);
	tcase_add_test(pictures, a_picture_without_memory_is_refused);
	suite_add_tcase(suite, words);
	suite_add_tcase(suite, pictures);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	free(text);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
