/* SPDX-License-Identifier: Apache-2.0 */
#include "actor-end.h"

#include <errno.h>
#include <string.h>
#include "call.h"

int pel_actor_finish(struct pel_run_actor *actor, struct pel_scratch *scratch)
{
	const struct pel_kernel *kernel = actor->plan->kernel;
	int r;

	pel_fire_reset();
	pel_scratch_calling(scratch, actor);
	if (kernel->finish && !actor->device &&
	    (r = pel_call_returned(actor, "finish", kernel->finish(actor->kernel_state, actor->results),
				   false)) < 0)
		return r;
	if (actor->results && actor->results->failed) {
		pel_fire_fail(-ENOMEM, "out of memory for its results");
		return pel_call_fail(actor, "finish", -ENOMEM);
	}
	atomic_store_explicit(&actor->reported, true, memory_order_release);
	return 0;
}

/* Must finish() wait for the success of the run? An actor without tokens would write an empty file, which only a successful run may leave. */
static bool finishes_late(const struct pel_run_actor *actor)
{
	const struct pel_kernel *kernel = actor->plan->kernel;

	return kernel->files && kernel->finish && !kernel->drain && !actor->device && actor->short_of_input &&
	       !actor->next_firing;
}

int pel_actor_end(struct pel_run_actor *actor, const struct pel_turn *turn)
{
	int r;

	actor->state = PEL_ACTOR_ENDED;
	actor->finishes_late = finishes_late(actor);
	if (!actor->finishes_late && (r = pel_actor_finish(actor, turn->scratch)) < 0)
		return r;
	atomic_store_explicit(&actor->finished, true, memory_order_release);
	pel_ports_end(&actor->ports, turn->task);
	return 0;
}

/* The inputs have ended: drain the kernel if it has drain(), else end the actor. */
static int inputs_ended(struct pel_run_actor *actor, const struct pel_turn *turn)
{
	if (actor->plan->kernel->drain) {
		actor->state = PEL_ACTOR_DRAINING;
		return 0;
	}
	return pel_actor_end(actor, turn);
}

enum pel_last pel_actor_last(struct pel_run_actor *actor, enum pel_step *ret)
{
	bool any_left = false, waits = false;
	uint64_t firings = 1;
	uint32_t port;

	for (uint32_t i = 0; i < actor->ports.n_in; i++) {
		struct pel_in_port *in = &actor->ports.in[i];
		uint64_t need;

		if (!in->ring || in->rates.dynamic)
			continue;
		need = pel_in_need(in, actor->next_firing);
		switch (pel_in_state(in, need)) {
		case PEL_INPUT_READY:
			continue;
		case PEL_INPUT_WAIT:
			waits = true;
			continue;
		case PEL_INPUT_SHORT:
			break;
		}
		if (in->tail != PEL_TAIL_PAD)
			return PEL_LAST_ENDS;
		any_left |= pel_ring_fill(in->ring, in->reader, need) > 0;
	}
	if (waits) {
		*ret = PEL_STEP_WAITS_INPUT;
		return PEL_LAST_WAITS;
	}
	if (!any_left)
		return PEL_LAST_ENDS;
	if (pel_ports_outputs(&actor->ports, actor->next_firing, &firings, &port))
		return PEL_LAST_FIRES;
	*ret = PEL_STEP_WAITS_ROOM;
	return PEL_LAST_WAITS;
}

void pel_actor_pad(struct pel_run_actor *actor, struct pel_io *io)
{
	const void **windows = (const void **)io->in;

	pel_ports_windows(&actor->ports, actor->next_firing, 1, io);
	for (uint32_t i = 0; i < actor->ports.n_in; i++) {
		struct pel_in_port *in = &actor->ports.in[i];
		size_t bytes = in->token_bytes;
		uint64_t need, fill, history;
		unsigned char *window = actor->pad[i];

		if (!in->ring)
			continue;
		need = pel_in_need(in, actor->next_firing);
		fill = pel_ring_fill(in->ring, in->reader, need);
		history = in->reader->history;
		if (fill >= need)
			continue;
		memcpy(window, (const unsigned char *)windows[i] - history * bytes, (history + fill) * bytes);
		memset(window + (history + fill) * bytes, 0, (need - fill) * bytes);
		windows[i] = window + history * bytes;
	}
}

