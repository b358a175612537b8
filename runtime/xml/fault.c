/* SPDX-License-Identifier: Apache-2.0 */
#include "fault.h"
#include "fault-reader.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

/* ---- tags ---- */

static int fault_in_tag(const struct fault_reader *reader, struct fault_name element, size_t start)
{
	char name[PEL_QUOTE_BYTES], next[PEL_QUOTE_BYTES];

	pel_fault_quote_name(reader, element, name);
	if (reader->at >= reader->size)
		return pel_fault(reader, start, "the document ends inside the tag <%s", name);
	if (reader->text[reader->at] == '<')
		return pel_fault(reader, start, "the tag <%s has no '>' before the next '<'", name);
	return pel_fault(reader, reader->at,
			 "'%s' in the tag <%s, where an attribute or the end of the tag must follow",
			 pel_fault_quote_next(reader, next), name);
}

/* Read the value of attribute `name` at reader->at. */
static int attribute_value(struct fault_reader *reader, struct fault_name name)
{
	size_t from = reader->at, end, less;
	char quoted[PEL_QUOTE_BYTES];
	char quote[2] = { 0 };

	pel_fault_quote_name(reader, name, quoted);
	if (from >= reader->size || (reader->text[from] != '"' && reader->text[from] != '\''))
		return pel_fault(reader, name.at, "the value of attribute '%s' is not in quotes", quoted);
	quote[0] = reader->text[from];
	end = pel_fault_find(reader, from + 1, reader->size, quote);
	less = pel_fault_find(reader, from + 1, end == PEL_SOURCE_NONE ? reader->size : end, "<");
	if (less != PEL_SOURCE_NONE)
		return pel_fault(
			reader, less,
			"'<' in the value of attribute '%s': write &lt; for the character, or end the value before it",
			quoted);
	if (end == PEL_SOURCE_NONE)
		return pel_fault(reader, from, "the value of attribute '%s' has no end", quoted);
	reader->at = from + 1;
	if (pel_fault_references(reader, end) < 0)
		return -EINVAL;
	reader->at = end + 1;
	return 0;
}

static int attribute(struct fault_reader *reader, struct fault_name name)
{
	char quoted[PEL_QUOTE_BYTES];

	pel_fault_quote_name(reader, name, quoted);
	pel_fault_skip_space(reader);
	if (!pel_fault_comes(reader, reader->at, "="))
		return pel_fault(reader, name.at, "attribute '%s' has no value", quoted);
	reader->at++;
	pel_fault_skip_space(reader);
	return attribute_value(reader, name);
}

/* Read the attributes and the end of the start tag of `element`. */
static int attributes(struct fault_reader *reader, struct fault_name element, size_t start)
{
	struct fault_name names[PEL_MAX_ATTRIBUTES];
	size_t n = 0;

	for (;;) {
		size_t before = reader->at;
		char quoted[PEL_QUOTE_BYTES];

		pel_fault_skip_space(reader);
		if (pel_fault_comes(reader, reader->at, ">") || pel_fault_comes(reader, reader->at, "/>"))
			return 0;
		if (n == PEL_MAX_ATTRIBUTES)
			return pel_fault(reader, start, "an element has more than %d attributes",
					 PEL_MAX_ATTRIBUTES);
		names[n] = pel_fault_take_name(reader);
		if (!names[n].length)
			return fault_in_tag(reader, element, start);
		pel_fault_quote_name(reader, names[n], quoted);
		if (names[n].at == before)
			return pel_fault(
				reader, before,
				"white space is missing before attribute '%s', or the quote after the previous value",
				quoted);
		for (size_t i = 0; i < n; i++)
			if (pel_fault_same_name(reader, names[i], names[n]))
				return pel_fault(reader, names[n].at, "attribute '%s' is given twice", quoted);
		if (attribute(reader, names[n++]) < 0)
			return -EINVAL;
	}
}

