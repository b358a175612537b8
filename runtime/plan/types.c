/* SPDX-License-Identifier: Apache-2.0 */
#include "compile.h"
#include "unify.h"

#include <errno.h>
#include <string.h>

/*
 * Types: each port's type becomes a term, each channel makes two terms equal, kernels' resolve() hooks add what they can tell, until
 * nothing changes. Then every port that is connected has one concrete type.
 */

static uint32_t n_ports(const struct pel_plan_actor *actor)
{
	return actor->n_in + actor->n_out;
}

static struct pel_plan_port *port_at(const struct pel_plan_actor *actor, uint32_t i)
{
	return i < actor->n_in ? &actor->in[i] : &actor->out[i - actor->n_in];
}

static struct shape_port *shape_port_at(const struct shape *shape, const struct pel_plan_actor *actor,
					uint32_t i)
{
	return i < actor->n_in ? &shape->in[i] : &shape->out[i - actor->n_in];
}

/* "b.in"; a boundary port's name alone. */
static void port_label(const struct pel_plan_actor *actor, uint32_t i, char *buf, size_t size)
{
	if (actor->kind == PEL_ACTOR_KERNEL)
		snprintf(buf, size, "%s.%s", actor->id, port_at(actor, i)->name);
	else
		snprintf(buf, size, "%s", actor->id);
}

#define LABEL_BYTES 1024

/* ---- terms of ports ---- */

static int boundary_term(struct compiler *c, struct instance *instance, const struct pel_decl_port *decl,
			 struct term **ret)
{
	struct pel_type_expr expr;
	char what[300];
	int r;

	if (!decl->type.text) {
		*ret = term_symbol(&c->scratch, NULL);
		return *ret ? 0 : pel_nomem(c->err);
	}
	if (!instance->symbols.terms) {
		instance->symbols.room = (uint32_t)instance->document->decl->n_ports * (1 + PEL_MAX_DIMS);
		instance->symbols.terms =
			compile_alloc(c, instance->symbols.room, sizeof(*instance->symbols.terms));
		if (!instance->symbols.terms)
			return -ENOMEM;
	}
	snprintf(what, sizeof(what), "type of boundary port '%s'", decl->name.text);
	r = pel_type_expr_parse(decl->type.text, &instance->params->scope, what,
				place_of(instance->document, &decl->type), &c->scratch, &expr, c->err);
	if (r < 0)
		return r;
	*ret = term_of_expr(&c->scratch, &expr, &instance->symbols);
	return *ret ? 0 : pel_nomem(c->err);
}

static int shape_terms(struct compiler *c, struct shape *shape, const struct pel_plan_actor *actor,
		       struct term **terms, struct term **symbol_room)
{
	struct symbols symbols = { symbol_room, 0, n_ports(actor) * (1 + PEL_MAX_DIMS) };

	for (uint32_t i = 0; i < n_ports(actor); i++) {
		struct shape_port *port = shape_port_at(shape, actor, i);

		if (!port->symbolic && !port->term)
			port->term = term_of_expr(&c->scratch, &port->type, &symbols);
		terms[i] = port->symbolic ? term_of_expr(&c->scratch, &port->type, &symbols) : port->term;
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
		most = n_ports(&c->plan->actors[i]) > most ? n_ports(&c->plan->actors[i]) : most;
	room = compile_alloc(c, (size_t)most * (1 + PEL_MAX_DIMS), sizeof(struct term *));
	if (!room)
		return -ENOMEM;
	for (uint32_t i = 0; i < c->plan->n_actors && r == 0; i++) {
		struct actor_work *work = &c->work[i];
		const struct pel_plan_actor *actor = &c->plan->actors[i];

		work->terms = compile_alloc(c, n_ports(actor), sizeof(struct term *));
		if (!work->terms)
			return -ENOMEM;
		if (work->port)
			r = compile_note(c, boundary_term(c, work->instance, work->port, &work->terms[0]));
		else
			r = shape_terms(c, work->shape, actor, work->terms, room);
	}
	return r;
}

/* ---- channels ---- */

/* Is `a` an array of `b`? */
static bool is_array_of(const struct pel_type *a, const struct pel_type *b)
{
	return a->elem == b->elem && a->elem_bytes == b->elem_bytes && a->n_dims == b->n_dims + 1 &&
	       memcmp(a->dims + 1, b->dims, b->n_dims * sizeof(*b->dims)) == 0;
}

/* Which kernel would join them after all? */
static void hint_conversion(struct compiler *c, struct term *from, struct term *to)
{
	struct pel_type a, b;

	if (!term_known(from, &a) || !term_known(to, &b))
		return;
	if (a.n_dims == b.n_dims && memcmp(a.dims, b.dims, sizeof(a.dims)) == 0 && a.elem != PEL_ELEM_BYTES &&
	    b.elem != PEL_ELEM_BYTES)
		pel_hint(c->err, "put a core.convert between them");
	else if (is_array_of(&a, &b))
		pel_hint(c->err, "put a core.ungroup between them");
	else if (is_array_of(&b, &a))
		pel_hint(c->err, "put a core.group between them");
	else if (pel_type_bytes(&a) == pel_type_bytes(&b))
		pel_hint(c->err, "a core.reshape between them gives the same bytes another type");
}

static int say_mismatch(struct compiler *c, int r, struct pel_place place, const char *from,
			struct term *from_term, const char *to, struct term *to_term)
{
	char a[TERM_BYTES], b[TERM_BYTES];

