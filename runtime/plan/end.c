/* SPDX-License-Identifier: Apache-2.0 */
#include "end.h"

#include <assert.h>
#include <errno.h>
#include <string.h>
#include "compiler.h"
#include "document.h"
#include "instance-model.h"

/* Resolves the ends of channels: from the text of from= and to= to ports. */

#define ID_BYTES 256 /* names have at most 200 bytes */

/* The text of an end: "id", "id.port", or the name of a boundary port. */
struct end_text {
	const char *text;
	char id[ID_BYTES];
	const char *port; /* NULL: not given */
};

static void split_end(const char *text, struct end_text *ret)
{
	const char *dot = strchr(text, '.');
	size_t length = dot ? (size_t)(dot - text) : strlen(text);

	assert(length < sizeof(ret->id)); /* the loader refuses longer names */
	memcpy(ret->id, text, length);
	ret->id[length] = '\0';
	ret->port = dot ? dot + 1 : NULL;
	ret->text = text;
}

/* The inputs, or the outputs, of an actor in a document, which may be a kernel or a sub-graph. */
struct ports {
	const struct pel_plan_port *ports;	  /* of a kernel */
	const struct pel_decl_port *declarations; /* of a sub-graph */
	uint32_t n;
	bool out;
	const char *of; /* name of the kernel or graph, for messages */
};

static const char *port_name(const struct ports *ports, uint32_t i)
{
	return ports->ports ? ports->ports[i].name : ports->declarations[i].name.text;
}

/* Does port `i` have the wanted direction? A document lists boundary inputs and outputs together. */
static bool port_fits(const struct ports *ports, uint32_t i)
{
	return ports->ports || ports->declarations[i].out == ports->out;
}

static struct ports ports_of(const struct compiler *c, const struct child *child, bool out)
{
	struct ports ports = { .out = out };

	if (child->graph) {
		ports.declarations = child->graph->document->decl->ports;
		ports.n = (uint32_t)child->graph->document->decl->n_ports;
		ports.of = child->graph->document->decl->name.text ? child->graph->document->decl->name.text
								   : "graph";
	} else {
		const struct pel_plan_actor *actor = &c->plan->actors[child->actor];

		ports.ports = out ? actor->out : actor->in;
		ports.n = out ? actor->n_out : actor->n_in;
		ports.of = actor->kernel->name;
	}
	return ports;
}

static int say_no_port(struct compiler *c, struct pel_place place, const struct end_text *end,
		       const struct ports *ports, const struct ports *others)
{
	struct pel_near near = { 0 };
	struct pel_known known = { .n = 0 };
	const char *way = ports->out ? "output" : "input";

	for (uint32_t i = 0; i < others->n; i++)
		if (port_fits(others, i) && strcmp(port_name(others, i), end->port) == 0) {
			pel_fail(c->err, -EINVAL, place, "'%s' is an %s; a channel %s", end->text,
				 ports->out ? "input" : "output",
				 ports->out ? "starts at an output" : "ends at an input");
			pel_hint(c->err, "from= names the output, to= the input");
			return -EINVAL;
		}
	pel_fail(c->err, -EINVAL, place, "actor '%s' (%s) has no %s '%s'", end->id, ports->of, way, end->port);
	for (uint32_t i = 0; i < ports->n && c->suggestions; i++)
		if (port_fits(ports, i))
			pel_compiler_suggest(c, &near, end->port, port_name(ports, i));
	for (uint32_t i = 0; i < ports->n && !near.name && known.n < 16; i++)
		if (port_fits(ports, i))
			pel_known_add(&known, port_name(ports, i));
	if (near.name)
		pel_hint(c->err, "did you mean '%s.%s'?", end->id, near.name);
	else
		pel_known_hint(&known, way, c->err);
	return -EINVAL;
}

