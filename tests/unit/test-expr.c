/* SPDX-License-Identifier: Apache-2.0 */
#include <check.h>
#include <errno.h>
#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "expr.h"

#define COUNT(array) ((int)(sizeof(array) / sizeof((array)[0])))

/* ---- the parameters of all tests ---- */

static const float three_taps[] = { 0.25f, 0.5f, -1.0f };
static const uint8_t two_bytes[] = { 0, 255 };

static const struct {
	const char *name;
	struct pel_value value;
} params[] = {
	{ "n", { .kind = PEL_VALUE_I64, .elem = PEL_ELEM_I64, .i64 = 16 } },
	{ "width", { .kind = PEL_VALUE_I64, .elem = PEL_ELEM_U32, .i64 = 640 } },
	{ "frame-size", { .kind = PEL_VALUE_I64, .elem = PEL_ELEM_I64, .i64 = 1024 } },
	{ "big", { .kind = PEL_VALUE_I64, .elem = PEL_ELEM_U64, .i64 = -1 } },
	{ "half", { .kind = PEL_VALUE_F64, .elem = PEL_ELEM_F64, .f64 = 0.5 } },
	{ "fast", { .kind = PEL_VALUE_BOOL, .boolean = true } },
	{ "photo", { .kind = PEL_VALUE_STRING, .string = "earth.jpg", .dir = "/photos" } },
	{ "taps", { .kind = PEL_VALUE_LIST, .elem = PEL_ELEM_F32, .list = { three_taps, 3 } } },
	{ "bytes", { .kind = PEL_VALUE_LIST, .elem = PEL_ELEM_U8, .list = { two_bytes, 2 } } },
};

static const struct pel_value *find(const void *context, const char *name, struct pel_near *near)
{
	(void)context;
	for (int i = 0; i < COUNT(params); i++) {
		if (strcmp(params[i].name, name) == 0)
			return &params[i].value;
		if (near)
			pel_near_try(near, name, params[i].name);
	}
	return NULL;
}

static const struct pel_scope scope = { find, NULL };
static const struct pel_place place = { "g.xml", 3, 7 };

/* The one error there is: "text" or "text; hint". It stands where it was asked for. */
static void ck_error(struct pel_error *err, const char *wanted)
{
	char said[1024];

	ck_assert_msg(err->count == 1, "%zu errors instead of: %s", err->count, wanted);
	snprintf(said, sizeof(said), "%s%s%s", err->items[0].text, err->items[0].hint ? "; " : "",
		 err->items[0].hint ? err->items[0].hint : "");
	ck_assert_str_eq(said, wanted);
	ck_assert_str_eq(err->items[0].file, "g.xml");
	ck_assert_uint_eq(err->items[0].line, 3);
	ck_assert_uint_eq(err->items[0].col, 7);
	pel_error_fini(err);
}

static void ck_value(const struct pel_value *value, const char *wanted)
{
	char said[128];

	switch (value->kind) {
	case PEL_VALUE_I64:
		if (value->elem == PEL_ELEM_U64)
			snprintf(said, sizeof(said), "%s %llu", pel_elem_name(value->elem),
				 (unsigned long long)value->i64);
		else
			snprintf(said, sizeof(said), "%s %lld", pel_elem_name(value->elem),
				 (long long)value->i64);
		break;
	case PEL_VALUE_F64:
		snprintf(said, sizeof(said), "%s %.17g", pel_elem_name(value->elem), value->f64);
		break;
	case PEL_VALUE_BOOL:
		snprintf(said, sizeof(said), "bool %s", value->boolean ? "true" : "false");
		break;
	case PEL_VALUE_STRING:
		snprintf(said, sizeof(said), "string %s", value->string);
		break;
	case PEL_VALUE_LIST:
		snprintf(said, sizeof(said), "%s[] of %zu", pel_elem_name(value->elem), value->list.count);
		break;
	}
	ck_assert_str_eq(said, wanted);
}

/* ---- expressions ---- */

