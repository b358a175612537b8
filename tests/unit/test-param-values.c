/* SPDX-License-Identifier: Apache-2.0 */
/* Values of parameters: from text, and from files of lists. */
#include <check.h>
#include <errno.h>
#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "expr.h"
#include "expr-case.h"

static char folder[40];

static void make_folder(void)
{
	strcpy(folder, "/tmp/pelton-expr-XXXXXX");
	ck_assert(mkdtemp(folder));
}

static void remove_folder(void)
{
	char command[64];

	snprintf(command, sizeof(command), "rm -r %s", folder);
	ck_assert_int_eq(system(command), 0);
}

static int param(const char *type, const char *text, struct pel_arena *arena, struct pel_value *value,
		 struct pel_error *err)
{
	return pel_param_value(type, text, &scope, "parameter 'p'", "/graphs", place, arena, value, err);
}

static const struct {
	const char *type, *text, *value;
} values[] = {
	{ "i64", "-9223372036854775808", "i64 -9223372036854775808" },
	{ "u64", "18446744073709551615", "u64 18446744073709551615" },
	{ "u64", "$big", "u64 18446744073709551615" },
	{ "u8", "255", "u8 255" },
	{ "i8", "-128", "i8 -128" },
	{ "u16", "65535", "u16 65535" },
	{ "i16", "-32768", "i16 -32768" },
	{ "u32", "4294967295", "u32 4294967295" },
	{ "i32", "-2147483648", "i32 -2147483648" },
	{ "u32", "$width*2", "u32 1280" },
	{ "f64", "1", "f64 1" },
	{ "f64", "0.1", "f64 0.10000000000000001" },
	{ "f32", "0.1", "f32 0.10000000149011612" },
	{ "f32", "16777217", "f32 16777216" },
	{ "f32", "3.4028234663852886e38", "f32 3.4028234663852886e+38" },
	{ "f64", "$n/3", "f64 5" },
	{ "bool", "true", "bool true" },
	{ "bool", "$n > 3", "bool true" },
	{ "bool", "$fast", "bool true" },
	{ "string", "", "string " },
	{ "string", "a $n $$", "string a 16 $" },
	{ "string", "1+1", "string 1+1" },
	{ "i32[]", "", "i32[] of 0" },
	{ "i32[]", " 1, -2 ,$n", "i32[] of 3" },
	{ "f32[]", "$taps", "f32[] of 3" },
	{ "f64[]", "$taps,0,$taps", "f64[] of 7" },
	{ "cf32[]", "1,0,0,-1", "cf32[] of 2" },
	{ "cf64[]", "0.5,-0.5", "cf64[] of 1" },
};

START_TEST(parameter_has_its_value)
{
	struct pel_error err = { 0 };
	struct pel_arena arena = { 0 };
	struct pel_value value;

	ck_assert(pel_param_type_valid(values[_i].type));
	ck_assert_int_eq(param(values[_i].type, values[_i].text, &arena, &value, &err), 0);
	ck_value(&value, values[_i].value);
	pel_arena_fini(&arena);
}
END_TEST

