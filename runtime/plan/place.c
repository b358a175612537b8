/* SPDX-License-Identifier: Apache-2.0 */
#include "place.h"

#include <errno.h>
#include <string.h>
#include "compiler.h"
#include "document.h"
#include "implementation.h"
#include "instance-model.h"
#include "kernel-use.h"
#include "params.h"
#include "passes.h"

/*
 * Placement. The place of an actor can be set in the graph (on=), in a map file, and on the command line (--place); later ones override
 * earlier ones. In a map file and on the command line, the id of an actor that is a graph applies to all actors inside; the id of a single actor
 * overrides that.
 */
struct request {
	const char *on; /* NULL: none */
	struct pel_place place;
};

/* A map file or the command line: `n` ids, each with a place. */
struct source {
	const char *(*id)(const struct source *source, size_t i, struct pel_place *place, const char **on,
			  struct pel_place *on_place);
	size_t n;
	const struct pel_compile_options *options;
	const struct pel_entries *map;
};

static const char *option_entry(const struct source *source, size_t i, struct pel_place *place,
				const char **on, struct pel_place *on_place)
{
	*place = *on_place = (struct pel_place){ 0 };
	*on = source->options->place[i].value;
	return source->options->place[i].name;
}

static const char *map_entry(const struct source *source, size_t i, struct pel_place *place, const char **on,
			     struct pel_place *on_place)
{
	const struct pel_decl_entry *decl = &source->map->list[i];

	*place = (struct pel_place){ source->map->file, decl->actor.line, decl->actor.col };
	*on_place = (struct pel_place){ source->map->file, decl->value.line, decl->value.col };
	*on = decl->value.text;
	return decl->actor.text;
}

/* ---- ids ---- */

struct ids {
	struct pel_map actors;	  /* -> index */
	struct pel_map instances; /* -> struct instance *, by "tail" */
};

static int ids_make(struct compiler *c, struct ids *ids)
{
	for (uint32_t i = 0; i < c->plan->n_actors; i++)
		if (c->plan->actors[i].kind == PEL_ACTOR_KERNEL &&
		    pel_map_put(&ids->actors, c->plan->actors[i].id, i) < 0)
			return pel_nomem(c->err);
	for (struct instance *instance = c->top->next; instance; instance = instance->next) {
		const char *id = pel_arena_strndup(&c->brief, instance->prefix, strlen(instance->prefix) - 1);

		if (!id || pel_map_put(&ids->instances, id, (size_t)instance) < 0)
			return pel_nomem(c->err);
	}
	return 0;
}

static int say_no_actor(struct compiler *c, const char *id, struct pel_place place)
{
	struct pel_near near = { 0 };

	for (uint32_t i = 0; i < c->plan->n_actors && c->suggestions; i++)
		if (c->plan->actors[i].kind == PEL_ACTOR_KERNEL)
			pel_compiler_suggest(c, &near, id, c->plan->actors[i].id);
	pel_fail(c->err, -EINVAL, place, "there is no actor '%s' to place", id);
	if (near.name)
		pel_hint(c->err, "did you mean '%s'?", near.name);
	return -EINVAL;
}

static int read_source(struct compiler *c, const struct source *source, const struct ids *ids,
		       struct request *requests)
{
	struct pel_place place;
	struct request request;
	int r;

	for (size_t i = 0; i < source->n; i++) {
		const char *id = source->id(source, i, &place, &request.on, &request.place);
		size_t found = pel_map_get(&ids->instances, id);

		if (found != PEL_MAP_NONE) {
			const struct instance *instance = (const struct instance *)found;

			for (uint32_t k = instance->first_actor; k < instance->end_actor; k++)
				requests[k] = request;
		} else if (pel_map_get(&ids->actors, id) == PEL_MAP_NONE) {
			if ((r = pel_compiler_note(c, say_no_actor(c, id, place))) < 0)
				return r;
		}
	}
	for (size_t i = 0; i < source->n; i++) {
		const char *id = source->id(source, i, &place, &request.on, &request.place);
		size_t found = pel_map_get(&ids->actors, id);

		if (found != PEL_MAP_NONE)
			requests[found] = request;
	}
	return 0;
}

/* ---- places in the graph ---- */

int pel_place_text(struct compiler *c, const struct instance *instance, const struct pel_decl_actor *decl,
		   const char **ret)
{
	char what[300];

	if (!strchr(decl->on.text, '$')) {
		*ret = decl->on.text;
		return 0;
	}
	snprintf(what, sizeof(what), "place of actor '%s'", decl->id.text);
	return pel_expr_text(decl->on.text, &instance->params->scope, what,
			     pel_document_attr_place(instance->document, &decl->on), &c->scratch, ret, c->err);
}

static int graph_request(struct compiler *c, uint32_t index, struct request *request)
{
	const struct actor_work *work = &c->work[index];
	const struct instance *instance = work->instance;

	*request = (struct request){ instance->on, instance->on_place };
	if (!work->decl || !work->decl->on.text)
		return 0;
	request->place = pel_document_attr_place(instance->document, &work->decl->on);
	return pel_place_text(c, work->instance, work->decl, &request->on);
}