static const struct {
	const char *text, *value;
} expressions[] = {
	{ "0", "i64 0" },
	{ " 42\t", "i64 42" },
	{ "0x1F", "i64 31" },
	{ "007", "i64 7" },
	{ "1.5", "f64 1.5" },
	{ ".5", "f64 0.5" },
	{ "1e-3", "f64 0.001" },
	{ "2E2", "f64 200" },
	{ "true", "bool true" },
	{ "false", "bool false" },
	{ "-3", "i64 -3" },
	{ "--3", "i64 3" },
	{ "+-+3", "i64 -3" },
	{ "-0.0", "f64 -0" },
	{ "1+2*3", "i64 7" },
	{ "(1+2)*3", "i64 9" },
	{ "10-4-3", "i64 3" },
	{ "2*3%4", "i64 2" },
	{ "-2*-3", "i64 6" },
	{ "7/2", "i64 3" },
	{ "-7/2", "i64 -3" },
	{ "7/-2", "i64 -3" },
	{ "-7%2", "i64 -1" },
	{ "7%-2", "i64 1" },
	{ "7/2.0", "f64 3.5" },
	{ "7.5%2", "f64 1.5" },
	{ "1+0.5", "f64 1.5" },
	{ "$half*2", "f64 1" },
	{ "$n", "i64 16" },
	{ "$n+1", "i64 17" },
	{ "2*$n", "i64 32" },
	{ "${n}", "i64 16" },
	{ "${n*2}", "i64 32" },
	{ "${ n + $n }", "i64 32" },
	{ "${${n}}", "i64 16" },
	{ "$n-1", "i64 15" },
	{ "$n--1", "i64 17" },
	{ "$frame-size", "i64 1024" },
	{ "$frame-size-24", "i64 1000" },
	{ "${frame-size/2}", "i64 512" },
	{ "$big", "u64 18446744073709551615" },
	{ "$big/2", "i64 9223372036854775807" },
	{ "18446744073709551615", "u64 18446744073709551615" },
	{ "9223372036854775807", "i64 9223372036854775807" },
	{ "-9223372036854775808", "i64 -9223372036854775808" },
	{ "-9223372036854775808 / -1", "u64 9223372036854775808" },
	{ "4294967296*2147483648", "u64 9223372036854775808" },
	{ "-4294967296*2147483648", "i64 -9223372036854775808" },
	{ "1<2", "bool true" },
	{ "2<=2", "bool true" },
	{ "2>2", "bool false" },
	{ "2>=2.5", "bool false" },
	{ "1==1.0", "bool true" },
	{ "1!=2", "bool true" },
	{ "1<2==2>1", "bool true" },
	{ "$fast==true", "bool true" },
	{ "true!=true", "bool false" },
	{ "9223372036854775807 < 9223372036854775808", "bool true" },
	{ "$photo==$photo", "bool true" },
	{ "$photo!=$photo", "bool false" },
	{ "min(3)", "i64 3" },
	{ "min(3,1,2)", "i64 1" },
	{ "max(3, $n ,2)", "i64 16" },
	{ "max(1,0.5)", "f64 1" },
	{ "min(max(1,2),max(3,4))", "i64 2" },
};

START_TEST(expression_has_its_value)
{
	struct pel_error err = { 0 };
	struct pel_value value;

	ck_assert_int_eq(pel_expr_value(expressions[_i].text, &scope, "rate", place, &value, &err), 0);
	ck_value(&value, expressions[_i].value);
	ck_assert_uint_eq(err.count, 0);
}
END_TEST