/* Find the only port of that direction, because the end names none. */
static int only_port(struct compiler *c, struct pel_place place, const struct end_text *end,
		     const struct ports *ports, uint32_t *ret)
{
	const char *way = ports->out ? "output" : "input";
	char list[512];
	size_t at = 0;
	uint32_t n = 0;

	for (uint32_t i = 0; i < ports->n; i++) {
		if (!port_fits(ports, i))
			continue;
		if (n++ == 0)
			*ret = i;
		if (at < sizeof(list))
			at += (size_t)snprintf(list + at, sizeof(list) - at, "%s%s.%s", at ? ", " : "",
					       end->id, port_name(ports, i));
	}
	if (n == 1)
		return 0;
	if (!n)
		return pel_fail(c->err, -EINVAL, place, "actor '%s' (%s) has no %s", end->id, ports->of, way);
	pel_fail(c->err, -EINVAL, place, "actor '%s' (%s) has %u %ss, so one must be named", end->id,
		 ports->of, n, way);
	pel_hint(c->err, "write one of %s", list);
	return -EINVAL;
}

static int find_port(struct compiler *c, struct pel_place place, const struct end_text *end,
		     const struct child *child, bool out, uint32_t *ret)
{
	struct ports ports, others;

	if (!child->graph && !c->work[child->actor].use)
		return -EINVAL; /* its kernel was not found, which was reported there */
	ports = ports_of(c, child, out);
	if (!end->port)
		return only_port(c, place, end, &ports, ret);
	for (uint32_t i = 0; i < ports.n; i++)
		if (port_fits(&ports, i) && strcmp(port_name(&ports, i), end->port) == 0) {
			*ret = i;
			return 0;
		}
	others = ports_of(c, child, !out);
	return say_no_port(c, place, end, &ports, &others);
}

static int say_no_end(struct compiler *c, const struct document *document, struct pel_place place,
		      const char *id)
{
	const struct pel_decl_graph *decl = document->decl;
	struct pel_near near = { 0 };

	pel_fail(c->err, -EINVAL, place, "there is no actor or boundary port '%s'", id);
	for (size_t i = 0; i < decl->n_actors && c->suggestions; i++)
		pel_compiler_suggest(c, &near, id, decl->actors[i].id.text);
	for (size_t i = 0; i < decl->n_ports && c->suggestions; i++)
		pel_compiler_suggest(c, &near, id, decl->ports[i].name.text);
	if (near.name)
		pel_hint(c->err, "did you mean '%s'?", near.name);
	return -EINVAL;
}

/* Find a boundary port of the document itself. Inside it, channels start at an <in>. */
static int boundary_end(struct compiler *c, struct instance *instance, struct pel_place place,
			const struct end_text *end, size_t index, bool from, struct end *ret)
{
	const struct pel_decl_port *port = &instance->document->decl->ports[index];

	if (end->port)
		return pel_fail(c->err, -EINVAL, place, "'%s' is a boundary port, which has no port '%s'",
				end->id, end->port);
	if (port->out == from) {
		pel_fail(c->err, -EINVAL, place, "'%s' is an <%s> of the graph; inside it, a channel %s one",
			 end->id, port->out ? "out" : "in", from ? "cannot start at" : "cannot end at");
		pel_hint(c->err, "from= names an output or an <in>, to= an input or an <out>");
		return -EINVAL;
	}
	*ret = instance == c->top ? (struct end){ .actor = (uint32_t)index }
				  : (struct end){ .instance = instance, .port = (uint32_t)index };
	return 0;
}

int pel_end_find(struct compiler *c, struct instance *instance, const struct pel_attr *attr, bool from,
		 struct end *ret)
{
	const struct document *document = instance->document;
	struct pel_place place = pel_document_attr_place(document, attr);
	const struct child *child;
	struct end_text end;
	size_t found;

	split_end(attr->text, &end);
	found = pel_map_get(&document->names, end.id);
	if (found == PEL_MAP_NONE)
		return say_no_end(c, document, place, end.id);
	if (found >= document->decl->n_actors)
		return boundary_end(c, instance, place, &end, found - document->decl->n_actors, from, ret);
	child = &instance->children[found];
	*ret = (struct end){ .instance = child->graph, .actor = child->actor };
	return find_port(c, place, &end, child, from, &ret->port);
}
