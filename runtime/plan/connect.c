/* SPDX-License-Identifier: Apache-2.0 */
#include "connect.h"

#include <assert.h>
#include <errno.h>
#include <string.h>
#include "compiler.h"
#include "document.h"
#include "end.h"
#include "instance-model.h"
#include "params.h"

/*
 * Makes channels. A <channel> element is a piece between two ends. An end may be a boundary port of a sub-graph, which is an alias for the port
 * connected to its other side. So pieces are followed back from each input to the output that feeds it:
 *
 *     scale.out ---piece---> tail.in (alias) ---piece---> tail/fir.in      becomes      scale.out -> tail/fir.in
 */
/* ---- pieces ---- */

/* "b.in", "tail/fir.in"; for a boundary port, just its name. */
static const char *end_name(struct compiler *c, const struct end *end, bool out)
{
	const struct pel_plan_actor *actor = &c->plan->actors[end->actor];
	const char *name;

	if (end->instance)
		name = pel_arena_printf(&c->brief, "%.*s.%s", (int)strlen(end->instance->prefix) - 1,
					end->instance->prefix,
					end->instance->document->decl->ports[end->port].name.text);
	else if (actor->kind != PEL_ACTOR_KERNEL)
		name = actor->id;
	else
		name = pel_arena_printf(&c->brief, "%s.%s", actor->id,
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
	pel_fail(c->err, -EINVAL,
		 pel_document_place(piece->instance->document, piece->decl->line, piece->decl->col),
		 "'%s' is connected to a second channel; the first one is on line %u", end_name(c, to, false),
		 (unsigned)first->decl->line);
	pel_hint(c->err, "an input takes one channel: merge streams with a kernel that has several inputs");
	return -EINVAL;
}

static int piece_make(struct compiler *c, struct instance *instance, const struct pel_decl_channel *decl,
		      uint32_t index)
{
	struct piece *piece = &c->pieces[index];
	int r, status;

	piece->decl = decl;
	piece->instance = instance;
	status = pel_end_find(c, instance, &decl->from, true, &piece->from);
	if (status == 0 && piece->from.instance)
		piece->from.instance->aliases[piece->from.port].feeds++;
	else if (status == 0)
		c->work[piece->from.actor].left[piece->from.port] = true;
	r = pel_end_find(c, instance, &decl->to, false, &piece->to);
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
	c->pieces = pel_compiler_alloc_brief(c, n, sizeof(*c->pieces));
	if (!c->pieces)
		return -ENOMEM;
	for (struct instance *instance = c->top; instance; instance = instance->next)
		for (size_t i = 0; i < instance->document->decl->n_channels && r == 0; i++)
			r = pel_compiler_note(c, piece_make(c, instance,
							    &instance->document->decl->channels[i], index++));
	c->n_pieces = index;
	return r;
}

/* ---- from pieces to channels ---- */

static int report_set_twice(struct compiler *c, const struct piece *piece, const struct piece *first,
			    const char *what)
{
	const struct document *document = piece->instance->document, *other = first->instance->document;

	pel_fail(c->err, -EINVAL, pel_document_place(document, piece->decl->line, piece->decl->col),
		 "this channel merges with the channel at %s:%u; both set %s", other->file,
		 (unsigned)first->decl->line, what);
	pel_hint(c->err, "boundary ports only pass tokens on: set it in one place");
	return -EINVAL;
}

/* Take over the attributes that `piece` sets for its channel. */
static int take_attributes(struct compiler *c, struct piece *piece, struct route *route)
{
	bool initial = piece->decl->initial.text || piece->decl->values;

	if (piece->decl->capacity.text && route->capacity)
		return report_set_twice(c, piece, route->capacity, "a capacity");
	if (initial && route->initial)
		return report_set_twice(c, piece, route->initial, "initial tokens");
	if (piece->decl->capacity.text)
		route->capacity = piece;
	if (initial)
		route->initial = piece;
	if (piece->decl->name.text)
		route->name = piece;
	return 0;
}

static bool is_optional(const struct compiler *c, const struct end *end, bool out)
{
	const struct pel_plan_actor *actor = &c->plan->actors[end->actor];

	if (actor->kind != PEL_ACTOR_KERNEL)
		return false;
	return (out ? actor->kernel->out : actor->kernel->in)[end->port].flags & PEL_PORT_OPTIONAL;
}

static struct alias *alias_of(const struct end *end)
{
	return &end->instance->aliases[end->port];
}

static int report_cycle(struct compiler *c, const struct piece *piece)
{
	return pel_fail(c->err, -EINVAL,
			pel_document_place(piece->instance->document, piece->decl->line, piece->decl->col),
			"this channel is part of a cycle of boundary ports: no actor feeds it");
}

/* The route up to the end of `piece`; the route to its start must be known. */
static int route_through(struct compiler *c, struct piece *piece, struct route *ret)
{
	int r;

	if (piece->broken)
		*ret = (struct route){ .kind = ROUTE_BROKEN };
	else if (piece->from.instance)
		*ret = alias_of(&piece->from)->route;
	else
		*ret = (struct route){ .kind = ROUTE_FROM, .from = piece->from };
	if (ret->kind == ROUTE_BROKEN || (r = take_attributes(c, piece, ret)) == 0)
		return 0;
	ret->kind = ROUTE_BROKEN;
	return r;
}

/*
 * Follow the pieces back from `piece` to the output that feeds it. The route of each alias is found only once, however many pieces leave it.
 * Returns 0 or a negative errno; ret->kind says what was found.
 */
static int follow(struct compiler *c, struct piece *piece, struct route *ret)
{
	uint32_t n = 0;
	int r, status = 0;

	for (struct piece *at = piece; !at->broken && at->from.instance;) {
		struct alias *alias = alias_of(&at->from);

		if (alias->route.kind == ROUTE_OPEN) {
			alias->route.kind = ROUTE_BROKEN;
			status = report_cycle(c, at);
		}
		if (alias->route.kind)
			break;
		alias->route.kind = ROUTE_OPEN;
		c->path[n++] = alias;
		if (alias->fed == PEL_NONE)
			break;
		at = &c->pieces[alias->fed];
	}
	while (n) {
		struct alias *alias = c->path[--n];

		if (alias->route.kind == ROUTE_BROKEN) /* here the cycle closes */
			continue;
		if (alias->fed == PEL_NONE)
			alias->route = (struct route){ .kind = ROUTE_UNFED, .unfed = alias };
		else if ((r = route_through(c, &c->pieces[alias->fed], &alias->route)) < 0)
			status = r;
	}
	r = route_through(c, piece, ret);
	return r < 0 ? r : status;
}

/* "a.out->b.in". Not by printf(), which would be noticeable with 100,000 channels. */
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
	name = pel_arena_text(&c->plan->arena, length + 1);
	for (size_t i = 0; name && i < n_parts; i++) {
		size_t n = strlen(parts[i]);

		memcpy(name + at, parts[i], n);
		at += n;
	}
	return name;
}