static const struct {
	const char *text, *error;
} wrong_expressions[] = {
	{ "", "rate is empty" },
	{ "  ", "rate is empty" },
	{ "2*", "rate: something is missing at the end in \"2*\"" },
	{ "(1", "rate: something is missing at the end in \"(1\"" },
	{ "min(1", "rate: something is missing at the end in \"min(1\"" },
	{ "${n", "rate: something is missing at the end in \"${n\"" },
	{ "1 2", "rate: unexpected '2' in \"1 2\"" },
	{ "1)", "rate: unexpected ')' in \"1)\"" },
	{ "2*(3+)", "rate: unexpected ')' in \"2*(3+)\"" },
	{ "*", "rate: unexpected '*' in \"*\"" },
	{ "1 & 2", "rate: unexpected '&' in \"1 & 2\"" },
	{ "1,2", "rate: unexpected ',' in \"1,2\"" },
	{ "2\xc3\xa9", "rate: unexpected '\xc3\xa9' in \"2\xc3\xa9\"" },
	{ "min()", "rate: unexpected ')' in \"min()\"" },
	{ "min 1", "rate: unexpected '1' in \"min 1\"" },
	{ "12monkeys", "rate: '12monkeys' is not a number in \"12monkeys\"" },
	{ "0x", "rate: '0x' is not a number in \"0x\"" },
	{ "0xfg", "rate: '0xfg' is not a number in \"0xfg\"" },
	{ "1.", "rate: '1.' is not a number in \"1.\"" },
	{ "1.5.2", "rate: '1.5.2' is not a number in \"1.5.2\"" },
	{ "1e", "rate: '1e' is not a number in \"1e\"" },
	{ "n", "rate: 'n' is neither a number nor a parameter in \"n\"; did you mean '$n'?" },
	{ "many", "rate: 'many' is neither a number nor a parameter in \"many\"" },
	{ "inf", "rate: 'inf' is neither a number nor a parameter in \"inf\"" },
	{ "$m", "rate: there is no parameter '$m' in \"$m\"" },
	{ "$widht", "rate: there is no parameter '$widht' in \"$widht\"; did you mean '$width'?" },
	{ "${widht/2}", "rate: there is no parameter '$widht' in \"${widht/2}\"; did you mean '$width'?" },
	{ "$frame-siz",
	  "rate: there is no parameter '$frame-siz' in \"$frame-siz\"; did you mean '$frame-size'?" },
	{ "$widht-1", "rate: there is no parameter '$widht' in \"$widht-1\"; did you mean '$width'?" },
	{ "$",
	  "rate: a '$' without a name in \"$\"; write $name, ${expression}, or $$ for a dollar in a string" },
	{ "$$",
	  "rate: a '$' without a name in \"$$\"; write $name, ${expression}, or $$ for a dollar in a string" },
	{ "1/0", "rate: 1 / 0 divides by zero in \"1/0\"" },
	{ "1%0", "rate: 1 % 0 divides by zero in \"1%0\"" },
	{ "1.5/0", "rate: 1.5 / 0 divides by zero in \"1.5/0\"" },
	{ "1/0.0", "rate: 1 / 0.0 divides by zero in \"1/0.0\"" },
	{ "18446744073709551615+1", "rate: 18446744073709551615 + 1 overflows in \"18446744073709551615+1\"" },
	{ "-9223372036854775808-1", "rate: -9223372036854775808 - 1 overflows in \"-9223372036854775808-1\"" },
	{ "4294967296*4294967296", "rate: 4294967296 * 4294967296 overflows in \"4294967296*4294967296\"" },
	{ "$big*$big", "rate: 18446744073709551615 * 18446744073709551615 overflows in \"$big*$big\"" },
	{ "-$big", "rate: 0 - 18446744073709551615 overflows in \"-$big\"" },
	{ "1e308*10", "rate: 1e+308 * 10 overflows in \"1e308*10\"" },
	{ "18446744073709551616", "rate: 18446744073709551616 is too large in \"18446744073709551616\"" },
	{ "1e999", "rate: 1e999 is too large in \"1e999\"" },
	{ "true+1", "rate: true is not a number, so '+' cannot take it in \"true+1\"" },
	{ "-true", "rate: true is not a number, so '-' cannot take it in \"-true\"" },
	{ "1<2<3", "rate: true is not a number, so '<' cannot take it in \"1<2<3\"" },
	{ "1==true", "rate: true is not a number, so '==' cannot take it in \"1==true\"" },
	{ "$photo*2", "rate: a string is not a number, so '*' cannot take it in \"$photo*2\"" },
	{ "$taps+1", "rate: a list is not a number, so '+' cannot take it in \"$taps+1\"" },
	{ "max(1,false)", "rate: false is not a number, so 'max' cannot take it in \"max(1,false)\"" },
};

START_TEST(wrong_expression_is_explained)
{
	struct pel_error err = { 0 };
	struct pel_value value;

	ck_assert_int_eq(pel_expr_value(wrong_expressions[_i].text, &scope, "rate", place, &value, &err),
			 -EINVAL);
	ck_error(&err, wrong_expressions[_i].error);
}
END_TEST

