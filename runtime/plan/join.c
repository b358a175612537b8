/* SPDX-License-Identifier: Apache-2.0 */
#include "compile.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

/*
 * Channels. A <channel> is a piece between two ends; an end may be a boundary port of a sub-graph, which is only another name for
 * what is joined to it on the other side. So pieces are followed back from each input to the output that feeds it:
 *
 *     scale.out ---piece---> tail.in (alias) ---piece---> tail/fir.in      becomes      scale.out -> tail/fir.in
 */
#define ID_BYTES 256 /* names have at most 200 */

/* An end as written: "id", "id.port", or the name of a boundary port. */
struct end_text {
	const char *text;
	char id[ID_BYTES];
	const char *port; /* NULL: left out */
};

static void split_end(const char *text, struct end_text *ret)
{
	const char *dot = strchr(text, '.');
	size_t length = dot ? (size_t)(dot - text) : strlen(text);

	assert(length < sizeof(ret->id)); /* the loader allows no longer names */
	memcpy(ret->id, text, length);
	ret->id[length] = '\0';
	ret->port = dot ? dot + 1 : NULL;
	ret->text = text;
}

/* The ports that an actor in a document has that way, whatever it is. */
struct ports {
	const struct pel_plan_port *ports;	  /* of a kernel */
	const struct pel_decl_port *declarations; /* of a sub-graph */
	uint32_t n;
	bool out;
	const char *of; /* kernel or graph, for messages */
};

static const char *port_name(const struct ports *ports, uint32_t i)
{
	return ports->ports ? ports->ports[i].name : ports->declarations[i].name.text;
}

/* Boundary ports of both ways stand mixed in a document: does number `i` go the way that is looked for? */
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
	for (uint32_t i = 0; i < ports->n; i++)
		if (port_fits(ports, i))
			pel_near_try(&near, end->port, port_name(ports, i));
	if (near.name)
		pel_hint(c->err, "did you mean '%s.%s'?", end->id, near.name);
	return -EINVAL;
}

/* The one port that way, where none is named. */
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
		return -EINVAL; /* its kernel was not found: said there */
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
	for (size_t i = 0; i < decl->n_actors; i++)
		pel_near_try(&near, id, decl->actors[i].id.text);
	for (size_t i = 0; i < decl->n_ports; i++)
		pel_near_try(&near, id, decl->ports[i].name.text);
	if (near.name)
		pel_hint(c->err, "did you mean '%s'?", near.name);
	return -EINVAL;
}

/* A boundary port of the document itself: inside it, an <in> is where channels start. */
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