static int channel_numbers(struct compiler *c, struct pel_plan_channel *channel, const struct route *route)
{
	char what[600];
	int64_t number;
	int r = 0, status = 0;

	if (route->capacity) {
		snprintf(what, sizeof(what), "capacity of channel %s", channel->name);
		r = pel_expr_i64(route->capacity->decl->capacity.text,
				 &route->capacity->instance->params->scope, what, 1, PEL_MAX_CAPACITY,
				 pel_document_attr_place(route->capacity->instance->document,
							 &route->capacity->decl->capacity),
				 &number, c->err);
		if (r < 0)
			return r;
		channel->capacity = (uint64_t)number;
		channel->capacity_given = true;
	}
	if (route->initial && route->initial->decl->initial.text) {
		snprintf(what, sizeof(what), "number of initial tokens of channel %s", channel->name);
		status = pel_expr_i64(route->initial->decl->initial.text,
				      &route->initial->instance->params->scope, what, 0, PEL_MAX_CAPACITY,
				      pel_document_attr_place(route->initial->instance->document,
							      &route->initial->decl->initial),
				      &number, c->err);
		if (status == 0)
			channel->initial = (uint64_t)number;
	}
	return status;
}

/* The name that the piece gives. It is used only once, although the piece may be part of several channels. */
static const char *given_name(struct compiler *c, const struct route *route)
{
	struct piece *piece = route->name;

	piece->named = true;
	return pel_arena_printf(&c->plan->arena, "%s%s", piece->instance->prefix, piece->decl->name.text);
}

/* The element that sets the attribute already, or else the last piece of the channel. */
static struct pel_place repair_place(const struct pel_plan_channel *channel, const struct piece *setter)
{
	return setter ? pel_document_place(setter->instance->document, setter->decl->line, setter->decl->col)
		      : channel->place;
}

static int channel_make(struct compiler *c, struct piece *piece)
{
	struct pel_plan *plan = c->plan;
	uint32_t index = plan->n_channels;
	struct pel_plan_channel *channel = &plan->channels[index];
	struct route route;
	int r;

	if ((r = follow(c, piece, &route)) < 0)
		return r;
	if (route.kind == ROUTE_UNFED)
		route.unfed->needed |= !is_optional(c, &piece->to, false);
	if (route.kind != ROUTE_FROM)
		return 0;
	*channel = (struct pel_plan_channel){ .from = route.from.actor,
					      .from_port = route.from.port,
					      .to = piece->to.actor,
					      .to_port = piece->to.port,
					      .ring = PEL_NONE };
	channel->place = pel_document_place(piece->instance->document, piece->decl->line, piece->decl->col);
	channel->name = route.name && !route.name->named ? given_name(c, &route) : channel_name(c, channel);
	if (!channel->name)
		return pel_nomem(c->err);
	plan->n_channels++;
	if (c->repair_places)
		c->repair_places[index] = (struct repair_place){ repair_place(channel, route.initial),
								 repair_place(channel, route.capacity),
								 route.initial && route.initial->decl->values };
	if (route.initial && route.initial->decl->values)
		c->written[index] = (struct written){ route.initial->decl, route.initial->instance };
	return channel_numbers(c, channel, &route);
}

