/* SPDX-License-Identifier: Apache-2.0 */
#include "device-step.h"

#include <errno.h>
#include <string.h>
#include "actor-end.h"
#include "actor.h"
#include "call.h"
#include "device-args.h"
#include "device-policy.h"

/* The run knows that something outside will tell it more, as long as calls are on their way. [owner, not locked] */
static void set_calling(struct pel_device_stage *ds, bool calling)
{
	if (ds->calling == calling)
		return;
	ds->calling = calling;
	atomic_fetch_add(&ds->device->set->n_calling, calling ? 1 : -1);
	pel_outcome_outside(ds->device->set->outcome, calling ? 1 : -1);
}

/* ---- taking claims ---- */

/*
 * Calls start on a grid of blocks and do not cross its lines, so that the windows of whole blocks lie at the same places again and again, and a
 * part of one lies in the buffer of the whole.
 */
static uint64_t call_firings(const struct pel_run_actor *actor, uint64_t available)
{
	uint64_t block = actor->plan->block, left = block - actor->next_firing % block;

	return available < left ? available : left;
}

/* Make a claim of the windows in `io`, and hand it over. [locked] 0 or a negative errno, explained. */
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

/* The inputs have ended, and nothing is on its way: one more on padded windows, or the end. [locked] */
static int take_last(struct pel_device_stage *ds, const struct pel_turn *turn, enum pel_step *ret)
{
	struct pel_run_actor *actor = ds->actor;
	uint64_t firings = 1;
	uint32_t port;

	if (ds->taken != ds->retired) {
		*ret = PEL_STEP_WAITS_DEVICE;
		return 0;
	}
	switch (pel_actor_tail_verdict(actor)) {
	case PEL_VERDICT_WAIT:
		*ret = PEL_STEP_WAITS_INPUT;
		return 0;
	case PEL_VERDICT_END:
		return pel_actor_inputs_ended(actor, turn, ret);
	case PEL_VERDICT_PAD:
		break;
	}
	if (!pel_ports_outputs(&actor->ports, actor->next_firing, &firings, &port)) {
		*ret = PEL_STEP_WAITS_ROOM;
		return 0;
	}
	pel_actor_pad(actor, &turn->scratch->io);
	return take_claim_of(ds, &turn->scratch->io, 1, true);
}

/* Take one claim. [locked] *ret: PEL_STEP_RAN, or why none can be taken. */
static int take_claim(struct pel_device_stage *ds, const struct pel_turn *turn, enum pel_step *ret)
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
		return take_last(ds, turn, ret);
	case PEL_INPUT_WAIT:
		if (idle && pel_ports_abandoned_now(&actor->ports))
			return pel_actor_end(actor, turn);
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
		*ret = PEL_STEP_WAITS_DEVICE;
		if (idle) {
			*ret = PEL_STEP_RAN;
			return pel_actor_end(actor, turn);
		}
		return 0;
	}
	firings = call_firings(actor, firings);
	pel_ports_windows(&actor->ports, actor->next_firing, firings, &turn->scratch->io);
	return take_claim_of(ds, &turn->scratch->io, firings, false);
}

/* ---- giving them back ---- */

/* Commit all claims at the front that are done. [locked] Were there any? */
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

/* ---- the CPU goes on ---- */

/* Nothing is on its way any more: forget the claims that are left, so that the CPU implementation begins where the first of them did. [locked] */
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

/* Give the CPU implementation the state that was on the device. [owner, not locked: it calls the kernel] */
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

int pel_device_step(struct pel_run_actor *actor, const struct pel_turn *turn, enum pel_step *ret)
{
	struct pel_device_stage *ds = actor->device;
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
			r = take_claim(ds, turn, ret);
			moved |= *ret == PEL_STEP_RAN;
		} while (r == 0 && *ret == PEL_STEP_RAN && actor->state != PEL_ACTOR_ENDED);
	}
	/* While the device is being ended, so that the CPU can go on, its watcher is the one that all wait for. */
	calling = ds->calls > 0 || (ds->takeover && !ds->on_cpu);
	pthread_mutex_unlock(&ds->device->lock);
	if (r == 0 && ds->on_cpu)
		r = restore(ds, turn);
	if (r < 0)
		return r;
	set_calling(ds, calling);
	if (moved)
		*ret = PEL_STEP_RAN;
	return 0;
}