static int find_end(struct compiler *c, struct instance *instance, const struct pel_attr *attr, bool from,
		    struct end *ret)
{
	const struct document *document = instance->document;
	struct pel_place place = place_of(document, attr);
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

/* ---- pieces ---- */

/* "b.in", "tail/fir.in", a boundary port's name alone. */
static const char *end_name(struct compiler *c, const struct end *end, bool out)
{
	const struct pel_plan_actor *actor = &c->plan->actors[end->actor];
	const char *name;

	if (end->instance)
		name = pel_arena_printf(&c->scratch, "%.*s.%s", (int)strlen(end->instance->prefix) - 1,
					end->instance->prefix,
					end->instance->document->decl->ports[end->port].name.text);
	else if (actor->kind != PEL_ACTOR_KERNEL)
		name = actor->id;
	else
		name = pel_arena_printf(&c->scratch, "%s.%s", actor->id,
					(out ? actor->out : actor->in)[end->port].name);
	return name ? name : "?";
}

static int feed(struct compiler *c, struct piece *piece, uint32_t index)
{
	const struct end *to = &piece->to;
	uint32_t *fed = to->instance ? &to->instance->aliases[to->port].fed : &c->work[to->actor].fed[to->port];
	const struct piece *first;

	if (*fed == PEL_NONE) {
		*fed = index;
		return 0;
	}
	first = &c->pieces[*fed];
	pel_fail(c->err, -EINVAL, place_at(piece->instance->document, piece->decl->line, piece->decl->col),
		 "'%s' is fed by a second channel; the first is in line %u", end_name(c, to, false),
		 (unsigned)first->decl->line);
	pel_hint(c->err, "an input takes one channel: join streams by a kernel with several inputs");
	return -EINVAL;
}

static int piece_make(struct compiler *c, struct instance *instance, const struct pel_decl_channel *decl,
		      uint32_t index)
{
	struct piece *piece = &c->pieces[index];
	int r, status;

	piece->decl = decl;
	piece->instance = instance;
	status = find_end(c, instance, &decl->from, true, &piece->from);
	if (status == 0 && piece->from.instance)
		piece->from.instance->aliases[piece->from.port].feeds++;
	else if (status == 0)
		c->work[piece->from.actor].left[piece->from.port] = true;
	r = find_end(c, instance, &decl->to, false, &piece->to);
	piece->broken = r < 0 || status < 0;
	if (r == 0)
		r = feed(c, piece, index);
	if (r < 0)
		piece->broken = true;
	c->n_broken += piece->broken;
	return r < 0 ? r : status;
}

static int pieces_make(struct compiler *c)
{
	uint64_t n = 0;
	uint32_t index = 0;
	int r = 0;

	for (struct instance *instance = c->top; instance; instance = instance->next)
		n += instance->document->decl->n_channels;
	assert(n < PEL_NONE); /* the loader's limit is far below */
	c->pieces = compile_alloc(c, n, sizeof(*c->pieces));
	if (!c->pieces)
		return -ENOMEM;
	for (struct instance *instance = c->top; instance; instance = instance->next)
		for (size_t i = 0; i < instance->document->decl->n_channels && r == 0; i++)
			r = compile_note(c, piece_make(c, instance, &instance->document->decl->channels[i],
						       index++));
	c->n_pieces = index;
	return r;
}

/* ---- from pieces to channels ---- */

/* What the pieces of one channel say of it: each thing may be said once. */
struct said {
	const struct piece *name, *capacity, *initial;
};

static int say_twice(struct compiler *c, const struct piece *piece, const struct piece *first, const char *what)
{
	const struct document *document = piece->instance->document, *other = first->instance->document;

	pel_fail(c->err, -EINVAL, place_at(document, piece->decl->line, piece->decl->col),
		 "this channel is one with that in %s:%u, and both give %s", other->file,
		 (unsigned)first->decl->line, what);
	pel_hint(c->err, "boundary ports only pass on: give it in one place");
	return -EINVAL;
}

static int hear(struct compiler *c, const struct piece *piece, struct said *said)
{
	bool initial = piece->decl->initial.text || piece->decl->values;

	if (piece->decl->capacity.text && said->capacity)
		return say_twice(c, piece, said->capacity, "a capacity");
	if (initial && said->initial)
		return say_twice(c, piece, said->initial, "initial tokens");
	if (piece->decl->capacity.text)
		said->capacity = piece;
	if (initial)
		said->initial = piece;
	if (piece->decl->name.text)
		said->name = piece;
	return 0;
}

static bool is_optional(const struct compiler *c, const struct end *end, bool out)
{
	const struct pel_plan_actor *actor = &c->plan->actors[end->actor];

	if (actor->kind != PEL_ACTOR_KERNEL)
		return false;
	return (out ? actor->kernel->out : actor->kernel->in)[end->port].flags & PEL_PORT_OPTIONAL;
}

static int add_constraint(struct compiler *c, struct instance *instance, uint32_t port, uint32_t channel)
{
	if (channel == PEL_NONE || !instance->document->decl->ports[port].type.text)
		return 0;
	if (pel_grow(&c->constraints, &c->constraints_capacity, (size_t)c->n_constraints + 1,
		     sizeof(*c->constraints)) < 0)
		return pel_nomem(c->err);
	c->constraints[c->n_constraints++] = (struct constraint){ channel, instance, port };
	return 0;
}

static int say_circle(struct compiler *c, const struct piece *piece)
{
	return pel_fail(c->err, -EINVAL,
			place_at(piece->instance->document, piece->decl->line, piece->decl->col),
			"this channel goes round through boundary ports only: no actor feeds it");
}

/*
 * Follow the pieces back from `piece` to the output that feeds it: *from. Returns 1; 0 where there is none, which is somebody
 * else's error or none at all; or a negative errno.
 */
static int trace(struct compiler *c, const struct piece *piece, uint32_t channel, struct said *said,
		 struct end *from)
{
	bool optional = !piece->to.instance && is_optional(c, &piece->to, false);
	int r;

