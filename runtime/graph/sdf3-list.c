/* SPDX-License-Identifier: Apache-2.0 */
#include "sdf3-build.h"

#include <errno.h>
#include <string.h>

/* Lists of numbers: "3", "1,2,3", also with runs of equal numbers: "2*0,1" is 0,0,1. */

#define MAX_NUMBER ((uint64_t)1 << 62)
/* The maximum for all lists of a document, with runs expanded, so that a few bytes cannot use up all memory. */
#define MAX_NUMBERS ((size_t)1 << 26)

enum fault { NONE, NOT_NUMBERS, NEGATIVE, TOO_LARGE, HAS_START, NO_TIMES, TOO_LONG, OUT_OF_MEMORY };

static void fail(struct pel_loader *ld, const struct pel_attr *attr, const char *what, enum fault fault,
		 bool single)
{
	struct pel_place place = pel_loader_place(ld, attr);
	char quoted[PEL_QUOTE_BYTES];

	pel_quote(attr->text, strlen(attr->text), quoted);
	switch (fault) {
	case NONE:
	case OUT_OF_MEMORY:
		break;
	case NOT_NUMBERS:
		pel_loader_fail(ld, place,
				single ? "%s '%s' is not a whole number"
				       : "%s '%s' is not a list of whole numbers",
				what, quoted);
		if (!single)
			pel_hint(ld->err,
				 "write a number for each phase, 1,2,3, or runs of them: 2*0,1 is 0,0,1");
		break;
	case NEGATIVE:
		pel_loader_fail(ld, place,
				single ? "%s '%s' is negative" : "%s '%s' contains a negative number", what,
				quoted);
		break;
	case TOO_LARGE:
		pel_loader_fail(ld, place, "%s '%s' is more than 2^62", what, quoted);
		break;
	case HAS_START:
		pel_loader_fail(ld, place, "%s '%s' has phases before those that repeat", what, quoted);
		pel_hint(ld->err,
			 "only actors whose phases repeat from the start are supported: remove everything up to the ';'");
		break;
	case NO_TIMES:
		pel_loader_fail(ld, place, "%s '%s' contains an empty run", what, quoted);
		break;
	case TOO_LONG:
		pel_loader_fail(ld, place, "%s '%s' has more than %u phases", what, quoted, PEL_MAX_PHASES);
		break;
	}
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static const char *skip_space(const char *at)
{
	return at + strspn(at, " \t\r\n");
}

/* Read one number, with white space around it. */
static enum fault read_number(const char **at, uint64_t *ret)
{
	const char *text = skip_space(*at);
	uint64_t value = 0;

	if (*text == '-' && is_digit(text[1]))
		return NEGATIVE;
	if (!is_digit(*text))
		return NOT_NUMBERS;
	for (; is_digit(*text); text++) {
		value = value * 10 + (uint64_t)(*text - '0');
		if (value > MAX_NUMBER)
			return TOO_LARGE;
	}
	*at = skip_space(text);
	*ret = value;
	return NONE;
}

/* Read NUMBER or TIMES*NUMBER. */
static enum fault read_run(const char **at, uint64_t *times, uint64_t *value)
{
	enum fault fault = read_number(at, value);

	*times = 1;
	if (fault == NONE && **at == '*') {
		++*at;
		*times = *value;
		fault = read_number(at, value);
	}
	return fault == NONE && !*times ? NO_TIMES : fault;
}

/* Read the whole list, with runs expanded, into build->values. */
static enum fault read_all(struct pel_sdf3_build *build, const char *text, uint32_t *phases)
{
	uint64_t times, value;
	enum fault fault;

	*phases = 0;
	for (;; text++) {
		fault = read_run(&text, &times, &value);
		if (fault != NONE)
			return fault;
		if (times > PEL_MAX_PHASES - *phases)
			return TOO_LONG;
		if (pel_grow(&build->values, &build->values_capacity, *phases + times,
			     sizeof(*build->values)) < 0)
			return OUT_OF_MEMORY;
		while (times--)
			build->values[(*phases)++] = value;
		if (!*text)
			return NONE;
		if (*text == ';')
			return HAS_START;
		if (*text != ',')
			return NOT_NUMBERS;
	}
}

static bool all_equal(const uint64_t *values, uint32_t count)
{
	for (uint32_t i = 1; i < count; i++)
		if (values[i] != values[0])
			return false;
	return true;
}

int pel_sdf3_read_list(struct pel_loader *ld, const struct pel_attr *attr, const char *what,
		       struct pel_sdf3_list *ret)
{
	struct pel_sdf3_build *build = pel_sdf3_build_of(ld);
	uint32_t phases, count;
	enum fault fault = read_all(build, attr->text, &phases);
	uint64_t *values;

	if (fault == OUT_OF_MEMORY)
		return -ENOMEM;
	if (fault != NONE) {
		fail(ld, attr, what, fault, !build->sdf3->cyclic);
		return 0;
	}
	count = all_equal(build->values, phases) ? 1 : phases;
	build->n_values += count;
	if (build->n_values > MAX_NUMBERS) {
		pel_loader_fail(ld, pel_loader_place(ld, attr),
				"the lists of the document have more than %zu numbers", MAX_NUMBERS);
		return -EINVAL;
	}
	values = pel_arena_array(ld->arena, count, sizeof(*values));
	if (!values)
		return -ENOMEM;
	memcpy(values, build->values, count * sizeof(*values));
	*ret = (struct pel_sdf3_list){ values, count, phases };
	return 0;
}

void pel_sdf3_read_number(struct pel_loader *ld, const struct pel_attr *attr, const char *what, uint64_t *ret)
{
	const char *at = attr->text;
	enum fault fault = read_number(&at, ret);

	if (fault == NONE && *at)
		fault = NOT_NUMBERS;
	if (fault != NONE && *attr->text)
		fail(ld, attr, what, fault, true);
}