static const struct {
	const char *type, *text, *error;
} wrong_values[] = {
	{ "u8", "256", "parameter 'p' is 256, which does not fit u8 (0 to 255)" },
	{ "u8", "-1", "parameter 'p' is -1, which does not fit u8 (0 to 255)" },
	{ "i8", "128", "parameter 'p' is 128, which does not fit i8 (-128 to 127)" },
	{ "i16", "-32769", "parameter 'p' is -32769, which does not fit i16 (-32768 to 32767)" },
	{ "u16", "65536", "parameter 'p' is 65536, which does not fit u16 (0 to 65535)" },
	{ "i32", "2147483648",
	  "parameter 'p' is 2147483648, which does not fit i32 (-2147483648 to 2147483647)" },
	{ "u32", "4294967296", "parameter 'p' is 4294967296, which does not fit u32 (0 to 4294967295)" },
	{ "u64", "-1", "parameter 'p' is -1, which does not fit u64 (0 to 18446744073709551615)" },
	{ "i64", "9223372036854775808",
	  "parameter 'p' is 9223372036854775808, which does not fit i64 (-9223372036854775808 to 9223372036854775807)" },
	{ "i64", "2.0", "parameter 'p' is 2.0, which is not an integer; write 2" },
	{ "i64", "1e3", "parameter 'p' is 1000.0, which is not an integer; write 1000" },
	{ "i64", "2.5", "parameter 'p' is 2.5, which is not an integer" },
	{ "i64", "true", "parameter 'p' is true, which is not an integer" },
	{ "i64", "$photo", "parameter 'p' is a string, which is not an integer" },
	{ "f64", "true", "parameter 'p' is true, which is not a number" },
	{ "f64", "$taps", "parameter 'p' is a list, which is not a number" },
	{ "f32", "1e39", "parameter 'p' is 1e+39, which does not fit f32 (at most 3.4028234663852886e+38)" },
	{ "f32", "-3.4028235677973366e38",
	  "parameter 'p' is -3.4028235677973366e+38, which does not fit f32 (at most 3.4028234663852886e+38)" },
	{ "bool", "1", "parameter 'p' is 1, which is not a bool; write true or false, or a comparison" },
	{ "bool", "yes", "parameter 'p': 'yes' is neither a number nor a parameter in \"yes\"" },
	{ "u8[]", "1,256", "element 2 of parameter 'p' is 256, which does not fit u8 (0 to 255)" },
	{ "u8[]", "$taps", "element 1 of parameter 'p' is 0.25, which is not an integer" },
	{ "i8[]", "$bytes", "element 2 of parameter 'p' is 255, which does not fit i8 (-128 to 127)" },
	{ "f32[]", "1,2,", "parameter 'p': the expression is incomplete in \"1,2,\"" },
	{ "f32[]", "1 2 3", "parameter 'p': unexpected '2' in \"1 2 3\"; put commas between the elements" },
	{ "f32[]", "1,2 $taps",
	  "parameter 'p': unexpected '$' in \"1,2 $taps\"; put commas between the elements" },
	{ "f32[]", "lowpass.txt",
	  "parameter 'p': 'lowpass.txt' is neither a number nor a parameter in \"lowpass.txt\"; write file:lowpass.txt" },
	{ "f32[]", "../taps/a-1.csv",
	  "parameter 'p': '..' is not a number in \"../taps/a-1.csv\"; write file:../taps/a-1.csv" },
	{ "f32[]", "1;2", "parameter 'p': unexpected ';' in \"1;2\"" },
	{ "f32[]", "1,1e39",
	  "element 2 of parameter 'p' is 1e+39, which does not fit f32 (at most 3.4028234663852886e+38)" },
	{ "cf32[]", "1,2,3", "parameter 'p' has 3 numbers, but an element of cf32 takes two: real, imaginary" },
	{ "i46", "1", "parameter 'p' has the type 'i46', which no parameter can have" },
	{ "cf32", "1", "parameter 'p' has the type 'cf32', which no parameter can have" },
	{ "bytes", "1", "parameter 'p' has the type 'bytes', which no parameter can have" },
	{ "bool[]", "true", "parameter 'p' has the type 'bool[]', which no parameter can have" },
	{ "[]", "1", "parameter 'p' has the type '[]', which no parameter can have" },
};

START_TEST(wrong_parameter_is_explained)
{
	struct pel_error err = { 0 };
	struct pel_arena arena = { 0 };
	struct pel_value value;

	ck_assert_int_eq(param(wrong_values[_i].type, wrong_values[_i].text, &arena, &value, &err), -EINVAL);
	ck_expr_error(&err, wrong_values[_i].error);
	pel_arena_fini(&arena);
}
END_TEST

START_TEST(list_has_its_elements)
{
	struct pel_error err = { 0 };
	struct pel_arena arena = { 0 };
	struct pel_value value;
	const float *f32;

	ck_assert_int_eq(param("i16[]", "-1,2,-32768", &arena, &value, &err), 0);
	ck_assert_int_eq(((const int16_t *)value.list.data)[0], -1);
	ck_assert_int_eq(((const int16_t *)value.list.data)[1], 2);
	ck_assert_int_eq(((const int16_t *)value.list.data)[2], -32768);
	ck_assert_int_eq(param("u64[]", "18446744073709551615", &arena, &value, &err), 0);
	ck_assert(*(const uint64_t *)value.list.data == UINT64_MAX);
	ck_assert_int_eq(param("f32[]", "9,$taps,$bytes", &arena, &value, &err), 0);
	f32 = value.list.data;
	ck_assert(f32[0] == 9 && f32[1] == 0.25f && f32[2] == 0.5f && f32[3] == -1 && f32[4] == 0 &&
		  f32[5] == 255);
	ck_assert_int_eq(param("cf64[]", "1.5,-2.5", &arena, &value, &err), 0);
	ck_assert(((const double *)value.list.data)[0] == 1.5 && ((const double *)value.list.data)[1] == -2.5);
	pel_arena_fini(&arena);
}
END_TEST

