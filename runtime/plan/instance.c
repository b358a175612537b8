/* SPDX-License-Identifier: Apache-2.0 */
#include "instance.h"

#include <errno.h>
#include <string.h>
#include "compiler.h"
#include "instance-model.h"
#include "document.h"
#include "kernel-use.h"
#include "params.h"
#include "place.h"
#include "specialization.h"

/*
 * Expands the hierarchy: makes a tree of instances of documents, and the actors in it, in document order. The loader has checked that no graph
 * contains itself, and has limited depth and size.
 */

/* Settings by --set on the command line. The last one for a parameter wins. */
static int top_settings(struct compiler *c, const struct declared *declared, struct given **ret)
{
	struct given *given = pel_compiler_alloc(c, declared->n, sizeof(*given));
	int r = 0;

	if (!given)
		return -ENOMEM;
	for (size_t i = 0; i < c->options->n_set; i++) {
		const struct pel_setting *set = &c->options->set[i];
		uint32_t index = pel_params_index(declared, set->name);
		struct pel_near near = { 0 };

		if (index != PEL_NONE && given[index].text) {
			/* One of the values would be dropped silently. */
			r = pel_fail(c->err, -EINVAL, (struct pel_place){ 0 },
				     "parameter '%s' of graph '%s' is set twice: to '%s' and to '%s'",
				     set->name, c->plan->name, given[index].text, set->value);
			continue;
		}
		if (index != PEL_NONE) {
			given[index] = (struct given){ .text = set->value };
			continue;
		}
		r = pel_fail(c->err, -EINVAL, (struct pel_place){ 0 },
			     "graph '%s' has no parameter '%s' to set", c->plan->name, set->name);
		for (uint32_t j = 0; j < declared->n; j++)
			pel_compiler_suggest(c, &near, set->name, declared->descs[j].name);
		if (near.name)
			pel_hint(c->err, "did you mean '%s'?", near.name);
		else
			pel_params_hint(c, declared);
	}
	*ret = given;
	return r;
}

static int instance_params(struct compiler *c, struct instance *instance)
{
	const struct declared *declared = &instance->document->params;
	struct pel_place place = { 0 };
	struct given *given = NULL;
	char *owner;
	int r, status;

	if (instance->parent) {
		place = pel_document_place(instance->parent->document, instance->actor->line,
					   instance->actor->col);
		owner = pel_arena_printf(&c->scratch, "actor '%s%s'", instance->parent->prefix,
					 instance->actor->id.text);
		status = owner ? pel_params_settings(c, declared, instance->actor, instance->parent, owner,
						     &given)
			       : 0;
	} else {
		owner = pel_arena_printf(&c->scratch, "graph '%s'", c->plan->name);
		status = top_settings(c, declared, &given);
	}
	if (!owner)
		return pel_nomem(c->err);
	if (status == -ENOMEM)
		return status;
	r = pel_params_evaluate(c, declared, given, owner, place, &instance->params);
	return r < 0 ? r : status;
}

static int instance_alloc(struct compiler *c, const struct pel_decl_graph *decl, struct instance *parent,
			  const struct pel_decl_actor *actor, struct instance **ret)
{
	struct instance *instance = pel_compiler_alloc(c, 1, sizeof(*instance));

	if (!instance)
		return -ENOMEM;
	instance->document = pel_document_of(c, decl);
	instance->parent = parent;
	instance->actor = actor;
	instance->depth = parent ? parent->depth + 1 : 0;
	instance->prefix = parent ? pel_arena_printf(&c->scratch, "%s%s/", parent->prefix, actor->id.text) : "";
	instance->children = pel_compiler_alloc(c, decl->n_actors, sizeof(*instance->children));
	instance->aliases = pel_compiler_alloc(c, decl->n_ports, sizeof(*instance->aliases));
	if (!instance->prefix || !instance->children || !instance->aliases)
		return pel_nomem(c->err);
	for (size_t i = 0; i < decl->n_ports; i++)
		instance->aliases[i].fed = PEL_NONE;
	instance->on = parent ? parent->on : NULL;
	instance->on_place = parent ? parent->on_place : (struct pel_place){ 0 };
	instance->first_actor = c->n_actors;
	*c->last = instance;
	c->last = &instance->next;
	*ret = instance;
	return 0;
}

