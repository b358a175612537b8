/* SPDX-License-Identifier: Apache-2.0 */
#include "load.h"

#include <errno.h>
#include <string.h>

#define SCHEMA_INSTANCE "http://www.w3.org/2001/XMLSchema-instance"

/* An open element. */
struct pel_loader_open {
	const struct pel_rule *rule;
	struct pel_place place;
	bool unclosed;				/* its end tag seems to be missing, which has been reported */
	uint32_t first_line[PEL_RULE_CHILDREN]; /* of each child that may appear only once; 0: not seen */
};

void pel_loader_fail(struct pel_loader *ld, struct pel_place place, const char *fmt, ...)
{
	va_list ap;

	ld->n_errors++;
	va_start(ap, fmt);
	pel_vfail(ld->err, -EINVAL, place, fmt, ap);
	va_end(ap);
}

struct pel_place pel_loader_place(const struct pel_loader *ld, const struct pel_attr *attr)
{
	return (struct pel_place){ ld->file, attr->line, attr->col };
}

static const char *quote(const char *text, char buf[PEL_QUOTE_BYTES])
{
	return text ? pel_quote(text, strlen(text), buf) : "";
}

/* ---- attributes ---- */

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
static void fail_value(struct pel_loader *ld, const struct pel_attribute_rule *rule,
		       const struct pel_attr *attr, const struct pel_near *near)
{
	struct pel_place place = pel_loader_place(ld, attr);
	const char *hint, *words = pel_attribute_value_words(*attr->text ? rule->check : PEL_CHECK_SOME, &hint);
	char quoted[PEL_QUOTE_BYTES];

	if (!*attr->text) {
		pel_loader_fail(ld, place, words, rule->name);
		return;
	}
	pel_loader_fail(ld, place, words, rule->name, quote(attr->text, quoted));
	if (near->name)
		pel_hint(ld->err, "did you mean '%s'?", near->name);
	else if (hint)
		pel_hint(ld->err, "%s", hint);
}
#pragma GCC diagnostic pop

static const struct pel_attribute_rule *find_attribute(const struct pel_rule *rule, const char *name)
{
	for (const struct pel_attribute_rule *a = rule->attributes; a && a->name; a++)
		if (strcmp(a->name, name) == 0)
			return a;
	return NULL;
}

static struct pel_attr *attr_of(void *decl, const struct pel_attribute_rule *rule)
{
	return (struct pel_attr *)((char *)decl + rule->offset);
}

/*
 * Report an attribute that the element does not have. If the intended attribute can be guessed, it gets its place but no text,
 * so that it is not also reported as missing.
 */
static void fail_attribute(struct pel_loader *ld, const struct pel_rule *rule,
			   const struct pel_xml_attribute *attribute, void *decl)
{
	char known[256] = "", prefix[PEL_QUOTE_BYTES], quoted[PEL_QUOTE_BYTES];
	struct pel_near near = { 0 };
	size_t n = 0;

	if (attribute->prefix && !attribute->ns)
		return; /* the parser reports the prefix */
	if (attribute->prefix) {
		pel_loader_fail(ld, attribute->place, "<%s> has no attribute '%s:%s'", rule->name,
				quote(attribute->prefix, prefix), quote(attribute->name, quoted));
		return;
	}
	pel_loader_fail(ld, attribute->place, "<%s> has no attribute '%s'", rule->name,
			quote(attribute->name, quoted));
	for (const struct pel_attribute_rule *a = rule->attributes; a && a->name; a++) {
		pel_near_try(&near, attribute->name, a->name);
		if (n < sizeof(known))
			n += (size_t)snprintf(known + n, sizeof(known) - n, "%s%s", n ? ", " : "", a->name);
	}
	if (near.name) {
		struct pel_attr *meant = attr_of(decl, find_attribute(rule, near.name));

		pel_hint(ld->err, "did you mean '%s'?", near.name);
		if (!meant->text)
			meant->line = attribute->place.line;
	} else if (n) {
		pel_hint(ld->err, "its attributes are %s", known);
	} else {
		pel_hint(ld->err, "it has no attributes");
	}
}

/* Editors use these to find the schema; they are ignored here. */
static bool names_schema(const struct pel_xml_attribute *attribute)
{
	return attribute->ns && strcmp(attribute->ns, SCHEMA_INSTANCE) == 0 &&
	       (strcmp(attribute->name, "schemaLocation") == 0 ||
		strcmp(attribute->name, "noNamespaceSchemaLocation") == 0);
}

