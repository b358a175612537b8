/* SPDX-License-Identifier: Apache-2.0 */
#include "number.h"

#include <inttypes.h>
#include <locale.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static int hex_digit(char c)
{
	if (is_digit(c))
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

static bool continues(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '.';
}

static enum pel_number_kind read_integer(const char *text, size_t from, size_t to, unsigned base,
					 __int128 *integer)
{
	__int128 value = 0;

	for (size_t i = from; i < to; i++) {
		value = value * base + hex_digit(text[i]);
		if (value > PEL_INT_MAX)
			return PEL_NUMBER_RANGE;
	}
	*integer = value;
	return PEL_NUMBER_INT;
}

/* The "C" locale always exists, in every libc, so this allocates nothing and cannot fail. */
static locale_t c_locale(void)
{
	return newlocale(LC_ALL_MASK, "C", (locale_t)0);
}

static enum pel_number_kind read_real(const char *text, double *real)
{
	*real = strtod_l(text, NULL, c_locale());
	return isfinite(*real) ? PEL_NUMBER_REAL : PEL_NUMBER_RANGE;
}

enum pel_number_kind pel_number_read(const char *text, size_t *length, __int128 *integer, double *real)
{
	size_t n = 0, mark;
	bool is_real = false;

	if (text[0] == '0' && (text[1] == 'x' || text[1] == 'X')) {
		for (n = 2; hex_digit(text[n]) >= 0; n++)
			;
		*length = n;
		return n == 2 || continues(text[n]) ? PEL_NUMBER_NONE : read_integer(text, 2, n, 16, integer);
	}
	while (is_digit(text[n]))
		n++;
	if (text[n] == '.') {
		mark = n + 1;
		for (n = mark; is_digit(text[n]); n++)
			;
		if (n == mark) /* "." and "1." are not numbers */
			return PEL_NUMBER_NONE;
		is_real = true;
	}
	if (n && (text[n] == 'e' || text[n] == 'E')) {
		mark = n + 1 + (text[n + 1] == '+' || text[n + 1] == '-');
		for (n = mark; is_digit(text[n]); n++)
			;
		if (n == mark)
			return PEL_NUMBER_NONE;
		is_real = true;
	}
	*length = n;
	if (!n || continues(text[n]))
		return PEL_NUMBER_NONE;
	return is_real ? read_real(text, real) : read_integer(text, 0, n, 10, integer);
}

char *pel_int_format(__int128 value, char buf[PEL_NUMBER_BYTES])
{
	if (value < 0)
		snprintf(buf, PEL_NUMBER_BYTES, "%" PRId64, (int64_t)value);
	else
		snprintf(buf, PEL_NUMBER_BYTES, "%" PRIu64, (uint64_t)value);
	return buf;
}

char *pel_real_format(double value, char buf[PEL_NUMBER_BYTES])
{
	locale_t before = uselocale(c_locale());

	for (int digits = 15; digits <= 17; digits++) {
		snprintf(buf, PEL_NUMBER_BYTES, "%.*g", digits, value);
		if (strtod_l(buf, NULL, c_locale()) == value)
			break;
	}
	uselocale(before);
	if (strspn(buf, "-0123456789") == strlen(buf))
		strcat(buf, ".0");
	return buf;
}
