/* SPDX-License-Identifier: Apache-2.0 */
/* The JSON writer, and the reader that tests check it with. */
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

START_TEST(json_reader_takes_json_and_nothing_else)
{
	static const char *const good[] = {
		"null",
		" [1, -2.5e+3, \"a\\u00e9\\n\\\"\", true, {\"a\": {}, \"b\": []}] \n",
		"\"\xc3\xa9\xf0\x9f\x98\x80\"",
		"0",
		"-0.5",
	};
	static const char *const bad[] = {
		"",
		"[1,]",
		"{\"a\":1,}",
		"{\"a\":1,\"a\":2}",
		"{a:1}",
		"01",
		"1.",
		".5",
		"nan",
		"\"\n\"",
		"\"\\x\"",
		"\"\\u12g4\"",
		"[1] 2",
		"\"\xc3\"",
		"\"\xed\xa0\x80\"",
		"\"\xc0\x80\"",
		"\"open",
		"[",
		"{\"a\"}",
		"+1",
		"tru",
	};

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_valid_json(good[i]);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ck_assert_msg(!json_is_valid(bad[i], NULL), "taken: %s", bad[i]);
	ck_assert_str_eq(json_at("{\"a\": [1, {\"b.c\": \"x\"}]}", "a.1.[b.c]"), "\"x\"");
	ck_assert_ptr_null(json_at("{\"a\": []}", "a.0"));
}
END_TEST

START_TEST(json_strings_are_escaped)
{
	static const struct {
		const char *in, *out;
	} cases[] = {
		{ "", "\"\"" },
		{ "plain", "\"plain\"" },
		{ "a\"b\\c", "\"a\\\"b\\\\c\"" },
		{ "line\nnext\ttab", "\"line\\nnext\\ttab\"" },
		{ "\x01\x1b[31m\x7f", "\"\\u0001\\u001b[31m\\u007f\"" },
		{ "caf\xc3\xa9 \xf0\x9f\x98\x80", "\"caf\xc3\xa9 \xf0\x9f\x98\x80\"" },
		{ "cut \xc3", "\"cut \xef\xbf\xbd\"" },
		{ "\xff\xfe", "\"\xef\xbf\xbd\xef\xbf\xbd\"" },
		{ "\xed\xa0\x80", "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"" }, /* a surrogate */
		{ "\xc0\x80", "\"\xef\xbf\xbd\xef\xbf\xbd\"" },			/* an overlong NUL */
		{ NULL, "null" },
	};
	struct pel_json json = { .out = open_text() };

	pel_json_string(&json, NULL, cases[_i].in);
	ck_assert_str_eq(text_of(json.out), cases[_i].out);
	assert_valid_json(text);
}
END_TEST

START_TEST(json_is_valid_whatever_the_bytes)
{
	char bytes[4] = { 0 };

	for (unsigned pair = 0x0101; pair <= 0xffff; pair++) {
		struct pel_json json = { .out = open_text() };

		bytes[0] = (char)(pair >> 8);
		bytes[1] = (char)pair;
		bytes[2] = (char)(pair * 7 + 1);
		pel_json_open(&json, NULL, '{');
		pel_json_string(&json, bytes, bytes);
		pel_json_close(&json);
		assert_valid_json(text_of(json.out));
	}
}
END_TEST

START_TEST(json_numbers_are_exact)
{
	static const struct {
		double in;
		const char *out;
	} cases[] = {
		{ 0, "0" },
		{ -0.0, "-0" },
		{ 1, "1" },
		{ 0.1, "0.1" },
		{ 1.0 / 3, "0.3333333333333333" },
		{ 0.1 + 0.2, "0.30000000000000004" },
		{ 1e21, "1e+21" },
		{ 123456789.125, "123456789.125" },
		{ 5e-324, "5e-324" },
		{ 1.7976931348623157e308, "1.7976931348623157e+308" },
		{ (double)NAN, "null" },
		{ (double)INFINITY, "null" },
		{ -(double)INFINITY, "null" },
	};
	struct pel_json json;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		json = (struct pel_json){ .out = open_text() };
		pel_json_f64(&json, NULL, cases[i].in);
		ck_assert_str_eq(text_of(json.out), cases[i].out);
		assert_valid_json(text);
	}
	json = (struct pel_json){ .out = open_text() };
	pel_json_u64(&json, NULL, UINT64_MAX);
	ck_assert_str_eq(text_of(json.out), "18446744073709551615");
}
END_TEST

