/* SPDX-License-Identifier: Apache-2.0 */
#include "name.h"

#include <stdbool.h>

uint32_t pel_xml_character(const char *text, size_t *length)
{
	const unsigned char *bytes = (const unsigned char *)text;
	size_t n = *bytes < 0x80 ? 1 : *bytes < 0xe0 ? 2 : *bytes < 0xf0 ? 3 : 4;
	uint32_t code = n == 1 ? *bytes : *bytes & (0xffu >> (n + 1));

	for (size_t i = 1; i < n; i++)
		code = code << 6 | (bytes[i] & 0x3f);
	*length = n;
	return code;
}

struct range {
	uint32_t first, last;
};

/* XML 1.0, fifth edition: [4] NameStartChar, and the additional characters of [4a] NameChar. */
static const struct range name_starts[] = {
	{ ':', ':' },	    { 'A', 'Z' },	{ '_', '_' },	    { 'a', 'z' },
	{ 0xc0, 0xd6 },	    { 0xd8, 0xf6 },	{ 0xf8, 0x2ff },    { 0x370, 0x37d },
	{ 0x37f, 0x1fff },  { 0x200c, 0x200d }, { 0x2070, 0x218f }, { 0x2c00, 0x2fef },
	{ 0x3001, 0xd7ff }, { 0xf900, 0xfdcf }, { 0xfdf0, 0xfffd }, { 0x10000, 0xeffff },
};
static const struct range name_others[] = {
	{ '-', '.' }, { '0', '9' }, { 0xb7, 0xb7 }, { 0x300, 0x36f }, { 0x203f, 0x2040 },
};

static bool in_ranges(uint32_t code, const struct range *ranges, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (code >= ranges[i].first && code <= ranges[i].last)
			return true;
	return false;
}

size_t pel_xml_name_length(const char *text, size_t size)
{
	size_t at = 0, n;

	for (; at < size; at += n) {
		uint32_t code = pel_xml_character(text + at, &n);

		if (!in_ranges(code, name_starts, sizeof(name_starts) / sizeof(*name_starts)) &&
		    (at == 0 || !in_ranges(code, name_others, sizeof(name_others) / sizeof(*name_others))))
			break;
	}
	return at;
}
