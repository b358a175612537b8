/* SPDX-License-Identifier: Apache-2.0 */
#include "compile.h"

#include <errno.h>
#include <string.h>

/*
 * Shapes: a kernel with its parameters. In a graph of 100,000 actors most have the settings of another, so types, rates and values are
 * evaluated once and shared.
 */
#define SHAPES_TRIED 4 /* that many of the latest are looked at, so that finding one stays cheap */

static bool same_text(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

static bool same_settings(const struct shape *shape, const struct pel_decl_actor *actor,
			  const struct instance *instance)
{
	const struct pel_decl_actor *other = shape->actor;

	if (other->n_sets != actor->n_sets || (actor->n_sets && shape->instance != instance))
		return false;
	for (size_t i = 0; i < actor->n_sets; i++)
		if (!same_text(other->sets[i].name.text, actor->sets[i].name.text) ||
		    !same_text(other->sets[i].value.text, actor->sets[i].value.text))
			return false;
	return true;
}

/* What a port is called in messages: it belongs to the actor, or to the inline kernel if it is written there. */
struct port_context {
	struct compiler *c;
	const struct params *params;
	const struct pel_place *places; /* of inline ports; NULL: the actor's */
	const char *owner;
};

static const uint64_t one = 1;

static int shape_rate(const struct port_context *context, const struct pel_port_desc *desc,
		      struct pel_place place, struct shape_port *port)
{
	struct compiler *c = context->c;
	uint64_t *rates, sum = 0;
	size_t count;
	char what[512];
	int r;

	port->rates = &one;
	port->n_rates = 1;
	if (!desc->rate || strcmp(desc->rate, "1") == 0)
		return 0;
	if (strcmp(desc->rate, "*") == 0) {
		port->dynamic = true;
		port->rates = NULL;
		port->n_rates = 0;
		return 0;
	}
	snprintf(what, sizeof(what), "rate of port '%s' of %s", desc->name, context->owner);
	r = pel_expr_u64_list(desc->rate, &context->params->scope, what, PEL_MAX_RATE, PEL_MAX_PHASES, place,
			      &c->plan->arena, &rates, &count, c->err);
	if (r < 0)
		return r;
	for (size_t i = 0; i < count; i++)
		sum |= rates[i];
	if (!sum) {
		pel_fail(c->err, -EINVAL, place, "%s is 0", what);
		pel_hint(c->err, "at least one of its phases must move a token");
		return -EINVAL;
	}
	port->rates = rates;
	port->n_rates = (uint32_t)count;
	return 0;
}

static int shape_port(const struct port_context *context, const struct pel_port_desc *desc, uint32_t i,
		      struct shape_port *port)
{
	struct compiler *c = context->c;
	struct pel_place place = context->places ? context->places[i] : context->params->place;
	int64_t history = 0;
	char what[512];
	int r, status;

	snprintf(what, sizeof(what), "type of port '%s' of %s", desc->name, context->owner);
	status = pel_type_expr_parse(desc->type, &context->params->scope, what, place, &c->plan->arena,
				     &port->type, c->err);
	port->symbolic = port->type.symbol != NULL;
	for (uint32_t d = 0; status == 0 && d < port->type.n_dims; d++)
		port->symbolic |= port->type.dims[d].symbol != NULL;
	if (status != -ENOMEM && (r = shape_rate(context, desc, place, port)) < 0)
		status = r;
	if (status != -ENOMEM && desc->history) {
		snprintf(what, sizeof(what), "history of port '%s' of %s", desc->name, context->owner);
		r = pel_expr_i64(desc->history, &context->params->scope, what, 0, (int64_t)PEL_MAX_RATE,
				 place, &history, c->err);
		if (r < 0)
			status = r;
	}
	port->history = (uint64_t)history;
	return status;
}

static int shape_ports(const struct port_context *context, const struct pel_port_desc *descs, uint32_t n,
		       struct shape_port **ret)
{
	struct compiler *c = context->c;
	struct shape_port *ports = compile_alloc(c, n, sizeof(*ports));
	int r, status = 0;

	if (!ports)
		return -ENOMEM;
	for (uint32_t i = 0; i < n; i++) {
		r = shape_port(context, &descs[i], i, &ports[i]);
		if (r == -ENOMEM)
			return r;
		if (r < 0)
			status = r;
	}
	*ret = ports;
	return status;
}

static bool same_rates(const struct shape_port *a, const struct shape_port *b)
{
	return a->dynamic == b->dynamic && a->n_rates == b->n_rates && a->history == b->history &&
	       (!a->n_rates || memcmp(a->rates, b->rates, a->n_rates * sizeof(*a->rates)) == 0);
}

/* Rates belong to the kernel, never to one form of it: the registered CPU form must move the same tokens. */
static int compare_forms(const struct port_context *context, const struct kernel_use *use,
			 const struct pel_port_desc *descs, const struct shape_port *ports,
			 const struct shape_port *cpu_ports, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		if (!same_rates(&ports[i], &cpu_ports[i]) && !use->cpu->resolve)
			return pel_fail(
				context->c->err, -EINVAL, context->places[i],
				"port '%s' of kernel '%s' has other rates or another history than that of its CPU form '%s'",
				descs[i].name, use->kernel->name, use->cpu->name);
	return 0;
}

static int shape_cpu_form(struct port_context *context, struct shape *shape)
{
	const struct kernel_use *use = shape->use;
	struct shape_port *in, *out;
	int r;

	if ((r = shape_ports(context, use->cpu->in, use->n_in, &in)) < 0 ||
	    (r = shape_ports(context, use->cpu->out, use->n_out, &out)) < 0)
		return r;
	shape->cpu_in = in;
	shape->cpu_out = out;
	context->places = use->in_places;
	if ((r = compare_forms(context, use, use->cpu->in, shape->in, in, use->n_in)) < 0)
		return r;
	context->places = use->out_places;
	return compare_forms(context, use, use->cpu->out, shape->out, out, use->n_out);
}

static int shape_make(struct compiler *c, struct shape *shape, struct instance *instance)
{
	struct kernel_use *use = shape->use;
	const struct pel_decl_actor *actor = shape->actor;
	struct pel_place place = place_at(instance->document, actor->line, actor->col);
	struct port_context context = { .c = c };
	struct given *given = NULL;
	struct params *params;
	char *owner = pel_arena_printf(&c->scratch, "actor '%s%s' (%s)", instance->prefix, actor->id.text,
				       use->kernel->name);
	int r, status = 0;

	if (!owner)
		return pel_nomem(c->err);
	context.owner = owner;
	if (actor->n_sets &&
	    (status = params_settings(c, &use->params, actor, instance, owner, &given)) == -ENOMEM)
		return status;
	r = params_evaluate(c, &use->params, given, context.owner, place, &params);
	if (r < 0 || status < 0)
		return r < 0 ? r : status;
	context.params = params;
	shape->params = params->values;
	context.places = use->in_places;
	status = shape_ports(&context, use->kernel->in, use->n_in, &shape->in);
	context.places = use->out_places;
	if (status == -ENOMEM || (r = shape_ports(&context, use->kernel->out, use->n_out, &shape->out)) < 0 ||
	    status < 0)
		return status < 0 ? status : r;
	context.places = NULL;
	return use->cpu ? shape_cpu_form(&context, shape) : 0;
}

int shape_find(struct compiler *c, struct kernel_use *use, const struct pel_decl_actor *actor,
	       struct instance *instance, struct shape **ret)
{
	struct shape *shape = use->shapes;
	int r;

	for (unsigned tried = 0; shape && tried < SHAPES_TRIED; tried++, shape = shape->next)
		if (same_settings(shape, actor, instance)) {
			*ret = shape;
			return 0;
		}
	shape = compile_alloc(c, 1, sizeof(*shape));
	if (!shape)
		return -ENOMEM;
	shape->use = use;
	shape->instance = instance;
	shape->actor = actor;
	r = shape_make(c, shape, instance);
	if (r < 0)
		return r;
	shape->next = use->shapes;
	use->shapes = shape;
	*ret = shape;
	return 0;
}