static int start_tag(struct fault_reader *reader)
{
	size_t start = reader->at++;
	struct fault_name element = pel_fault_take_name(reader);
	char quoted[PEL_QUOTE_BYTES];

	if (!element.length)
		return pel_fault(reader, start, "'<%s' does not begin a tag: write &lt; for the character '<'",
				 pel_fault_quote_next(reader, quoted));
	if (!reader->n_open && reader->behind_root)
		return pel_fault(reader, start, "there is content after the root element");
	if (attributes(reader, element, start) < 0)
		return -EINVAL;
	if (pel_fault_comes(reader, reader->at, "/>")) {
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

static int end_tag(struct fault_reader *reader)
{
	char name[PEL_QUOTE_BYTES], other[PEL_QUOTE_BYTES];
	size_t start = reader->at;
	struct fault_name element, open;

	reader->at += 2;
	element = pel_fault_take_name(reader);
	pel_fault_quote_name(reader, element, name);
	if (reader->at == reader->size)
		return pel_fault(reader, start, "the document ends inside the tag </%s", name);
	if (!reader->n_open)
		return pel_fault(reader, start,
				 reader->behind_root ? "there is content after the root element"
						     : "the document does not start with an element");
	open = reader->open[reader->n_open - 1];
	if (!pel_fault_same_name(reader, element, open)) {
		uint32_t line = pel_source_place(reader->source, open.at).line;

		pel_fault_quote_name(reader, open, other);
		pel_fault(reader, start, "</%s> comes before the end of <%s> in line %u", name, other, line);
		pel_hint(reader->err, "write </%s> before it, or '/>' at the end of <%s", other, other);
		return -EINVAL;
	}
	pel_fault_skip_space(reader);
	if (!pel_fault_comes(reader, reader->at, ">"))
		return pel_fault(reader, start, "the tag </%s has no '>'", name);
	reader->at++;
	reader->behind_root = --reader->n_open == 0;
	return 0;
}

/* ---- other parts of a document ---- */

static int comment(struct fault_reader *reader)
{
	size_t start = reader->at, hyphens = pel_fault_find(reader, start + 4, reader->size, "--");

	if (hyphens == PEL_SOURCE_NONE)
		return pel_fault(reader, start, "a comment has no end");
	if (!pel_fault_comes(reader, hyphens, "-->"))
		return pel_fault(reader, hyphens, "'--' inside a comment");
	reader->at = hyphens + 3;
	return 0;
}

static int cdata(struct fault_reader *reader)
{
	size_t start = reader->at, end = pel_fault_find(reader, start + 9, reader->size, "]]>");

	if (end == PEL_SOURCE_NONE)
		return pel_fault(reader, start, "a CDATA section has no end");
	if (!reader->n_open)
		return pel_fault(reader, start,
				 reader->behind_root ? "there is content after the root element"
						     : "the document does not start with an element");
	reader->at = end + 3;
	return 0;
}

/* Read name="value" of the XML declaration, with white space before it. Returns whether it is present and `is_value` accepts the value. */
static bool take_pseudo(struct fault_reader *reader, const char *name, bool (*is_value)(const char *, size_t))
{
	size_t from = reader->at, end;
	char quote[2] = { 0 };

	pel_fault_skip_space(reader);
	if (reader->at > from && pel_fault_comes(reader, reader->at, name)) {
		reader->at += strlen(name);
		pel_fault_skip_space(reader);
		if (pel_fault_comes(reader, reader->at, "=")) {
			reader->at++;
			pel_fault_skip_space(reader);
			quote[0] = reader->at < reader->size ? reader->text[reader->at] : 0;
			end = pel_fault_find(reader, reader->at + 1, reader->size, quote);
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
	size_t digits = 2; /* the text is not terminated, so str...() cannot be used */

	if (length < 3 || memcmp(text, "1.", 2) != 0)
		return false;
	while (digits < length && text[digits] >= '0' && text[digits] <= '9')
		digits++;
	return digits == length;
}

static bool is_encoding(const char *text, size_t length)
{
	(void)text;
	return length > 0; /* pel_source_check() has checked it */
}

static bool is_standalone(const char *text, size_t length)
{
	return (length == 3 && memcmp(text, "yes", 3) == 0) || (length == 2 && memcmp(text, "no", 2) == 0);
}

/* <?xml version="1.0" encoding="..." standalone="..."?> */
static int declaration(struct fault_reader *reader)
{
	size_t start = reader->at;

	reader->at += 5;
	if (take_pseudo(reader, "version", is_version)) {
		take_pseudo(reader, "encoding", is_encoding);
		take_pseudo(reader, "standalone", is_standalone);
		pel_fault_skip_space(reader);
		if (pel_fault_comes(reader, reader->at, "?>")) {
			reader->at += 2;
			return 0;
		}
	}
	pel_fault(reader, start, "the XML declaration is malformed");
	pel_hint(reader->err, "write <?xml version=\"1.0\" encoding=\"UTF-8\"?>, or leave it out");
	return -EINVAL;
}

static int instruction(struct fault_reader *reader)
{
	size_t start = reader->at, end = pel_fault_find(reader, start + 2, reader->size, "?>");
	struct fault_name name;

	if (end == PEL_SOURCE_NONE)
		return pel_fault(reader, start, "a processing instruction has no end");
	reader->at = start + 2;
	name = pel_fault_take_name(reader);
	if (!name.length)
		return pel_fault(reader, start, "a processing instruction has no name");
	if (name.length == 3 && strncasecmp(reader->text + name.at, "xml", 3) == 0)
		return pel_fault(reader, start,
				 "the XML declaration <?xml ...?> is allowed only at the very beginning");
	if (reader->at != end && !pel_fault_is_space(reader->text[reader->at]))
		return pel_fault(reader, start,
				 "white space is missing after the name of a processing instruction");
	reader->at = end + 2;
	return 0;
}

/* Read the text up to the next '<'. */
static int text(struct fault_reader *reader, size_t end)
{
	size_t brackets;

	if (!reader->n_open) {
		pel_fault_skip_space(reader);
		if (reader->at < end)
			return pel_fault(reader, reader->at,
					 reader->behind_root ? "there is content after the root element"
							     : "the document does not start with an element");
		return 0;
	}
	brackets = pel_fault_find(reader, reader->at, end, "]]>");
	if (brackets != PEL_SOURCE_NONE)
		return pel_fault(reader, brackets, "']]>' in text: write ]]&gt;");
	return pel_fault_references(reader, end);
}

static int at_end(const struct fault_reader *reader)
{
	char quoted[PEL_QUOTE_BYTES];
	struct fault_name open;
	uint32_t line;

	if (!reader->n_open)
		return reader->behind_root
			       ? 0
			       : pel_fault(reader, reader->size, "the document has no root element");
	open = reader->open[reader->n_open - 1];
	line = pel_source_place(reader->source, open.at).line;
	return pel_fault(reader, reader->size, "the document ends before the end of <%s> in line %u",
			 pel_fault_quote_name(reader, open, quoted), line);
}

static int markup(struct fault_reader *reader, size_t document_start)
{
	if (pel_fault_comes(reader, reader->at, "<!--"))
		return comment(reader);
	if (pel_fault_comes(reader, reader->at, "<![CDATA["))
		return cdata(reader);
	if (reader->at == document_start && pel_fault_comes(reader, reader->at, "<?xml") &&
	    reader->at + 5 < reader->size && pel_fault_is_space(reader->text[reader->at + 5]))
		return declaration(reader);
	if (pel_fault_comes(reader, reader->at, "<?"))
		return instruction(reader);
	if (pel_fault_comes(reader, reader->at, "<!"))
		return pel_fault(reader, reader->at, "'<!' begins neither a comment nor a CDATA section");
	if (pel_fault_comes(reader, reader->at, "</"))
		return end_tag(reader);
	return start_tag(reader);
}

int pel_xml_explain_fault(struct pel_source *source, struct pel_error *err)
{
	struct pel_source copy = pel_source_of(source->file, source->text, source->size);
	struct fault_reader reader = {
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