/* ---- from text to place ---- */

/* Read a small number at `text`; *end becomes the character after it. */
static bool read_index(const char *text, const char **end, int32_t *ret)
{
	int32_t value = 0;
	const char *at = text;

	for (; *at >= '0' && *at <= '9' && at - text < 9; at++)
		value = value * 10 + (*at - '0');
	*end = at;
	*ret = value;
	return at > text;
}

static int say_bad_where(struct compiler *c, const struct pel_plan_actor *actor, const struct request *request)
{
	pel_fail(c->err, -EINVAL, request->place, "actor '%s' is placed on '%s', which is not a place",
		 actor->id, request->on);
	pel_hint(c->err, "places are cpu, cpu:WORKER, fpga, fpga:DEVICE, fpga:DEVICE/UNIT and auto");
	return -EINVAL;
}

static int parse_where(struct compiler *c, const struct pel_plan_actor *actor, const struct request *request,
		       struct pel_where *ret)
{
	const char *at = request->on;
	bool fpga = strncmp(at, "fpga", 4) == 0;

	*ret = (struct pel_where){ .kind = fpga ? PEL_WHERE_FPGA : PEL_WHERE_CPU, .index = -1 };
	if (strcmp(at, "auto") == 0) {
		ret->automatic = true;
		return 0;
	}
	if (!fpga && strncmp(at, "cpu", 3) != 0)
		return say_bad_where(c, actor, request);
	at += fpga ? 4 : 3;
	if (*at == ':' && !read_index(at + 1, &at, &ret->index))
		return say_bad_where(c, actor, request);
	if (*at == '/' && fpga && ret->index >= 0 && at[1]) {
		ret->unit = pel_arena_strdup(&c->plan->arena, at + 1);
		return ret->unit ? 0 : pel_nomem(c->err);
	}
	return *at ? say_bad_where(c, actor, request) : 0;
}

static bool has_fpga_implementation(const struct compiler *c, const struct pel_plan_actor *actor)
{
	const struct kernel_use *use = c->work[actor - c->plan->actors].use;

	return actor->kernel->fpga || (use->decl && use->decl->fpga.line);
}

static int check_where(struct compiler *c, const struct pel_plan_actor *actor, const struct request *request)
{
	const struct pel_where *where = &actor->where;

	if (where->kind == PEL_WHERE_FPGA && !has_fpga_implementation(c, actor)) {
		pel_fail(c->err, -EINVAL, request->place,
			 "actor '%s' is placed on %s, but kernel '%s' has no FPGA implementation", actor->id,
			 request->on, actor->kernel->name);
		pel_hint(c->err, "an inline <kernel> with an <fpga> element provides one");
		return -EINVAL;
	}
	if (where->kind == PEL_WHERE_CPU && !actor->kernel->fire) {
		pel_fail(c->err, -EINVAL, request->place,
			 "actor '%s' is placed on %s, but kernel '%s' has no CPU implementation", actor->id,
			 request->on, actor->kernel->name);
		pel_hint(c->err, "a <cpu kernel=\"...\"/> in the <kernel> provides one");
		return -EINVAL;
	}
	if (where->kind == PEL_WHERE_CPU && where->index >= 0 && (uint32_t)where->index >= c->plan->workers) {
		pel_fail(c->err, -EINVAL, request->place,
			 "actor '%s' is placed on %s, but there %s only %u worker%s", actor->id, request->on,
			 c->plan->workers == 1 ? "is" : "are", c->plan->workers,
			 c->plan->workers == 1 ? "" : "s");
		pel_hint(c->err, "workers count from 0: the last is cpu:%u", c->plan->workers - 1);
		return -EINVAL;
	}
	return 0;
}

/* Is the kernel's state an argument of every call? Then a call can be repeated with the state that it began with. */
static bool has_state(const struct pel_fpga *fpga)
{
	for (size_t i = 0; i < fpga->n_args; i++)
		if (fpga->args[i].kind == PEL_FPGA_STATE)
			return true;
	return false;
}

/* After a fault, the call is repeated, or executed on the CPU. That needs a kernel that is stateless, or whose state is an argument. */
static int check_fault_policy(struct compiler *c, const struct pel_plan_actor *actor,
			      const struct actor_work *work)
{
	const struct pel_kernel *kernel = actor->kernel;
	bool cpu = strcmp(actor->policy->on_fault, "cpu") == 0,
	     again = cpu || actor->policy->retries || strcmp(actor->policy->on_fault, "restart") == 0;
	const struct pel_attr *attr = work->decl->seldom->on_fault.text ? &work->decl->seldom->on_fault
									: &work->decl->seldom->retries;
	struct pel_place place = pel_document_attr_place(work->instance->document, attr);

	if (actor->where.kind != PEL_WHERE_FPGA || !again)
		return 0;
	if (cpu && !kernel->fire) {
		pel_fail(c->err, -EINVAL, place,
			 "actor '%s' has on-fault=\"cpu\", but kernel '%s' has no CPU implementation",
			 actor->id, kernel->name);
		pel_hint(c->err, "a <cpu kernel=\"...\"/> in the <kernel> provides one");
		return -EINVAL;
	}
	if (!(kernel->flags & PEL_KERNEL_STATELESS) && !has_state(actor->fpga)) {
		pel_fail(c->err, -EINVAL, place,
			 "calls of actor '%s' are to be repeated after a fault, but kernel '%s' is not stateless",
			 actor->id, kernel->name);
		pel_hint(c->err, "if no firing depends on an earlier one, declare that: stateless=\"true\"");
		return -EINVAL;
	}
	return 0;
}

