/* SPDX-License-Identifier: Apache-2.0 */
#include "resolve.h"

#include <errno.h>
#include <string.h>
#include "compiler.h"
#include "document.h"
#include "instance-model.h"
#include "mismatch.h"
#include "order.h"
#include "plan-ports.h"
#include "specialization.h"
#include "unify.h"

/* Calls the kernels' resolve() hooks. A hook is called again when more types are known than at its last call, until nothing changes. */

/* For calling hooks: the ports that a hook sees. */
struct hook {
	struct compiler *c;
	struct pel_info_port *ports; /* room for the ports of any actor */
	struct pel_type *types;
};

static uint32_t known_types(struct hook *hook, uint32_t index)
{
	const struct pel_plan_actor *actor = &hook->c->plan->actors[index];
	uint32_t known = 0;

	for (uint32_t i = 0; i < pel_ports_count(actor); i++) {
		bool is_known = pel_term_known(hook->c->work[index].terms[i], &hook->types[i]);
		const struct pel_plan_port *port = pel_port_number(actor, i);

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

static bool same_rates(const struct specialization_port *port, const uint64_t *rates, size_t n)
{
	return !port->dynamic && port->n_rates == n && memcmp(port->rates, rates, n * sizeof(*rates)) == 0;
}

static int hook_rates(struct compiler *c, uint32_t index, uint32_t i, const struct pel_info_port *set)
{
	const struct pel_plan_actor *actor = &c->plan->actors[index];
	const struct specialization *spec = c->work[index].spec;
	struct pel_plan_port *port = pel_port_number(actor, i);

	if (set->n_rates > PEL_MAX_PHASES)
		return pel_fail(c->err, -EINVAL, actor->place,
				"actor '%s' (%s): port '%s' has %zu phases; at most %u are possible",
				actor->id, actor->kernel->name, port->name, set->n_rates, PEL_MAX_PHASES);
	for (size_t k = 0; k < set->n_rates; k++)
		if (set->rates[k] > PEL_MAX_RATE)
			return pel_fail(c->err, -EINVAL, actor->place,
					"actor '%s' (%s): port '%s' has rate %llu; at most %llu is possible",
					actor->id, actor->kernel->name, port->name,
					(unsigned long long)set->rates[k], (unsigned long long)PEL_MAX_RATE);
	if (spec->use->cpu && !same_rates(pel_specialization_port(spec, actor, i), set->rates, set->n_rates))
		return pel_fail(
			c->err, -EINVAL, actor->place,
			"actor '%s': the rates of port '%s' of kernel '%s' differ from those of its CPU implementation '%s'",
			actor->id, port->name, actor->kernel->name, spec->use->cpu->name);
	port->rates = set->rates;
	port->n_rates = (uint32_t)set->n_rates;
	port->dynamic = false;
	return 0;
}

/* "b.in"; of a boundary port its name alone. */
static const char *end_name(struct compiler *c, uint32_t index, const struct pel_plan_port *port)
{
	const struct pel_plan_actor *actor = &c->plan->actors[index];
	const char *name = actor->kind == PEL_ACTOR_KERNEL
				   ? pel_arena_printf(&c->brief, "%s.%s", actor->id, port->name)
				   : actor->id;

	return name ? name : "?";
}

/* The channel to blame for the type of output `port`: one to an input that has a type of its own, else the first. */
static const struct pel_plan_channel *blame(const struct compiler *c, const struct pel_plan_port *port)
{
	for (uint32_t k = 0; k < port->n_channels; k++) {
		const struct pel_plan_channel *channel = &c->plan->channels[port->channels[k]];
		const struct specialization *spec = c->work[channel->to].spec;

		if (spec && !spec->in[channel->to_port].symbolic)
			return channel;
	}
	return &c->plan->channels[port->channels[0]];
}

/* The type that the hook gives to port `i` is not the one that the port has from elsewhere: through a channel, if it has any. */
static int say_other_type(struct compiler *c, uint32_t index, uint32_t i, int r, struct term *term)
{
	const struct pel_plan_actor *actor = &c->plan->actors[index];
	const struct pel_plan_port *port = pel_port_number(actor, i);
	struct term *has = c->work[index].terms[i];
	const struct pel_plan_channel *channel;
	char a[PEL_TERM_BYTES], b[PEL_TERM_BYTES];

	if (!port->n_channels)
		return pel_fail(c->err, -EINVAL, actor->place,
				"actor '%s' (%s): port '%s' has type %s, but its parameters require %s",
				actor->id, actor->kernel->name, port->name,
				pel_term_format(has, a, sizeof(a)), pel_term_format(term, b, sizeof(b)));
	if (i >= actor->n_in) {
		channel = blame(c, port);
		return pel_mismatch_say(
			c, r, channel->place, end_name(c, index, port), term,
			end_name(c, channel->to, &c->plan->actors[channel->to].in[channel->to_port]), has);
	}
	channel = &c->plan->channels[port->channels[0]];
	return pel_mismatch_say(c, r, channel->place,
				end_name(c, channel->from,
					 &c->plan->actors[channel->from].out[channel->from_port]),
				has, end_name(c, index, port), term);
}

/* Take over what the hook has set at one port. */
static int hook_result(struct compiler *c, uint32_t index, uint32_t i, const struct pel_info_port *set)
{
	const struct pel_plan_actor *actor = &c->plan->actors[index];
	const struct actor_work *work = &c->work[index];
	struct pel_plan_port *port = pel_port_number(actor, i);
	struct term *term;
	int r;

	if (set->type_set) {
		term = pel_term_of_type(&c->brief, set->type);
		if (!term)
			return pel_nomem(c->err);
		if ((r = pel_term_unify(work->terms[i], term)) < 0)
			return say_other_type(c, index, i, r, term);
	}
	if (set->rates_set && (r = hook_rates(c, index, i, set)) < 0)
		return r;
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

/* The place that sets `param`: its <set>, or else the actor. */
static struct pel_place param_place(const void *context, const char *param)
{
	const struct actor_work *work = context;
	const struct document *document = work->instance->document;

	for (size_t i = 0; i < work->decl->n_sets; i++)
		if (strcmp(work->decl->sets[i].name.text, param) == 0)
			return pel_document_attr_place(document, &work->decl->sets[i].value);
	return pel_document_place(document, work->decl->line, work->decl->col);
}

static int run_hook(struct hook *hook, uint32_t index)
{
	struct compiler *c = hook->c;
	const struct pel_plan_actor *actor = &c->plan->actors[index];
	size_t reported = pel_error_total(c->err);
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
		.param_place = param_place,
		.param_context = &c->work[index],
	};
	int r = actor->kernel->resolve(&info);
	char text[128];

	if (!pel_kernel_result_ok(r, false))
		return pel_fail(c->err, -EPROTO, actor->place, "actor '%s' (%s): %s", actor->id,
				actor->kernel->name,
				pel_kernel_result_text("resolve", r, false, NULL, text, sizeof(text)));
	if (r >= 0 && info.misused)
		r = -EINVAL;
	if (r < 0) {
		if (reported == pel_error_total(c->err))
			pel_fail(c->err, r, actor->place,
				 "actor '%s' (%s): the kernel's resolve() failed without a message: %s",
				 actor->id, actor->kernel->name, strerror(-r));
		return r;
	}
	for (uint32_t i = 0; i < pel_ports_count(actor); i++) {
		r = hook_result(c, index, i, &hook->ports[i]);
		if (r < 0)
			return r;
	}
	return 0;
}

/*
 * Call the hooks of `actors`, in that order or backwards, for which more types are known than at the last call. Remove actors from the list when
 * all their types are known. Returns how many hooks were called, or -ENOMEM.
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

		if (work->known == known + 1) /* work->known is 1 + the number; 0: never called */
			continue;
		work->known = known + 1;
		called++;
		r = run_hook(hook, index);
		if (pel_compiler_note(c, r) < 0)
			return -ENOMEM;
		if (r < 0) /* do not report the error again */
			work->known = UINT32_MAX;
	}
	for (uint32_t k = 0; k < *n; k++) {
		uint32_t known = c->work[actors[k]].known;

		if (known != UINT32_MAX && known != pel_ports_count(&c->plan->actors[actors[k]]) + 1)
			actors[kept++] = actors[k];
	}
	*n = kept;
	return called;
}

