/* SPDX-License-Identifier: Apache-2.0 */
#include "json-check.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A reader that shares no code with the writer under test. Each function returns the text that follows, or NULL and sets bad. */
struct reader {
	const char *bad;
};

static const char *value(struct reader *reader, const char *c);

static const char *blanks(const char *c)
{
	return c + strspn(c, " \t\r\n");
}

static const char *refuse(struct reader *reader, const char *at)
{
	if (!reader->bad)
		reader->bad = at;
	return NULL;
}

/* The bytes of the well-formed character at c (Unicode, table 3-7); 0: none. */
static size_t character(const unsigned char *c)
{
	static const struct {
		unsigned char first_from, first_to, second_from, second_to;
		size_t length;
	} forms[] = {
		{ 0xc2, 0xdf, 0x80, 0xbf, 2 }, { 0xe0, 0xe0, 0xa0, 0xbf, 3 }, { 0xe1, 0xec, 0x80, 0xbf, 3 },
		{ 0xed, 0xed, 0x80, 0x9f, 3 }, { 0xee, 0xef, 0x80, 0xbf, 3 }, { 0xf0, 0xf0, 0x90, 0xbf, 4 },
		{ 0xf1, 0xf3, 0x80, 0xbf, 4 }, { 0xf4, 0xf4, 0x80, 0x8f, 4 },
	};

	if (c[0] >= 0x20 && c[0] < 0x80)
		return 1;
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		size_t n = 2;

		if (c[0] < forms[i].first_from || c[0] > forms[i].first_to || c[1] < forms[i].second_from ||
		    c[1] > forms[i].second_to)
			continue;
		while (n < forms[i].length && c[n] >= 0x80 && c[n] <= 0xbf)
			n++;
		return n == forms[i].length ? n : 0;
	}
	return 0;
}

/* What follows the escape at c; NULL: it is none. */
static const char *escape(const char *c)
{
	if (c[1] != 'u')
		return c[1] && strchr("\"\\/bfnrt", c[1]) ? c + 2 : NULL;
	for (int i = 2; i < 6; i++)
		if (!isxdigit((unsigned char)c[i]))
			return NULL;
	return c + 6;
}

static const char *string(struct reader *reader, const char *c)
{
	if (*c != '"')
		return refuse(reader, c);
	for (c++; *c != '"';) {
		size_t length = character((const unsigned char *)c);
		const char *next = *c == '\\' ? escape(c) : length ? c + length : NULL;

		if (!next)
			return refuse(reader, c);
		c = next;
	}
	return c + 1;
}

static const char *digits(struct reader *reader, const char *c)
{
	size_t n = strspn(c, "0123456789");

	return n ? c + n : refuse(reader, c);
}

static const char *number(struct reader *reader, const char *c)
{
	c += *c == '-';
	if (*c == '0' && isdigit((unsigned char)c[1]))
		return refuse(reader, c);
	c = digits(reader, c);
	if (c && *c == '.')
		c = digits(reader, c + 1);
	if (c && (*c == 'e' || *c == 'E')) {
		c++;
		c = digits(reader, c + (*c == '+' || *c == '-'));
	}
	return c;
}

/* Does the object, which starts at `first`, already have the key at `key`? */
static bool key_before(const char *first, const char *key, size_t length)
{
	struct reader reader = { 0 };

	for (const char *c = first; c < key;) {
		const char *end = string(&reader, c);

		if ((size_t)(end - c) == length && memcmp(c, key, length) == 0)
			return true;
		c = blanks(value(&reader, blanks(blanks(end) + 1)));
		c = blanks(c + 1);
	}
	return false;
}

static const char *members(struct reader *reader, const char *c, char closing)
{
	const char *first = blanks(c + 1);

	c = first;
	if (*c == closing)
		return c + 1;
	for (;;) {
		if (closing == '}') {
			const char *key = c;

			c = string(reader, c);
			if (!c)
				return NULL;
			if (key_before(first, key, (size_t)(c - key)))
				return refuse(reader, key);
			c = blanks(c);
			if (*c != ':')
				return refuse(reader, c);
			c = blanks(c + 1);
		}
		c = value(reader, c);
		if (!c)
			return NULL;
		c = blanks(c);
		if (*c == closing)
			return c + 1;
		if (*c != ',')
			return refuse(reader, c);
		c = blanks(c + 1);
	}
}

static const char *value(struct reader *reader, const char *c)
{
	static const char *const words[] = { "true", "false", "null" };

	if (*c == '{')
		return members(reader, c, '}');
	if (*c == '[')
		return members(reader, c, ']');
	if (*c == '"')
		return string(reader, c);
	for (size_t i = 0; i < 3; i++)
		if (strncmp(c, words[i], strlen(words[i])) == 0)
			return c + strlen(words[i]);
	return number(reader, c);
}

bool json_is_valid(const char *text, size_t *at)
{
	struct reader reader = { 0 };
	const char *end = value(&reader, blanks(text));

	if (end && *blanks(end))
		end = refuse(&reader, blanks(end));
	if (!end && at)
		*at = (size_t)(reader.bad - text);
	return end != NULL;
}

/* The member `name` (of `length` bytes; a number in a list) of the value at c, or NULL. */
static const char *member(const char *c, const char *name, size_t length)
{
	struct reader reader = { 0 };
	bool list = *c == '[';
	unsigned long index = list ? strtoul(name, NULL, 10) : 0;

	if (*c != '{' && *c != '[')
		return NULL;
	for (c = blanks(c + 1); *c != '}' && *c != ']'; c = blanks(c + (*c == ','))) {
		const char *key = c;

		if (!list) {
			c = string(&reader, c);
			if ((size_t)(c - key) == length + 2 && memcmp(key + 1, name, length) == 0)
				return blanks(blanks(c) + 1);
			c = blanks(blanks(c) + 1);
		} else if (index-- == 0) {
			return c;
		}
		c = blanks(value(&reader, c));
	}
	return NULL;
}

const char *json_at(const char *text, const char *path)
{
	static char buf[1 << 16];
	struct reader reader = { 0 };
	const char *c = blanks(text), *end;

	/* A name with a dot in it stands in brackets: channels.[a.out->b.in] */
	while (c && *path) {
		size_t bracket = *path == '[', length = bracket ? strcspn(path, "]") - 1 : strcspn(path, ".");

		c = member(c, path + bracket, length);
		path += length + 2 * bracket;
		path += *path == '.';
	}
	end = c ? value(&reader, c) : NULL;
	if (!end || (size_t)(end - c) >= sizeof(buf))
		return NULL;
	memcpy(buf, c, (size_t)(end - c));
	buf[end - c] = '\0';
	return buf;
}
