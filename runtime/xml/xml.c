/* SPDX-License-Identifier: Apache-2.0 */
#include "xml.h"

#include <errno.h>
#include <libxml/parser.h>
#include <libxml/xmlerror.h>
#include <pthread.h>
#include <string.h>

/* Pieces in which the parser gets the text: it copies each. */
#define PIECE_BYTES ((size_t)64 << 10)

struct xml {
	struct pel_source *source;
	const struct pel_xml_handler *handler;
	struct pel_error *err;
	xmlParserCtxtPtr parser;
	int result;
	bool stray_text;
	bool failed;	/* an error has been explained */
	unsigned depth; /* of open elements */
	struct pel_source_tag tag;
	struct pel_xml_attribute attributes[PEL_MAX_ATTRIBUTES];
};

/* The first failure counts; all calls after it are ignored. */
static void fail(struct xml *xml, int result)
{
	if (xml->result == 0)
		xml->result = result;
}

/*
 * The same in a call that tells of content, where the parser may also be stopped. When it complains of memory it must not be: it goes on
 * with what stopping takes away.
 */
static void stop(struct xml *xml, int result)
{
	fail(xml, result);
	xmlStopParser(xml->parser);
}

static void report_stray_text(struct xml *xml)
{
	if (!xml->stray_text)
		return;
	xml->stray_text = false;
	if (xml->source->stray != PEL_SOURCE_NONE)
		xml->handler->stray(xml->handler->context, pel_source_place(xml->source, xml->source->stray));
}

static const char *text_of(const xmlChar *text)
{
	return (const char *)text;
}

/* Is attribute number `index` of the tag a namespace declaration? */
static bool declares_namespace(const struct xml *xml, unsigned index)
{
	const char *name = xml->source->text + xml->tag.attributes[index].at;
	size_t length = xml->tag.attributes[index].length;

	return length >= 5 && memcmp(name, "xmlns", 5) == 0 && (length == 5 || name[5] == ':');
}

/* The parser gives attributes in document order, so those that are no declarations pair off with what the tag holds. */
static bool place_attributes(struct xml *xml, unsigned n, const xmlChar **values)
{
	unsigned placed = 0;

	for (unsigned i = 0; i < xml->tag.n_attributes; i++) {
		struct pel_xml_attribute *attribute = &xml->attributes[placed];

		if (declares_namespace(xml, i))
			continue;
		if (placed++ == n)
			return false;
		attribute->name = text_of(values[0]);
		attribute->prefix = text_of(values[1]);
		attribute->ns = text_of(values[2]);
		attribute->value = text_of(values[3]);
		attribute->length = (size_t)(values[4] - values[3]);
		attribute->place = pel_source_place(xml->source, xml->tag.attributes[i].at);
		values += 5;
	}
	return placed == n;
}

static void on_start(void *context, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri,
		     int n_namespaces, const xmlChar **namespaces, int n_attributes, int n_defaulted,
		     const xmlChar **values)
{
	struct xml *xml = context;
	struct pel_xml_element element = { .name = text_of(name),
					   .prefix = text_of(prefix),
					   .ns = text_of(uri),
					   .attributes = xml->attributes,
					   .n_attributes = (unsigned)n_attributes };
	int r;

	(void)n_namespaces, (void)namespaces, (void)n_defaulted;
	if (xml->result < 0)
		return;
	/* The parser gives out a tag before it misses its end. */
	if (!pel_source_start(xml->source, &xml->tag)) {
		pel_fail(xml->err, -EINVAL, pel_source_place(xml->source, xml->source->size),
			 "not well-formed XML: the document ends inside a tag");
		stop(xml, -EINVAL);
		return;
	}
	report_stray_text(xml);
	element.place = pel_source_place(xml->source, xml->tag.at);
	if (!place_attributes(xml, (unsigned)n_attributes, values)) {
		stop(xml, -ENOMEM);
		return;
	}
	xml->depth++;
	r = xml->handler->start(xml->handler->context, &element);
	if (r < 0)
		stop(xml, r);
}

static void on_end(void *context, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri)
{
	struct xml *xml = context;
	int r;

	(void)name, (void)prefix, (void)uri;
	if (xml->result < 0)
		return;
	/* The two readers can only disagree where the parser lost something because memory ran out. */
	if (!pel_source_end(xml->source)) {
		stop(xml, -ENOMEM);
		return;
	}
	report_stray_text(xml);
	xml->depth--;
	r = xml->handler->end(xml->handler->context);
	if (r < 0)
		stop(xml, r);
}

static void on_text(void *context, const xmlChar *bytes, int length)
{
	struct xml *xml = context;
	const char *text = text_of(bytes);
	int r;

	if (xml->result < 0)
		return;
	r = xml->handler->text(xml->handler->context, text, (size_t)length);
	if (r < 0)
		stop(xml, r);
	for (int i = 0; r == PEL_XML_NO_TEXT && i < length && !xml->stray_text; i++)
		xml->stray_text = !strchr(" \t\r\n", text[i]);
}

static void on_doctype(void *context, const xmlChar *name, const xmlChar *external, const xmlChar *system)
{
	struct xml *xml = context;
	struct pel_source *source = xml->source;
	const char *at = memmem(source->text + source->at, source->size - source->at, "<!DOCTYPE", 9);

	(void)name, (void)external, (void)system;
	if (xml->result < 0)
		return;
	pel_fail(xml->err, -EINVAL, pel_source_place(source, at ? (size_t)(at - source->text) : source->at),
		 "a document type (<!DOCTYPE ...>) is not allowed");
	pel_hint(xml->err, "leave it out: entities and document types are never read");
	stop(xml, -EINVAL);
}