START_TEST(depth_is_limited)
{
	static const char *const opens[] = { "(", "-", "${", "min(" };
	static const char *const closes[] = { ")", "", "}", ")" };
	char text[2000] = "";
	struct pel_error err = { 0 };
	struct pel_value value;

	for (int depth = 0; depth < 100; depth++)
		strcat(text, opens[_i]);
	strcat(text, "1");
	for (int depth = 0; depth < 100; depth++)
		strcat(text, closes[_i]);
	ck_assert_int_eq(pel_expr_value(text, &scope, "rate", place, &value, &err), 0);
	memmove(text + strlen(opens[_i]), text, strlen(text) + 1);
	memcpy(text, opens[_i], strlen(opens[_i]));
	ck_assert_int_eq(pel_expr_value(text, &scope, "rate", place, &value, &err), -EINVAL);
	ck_assert_uint_eq(err.count, 1);
	ck_assert(strstr(err.items[0].text, "rate: more than 100 levels of parentheses and signs in \""));
	pel_error_fini(&err);
}
END_TEST

/* A chain of operators is no depth. */
START_TEST(long_sum_is_evaluated)
{
	static char text[200002];
	struct pel_error err = { 0 };
	struct pel_value value;

	for (int i = 0; i < 100000; i++)
		memcpy(text + 2 * i, "1+", 2);
	text[200000] = '1';
	ck_assert_int_eq(pel_expr_value(text, &scope, "sum", place, &value, &err), 0);
	ck_value(&value, "i64 100001");
}
END_TEST

START_TEST(long_text_is_cut_in_messages)
{
	char text[300];
	struct pel_error err = { 0 };
	struct pel_value value;

	memset(text, '1', sizeof(text));
	text[0] = '(';
	text[299] = 0;
	pel_expr_value(text, &scope, "rate", place, &value, &err);
	ck_assert_uint_lt(strlen(err.items[0].text), 200);
	ck_assert(strstr(err.items[0].text, "..."));
	pel_error_fini(&err);
}
END_TEST

START_TEST(integer_is_held_to_its_range)
{
	struct pel_error err = { 0 };
	int64_t value = 7;

	ck_assert_int_eq(pel_expr_i64("2*$n", &scope, "copies", 1, 1024, place, &value, &err), 0);
	ck_assert_int_eq(value, 32);
	ck_assert_int_eq(pel_expr_i64("1", &scope, "copies", 1, 1024, place, &value, &err), 0);
	ck_assert_int_eq(pel_expr_i64("1024", &scope, "copies", 1, 1024, place, &value, &err), 0);
	ck_assert_int_eq(pel_expr_i64("0", &scope, "copies", 1, 1024, place, &value, &err), -EINVAL);
	ck_error(&err, "copies is 0, but must be from 1 to 1024");
	ck_assert_int_eq(pel_expr_i64("$width*2", &scope, "copies", 1, 1024, place, &value, &err), -EINVAL);
	ck_error(&err, "copies is 1280, but must be from 1 to 1024");
	ck_assert_int_eq(pel_expr_i64("-1", &scope, "capacity", 1, INT64_MAX, place, &value, &err), -EINVAL);
	ck_error(&err, "capacity is -1, but must be at least 1");
	ck_assert_int_eq(pel_expr_i64("$big", &scope, "capacity", 1, INT64_MAX, place, &value, &err), -EINVAL);
	pel_error_fini(&err);
	ck_assert_int_eq(pel_expr_i64("1.0", &scope, "copies", 1, 1024, place, &value, &err), -EINVAL);
	ck_error(&err, "copies is 1.0, which is not an integer");
	ck_assert_int_eq(pel_expr_i64("true", &scope, "copies", 1, 1024, place, &value, &err), -EINVAL);
	ck_error(&err, "copies is true, which is not an integer");
	ck_assert_int_eq(pel_expr_i64("$photo", &scope, "copies", 1, 1024, place, &value, &err), -EINVAL);
	ck_error(&err, "copies is a string, which is not an integer");
	ck_assert_int_eq(value, 1024);
}
END_TEST

