/* SPDX-License-Identifier: Apache-2.0 */
#include <check.h>
#include <errno.h>
#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "expr.h"
#include "expr-case.h"

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
	{ "2*", "rate: the expression is incomplete in \"2*\"" },
	{ "(1", "rate: the expression is incomplete in \"(1\"" },
	{ "min(1", "rate: the expression is incomplete in \"min(1\"" },
	{ "${n", "rate: the expression is incomplete in \"${n\"" },
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
	{ "true+1", "rate: true is not a number, so '+' cannot be applied to it in \"true+1\"" },
	{ "-true", "rate: true is not a number, so '-' cannot be applied to it in \"-true\"" },
	{ "1<2<3", "rate: true is not a number, so '<' cannot be applied to it in \"1<2<3\"" },
	{ "1==true", "rate: true is not a number, so '==' cannot be applied to it in \"1==true\"" },
	{ "$photo*2", "rate: a string is not a number, so '*' cannot be applied to it in \"$photo*2\"" },
	{ "$taps+1", "rate: a list is not a number, so '+' cannot be applied to it in \"$taps+1\"" },
	{ "max(1,false)", "rate: false is not a number, so 'max' cannot be applied to it in \"max(1,false)\"" },
};

START_TEST(wrong_expression_is_explained)
{
	struct pel_error err = { 0 };
	struct pel_value value;

	ck_assert_int_eq(pel_expr_value(wrong_expressions[_i].text, &scope, "rate", place, &value, &err),
			 -EINVAL);
	ck_expr_error(&err, wrong_expressions[_i].error);
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
	ck_expr_error(&err, "copies is 0, but must be from 1 to 1024");
	ck_assert_int_eq(pel_expr_i64("$width*2", &scope, "copies", 1, 1024, place, &value, &err), -EINVAL);
	ck_expr_error(&err, "copies is 1280, but must be from 1 to 1024");
	ck_assert_int_eq(pel_expr_i64("-1", &scope, "capacity", 1, INT64_MAX, place, &value, &err), -EINVAL);
	ck_expr_error(&err, "capacity is -1, but must be at least 1");
	ck_assert_int_eq(pel_expr_i64("$big", &scope, "capacity", 1, INT64_MAX, place, &value, &err), -EINVAL);
	pel_error_fini(&err);
	ck_assert_int_eq(pel_expr_i64("1.0", &scope, "copies", 1, 1024, place, &value, &err), -EINVAL);
	ck_expr_error(&err, "copies is 1.0, which is not an integer");
	ck_assert_int_eq(pel_expr_i64("true", &scope, "copies", 1, 1024, place, &value, &err), -EINVAL);
	ck_expr_error(&err, "copies is true, which is not an integer");
	ck_assert_int_eq(pel_expr_i64("$photo", &scope, "copies", 1, 1024, place, &value, &err), -EINVAL);
	ck_expr_error(&err, "copies is a string, which is not an integer");
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
	ck_expr_error(&err, "rate has more than 4 values");
	ck_assert_int_eq(pel_expr_u64_list("1,101", &scope, "rate", 100, 4, place, &arena, &rates, &n, &err),
			 -EINVAL);
	ck_expr_error(&err, "rate is 101, but must be from 0 to 100");
	ck_assert_int_eq(pel_expr_u64_list("-1", &scope, "rate", 100, 4, place, &arena, &rates, &n, &err),
			 -EINVAL);
	ck_expr_error(&err, "rate is -1, but must be from 0 to 100");
	ck_assert_int_eq(pel_expr_u64_list("1,,2", &scope, "rate", 100, 4, place, &arena, &rates, &n, &err),
			 -EINVAL);
	ck_expr_error(&err, "rate: unexpected ',' in \"1,,2\"");
	ck_assert_int_eq(pel_expr_u64_list("1,2,", &scope, "rate", 100, 4, place, &arena, &rates, &n, &err),
			 -EINVAL);
	ck_expr_error(&err, "rate: the expression is incomplete in \"1,2,\"");
	ck_assert_uint_eq(n, 99);
	pel_arena_fini(&arena);
}
END_TEST

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
	{ "${n", "file: the expression is incomplete in \"${n\"" },
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
	ck_expr_error(&err, wrong_texts[_i].error);
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
	ck_expr_error(&err, "file: the text is longer than 1048576 bytes in \"$a$a\"");
	pel_arena_fini(&arena);
}
END_TEST

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
	{ "number",
	  "type: there is no element type 'number' in \"number\"; element types are u8 i8 u16 i16 u32 i32 u64 i64 f32 f64 cf32 "
	  "cf64 bytes[N]; a symbol starts with a capital letter" },
	{ "float", "type: there is no element type 'float' in \"float\"; did you mean 'f32'?" },
	{ "double[4]", "type: there is no element type 'double' in \"double[4]\"; did you mean 'f64'?" },
	{ "int16", "type: there is no element type 'int16' in \"int16\"; did you mean 'i16'?" },
	{ "s16[2]", "type: there is no element type 's16' in \"s16[2]\"; did you mean 'i16'?" },
	{ "uint8_t", "type: there is no element type 'uint8_t' in \"uint8_t\"; did you mean 'u8'?" },
	{ "int128",
	  "type: there is no element type 'int128' in \"int128\"; element types are u8 i8 u16 i16 u32 i32 u64 i64 f32 f64 cf32 "
	  "cf64 bytes[N]; a symbol starts with a capital letter" },
	{ "byte[4]", "type: there is no element type 'byte' in \"byte[4]\"; did you mean 'bytes'?" },
	{ "bytes", "type: 'bytes' needs a size in \"bytes\"; write bytes[N], with N from 1" },
	{ "bytes[0]", "type: the size of 'bytes' is 0, but must be from 1 to 1073741824 in \"bytes[0]\"" },
	{ "bytes[N]", "type: 'N' is neither a number nor a parameter in \"bytes[N]\"" },
	{ "bytes[4,4]", "type: unexpected ',' in \"bytes[4,4]\"" },
	{ "f32[]", "type: unexpected ']' in \"f32[]\"" },
	{ "f32[4", "type: the expression is incomplete in \"f32[4\"" },
	{ "f32[4,]", "type: unexpected ']' in \"f32[4,]\"" },
	{ "f32[4]x", "type: unexpected 'x' in \"f32[4]x\"" },
	{ "f32[2][3]",
	  "type: an array has only one pair of brackets in \"f32[2][3]\"; write all dimensions into one pair: T[H,W]" },
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
	ck_expr_error(&err, wrong_types[_i].error);
	pel_arena_fini(&arena);
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
	TCase *tcase = tcase_create("expr");
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
	tcase_add_loop_test(tcase, type_is_understood, 0, COUNT(types));
	tcase_add_loop_test(tcase, wrong_type_is_explained, 0, COUNT(wrong_types));
	tcase_add_test(tcase, errors_need_not_be_wanted);
	tcase_set_timeout(tcase, 60);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