/* Byte that the parser has reached. It counts from behind a byte order mark. */
static size_t parser_offset(const struct xml *xml)
{
	const xmlParserInput *input = xml->parser ? xml->parser->input : NULL;
	size_t offset = input ? (size_t)input->consumed + (size_t)(input->cur - input->base) : 0;

	return offset < xml->source->size ? offset : xml->source->size;
}

/* What is wrong, where the parser's own words mislead or say too little; NULL: they will do. */
static const char *explain(const struct xml *xml, const xmlError *error)
{
	switch (error->code) {
	case XML_ERR_DOCUMENT_EMPTY:
		return "the document does not start with an element";
	case XML_ERR_DOCUMENT_END:
		return xml->depth ? "the document ends inside an element"
				  : "there is something behind the root element";
	case XML_ERR_NAME_REQUIRED:
		if (!error->message || !strstr(error->message, "EntityRef"))
			break;
		return "'&' without the name of an entity: write &amp; for the character";
	case XML_ERR_UNDECLARED_ENTITY:
		return "an entity that XML does not know: there are only &amp; &lt; &gt; &quot; &apos; and numbers";
	case XML_ERR_SPACE_REQUIRED:
		return "white space is missing before an attribute, or a quote behind one";
	case XML_ERR_ATTRIBUTE_NOT_FINISHED:
		return "the value of an attribute has no end";
	case XML_ERR_INVALID_CHAR:
		return "a reference to a character that XML forbids";
	}
	return NULL;
}

static void on_error(void *context, xmlErrorPtr error)
{
	struct xml *xml = context;
	const char *text = explain(xml, error);

	if (error->code == XML_ERR_NO_MEMORY) {
		fail(xml, -ENOMEM);
		return;
	}
	if (xml->result < 0 || error->level < XML_ERR_ERROR || error->code == XML_ERR_USER_STOP)
		return;
	if (!text)
		text = error->message ? error->message : "error";
	xml->failed = true;
	pel_fail(xml->err, -EINVAL, pel_source_place(xml->source, parser_offset(xml)),
		 "not well-formed XML: %.*s", (int)strcspn(text, "\n"), text);
	if (error->level == XML_ERR_FATAL)
		fail(xml, -EINVAL);
}

static void init_parser(void)
{
	xmlInitParser();
}

static int parse(struct xml *xml)
{
	xmlSAXHandler sax = {
		.initialized = XML_SAX2_MAGIC,
		.startElementNs = on_start,
		.endElementNs = on_end,
		.characters = on_text,
		.ignorableWhitespace = on_text,
		.cdataBlock = on_text,
		.internalSubset = on_doctype,
		.serror = on_error,
	};
	const struct pel_source *source = xml->source;
	size_t from, bytes;

	xml->parser = xmlCreatePushParserCtxt(&sax, xml, NULL, 0, NULL);
	/*
	 * The bytes have been found to be UTF-8, so no declared encoding needs to be obeyed. "NOENT" replaces references in the values
	 * of attributes: without it, &amp; there comes as &#38;. There are no entities that it could expand: on_doctype().
	 */
	if (!xml->parser ||
	    xmlCtxtUseOptions(xml->parser, XML_PARSE_NONET | XML_PARSE_IGNORE_ENC | XML_PARSE_NOENT) != 0)
		return -ENOMEM;
	for (from = 0; from < source->size && xml->result == 0; from += bytes) {
		bytes = source->size - from < PIECE_BYTES ? source->size - from : PIECE_BYTES;
		xmlParseChunk(xml->parser, source->text + from, (int)bytes, 0);
	}
	if (xml->result == 0)
		xmlParseChunk(xml->parser, NULL, 0, 1);
	/* Not every allocation that fails in the parser is reported. */
	if (xml->result == 0 && !xml->failed &&
	    (!xml->parser->wellFormed || xml->parser->errNo == XML_ERR_NO_MEMORY))
		return -ENOMEM;
	return xml->result < 0 ? xml->result : xml->failed ? -EINVAL : 0;
}

int pel_xml_parse(struct pel_source *source, const struct pel_xml_handler *handler, struct pel_error *err)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	/* Not all errors are the parser's: the others go to its thread's handler, which may be the host program's, or print. */
	xmlStructuredErrorFunc before = xmlStructuredError;
	void *before_context = xmlStructuredErrorContext;
	struct xml *xml = pel_calloc(1, sizeof(*xml));
	struct pel_source_tag tag;
	int r;

	if (!xml)
		return -ENOMEM;
	xml->source = source;
	xml->handler = handler;
	xml->err = err;
	xmlSetStructuredErrorFunc(xml, on_error);
	pthread_once(&once, init_parser);
	r = xml->result < 0 ? xml->result : parse(xml);
	if (r == 0 && pel_source_start(source, &tag)) /* elements that the parser lost */
		r = -ENOMEM;
	xmlFreeParserCtxt(xml->parser);
	xmlResetLastError();
	xmlSetStructuredErrorFunc(before_context, before);
	pel_free(xml);
	return r;
}
