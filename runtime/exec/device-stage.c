/* SPDX-License-Identifier: Apache-2.0 */
#include "device-stage.h"

#include <errno.h>
#include <string.h>

/* ---- policies ---- */

bool device_policy(const struct device_stage *ds, const char *policy)
{
	return strcmp(ds->actor->plan->policy->on_fault, policy) == 0;
}

bool device_may_retry(const struct device_stage *ds, const struct device_claim *claim)
{
	return claim->attempts <= ds->retries;
}

static void fail(struct device_stage *ds, enum pel_outcome outcome, int code, const char *hint,
		 const char *fmt, va_list ap)
{
	const struct run_actor *actor = ds->actor;
	struct pel_run *run = actor->run;
	char text[1024];

	vsnprintf(text, sizeof(text), fmt, ap);
	pthread_mutex_lock(&run->park_lock);
	if (run->outcome == PEL_RUN_GOING) {
		pel_fail(&run->error, code, actor->plan->place, "actor '%s' (%s): %s", actor->plan->id,
			 actor->plan->kernel->name, text);
		if (hint)
			pel_hint(&run->error, "%s", hint);
		run_finish(run, outcome, code);
	}
	pthread_mutex_unlock(&run->park_lock);
}

void device_fail(struct device_stage *ds, int code, const char *hint, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fail(ds, PEL_RUN_FAILED, code, hint, fmt, ap);
	va_end(ap);
}

void device_fail_lost(struct device_stage *ds, const char *hint, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fail(ds, PEL_RUN_LOST, -ENODEV, hint, fmt, ap);
	va_end(ap);
}

/* ---- calls ---- */

void device_call(struct device_stage *ds, uint64_t number)
{
	struct device_claim *claim = &ds->claims[number % ds->n_claims];
	struct pel_device_call call = {
		.cookie = (uint64_t)(ds - ds->device->stages) << 32 | (number & UINT32_MAX),
		.kernel = ds->kernel,
		.cu = claim->cu,
		.n_args = ds->target->n_args,
		.args = claim->args,
	};

	claim->state = CLAIM_CALLED;
	if (pel_device_submit(ds->device->device, &call) < 0)
		claim->state =
			CLAIM_WAITS; /* too many are on their way: the watcher hands it over when one is back */
}

/* The run knows that something outside will tell it more, as long as calls are on their way. [owner, not locked] */
static void set_calling(struct device_stage *ds, bool calling)
{
	if (ds->calling == calling)
		return;
	ds->calling = calling;
	atomic_fetch_add(&ds->actor->run->n_calling, calling ? 1 : -1);
	run_outside(ds->actor->run, calling ? 1 : -1);
}

/* ---- taking claims ---- */

/*
 * Calls start on a grid of blocks and do not cross its lines, so that the windows of whole blocks lie at the same places again and again, and a
 * part of one lies in the buffer of the whole.
 */
static uint64_t call_firings(const struct run_actor *actor, uint64_t available)
{
	uint64_t block = actor->plan->block, left = block - actor->next_firing % block;

	return available < left ? available : left;
}

/* Make a claim of the windows in this thread's scratch, and hand it over. [locked] 0 or a negative errno, explained. */
static int claim_take(struct device_stage *ds, uint64_t firings, bool padded)
{
	struct run_actor *actor = ds->actor;
	struct device_claim *claim = &ds->claims[ds->taken % ds->n_claims];
	int r;

	claim->first = actor->next_firing;
	claim->firings = firings;
	claim->attempts = 0;
	claim->padded = padded;
	claim->cu = (uint32_t)(ds->taken % ds->n_cus);
	if (ds->batch != firings) {
		struct pel_error err = { 0 };

		r = device_scalars(ds, firings, &err);
		if (r < 0) {
			device_fail(ds, r, NULL, "%s", err.count ? err.items[0].text : strerror(-r));
			pel_error_fini(&err);
			return r;
		}
	}
	device_fill_args(ds, claim, &this_scratch->io);
	if (!padded) {
		actor_move_claimed(actor, claim->first, firings, true);
		actor->next_firing += firings;
	}
	ds->calls++;
	ds->taken++;
	if (ds->device->away)
		claim->state = CLAIM_WAITS;
	else
		device_call(ds, ds->taken - 1);
	return 0;
}

/* The inputs have ended, and nothing is on its way: one more on padded windows, or the end. [locked] */
static int take_last(struct device_stage *ds, struct run_stage *stage, enum step *ret)
{
	struct run_actor *actor = ds->actor;
	uint64_t firings = 1;
	uint32_t port;

	if (ds->taken != ds->retired) {
		*ret = STEP_WAITS_DEVICE;
		return 0;
	}
	switch (actor_tail_verdict(actor)) {
	case TAIL_WAIT:
		*ret = STEP_WAITS_INPUT;
		return 0;
	case TAIL_END:
		return actor_inputs_ended(actor, stage, ret);
	case TAIL_PAD:
		break;
	}
	if (!actor_outputs(actor, &firings, &port)) {
		*ret = STEP_WAITS_ROOM;
		return 0;
	}
	actor_pad(actor);
	return claim_take(ds, 1, true);
}

