/* SPDX-License-Identifier: Apache-2.0 */
#include "expr-parse.h"
#include "param-limits.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

/* Checks a value against the limits of its parameter in struct pel_param_desc. */

struct check {
	const struct pel_param_desc *desc;
	const struct pel_value *value;
	const struct pel_scope *scope;
	const char *what;
	struct pel_place place;
	struct pel_error *err;
};

/* Use the parameter's documentation as the hint if there is nothing better. Returns -EINVAL. */
static int hint_doc(const struct check *check)
{
	if (check->desc->doc && *check->desc->doc)
		pel_hint(check->err, "'%s': %s", check->desc->name, check->desc->doc);
	return -EINVAL;
}

/* ---- numbers ---- */

/* One end of a range. */
struct bound {
	const char *text; /* NULL: there is none */
	struct pel_expr_result at;
};

static int read_bound(const struct check *check, const char *word, const char *text, struct bound *ret)
{
	char what[640];
	struct pel_expr ex = { .text = text,
			       .at = text,
			       .scope = check->scope,
			       .what = what,
			       .place = check->place,
			       .err = check->err };

	*ret = (struct bound){ .text = text };
	if (!text)
		return 0;
	snprintf(what, sizeof(what), "%s of %s", word, check->what);
	if (pel_expr_parse(&ex, &ret->at) < 0 || pel_expr_end(&ex) < 0)
		return -EINVAL;
	if (ret->at.kind != PEL_VALUE_I64 && ret->at.kind != PEL_VALUE_F64)
		return pel_expr_fail(&ex, "is not a number");
	return 0;
}

/* Is `a` less than `b`? When compared with an f32, a real is first rounded to f32, as the value itself was. */
static bool less(const struct pel_expr_result *a, const struct pel_expr_result *b, bool single)
{
	double x = a->kind == PEL_VALUE_I64 ? (double)a->integer : a->real;
	double y = b->kind == PEL_VALUE_I64 ? (double)b->integer : b->real;

	if (a->kind == PEL_VALUE_I64 && b->kind == PEL_VALUE_I64)
		return a->integer < b->integer;
	return single ? (float)x < (float)y : x < y;
}

static void range_text(const struct bound *least, const struct bound *most, char *text, size_t size)
{
	char low[PEL_NUMBER_BYTES], high[PEL_NUMBER_BYTES];

	if (least->text)
		pel_expr_show(&least->at, low);
	if (most->text)
		pel_expr_show(&most->at, high);
	if (!most->text)
		snprintf(text, size, "%s or more", low);
	else if (!least->text)
		snprintf(text, size, "at most %s", high);
	else if (strcmp(low, high) == 0)
		snprintf(text, size, "%s", low);
	else
		snprintf(text, size, "from %s to %s", low, high);
}

static int fail_range(const struct check *check, const char *found, const char *verb, const char *unit,
		      const struct bound *least, const struct bound *most, const struct bound *broken)
{
	char range[3 * PEL_NUMBER_BYTES];

	range_text(least, most, range, sizeof(range));
	pel_fail(check->err, -EINVAL, check->place, "%s; it must %s %s%s", found, verb, range, unit);
	if (!strchr(broken->text, '$'))
		return hint_doc(check);
	pel_hint(check->err, "the %s is %s", broken == least ? "minimum" : "maximum", broken->text);
	return -EINVAL;
}

static int check_number(const struct check *check, const struct pel_expr_result *number, size_t element,
			const struct bound *least, const struct bound *most)
{
	bool single = check->value->elem == PEL_ELEM_F32;
	bool low = least->text && less(number, &least->at, single);
	bool high = most->text && less(&most->at, number, single);
	char shown[PEL_NUMBER_BYTES], found[768];

	if (!low && !high)
		return 0;
	pel_expr_show(number, shown);
	if (element)
		snprintf(found, sizeof(found), "element %zu of %s is %s", element, check->what, shown);
	else
		snprintf(found, sizeof(found), "%s is %s", check->what, shown);
	return fail_range(check, found, "be", "", least, most, low ? least : most);
}

static int check_range(const struct check *check)
{
	const struct pel_value *value = check->value;
	struct bound least, most;
	struct pel_expr_result number;
	int r;

	if ((r = read_bound(check, "least", check->desc->least, &least)) < 0 ||
	    (r = read_bound(check, "most", check->desc->most, &most)) < 0)
		return r;
	if (value->kind != PEL_VALUE_LIST) {
		number = pel_expr_of_value(value);
		return check_number(check, &number, 0, &least, &most);
	}
	for (size_t i = 0; i < value->list.count && r == 0; i++) {
		number = pel_list_number(value, i);
		r = check_number(check, &number, i + 1, &least, &most);
	}
	return r;
}