START_TEST(rates_are_a_list)
{
	struct pel_error err = { 0 };
	struct pel_arena arena = { 0 };
	uint64_t *rates = NULL;
	size_t n = 0;

	ck_assert_int_eq(pel_expr_u64_list("1, 0,$n ,max(2,3)", &scope, "rate", 100, 4, place, &arena, &rates,
					   &n, &err),
			 0);
	ck_assert_uint_eq(n, 4);
	ck_assert_uint_eq(rates[0], 1);
	ck_assert_uint_eq(rates[1], 0);
	ck_assert_uint_eq(rates[2], 16);
	ck_assert_uint_eq(rates[3], 3);
	ck_assert_int_eq(pel_expr_u64_list("5", &scope, "rate", 100, 4, place, &arena, &rates, &n, &err), 0);
	ck_assert_uint_eq(n, 1);
	n = 99;
	ck_assert_int_eq(pel_expr_u64_list("1,2,3,4,5", &scope, "rate", 100, 4, place, &arena, &rates, &n, &err),
			 -EINVAL);
	ck_error(&err, "rate has more than 4 values");
	ck_assert_int_eq(pel_expr_u64_list("1,101", &scope, "rate", 100, 4, place, &arena, &rates, &n, &err),
			 -EINVAL);
	ck_error(&err, "rate is 101, but must be from 0 to 100");
	ck_assert_int_eq(pel_expr_u64_list("-1", &scope, "rate", 100, 4, place, &arena, &rates, &n, &err),
			 -EINVAL);
	ck_error(&err, "rate is -1, but must be from 0 to 100");
	ck_assert_int_eq(pel_expr_u64_list("1,,2", &scope, "rate", 100, 4, place, &arena, &rates, &n, &err),
			 -EINVAL);
	ck_error(&err, "rate: unexpected ',' in \"1,,2\"");
	ck_assert_int_eq(pel_expr_u64_list("1,2,", &scope, "rate", 100, 4, place, &arena, &rates, &n, &err),
			 -EINVAL);
	ck_error(&err, "rate: something is missing at the end in \"1,2,\"");
	ck_assert_uint_eq(n, 99);
	pel_arena_fini(&arena);
}
END_TEST

/* ---- texts ---- */

static const struct {
	const char *text, *value;
} texts[] = {
	{ "", "" },
	{ "plain", "plain" },
	{ "$photo", "earth.jpg" },
	{ "${photo}.png", "earth.jpg.png" },
	{ "a-$n-b", "a-16-b" },
	{ "$frame-size-$n", "1024-16" },
	{ "${n*2}x${width}", "32x640" },
	{ "$$5", "$5" },
	{ "$$$n", "$16" },
	{ "$half $fast $big", "0.5 true 18446744073709551615" },
	{ "\xc3\xbc$n\xc3\xbc", "\xc3\xbc"
				"16\xc3\xbc" },
};

START_TEST(text_has_names_replaced)
{
	struct pel_error err = { 0 };
	struct pel_arena arena = { 0 };
	const char *text = NULL;

	ck_assert_int_eq(pel_expr_text(texts[_i].text, &scope, "file", place, &arena, &text, &err), 0);
	ck_assert_str_eq(text, texts[_i].value);
	pel_arena_fini(&arena);
}
END_TEST

static const struct {
	const char *text, *error;
} wrong_texts[] = {
	{ "a$",
	  "file: a '$' without a name in \"a$\"; write $name, ${expression}, or $$ for a dollar in a string" },
	{ "$1",
	  "file: a '$' without a name in \"$1\"; write $name, ${expression}, or $$ for a dollar in a string" },
	{ "${n", "file: something is missing at the end in \"${n\"" },
	{ "${}", "file: unexpected '}' in \"${}\"" },
	{ "${n m}", "file: unexpected 'm' in \"${n m}\"" },
	{ "$phto.png", "file: there is no parameter '$phto' in \"$phto.png\"; did you mean '$photo'?" },
	{ "x$taps", "file: a list cannot be part of a text in \"x$taps\"" },
};

START_TEST(wrong_text_is_explained)
{
	struct pel_error err = { 0 };
	struct pel_arena arena = { 0 };
	const char *text = NULL;

	ck_assert_int_eq(pel_expr_text(wrong_texts[_i].text, &scope, "file", place, &arena, &text, &err),
			 -EINVAL);
	ck_error(&err, wrong_texts[_i].error);
	pel_arena_fini(&arena);
}
END_TEST

static char megabyte[(1 << 20) + 1];

static const struct pel_value *find_megabyte(const void *context, const char *name, struct pel_near *near)
{
	static struct pel_value value = { .kind = PEL_VALUE_STRING, .string = megabyte };

	(void)context, (void)name, (void)near;
	return &value;
}