static int take_attributes(struct pel_loader *ld, const struct pel_rule *rule,
			   const struct pel_xml_element *element, void *decl)
{
	for (unsigned i = 0; i < element->n_attributes; i++) {
		const struct pel_xml_attribute *attribute = &element->attributes[i];
		const struct pel_attribute_rule *a =
			attribute->prefix ? NULL : find_attribute(rule, attribute->name);
		struct pel_near near = { 0 };
		struct pel_attr *attr;

		if (!a) {
			if (!ld->lenient && !names_schema(attribute))
				fail_attribute(ld, rule, attribute, decl);
			continue;
		}
		attr = attr_of(decl, a);
		attr->line = attribute->place.line;
		attr->col = attribute->place.col;
		attr->text = pel_arena_strndup(ld->arena, attribute->value, attribute->length);
		if (!attr->text)
			return -ENOMEM;
		if (!pel_attribute_value_is_valid(a->check, attr->text, &near))
			fail_value(ld, a, attr, &near);
	}
	for (const struct pel_attribute_rule *a = rule->attributes; a && a->name; a++)
		if (a->required && !attr_of(decl, a)->line)
			pel_loader_fail(ld, element->place, "<%s> needs the attribute '%s'", rule->name,
					a->name);
	return 0;
}

/* ---- elements ---- */

static const struct pel_rule *find_child(const struct pel_rule *rule, const char *name, size_t *index)
{
	for (size_t i = 0; rule->children[i]; i++)
		if (strcmp(rule->children[i]->name, name) == 0) {
			*index = i;
			return rule->children[i];
		}
	return NULL;
}

/* Is the element allowed in an element around the open one? Then the end tag of the open one is probably missing. */
static bool fits_further_out(const struct pel_loader *ld, const char *name)
{
	size_t index;

	for (unsigned i = 0; i + 1 < ld->depth; i++)
		if (find_child(ld->open[i].rule, name, &index))
			return true;
	return false;
}

static void fail_element(struct pel_loader *ld, const struct pel_xml_element *element)
{
	struct pel_loader_open *open = &ld->open[ld->depth - 1];
	const struct pel_rule *parent = open->rule;
	char known[256] = "no elements", quoted[PEL_QUOTE_BYTES];
	struct pel_near near = { 0 };
	size_t n = 0;

	if (open->unclosed)
		return; /* everything that follows is inside it; one report is enough */
	pel_loader_fail(ld, element->place, "<%s> is not allowed in <%s>", quote(element->name, quoted),
			parent->name);
	for (const struct pel_rule *const *rule = parent->children; *rule; rule++) {
		pel_near_try(&near, element->name, (*rule)->name);
		if (n < sizeof(known))
			n += (size_t)snprintf(known + n, sizeof(known) - n, "%s<%s>", n ? ", " : "",
					      (*rule)->name);
	}
	open->unclosed = !near.name && fits_further_out(ld, element->name);
	if (near.name)
		pel_hint(ld->err, "did you mean <%s>?", near.name);
	else if (open->unclosed)
		pel_hint(ld->err, "<%s> can contain %s; is the end tag of the <%s> at line %u missing?",
			 parent->name, known, parent->name, open->place.line);
	else
		pel_hint(ld->err, "<%s> can contain %s", parent->name, known);
}