/* List the actors with hooks, in the order of the data flow, because types mostly become known along it. */
static int list_hooks(struct compiler *c, uint32_t **ret, uint32_t *ret_n)
{
	const struct pel_plan *plan = c->plan;
	struct edge *edges = pel_compiler_alloc_brief(c, plan->n_channels, sizeof(*edges));
	uint32_t *order = pel_compiler_alloc_brief(c, plan->n_actors, sizeof(*order)), n = 0;

	if (!edges || !order)
		return -ENOMEM;
	for (uint32_t i = 0; i < plan->n_channels; i++)
		edges[i] = (struct edge){ plan->channels[i].from, plan->channels[i].to };
	if (pel_order_nodes(plan->n_actors, edges, plan->n_channels, order, NULL) < 0)
		return pel_nomem(c->err);
	for (uint32_t i = 0; i < plan->n_actors; i++)
		if (plan->actors[order[i]].kernel && plan->actors[order[i]].kernel->resolve)
			order[n++] = order[i];
	*ret = order;
	*ret_n = n;
	return 0;
}

int pel_kernels_resolve(struct compiler *c)
{
	struct hook hook = { .c = c };
	uint32_t *actors = NULL, n = 0, most = 0;
	int64_t called;
	bool any = false;
	int r;

	for (uint32_t i = 0; i < c->plan->n_actors; i++) {
		any |= c->plan->actors[i].kernel && c->plan->actors[i].kernel->resolve;
		most = pel_ports_count(&c->plan->actors[i]) > most ? pel_ports_count(&c->plan->actors[i])
								   : most;
	}
	if (!any)
		return 0;
	hook.ports = pel_compiler_alloc_brief(c, most, sizeof(*hook.ports));
	hook.types = pel_compiler_alloc_brief(c, most, sizeof(*hook.types));
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
