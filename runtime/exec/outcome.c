/* SPDX-License-Identifier: Apache-2.0 */
#include "outcome.h"

#include <errno.h>
#include "clock.h"

void pel_outcome_init(struct pel_outcome_state *state, const struct pel_outcome_ops *ops, void *data)
{
	pthread_condattr_t attr;

	state->ops = ops;
	state->data = data;
	pthread_mutex_init(&state->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&state->ended, &attr);
	pthread_condattr_destroy(&attr);
}

void pel_outcome_fini(struct pel_outcome_state *state)
{
	pel_error_fini(&state->error);
	pthread_mutex_destroy(&state->lock);
	pthread_cond_destroy(&state->ended);
}

/* [locked] */
static void decide(struct pel_outcome_state *state, enum pel_outcome outcome, int code)
{
	if (state->outcome != PEL_RUN_GOING)
		return;
	state->outcome = outcome;
	state->code = code;
	state->end_ns = pel_now_ns();
	atomic_store_explicit(&state->decided, true, memory_order_release);
	state->ops->decided(state->data);
	pthread_cond_broadcast(&state->ended);
}

void pel_outcome_decide(struct pel_outcome_state *state, enum pel_outcome outcome, int code)
{
	pthread_mutex_lock(&state->lock);
	decide(state, outcome, code);
	pthread_mutex_unlock(&state->lock);
}

int pel_outcome_fail(struct pel_outcome_state *state, enum pel_outcome outcome, int code,
		     struct pel_place place, const char *hint, const char *fmt, ...)
{
	va_list ap;

	pthread_mutex_lock(&state->lock);
	if (state->outcome == PEL_RUN_GOING) {
		va_start(ap, fmt);
		pel_vfail(&state->error, code, place, fmt, ap);
		va_end(ap);
		if (hint)
			pel_hint(&state->error, "%s", hint);
		decide(state, outcome, code);
	}
	pthread_mutex_unlock(&state->lock);
	return code;
}

/* [locked] */
static void all_ended(struct pel_outcome_state *state)
{
	if (!state->ops->succeeded(state->data, &state->error)) {
		state->drained = true;
		decide(state, PEL_RUN_FAILED, -ENODATA);
		return;
	}
	pthread_mutex_unlock(&state->lock);
	state->ops->finish(state->data);
	pthread_mutex_lock(&state->lock);
	if (state->outcome != PEL_RUN_GOING)
		return;
	state->drained = true;
	decide(state, PEL_RUN_DONE, 0);
}

void pel_outcome_part_ended(struct pel_outcome_state *state)
{
	pthread_mutex_lock(&state->lock);
	if (--state->n_live == 0 && state->outcome == PEL_RUN_GOING)
		all_ended(state);
	pthread_mutex_unlock(&state->lock);
}

void pel_outcome_stall(struct pel_outcome_state *state)
{
	state->ops->explain(state->data, &state->error);
	decide(state, PEL_RUN_STALLED, 0);
}

/*
 * A stall is certain only if no thread runs, nothing is queued, and nothing outside the scheduler can change
 * that.
 */
void pel_outcome_check_stall(struct pel_outcome_state *state)
{
	if (state->outcome != PEL_RUN_GOING || !state->n_live || state->n_outside ||
	    !state->ops->is_quiet(state->data))
		return;
	if (state->ops->may_move(state->data))
		return;
	/*
	 * A host that moved something meanwhile, or just before, has queued the task at the other end. So
	 * look again.
	 */
	if (state->ops->is_quiet(state->data))
		pel_outcome_stall(state);
}

void pel_outcome_outside(struct pel_outcome_state *state, int change)
{
	pthread_mutex_lock(&state->lock);
	state->n_outside += (uint32_t)change;
	pel_outcome_check_stall(state);
	pthread_mutex_unlock(&state->lock);
}
