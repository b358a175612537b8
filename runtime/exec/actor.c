/* SPDX-License-Identifier: Apache-2.0 */
#include "actor.h"

#include "actor-end.h"
#include "call.h"
#include "dynamic.h"

int pel_actor_step(struct pel_run_actor *actor, const struct pel_turn *turn, enum pel_step *ret)
{
	uint64_t firings = actor->max_firings ? actor->max_firings : UINT64_MAX;
	uint32_t port;
	int r;

	if (actor->stop_at != UINT64_MAX)
		firings = pel_min_u64(firings, actor->stop_at - actor->next_firing);
	*ret = PEL_STEP_RAN;
	if (actor->state == PEL_ACTOR_DRAINING)
		return pel_dynamic_drain(actor, turn, ret);
	if (pel_ports_abandoned(&actor->ports))
		return pel_actor_end(actor, turn);
	if (actor->dynamic)
		return pel_dynamic_step(actor, turn, ret);
	switch (pel_ports_inputs(&actor->ports, actor->next_firing, &firings, &port)) {
	case PEL_INPUT_SHORT:
		return pel_actor_step_short(actor, turn, ret);
	case PEL_INPUT_WAIT:
		if (pel_ports_abandoned_now(&actor->ports))
			return pel_actor_end(actor, turn);
		*ret = PEL_STEP_WAITS_INPUT;
		return 0;
	case PEL_INPUT_READY:
		break;
	}
	if (!pel_ports_outputs(&actor->ports, actor->next_firing, &firings, &port)) {
		*ret = PEL_STEP_WAITS_ROOM;
		return 0;
	}
	if (pel_ports_abandoned(&actor->ports)) /* the look at the room has just refreshed this */
		return pel_actor_end(actor, turn);
	if (firings == UINT64_MAX)
		firings = 1; /* neither inputs nor outputs limit it */
	pel_ports_windows(&actor->ports, actor->next_firing, firings, &turn->scratch->io);
	r = pel_call_fire(actor, turn->scratch, &turn->scratch->io, firings);
	if (r < 0)
		return r;
	firings = *turn->scratch->io.fired;
	pel_ports_commit(&actor->ports, actor->next_firing, firings, turn->task);
	actor->next_firing += firings;
	pel_actor_count(actor, turn, firings);
	return r == PEL_END ? pel_actor_end(actor, turn) : 0;
}