/* on= of an actor that is a graph applies to all actors inside without on=. */
static int instance_on(struct compiler *c, struct instance *instance)
{
	const struct pel_decl_actor *actor = instance->actor;

	if (!actor || !actor->on.text)
		return 0;
	instance->on_place = pel_document_attr_place(instance->parent->document, &actor->on);
	return pel_place_text(c, instance->parent, actor, &instance->on);
}

static int instance_make(struct compiler *c, const struct pel_decl_graph *decl, struct instance *parent,
			 const struct pel_decl_actor *actor, struct instance **ret)
{
	struct instance *instance = NULL;
	int r;

	if ((r = instance_alloc(c, decl, parent, actor, &instance)) < 0)
		return r;
	if ((r = pel_compiler_note(c, instance_params(c, instance))) < 0 ||
	    (r = pel_compiler_note(c, instance_on(c, instance))) < 0)
		return r;
	for (size_t i = 0; i < decl->n_actors; i++) {
		const struct pel_decl_actor *inner = &decl->actors[i];
		struct child *child = &instance->children[i];

		if (!inner->sub)
			child->actor = c->n_actors++;
		else if ((r = instance_make(c, inner->sub, instance, inner, &child->graph)) < 0)
			return r;
	}
	instance->end_actor = c->n_actors;
	*ret = instance;
	return 0;
}

int pel_instances_make(struct compiler *c)
{
	c->last = &c->top;
	c->n_actors = (uint32_t)c->graph->top->n_ports;
	return instance_make(c, c->graph->top, NULL, NULL, &c->top);
}

/* ---- actors ---- */

/* Read an integer from an attribute. If it is absent, *ret stays as it is. */
static int attr_number(struct compiler *c, const struct instance *instance, const struct pel_decl_actor *decl,
		       const struct pel_attr *attr, const char *name, int64_t min, int64_t max, int64_t *ret)
{
	char what[300];

	if (!attr->text)
		return 0;
	snprintf(what, sizeof(what), "attribute '%s' of actor '%s'", name, decl->id.text);
	return pel_compiler_note(c, pel_expr_i64(attr->text, &instance->params->scope, what, min, max,
						 pel_document_attr_place(instance->document, attr), ret,
						 c->err));
}

static int policy_time(struct compiler *c, const struct instance *instance, const struct pel_decl_actor *decl,
		       struct pel_policy *policy)
{
	char what[300];
	uint64_t *times;
	size_t n;
	int r;

	if (!decl->seldom->time.text)
		return 0;
	snprintf(what, sizeof(what), "attribute 'time' of actor '%s'", decl->id.text);
	r = pel_expr_u64_list(decl->seldom->time.text, &instance->params->scope, what, PEL_MAX_RATE,
			      PEL_MAX_PHASES, pel_document_attr_place(instance->document, &decl->seldom->time),
			      &c->plan->arena, &times, &n, c->err);
	if (r < 0)
		return pel_compiler_note(c, r);
	policy->time = times;
	policy->n_time = (uint32_t)n;
	return 0;
}

static const struct pel_policy default_policy = { .on_fault = "fail" };

static int policy_make(struct compiler *c, const struct instance *instance, const struct pel_decl_actor *decl,
		       const struct pel_policy **ret)
{
	int64_t in_flight = 0, max_batch = 0, retries = 0, timeout_ms = 0;
	struct pel_policy *policy;
	int r;

	if (!decl->seldom->in_flight.text && !decl->seldom->max_batch.text && !decl->seldom->on_fault.text &&
	    !decl->seldom->retries.text && !decl->seldom->timeout_ms.text && !decl->seldom->time.text)
		return 0;
	policy = pel_compiler_alloc_plan(c, 1, sizeof(*policy));
	if (!policy)
		return -ENOMEM;
	if ((r = attr_number(c, instance, decl, &decl->seldom->in_flight, "in-flight", 1, 1024, &in_flight)) <
		    0 ||
	    (r = attr_number(c, instance, decl, &decl->seldom->max_batch, "max-batch", 1, (int64_t)1 << 48,
			     &max_batch)) < 0 ||
	    (r = attr_number(c, instance, decl, &decl->seldom->retries, "retries", 0, 1000000, &retries)) < 0 ||
	    (r = attr_number(c, instance, decl, &decl->seldom->timeout_ms, "timeout-ms", 1, INT32_MAX,
			     &timeout_ms)) < 0)
		return r;
	*policy = (struct pel_policy){ .max_batch = (uint64_t)max_batch,
				       .in_flight = (uint32_t)in_flight,
				       .retries = (uint32_t)retries,
				       .timeout_ms = (uint32_t)timeout_ms,
				       .on_fault = default_policy.on_fault };
	*ret = policy;
	if (decl->seldom->on_fault.text &&
	    !(policy->on_fault = pel_arena_strdup(&c->plan->arena, decl->seldom->on_fault.text)))
		return pel_nomem(c->err);
	return policy_time(c, instance, decl, policy);
}

