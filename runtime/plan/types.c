/* SPDX-License-Identifier: Apache-2.0 */
#include "passes.h"

#include <errno.h>
#include <string.h>
#include "compiler.h"
#include "instance-model.h"
#include "document.h"
#include "end.h"
#include "initial.h"
#include "mismatch.h"
#include "params.h"
#include "plan-ports.h"
#include "resolve.h"
#include "specialization.h"
#include "unify.h"

/*
 * Infers types. Each port's type becomes a term; each channel unifies two terms; the kernels' resolve() hooks add what they know, until nothing
 * changes. Then each connected port must have one concrete type.
 */

#define LABEL_BYTES 1024

/* ---- terms of ports ---- */

static int boundary_term(struct compiler *c, struct instance *instance, const struct pel_decl_port *decl,
			 struct term **ret)
{
	struct pel_type_expr expr;
	char what[300];
	int r;

	if (!decl->type.text) {
		*ret = pel_term_symbol(&c->brief, NULL);
		return *ret ? 0 : pel_nomem(c->err);
	}
	instance->symbols.map = &instance->symbol_map;
	if (!instance->symbols.terms) {
		instance->symbols.room = (uint32_t)instance->document->decl->n_ports * (1 + PEL_MAX_DIMS);
		instance->symbols.terms =
			pel_compiler_alloc_brief(c, instance->symbols.room, sizeof(*instance->symbols.terms));
		if (!instance->symbols.terms)
			return -ENOMEM;
	}
	snprintf(what, sizeof(what), "type of boundary port '%s'", decl->name.text);
	r = pel_type_expr_parse(decl->type.text, &instance->params->scope, what,
				pel_document_attr_place(instance->document, &decl->type), &c->brief, &expr,
				c->err);
	if (r < 0)
		return r;
	*ret = pel_term_of_expr(&c->brief, &expr, &instance->symbols);
	return *ret ? 0 : pel_nomem(c->err);
}

static int specialization_terms(struct compiler *c, struct specialization *spec,
				const struct pel_plan_actor *actor, struct term **terms,
				struct term **symbol_room)
{
	struct symbols symbols = { .terms = symbol_room, .room = pel_ports_count(actor) * (1 + PEL_MAX_DIMS) };

	for (uint32_t i = 0; i < pel_ports_count(actor); i++) {
		struct specialization_port *port = pel_specialization_port(spec, actor, i);

		if (!port->symbolic && !port->term)
			port->term = pel_term_of_expr(&c->brief, &port->type, &symbols);
		terms[i] = port->symbolic ? pel_term_of_expr(&c->brief, &port->type, &symbols) : port->term;
		if (!terms[i])
			return pel_nomem(c->err);
	}
	return 0;
}

static int terms_make(struct compiler *c)
{
	struct term **room;
	uint32_t most = 0;
	int r = 0;

	for (uint32_t i = 0; i < c->plan->n_actors; i++)
		most = pel_ports_count(&c->plan->actors[i]) > most ? pel_ports_count(&c->plan->actors[i])
								   : most;
	room = pel_compiler_alloc_brief(c, (size_t)most * (1 + PEL_MAX_DIMS), sizeof(struct term *));
	if (!room)
		return -ENOMEM;
	for (uint32_t i = 0; i < c->plan->n_actors && r == 0; i++) {
		struct actor_work *work = &c->work[i];
		const struct pel_plan_actor *actor = &c->plan->actors[i];

		work->terms = pel_compiler_alloc_brief(c, pel_ports_count(actor), sizeof(struct term *));
		if (!work->terms)
			return -ENOMEM;
		if (work->port)
			r = pel_compiler_note(c, boundary_term(c, work->instance, work->port, &work->terms[0]));
		else
			r = specialization_terms(c, work->spec, actor, work->terms, room);
	}
	return r;
}

static int alias_terms_make(struct compiler *c)
{
	int r = 0;

	for (struct instance *instance = c->top->next; instance; instance = instance->next) {
		const struct pel_decl_graph *decl = instance->document->decl;

		for (size_t i = 0; i < decl->n_ports && r == 0; i++)
			r = pel_compiler_note(c, boundary_term(c, instance, &decl->ports[i],
							       &instance->aliases[i].term));
	}
	return r;
}

/* ---- channels ---- */

static struct term *end_term(const struct compiler *c, const struct end *end, bool out)
{
	if (end->instance)
		return end->instance->aliases[end->port].term;
	return c->work[end->actor].terms[end->port + (out ? c->plan->actors[end->actor].n_in : 0)];
}

