/* SPDX-License-Identifier: Apache-2.0 */
#include "expr-parse.h"

#include <errno.h>
#include <string.h>

#define DEPTH_MAX      100
#define NAME_MAX_BYTES 200

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static size_t word_length(const char *text)
{
	size_t n = 0;

	while (is_letter(text[n]) || is_digit(text[n]) || text[n] == '.')
		n++;
	if (!n && text[0])
		for (n = 1; ((unsigned char)text[n] & 0xc0) == 0x80;)
			n++;
	return n;
}

int pel_expr_unexpected(const struct pel_expr *ex)
{
	char quoted[PEL_QUOTE_BYTES];

	if (!*ex->at)
		return ex->text[strspn(ex->text, " \t\r\n")]
			       ? pel_expr_fail(ex, "the expression is incomplete")
			       : pel_fail(ex->err, -EINVAL, ex->place, "%s is empty", ex->what);
	return pel_expr_fail(ex, "unexpected '%s'", pel_quote(ex->at, word_length(ex->at), quoted));
}

void pel_expr_skip_space(struct pel_expr *ex)
{
	while (pel_is_space(*ex->at))
		ex->at++;
}

int pel_expr_end(struct pel_expr *ex)
{
	pel_expr_skip_space(ex);
	return *ex->at ? pel_expr_unexpected(ex) : 0;
}

bool pel_expr_take(struct pel_expr *ex, const char *token)
{
	size_t n = strlen(token);

	pel_expr_skip_space(ex);
	if (strncmp(ex->at, token, n) != 0)
		return false;
	ex->at += n;
	return true;
}

static int expect(struct pel_expr *ex, char c)
{
	const char token[2] = { c, 0 };

	return pel_expr_take(ex, token) ? 0 : pel_expr_unexpected(ex);
}

static int enter(struct pel_expr *ex)
{
	if (ex->depth >= DEPTH_MAX)
		return pel_expr_fail(ex, "more than %d levels of parentheses and signs", DEPTH_MAX);
	ex->depth++;
	return 0;
}

/* The longest run of bytes that can be in a name; and the part of it before its last '-', 0 if there is none. */
static size_t name_length(const char *text)
{
	size_t n = 0;

	if (!is_letter(text[0]))
		return 0;
	while (is_letter(text[n]) || is_digit(text[n]) || text[n] == '-')
		n++;
	return n;
}

static size_t shorter_name(const char *text, size_t length)
{
	while (length && text[length - 1] != '-')
		length--;
	while (length && text[length - 1] == '-')
		length--;
	return length;
}

static const struct pel_value *find(const struct pel_expr *ex, const char *text, size_t length,
				    struct pel_near *near)
{
	char name[NAME_MAX_BYTES + 1];

	if (length > NAME_MAX_BYTES || !ex->scope || !ex->scope->find)
		return NULL;
	memcpy(name, text, length);
	name[length] = 0;
	return ex->scope->find(ex->scope->context, name, near);
}

static int fail_unknown(const struct pel_expr *ex, const char *name, size_t length)
{
	struct pel_near near = { 0 };
	char quoted[PEL_QUOTE_BYTES];
	size_t less;

	/* `$frame-siz` may mean `frame-size`, but `$m-1` is more likely a wrong `m`. */
	find(ex, name, length, &near);
	for (less = length; !near.name && (less = shorter_name(name, less)) > 0; length = less)
		find(ex, name, less, &near);
	pel_expr_fail(ex, "there is no parameter '$%s'", pel_quote(name, length, quoted));
	if (near.name)
		pel_hint(ex->err, "did you mean '$%s'?", near.name);
	return -EINVAL;
}

/*
 * '-' may be part of a name or a minus sign. The longest known name is taken, so `$n-1` is one less than n unless there
 * is a parameter called "n-1".
 */
static int name_value(struct pel_expr *ex, struct pel_expr_result *ret)
{
	size_t longest = name_length(ex->at);
	const struct pel_value *value = NULL;

	for (size_t n = longest; n > 0; n = shorter_name(ex->at, n)) {
		value = find(ex, ex->at, n, NULL);
		if (value) {
			*ret = pel_expr_of_value(value);
			ex->at += n;
			return 0;
		}
	}
	return fail_unknown(ex, ex->at, longest);
}

static bool is_word(const char *at, size_t length, const char *word)
{
	return strlen(word) == length && memcmp(at, word, length) == 0;
}