static int actor_numbers(struct compiler *c, const struct instance *instance,
			 const struct pel_decl_actor *decl, struct pel_plan_actor *actor)
{
	int64_t copies = 1;
	int r = attr_number(c, instance, decl, &decl->seldom->copies, "copies", 1, PEL_MAX_COPIES, &copies);

	actor->copies = (uint32_t)copies;
	actor->policy = &default_policy;
	return r < 0 ? r : policy_make(c, instance, decl, &actor->policy);
}

static void hint_inputs(struct compiler *c, const struct pel_plan_actor *actor)
{
	struct pel_known known = { .n = 0 };

	for (uint32_t i = 0; i < actor->n_in && i < 16; i++)
		pel_known_add(&known, actor->in[i].name);
	pel_known_hint(&known, "input", c->err);
}

static int actor_tails(struct compiler *c, const struct instance *instance, const struct pel_decl_actor *decl,
		       struct pel_plan_actor *actor)
{
	for (size_t i = 0; i < decl->n_tails; i++) {
		const struct pel_decl_set *tail = &decl->tails[i];
		struct pel_near near = { 0 };
		uint32_t port = 0;
		int r = 0;

		while (port < actor->n_in && strcmp(actor->in[port].name, tail->name.text) != 0)
			pel_compiler_suggest(c, &near, tail->name.text, actor->in[port++].name);
		if (port == actor->n_in) {
			r = pel_fail(c->err, -EINVAL, pel_document_attr_place(instance->document, &tail->name),
				     "actor '%s' (%s) has no input '%s'", decl->id.text, actor->kernel->name,
				     tail->name.text);
			if (near.name)
				pel_hint(c->err, "did you mean '%s'?", near.name);
			else
				hint_inputs(c, actor);
		} else {
			actor->in[port].tail = pel_tail_of(tail->value.text);
		}
		if ((r = pel_compiler_note(c, r)) < 0)
			return r;
	}
	return 0;
}

static void take_ports(struct pel_plan_port *ports, const struct specialization_port *from, uint32_t n)
{
	for (uint32_t i = 0; from && i < n; i++) {
		ports[i].dynamic = from[i].dynamic;
		ports[i].n_rates = from[i].n_rates;
		ports[i].rates = from[i].rates;
		ports[i].history = from[i].history;
	}
}

/* Make the ports as soon as the kernel is found, so that channels can be connected even if something else is wrong. */
static int actor_ports(struct compiler *c, struct actor_work *work, struct pel_plan_actor *actor)
{
	const struct kernel_use *use = work->use;
	struct pel_plan_port *ports =
		pel_compiler_alloc_plan(c, (size_t)use->n_in + use->n_out, sizeof(*ports));

	work->fed = pel_compiler_alloc_brief(c, use->n_in, sizeof(*work->fed));
	work->left = pel_compiler_alloc_brief(c, use->n_out, sizeof(*work->left));
	if (!ports || !work->fed || !work->left)
		return -ENOMEM;
	actor->in = ports;
	actor->out = ports + use->n_in;
	actor->n_in = use->n_in;
	actor->n_out = use->n_out;
	for (uint32_t i = 0; i < use->n_in; i++) {
		ports[i].name = use->kernel->in[i].name;
		ports[i].tail = use->tails ? use->tails[i] : PEL_TAIL_WARN;
		work->fed[i] = PEL_NONE;
	}
	for (uint32_t i = 0; i < use->n_out; i++)
		actor->out[i].name = use->kernel->out[i].name;
	if (work->spec) {
		take_ports(actor->in, work->spec->in, actor->n_in);
		take_ports(actor->out, work->spec->out, actor->n_out);
	}
	return 0;
}

static const char *actor_id(struct compiler *c, const struct instance *instance, const char *id)
{
	size_t n_prefix = strlen(instance->prefix), n_id = strlen(id);
	char *whole = pel_arena_text(&c->plan->arena, n_prefix + n_id + 1);

	if (!whole) {
		pel_nomem(c->err);
		return NULL;
	}
	memcpy(whole, instance->prefix, n_prefix);
	memcpy(whole + n_prefix, id, n_id);
	return whole;
}