static int channels_make(struct compiler *c)
{
	int r = 0;

	c->plan->channels = pel_compiler_alloc_plan(c, c->n_pieces, sizeof(*c->plan->channels));
	c->written = pel_compiler_alloc_brief(c, c->n_pieces, sizeof(*c->written));
	c->path = pel_compiler_alloc_brief(c, c->n_pieces, sizeof(*c->path));
	if (!c->plan->channels || !c->written || !c->path)
		return -ENOMEM;
	if (c->options->fixes &&
	    !(c->repair_places = pel_compiler_alloc(c, c->n_pieces, sizeof(*c->repair_places))))
		return -ENOMEM;
	for (uint32_t i = 0; i < c->n_pieces && r == 0; i++)
		if (!c->pieces[i].broken && !c->pieces[i].to.instance)
			r = pel_compiler_note(c, channel_make(c, &c->pieces[i]));
	return r;
}

/* Make each port's list of channels, in document order. */
static int lists_make(struct compiler *c)
{
	struct pel_plan *plan = c->plan;
	uint32_t n = plan->n_channels, *feeds = pel_compiler_alloc_plan(c, n, sizeof(*feeds)),
		 *fed = pel_compiler_alloc_plan(c, n, sizeof(*fed)), at = 0;

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
			out->n_channels = 0; /* counted again while filling the list */
		}
		list = (uint32_t *)out->channels;
		list[out->n_channels++] = i;
		fed[i] = i;
		in->channels = &fed[i];
		in->n_channels = 1;
	}
	return 0;
}

/* ---- unconnected ports ---- */

static int report_unconnected(struct compiler *c, struct pel_place place, const char *way, const char *name)
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
			r = report_unconnected(c, actor->place, "input", end_name(c, &end, false));
	for (end.port = 0; end.port < actor->n_out; end.port++)
		if (!work->left[end.port] && !is_optional(c, &end, true))
			r = report_unconnected(c, actor->place, "output", end_name(c, &end, true));
	return r;
}

/* Check a boundary output of a sub-graph that nobody reads: that is allowed only if the output that feeds it is optional. */
static int check_unread(struct compiler *c, const struct alias *alias, struct pel_place place, const char *name)
{
	struct route route;
	int r = follow(c, &c->pieces[alias->fed], &route);

	if (r == 0 && route.kind == ROUTE_FROM && !is_optional(c, &route.from, true))
		return report_unconnected(c, place, "output", name);
	return r;
}

static int check_alias(struct compiler *c, struct instance *instance, uint32_t port)
{
	const struct pel_decl_port *decl = &instance->document->decl->ports[port];
	const struct alias *alias = &instance->aliases[port];
	struct pel_place outside =
		pel_document_place(instance->parent->document, instance->actor->line, instance->actor->col);
	struct end end = { .instance = instance, .port = port };

	if (decl->out ? alias->fed == PEL_NONE : !alias->feeds)
		return pel_fail(c->err, -EINVAL, pel_document_place(instance->document, decl->line, decl->col),
				"boundary port '%s' is not connected inside the graph", decl->name.text);
	if (!decl->out && alias->fed == PEL_NONE)
		return alias->needed ? report_unconnected(c, outside, "input", end_name(c, &end, false)) : 0;
	if (decl->out && !alias->feeds)
		return check_unread(c, alias, outside, end_name(c, &end, true));
	return 0;
}

/* Report cycles of boundary ports. No input reads from them, so they have not been followed yet. */
static int check_cycles(struct compiler *c)
{
	struct route route;
	int r = 0;

	for (struct instance *instance = c->top->next; instance && r == 0; instance = instance->next)
		for (uint32_t i = 0; i < instance->document->decl->n_ports && r == 0; i++)
			if (!instance->aliases[i].route.kind && instance->aliases[i].fed != PEL_NONE)
				r = pel_compiler_note(c,
						      follow(c, &c->pieces[instance->aliases[i].fed], &route));
	return r;
}

static int check_open_ports(struct compiler *c)
{
	int r = 0;

	if (c->n_broken) /* an invalid end leaves a port unconnected: one error is enough */
		return 0;
	for (uint32_t i = 0; i < c->plan->n_actors && r == 0; i++)
		if (c->work[i].left) /* else its kernel is unknown */
			r = pel_compiler_note(c, check_actor(c, i));
	for (struct instance *instance = c->top->next; instance && r == 0; instance = instance->next)
		for (uint32_t i = 0; i < instance->document->decl->n_ports && r == 0; i++)
			r = pel_compiler_note(c, check_alias(c, instance, i));
	return r < 0 ? r : check_cycles(c);
}

int pel_channels_connect(struct compiler *c)
{
	int r;

	if ((r = pieces_make(c)) < 0 || (r = channels_make(c)) < 0 || (r = lists_make(c)) < 0)
		return r;
	return check_open_ports(c);
}
