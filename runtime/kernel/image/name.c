/* SPDX-License-Identifier: Apache-2.0 */
#include "image.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DIGITS_MAX 20

/* After a percent sign: returns the end of the number's conversion and stores its width; NULL: there is no conversion. */
static const char *read_conversion(const char *at, unsigned *digits)
{
	*digits = 1;
	if (*at == '0') {
		*digits = 0;
		for (at++; *at >= '0' && *at <= '9' && *digits <= DIGITS_MAX; at++)
			*digits = *digits * 10 + (unsigned)(*at - '0');
	}
	return *at == 'd' && *digits >= 1 && *digits <= DIGITS_MAX ? at + 1 : NULL;
}

int image_name_check(const char *pattern, bool *numbered, struct image_error *err)
{
	unsigned digits, numbers = 0;
	const char *at = pattern;

	while ((at = strchr(at, '%'))) {
		if (at[1] == '%') {
			at += 2;
			continue;
		}
		at = read_conversion(at + 1, &digits);
		if (!at || numbers++) {
			snprintf(err->text, sizeof(err->text), "%s",
				 at ? "it has more than one %d"
				    : "a % is followed by something other than d, 0Nd (N from 1 to 20) or %");
			return -EINVAL;
		}
	}
	*numbered = numbers > 0;
	return 0;
}

char *image_name(const char *pattern, uint64_t number)
{
	size_t size = strlen(pattern) + DIGITS_MAX + 2;
	char *name = malloc(size), *to = name;
	unsigned digits;

	if (!name)
		return NULL;
	while (*pattern) {
		if (*pattern != '%') {
			*to++ = *pattern++;
		} else if (pattern[1] == '%') {
			*to++ = '%';
			pattern += 2;
		} else {
			pattern = read_conversion(pattern + 1, &digits);
			to += snprintf(to, DIGITS_MAX + 2, "%0*llu", (int)digits, (unsigned long long)number);
		}
	}
	*to = '\0';
	return name;
}

/* Finds the number for which `pattern` gives `name`. Returns 1, 0 if there is none, or -ENOMEM. */
static int number_in(const char *pattern, const char *name, uint64_t *ret)
{
	for (const char *at = name; *at; at++) {
		unsigned long long number;
		char *again;
		bool same;

		if (*at < '0' || *at > '9')
			continue;
		errno = 0;
		number = strtoull(at, NULL, 10);
		if (errno)
			continue; /* too many digits */
		again = image_name(pattern, number);
		if (!again)
			return -ENOMEM;
		same = strcmp(again, name) == 0;
		free(again);
		if (same) {
			*ret = number;
			return 1;
		}
	}
	return 0;
}

/* Returns the position of the number's conversion, which exists. */
static const char *find_conversion(const char *pattern)
{
	const char *at = strchr(pattern, '%');

	while (at[1] == '%')
		at = strchr(at + 2, '%');
	return at;
}

static int look_through(DIR *folder, const char *pattern, const char *part, uint64_t from, uint64_t *ret)
{
	const struct dirent *entry;
	int found = 0;

	while ((entry = readdir(folder))) {
		uint64_t number;
		int r = number_in(part, entry->d_name, &number);
		char *whole;
		bool there;

		if (r < 0)
			return r;
		if (!r || number < from || (found && number >= *ret))
			continue;
		whole = image_name(pattern, number); /* the number may be in the name of a folder */
		if (!whole)
			return -ENOMEM;
		there = access(whole, F_OK) == 0;
		free(whole);
		if (there) {
			*ret = number;
			found = 1;
		}
	}
	return found;
}

int image_next(const char *pattern, uint64_t from, uint64_t *ret)
{
	const char *number = find_conversion(pattern), *begin = number;
	char *folder = strdup(pattern), *plain, *part;
	DIR *dir;
	int r = 0;

	while (begin > pattern && begin[-1] != '/')
		begin--;
	part = strndup(begin, strcspn(begin, "/"));
	if (folder)
		folder[begin - pattern] = '\0';
	plain = folder ? image_name(folder, 0) : NULL; /* without the doubled percent signs */
	dir = plain && part ? opendir(*plain ? plain : ".") : NULL;
	if (!plain || !part)
		r = -ENOMEM;
	else if (dir)
		r = look_through(dir, pattern, part, from, ret);
	if (dir)
		closedir(dir);
	free(folder);
	free(plain);
	free(part);
	return r;
}
