/* SPDX-License-Identifier: Apache-2.0 */
#include "device-step.h"

#include <errno.h>
#include <string.h>
#include "actor-end.h"
#include "actor.h"
#include "call.h"
#include "device-args.h"
#include "device-policy.h"

/*
 * While calls are in flight, the outcome counts the stage as at work outside the scheduler. [owner, not
 * locked]
 */
static void set_calling(struct pel_device_stage *ds, bool calling)
{
	if (ds->calling == calling)
		return;
	ds->calling = calling;
	atomic_fetch_add(&ds->device->set->n_calling, calling ? 1 : -1);
	pel_outcome_outside(ds->device->set->outcome, calling ? 1 : -1);
}

/* ---- claims ---- */

/*
 * Calls start on a grid of blocks and do not cross its lines. So the windows of whole blocks are always at
 * the same places, and the window of a partial block is inside the buffer of the whole one.
 */
static uint64_t call_firings(const struct pel_run_actor *actor, uint64_t available)
{
	uint64_t block = actor->plan->block, left = block - actor->next_firing % block;

	return available < left ? available : left;
}

/* Claim the windows in `io`, and send the call. [locked] 0 or a negative errno, with an explanation. */
static int take_claim_of(struct pel_device_stage *ds, const struct pel_io *io, uint64_t firings, bool padded)
{
	struct pel_run_actor *actor = ds->actor;
	struct pel_device_claim *claim = &ds->claims[ds->taken % ds->n_claims];
	int r;

	claim->first = actor->next_firing;
	claim->firings = firings;
	claim->attempts = 0;
	claim->padded = padded;
	claim->cu = (uint32_t)(ds->taken % ds->n_cus);
	if (ds->batch != firings) {
		struct pel_error err = { 0 };

		r = pel_device_set_scalars(ds, firings, &err);
		if (r < 0) {
			pel_device_stage_fail(ds, r, NULL, "%s", err.count ? err.items[0].text : strerror(-r));
			pel_error_fini(&err);
			return r;
		}
	}
	pel_device_fill_args(ds, claim, io);
	if (!padded) {
		pel_ports_claim(&actor->ports, claim->first, firings, true);
		actor->next_firing += firings;
	}
	ds->calls++;
	ds->taken++;
	if (ds->device->away)
		claim->state = PEL_CLAIM_WAITS;
	else
		pel_device_stage_submit(ds, ds->taken - 1);
	return 0;
}

/* How a stage with nothing in flight ends. Ending calls the kernel, so it is done after the lock is released. */
enum ending {
	GOES_ON,
	INPUTS_ENDED,
	ABANDONED,
};

/*
 * The inputs have ended. When nothing is in flight, make one more firing on padded windows, or end the actor.
 * [locked]
 */
static int take_last(struct pel_device_stage *ds, const struct pel_turn *turn, enum ending *ending,
		     enum pel_step *ret)
{
	if (ds->taken != ds->retired) {
		*ret = PEL_STEP_WAITS_DEVICE;
		return 0;
	}
	switch (pel_actor_last(ds->actor, ret)) {
	case PEL_LAST_WAITS:
		break;
	case PEL_LAST_ENDS:
		*ending = INPUTS_ENDED;
		break;
	case PEL_LAST_FIRES:
		pel_actor_pad(ds->actor, &turn->scratch->io);
		return take_claim_of(ds, &turn->scratch->io, 1, true);
	}
	return 0;
}

/* Take one claim, unless *ending is set. [locked] *ret: PEL_STEP_RAN, or why none can be taken. */
static int take_claim(struct pel_device_stage *ds, const struct pel_turn *turn, enum ending *ending,
		      enum pel_step *ret)
{
	struct pel_run_actor *actor = ds->actor;
	uint64_t firings = actor->max_firings ? actor->max_firings : UINT64_MAX;
	bool idle = ds->taken == ds->retired;
	uint32_t port;

	*ret = PEL_STEP_RAN;
	if (ds->taken - ds->retired == ds->n_claims ||
	    (!idle && ds->claims[(ds->taken - 1) % ds->n_claims].padded)) {
		*ret = PEL_STEP_WAITS_DEVICE;
		return 0;
	}
	switch (pel_ports_inputs(&actor->ports, actor->next_firing, &firings, &port)) {
	case PEL_INPUT_SHORT:
		return take_last(ds, turn, ending, ret);
	case PEL_INPUT_WAIT:
		if (idle && pel_ports_abandoned_now(&actor->ports))
			*ending = ABANDONED;
		else
			*ret = idle ? PEL_STEP_WAITS_INPUT : PEL_STEP_WAITS_DEVICE;
		return 0;
	case PEL_INPUT_READY:
		break;
	}
	if (!pel_ports_outputs(&actor->ports, actor->next_firing, &firings, &port)) {
		*ret = idle ? PEL_STEP_WAITS_ROOM : PEL_STEP_WAITS_DEVICE;
		return 0;
	}
	if (pel_ports_abandoned(&actor->ports)) {
		if (idle)
			*ending = ABANDONED;
		else
			*ret = PEL_STEP_WAITS_DEVICE;
		return 0;
	}
	firings = call_firings(actor, firings);
	pel_ports_windows(&actor->ports, actor->next_firing, firings, &turn->scratch->io);
	return take_claim_of(ds, &turn->scratch->io, firings, false);
}