static int check_count(const struct check *check)
{
	struct pel_expr_result count = { .kind = PEL_VALUE_I64, .integer = (__int128)check->value->list.count };
	struct bound least, most;
	char found[768];
	bool low, high;
	int r;

	if ((r = read_bound(check, "least number of elements", check->desc->least_count, &least)) < 0 ||
	    (r = read_bound(check, "most elements", check->desc->most_count, &most)) < 0)
		return r;
	low = least.text && less(&count, &least.at, false);
	high = most.text && less(&most.at, &count, false);
	if (!low && !high)
		return 0;
	if (!check->value->list.count)
		snprintf(found, sizeof(found), "%s is empty", check->what);
	else
		snprintf(found, sizeof(found), "%s has %zu element%s", check->what, check->value->list.count,
			 check->value->list.count == 1 ? "" : "s");
	return fail_range(check, found, "have", " elements", &least, &most, low ? &least : &most);
}

/* ---- words ---- */

/* "a, b or c" */
static void words_text(const char *words, const char *quote, char *text, size_t size)
{
	size_t length, used = 0;
	const char *at = words, *word;

	text[0] = '\0';
	while ((word = pel_next_word(&at, &length)) && used < size) {
		used += (size_t)snprintf(text + used, size - used, "%s%s%.*s%s",
					 word == words || !used ? ""
					 : at			? ", "
								: " or ",
					 quote, (int)length, word, quote);
	}
}

/* Hint at the word that was probably meant. */
static int hint_word(const struct check *check)
{
	const char *at = check->desc->one_of, *word;
	struct pel_near near = { 0 };
	char words[16][32];
	size_t length;

	for (size_t i = 0; i < 16 && (word = pel_next_word(&at, &length)); i++) {
		snprintf(words[i], sizeof(words[i]), "%.*s", (int)length, word);
		pel_near_try(&near, check->value->string, words[i]);
	}
	if (!near.name)
		return hint_doc(check);
	pel_hint(check->err, "did you mean '%s'?", near.name);
	return -EINVAL;
}

static int fail_word(const struct check *check, const char *shown)
{
	bool string = check->value->kind == PEL_VALUE_STRING;
	char words[512];

	words_text(check->desc->one_of, string ? "'" : "", words, sizeof(words));
	pel_fail(check->err, -EINVAL, check->place, "%s is %s; it must be %s", check->what, shown, words);
	return string ? hint_word(check) : hint_doc(check);
}

static int check_one_of(const struct check *check)
{
	const struct pel_value *value = check->value;
	const char *at = check->desc->one_of, *word, *text = value->string;
	char shown[PEL_QUOTE_BYTES + 2], quoted[PEL_QUOTE_BYTES], number[PEL_NUMBER_BYTES];
	struct pel_expr_result result;
	size_t length;

	if (value->kind != PEL_VALUE_STRING) {
		result = pel_expr_of_value(value);
		text = pel_expr_show(&result, number);
	} else if (check->desc->value && strcmp(text, check->desc->value) == 0) {
		return 0;
	}
	while ((word = pel_next_word(&at, &length)))
		if (strlen(text) == length && memcmp(text, word, length) == 0)
			return 0;
	if (value->kind == PEL_VALUE_STRING)
		snprintf(shown, sizeof(shown), "'%s'", pel_quote(text, strlen(text), quoted));
	else
		snprintf(shown, sizeof(shown), "%s", text);
	return fail_word(check, shown);
}

static int check_ends(const struct check *check)
{
	const char *text = check->value->string, *at = check->desc->ends, *word;
	char quoted[PEL_QUOTE_BYTES], words[512];
	size_t length, n = strlen(text);

	while ((word = pel_next_word(&at, &length)))
		if (length <= n && strncasecmp(text + n - length, word, length) == 0)
			return 0;
	words_text(check->desc->ends, "", words, sizeof(words));
	pel_fail(check->err, -EINVAL, check->place, "%s is '%s'; it must end in %s", check->what,
		 pel_quote(text, n, quoted), words);
	return hint_doc(check);
}

static int check_file(const struct check *check)
{
	if (check->value->string[0])
		return 0;
	pel_fail(check->err, -EINVAL, check->place, "%s is empty; it must name a file", check->what);
	return hint_doc(check);
}

/* ---- */

bool pel_limits_need_others(const struct pel_param_desc *desc)
{
	const char *const texts[] = { desc->least, desc->most, desc->least_count, desc->most_count };

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (texts[i] && strchr(texts[i], '$'))
			return true;
	return false;
}

int pel_limits_check(const struct pel_param_desc *desc, const struct pel_value *value,
		     const struct pel_scope *scope, const char *what, struct pel_place place,
		     struct pel_error *err)
{
	struct check check = { desc, value, scope, what, place, err };
	int r = 0;

	if (desc->flags & (PEL_PARAM_READS | PEL_PARAM_WRITES))
		r = check_file(&check);
	if (r == 0 && (desc->least_count || desc->most_count))
		r = check_count(&check);
	if (r == 0 && (desc->least || desc->most))
		r = check_range(&check);
	if (r == 0 && desc->one_of)
		r = check_one_of(&check);
	if (r == 0 && desc->ends)
		r = check_ends(&check);
	return r;
}