static bool same_ns(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

/* The rule for an element inside the open one; NULL: an error has been reported, or the element is to be skipped. */
static const struct pel_rule *find_rule(struct pel_loader *ld, const struct pel_xml_element *element)
{
	struct pel_loader_open *parent = &ld->open[ld->depth - 1];
	char a[PEL_QUOTE_BYTES], b[PEL_QUOTE_BYTES], c[PEL_QUOTE_BYTES];
	const struct pel_rule *rule;
	size_t index;

	if (!same_ns(element->ns, ld->ns)) {
		if (!ld->lenient &&
		    (!element->prefix || element->ns)) /* otherwise, the parser has reported the prefix */
			pel_loader_fail(ld, element->place,
					"<%s> is in the namespace '%s', but <%s> is in '%s'",
					quote(element->name, a), quote(element->ns, b), ld->root->name,
					quote(ld->ns, c));
		return NULL;
	}
	rule = find_child(parent->rule, element->name, &index);
	if (!rule && ld->lenient)
		return NULL;
	if (!rule)
		fail_element(ld, element);
	else if (rule->once && parent->first_line[index])
		pel_loader_fail(ld, element->place,
				"<%s> can contain only one <%s>, and already has one at line %u",
				parent->rule->name, rule->name, parent->first_line[index]);
	else
		parent->first_line[index] = element->place.line;
	return rule;
}

static int check_root(struct pel_loader *ld, const struct pel_xml_element *element)
{
	const char *name = ld->root->name, *ns = ld->wanted_ns;
	struct pel_near near = { 0 };
	char quoted[PEL_QUOTE_BYTES];

	if (strcmp(element->name, name) != 0) {
		pel_loader_fail(ld, element->place, "the root element is <%s>, not <%s>",
				quote(element->name, quoted), name);
		pel_near_try(&near, element->name, name);
		if (near.name)
			pel_hint(ld->err, "did you mean <%s>?", near.name);
		else if (strcmp(element->name, "sdf3") == 0)
			pel_hint(ld->err,
				 "'pelton analyze' reads SDF3 files directly; 'pelton import' converts them to graphs");
		else if (strcmp(element->name, "map") == 0)
			pel_hint(ld->err, "pass a placement map with --map, together with a graph");
		else if (strcmp(element->name, "profile") == 0)
			pel_hint(ld->err, "pass a profile with --profile, together with a graph");
		else if (strcmp(element->name, "graph") == 0 && ld->lenient)
			pel_hint(ld->err, "this seems to be a Pelton graph");
		else if (strcmp(element->name, "graph") == 0)
			pel_hint(ld->err, "this is a graph; a %s starts with <%s xmlns=\"%s\">",
				 strcmp(name, "map") == 0 ? "placement map" : name, name, ns);
		return -EINVAL;
	}
	if (element->prefix && !element->ns)
		return -EINVAL; /* the parser has reported it */
	if (ns && !element->ns) {
		pel_loader_fail(ld, element->place, "<%s> has no namespace", name);
		pel_hint(ld->err, "write <%s xmlns=\"%s\" ...>", name, ns);
	} else if (ns && strcmp(element->ns, ns) != 0) {
		pel_loader_fail(ld, element->place, "<%s> is in the namespace '%s'", name,
				quote(element->ns, quoted));
		pel_hint(ld->err, "write <%s xmlns=\"%s\" ...>", name, ns);
	}
	/* Continue as if it were right, so that one mistake causes one error. */
	if (element->ns && !(ld->ns = pel_arena_strdup(ld->arena, element->ns)))
		return -ENOMEM;
	return 0;
}

static int on_start(void *context, const struct pel_xml_element *element)
{
	struct pel_loader *ld = context;
	const struct pel_rule *rule = ld->root;
	void *decl;
	int r;

	if (ld->n_errors > PEL_MAX_ERRORS)
		return -EINVAL;
	if (++ld->n_elements > ld->limits->elements) {
		pel_loader_fail(ld, element->place, "the document has more than %zu elements",
				ld->limits->elements);
		return -EINVAL;
	}
	if (ld->depth + ld->skip >= ld->limits->depth) {
		pel_loader_fail(ld, element->place, "elements are nested more than %u deep", ld->limits->depth);
		return -EINVAL;
	}
	if (ld->skip) {
		ld->skip++;
		return 0;
	}
	if (!ld->depth) {
		r = check_root(ld, element);
		if (r < 0)
			return r;
	} else if (!(rule = find_rule(ld, element))) {
		ld->skip = 1;
		return 0;
	}
	ld->open[ld->depth++] = (struct pel_loader_open){ .rule = rule, .place = element->place };
	decl = rule->begin(ld, element->place);
	if (!decl)
		return -ENOMEM;
	r = take_attributes(ld, rule, element, decl);
	return r == 0 && rule->check ? rule->check(ld, decl, element->place) : r;
}

static int on_end(void *context)
{
	struct pel_loader *ld = context;
	const struct pel_loader_open *open;

	if (ld->skip) {
		ld->skip--;
		return 0;
	}
	open = &ld->open[--ld->depth];
	return open->rule->end ? open->rule->end(ld, open->place) : 0;
}

static int on_text(void *context, const char *bytes, size_t length)
{
	struct pel_loader *ld = context;
	const struct pel_rule *rule;

	if (ld->skip)
		return 0;
	rule = ld->open[ld->depth - 1].rule;
	if (rule->content)
		return rule->content(ld, bytes, length);
	return ld->lenient ? 0 : PEL_XML_NO_TEXT;
}

static void on_stray(void *context, struct pel_place place)
{
	struct pel_loader *ld = context;
	const char *name = ld->open[ld->depth - 1].rule->name;

	pel_loader_fail(ld, place, "text is not allowed in <%s>", name);
	if (strcmp(name, "channel") == 0)
		pel_hint(ld->err, "put initial tokens into <initial> inside the channel");
}

/* Sort errors in the order of the document, because some are found only at its end. There are few; errors at the same place keep their order. */
static void sort_errors(struct pel_error *err, size_t first)
{
	for (size_t i = first + 1; err && i < err->count; i++) {
		struct pel_error_item item = err->items[i];
		size_t j = i;

		for (; j > first; j--) {
			const struct pel_error_item *before = &err->items[j - 1];

			if (before->line < item.line || (before->line == item.line && before->col <= item.col))
				break;
			err->items[j] = *before;
		}
		err->items[j] = item;
	}
}

int pel_loader_run(struct pel_loader *ld, const struct pel_rule *root, const char *ns)
{
	const struct pel_xml_handler handler = { on_start, on_end, on_text, on_stray, ld };
	size_t first = ld->err ? ld->err->count : 0;
	int r;

	ld->root = root;
	ld->wanted_ns = ns;
	ld->open = pel_calloc(ld->limits->depth + 1, sizeof(*ld->open));
	if (!ld->open)
		return -ENOMEM;
	r = pel_source_check(ld->source, ld->err);
	if (r == 0)
		r = pel_xml_parse(ld->source, &handler, ld->err);
	pel_free(ld->open);
	ld->open = NULL;
	sort_errors(ld->err, first);
	return r == 0 && ld->n_errors ? -EINVAL : r;
}
