/* SPDX-License-Identifier: Apache-2.0 */
#include "specialization.h"

#include <errno.h>
#include <string.h>
#include "compiler.h"
#include "document.h"
#include "instance-model.h"
#include "kernel-use.h"
#include "params.h"

/*
 * A specialization is a kernel with its parameters. In a graph of 100,000 actors most have the same settings as another one, so types, rates
 * and values are evaluated once and shared.
 */
#define TRIED_MAX 4 /* only the latest ones are compared, so that a search is cheap */

static bool same_text(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

static bool same_settings(const struct specialization *spec, const struct pel_decl_actor *actor,
			  const struct instance *instance)
{
	const struct pel_decl_actor *other = spec->actor;

	if (other->n_sets != actor->n_sets || (actor->n_sets && spec->instance != instance))
		return false;
	for (size_t i = 0; i < actor->n_sets; i++)
		if (!same_text(other->sets[i].name.text, actor->sets[i].name.text) ||
		    !same_text(other->sets[i].value.text, actor->sets[i].value.text))
			return false;
	return true;
}

/* How messages name a port: it belongs to the actor, or to the inline kernel that declares it. */
struct port_context {
	struct compiler *c;
	const struct params *params;
	const struct pel_place *places; /* of inline ports; NULL: use the actor's place */
	const char *owner;
};

static const uint64_t one = 1;

static int make_rate(const struct port_context *context, const struct pel_port_desc *desc,
		     struct pel_place place, struct specialization_port *port)
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

static int make_port(const struct port_context *context, const struct pel_port_desc *desc, uint32_t i,
		     struct specialization_port *port)
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
	if (status != -ENOMEM && (r = make_rate(context, desc, place, port)) < 0)
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

static int make_ports(const struct port_context *context, const struct pel_port_desc *descs, uint32_t n,
		      struct specialization_port **ret)
{
	struct compiler *c = context->c;
	struct specialization_port *ports = pel_compiler_alloc(c, n, sizeof(*ports));
	int r, status = 0;

	if (!ports)
		return -ENOMEM;
	for (uint32_t i = 0; i < n; i++) {
		r = make_port(context, &descs[i], i, &ports[i]);
		if (r == -ENOMEM)
			return r;
		if (r < 0)
			status = r;
	}
	*ret = ports;
	return status;
}

static bool same_rates(const struct specialization_port *a, const struct specialization_port *b)
{
	return a->dynamic == b->dynamic && a->n_rates == b->n_rates && a->history == b->history &&
	       (!a->n_rates || memcmp(a->rates, b->rates, a->n_rates * sizeof(*a->rates)) == 0);
}

/* Rates belong to the kernel, not to an implementation: a registered CPU implementation must have the same rates and history. */
static int compare_implementations(const struct port_context *context, const struct kernel_use *use,
				   const struct pel_port_desc *descs, const struct specialization_port *ports,
				   const struct specialization_port *cpu_ports, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		if (!same_rates(&ports[i], &cpu_ports[i]) && !use->cpu->resolve)
			return pel_fail(
				context->c->err, -EINVAL, context->places[i],
				"the rates or the history of port '%s' of kernel '%s' differ from those of its CPU implementation '%s'",
				descs[i].name, use->kernel->name, use->cpu->name);
	return 0;
}

static int make_cpu_ports(struct port_context *context, struct specialization *spec)
{
	const struct kernel_use *use = spec->use;
	struct specialization_port *in, *out;
	int r;

	if ((r = make_ports(context, use->cpu->in, use->n_in, &in)) < 0 ||
	    (r = make_ports(context, use->cpu->out, use->n_out, &out)) < 0)
		return r;
	spec->cpu_in = in;
	spec->cpu_out = out;
	context->places = use->in_places;
	if ((r = compare_implementations(context, use, use->cpu->in, spec->in, in, use->n_in)) < 0)
		return r;
	context->places = use->out_places;
	return compare_implementations(context, use, use->cpu->out, spec->out, out, use->n_out);
}

static int specialize(struct compiler *c, struct specialization *spec, struct instance *instance)
{
	struct kernel_use *use = spec->use;
	const struct pel_decl_actor *actor = spec->actor;
	struct pel_place place = pel_document_place(instance->document, actor->line, actor->col);
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
	    (status = pel_params_settings(c, &use->params, actor, instance, owner, &given)) == -ENOMEM)
		return status;
	r = pel_params_evaluate(c, &use->params, given, context.owner, place, &params);
	if (r < 0 || status < 0)
		return r < 0 ? r : status;
	context.params = params;
	spec->params = params->values;
	context.places = use->in_places;
	status = make_ports(&context, use->kernel->in, use->n_in, &spec->in);
	context.places = use->out_places;
	if (status == -ENOMEM || (r = make_ports(&context, use->kernel->out, use->n_out, &spec->out)) < 0 ||
	    status < 0)
		return status < 0 ? status : r;
	context.places = NULL;
	return use->cpu ? make_cpu_ports(&context, spec) : 0;
}

int pel_specialization_find(struct compiler *c, struct kernel_use *use, const struct pel_decl_actor *actor,
			    struct instance *instance, struct specialization **ret)
{
	struct specialization *spec = use->specializations;
	int r;

	for (unsigned tried = 0; spec && tried < TRIED_MAX; tried++, spec = spec->next)
		if (same_settings(spec, actor, instance)) {
			*ret = spec;
			return 0;
		}
	spec = pel_compiler_alloc(c, 1, sizeof(*spec));
	if (!spec)
		return -ENOMEM;
	spec->use = use;
	spec->instance = instance;
	spec->actor = actor;
	r = specialize(c, spec, instance);
	if (r < 0)
		return r;
	spec->next = use->specializations;
	use->specializations = spec;
	*ret = spec;
	return 0;
}
