/* SPDX-License-Identifier: Apache-2.0 */
#include "file-row.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define DIGITS_MAX 20

/*
 * Find the number in `pattern`: *length is the length of its %d or %0Nd, *digits is N. NULL: there is none.
 */
static const char *find_number(const char *pattern, size_t *length, unsigned *digits)
{
	for (const char *at = pattern; (at = strchr(at, '%')); at += 2) {
		const char *c = at + 1;

		if (*c == '%')
			continue;
		*digits = 1;
		if (*c == '0')
			*digits = (unsigned)strtoul(c + 1, (char **)&c, 10);
		*length = (size_t)(c - at) + 1;
		return *c == 'd' && *digits >= 1 && *digits <= DIGITS_MAX ? at : NULL;
	}
	return NULL;
}

/* Copy `length` bytes of a pattern, with %% replaced by %. */
static char *plain(struct pel_arena *arena, const char *text, size_t length)
{
	char *copy = pel_arena_strndup(arena, text, length), *to = copy;

	for (const char *c = copy; c && *c; c++) {
		*to++ = *c;
		if (c[0] == '%' && c[1] == '%')
			c++;
	}
	if (copy)
		*to = '\0';
	return copy;
}

bool pel_file_row_parse(const struct pel_file_use *use, struct pel_arena *arena, struct pel_file_row *ret,
			int *r)
{
	const char *slash = strrchr(use->path, '/'), *name = slash ? slash + 1 : use->path, *number;
	size_t length;

	*r = 0;
	*ret = (struct pel_file_row){ .first = use->first, .count = use->count };
	number = find_number(use->path, &length, &ret->digits);
	if (!number || number < name)
		return false;
	ret->folder = !slash		   ? "."
		      : slash == use->path ? "/"
					   : plain(arena, use->path, (size_t)(slash - use->path));
	ret->prefix = plain(arena, name, (size_t)(number - name));
	ret->suffix = plain(arena, number + length, strlen(number + length));
	if (!ret->folder || !ret->prefix || !ret->suffix)
		*r = -ENOMEM;
	return *r == 0;
}

bool pel_file_row_has(const struct pel_file_row *row, const char *name)
{
	size_t before = strlen(row->prefix), after = strlen(row->suffix), length = strlen(name), digits;
	uint64_t number = 0;

	if (length <= before + after || strncmp(name, row->prefix, before) != 0 ||
	    strcmp(name + length - after, row->suffix) != 0)
		return false;
	digits = length - before - after;
	if (digits < row->digits || (digits > row->digits && name[before] == '0'))
		return false;
	for (size_t i = 0; i < digits; i++) {
		char c = name[before + i];

		if (c < '0' || c > '9' || __builtin_mul_overflow(number, (uint64_t)10, &number) ||
		    __builtin_add_overflow(number, (uint64_t)(c - '0'), &number))
			return false;
	}
	return number >= row->first && number - row->first < row->count;
}

char *pel_file_row_name(const struct pel_file_row *row, uint64_t index, char *buf, size_t size)
{
	int n = snprintf(buf, size, "%s%0*llu%s", row->prefix, (int)row->digits,
			 (unsigned long long)(row->first + index), row->suffix);

	return n > 0 && (size_t)n < size ? buf : NULL;
}

char *pel_file_pattern_name(const char *pattern, uint64_t number, struct pel_arena *arena)
{
	unsigned digits;
	size_t length;
	const char *at = find_number(pattern, &length, &digits);
	char *before, *after;

	if (!at)
		return plain(arena, pattern, strlen(pattern));
	before = plain(arena, pattern, (size_t)(at - pattern));
	after = plain(arena, at + length, strlen(at + length));
	return before && after ? pel_arena_printf(arena, "%s%0*llu%s", before, (int)digits,
						  (unsigned long long)number, after)
			       : NULL;
}
