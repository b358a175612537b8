/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_XML_H
#define PEL_XML_H

#include "source.h"

/* All strings are valid only during the call. A missing namespace or prefix is NULL. */
struct pel_xml_attribute {
	const char *ns, *prefix, *name;
	const char *value; /* not terminated by a NUL */
	size_t length;
	struct pel_place place;
};

struct pel_xml_element {
	const char *ns, *prefix, *name;
	const struct pel_xml_attribute *attributes; /* in document order, without namespace declarations */
	unsigned n_attributes;
	struct pel_place place;
};

#define PEL_XML_NO_TEXT 1

/* The callbacks for the parts of a document, in document order. All except `stray` return 0, or a negative errno that ends parsing. */
struct pel_xml_handler {
	int (*start)(void *context, const struct pel_xml_element *element);
	int (*end)(void *context);
	/* A piece of the text in the open element. Returns PEL_XML_NO_TEXT if text is not allowed there (white space always is). */
	int (*text)(void *context, const char *bytes, size_t length);
	/* Reports the place of such text; called before the next start or end. */
	void (*stray)(void *context, struct pel_place place);
	void *context;
};

/*
 * Read the XML document `source`. Reads no DTD, no entities except XML's own, and nothing from the network; prints nothing. Any thread.
 * Returns 0, -EINVAL (not well-formed, with a message), -ENOMEM (without a message), or the handler's return value.
 */
int pel_xml_parse(struct pel_source *source, const struct pel_xml_handler *handler, struct pel_error *err);

#endif