/* Take one claim. [locked] *ret: STEP_RAN, or why none can be taken. */
static int take_claim(struct device_stage *ds, struct run_stage *stage, enum step *ret)
{
	struct run_actor *actor = ds->actor;
	uint64_t firings = actor->max_firings ? actor->max_firings : UINT64_MAX;
	bool idle = ds->taken == ds->retired;
	uint32_t port;

	*ret = STEP_RAN;
	if (ds->taken - ds->retired == ds->n_claims ||
	    (!idle && ds->claims[(ds->taken - 1) % ds->n_claims].padded)) {
		*ret = STEP_WAITS_DEVICE;
		return 0;
	}
	switch (actor_inputs(actor, &firings, &port)) {
	case INPUT_SHORT:
		return take_last(ds, stage, ret);
	case INPUT_WAIT:
		if (idle && actor_abandoned_now(actor))
			return actor_end(actor, stage);
		*ret = idle ? STEP_WAITS_INPUT : STEP_WAITS_DEVICE;
		return 0;
	case INPUT_READY:
		break;
	}
	if (!actor_outputs(actor, &firings, &port)) {
		*ret = idle ? STEP_WAITS_ROOM : STEP_WAITS_DEVICE;
		return 0;
	}
	if (actor_abandoned(actor)) {
		*ret = STEP_WAITS_DEVICE;
		if (idle) {
			*ret = STEP_RAN;
			return actor_end(actor, stage);
		}
		return 0;
	}
	firings = call_firings(actor, firings);
	actor_windows(actor, &this_scratch->io, firings);
	return claim_take(ds, firings, false);
}

/* ---- giving them back ---- */

/* Commit all claims at the front that are done. [locked] Were there any? */
static bool retire_claims(struct device_stage *ds, struct run_stage *stage)
{
	struct run_actor *actor = ds->actor;
	bool any = false;

	while (ds->retired < ds->taken) {
		struct device_claim *claim = &ds->claims[ds->retired % ds->n_claims];

		if (claim->state != CLAIM_DONE)
			break;
		claim->state = CLAIM_FREE;
		ds->retired++;
		any = true;
		if (claim->padded) {
			actor_commit_padded(actor, stage);
			continue;
		}
		actor_move_claimed(actor, claim->first, claim->firings, false);
		actor_commit(actor, stage, claim->first, claim->firings);
		actor_count(actor, stage, claim->firings);
	}
	return any;
}

/* ---- the CPU goes on ---- */

/* Nothing is on its way any more: forget the claims that are left, and let the CPU form begin where the first of them did. [locked] */
static int take_over(struct device_stage *ds)
{
	struct run_actor *actor = ds->actor;
	char text[128];
	int r;

	while (ds->taken > ds->retired) {
		struct device_claim *claim = &ds->claims[--ds->taken % ds->n_claims];

		claim->state = CLAIM_FREE;
		if (claim->padded)
			continue;
		actor_move_claimed(actor, claim->first, claim->firings, false);
		actor->next_firing = claim->first;
	}
	ds->on_cpu = true;
	if (!ds->state)
		return 0;
	actor_calling(actor);
	r = actor->plan->kernel->restore(actor->kernel_state, ds->state, ds->state_bytes);
	if (!pel_kernel_result_ok(r, false)) {
		pel_kernel_result_text("restore", r, false, NULL, text, sizeof(text));
		r = -EPROTO;
		device_fail(ds, r, NULL, "its CPU form cannot go on from the state on the device: %s", text);
	} else if (r < 0)
		device_fail(ds, r, NULL, "its CPU form cannot go on from the state on the device: %s",
			    strerror(-r));
	return r;
}

int device_step(struct run_actor *actor, struct run_stage *stage, enum step *ret)
{
	struct device_stage *ds = actor->device;
	bool moved, calling;
	int r = 0;

	if (ds->on_cpu)
		return actor_step(actor, stage, ret);
	pthread_mutex_lock(&ds->device->lock);
	moved = retire_claims(ds, stage);
	if (ds->takeover) {
		*ret = STEP_WAITS_DEVICE;
		if (!ds->calls && (!ds->device->away || ds->device->gone)) {
			r = take_over(ds);
			moved = true;
		}
	} else {
		do {
			r = take_claim(ds, stage, ret);
			moved |= *ret == STEP_RAN;
		} while (r == 0 && *ret == STEP_RAN && actor->state != ACTOR_ENDED);
	}
	/* While the device is being ended, so that the CPU can go on, its watcher is the one that all wait for. */
	calling = ds->calls > 0 || (ds->takeover && !ds->on_cpu);
	pthread_mutex_unlock(&ds->device->lock);
	if (r < 0)
		return r;
	set_calling(ds, calling);
	if (moved)
		*ret = STEP_RAN;
	return 0;
}

char *stage_where(const struct run_stage *stage, char *buf, size_t size)
{
	const struct device_stage *ds = stage->actors[0]->device;
	struct pel_where where = stage->plan->where;

	if (ds && ds->n_cus == 1)
		where.unit = ds->cus[0];
	return pel_where_format(&where, buf, size);
}
