/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_SOURCE_H
#define PEL_SOURCE_H

#include "support.h"

/* The maximum number of attributes of an element, namespace declarations included. Parsers compare each attribute with every other. */
#define PEL_MAX_ATTRIBUTES 64

/*
 * The bytes of a document, and the positions of its tags and attributes.
 *
 * libxml2 gives the position of an element at the end of its tag, gives no positions of attributes, and counts characters. So the
 * text is read a second time, in step with the parser's events. This reader only has to find tags in text that the parser has accepted as
 * well-formed. It stops silently at anything else, because the parser reports that.
 */
struct pel_source {
	const char *file; /* name for messages; borrowed */
	const char *text; /* borrowed */
	size_t size;
	size_t at; /* read so far */
	size_t stray; /* position of the first text since the last tag that is not white space; PEL_SOURCE_NONE: none */
	bool empty_tag; /* the last start tag ended in "/>" */
	size_t mark, mark_line_start;
	uint32_t mark_line; /* the line of `mark`, so that lines are counted only once */
};
#define PEL_SOURCE_NONE SIZE_MAX

struct pel_source_tag {
	size_t at;	       /* of '<' */
	unsigned n_attributes; /* PEL_MAX_ATTRIBUTES + 1: too many */
	struct {
		size_t at, length; /* of the name */
	} attributes[PEL_MAX_ATTRIBUTES];
};

struct pel_source pel_source_of(const char *file, const char *text, size_t size);

/*
 * Check that the document can be read at all: it must be UTF-8, without forbidden characters, and without elements that have too many attributes.
 * Returns 0, or -EINVAL with a message.
 */
int pel_source_check(const struct pel_source *source, struct pel_error *err);

/* The line and the column (in bytes, from 1) of the byte at `offset`. Fast if offsets increase from call to call. */
struct pel_place pel_source_place(struct pel_source *source, size_t offset);

/* Go to the next start tag, or to the end of the open element. False: there is none, or it has too many attributes. */
bool pel_source_start(struct pel_source *source, struct pel_source_tag *ret);
bool pel_source_end(struct pel_source *source);

#endif
