/* SPDX-License-Identifier: Apache-2.0 */
#include "fault-reader.h"

#include <errno.h>
#include <string.h>
#include <strings.h>
#include "name.h"

int pel_fault(const struct fault_reader *reader, size_t at, const char *fmt, ...)
{
	char message[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(message, sizeof(message), fmt, ap);
	va_end(ap);
	return pel_fail(reader->err, -EINVAL, pel_source_place(reader->source, at), "not well-formed XML: %s",
			message);
}

bool pel_fault_is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

bool pel_fault_comes(const struct fault_reader *reader, size_t at, const char *token)
{
	size_t n = strlen(token);

	return reader->size - at >= n && memcmp(reader->text + at, token, n) == 0;
}

size_t pel_fault_find(const struct fault_reader *reader, size_t from, size_t end, const char *token)
{
	const char *found = from < end ? memmem(reader->text + from, end - from, token, strlen(token)) : NULL;

	return found ? (size_t)(found - reader->text) : PEL_SOURCE_NONE;
}

void pel_fault_skip_space(struct fault_reader *reader)
{
	while (reader->at < reader->size && pel_fault_is_space(reader->text[reader->at]))
		reader->at++;
}

struct fault_name pel_fault_take_name(struct fault_reader *reader)
{
	struct fault_name name = { reader->at,
				   pel_xml_name_length(reader->text + reader->at, reader->size - reader->at) };

	reader->at += name.length;
	return name;
}

bool pel_fault_same_name(const struct fault_reader *reader, struct fault_name a, struct fault_name b)
{
	return a.length == b.length && memcmp(reader->text + a.at, reader->text + b.at, a.length) == 0;
}

char *pel_fault_quote_name(const struct fault_reader *reader, struct fault_name name, char buf[PEL_QUOTE_BYTES])
{
	return pel_quote(reader->text + name.at, name.length, buf);
}

char *pel_fault_quote_next(const struct fault_reader *reader, char buf[PEL_QUOTE_BYTES])
{
	size_t n = 0;

	if (reader->at < reader->size)
		pel_xml_character(reader->text + reader->at, &n);
	return pel_quote(reader->text + reader->at, n, buf);
}

/* Read &#10; or &#xA;: reader->at is after the '#'. Sets whether XML allows the character. */
static bool take_number(struct fault_reader *reader, bool *allowed)
{
	unsigned base = pel_fault_comes(reader, reader->at, "x") ? 16 : 10;
	uint32_t code = 0;
	size_t from;

	reader->at += base == 16;
	for (from = reader->at; reader->at < reader->size; reader->at++) {
		char c = reader->text[reader->at], lower = (char)(c | 0x20);
		unsigned digit = c >= '0' && c <= '9'			      ? (unsigned)(c - '0')
				 : base == 16 && lower >= 'a' && lower <= 'f' ? (unsigned)(lower - 'a') + 10
									      : base;

		if (digit == base)
			break;
		if (code <= 0x10ffff)
			code = code * base + digit;
	}
	*allowed = code >= 0x20 ? code < 0xd800 || (code >= 0xe000 && code <= 0x10ffff && code != 0xfffe &&
						    code != 0xffff)
				: code == 9 || code == 10 || code == 13;
	return reader->at > from;
}

static bool is_known_entity(const struct fault_reader *reader, struct fault_name name)
{
	static const char *const known[] = { "amp", "lt", "gt", "quot", "apos" };

	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		if (strlen(known[i]) == name.length &&
		    memcmp(reader->text + name.at, known[i], name.length) == 0)
			return true;
	return false;
}

/* Check the reference at reader->at. */
static int reference(struct fault_reader *reader)
{
	size_t from = reader->at++;
	char quoted[PEL_QUOTE_BYTES];
	struct fault_name name = { 0 };
	bool numeric = pel_fault_comes(reader, reader->at, "#"), allowed = true;

	reader->at += numeric;
	if (numeric ? !take_number(reader, &allowed) : (name = pel_fault_take_name(reader)).length == 0)
		return pel_fault(reader, from,
				 "'&' without the name of an entity: write &amp; for the character");
	pel_quote(reader->text + from, reader->at - from, quoted);
	if (!pel_fault_comes(reader, reader->at, ";"))
		return pel_fault(reader, from, "'%s' without ';' after it: write &amp; for the character '&'",
				 quoted);
	reader->at++;
	if (!allowed)
		return pel_fault(reader, from, "'%s;' is a character that XML forbids", quoted);
	if (!numeric && !is_known_entity(reader, name))
		return pel_fault(
			reader, from,
			"'%s;' is not an entity of XML: there are only &amp; &lt; &gt; &quot; &apos; and character references",
			quoted);
	return 0;
}

int pel_fault_references(struct fault_reader *reader, size_t end)
{
	for (;;) {
		size_t at = pel_fault_find(reader, reader->at, end, "&");
		int r;

		if (at == PEL_SOURCE_NONE)
			break;
		reader->at = at;
		r = reference(reader);
		if (r < 0)
			return r;
	}
	reader->at = end;
	return 0;
}