/* A string that starts with another string is found where that one was written. */
START_TEST(string_knows_where_its_path_starts)
{
	static const struct {
		const char *text, *dir;
	} cases[] = {
		{ "earth.jpg", "/graphs" }, { "$photo", "/photos" },   { "${photo}.png", "/photos" },
		{ "x/$photo", "/graphs" },  { "$n$photo", "/graphs" },
	};
	struct pel_error err = { 0 };
	struct pel_arena arena = { 0 };
	struct pel_value value;

	for (int i = 0; i < COUNT(cases); i++) {
		ck_assert_int_eq(param("string", cases[i].text, &arena, &value, &err), 0);
		ck_assert_str_eq(value.dir, cases[i].dir);
	}
	pel_arena_fini(&arena);
}
END_TEST

static int list_file(const char *type, const char *content, struct pel_arena *arena, struct pel_value *value,
		     struct pel_error *err)
{
	char path[64];
	FILE *out;

	snprintf(path, sizeof(path), "%s/earth.jpg.txt", folder);
	out = fopen(path, "w");
	ck_assert(out && fputs(content, out) >= 0 && fclose(out) == 0);
	return pel_param_value(type, "file:earth.jpg.txt", &scope, "parameter 'taps'", folder, place, arena,
			       value, err);
}

START_TEST(list_file_is_read)
{
	struct pel_error err = { 0 };
	struct pel_arena arena = { 0 };
	struct pel_value value;
	const double *f64;

	ck_assert_int_eq(list_file("f64[]", "# taps\n1 -2.5,\t3e-1\r\n\n0x10#end\n,+7", &arena, &value, &err),
			 0);
	ck_assert_uint_eq(value.list.count, 5);
	f64 = value.list.data;
	ck_assert(f64[0] == 1 && f64[1] == -2.5 && f64[2] == 0.3 && f64[3] == 16 && f64[4] == 7);
	ck_assert_int_eq(list_file("i8[]", "", &arena, &value, &err), 0);
	ck_assert_uint_eq(value.list.count, 0);
	pel_arena_fini(&arena);
}
END_TEST

START_TEST(list_file_is_explained_at_its_place)
{
	static const struct {
		const char *content, *text;
		unsigned line, col;
	} cases[] = {
		{ "1 2\n # x\n  three 4", "parameter 'taps': 'three' is not a number", 3, 3 },
		{ "1\n2 300", "element 3 of parameter 'taps' is 300, which does not fit u8 (0 to 255)", 2, 3 },
		{ "1,2x", "parameter 'taps': '2x' is not a number", 1, 3 },
		{ "- 1", "parameter 'taps': '-' is not a number", 1, 1 },
		{ "1+1", "parameter 'taps': '1+1' is not a number", 1, 1 },
		{ "1e999", "parameter 'taps': '1e999' is not a number", 1, 1 },
		{ "$n", "parameter 'taps': '$n' is not a number", 1, 1 },
		{ "1.5", "element 1 of parameter 'taps' is 1.5, which is not an integer", 1, 1 },
	};
	struct pel_error err = { 0 };
	struct pel_arena arena = { 0 };
	struct pel_value value;
	char path[64];

	snprintf(path, sizeof(path), "%s/earth.jpg.txt", folder);
	for (int i = 0; i < COUNT(cases); i++) {
		ck_assert_int_eq(list_file("u8[]", cases[i].content, &arena, &value, &err), -EINVAL);
		ck_assert_uint_eq(err.count, 1);
		ck_assert_str_eq(err.items[0].text, cases[i].text);
		ck_assert_str_eq(err.items[0].file, path);
		ck_assert_uint_eq(err.items[0].line, cases[i].line);
		ck_assert_uint_eq(err.items[0].col, cases[i].col);
		pel_error_fini(&err);
	}
	pel_arena_fini(&arena);
}
END_TEST

START_TEST(list_file_that_cannot_be_read_is_explained)
{
	static const struct {
		const char *text, *error;
		int code;
	} cases[] = {
		{ "file:nowhere.txt",
		  "parameter 'p': cannot read the file '/graphs/nowhere.txt': there is no such file", -ENOENT },
		{ "file:/", "parameter 'p': cannot read the file '/': it is a directory", -EINVAL },
		{ "file:", "parameter 'p': cannot read the file '/graphs/': there is no such file", -ENOENT },
		{ "file:/dev/zero",
		  "parameter 'p': cannot read the file '/dev/zero': it is not a regular file", -EINVAL },
		{ "file:$photo.txt",
		  "parameter 'p': cannot read the file '/photos/earth.jpg.txt': there is no such file",
		  -ENOENT },
		{ "file:$phto",
		  "parameter 'p': there is no parameter '$phto' in \"$phto\"; did you mean '$photo'?", -EINVAL },
	};
	struct pel_error err = { 0 };
	struct pel_arena arena = { 0 };
	struct pel_value value;

	for (int i = 0; i < COUNT(cases); i++) {
		ck_assert_int_eq(param("f32[]", cases[i].text, &arena, &value, &err), cases[i].code);
		ck_expr_error(&err, cases[i].error);
	}
	pel_arena_fini(&arena);
}
END_TEST

