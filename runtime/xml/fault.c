/* SPDX-License-Identifier: Apache-2.0 */
#include "fault.h"
#include "name.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

/* Where a name stands in the document. */
struct name {
	size_t at, length;
};

struct reader {
	struct pel_source *source;
	struct pel_error *err;
	const char *text;
	size_t at, size;
	struct name *open; /* the elements that are open, outermost first */
	size_t n_open, capacity;
	bool behind_root;
};

/* All that read return 0 and go on, or a negative errno. */
static int fault(const struct reader *reader, size_t at, const char *fmt, ...) PEL_PRINTF(3, 4);

static int fault(const struct reader *reader, size_t at, const char *fmt, ...)
{
	char message[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(message, sizeof(message), fmt, ap);
	va_end(ap);
	return pel_fail(reader->err, -EINVAL, pel_source_place(reader->source, at), "not well-formed XML: %s",
			message);
}

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static bool comes(const struct reader *reader, size_t at, const char *token)
{
	size_t n = strlen(token);

	return reader->size - at >= n && memcmp(reader->text + at, token, n) == 0;
}

/* Where `token` comes next, or PEL_SOURCE_NONE. */
static size_t find(const struct reader *reader, size_t from, size_t end, const char *token)
{
	const char *found = from < end ? memmem(reader->text + from, end - from, token, strlen(token)) : NULL;

	return found ? (size_t)(found - reader->text) : PEL_SOURCE_NONE;
}

static void skip_space(struct reader *reader)
{
	while (reader->at < reader->size && is_space(reader->text[reader->at]))
		reader->at++;
}

/* ---- names ---- */

/* Step over a name. Its length is 0 where there is none. */
static struct name take_name(struct reader *reader)
{
	struct name name = { reader->at,
			     pel_xml_name_length(reader->text + reader->at, reader->size - reader->at) };

	reader->at += name.length;
	return name;
}

static bool same_name(const struct reader *reader, struct name a, struct name b)
{
	return a.length == b.length && memcmp(reader->text + a.at, reader->text + b.at, a.length) == 0;
}

static char *quote_name(const struct reader *reader, struct name name, char buf[PEL_QUOTE_BYTES])
{
	return pel_quote(reader->text + name.at, name.length, buf);
}

/* The character at reader->at, for a message. */
static char *quote_next(const struct reader *reader, char buf[PEL_QUOTE_BYTES])
{
	size_t n = 0;

	if (reader->at < reader->size)
		pel_xml_character(reader->text + reader->at, &n);
	return pel_quote(reader->text + reader->at, n, buf);
}

/* ---- references ---- */

/* &#10; or &#xA;: reader->at is behind the '#'. Sets whether XML allows the character. */
static bool take_number(struct reader *reader, bool *allowed)
{
	unsigned base = comes(reader, reader->at, "x") ? 16 : 10;
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

static bool is_known_entity(const struct reader *reader, struct name name)
{
	static const char *const known[] = { "amp", "lt", "gt", "quot", "apos" };

	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		if (strlen(known[i]) == name.length &&
		    memcmp(reader->text + name.at, known[i], name.length) == 0)
			return true;
	return false;
}

/* The reference at reader->at. */
static int reference(struct reader *reader)
{
	size_t from = reader->at++;
	char quoted[PEL_QUOTE_BYTES];
	struct name name = { 0 };
	bool numeric = comes(reader, reader->at, "#"), allowed = true;

	reader->at += numeric;
	if (numeric ? !take_number(reader, &allowed) : (name = take_name(reader)).length == 0)
		return fault(reader, from, "'&' without the name of an entity: write &amp; for the character");
	pel_quote(reader->text + from, reader->at - from, quoted);
	if (!comes(reader, reader->at, ";"))
		return fault(reader, from, "'%s' without ';' behind it: write &amp; for the character '&'",
			     quoted);
	reader->at++;
	if (!allowed)
		return fault(reader, from, "'%s;' is a character that XML forbids", quoted);
	if (!numeric && !is_known_entity(reader, name))
		return fault(
			reader, from,
			"'%s;' is an entity that XML does not know: there are only &amp; &lt; &gt; &quot; &apos; and numbers",
			quoted);
	return 0;
}

/* All references from reader->at to `end`. */
static int references(struct reader *reader, size_t end)
{
	for (;;) {
		size_t at = find(reader, reader->at, end, "&");
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

/* ---- tags ---- */

static int fault_in_tag(const struct reader *reader, struct name element, size_t start)
{
	char name[PEL_QUOTE_BYTES], next[PEL_QUOTE_BYTES];

	quote_name(reader, element, name);
	if (reader->at >= reader->size)
		return fault(reader, start, "the document ends inside the tag <%s", name);
	if (reader->text[reader->at] == '<')
		return fault(reader, start, "the tag <%s has no '>' before the next '<'", name);
	return fault(reader, reader->at, "'%s' where the tag <%s has an attribute or its end",
		     quote_next(reader, next), name);
}

/* The value at reader->at, of attribute `name`. */
static int attribute_value(struct reader *reader, struct name name)
{
	size_t from = reader->at, end, less;
	char quoted[PEL_QUOTE_BYTES];
	char quote[2] = { 0 };

	quote_name(reader, name, quoted);
	if (from >= reader->size || (reader->text[from] != '"' && reader->text[from] != '\''))
		return fault(reader, name.at, "the value of attribute '%s' does not stand in quotes", quoted);
	quote[0] = reader->text[from];
	end = find(reader, from + 1, reader->size, quote);
	less = find(reader, from + 1, end == PEL_SOURCE_NONE ? reader->size : end, "<");
	if (less != PEL_SOURCE_NONE)
		return fault(
			reader, less,
			"'<' in the value of attribute '%s': write &lt; for the character, or end the value before it",
			quoted);
	if (end == PEL_SOURCE_NONE)
		return fault(reader, from, "the value of attribute '%s' has no end", quoted);
	reader->at = from + 1;
	if (references(reader, end) < 0)
		return -EINVAL;
	reader->at = end + 1;
	return 0;
}

static int attribute(struct reader *reader, struct name name)
{
	char quoted[PEL_QUOTE_BYTES];

	quote_name(reader, name, quoted);
	skip_space(reader);
	if (!comes(reader, reader->at, "="))
		return fault(reader, name.at, "attribute '%s' has no value", quoted);
	reader->at++;
	skip_space(reader);
	return attribute_value(reader, name);
}

/* Attributes and end of the start tag of `element`. */
static int attributes(struct reader *reader, struct name element, size_t start)
{
	struct name names[PEL_MAX_ATTRIBUTES];
	size_t n = 0;

	for (;;) {
		size_t before = reader->at;
		char quoted[PEL_QUOTE_BYTES];

		skip_space(reader);
		if (comes(reader, reader->at, ">") || comes(reader, reader->at, "/>"))
			return 0;
		if (n == PEL_MAX_ATTRIBUTES)
			return fault(reader, start, "an element has more than %d attributes",
				     PEL_MAX_ATTRIBUTES);
		names[n] = take_name(reader);
		if (!names[n].length)
			return fault_in_tag(reader, element, start);
		quote_name(reader, names[n], quoted);
		if (names[n].at == before)
			return fault(reader, before,
				     "white space is missing before attribute '%s', or a quote behind one",
				     quoted);
		for (size_t i = 0; i < n; i++)
			if (same_name(reader, names[i], names[n]))
				return fault(reader, names[n].at, "attribute '%s' is given twice", quoted);
		if (attribute(reader, names[n++]) < 0)
			return -EINVAL;
	}
}

static int start_tag(struct reader *reader)
{
	size_t start = reader->at++;
	struct name element = take_name(reader);
	char quoted[PEL_QUOTE_BYTES];

	if (!element.length)
		return fault(reader, start, "'<%s' begins no tag: write &lt; for the character '<'",
			     quote_next(reader, quoted));
	if (!reader->n_open && reader->behind_root)
		return fault(reader, start, "there is something behind the root element");
	if (attributes(reader, element, start) < 0)
		return -EINVAL;
	if (comes(reader, reader->at, "/>")) {
		reader->at += 2;
		reader->behind_root |= !reader->n_open;
		return 0;
	}
	reader->at++;
	if (pel_grow(&reader->open, &reader->capacity, reader->n_open + 1, sizeof(*reader->open)) < 0)
		return -ENOMEM;
	reader->open[reader->n_open++] = element;
	return 0;
}

static int end_tag(struct reader *reader)
{
	char name[PEL_QUOTE_BYTES], other[PEL_QUOTE_BYTES];
	size_t start = reader->at;
	struct name element, open;

	reader->at += 2;
	element = take_name(reader);
	quote_name(reader, element, name);
	if (reader->at == reader->size)
		return fault(reader, start, "the document ends inside the tag </%s", name);
	if (!reader->n_open)
		return fault(reader, start,
			     reader->behind_root ? "there is something behind the root element"
						 : "the document does not start with an element");
	open = reader->open[reader->n_open - 1];
	if (!same_name(reader, element, open)) {
		uint32_t line = pel_source_place(reader->source, open.at).line;

		quote_name(reader, open, other);
		fault(reader, start, "</%s> comes before the end of <%s> in line %u", name, other, line);
		pel_hint(reader->err, "write </%s> before it, or '/>' at the end of <%s", other, other);
		return -EINVAL;
	}
	skip_space(reader);
	if (!comes(reader, reader->at, ">"))
		return fault(reader, start, "the tag </%s has no '>'", name);
	reader->at++;
	reader->behind_root = --reader->n_open == 0;
	return 0;
}

/* ---- what else a document holds ---- */

static int comment(struct reader *reader)
{
	size_t start = reader->at, hyphens = find(reader, start + 4, reader->size, "--");

	if (hyphens == PEL_SOURCE_NONE)
		return fault(reader, start, "a comment has no end");
	if (!comes(reader, hyphens, "-->"))
		return fault(reader, hyphens, "'--' inside a comment");
	reader->at = hyphens + 3;
	return 0;
}

static int cdata(struct reader *reader)
{
	size_t start = reader->at, end = find(reader, start + 9, reader->size, "]]>");

	if (end == PEL_SOURCE_NONE)
		return fault(reader, start, "a CDATA section has no end");
	if (!reader->n_open)
		return fault(reader, start,
			     reader->behind_root ? "there is something behind the root element"
						 : "the document does not start with an element");
	reader->at = end + 3;
	return 0;
}

/* name="value" of the XML declaration, with white space before it. Returns whether it is there and `is_value` takes the value. */
static bool take_pseudo(struct reader *reader, const char *name, bool (*is_value)(const char *, size_t))
{
	size_t from = reader->at, end;
	char quote[2] = { 0 };

	skip_space(reader);
	if (reader->at > from && comes(reader, reader->at, name)) {
		reader->at += strlen(name);
		skip_space(reader);
		if (comes(reader, reader->at, "=")) {
			reader->at++;
			skip_space(reader);
			quote[0] = reader->at < reader->size ? reader->text[reader->at] : 0;
			end = find(reader, reader->at + 1, reader->size, quote);
			if ((quote[0] == '"' || quote[0] == '\'') && end != PEL_SOURCE_NONE &&
			    is_value(reader->text + reader->at + 1, end - reader->at - 1)) {
				reader->at = end + 1;
				return true;
			}
		}
	}
	reader->at = from;
	return false;
}

static bool is_version(const char *text, size_t length)
{
	size_t digits = 2; /* the text has no end of its own: no str...() */

	if (length < 3 || memcmp(text, "1.", 2) != 0)
		return false;
	while (digits < length && text[digits] >= '0' && text[digits] <= '9')
		digits++;
	return digits == length;
}

static bool is_encoding(const char *text, size_t length)
{
	(void)text;
	return length > 0; /* pel_source_check() has looked at it */
}

static bool is_standalone(const char *text, size_t length)
{
	return (length == 3 && memcmp(text, "yes", 3) == 0) || (length == 2 && memcmp(text, "no", 2) == 0);
}

/* <?xml version="1.0" encoding="..." standalone="..."?> */
static int declaration(struct reader *reader)
{
	size_t start = reader->at;

	reader->at += 5;
	if (take_pseudo(reader, "version", is_version)) {
		take_pseudo(reader, "encoding", is_encoding);
		take_pseudo(reader, "standalone", is_standalone);
		skip_space(reader);
		if (comes(reader, reader->at, "?>")) {
			reader->at += 2;
			return 0;
		}
	}
	fault(reader, start, "the XML declaration is wrong");
	pel_hint(reader->err, "write <?xml version=\"1.0\" encoding=\"UTF-8\"?>, or nothing");
	return -EINVAL;
}

static int instruction(struct reader *reader)
{
	size_t start = reader->at, end = find(reader, start + 2, reader->size, "?>");
	struct name name;

	if (end == PEL_SOURCE_NONE)
		return fault(reader, start, "a processing instruction has no end");
	reader->at = start + 2;
	name = take_name(reader);
	if (!name.length)
		return fault(reader, start, "a processing instruction has no name");
	if (name.length == 3 && strncasecmp(reader->text + name.at, "xml", 3) == 0)
		return fault(reader, start,
			     "the XML declaration <?xml ...?> is allowed only at the very beginning");
	if (reader->at != end && !is_space(reader->text[reader->at]))
		return fault(reader, start,
			     "white space is missing behind the name of a processing instruction");
	reader->at = end + 2;
	return 0;
}

/* Text up to the next '<'. */
static int text(struct reader *reader, size_t end)
{
	size_t brackets;

	if (!reader->n_open) {
		skip_space(reader);
		if (reader->at < end)
			return fault(reader, reader->at,
				     reader->behind_root ? "there is something behind the root element"
							 : "the document does not start with an element");
		return 0;
	}
	brackets = find(reader, reader->at, end, "]]>");
	if (brackets != PEL_SOURCE_NONE)
		return fault(reader, brackets, "']]>' in text: write ]]&gt;");
	return references(reader, end);
}

static int at_end(const struct reader *reader)
{
	char quoted[PEL_QUOTE_BYTES];
	struct name open;
	uint32_t line;

	if (!reader->n_open)
		return reader->behind_root ? 0
					   : fault(reader, reader->size, "the document has no root element");
	open = reader->open[reader->n_open - 1];
	line = pel_source_place(reader->source, open.at).line;
	return fault(reader, reader->size, "the document ends before the end of <%s> in line %u",
		     quote_name(reader, open, quoted), line);
}

static int markup(struct reader *reader, size_t document_start)
{
	if (comes(reader, reader->at, "<!--"))
		return comment(reader);
	if (comes(reader, reader->at, "<![CDATA["))
		return cdata(reader);
	if (reader->at == document_start && comes(reader, reader->at, "<?xml") &&
	    reader->at + 5 < reader->size && is_space(reader->text[reader->at + 5]))
		return declaration(reader);
	if (comes(reader, reader->at, "<?"))
		return instruction(reader);
	if (comes(reader, reader->at, "<!"))
		return fault(reader, reader->at, "'<!' begins neither a comment nor a CDATA section");
	if (comes(reader, reader->at, "</"))
		return end_tag(reader);
	return start_tag(reader);
}

int pel_xml_explain_fault(struct pel_source *source, struct pel_error *err)
{
	struct pel_source copy = pel_source_of(source->file, source->text, source->size);
	struct reader reader = {
		.source = &copy, .err = err, .text = source->text, .at = copy.at, .size = source->size
	};
	size_t start = reader.at;
	int r = 0;

	while (r == 0 && reader.at < reader.size) {
		const char *tag = memchr(reader.text + reader.at, '<', reader.size - reader.at);

		r = text(&reader, tag ? (size_t)(tag - reader.text) : reader.size);
		if (r == 0 && tag)
			r = markup(&reader, start);
	}
	if (r == 0)
		r = at_end(&reader);
	pel_free(reader.open);
	return r;
}