/* "b.in"; for a boundary port of the top graph, just its name. */
static void end_label(const struct compiler *c, const struct end *end, bool out, char *buf)
{
	const struct instance *instance = end->instance;
	const struct pel_plan_actor *actor = &c->plan->actors[end->actor];

	if (instance)
		snprintf(buf, LABEL_BYTES, "%.*s.%s", (int)strlen(instance->prefix) - 1, instance->prefix,
			 instance->document->decl->ports[end->port].name.text);
	else if (actor->kind == PEL_ACTOR_KERNEL)
		snprintf(buf, LABEL_BYTES, "%s.%s", actor->id, (out ? actor->out : actor->in)[end->port].name);
	else
		snprintf(buf, LABEL_BYTES, "%s", actor->id);
}

static int unify_piece(struct compiler *c, const struct piece *piece)
{
	struct term *from = end_term(c, &piece->from, true), *to = end_term(c, &piece->to, false);
	char from_label[LABEL_BYTES], to_label[LABEL_BYTES];
	int r;

	if (!from || !to || (r = pel_term_unify(from, to)) == 0)
		return 0;
	end_label(c, &piece->from, true, from_label);
	end_label(c, &piece->to, false, to_label);
	return pel_mismatch_say(
		c, r, pel_document_place(piece->instance->document, piece->decl->line, piece->decl->col),
		from_label, from, to_label, to);
}

static int unify_pieces(struct compiler *c)
{
	int r = 0;

	for (uint32_t i = 0; i < c->n_pieces && r == 0; i++)
		r = pel_compiler_note(c, unify_piece(c, &c->pieces[i]));
	return r;
}

/* The types of an inline kernel's ports must match those of its registered CPU implementation. */
static int unify_cpu_implementation(struct compiler *c, uint32_t index)
{
	const struct pel_plan_actor *actor = &c->plan->actors[index];
	const struct actor_work *work = &c->work[index];
	const struct specialization *spec = work->spec;
	struct symbols symbols = { .room = pel_ports_count(actor) * (1 + PEL_MAX_DIMS) };
	char a[PEL_TERM_BYTES], b[PEL_TERM_BYTES];

	symbols.terms = pel_compiler_alloc_brief(c, symbols.room, sizeof(*symbols.terms));
	if (!symbols.terms)
		return -ENOMEM;
	for (uint32_t i = 0; i < pel_ports_count(actor); i++) {
		const struct specialization_port *cpu = i < actor->n_in ? &spec->cpu_in[i]
									: &spec->cpu_out[i - actor->n_in];
		struct term *term = pel_term_of_expr(&c->brief, &cpu->type, &symbols);

		if (!term)
			return pel_nomem(c->err);
		pel_term_format(work->terms[i], a, sizeof(a));
		if (pel_term_unify(work->terms[i], term) < 0)
			return pel_fail(
				c->err, -EINVAL, actor->place,
				"port '%s' of actor '%s' (%s) has type %s, but in its CPU implementation '%s' it has type %s",
				pel_port_number(actor, i)->name, actor->id, actor->kernel->name, a,
				spec->use->cpu->name, pel_term_format(term, b, sizeof(b)));
	}
	return 0;
}

/* ---- results ---- */

static int intern(struct compiler *c, const struct pel_type *type, const struct pel_type **ret)
{
	char text[192];
	struct pel_type *copy;
	size_t found;

	found = pel_map_get(&c->types, pel_type_format(type, text, sizeof(text)));
	if (found == PEL_MAP_NONE) {
		const char *key = pel_arena_strdup(&c->scratch, text);

		copy = pel_compiler_alloc_plan(c, 1, sizeof(*copy));
		if (!copy)
			return -ENOMEM;
		*copy = *type;
		found = (size_t)copy;
		if (!key || pel_map_put(&c->types, key, found) < 0)
			return pel_nomem(c->err);
	}
	*ret = (const struct pel_type *)found;
	return 0;
}

static bool type_fits(const struct pel_type *type)
{
	uint64_t bytes = type->elem_bytes;

	for (uint32_t i = 0; i < type->n_dims; i++)
		if (__builtin_mul_overflow(bytes, type->dims[i], &bytes))
			return false;
	return bytes <= PEL_MAX_TOKEN_BYTES;
}

/* The type of one term; *ret is NULL if it is unknown. */
static int type_of_term(struct compiler *c, struct term *term, struct pel_place place, const char *name,
			const struct pel_type **ret)
{
	struct pel_type type;
	char text[192];
	int r;

	*ret = NULL;
	if (!term)
		return 0;
	term = pel_term_find(term);
	if (term->kind == TERM_ELEM && term->type) {
		*ret = term->type;
		return 0;
	}
	if (!pel_term_known(term, &type))
		return 0;
	if (!type_fits(&type)) {
		pel_fail(c->err, -EINVAL, place, "tokens of %s have type %s, which is more than %llu bytes",
			 name, pel_type_format(&type, text, sizeof(text)),
			 (unsigned long long)PEL_MAX_TOKEN_BYTES);
		return -EINVAL;
	}
	r = intern(c, &type, ret);
	if (r == 0 && term->kind == TERM_ELEM)
		term->type = *ret;
	return r;
}

