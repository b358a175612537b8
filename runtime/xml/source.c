/* SPDX-License-Identifier: Apache-2.0 */
#include "source.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

struct pel_source pel_source_of(const char *file, const char *text, size_t size)
{
	bool bom = size >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0;

	return (struct pel_source){ .file = file,
				    .text = text,
				    .size = size,
				    .at = bom ? 3 : 0,
				    .stray = PEL_SOURCE_NONE,
				    .mark_line = 1 };
}

struct pel_place pel_source_place(struct pel_source *source, size_t offset)
{
	const char *text = source->text, *newline;

	if (offset < source->mark) {
		source->mark = source->mark_line_start = 0;
		source->mark_line = 1;
	}
	while (source->mark < offset && (newline = memchr(text + source->mark, '\n', offset - source->mark))) {
		source->mark = source->mark_line_start = (size_t)(newline - text) + 1;
		source->mark_line++;
	}
	source->mark = offset;
	return (struct pel_place){ source->file, source->mark_line,
				   (uint32_t)(offset - source->mark_line_start) + 1 };
}

/* ---- tags ---- */

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static bool starts_with(const struct pel_source *source, size_t at, const char *token)
{
	size_t n = strlen(token);

	return source->size - at >= n && memcmp(source->text + at, token, n) == 0;
}

/* The offset after the next `token`. */
static bool behind(const struct pel_source *source, size_t from, const char *token, size_t *ret)
{
	const char *found;

	if (from > source->size)
		return false;
	found = memmem(source->text + from, source->size - from, token, strlen(token));
	if (found)
		*ret = (size_t)(found - source->text) + strlen(token);
	return found;
}

/* Go to the next start or end tag, skipping text, comments, processing instructions and CDATA. */
static bool next_tag(struct pel_source *source)
{
	for (;;) {
		size_t at = source->at;
		const char *tag = memchr(source->text + at, '<', source->size - at);

		if (!tag)
			return false;
		for (; source->stray == PEL_SOURCE_NONE && source->text + at < tag; at++)
			if (!is_space(source->text[at]))
				source->stray = at;
		at = (size_t)(tag - source->text);
		if (starts_with(source, at, "<!--")) {
			if (!behind(source, at + 4, "-->", &source->at))
				return false;
		} else if (starts_with(source, at, "<![CDATA[")) {
			if (source->stray == PEL_SOURCE_NONE)
				source->stray = at;
			if (!behind(source, at + 9, "]]>", &source->at))
				return false;
		} else if (starts_with(source, at, "<?")) {
			if (!behind(source, at + 2, "?>", &source->at))
				return false;
		} else {
			source->at = at;
			return !starts_with(source, at, "<!"); /* a DOCTYPE, which is rejected */
		}
	}
}

static size_t skip_space(const struct pel_source *source, size_t at)
{
	while (at < source->size && is_space(source->text[at]))
		at++;
	return at;
}

static size_t skip_name(const struct pel_source *source, size_t at)
{
	while (at < source->size && !is_space(source->text[at]) && !strchr("=/>'\"<", source->text[at]))
		at++;
	return at;
}

/* Read one attribute at `at`. Returns the offset after it, or PEL_SOURCE_NONE. */
static size_t attribute(const struct pel_source *source, size_t at, struct pel_source_tag *tag)
{
	size_t end = skip_name(source, at), value = skip_space(source, end);
	const char *quote;

	if (end == at || value >= source->size || source->text[value] != '=')
		return PEL_SOURCE_NONE;
	if (tag->n_attributes >= PEL_MAX_ATTRIBUTES) {
		tag->n_attributes = PEL_MAX_ATTRIBUTES + 1;
		return PEL_SOURCE_NONE;
	}
	tag->attributes[tag->n_attributes].at = at;
	tag->attributes[tag->n_attributes++].length = end - at;
	value = skip_space(source, value + 1);
	if (value >= source->size || (source->text[value] != '"' && source->text[value] != '\''))
		return PEL_SOURCE_NONE;
	quote = memchr(source->text + value + 1, source->text[value], source->size - value - 1);
	return quote ? (size_t)(quote - source->text) + 1 : PEL_SOURCE_NONE;
}

static bool start_tag(struct pel_source *source, struct pel_source_tag *ret)
{
	size_t at;

	ret->at = source->at;
	ret->n_attributes = 0;
	at = skip_name(source, source->at + 1);
	for (;;) {
		at = skip_space(source, at);
		if (at >= source->size)
			return false;
		if (source->text[at] == '>' || starts_with(source, at, "/>")) {
			source->empty_tag = source->text[at] == '/';
			source->at = at + 1 + source->empty_tag;
			return true;
		}
		at = attribute(source, at, ret);
		if (at == PEL_SOURCE_NONE)
			return false;
	}
}

bool pel_source_start(struct pel_source *source, struct pel_source_tag *ret)
{
	source->stray = PEL_SOURCE_NONE;
	return next_tag(source) && start_tag(source, ret);
}

bool pel_source_end(struct pel_source *source)
{
	source->stray = PEL_SOURCE_NONE;
	if (source->empty_tag) {
		source->empty_tag = false;
		return true;
	}
	return next_tag(source) && behind(source, source->at, ">", &source->at);
}

/* ---- documents that are not read at all ---- */

static int fail_at(const struct pel_source *source, size_t offset, struct pel_error *err, const char *fmt, ...)
	PEL_PRINTF(4, 5);