START_TEST(text_cannot_grow_without_limit)
{
	const struct pel_scope large = { find_megabyte, NULL };
	struct pel_error err = { 0 };
	struct pel_arena arena = { 0 };
	const char *text = NULL;

	memset(megabyte, 'x', sizeof(megabyte) - 1);
	ck_assert_int_eq(pel_expr_text("$a", &large, "file", place, &arena, &text, &err), 0);
	ck_assert_int_eq(pel_expr_text("$a$a", &large, "file", place, &arena, &text, &err), -EINVAL);
	ck_error(&err, "file: the text is longer than 1048576 bytes in \"$a$a\"");
	pel_arena_fini(&arena);
}
END_TEST

/* ---- parameters ---- */

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
	{ "f32[]", "1,2,", "parameter 'p': something is missing at the end in \"1,2,\"" },
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
	ck_error(&err, wrong_values[_i].error);
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

/* ---- lists in files ---- */

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
		ck_error(&err, cases[i].error);
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
	ck_error(&err, "p has more than 16777216 elements");
	free((void *)half_a_limit.list.data);
	pel_arena_fini(&arena);
}
END_TEST

/* ---- types ---- */

static void format_type(const struct pel_type_expr *type, char *buf, size_t size)
{
	size_t n = 0;

	if (type->symbol)
		n += (size_t)snprintf(buf, size, "%s", type->symbol);
	else
		n += (size_t)snprintf(buf, size, "%s:%u", pel_elem_name(type->elem), type->elem_bytes);
	for (uint32_t i = 0; i < type->n_dims; i++)
		n += type->dims[i].symbol ? (size_t)snprintf(buf + n, size - n, " %s", type->dims[i].symbol)
					  : (size_t)snprintf(buf + n, size - n, " %llu",
							     (unsigned long long)type->dims[i].size);
}

static const struct {
	const char *text, *type;
} types[] = {
	{ "f32", "f32:4" },
	{ " cf64 ", "cf64:16" },
	{ "u8[1080,1920]", "u8:1 1080 1920" },
	{ "u8 [ 2 , 3 ]", "u8:1 2 3" },
	{ "T", "T" },
	{ "T[H,W]", "T H W" },
	{ "Token_2[W1,4]", "Token_2 W1 4" },
	{ "f32[$n]", "f32:4 16" },
	{ "f32[${n*2},$width/2]", "f32:4 32 320" },
	{ "f32[2*$n,min(3,4)]", "f32:4 32 3" },
	{ "u8[$frame-size,W]", "u8:1 1024 W" },
	{ "bytes[16]", "bytes:16" },
	{ "bytes[$n][4]", "bytes:16 4" },
	{ "bytes[1][H]", "bytes:1 H" },
	{ "i16[1,2,3,4,5,6,7,8]", "i16:2 1 2 3 4 5 6 7 8" },
	{ "u8[1073741824]", "u8:1 1073741824" },
	{ "T[32768,32768]", "T 32768 32768" },
};

START_TEST(type_is_understood)
{
	struct pel_error err = { 0 };
	struct pel_arena arena = { 0 };
	struct pel_type_expr type;
	char said[128];

	ck_assert_int_eq(pel_type_expr_parse(types[_i].text, &scope, "type", place, &arena, &type, &err), 0);
	format_type(&type, said, sizeof(said));
	ck_assert_str_eq(said, types[_i].type);
	pel_arena_fini(&arena);
}
END_TEST

