/* SPDX-License-Identifier: Apache-2.0 */
#include "passes.h"

#include <errno.h>
#include <string.h>
#include "compiler.h"
#include "document.h"
#include "instance-model.h"
#include "plan-ports.h"
#include "sdf-plan.h"
#include "sentence.h"

/* Rates: makes the static part of the graph for the analysis, without actors with `*` ports and without the host. */

static int phases_of_ports(struct compiler *c, struct pel_plan_actor *actor,
			   const struct pel_plan_port *ports, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		if (ports[i].dynamic || actor->phases % ports[i].n_rates == 0)
			continue;
		pel_fail(c->err, -EINVAL, actor->place,
			 "actor '%s' (%s): port '%s' has %u phases, which do not divide the %u of the actor",
			 actor->id, actor->kernel->name, ports[i].name, ports[i].n_rates, actor->phases);
		pel_hint(c->err,
			 "the longest list of rates sets the phases; shorter ones repeat, and must fit a whole number of times");
		return -EINVAL;
	}
	return 0;
}

static const struct pel_plan_port *dynamic_port(const struct pel_plan_actor *actor)
{
	for (uint32_t i = 0; i < actor->n_in; i++)
		if (actor->in[i].dynamic)
			return &actor->in[i];
	for (uint32_t i = 0; i < actor->n_out; i++)
		if (actor->out[i].dynamic)
			return &actor->out[i];
	return NULL;
}

static int check_copies(struct compiler *c, const struct pel_plan_actor *actor, const struct pel_place place)
{
	const struct pel_plan_port *dynamic = dynamic_port(actor);

	if (actor->copies == 1)
		return 0;
	if (dynamic)
		return pel_fail(c->err, -EINVAL, place,
				"actor '%s' (%s) cannot have copies: port '%s' has rate *", actor->id,
				actor->kernel->name, dynamic->name);
	if (!(actor->kernel->flags & PEL_KERNEL_STATELESS))
		return pel_fail(c->err, -EINVAL, place,
				"actor '%s' cannot have copies: kernel '%s' is not stateless", actor->id,
				actor->kernel->name);
	return 0;
}

static int actor_phases(struct compiler *c, uint32_t index)
{
	struct pel_plan_actor *actor = &c->plan->actors[index];
	const struct actor_work *work = &c->work[index];
	int r;

	actor->phases = 1;
	actor->dynamic = dynamic_port(actor) != NULL;
	if (actor->kind != PEL_ACTOR_KERNEL)
		return 0;
	for (uint32_t i = 0; i < actor->n_in; i++)
		actor->phases = actor->in[i].n_rates > actor->phases ? actor->in[i].n_rates : actor->phases;
	for (uint32_t i = 0; i < actor->n_out; i++)
		actor->phases = actor->out[i].n_rates > actor->phases ? actor->out[i].n_rates : actor->phases;
	if ((r = phases_of_ports(c, actor, actor->in, actor->n_in)) < 0 ||
	    (r = phases_of_ports(c, actor, actor->out, actor->n_out)) < 0)
		return r;
	if (actor->policy->n_time && actor->phases % actor->policy->n_time)
		return pel_fail(c->err, -EINVAL,
				pel_document_attr_place(work->instance->document, &work->decl->seldom->time),
				"time of actor '%s' has %u values, which do not divide its %u phase%s",
				actor->id, actor->policy->n_time, actor->phases, actor->phases == 1 ? "" : "s");
	return check_copies(c, actor,
			    pel_document_attr_place(work->instance->document, &work->decl->seldom->copies));
}

/* ---- inconsistency ---- */

#define CYCLE_SHOWN 8

static void add_rates(struct sentence *text, const struct pel_plan_port *port)
{
	for (uint32_t i = 0; i < port->n_rates && i < CYCLE_SHOWN; i++)
		pel_sentence_add(text, "%s%llu", i ? "," : "", (unsigned long long)port->rates[i]);
	if (port->n_rates > CYCLE_SHOWN)
		pel_sentence_add(text, ",...");
}