	for (uint32_t steps = 0; !piece->broken; steps++) {
		struct alias *alias;

		if ((r = hear(c, piece, said)) < 0)
			return r;
		if (!piece->from.instance) {
			*from = piece->from;
			return 1;
		}
		if (steps > c->n_pieces)
			return say_circle(c, piece);
		alias = &piece->from.instance->aliases[piece->from.port];
		alias->seen = true;
		if ((r = add_constraint(c, piece->from.instance, piece->from.port, channel)) < 0)
			return r;
		if (alias->fed == PEL_NONE) {
			alias->needed |= !optional;
			return 0;
		}
		piece = &c->pieces[alias->fed];
	}
	return 0;
}

/* "a.out->b.in". Written by hand: with 100,000 of them, printf would be felt. */
static const char *channel_name(struct compiler *c, const struct pel_plan_channel *channel)
{
	const struct pel_plan_actor *from = &c->plan->actors[channel->from],
				    *to = &c->plan->actors[channel->to];
	const char *parts[7] = { from->id };
	size_t n_parts = 1, length = 0, at = 0;
	char *name;

	if (from->kind == PEL_ACTOR_KERNEL) {
		parts[n_parts++] = ".";
		parts[n_parts++] = from->out[channel->from_port].name;
	}
	parts[n_parts++] = "->";
	parts[n_parts++] = to->id;
	if (to->kind == PEL_ACTOR_KERNEL) {
		parts[n_parts++] = ".";
		parts[n_parts++] = to->in[channel->to_port].name;
	}
	for (size_t i = 0; i < n_parts; i++)
		length += strlen(parts[i]);
	name = plan_alloc(c, length + 1, 1);
	for (size_t i = 0; name && i < n_parts; i++) {
		size_t n = strlen(parts[i]);

		memcpy(name + at, parts[i], n);
		at += n;
	}
	return name;
}

static int channel_numbers(struct compiler *c, struct pel_plan_channel *channel, const struct said *said)
{
	char what[600];
	int64_t number;
	int r = 0, status = 0;

	if (said->capacity) {
		snprintf(what, sizeof(what), "capacity of channel %s", channel->name);
		r = pel_expr_i64(said->capacity->decl->capacity.text,
				 &said->capacity->instance->params->scope, what, 1, PEL_MAX_CAPACITY,
				 place_of(said->capacity->instance->document, &said->capacity->decl->capacity),
				 &number, c->err);
		if (r < 0)
			return r;
		channel->capacity = (uint64_t)number;
		channel->capacity_given = true;
	}
	if (said->initial && said->initial->decl->initial.text) {
		snprintf(what, sizeof(what), "number of initial tokens of channel %s", channel->name);
		status = pel_expr_i64(said->initial->decl->initial.text,
				      &said->initial->instance->params->scope, what, 0, PEL_MAX_CAPACITY,
				      place_of(said->initial->instance->document, &said->initial->decl->initial),
				      &number, c->err);
		if (status == 0)
			channel->initial = (uint64_t)number;
	}
	return status;
}

static int channel_make(struct compiler *c, const struct piece *piece)
{
	struct pel_plan *plan = c->plan;
	uint32_t index = plan->n_channels;
	struct pel_plan_channel *channel = &plan->channels[index];
	struct said said = { 0 };
	struct end from;
	int r;

	r = trace(c, piece, index, &said, &from);
	if (r <= 0)
		return r;
	*channel = (struct pel_plan_channel){ .from = from.actor,
					      .from_port = from.port,
					      .to = piece->to.actor,
					      .to_port = piece->to.port,
					      .ring = PEL_NONE };
	channel->place = place_at(piece->instance->document, piece->decl->line, piece->decl->col);
	channel->name = said.name ? pel_arena_printf(&plan->arena, "%s%s", said.name->instance->prefix,
						     said.name->decl->name.text)
				  : channel_name(c, channel);
	if (!channel->name)
		return pel_nomem(c->err);
	plan->n_channels++;
	if (said.initial && said.initial->decl->values) {
		channel->decl = said.initial->decl;
		c->value_instances[index] = said.initial->instance;
	}
	return channel_numbers(c, channel, &said);
}

static int channels_make(struct compiler *c)
{
	int r = 0;

	c->plan->channels = plan_alloc(c, c->n_pieces, sizeof(*c->plan->channels));
	c->value_instances = compile_alloc(c, c->n_pieces, sizeof(*c->value_instances));
	if (!c->plan->channels || !c->value_instances)
		return -ENOMEM;
	for (uint32_t i = 0; i < c->n_pieces && r == 0; i++)
		if (!c->pieces[i].broken && !c->pieces[i].to.instance)
			r = compile_note(c, channel_make(c, &c->pieces[i]));
	return r;
}

/* Each port's list of channels, in document order. */
static int lists_make(struct compiler *c)
{
	struct pel_plan *plan = c->plan;
	uint32_t n = plan->n_channels, *feeds = plan_alloc(c, n, sizeof(*feeds)),
		 *fed = plan_alloc(c, n, sizeof(*fed)), at = 0;

	if (!feeds || !fed)
		return -ENOMEM;
	for (uint32_t i = 0; i < n; i++)
		plan->actors[plan->channels[i].from].out[plan->channels[i].from_port].n_channels++;
	for (uint32_t i = 0; i < n; i++) {
		const struct pel_plan_channel *channel = &plan->channels[i];
		struct pel_plan_port *out = &plan->actors[channel->from].out[channel->from_port];
		struct pel_plan_port *in = &plan->actors[channel->to].in[channel->to_port];
		uint32_t *list;

		if (!out->channels) {
			out->channels = feeds + at;
			at += out->n_channels;
			out->n_channels = 0; /* counted again as they are put in */
		}
		list = (uint32_t *)out->channels;
		list[out->n_channels++] = i;
		fed[i] = i;
		in->channels = &fed[i];
		in->n_channels = 1;
	}
	return 0;
}

/* ---- what is left over ---- */

static int say_open(struct compiler *c, struct pel_place place, const char *way, const char *name)
{
	pel_fail(c->err, -EINVAL, place, "%s '%s' is not connected", way, name);
	pel_hint(c->err, "add <channel %s=\"%s\" .../>", strcmp(way, "input") == 0 ? "to" : "from", name);
	return -EINVAL;
}

static int check_actor(struct compiler *c, uint32_t index)
{
	const struct pel_plan_actor *actor = &c->plan->actors[index];
	const struct actor_work *work = &c->work[index];
	struct end end = { .actor = index };
	int r = 0;

	if (actor->kind != PEL_ACTOR_KERNEL) {
		if (actor->kind == PEL_ACTOR_HOST_IN ? work->left[0] : work->fed[0] != PEL_NONE)
			return 0;
		return pel_fail(c->err, -EINVAL, actor->place,
				"boundary port '%s' is not connected inside the graph", actor->id);
	}
	for (end.port = 0; end.port < actor->n_in; end.port++)
		if (work->fed[end.port] == PEL_NONE && !is_optional(c, &end, false))
			r = say_open(c, actor->place, "input", end_name(c, &end, false));
	for (end.port = 0; end.port < actor->n_out; end.port++)
		if (!work->left[end.port] && !is_optional(c, &end, true))
			r = say_open(c, actor->place, "output", end_name(c, &end, true));
	return r;
}

/* A boundary output of a sub-graph that nobody reads: allowed if what feeds it need not be read. */
static int check_unread(struct compiler *c, const struct alias *alias, struct pel_place place, const char *name)
{
	struct said said = { 0 };
	struct end from;
	int r = trace(c, &c->pieces[alias->fed], PEL_NONE, &said, &from);

	if (r == 1 && !is_optional(c, &from, true))
		return say_open(c, place, "output", name);
	return r < 0 ? r : 0;
}

static int check_alias(struct compiler *c, struct instance *instance, uint32_t port)
{
	const struct pel_decl_port *decl = &instance->document->decl->ports[port];
	const struct alias *alias = &instance->aliases[port];
	struct pel_place outside =
		place_at(instance->parent->document, instance->actor->line, instance->actor->col);
	struct end end = { .instance = instance, .port = port };

	if (decl->out ? alias->fed == PEL_NONE : !alias->feeds)
		return pel_fail(c->err, -EINVAL, place_at(instance->document, decl->line, decl->col),
				"boundary port '%s' is not connected inside the graph", decl->name.text);
	if (!decl->out && alias->fed == PEL_NONE)
		return alias->needed ? say_open(c, outside, "input", end_name(c, &end, false)) : 0;
	if (decl->out && !alias->feeds)
		return check_unread(c, alias, outside, end_name(c, &end, true));
	return 0;
}

/* Boundary ports joined in a circle have no actor that any channel would be traced from. */
static int check_circles(struct compiler *c)
{
	for (struct instance *instance = c->top->next; instance && !c->status; instance = instance->next)
		for (uint32_t i = 0; i < instance->document->decl->n_ports; i++)
			if (!instance->aliases[i].seen && instance->aliases[i].fed != PEL_NONE)
				return say_circle(c, &c->pieces[instance->aliases[i].fed]);
	return 0;
}

static int check_open_ports(struct compiler *c)
{
	int r = 0;

	if (c->n_broken) /* a misspelt end leaves a port open: one error is enough */
		return 0;
	for (uint32_t i = 0; i < c->plan->n_actors && r == 0; i++)
		if (c->work[i].left) /* else its kernel is not known */
			r = compile_note(c, check_actor(c, i));
	for (struct instance *instance = c->top->next; instance && r == 0; instance = instance->next)
		for (uint32_t i = 0; i < instance->document->decl->n_ports && r == 0; i++)
			r = compile_note(c, check_alias(c, instance, i));
	return r < 0 ? r : check_circles(c);
}

int channels_join(struct compiler *c)
{
	int r;

	if ((r = pieces_make(c)) < 0 || (r = channels_make(c)) < 0 || (r = lists_make(c)) < 0)
		return r;
	return check_open_ports(c);
}
