/* SPDX-License-Identifier: Apache-2.0 */
#include "plan-model.h"

#include <stdio.h>

/* Queries on a plan, for the run and for those who display it. */

static const char *const reasons[] = {
	[PEL_FUSED] = NULL,
	[PEL_NOT_FUSED_PLACE] = "it is not on the CPU",
	[PEL_NOT_FUSED_BLOCKING] = "its kernel may block, so it has its own thread",
	[PEL_NOT_FUSED_COPIES] = "it has copies",
	[PEL_NOT_FUSED_DYNAMIC] = "its rates are dynamic",
	[PEL_NOT_FUSED_EFFECTS] = "its firings have side effects",
	[PEL_NOT_FUSED_CYCLE] = "it is on a cycle of channels",
	[PEL_NOT_FUSED_CAPACITY] = "the given capacity of one of its channels is too small for two iterations",
	[PEL_NOT_FUSED_LARGE] = "it moves too much data in an iteration",
	[PEL_NOT_FUSED_ALONE] =
		"it has no neighbour to be fused with, and only one worker at a time may execute it",
	[PEL_NOT_FUSED_MANY] = "it has no neighbour to be fused with, and there are already enough stages",
};

const char *pel_not_fused_reason(enum pel_not_fused why)
{
	return reasons[why];
}

bool pel_plan_is_fused(const struct pel_plan *plan, const struct pel_plan_channel *channel)
{
	const struct pel_plan_actor *from = &plan->actors[channel->from], *to = &plan->actors[channel->to];

	return plan->clusters && from != to && from->kind == PEL_ACTOR_KERNEL && to->kind == PEL_ACTOR_KERNEL &&
	       from->cluster != PEL_NONE && from->cluster == to->cluster && !channel->capacity_given;
}

uint32_t pel_plan_at_once(const struct pel_plan *plan, const struct pel_plan_actor *actor)
{
	const struct pel_plan_cluster *cluster;

	if (!plan->clusters || actor->kind != PEL_ACTOR_KERNEL || actor->cluster == PEL_NONE ||
	    actor->copies > 1 || !(actor->kernel->flags & PEL_KERNEL_STATELESS))
		return actor->copies;
	cluster = &plan->clusters[actor->cluster];
	return cluster->n_stages < plan->workers ? cluster->n_stages : plan->workers;
}

static void info_port(const struct pel_plan_port *port, struct pel_info_port *ret)
{
	*ret = (struct pel_info_port){
		.connected = port->n_channels > 0,
		.dynamic = port->dynamic,
		.type = port->type,
		.rates = port->rates,
		.n_rates = port->n_rates,
		.history = port->history,
	};
}

int pel_plan_info(const struct pel_plan *plan, const struct pel_plan_actor *actor, struct pel_arena *arena,
		  struct pel_error *err, struct pel_info *info)
{
	struct pel_info_port *ports =
		pel_arena_array(arena, (size_t)actor->n_in + actor->n_out + 1, sizeof(*ports));

	(void)plan;
	if (!ports)
		return pel_nomem(err);
	*info = (struct pel_info){
		.actor = actor->id,
		.place = actor->place,
		.err = err,
		.kernel = actor->kernel,
		.params = actor->params,
		.in = ports,
		.out = ports + actor->n_in,
		.n_in = actor->n_in,
		.n_out = actor->n_out,
		.arena = arena,
	};
	for (uint32_t i = 0; i < actor->n_in; i++)
		info_port(&actor->in[i], &info->in[i]);
	for (uint32_t i = 0; i < actor->n_out; i++)
		info_port(&actor->out[i], &info->out[i]);
	return 0;
}

char *pel_where_format(const struct pel_where *where, char *buf, size_t size)
{
	const char *kind = where->kind == PEL_WHERE_FPGA ? "fpga" : "cpu";

	if (where->index < 0)
		snprintf(buf, size, "%s%s%s", kind, where->unit ? "/" : "", where->unit ? where->unit : "");
	else
		snprintf(buf, size, "%s:%d%s%s", kind, (int)where->index, where->unit ? "/" : "",
			 where->unit ? where->unit : "");
	return buf;
}

const char *pel_memory_name(enum pel_memory memory)
{
	static const char *const names[] = {
		[PEL_MEMORY_FUSED] = "fused", [PEL_MEMORY_RING] = "ring", [PEL_MEMORY_SHARED] = "shared", [PEL_MEMORY_DEVICE] = "device"
	};

	return names[memory];
}