START_TEST(any_double_reads_back_the_same)
{
	uint64_t bits = 0x9e3779b97f4a7c15u;

	for (int i = 0; i < 20000; i++) {
		struct pel_json json = { .out = open_text() };
		double value;

		bits ^= bits << 13;
		bits ^= bits >> 7;
		bits ^= bits << 17;
		memcpy(&value, &bits, sizeof(value));
		pel_json_f64(&json, NULL, value);
		assert_valid_json(text_of(json.out));
		if (isfinite(value))
			ck_assert(strtod(text, NULL) == value);
	}
}
END_TEST

START_TEST(json_stands_on_lines_where_it_is_shallow)
{
	struct pel_json json = { .out = open_text() };

	pel_json_open(&json, NULL, '{');
	pel_json_bool(&json, "ok", true);
	pel_json_open(&json, "none", '[');
	pel_json_close(&json);
	pel_json_open(&json, "list", '[');
	for (unsigned i = 0; i < 2; i++) {
		pel_json_open(&json, NULL, '{');
		pel_json_u64(&json, "a", i);
		pel_json_open(&json, "b", '[');
		pel_json_null(&json, NULL);
		pel_json_bool(&json, NULL, false);
		pel_json_close(&json);
		pel_json_close(&json);
	}
	pel_json_close(&json);
	pel_json_close(&json);
	ck_assert_str_eq(text_of(json.out), "{\n"
					    "  \"ok\": true,\n"
					    "  \"none\": [],\n"
					    "  \"list\": [\n"
					    "    {\"a\": 0, \"b\": [null, false]},\n"
					    "    {\"a\": 1, \"b\": [null, false]}\n"
					    "  ]\n"
					    "}\n");
	assert_valid_json(text);
}
END_TEST

START_TEST(a_stream_that_cannot_be_written_is_an_error)
{
	static struct hand_plan hand;
	struct pel_prediction predicted = { .size = sizeof(predicted) };
	struct pel_stats stats = { .size = sizeof(stats), .predicted = &predicted };
	struct pel_error err = { 0 };
	FILE *full = fopen("/dev/full", "w");

	ck_assert_ptr_nonnull(full);
	hand_plan_init(&hand, "t");
	ck_assert_int_eq(pel_stats_write_json(&stats, full), -ENOSPC);
	clearerr(full);
	ck_assert_int_eq(pel_plan_write_json(&hand.plan, full), -ENOSPC);
	clearerr(full);
	ck_assert_int_eq(pel_plan_write_text(&hand.plan, full), -ENOSPC);
	clearerr(full);
	ck_assert_int_eq(pel_plan_write_dot(&hand.plan, NULL, NULL, full), -ENOSPC);
	clearerr(full);
	ck_assert_int_eq(pel_error_write_json(&err, full), -ENOSPC);
	clearerr(full);
	ck_assert_int_eq(pel_kernels_write("core", NULL, PEL_KERNELS_TEXT, full, &err), -ENOSPC);
	pel_error_fini(&err);
	fclose(full);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("json");
	TCase *json = tcase_create("json");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_test(json, json_reader_takes_json_and_nothing_else);
	tcase_add_loop_test(json, json_strings_are_escaped, 0, 11);
	tcase_add_test(json, json_is_valid_whatever_the_bytes);
	tcase_add_test(json, json_numbers_are_exact);
	tcase_add_test(json, any_double_reads_back_the_same);
	tcase_add_test(json, json_stands_on_lines_where_it_is_shallow);
	tcase_add_test(json, a_stream_that_cannot_be_written_is_an_error);
	tcase_set_timeout(json, 60);
	suite_add_tcase(suite, json);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	free(text);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