	term_format(from_term, a, sizeof(a));
	term_format(to_term, b, sizeof(b));
	if (r == -ELOOP)
		return pel_fail(c->err, -EINVAL, place,
				"'%s' gives tokens of type %s and '%s' takes %s, which would be part of itself",
				from, a, to, b);
	if (r == -E2BIG)
		return pel_fail(
			c->err, -EINVAL, place,
			"'%s' gives tokens of type %s and '%s' takes %s: together more than %d dimensions",
			from, a, to, b, PEL_MAX_DIMS);
	pel_fail(c->err, -EINVAL, place, "'%s' gives tokens of type %s, '%s' takes %s", from, a, to, b);
	hint_conversion(c, from_term, to_term);
	return -EINVAL;
}

static int unify_constraint(struct compiler *c, const struct constraint *constraint, struct term *from,
			    struct term *to)
{
	const struct pel_plan_channel *channel = &c->plan->channels[constraint->channel];
	struct instance *instance = constraint->instance;
	const struct pel_decl_port *decl = &instance->document->decl->ports[constraint->port];
	struct alias *alias = &instance->aliases[constraint->port];
	char label[LABEL_BYTES], other[LABEL_BYTES];
	int r;

	if (!alias->term && (r = boundary_term(c, instance, decl, &alias->term)) < 0)
		return r;
	snprintf(label, sizeof(label), "%.*s.%s", (int)strlen(instance->prefix) - 1, instance->prefix,
		 decl->name.text);
	port_label(&c->plan->actors[channel->from], c->plan->actors[channel->from].n_in + channel->from_port,
		   other, sizeof(other));
	if ((r = term_unify(from, alias->term)) < 0)
		return say_mismatch(c, r, channel->place, other, from, label, alias->term);
	port_label(&c->plan->actors[channel->to], channel->to_port, other, sizeof(other));
	if ((r = term_unify(alias->term, to)) < 0)
		return say_mismatch(c, r, channel->place, label, alias->term, other, to);
	return 0;
}

static int unify_channels(struct compiler *c)
{
	const struct pel_plan *plan = c->plan;
	uint32_t next = 0;
	int r = 0;

	for (uint32_t i = 0; i < plan->n_channels && r == 0; i++) {
		const struct pel_plan_channel *channel = &plan->channels[i];
		const struct pel_plan_actor *from = &plan->actors[channel->from],
					    *to = &plan->actors[channel->to];
		struct term *a = c->work[channel->from].terms[from->n_in + channel->from_port];
		struct term *b = c->work[channel->to].terms[channel->to_port];
		int found = 0;

		for (; next < c->n_constraints && c->constraints[next].channel <= i && found != -ENOMEM; next++)
			if (a && b && found == 0 && c->constraints[next].channel == i)
				found = unify_constraint(c, &c->constraints[next], a, b);
		if (a && b && found == 0 && (found = term_unify(a, b)) < 0) {
			char label[LABEL_BYTES], other[LABEL_BYTES];

			port_label(from, from->n_in + channel->from_port, label, sizeof(label));
			port_label(to, channel->to_port, other, sizeof(other));
			found = say_mismatch(c, found, channel->place, label, a, other, b);
		}
		r = compile_note(c, found);
	}
	return r;
}

/* An inline kernel's ports must suit its registered CPU form. */
static int unify_cpu_form(struct compiler *c, uint32_t index)
{
	const struct pel_plan_actor *actor = &c->plan->actors[index];
	const struct actor_work *work = &c->work[index];
	const struct shape *shape = work->shape;
	struct symbols symbols = { .room = n_ports(actor) * (1 + PEL_MAX_DIMS) };
	char a[TERM_BYTES], b[TERM_BYTES];

	symbols.terms = compile_alloc(c, symbols.room, sizeof(*symbols.terms));
	if (!symbols.terms)
		return -ENOMEM;
	for (uint32_t i = 0; i < n_ports(actor); i++) {
		const struct shape_port *cpu = i < actor->n_in ? &shape->cpu_in[i]
							       : &shape->cpu_out[i - actor->n_in];
		struct term *term = term_of_expr(&c->scratch, &cpu->type, &symbols);

		if (!term)
			return pel_nomem(c->err);
		term_format(work->terms[i], a, sizeof(a));
		if (term_unify(work->terms[i], term) < 0)
			return pel_fail(c->err, -EINVAL, actor->place,
					"port '%s' of actor '%s' (%s) has type %s, of its CPU form '%s' type %s",
					port_at(actor, i)->name, actor->id, actor->kernel->name, a,
					shape->use->cpu->name, term_format(term, b, sizeof(b)));
	}
	return 0;
}

/* ---- hooks ---- */

/* One sweep of resolve() hooks, with the ports that its actor may see. */
struct hook {
	struct compiler *c;
	struct pel_info_port *ports; /* room for the ports of any actor */
	struct pel_type *types;
};

static uint32_t known_types(struct hook *hook, uint32_t index)
{
	const struct pel_plan_actor *actor = &hook->c->plan->actors[index];
	uint32_t known = 0;

	for (uint32_t i = 0; i < n_ports(actor); i++) {
		bool is_known = term_known(hook->c->work[index].terms[i], &hook->types[i]);
		const struct pel_plan_port *port = port_at(actor, i);

		hook->ports[i] = (struct pel_info_port){
			.connected = port->n_channels > 0,
			.dynamic = port->dynamic,
			.type = is_known ? &hook->types[i] : NULL,
			.rates = port->rates,
			.n_rates = port->n_rates,
			.history = port->history,
		};
		known += is_known;
	}
	return known;
}

static bool same_rates(const struct shape_port *port, const uint64_t *rates, size_t n)
{
	return !port->dynamic && port->n_rates == n && memcmp(port->rates, rates, n * sizeof(*rates)) == 0;
}

/* Take over what the hook set at one port. */
static int hook_result(struct compiler *c, uint32_t index, uint32_t i, const struct pel_info_port *set)
{
	const struct pel_plan_actor *actor = &c->plan->actors[index];
	const struct actor_work *work = &c->work[index];
	const struct shape *shape = work->shape;
	struct pel_plan_port *port = port_at(actor, i);
	char a[TERM_BYTES], b[192];
	struct term *term;

	if (set->type_set) {
		term = term_of_type(&c->scratch, set->type);
		if (!term)
			return pel_nomem(c->err);
		if (term_unify(work->terms[i], term) < 0)
			return pel_fail(c->err, -EINVAL, actor->place,
					"actor '%s' (%s): port '%s' has type %s, but its parameters ask for %s",
					actor->id, actor->kernel->name, port->name,
					term_format(work->terms[i], a, sizeof(a)),
					pel_type_format(set->type, b, sizeof(b)));
	}
	if (set->rates_set) {
		if (set->n_rates > PEL_MAX_PHASES)
			return pel_fail(c->err, -EINVAL, actor->place,
					"actor '%s' (%s): port '%s' has %zu phases; at most %u are possible",
					actor->id, actor->kernel->name, port->name, set->n_rates,
					PEL_MAX_PHASES);
		for (size_t k = 0; k < set->n_rates; k++)
			if (set->rates[k] > PEL_MAX_RATE)
				return pel_fail(
					c->err, -EINVAL, actor->place,
					"actor '%s' (%s): port '%s' has rate %llu; at most %llu is possible",
					actor->id, actor->kernel->name, port->name,
					(unsigned long long)set->rates[k], (unsigned long long)PEL_MAX_RATE);
		if (shape->use->cpu && !same_rates(shape_port_at(shape, actor, i), set->rates, set->n_rates))
			return pel_fail(
				c->err, -EINVAL, actor->place,
				"actor '%s': port '%s' of kernel '%s' has other rates than its CPU form '%s'",
				actor->id, port->name, actor->kernel->name, shape->use->cpu->name);
		port->rates = set->rates;
		port->n_rates = (uint32_t)set->n_rates;
		port->dynamic = false;
	}
	if (set->history_set) {
		if (set->history > PEL_MAX_RATE)
			return pel_fail(
				c->err, -EINVAL, actor->place,
				"actor '%s' (%s): port '%s' has a history of %llu; at most %llu is possible",
				actor->id, actor->kernel->name, port->name, (unsigned long long)set->history,
				(unsigned long long)PEL_MAX_RATE);
		port->history = set->history;
	}
	return 0;
}

static int run_hook(struct hook *hook, uint32_t index)
{
	struct compiler *c = hook->c;
	const struct pel_plan_actor *actor = &c->plan->actors[index];
	size_t told = c->err ? c->err->count + c->err->lost : 0;
	struct pel_info info = {
		.actor = actor->id,
		.place = actor->place,
		.err = c->err,
		.kernel = actor->kernel,
		.params = actor->params,
		.in = hook->ports,
		.out = hook->ports + actor->n_in,
		.n_in = actor->n_in,
		.n_out = actor->n_out,
		.arena = &c->plan->arena,
		.resolving = true,
	};
	int r = actor->kernel->resolve(&info);

	if (r < 0) {
		if (c->err && told == c->err->count + c->err->lost)
			pel_fail(c->err, r, actor->place, "actor '%s' (%s) cannot work like this: %s",
				 actor->id, actor->kernel->name, strerror(-r));
		return r;
	}
	for (uint32_t i = 0; i < n_ports(actor); i++) {
		r = hook_result(c, index, i, &hook->ports[i]);
		if (r < 0)
			return r;
	}
	return 0;
}

/*
 * Call the hooks of `actors`, in that order or backwards, wherever more is known than at the last call. Returns how many were called, or
 * -ENOMEM. Those that know all are taken off the list.
 */
static int64_t sweep(struct hook *hook, uint32_t *actors, uint32_t *n, bool backwards)
{
	struct compiler *c = hook->c;
	int64_t called = 0;
	uint32_t kept = 0;

	for (uint32_t k = 0; k < *n; k++) {
		uint32_t index = actors[backwards ? *n - 1 - k : k], known = known_types(hook, index);
		struct actor_work *work = &c->work[index];
		int r;

		if (work->known == known + 1) /* counted from 1: 0 is never called */
			continue;
		work->known = known + 1;
		called++;
		r = run_hook(hook, index);
		if (compile_note(c, r) < 0)
			return -ENOMEM;
		if (r < 0) /* once is enough */
			work->known = UINT32_MAX;
	}
	for (uint32_t k = 0; k < *n; k++) {
		uint32_t known = c->work[actors[k]].known;

		if (known != UINT32_MAX && known != n_ports(&c->plan->actors[actors[k]]) + 1)
			actors[kept++] = actors[k];
	}
	*n = kept;
	return called;
}

/* The actors with hooks, in the order in which data reaches them: types mostly become known along it. */
static int list_hooks(struct compiler *c, uint32_t **ret, uint32_t *ret_n)
{
	const struct pel_plan *plan = c->plan;
	struct edge *edges = compile_alloc(c, plan->n_channels, sizeof(*edges));
	uint32_t *order = compile_alloc(c, plan->n_actors, sizeof(*order)), n = 0;

	if (!edges || !order)
		return -ENOMEM;
	for (uint32_t i = 0; i < plan->n_channels; i++)
		edges[i] = (struct edge){ plan->channels[i].from, plan->channels[i].to };
	if (order_nodes(plan->n_actors, edges, plan->n_channels, order, NULL) < 0)
		return pel_nomem(c->err);
	for (uint32_t i = 0; i < plan->n_actors; i++)
		if (plan->actors[order[i]].kernel && plan->actors[order[i]].kernel->resolve)
			order[n++] = order[i];
	*ret = order;
	*ret_n = n;
	return 0;
}

static int run_hooks(struct compiler *c)
{
	struct hook hook = { .c = c };
	uint32_t *actors = NULL, n = 0, most = 0;
	int64_t called;
	bool any = false;
	int r;

	for (uint32_t i = 0; i < c->plan->n_actors; i++) {
		any |= c->plan->actors[i].kernel && c->plan->actors[i].kernel->resolve;
		most = n_ports(&c->plan->actors[i]) > most ? n_ports(&c->plan->actors[i]) : most;
	}
	if (!any)
		return 0;
	hook.ports = compile_alloc(c, most, sizeof(*hook.ports));
	hook.types = compile_alloc(c, most, sizeof(*hook.types));
	if (!hook.ports || !hook.types)
		return -ENOMEM;
	if ((r = list_hooks(c, &actors, &n)) < 0)
		return r;
	for (bool backwards = false;; backwards = !backwards) {
		called = sweep(&hook, actors, &n, backwards);
		if (called <= 0)
			return called < 0 ? -ENOMEM : 0;
	}
}

/* ---- what has become known ---- */

static int intern(struct compiler *c, const struct pel_type *type, const struct pel_type **ret)
{
	char text[192];
	struct pel_type *copy;
	size_t found;

	found = pel_map_get(&c->types, pel_type_format(type, text, sizeof(text)));
	if (found == PEL_MAP_NONE) {
		const char *key = pel_arena_strdup(&c->scratch, text);

		copy = plan_alloc(c, 1, sizeof(*copy));
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

/* The type of one term. *ret is NULL where it is not known. */
static int type_of_term(struct compiler *c, struct term *term, struct pel_place place, const char *name,
			const struct pel_type **ret)
{
	struct pel_type type;
	char text[192];
	int r;

	*ret = NULL;
	if (!term)
		return 0;
	term = term_find(term);
	if (term->kind == TERM_ELEM && term->type) {
		*ret = term->type;
		return 0;
	}
	if (!term_known(term, &type))
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

static int say_unknown(struct compiler *c, const struct pel_plan_channel *channel, struct term *term)
{
	struct term *open, *stand_in = compile_alloc(c, 1, sizeof(*stand_in));
	char text[TERM_BYTES];

	if (!stand_in)
		return -ENOMEM;
	*stand_in = (struct term){ .kind = TERM_ELEM, .elem_bytes = 1, .elem = PEL_ELEM_U8 };
	if (term_open(term)->symbol)
		pel_fail(c->err, -EINVAL, channel->place, "the token type of channel %s is not known: %s",
			 channel->name, term_format(term, text, sizeof(text)));
	else
		pel_fail(c->err, -EINVAL, channel->place, "the token type of channel %s is not known",
			 channel->name);
	pel_hint(c->err,
		 "nothing that it is joined to has a type of its own: give one to a boundary port, or set a parameter that says it");
	/* Said once for all channels that hang on the same symbol. A size gets stuck as a type, which stays unknown but is harmless. */
	while ((open = (struct term *)term_open(term)))
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
			return term_open(term) ? say_unknown(c, channel, term) : 0;
	}
	in->type = out->type;
	in->token_bytes = out->token_bytes;
	return 0;
}

/* Ports that are not connected may have a type, or not: nobody needs it. */
static int open_port_types(struct compiler *c)
{
	int r = 0;

	for (uint32_t i = 0; i < c->plan->n_actors && r == 0; i++) {
		const struct pel_plan_actor *actor = &c->plan->actors[i];

		for (uint32_t k = 0; k < n_ports(actor) && r == 0; k++)
			if (!port_at(actor, k)->n_channels)
				r = compile_note(c, set_type(c, port_at(actor, k), c->work[i].terms[k],
							     actor->place, actor->id));
	}
	return r;
}

/* ---- <initial> ---- */

/* White space between the numbers, as in a document, becomes the commas of a list; inside parentheses it stays. */
static char *to_list(struct compiler *c, const char *text)
{
	char *list = compile_alloc(c, strlen(text) + 1, 1), *to = list;
	unsigned depth = 0;

	for (; list && *text; text++) {
		bool space = strchr(" \t\r\n", *text) != NULL;

		depth += *text == '(' || *text == '{';
		depth -= depth && (*text == ')' || *text == '}');
		if (!space || depth) {
			*to++ = *text;
			continue;
		}
		while (text[1] && strchr(" \t\r\n", text[1]))
			text++;
		if (to > list && to[-1] != ',' && text[1] && text[1] != ',')
			*to++ = ',';
	}
	return list;
}

static bool all_zero(const unsigned char *bytes, uint64_t n)
{
	return !n || (!bytes[0] && memcmp(bytes, bytes + 1, n - 1) == 0);
}

static int initial_values(struct compiler *c, uint32_t index)
{
	struct pel_plan_channel *channel = &c->plan->channels[index];
	const struct pel_type *type = c->plan->actors[channel->from].out[channel->from_port].type;
	const struct instance *instance = c->value_instances[index];
	const struct pel_decl_channel *decl = channel->decl;
	bool bytes = type->elem == PEL_ELEM_BYTES;
	uint64_t elements = pel_type_elements(type) * (bytes ? type->elem_bytes : 1);
	struct pel_place place = place_at(instance->document, decl->values_line, decl->values_col);
	char what[600], list_type[16], text[192];
	struct pel_value value;
	char *list = to_list(c, decl->values);
	int r;

	if (!list)
		return -ENOMEM;
	snprintf(what, sizeof(what), "initial tokens of channel %s", channel->name);
	snprintf(list_type, sizeof(list_type), "%s[]", bytes ? "u8" : pel_elem_name(type->elem));
	r = pel_param_value(list_type, list, &instance->params->scope, what, instance->document->dir, place,
			    &c->plan->arena, &value, c->err);
	if (r < 0)
		return r;
	if (value.list.count % elements)
		return pel_fail(c->err, -EINVAL, place,
				"%s: %zu element%s no whole number of tokens of type %s, which have %llu each",
				what, value.list.count, value.list.count == 1 ? " makes" : "s make",
				pel_type_format(type, text, sizeof(text)), (unsigned long long)elements);
	channel->initial = value.list.count / elements;
	if (!all_zero(value.list.data, channel->initial * pel_type_bytes(type)))
		channel->initial_values = value.list.data;
	return 0;
}

static int finish_channels(struct compiler *c)
{
	struct pel_plan *plan = c->plan;
	int r = 0;

	for (uint32_t i = 0; i < plan->n_channels && r == 0; i++)
		r = compile_note(c, channel_type(c, &plan->channels[i]));
	for (uint32_t i = 0; i < plan->n_channels && r == 0; i++) {
		struct pel_plan_channel *channel = &plan->channels[i];

		if (channel->decl && plan->actors[channel->from].out[channel->from_port].type)
			r = compile_note(c, initial_values(c, i));
		channel->decl = NULL; /* the graph need not outlive the compilation */
	}
	return r;
}

int pass_types(struct compiler *c)
{
	int r;

	if ((r = terms_make(c)) < 0 || (r = unify_channels(c)) < 0)
		return r;
	for (uint32_t i = 0; i < c->plan->n_actors; i++)
		if (c->work[i].shape && c->work[i].shape->use->cpu &&
		    (r = compile_note(c, unify_cpu_form(c, i))) < 0)
			return r;
	if (c->status) /* hooks would be told nonsense */
		return 0;
	if ((r = run_hooks(c)) < 0)
		return r;
	if (c->status)
		return 0;
	if ((r = finish_channels(c)) < 0)
		return r;
	return open_port_types(c);
}