static int actor_make(struct compiler *c, struct instance *instance, const struct pel_decl_actor *decl,
		      uint32_t index)
{
	struct pel_plan_actor *actor = &c->plan->actors[index];
	struct actor_work *work = &c->work[index];
	int r;

	work->decl = decl;
	work->instance = instance;
	actor->id = actor_id(c, instance, decl->id.text);
	if (!actor->id)
		return -ENOMEM;
	actor->kind = PEL_ACTOR_KERNEL;
	actor->place = pel_document_place(instance->document, decl->line, decl->col);
	actor->stage = PEL_NONE;
	if ((r = actor_numbers(c, instance, decl, actor)) < 0)
		return r;
	r = pel_kernel_use_find(c, instance->document, &decl->kernel, &work->use);
	if (r < 0)
		return pel_compiler_note(c, r);
	if ((r = pel_compiler_note(c, pel_specialization_find(c, work->use, decl, instance, &work->spec))) < 0)
		return r;
	actor->kernel = work->use->kernel;
	actor->params = work->spec ? work->spec->params : NULL;
	if ((r = actor_ports(c, work, actor)) < 0)
		return r;
	return actor_tails(c, instance, decl, actor);
}

/* Make the actor that represents the host at a boundary port of the top graph. */
static int boundary_make(struct compiler *c, uint32_t index)
{
	const struct pel_decl_port *decl = &c->graph->top->ports[index];
	struct pel_plan_actor *actor = &c->plan->actors[index];
	struct pel_plan_port *port = pel_compiler_alloc_plan(c, 1, sizeof(*port));
	struct actor_work *work = &c->work[index];

	work->port = decl;
	work->instance = c->top;
	work->fed = pel_compiler_alloc_brief(c, 1, sizeof(*work->fed));
	work->left = pel_compiler_alloc_brief(c, 1, sizeof(*work->left));
	actor->id = actor_id(c, c->top, decl->name.text);
	if (!port || !work->fed || !work->left || !actor->id)
		return -ENOMEM;
	work->fed[0] = PEL_NONE;
	actor->kind = decl->out ? PEL_ACTOR_HOST_OUT : PEL_ACTOR_HOST_IN;
	actor->place = pel_document_place(c->top->document, decl->line, decl->col);
	actor->copies = 1;
	actor->policy = &default_policy;
	actor->stage = PEL_NONE;
	port->name = actor->id;
	port->dynamic = true;
	if (decl->out) {
		actor->in = port;
		actor->n_in = 1;
	} else {
		actor->out = port;
		actor->n_out = 1;
	}
	return 0;
}

static int boundaries_make(struct compiler *c)
{
	struct pel_plan *plan = c->plan;
	uint32_t n = (uint32_t)c->graph->top->n_ports, *ins = pel_compiler_alloc_plan(c, n, sizeof(*ins)),
		 *outs = pel_compiler_alloc_plan(c, n, sizeof(*outs));
	int r = 0;

	if (!ins || !outs)
		return -ENOMEM;
	for (uint32_t i = 0; i < n && r == 0; i++) {
		r = boundary_make(c, i);
		if (c->graph->top->ports[i].out)
			outs[plan->n_outs++] = i;
		else
			ins[plan->n_ins++] = i;
	}
	plan->ins = ins;
	plan->outs = outs;
	return r;
}

int pel_actors_make(struct compiler *c)
{
	struct pel_plan *plan = c->plan;
	int r;

	plan->actors = pel_compiler_alloc_plan(c, c->n_actors, sizeof(*plan->actors));
	c->work = pel_compiler_alloc(c, c->n_actors, sizeof(*c->work));
	if (!plan->actors || !c->work)
		return -ENOMEM;
	plan->n_actors = c->n_actors;
	if ((r = boundaries_make(c)) < 0)
		return r;
	for (struct instance *instance = c->top; instance; instance = instance->next) {
		const struct pel_decl_graph *decl = instance->document->decl;

		for (size_t i = 0; i < decl->n_actors; i++)
			if (!decl->actors[i].sub &&
			    (r = actor_make(c, instance, &decl->actors[i], instance->children[i].actor)) < 0)
				return r;
	}
	return 0;
}