/* Use the place that `request` sets, or else one where the actor has an implementation. */
static int choose_place(struct compiler *c, struct pel_plan_actor *actor, const struct request *request)
{
	enum pel_where_kind usual = actor->kernel->fire ? PEL_WHERE_CPU : PEL_WHERE_FPGA;
	int r;

	actor->where = (struct pel_where){ .kind = usual, .index = -1 };
	if (!request->on)
		return 0;
	r = parse_where(c, actor, request, &actor->where);
	if (r < 0)
		return r;
	if (!actor->where.automatic)
		return check_where(c, actor, request);
	actor->where.kind = usual;
	return 0;
}

/* Calls in flight: one is being computed, the inputs of one are being copied in, the outputs of one are being copied out. */
#define CALLS_DEFAULT 3

static int place_on_device(struct compiler *c, uint32_t index)
{
	struct pel_plan_actor *actor = &c->plan->actors[index];
	struct pel_policy *policy;
	int r = pel_implementation_make(c, index);

	if (r < 0)
		return r;
	policy = pel_compiler_alloc_plan(c, 1, sizeof(*policy)); /* from here on it is not shared */
	if (!policy)
		return -ENOMEM;
	*policy = *actor->policy;
	actor->policy = policy;
	if (actor->where.index < 0)
		actor->where.index = 0;
	if (!policy->in_flight)
		policy->in_flight = actor->copies >= CALLS_DEFAULT ? actor->copies + 1 : CALLS_DEFAULT;
	if (has_state(actor->fpga)) /* a call needs the state that the previous one leaves */
		policy->in_flight = 1;
	return 0;
}

static int place_actor(struct compiler *c, uint32_t index, const struct request *request)
{
	struct pel_plan_actor *actor = &c->plan->actors[index];
	int r = choose_place(c, actor, request);

	if (r == 0 && actor->where.kind == PEL_WHERE_FPGA)
		r = place_on_device(c, index);
	return r < 0 ? r : check_fault_policy(c, actor, &c->work[index]);
}

/* Refuse two places for one actor: one of them would be dropped silently. */
static int check_repeated(struct compiler *c)
{
	const struct pel_setting *place = c->options->place;
	struct pel_map seen = { 0 };
	int r = 0;

	for (size_t i = 0; i < c->options->n_place && r >= 0; i++) {
		size_t first = pel_map_get(&seen, place[i].name);

		if (first == PEL_MAP_NONE)
			r = pel_map_put(&seen, place[i].name, i) < 0 ? pel_nomem(c->err) : 0;
		else
			r = pel_compiler_note(c, pel_fail(c->err, -EINVAL, (struct pel_place){ 0 },
							  "actor '%s' is placed twice: on '%s' and on '%s'",
							  place[i].name, place[first].value, place[i].value));
	}
	pel_map_fini(&seen);
	return r;
}

static int place_all(struct compiler *c, const struct pel_entries *map, struct ids *ids,
		     struct request *requests)
{
	const struct pel_compile_options *options = c->options;
	struct source from_map = { map_entry, map ? map->count : 0, options, map };
	struct source from_options = { option_entry, options->n_place, options, NULL };
	int r;

	for (uint32_t i = 0; i < c->plan->n_actors; i++)
		if ((r = pel_compiler_note(c, graph_request(c, i, &requests[i]))) < 0)
			return r;
	if (from_map.n || from_options.n) {
		if ((r = check_repeated(c)) < 0 || (r = ids_make(c, ids)) < 0 ||
		    (r = read_source(c, &from_map, ids, requests)) < 0 ||
		    (r = read_source(c, &from_options, ids, requests)) < 0)
			return r;
	}
	for (uint32_t i = 0; i < c->plan->n_actors; i++) {
		struct pel_plan_actor *actor = &c->plan->actors[i];

		actor->where.index = -1;
		if (actor->kind == PEL_ACTOR_KERNEL &&
		    (r = pel_compiler_note(c, place_actor(c, i, &requests[i]))) < 0)
			return r;
	}
	return 0;
}

int pel_pass_place(struct compiler *c)
{
	struct request *requests = pel_compiler_alloc_brief(c, c->plan->n_actors, sizeof(*requests));
	struct pel_entries *map = NULL;
	struct ids ids = { 0 };
	int r;

	if (!requests)
		return -ENOMEM;
	if (c->options->map_file && (r = pel_placement_map_load(c->options->map_file, &map, c->err)) < 0)
		return r;
	r = place_all(c, map, &ids, requests);
	pel_map_fini(&ids.actors);
	pel_map_fini(&ids.instances);
	pel_entries_destroy(map);
	return r;
}
