/* SPDX-License-Identifier: Apache-2.0 */
#include "image.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DIGITS_MAX 20

/* After a per cent sign: where the number's conversion ends, and how wide it is; NULL: it is none. */
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