/* Chooses the name as name_value() does. Returns the length of the name, or of the text that is not a known name. */
static size_t known_name(const char *text, bool (*is_name)(void *context, const char *name), void *context,
			 bool *known)
{
	size_t longest = name_length(text);
	char name[NAME_MAX_BYTES + 1];

	for (size_t n = longest; n > 0; n = shorter_name(text, n)) {
		if (n > NAME_MAX_BYTES)
			continue;
		memcpy(name, text, n);
		name[n] = 0;
		*known = is_name(context, name);
		if (*known)
			return n;
	}
	return longest;
}

/* Step over the token at `at` inside ${}. Numbers are skipped because they may contain letters, and so are words that are not names. */
static size_t skip_in_braces(const char *at)
{
	size_t n = word_length(at);
	__int128 integer;
	double real;

	if (is_digit(*at) || *at == '.')
		return pel_number_read(at, &n, &integer, &real) == PEL_NUMBER_NONE ? 1 : n;
	if (is_word(at, n, "true") || is_word(at, n, "false") || is_word(at, n, "min") || is_word(at, n, "max"))
		return n;
	return is_letter(*at) ? 0 : 1;
}

bool pel_expr_next_name(struct pel_expr_names *names, bool (*is_name)(void *context, const char *name),
			void *context)
{
	bool known = false;
	size_t n;

	while (*names->at && !known) {
		const char *at = names->at;

		if (*at == '$' && at[1] == '{') {
			names->braces++;
			names->at += 2;
		} else if (*at == '$' && is_letter(at[1])) {
			names->at += 1 + known_name(at + 1, is_name, context, &known);
		} else if (*at == '$') {
			names->at += at[1] == '$' ? 2 : 1;
		} else if (!names->braces) {
			names->at += strcspn(at, "$");
		} else if (*at == '}') {
			names->braces--;
			names->at++;
		} else if ((n = skip_in_braces(at)) > 0) {
			names->at += n;
		} else {
			names->at += known_name(at, is_name, context, &known);
		}
	}
	return known;
}

int pel_expr_reference(struct pel_expr *ex, struct pel_expr_result *ret)
{
	ex->at++;
	if (is_letter(*ex->at))
		return name_value(ex, ret);
	if (*ex->at != '{') {
		pel_expr_fail(ex, "a '$' without a name");
		pel_hint(ex->err, "write $name, ${expression}, or $$ for a dollar in a string");
		return -EINVAL;
	}
	ex->at++;
	ex->braces++;
	if (enter(ex) < 0 || pel_expr_parse(ex, ret) < 0 || expect(ex, '}') < 0)
		return -EINVAL;
	ex->depth--;
	ex->braces--;
	return 0;
}

static int extreme(struct pel_expr *ex, bool larger, struct pel_expr_result *ret)
{
	const char *name = larger ? "max" : "min";
	struct pel_expr_result next;
	bool real = false;

	if (enter(ex) < 0 || expect(ex, '(') < 0)
		return -EINVAL;
	for (bool first = true;; first = false) {
		if (pel_expr_parse(ex, &next) < 0 || pel_expr_need_number(ex, &next, name) < 0)
			return -EINVAL;
		real |= next.kind == PEL_VALUE_F64;
		if (first || (larger ? pel_expr_order(&next, ret) > 0 : pel_expr_order(&next, ret) < 0))
			*ret = next;
		if (!pel_expr_take(ex, ","))
			break;
	}
	if (real)
		*ret = (struct pel_expr_result){ .kind = PEL_VALUE_F64, .real = pel_expr_to_real(ret) };
	ex->depth--;
	return expect(ex, ')');
}

static int word(struct pel_expr *ex, struct pel_expr_result *ret)
{
	size_t n = word_length(ex->at);
	char quoted[PEL_QUOTE_BYTES];
	const char *at = ex->at;

	if (is_word(at, n, "true") || is_word(at, n, "false")) {
		ex->at += n;
		*ret = (struct pel_expr_result){ .kind = PEL_VALUE_BOOL, .boolean = n == 4 };
		return 0;
	}
	if (is_word(at, n, "min") || is_word(at, n, "max")) {
		ex->at += n;
		return extreme(ex, at[1] == 'a', ret);
	}
	if (ex->braces)
		return name_value(ex, ret);
	pel_expr_fail(ex, "'%s' is neither a number nor a parameter", pel_quote(at, n, quoted));
	if (find(ex, at, name_length(at), NULL))
		pel_hint(ex->err, "did you mean '$%s'?", quoted);
	return -EINVAL;
}

