/* SPDX-License-Identifier: Apache-2.0 */
#include "exec.h"

#include <errno.h>

/*
 * An actor that never fired, though tokens came to it: mostly a size that is set wrongly. What was to be written is not there, and neither is
 * it anywhere that it could be seen, so this is an error, unless tail="drop" or "pad" says what is to become of such tokens.
 *
 * It is one only where an input ended with some, but too few tokens for the first firing. An input to which nothing came is none: there was
 * nothing to do; what is left at the others then is counted and warned of, as any. Nor do initial tokens count, which wait in a loop for an
 * input that stays empty. An actor whose readers have all had another reason to end was not missed.
 *
 * The look is at the end, when no stage is at work any more: who of two neighbours ended first is a matter of time.
 */

/* Has the input ended with some tokens, but not enough for another firing? */
static bool is_short(const struct run_actor *actor, const struct in_port *in, uint64_t *left, uint64_t *need)
{
	uint64_t tail;

	if (!in->ring || !pel_ring_ended(in->ring))
		return false;
	tail = atomic_load(&in->ring->tail);
	*left = tail - atomic_load(&in->reader->head);
	*need = in->rates.dynamic ? 0 : rates_tokens(&in->rates, actor->next_firing, 1);
	return in->rates.dynamic ? in->asked : *left < *need;
}

/* Did the actor end for another reason than what it lacks at `channel`? */
static bool had_another_reason(const struct run_actor *actor, uint32_t channel)
{
	uint64_t left, need;

	if (actor->host)
		return atomic_load(&actor->in[0].reader->closed);
	if (!actor->short_of_input)
		return true;
	for (uint32_t i = 0; i < actor->n_in; i++)
		if (actor->in[i].ring && actor->in[i].channel != channel &&
		    is_short(actor, &actor->in[i], &left, &need))
			return true;
	return false;
}

static bool was_missed(const struct run_actor *actor)
{
	bool any = false;

	for (uint32_t o = 0; o < actor->n_out; o++)
		for (uint32_t r = 0; r < actor->out[o].n_rings; r++) {
			const struct out_ring *ring = &actor->out[o].rings[r];

			for (uint32_t i = 0; i < ring->ring->n_readers; i++) {
				any = true;
				if (!had_another_reason(ring->readers[i], ring->plan->channels[i]))
					return true;
			}
		}
	return !any;
}

static bool wrote_something(const struct run_actor *actor)
{
	for (uint32_t o = 0; o < actor->n_out; o++)
		for (uint32_t r = 0; r < actor->out[o].n_rings; r++) {
			const struct out_ring *ring = &actor->out[o].rings[r];

			if (atomic_load(&ring->ring->tail) >
			    actor->run->plan->channels[ring->plan->channels[0]].initial)
				return true;
		}
	return false;
}

static bool explain(struct run_actor *actor, const struct in_port *in, struct pel_error *err)
{
	const struct pel_plan_channel *channel = &actor->run->plan->channels[in->channel];
	uint64_t left, need;

	if (in->tail != PEL_TAIL_WARN || !is_short(actor, in, &left, &need) || !left ||
	    atomic_load(&in->ring->tail) <= channel->initial)
		return false;
	if (need)
		pel_fail(err, -ENODATA, actor->plan->place,
			 "actor '%s' (%s) never fired: channel %s ended with %llu of the %llu tokens that its first firing needs",
			 actor->plan->id, actor->plan->kernel->name, channel->name, (unsigned long long)left,
			 (unsigned long long)need);
	else
		pel_fail(err, -ENODATA, actor->plan->place,
			 "actor '%s' (%s) never fired: channel %s ended with %llu token%s, and it waits for more",
			 actor->plan->id, actor->plan->kernel->name, channel->name, (unsigned long long)left,
			 left == 1 ? "" : "s");
	pel_hint(err, "if that is meant, write <in name=\"%s\" tail=\"drop\"/> in the actor",
		 actor->plan->in[in - actor->in].name);
	return true;
}

bool unfired_explain(struct pel_run *run, struct pel_error *err)
{
	bool any = false;

	for (uint32_t a = 0; a < run->plan->n_actors; a++) {
		struct run_actor *actor = &run->actors[a];

		if (actor->host || !actor->short_of_input || actor->next_firing || !was_missed(actor) ||
		    wrote_something(actor))
			continue;
		for (uint32_t i = 0; i < actor->n_in; i++)
			if (explain(actor, &actor->in[i], err)) {
				any = true;
				break;
			}
	}
	return any;
}