static bool changes_rate(const struct pel_plan *plan, const struct pel_plan_channel *channel)
{
	const struct pel_plan_actor *from = &plan->actors[channel->from], *to = &plan->actors[channel->to];

	return from->phases != to->phases ||
	       pel_rates_sum(&from->out[channel->from_port]) != pel_rates_sum(&to->in[channel->to_port]);
}

/* Describe the channels of a cycle with their rates; of a long cycle, the important ones first. */
static void describe_cycle(const struct compiler *c, const uint32_t *cycle, uint32_t n, struct sentence *text)
{
	const struct pel_plan *plan = c->plan;
	uint32_t shown = 0;

	for (unsigned round = 0; round < 2; round++)
		for (uint32_t i = 0; i < n && shown < CYCLE_SHOWN; i++) {
			const struct pel_plan_channel *channel = &plan->channels[c->sdf_channel[cycle[i]]];

			if (n > CYCLE_SHOWN ? changes_rate(plan, channel) == (round > 0) : round > 0)
				continue;
			pel_sentence_add(text, "%s%s (", shown++ ? ", " : "", channel->name);
			add_rates(text, &plan->actors[channel->from].out[channel->from_port]);
			pel_sentence_add(text, " to ");
			add_rates(text, &plan->actors[channel->to].in[channel->to_port]);
			pel_sentence_add(text, ")");
		}
	if (n > shown)
		pel_sentence_add(text, " and %u more", n - shown);
}

static int report_inconsistent(struct compiler *c, const uint32_t *cycle, uint32_t n)
{
	struct sentence text = { "", 0 };
	uint32_t last = 0;

	for (uint32_t i = 0; i < n; i++)
		last = c->sdf_channel[cycle[i]] > last ? c->sdf_channel[cycle[i]] : last;
	describe_cycle(c, cycle, n, &text);
	/* The channel that was written last is the most likely to be wrong. */
	pel_fail(c->err, -EINVAL, c->plan->channels[last].place,
		 "the rates contradict each other on the cycle of channels %s", text.bytes);
	pel_hint(c->err,
		 "however often each actor fires, one of these channels would fill up or run dry: change a rate on it");
	return -EINVAL;
}

static int find_repetition(struct compiler *c)
{
	uint64_t *q = pel_compiler_alloc(c, c->sdf.n_actors, sizeof(*q));
	uint32_t *cycle = pel_compiler_alloc_brief(c, c->sdf.n_channels, sizeof(*cycle)), n = 0;
	int r;

	if (!q || !cycle)
		return -ENOMEM;
	r = pel_sdf_repetition(&c->sdf, q, cycle, &n);
	if (r == -EINVAL)
		return report_inconsistent(c, cycle, n);
	if (r == -EOVERFLOW) /* A valid graph whose iteration is too long to count: continue without proofs, as for a dynamic one. */
		return 0;
	if (r < 0)
		return r == -ENOMEM ? pel_nomem(c->err) : r;
	c->sdf_q = q;
	for (uint32_t i = 0; i < c->plan->n_actors; i++)
		if (c->sdf_actor[i] != PEL_NONE)
			c->plan->actors[i].repetition = q[c->sdf_actor[i]];
	return 0;
}

int pel_rates_make(struct compiler *c)
{
	int r;

	for (uint32_t i = 0; i < c->plan->n_actors; i++)
		if ((r = pel_compiler_note(c, actor_phases(c, i))) < 0)
			return r;
	if (c->status)
		return c->status;
	r = pel_sdf_of_plan(&c->scratch, c->plan, &c->sdf, &c->sdf_actor, &c->sdf_channel);
	return r < 0 ? pel_nomem(c->err) : 0;
}

int pel_pass_rates(struct compiler *c)
{
	int r = pel_rates_make(c);

	return r < 0 ? r : find_repetition(c);
}