static int report_unknown(struct compiler *c, const struct pel_plan_channel *channel, struct term *term)
{
	struct term *open, *stand_in = pel_compiler_alloc_brief(c, 1, sizeof(*stand_in));
	const char *symbol, *meant;
	char text[PEL_TERM_BYTES];

	if (!stand_in)
		return -ENOMEM;
	*stand_in = (struct term){ .kind = TERM_ELEM, .elem_bytes = 1, .elem = PEL_ELEM_U8 };
	if (pel_term_open(term)->symbol)
		pel_fail(c->err, -EINVAL, channel->place, "the token type of channel %s is unknown: %s",
			 channel->name, pel_term_format(term, text, sizeof(text)));
	else
		pel_fail(c->err, -EINVAL, channel->place, "the token type of channel %s is unknown",
			 channel->name);
	symbol = pel_term_open(term)->symbol;
	meant = symbol ? pel_elem_meant(symbol, strlen(symbol)) : NULL;
	if (meant)
		pel_hint(c->err, "'%s' is a symbol, which stands for any type: did you mean '%s'?", symbol,
			 meant);
	else
		pel_hint(c->err,
			 "no port that it depends on has a fixed type: declare the type of a boundary port, or set a parameter that determines it");
	/*
	 * Bind the open symbols, so that the error is reported once for all channels that depend on them. A size becomes a type in this way,
	 * which stays unknown but does no harm.
	 */
	while ((open = (struct term *)pel_term_open(term)))
		open->bound = stand_in;
	return -EINVAL;
}

static int set_type(struct compiler *c, struct pel_plan_port *port, struct term *term, struct pel_place place,
		    const char *name)
{
	int r = type_of_term(c, term, place, name, &port->type);

	if (r == 0 && port->type)
		port->token_bytes = (uint32_t)pel_type_bytes(port->type);
	return r;
}

static int channel_type(struct compiler *c, struct pel_plan_channel *channel)
{
	const struct pel_plan_actor *from = &c->plan->actors[channel->from];
	struct pel_plan_port *out = &from->out[channel->from_port],
			     *in = &c->plan->actors[channel->to].in[channel->to_port];
	struct term *term = c->work[channel->from].terms[from->n_in + channel->from_port];
	int r;

	if (!term)
		return 0;
	if (!out->type) {
		r = set_type(c, out, term, channel->place, channel->name);
		if (r < 0)
			return r;
		if (!out->type)
			return pel_term_open(term) ? report_unknown(c, channel, term) : 0;
	}
	in->type = out->type;
	in->token_bytes = out->token_bytes;
	return 0;
}

/* Set the types of unconnected ports if they are known; nothing needs them. */
static int open_port_types(struct compiler *c)
{
	int r = 0;

	for (uint32_t i = 0; i < c->plan->n_actors && r == 0; i++) {
		const struct pel_plan_actor *actor = &c->plan->actors[i];

		for (uint32_t k = 0; k < pel_ports_count(actor) && r == 0; k++)
			if (!pel_port_number(actor, k)->n_channels)
				r = pel_compiler_note(c,
						      set_type(c, pel_port_number(actor, k),
							       c->work[i].terms[k], actor->place, actor->id));
	}
	return r;
}

static int finish_channels(struct compiler *c)
{
	struct pel_plan *plan = c->plan;
	int r = 0;

	for (uint32_t i = 0; i < plan->n_channels && r == 0; i++)
		r = pel_compiler_note(c, channel_type(c, &plan->channels[i]));
	for (uint32_t i = 0; i < plan->n_channels && r == 0; i++) {
		struct pel_plan_channel *channel = &plan->channels[i];

		if (c->written[i].decl && plan->actors[channel->from].out[channel->from_port].type)
			r = pel_compiler_note(c, pel_initial_values(c, i));
	}
	return r;
}

int pel_pass_types(struct compiler *c)
{
	int r;

	if ((r = terms_make(c)) < 0 || (r = alias_terms_make(c)) < 0 || (r = unify_pieces(c)) < 0)
		return r;
	for (uint32_t i = 0; i < c->plan->n_actors; i++)
		if (c->work[i].spec && c->work[i].spec->use->cpu &&
		    (r = pel_compiler_note(c, unify_cpu_implementation(c, i))) < 0)
			return r;
	if (c->status) /* do not call hooks with invalid types */
		return 0;
	if ((r = pel_kernels_resolve(c)) < 0)
		return r;
	if (c->status)
		return 0;
	if ((r = finish_channels(c)) < 0)
		return r;
	return open_port_types(c);
}