/* ---- commit ---- */

/* Commit all completed claims at the front. [locked] Returns whether there were any. */
static bool retire_claims(struct pel_device_stage *ds, const struct pel_turn *turn)
{
	struct pel_run_actor *actor = ds->actor;
	bool any = false;

	while (ds->retired < ds->taken) {
		struct pel_device_claim *claim = &ds->claims[ds->retired % ds->n_claims];

		if (claim->state != PEL_CLAIM_DONE)
			break;
		claim->state = PEL_CLAIM_FREE;
		ds->retired++;
		any = true;
		if (claim->padded) {
			pel_actor_commit_padded(actor, turn);
			continue;
		}
		pel_ports_claim(&actor->ports, claim->first, claim->firings, false);
		pel_ports_commit(&actor->ports, claim->first, claim->firings, turn->task);
		pel_actor_count(actor, turn, claim->firings);
	}
	return any;
}

/* ---- the CPU takes over ---- */

/*
 * Nothing is in flight: give back the remaining claims, so that the CPU implementation continues from the
 * first of them. [locked]
 */
static void forget_claims(struct pel_device_stage *ds)
{
	struct pel_run_actor *actor = ds->actor;

	while (ds->taken > ds->retired) {
		struct pel_device_claim *claim = &ds->claims[--ds->taken % ds->n_claims];

		claim->state = PEL_CLAIM_FREE;
		if (claim->padded)
			continue;
		pel_ports_claim(&actor->ports, claim->first, claim->firings, false);
		actor->next_firing = claim->first;
	}
}

/* Copy the device's state to the CPU implementation. [owner, not locked, since it calls the kernel] */
static int restore(struct pel_device_stage *ds, const struct pel_turn *turn)
{
	struct pel_run_actor *actor = ds->actor;
	char text[128];
	int r;

	if (!ds->state)
		return 0;
	pel_scratch_calling(turn->scratch, actor);
	r = actor->plan->kernel->restore(actor->kernel_state, ds->state, ds->state_bytes);
	if (!pel_kernel_result_ok(r, false)) {
		pel_kernel_result_text("restore", r, false, NULL, text, sizeof(text));
		r = -EPROTO;
		pel_device_stage_fail(ds, r, NULL,
				      "its CPU implementation cannot continue from the state on the device: %s",
				      text);
	} else if (r < 0)
		pel_device_stage_fail(ds, r, NULL,
				      "its CPU implementation cannot continue from the state on the device: %s",
				      strerror(-r));
	return r;
}

/* What follows the part of a step that is done under the lock: calls of the kernel. [owner] */
static int call_kernel(struct pel_device_stage *ds, const struct pel_turn *turn, enum ending ending,
		       enum pel_step *ret)
{
	if (ds->on_cpu)
		return restore(ds, turn);
	switch (ending) {
	case GOES_ON:
		break;
	case INPUTS_ENDED:
		return pel_actor_inputs_ended(ds->actor, turn, ret);
	case ABANDONED:
		return pel_actor_end(ds->actor, turn);
	}
	return 0;
}

int pel_device_step(struct pel_run_actor *actor, const struct pel_turn *turn, enum pel_step *ret)
{
	struct pel_device_stage *ds = actor->device;
	enum ending ending = GOES_ON;
	bool moved, calling;
	int r = 0;

	if (ds->on_cpu)
		return pel_actor_step(actor, turn, ret);
	pthread_mutex_lock(&ds->device->lock);
	moved = retire_claims(ds, turn);
	if (ds->takeover) {
		*ret = PEL_STEP_WAITS_DEVICE;
		if (!ds->calls && (!ds->device->away || ds->device->gone)) {
			forget_claims(ds);
			moved = ds->on_cpu = true;
		}
	} else {
		do {
			r = take_claim(ds, turn, &ending, ret);
			moved |= *ret == PEL_STEP_RAN && ending == GOES_ON;
		} while (r == 0 && *ret == PEL_STEP_RAN && ending == GOES_ON);
	}
	/*
	 * While the device is being closed so that the CPU can continue, all wait for its watcher, which is
	 * outside the scheduler.
	 */
	calling = ds->calls > 0 || (ds->takeover && !ds->on_cpu);
	pthread_mutex_unlock(&ds->device->lock);
	if (r == 0)
		r = call_kernel(ds, turn, ending, ret);
	if (r < 0)
		return r;
	set_calling(ds, calling);
	if (moved)
		*ret = PEL_STEP_RAN;
	return 0;
}