void pel_actor_commit_padded(struct pel_run_actor *actor, const struct pel_turn *turn)
{
	for (uint32_t o = 0; o < actor->ports.n_out; o++)
		pel_out_commit(&actor->ports.out[o],
			       pel_rates_tokens(&actor->ports.out[o].rates, actor->next_firing, 1), turn->task);
	for (uint32_t i = 0; i < actor->ports.n_in; i++) {
		struct pel_in_port *in = &actor->ports.in[i];

		if (in->ring)
			pel_in_release(in,
				       pel_min_u64(pel_ring_fill(in->ring, in->reader, 1),
						   pel_in_need(in, actor->next_firing)),
				       turn->task);
	}
	actor->next_firing++;
	pel_actor_count(actor, turn, 1);
}

/* [the outputs have room for one firing] */
static int fire_padded(struct pel_run_actor *actor, const struct pel_turn *turn)
{
	int r;

	pel_actor_pad(actor, &turn->scratch->io);
	r = pel_call_fire(actor, turn->scratch, &turn->scratch->io, 1);
	if (r >= 0 && (r != PEL_END || *turn->scratch->io.fired))
		pel_actor_commit_padded(actor, turn);
	return r;
}

static int fail_tail(struct pel_run_actor *actor, const struct pel_in_port *in, uint64_t left)
{
	uint64_t need = in->rates.dynamic ? 0 : pel_in_need(in, actor->next_firing);
	const char *channel = actor->set->plan->channels[in->channel].name;

	if (left < need && pel_ring_ended(in->ring))
		pel_fire_fail(
			-EPROTO,
			"channel %s ended with %llu of the %llu tokens that a firing needs, and has tail=\"error\"",
			channel, (unsigned long long)left, (unsigned long long)need);
	else
		pel_fire_fail(
			-EPROTO,
			"channel %s has tokens left that no firing can consume, since an input has ended, and has tail=\"error\"",
			channel);
	return pel_call_fail(actor, "tail", -EPROTO);
}

/*
 * An input has ended for good, so what is left at the others cannot be consumed either. If tokens left at one
 * of them would be an error, wait until that is certain: the result must not depend on which input's end is
 * seen first.
 */
int pel_actor_inputs_ended(struct pel_run_actor *actor, const struct pel_turn *turn, enum pel_step *ret)
{
	bool open = false;

	for (uint32_t i = 0; i < actor->ports.n_in; i++) {
		struct pel_in_port *in = &actor->ports.in[i];
		enum pel_input_state state;

		if (!in->ring || in->tail != PEL_TAIL_ERROR)
			continue;
		state = pel_in_state(in, 1);
		if (state == PEL_INPUT_READY)
			return fail_tail(actor, in, pel_ring_fill(in->ring, in->reader, UINT64_MAX));
		open |= state == PEL_INPUT_WAIT;
	}
	if (open && !pel_ports_abandoned_now(&actor->ports)) {
		*ret = PEL_STEP_WAITS_INPUT;
		return 0;
	}
	actor->short_of_input = true;
	return inputs_ended(actor, turn);
}

int pel_actor_step_short(struct pel_run_actor *actor, const struct pel_turn *turn, enum pel_step *ret)
{
	int r = 0;

	switch (pel_actor_last(actor, ret)) {
	case PEL_LAST_WAITS:
		break;
	case PEL_LAST_ENDS:
		return pel_actor_inputs_ended(actor, turn, ret);
	case PEL_LAST_FIRES:
		r = fire_padded(actor, turn);
		break;
	}
	return r == PEL_END ? pel_actor_end(actor, turn) : r;
}
