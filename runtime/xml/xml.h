/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_XML_H
#define PEL_XML_H

#include "source.h"

/* All strings are lent for the call. A namespace or prefix that is absent is NULL. */
struct pel_xml_attribute {
	const char *ns, *prefix, *name;
	const char *value; /* not ended by a NUL */
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

/* What to do with a document, in its order. All but stray return 0, or a negative errno that ends the parsing. */
struct pel_xml_handler {
	int (*start)(void *context, const struct pel_xml_element *element);
	int (*end)(void *context);
	/* A piece of the text in the open element. PEL_XML_NO_TEXT: there must be none (white space is always allowed). */
	int (*text)(void *context, const char *bytes, size_t length);
	/* Where such text stands: called before the next start or end. */
	void (*stray)(void *context, struct pel_place place);
	void *context;
};

/*
 * Read the XML document `source`. No DTD, no entities but XML's own, no network, nothing printed. Any thread.
 * Returns 0, -EINVAL (not well-formed: explained), -ENOMEM (not explained), or what the handler returned.
 */
int pel_xml_parse(struct pel_source *source, const struct pel_xml_handler *handler, struct pel_error *err);

#endif