static int fail_at(const struct pel_source *source, size_t offset, struct pel_error *err, const char *fmt, ...)
{
	struct pel_source copy = *source;
	struct pel_place place = pel_source_place(&copy, offset);
	va_list ap;

	va_start(ap, fmt);
	pel_vfail(err, -EINVAL, place, fmt, ap);
	va_end(ap);
	return -EINVAL;
}

static int fail_encoding(const struct pel_source *source, struct pel_error *err, const char *encoding)
{
	fail_at(source, 0, err, "the document is encoded in %s; Pelton reads only UTF-8", encoding);
	pel_hint(err, "convert it with iconv -f %s -t UTF-8, and declare encoding=\"UTF-8\" or no encoding",
		 encoding);
	return -EINVAL;
}

/* Encodings that can be detected from the first bytes. */
static const char *wide_encoding(const struct pel_source *source)
{
	if (starts_with(source, 0, "\xff\xfe") || (source->size >= 2 && memcmp(source->text, "<\0", 2) == 0))
		return "UTF-16LE";
	if (starts_with(source, 0, "\xfe\xff") || (source->size >= 2 && memcmp(source->text, "\0<", 2) == 0))
		return "UTF-16BE";
	return NULL;
}

/* The encoding that <?xml encoding="..."?> declares, or "" if there is no declaration. */
static void declared_encoding(const struct pel_source *source, char *ret, size_t bytes)
{
	size_t at = source->at, end, n = 0;
	const char *name;

	*ret = 0;
	if (!starts_with(source, at, "<?xml") || !behind(source, at, "?>", &end))
		return;
	name = memmem(source->text + at, end - at, "encoding", 8);
	if (!name)
		return;
	at = skip_space(source, (size_t)(name - source->text) + 8);
	at = skip_space(source, at + 1) + 1; /* over '=' and the quote */
	while (at < end && n + 1 < bytes && source->text[at] > ' ' && source->text[at] < 0x7f &&
	       !strchr("'\"?", source->text[at]))
		ret[n++] = source->text[at++];
	ret[n] = 0;
}

/* The length of the UTF-8 character at `at`; 0 if it is invalid, or if XML forbids the character. */
static size_t character(const unsigned char *at, size_t left, uint32_t *code)
{
	size_t n = *at < 0x80 ? 1 : *at < 0xc2 ? 0 : *at < 0xe0 ? 2 : *at < 0xf0 ? 3 : *at < 0xf5 ? 4 : 0;
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };

	if (!n || n > left)
		return 0;
	*code = n == 1 ? *at : *at & (0xffu >> (n + 1));
	for (size_t i = 1; i < n; i++) {
		if ((at[i] & 0xc0) != 0x80)
			return 0;
		*code = *code << 6 | (at[i] & 0x3f);
	}
	return *code < least[n] || *code > 0x10ffff || (*code >= 0xd800 && *code < 0xe000) ? 0 : n;
}

static int check_characters(const struct pel_source *source, bool ascii, struct pel_error *err)
{
	const unsigned char *text = (const unsigned char *)source->text;
	uint32_t code = 0;
	size_t n;

	for (size_t at = 0; at < source->size; at += n) {
		if (text[at] >= 0x20 && text[at] < 0x80) {
			n = 1;
			continue;
		}
		n = character(text + at, source->size - at, &code);
		if (!n) {
			fail_at(source, at, err, "byte 0x%02X is not valid UTF-8", text[at]);
			pel_hint(err, "save the document as UTF-8, or convert it with iconv");
			return -EINVAL;
		}
		if ((code < 0x20 && !is_space((char)code)) || code == 0xfffe || code == 0xffff)
			return fail_at(source, at, err, "the character U+%04X is not allowed in XML", code);
		if (ascii && code >= 0x80)
			return fail_at(source, at, err,
				       "the character U+%04X is not US-ASCII, which the document declares",
				       code);
	}
	return 0;
}

/* In a document that is not well-formed, this may stop early, or count something that is not a tag; the parser then stops before that point. */
static int check_attributes(const struct pel_source *source, struct pel_error *err)
{
	struct pel_source copy = *source;
	struct pel_source_tag tag;

	while (next_tag(&copy)) {
		if (starts_with(&copy, copy.at, "</") ? behind(&copy, copy.at, ">", &copy.at)
						      : start_tag(&copy, &tag))
			continue;
		if (!starts_with(&copy, copy.at, "</") && tag.n_attributes > PEL_MAX_ATTRIBUTES)
			return fail_at(source, copy.at, err, "an element has more than %d attributes",
				       PEL_MAX_ATTRIBUTES);
		break;
	}
	return 0;
}

int pel_source_check(const struct pel_source *source, struct pel_error *err)
{
	char encoding[64];
	bool ascii;
	int r;

	if (wide_encoding(source))
		return fail_encoding(source, err, wide_encoding(source));
	declared_encoding(source, encoding, sizeof(encoding));
	ascii = strcasecmp(encoding, "US-ASCII") == 0 || strcasecmp(encoding, "ASCII") == 0;
	if (*encoding && !ascii && strcasecmp(encoding, "UTF-8") != 0 && strcasecmp(encoding, "UTF8") != 0)
		return fail_encoding(source, err, encoding);
	r = check_characters(source, ascii, err);
	if (r == 0 && skip_space(source, source->at) == source->size)
		r = fail_at(source, 0, err, "the document is empty");
	return r < 0 ? r : check_attributes(source, err);
}