static int number(struct pel_expr *ex, struct pel_expr_result *ret)
{
	char quoted[PEL_QUOTE_BYTES];
	size_t n = 0;

	switch (pel_number_read(ex->at, &n, &ret->integer, &ret->real)) {
	case PEL_NUMBER_INT:
		ret->kind = PEL_VALUE_I64;
		break;
	case PEL_NUMBER_REAL:
		ret->kind = PEL_VALUE_F64;
		break;
	case PEL_NUMBER_RANGE:
		return pel_expr_fail(ex, "%s is too large", pel_quote(ex->at, n, quoted));
	case PEL_NUMBER_NONE:
		return pel_expr_fail(ex, "'%s' is not a number",
				     pel_quote(ex->at, word_length(ex->at), quoted));
	}
	ex->at += n;
	return 0;
}

static int primary(struct pel_expr *ex, struct pel_expr_result *ret)
{
	pel_expr_skip_space(ex);
	*ret = (struct pel_expr_result){ 0 };
	if (is_digit(*ex->at) || *ex->at == '.')
		return number(ex, ret);
	if (is_letter(*ex->at))
		return word(ex, ret);
	if (*ex->at == '$')
		return pel_expr_reference(ex, ret);
	if (!pel_expr_take(ex, "("))
		return pel_expr_unexpected(ex);
	if (enter(ex) < 0 || pel_expr_parse(ex, ret) < 0)
		return -EINVAL;
	ex->depth--;
	return expect(ex, ')');
}

static int sign(struct pel_expr *ex, bool minus, struct pel_expr_result *ret)
{
	struct pel_expr_result zero = { .kind = PEL_VALUE_I64 };

	if (pel_expr_need_number(ex, ret, minus ? "-" : "+") < 0)
		return -EINVAL;
	if (minus && ret->kind == PEL_VALUE_F64) {
		ret->real = -ret->real; /* 0 - x would lose the sign of zero */
	} else if (minus) {
		if (pel_expr_integer(ex, &zero, "-", ret) < 0)
			return -EINVAL;
		*ret = zero;
	}
	return 0;
}

/* A primary expression with the signs before it. */
static int operand(struct pel_expr *ex, struct pel_expr_result *ret)
{
	uint64_t minus[(DEPTH_MAX + 63) / 64] = { 0 };
	unsigned n = 0;

	for (pel_expr_skip_space(ex); *ex->at == '-' || *ex->at == '+'; pel_expr_skip_space(ex), n++) {
		if (enter(ex) < 0)
			return -EINVAL;
		minus[n / 64] |= (uint64_t)(*ex->at++ == '-') << n % 64;
	}
	if (primary(ex, ret) < 0)
		return -EINVAL;
	ex->depth -= n;
	while (n-- > 0)
		if (sign(ex, minus[n / 64] >> n % 64 & 1, ret) < 0)
			return -EINVAL;
	return 0;
}

/* Operators of two characters precede those of one character that are their beginning. */
static const char *const operators[][7] = {
	{ "==", "!=", NULL },
	{ "<=", ">=", "<", ">", NULL },
	{ "+", "-", NULL },
	{ "*", "/", "%", NULL },
};
#define LEVELS (sizeof(operators) / sizeof(operators[0]))

static const char *take_operator(struct pel_expr *ex, size_t *level)
{
	for (*level = 0; *level < LEVELS; ++*level)
		for (const char *const *op = operators[*level]; *op; op++)
			if (pel_expr_take(ex, *op))
				return *op;
	return NULL;
}

/*
 * Operators whose right operand has not been read yet are kept in an array. Each binds tighter than the one before, so there are never more than LEVELS.
 * Only parentheses recurse, to a depth that enter() limits; this uses little stack, which belongs to a host thread.
 */
int pel_expr_parse(struct pel_expr *ex, struct pel_expr_result *ret)
{
	struct {
		struct pel_expr_result left;
		const char *op;
		size_t level;
	} waiting[LEVELS];
	size_t n = 0, level;
	const char *op;

	do {
		if (operand(ex, ret) < 0)
			return -EINVAL;
		op = take_operator(ex, &level);
		while (n && (!op || waiting[n - 1].level >= level)) {
			struct pel_expr_result *left = &waiting[--n].left;
			const char *before = waiting[n].op;

			if ((waiting[n].level < 2 ? pel_expr_compare(ex, left, before, ret)
						  : pel_expr_arithmetic(ex, left, before, ret)) < 0)
				return -EINVAL;
			*ret = *left;
		}
		if (op) {
			waiting[n].left = *ret;
			waiting[n].op = op;
			waiting[n++].level = level;
		}
	} while (op);
	return 0;
}
