/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_SOURCE_H
#define PEL_SOURCE_H

#include "support.h"

/* Attributes of one element, namespace declarations included. Parsers compare each with each. */
#define PEL_MAX_ATTRIBUTES 64

/*
 * The bytes of a document, and where its tags and attributes stand in them.
 *
 * libxml2 tells an element's position at the end of its tag, an attribute's not at all, and counts characters. So the
 * text is read a second time, in step with the parser's events: this only has to find tags in text that the parser has found to be
 * well-formed, and stops (silently: the parser explains) at anything else.
 */
struct pel_source {
	const char *file; /* as messages name it; borrowed */
	const char *text; /* borrowed */
	size_t size;
	size_t at;	/* read so far */
	size_t stray;	/* the first text since the last tag that is not white space; PEL_SOURCE_NONE: none */
	bool empty_tag; /* the last start tag ended in "/>" */
	size_t mark, mark_line_start;
	uint32_t mark_line; /* where `mark` stands: lines are counted only once */
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
 * Is the document one that we read at all: UTF-8, no forbidden characters, no element with too many attributes?
 * Returns 0 or, explained, -EINVAL.
 */
int pel_source_check(const struct pel_source *source, struct pel_error *err);

/* Line and column (in bytes, from 1) of the byte at `offset`. Fast where offsets grow from call to call. */
struct pel_place pel_source_place(struct pel_source *source, size_t offset);

/* Go to the next start tag, or behind the end of the element that is open. False: there is none, or too many attributes. */
bool pel_source_start(struct pel_source *source, struct pel_source_tag *ret);
bool pel_source_end(struct pel_source *source);

#endif
