/* SPDX-License-Identifier: Apache-2.0 */
#include "unfired.h"

#include <errno.h>

/* Has the input ended with some tokens, but not enough for another firing? */
static bool is_short(const struct pel_run_actor *actor, const struct pel_in_port *in, uint64_t *left,
		     uint64_t *need)
{
	uint64_t tail;

	if (!in->ring || !pel_ring_ended(in->ring))
		return false;
	tail = atomic_load(&in->ring->tail);
	*left = tail - atomic_load(&in->reader->head);
	*need = in->rates.dynamic ? 0 : pel_in_need(in, actor->next_firing);
	return in->rates.dynamic ? in->asked : *left < *need;
}

/* Does the actor lack tokens at `channel`? */
static bool is_short_at(const struct pel_run_actor *actor, uint32_t channel)
{
	uint64_t left, need;

	for (uint32_t i = 0; i < actor->ports.n_in; i++)
		if (actor->ports.in[i].ring && actor->ports.in[i].channel == channel)
			return is_short(actor, &actor->ports.in[i], &left, &need);
	return false;
}

/* Did the actor end for a reason other than what it lacks at `channel`? */
static bool had_another_reason(const struct pel_run_actor *actor, uint32_t channel)
{
	uint64_t left, need;

	if (actor->host)
		return atomic_load(&actor->ports.in[0].reader->closed);
	/* It depends on timing which an actor sees first: that its input has ended, or that nobody reads its output any more. */
	if (!actor->short_of_input && !(pel_ports_abandoned(&actor->ports) && is_short_at(actor, channel)))
		return true;
	for (uint32_t i = 0; i < actor->ports.n_in; i++)
		if (actor->ports.in[i].ring && actor->ports.in[i].channel != channel &&
		    is_short(actor, &actor->ports.in[i], &left, &need))
			return true;
	return false;
}

static bool was_missed(const struct pel_run_actor *actor)
{
	bool any = false;

	for (uint32_t o = 0; o < actor->ports.n_out; o++)
		for (uint32_t r = 0; r < actor->ports.out[o].n_rings; r++) {
			const struct pel_out_ring *ring = &actor->ports.out[o].rings[r];

			for (uint32_t i = 0; i < ring->ring->n_readers; i++) {
				any = true;
				if (!had_another_reason(pel_actor_reader(actor, ring, i, NULL),
							ring->plan->channels[i]))
					return true;
			}
		}
	return !any;
}

static bool wrote_something(const struct pel_run_actor *actor)
{
	for (uint32_t o = 0; o < actor->ports.n_out; o++)
		for (uint32_t r = 0; r < actor->ports.out[o].n_rings; r++) {
			const struct pel_out_ring *ring = &actor->ports.out[o].rings[r];

			if (atomic_load(&ring->ring->tail) >
			    actor->set->plan->channels[ring->plan->channels[0]].initial)
				return true;
		}
	return false;
}

static bool explain(struct pel_run_actor *actor, const struct pel_in_port *in, struct pel_error *err)
{
	const struct pel_plan_channel *channel = &actor->set->plan->channels[in->channel];
	uint64_t left, need;

	if (in->tail != PEL_TAIL_WARN || !is_short(actor, in, &left, &need) || !left ||
	    atomic_load(&in->ring->tail) <= channel->initial)
		return false;
	if (need)
		pel_fail(err, -ENODATA, actor->plan->place,
			 "actor '%s' (%s) never fired: channel %s ended with %llu of the %llu token%s that its first firing needs",
			 actor->plan->id, actor->plan->kernel->name, channel->name, (unsigned long long)left,
			 (unsigned long long)need, pel_s(need));
	else
		pel_fail(err, -ENODATA, actor->plan->place,
			 "actor '%s' (%s) never fired: channel %s ended with %llu token%s, and the actor waits for more",
			 actor->plan->id, actor->plan->kernel->name, channel->name, (unsigned long long)left,
			 pel_s(left));
	pel_hint(err, "if that is intended, write <in name=\"%s\" tail=\"drop\"/> in the actor",
		 actor->plan->in[in - actor->ports.in].name);
	return true;
}

bool pel_unfired_explain(const struct pel_actor_set *set, struct pel_error *err)
{
	bool any = false;

	for (uint32_t a = 0; a < set->plan->n_actors; a++) {
		struct pel_run_actor *actor = &set->all[a];

		if (actor->host || !actor->short_of_input || actor->next_firing || !was_missed(actor) ||
		    wrote_something(actor))
			continue;
		for (uint32_t i = 0; i < actor->ports.n_in; i++)
			if (explain(actor, &actor->ports.in[i], err)) {
				any = true;
				break;
			}
	}
	return any;
}
