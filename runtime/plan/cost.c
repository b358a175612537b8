/* SPDX-License-Identifier: Apache-2.0 */
#include "cost.h"

#include <errno.h>
#include <string.h>
#include "compiler.h"
#include "number.h"
#include "plan-ports.h"

/*
 * The cost of each actor's firings in one iteration of the graph: as measured by a run if there is a profile; else estimated from the bytes
 * that pass its ports, because nothing else is known of a kernel.
 */
#define BYTE_PS \
	100u /* picoseconds to move a byte in a cache: makes estimates comparable with measured times */
#define COST_MAX ((__int128)1 << 62)

/* Estimate the picoseconds of all firings from the bytes. A dynamic actor counts as firing once. */
static uint64_t by_bytes(const struct pel_plan_actor *actor)
{
	__int128 cost = 0;

	for (uint32_t i = 0; i < pel_ports_count(actor); i++)
		cost += (__int128)pel_rates_sum(pel_port_number(actor, i)) *
			pel_port_number(actor, i)->token_bytes;
	cost = cost > COST_MAX / BYTE_PS ? COST_MAX : cost * BYTE_PS;
	if (actor->repetition && cost > COST_MAX / actor->repetition)
		cost = COST_MAX;
	else if (actor->repetition)
		cost *= actor->repetition;
	return cost > 0 ? (uint64_t)cost : 1;
}

static uint64_t by_time(const struct pel_plan_actor *actor, double ns)
{
	double cost = ns * 1000 * actor->phases * (double)(actor->repetition ? actor->repetition : 1);

	return cost >= (double)COST_MAX ? (uint64_t)COST_MAX : cost >= 1 ? (uint64_t)cost : 1;
}

static int read_ns(struct compiler *c, const struct pel_entries *profile, const struct pel_decl_entry *entry,
		   double *ns)
{
	const char *text = entry->value.text;
	__int128 integer;
	size_t length = 0;

	switch (pel_number_read(text, &length, &integer, ns)) {
	case PEL_NUMBER_INT:
		*ns = (double)integer;
		break;
	case PEL_NUMBER_REAL:
		break;
	case PEL_NUMBER_NONE:
	case PEL_NUMBER_RANGE:
		length = 0;
		break;
	}
	if (length && !text[length])
		return 0;
	return pel_fail(c->err, -EINVAL,
			(struct pel_place){ profile->file, entry->value.line, entry->value.col },
			"the cost of actor '%s' is '%s', but must be a number of nanoseconds",
			entry->actor.text, text);
}

/* Actors that are not in the profile keep their estimate; actors of the profile that the graph does not have are ignored. */
static int by_profile(struct compiler *c, const struct pel_entries *profile)
{
	double *measured = pel_compiler_alloc_plan(c, c->plan->n_actors, sizeof(*measured));
	struct pel_map ids = { 0 };
	int r = 0;

	if (!measured)
		return -ENOMEM;

	for (uint32_t i = 0; i < c->plan->n_actors && r == 0; i++)
		if (c->plan->actors[i].kind == PEL_ACTOR_KERNEL &&
		    pel_map_put(&ids, c->plan->actors[i].id, i) < 0)
			r = pel_nomem(c->err);
	for (size_t i = 0; i < profile->count && r != -ENOMEM; i++) {
		size_t actor = pel_map_get(&ids, profile->list[i].actor.text);
		double ns;

		if (pel_compiler_note(c, read_ns(c, profile, &profile->list[i], &ns)) < 0)
			r = -ENOMEM;
		else if (!c->status && actor != PEL_MAP_NONE) {
			c->cost[actor] = by_time(&c->plan->actors[actor], ns);
			measured[actor] = ns;
		}
	}
	pel_map_fini(&ids);
	c->plan->measured_ns = measured;
	return r ? r : c->status;
}

int pel_costs_find(struct compiler *c)
{
	struct pel_entries *profile = NULL;
	int r;

	c->cost = pel_compiler_alloc(c, c->plan->n_actors, sizeof(*c->cost));
	if (!c->cost)
		return -ENOMEM;
	for (uint32_t i = 0; i < c->plan->n_actors; i++)
		c->cost[i] = by_bytes(&c->plan->actors[i]);
	if (!c->options->profile_file)
		return 0;
	r = pel_profile_load(c->options->profile_file, &profile, c->err);
	if (r == 0)
		r = by_profile(c, profile);
	pel_entries_destroy(profile);
	return r;
}
