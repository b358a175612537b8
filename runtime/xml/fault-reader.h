/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_FAULT_READER_H
#define PEL_FAULT_READER_H

#include "xml.h"

/* Reads a document to find errors in names and references. */

/* The position of a name in the document. */
struct fault_name {
	size_t at, length;
};

struct fault_reader {
	struct pel_source *source;
	struct pel_error *err;
	const char *text;
	size_t at, size;
	struct fault_name *open; /* the open elements, outermost first */
	size_t n_open, capacity;
	bool behind_root;
};

/* All functions that read return 0 to continue, or a negative errno. */
int pel_fault(const struct fault_reader *reader, size_t at, const char *fmt, ...) PEL_PRINTF(3, 4);
bool pel_fault_is_space(char c);
bool pel_fault_comes(const struct fault_reader *reader, size_t at, const char *token);
/* The position of the next `token`, or PEL_SOURCE_NONE. */
size_t pel_fault_find(const struct fault_reader *reader, size_t from, size_t end, const char *token);
void pel_fault_skip_space(struct fault_reader *reader);
/* Step over a name. Its length is 0 if there is none. */
struct fault_name pel_fault_take_name(struct fault_reader *reader);
bool pel_fault_same_name(const struct fault_reader *reader, struct fault_name a, struct fault_name b);
char *pel_fault_quote_name(const struct fault_reader *reader, struct fault_name name,
			   char buf[PEL_QUOTE_BYTES]);
/* The character at reader->at, for a message. */
char *pel_fault_quote_next(const struct fault_reader *reader, char buf[PEL_QUOTE_BYTES]);
/* Check all references from reader->at to `end`. */
int pel_fault_references(struct fault_reader *reader, size_t end);

#endif