static struct pel_value half_a_limit = { .kind = PEL_VALUE_LIST, .elem = PEL_ELEM_U8 };

static const struct pel_value *find_half(const void *context, const char *name, struct pel_near *near)
{
	(void)context, (void)name, (void)near;
	return &half_a_limit;
}

START_TEST(list_cannot_grow_without_limit)
{
	const struct pel_scope large = { find_half, NULL };
	struct pel_error err = { 0 };
	struct pel_arena arena = { 0 };
	struct pel_value value;

	half_a_limit.list.count = PEL_MAX_LIST_ELEMENTS / 2;
	half_a_limit.list.data = calloc(half_a_limit.list.count, 1);
	ck_assert_int_eq(pel_param_value("u8[]", "$a,$a", &large, "p", NULL, place, &arena, &value, &err), 0);
	ck_assert_uint_eq(value.list.count, PEL_MAX_LIST_ELEMENTS);
	ck_assert_int_eq(pel_param_value("u8[]", "$a,$a,1", &large, "p", NULL, place, &arena, &value, &err),
			 -EINVAL);
	ck_expr_error(&err, "p has more than 16777216 elements");
	free((void *)half_a_limit.list.data);
	pel_arena_fini(&arena);
}
END_TEST

/* A host program may count in a language that writes 1,5. Such a locale is made where there is none. */
START_TEST(locale_of_the_host_does_not_matter)
{
	struct pel_error err = { 0 };
	struct pel_arena arena = { 0 };
	struct pel_value value;
	const char *text;
	char command[200], said[8];

	snprintf(command, sizeof(command), "localedef -c -f UTF-8 -i de_DE %s/de_DE.UTF-8 >%s/log 2>&1",
		 folder, folder);
	setenv("LOCPATH", folder, 1);
	if (system(command) == 0 && setlocale(LC_ALL, "de_DE.UTF-8")) {
		snprintf(said, sizeof(said), "%.1f", 0.5);
		ck_assert_str_eq(said, "0,5");
	} else {
		puts("no locale with a decimal comma: nothing to see here");
	}
	ck_assert_int_eq(pel_expr_value("1.5*2", &scope, "x", place, &value, &err), 0);
	ck_assert(value.f64 == 3);
	ck_assert_int_eq(pel_expr_text("$half", &scope, "x", place, &arena, &text, &err), 0);
	ck_assert_str_eq(text, "0.5");
	setlocale(LC_ALL, "C");
	unsetenv("LOCPATH");
	pel_arena_fini(&arena);
}
END_TEST

START_TEST(every_failing_allocation_is_an_error)
{
	static const char *const kinds[] = { "f64[]", "string", "cf32[]" };
	static const char *const values_[] = { "1,2,3,$taps,4,5,6", "a${photo}b$n", "file:earth.jpg.txt" };
	struct pel_arena arena = { 0 };
	struct pel_value value;
	int r = -ENOMEM;

	list_file("f64[]", "1 2 3 4 5 6", &arena, &value, NULL);
	pel_arena_fini(&arena);
	for (uint64_t n = 1; r < 0; n++) {
		struct pel_error err = { 0 };

		ck_assert_uint_lt(n, 1000);
		pel_alloc_fail_after(n, false);
		r = pel_param_value(kinds[_i], values_[_i], &scope, "p", folder, place, &arena, &value, &err);
		pel_alloc_fail_after(0, false);
		ck_assert(r == 0 || r == -ENOMEM);
		pel_error_fini(&err);
		pel_arena_fini(&arena);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("param-values");
	TCase *tcase = tcase_create("param-values"), *files = tcase_create("files");
	SRunner *runner;
	int failed;

	tcase_add_loop_test(tcase, parameter_has_its_value, 0, COUNT(values));
	tcase_add_loop_test(tcase, wrong_parameter_is_explained, 0, COUNT(wrong_values));
	tcase_add_test(tcase, list_has_its_elements);
	tcase_add_test(tcase, string_knows_where_its_path_starts);
	tcase_add_test(tcase, list_file_that_cannot_be_read_is_explained);
	tcase_add_test(tcase, list_cannot_grow_without_limit);
	tcase_set_timeout(tcase, 60);
	suite_add_tcase(suite, tcase);
	tcase_set_timeout(files, 60); /* making a locale takes seconds */
	tcase_add_checked_fixture(files, make_folder, remove_folder);
	tcase_add_test(files, list_file_is_read);
	tcase_add_test(files, locale_of_the_host_does_not_matter);
	tcase_add_test(files, list_file_is_explained_at_its_place);
	tcase_add_loop_test(files, every_failing_allocation_is_an_error, 0, 3);
	suite_add_tcase(suite, files);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
