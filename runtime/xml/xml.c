/* SPDX-License-Identifier: Apache-2.0 */
#include "xml.h"
#include "fault.h"

#include <errno.h>
#include <libxml/parser.h>
#include <libxml/xmlerror.h>
#include <pthread.h>
#include <string.h>

/* The parser gets the text in pieces of this size, because it copies each. */
#define PIECE_BYTES ((size_t)64 << 10)

struct xml {
	struct pel_source *source;
	const struct pel_xml_handler *handler;
	struct pel_error *err;
	xmlParserCtxtPtr parser;
	int result;
	bool stray_text;
	bool failed;	 /* an error has been reported */
	int wrong_names; /* error code for the names of the next element or its attributes; 0: no error */
	bool undeclared; /* one of these names has an undeclared prefix */
	int fault;	 /* error code with which the parser gave up; 0: it did not */
	size_t fault_at;
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
 * The same for a callback that reports content, where the parser may also be stopped. It must not be stopped in a callback that reports lack of memory,
 * because it then still uses data that stopping frees.
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

/* The parser reports attributes in document order, so those that are not declarations correspond to the tag's attributes one by one. */
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

/* The message for an error in a name; NULL: it is another error. */
static const char *explain_name(int code)
{
	switch (code) {
	case XML_NS_ERR_XML_NAMESPACE:
		return "a declaration of a prefix or namespace that is reserved by XML";
	case XML_NS_ERR_ATTRIBUTE_REDEFINED:
		return "two attributes with the same name in the same namespace";
	case XML_NS_ERR_EMPTY:
		return "a prefix is declared with an empty namespace";
	case XML_NS_ERR_QNAME:
	case XML_NS_ERR_COLON:
		return "a name with a colon that is not prefix:name";
	}
	return NULL;
}

/* Use our own message for each error, because the parser's messages change from release to release. */
static void report(struct xml *xml, int code, size_t at)
{
	struct pel_place place = pel_source_place(xml->source, at);
	const char *text = explain_name(code);

	xml->failed = true;
	if (text)
		pel_fail(xml->err, -EINVAL, place, "not well-formed XML: %s", text);
	else
		pel_fail(xml->err, -EINVAL, place, "this XML cannot be read (error %d of libxml2)", code);
}

/* The parser ended with error `code` at byte `at`. The error is reported when the parser is done. */
static void give_up(struct xml *xml, int code, size_t at)
{
	if (xml->result < 0)
		return;
	xml->fault = code;
	xml->fault_at = at;
	fail(xml, -EINVAL);
}

static void report_prefix(struct xml *xml, struct pel_place place, const char *prefix, const char *name)
{
	char shown_prefix[PEL_QUOTE_BYTES], shown_name[PEL_QUOTE_BYTES];

	pel_quote(prefix, strlen(prefix), shown_prefix);
	pel_quote(name, strlen(name), shown_name);
	pel_fail(xml->err, -EINVAL, place, "not well-formed XML: the prefix of '%s:%s' is not declared",
		 shown_prefix, shown_name);
	pel_hint(xml->err, "leave it out, or declare it: xmlns:%s=\"...\"", shown_prefix);
	xml->failed = true;
}

/* The parser reports errors in names before it reports the element, which has a place. Returns false if a name cannot be split into prefix and name. */
static bool report_names(struct xml *xml, const struct pel_xml_element *element)
{
	int wrong = xml->wrong_names;
	bool undeclared = xml->undeclared;

	xml->wrong_names = 0;
	xml->undeclared = false;
	if (wrong)
		report(xml, wrong, xml->tag.at);
	if (wrong == XML_NS_ERR_QNAME || wrong == XML_NS_ERR_COLON)
		return false;
	if (undeclared && element->prefix && !element->ns)
		report_prefix(xml, element->place, element->prefix, element->name);
	for (unsigned i = 0; i < element->n_attributes && undeclared; i++) {
		const struct pel_xml_attribute *attribute = &element->attributes[i];

		if (attribute->prefix && !attribute->ns)
			report_prefix(xml, attribute->place, attribute->prefix, attribute->name);
	}
	return true;
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
	/* The parser reports a tag before it notices that its end is missing. */
	if (!pel_source_start(xml->source, &xml->tag)) {
		give_up(xml, XML_ERR_GT_REQUIRED, xml->source->size);
		xmlStopParser(xml->parser);
		return;
	}
	report_stray_text(xml);
	element.place = pel_source_place(xml->source, xml->tag.at);
	if (!place_attributes(xml, (unsigned)n_attributes, values)) {
		stop(xml, -ENOMEM);
		return;
	}
	if (!report_names(xml, &element)) {
		stop(xml, -EINVAL);
		return;
	}
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
	/* The two readers can only disagree if the parser has lost something because it ran out of memory. */
	if (!pel_source_end(xml->source)) {
		stop(xml, -ENOMEM);
		return;
	}
	report_stray_text(xml);
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
	pel_hint(xml->err, "remove it: Pelton reads neither document types nor entities");
	stop(xml, -EINVAL);
}

/* Report why the parser gave up, or why it would have given up later. Returns -EINVAL or -ENOMEM. */
static int explain_fault(struct xml *xml)
{
	int r;

	if (xml->wrong_names)
		report(xml, xml->wrong_names, xml->source->at);
	r = pel_xml_explain_fault(xml->source, xml->err);
	if (r == 0 && xml->fault)
		report(xml, xml->fault, xml->fault_at);
	return r == -ENOMEM || (r == 0 && !xml->failed) ? -ENOMEM : -EINVAL;
}

/* The byte that the parser has reached, counted from the end of a byte order mark. */
static size_t parser_offset(const struct xml *xml)
{
	const xmlParserInput *input = xml->parser ? xml->parser->input : NULL;
	size_t offset = input ? (size_t)input->consumed + (size_t)(input->cur - input->base) : 0;

	return offset < xml->source->size ? offset : xml->source->size;
}

/* libxml2 2.12 made its errors const. */
#if LIBXML_VERSION >= 21200
typedef const xmlError *parser_error;
#else
typedef xmlErrorPtr parser_error;
#endif

static void on_error(void *context, parser_error error)
{
	struct xml *xml = context;

	if (error->code == XML_ERR_NO_MEMORY) {
		fail(xml, -ENOMEM);
		return;
	}
	if (xml->result < 0 || error->level < XML_ERR_ERROR || error->code == XML_ERR_USER_STOP ||
	    error->code == XML_WAR_NS_URI ||
	    error->code == XML_WAR_NS_URI_RELATIVE) /* about namespace names, which are only compared */
		return;
	if (error->level < XML_ERR_FATAL) {
		if (error->code == XML_NS_ERR_UNDEFINED_NAMESPACE)
			xml->undeclared = true;
		else if (explain_name(error->code)) /* if there are several, always report the same one, whatever their order */
			xml->wrong_names = error->code > xml->wrong_names ? error->code : xml->wrong_names;
		else
			report(xml, error->code, parser_offset(xml));
		return;
	}
	give_up(xml, error->code, parser_offset(xml));
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
	 * The bytes have been checked to be UTF-8, so ignore the declared encoding. "NOENT" replaces references in attribute values;
	 * without it, &amp; would be reported as &#38;. There are no other entities to expand: see on_doctype().
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
	/* The parser does not report every failed allocation, and after an error it does not report everything it finds. */
	if (xml->result == 0 && xml->parser->errNo == XML_ERR_NO_MEMORY)
		return -ENOMEM;
	if (xml->fault || (xml->result == 0 && (xml->failed || xml->wrong_names || !xml->parser->wellFormed)))
		return explain_fault(xml);
	return xml->result;
}

/* If it runs out of memory, or after a warning, the parser may report success without having read everything. */
static int check_rest(struct pel_source *source, struct pel_error *err)
{
	struct pel_source_tag tag;
	size_t at = source->at;
	int r;

	while (at < source->size && strchr(" \t\r\n", source->text[at]))
		at++;
	if (at == source->size)
		return 0;
	r = pel_xml_explain_fault(source, err);
	return r < 0 || !pel_source_start(source, &tag) ? r : -ENOMEM;
}

int pel_xml_parse(struct pel_source *source, const struct pel_xml_handler *handler, struct pel_error *err)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	/* Some errors do not belong to the parser. They go to the thread's error handler, which may be the host program's, or may print. */
	xmlStructuredErrorFunc before = xmlStructuredError;
	void *before_context = xmlStructuredErrorContext;
	struct xml *xml = pel_calloc(1, sizeof(*xml));
	int r;

	if (!xml)
		return -ENOMEM;
	xml->source = source;
	xml->handler = handler;
	xml->err = err;
	xmlSetStructuredErrorFunc(xml, on_error);
	pthread_once(&once, init_parser);
	r = xml->result < 0 ? xml->result : parse(xml);
	if (r == 0)
		r = check_rest(source, err);
	xmlFreeParserCtxt(xml->parser);
	xmlResetLastError();
	xmlSetStructuredErrorFunc(before_context, before);
	pel_free(xml);
	return r;
}