static const struct {
	const char *text, *error;
} wrong_types[] = {
	{ "", "type is empty" },
	{ "[4]", "type: unexpected '[' in \"[4]\"" },
	{ "f23", "type: there is no element type 'f23' in \"f23\"; did you mean 'f32'?" },
	{ "float",
	  "type: there is no element type 'float' in \"float\"; element types are u8 i8 u16 i16 u32 i32 u64 i64 f32 f64 cf32 "
	  "cf64 bytes[N]; a symbol starts with a capital letter" },
	{ "byte[4]", "type: there is no element type 'byte' in \"byte[4]\"; did you mean 'bytes'?" },
	{ "bytes", "type: 'bytes' needs its size in \"bytes\"; write bytes[N], with N from 1" },
	{ "bytes[0]", "type: the size of 'bytes' is 0, but must be from 1 to 1073741824 in \"bytes[0]\"" },
	{ "bytes[N]", "type: 'N' is neither a number nor a parameter in \"bytes[N]\"" },
	{ "bytes[4,4]", "type: unexpected ',' in \"bytes[4,4]\"" },
	{ "f32[]", "type: unexpected ']' in \"f32[]\"" },
	{ "f32[4", "type: something is missing at the end in \"f32[4\"" },
	{ "f32[4,]", "type: unexpected ']' in \"f32[4,]\"" },
	{ "f32[4]x", "type: unexpected 'x' in \"f32[4]x\"" },
	{ "f32[2][3]",
	  "type: an array has only one pair of brackets in \"f32[2][3]\"; write all dimensions into it: T[H,W]" },
	{ "f32[0]", "type: a dimension is 0, but must be from 1 to 1073741824 in \"f32[0]\"" },
	{ "f32[-1]", "type: a dimension is -1, but must be from 1 to 1073741824 in \"f32[-1]\"" },
	{ "f32[1.5]", "type: a dimension is 1.5, which is not an integer in \"f32[1.5]\"" },
	{ "f32[n]", "type: 'n' is neither a number nor a parameter in \"f32[n]\"; did you mean '$n'?" },
	{ "f32[$m]", "type: there is no parameter '$m' in \"f32[$m]\"" },
	{ "T[1,2,3,4,5,6,7,8,9]", "type: more than 8 dimensions in \"T[1,2,3,4,5,6,7,8,9]\"" },
	{ "u16[32768,32768]",
	  "type: a token has 2147483648 bytes; the limit is 1073741824 in \"u16[32768,32768]\"" },
	{ "u8[1073741824,1073741824,1073741824]",
	  "type: a token has more than 2^64 bytes; the limit is 1073741824 in \"u8[1073741824,1073741824,1073741824]\"" },
	{ "T[32768,32769]",
	  "type: a token has 1073774592 bytes; the limit is 1073741824 in \"T[32768,32769]\"" },
};

START_TEST(wrong_type_is_explained)
{
	struct pel_error err = { 0 };
	struct pel_arena arena = { 0 };
	struct pel_type_expr type;

	ck_assert_int_eq(pel_type_expr_parse(wrong_types[_i].text, &scope, "type", place, &arena, &type, &err),
			 -EINVAL);
	ck_error(&err, wrong_types[_i].error);
	pel_arena_fini(&arena);
}
END_TEST

/* ---- surroundings ---- */

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

START_TEST(errors_need_not_be_wanted)
{
	struct pel_value value;

	ck_assert_int_eq(pel_expr_value("$widht", &scope, "x", place, &value, NULL), -EINVAL);
	ck_assert_int_eq(pel_expr_value("$n", NULL, "x", place, &value, NULL), -EINVAL);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("expr");
	TCase *tcase = tcase_create("expr"), *files = tcase_create("files");
	SRunner *runner;
	int failed;

	tcase_add_loop_test(tcase, expression_has_its_value, 0, COUNT(expressions));
	tcase_add_loop_test(tcase, wrong_expression_is_explained, 0, COUNT(wrong_expressions));
	tcase_add_loop_test(tcase, depth_is_limited, 0, 4);
	tcase_add_test(tcase, long_sum_is_evaluated);
	tcase_add_test(tcase, long_text_is_cut_in_messages);
	tcase_add_test(tcase, integer_is_held_to_its_range);
	tcase_add_test(tcase, rates_are_a_list);
	tcase_add_loop_test(tcase, text_has_names_replaced, 0, COUNT(texts));
	tcase_add_loop_test(tcase, wrong_text_is_explained, 0, COUNT(wrong_texts));
	tcase_add_test(tcase, text_cannot_grow_without_limit);
	tcase_add_loop_test(tcase, parameter_has_its_value, 0, COUNT(values));
	tcase_add_loop_test(tcase, wrong_parameter_is_explained, 0, COUNT(wrong_values));
	tcase_add_test(tcase, list_has_its_elements);
	tcase_add_test(tcase, string_knows_where_its_path_starts);
	tcase_add_test(tcase, list_file_that_cannot_be_read_is_explained);
	tcase_add_test(tcase, list_cannot_grow_without_limit);
	tcase_add_loop_test(tcase, type_is_understood, 0, COUNT(types));
	tcase_add_loop_test(tcase, wrong_type_is_explained, 0, COUNT(wrong_types));
	tcase_add_test(tcase, errors_need_not_be_wanted);
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
