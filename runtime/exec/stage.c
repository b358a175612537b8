/* SPDX-License-Identifier: Apache-2.0 */
#include "stage.h"

#include <errno.h>
#include "clock.h"
#include "scheduler.h"
#include "trace.h"

/* ---- the sweep ---- */

int pel_stage_sweep(struct pel_run_stage *stage, const struct pel_turn *turn, enum pel_step *ret)
{
	const struct pel_outcome_state *outcome = stage->task.scheduler->outcome;
	bool ran = false;

	*ret = stage->idle_reason;
	for (uint32_t i = 0; i < stage->n_actors; i++) {
		struct pel_run_actor *actor = stage->actors[i];
		enum pel_step step;
		int r;

		if (actor->next_firing >= actor->stop_at && actor->state == PEL_ACTOR_FIRING)
			continue;
		if (!pel_pending_take(&stage->pending[i]) || actor->state == PEL_ACTOR_ENDED)
			continue;
		r = actor->step(actor, turn, &step);
		if (r < 0)
			return r;
		if (step == PEL_STEP_RAN) {
			pel_pending_raise(&stage->pending[i]);
			ran = true;
		} else {
			*ret = step;
		}
		stage->n_ended += actor->state == PEL_ACTOR_ENDED;
		if (pel_outcome_is_decided(outcome))
			break;
	}
	if (ran)
		*ret = PEL_STEP_RAN;
	else if (stage->n_ended == stage->n_actors)
		*ret = PEL_STEP_ENDED;
	return 0;
}

/* ---- its task ---- */

/* The stage goes on: charge the time until `now` to what it waited for. */
static void count_idle(struct pel_run_stage *stage, uint64_t now)
{
	uint64_t idle;

	if (!stage->idle_since_ns)
		return;
	idle = now > stage->idle_since_ns ? now - stage->idle_since_ns : 0;
	pel_counter_add(stage->idle_reason == PEL_STEP_WAITS_ROOM     ? &stage->wait_room_ns
			: stage->idle_reason == PEL_STEP_WAITS_DEVICE ? &stage->wait_device_ns
								      : &stage->wait_input_ns,
			idle);
	stage->idle_since_ns = 0;
}

static enum pel_task_step step_stage(struct pel_task *task, void *context, uint64_t *clock)
{
	struct pel_run_stage *stage = (struct pel_run_stage *)task;
	struct pel_scratch *scratch = context;
	const struct pel_turn turn = { .task = task, .scratch = scratch, .firings = &stage->firings };
	uint64_t start = *clock;
	enum pel_step step;
	int r;

	count_idle(stage, start);
	atomic_store_explicit(&scratch->calling.since_ns, start, memory_order_relaxed);
	r = stage->run(stage, &turn, &step);
	pel_scratch_calling(scratch, NULL);
	*clock = pel_now_ns();
	pel_counter_add(&stage->busy_ns, *clock - start);
	if (scratch->trace && step == PEL_STEP_RAN)
		pel_trace_add(scratch->trace, stage->plan->id, start, *clock);
	if (r < 0)
		return PEL_TASK_FAILED;
	if (step == PEL_STEP_ENDED)
		return PEL_TASK_ENDED;
	if (step == PEL_STEP_RAN)
		return PEL_TASK_RAN;
	stage->idle_since_ns = *clock;
	stage->idle_reason = step;
	return PEL_TASK_WAITS;
}

/* ---- building ---- */

static void init(struct pel_run_stage *stage, const struct pel_plan_stage *plan, struct pel_scheduler *scheduler)
{
	pel_task_init(&stage->task, scheduler, step_stage);
	stage->task.lengthy = plan->n_actors > 1;
	stage->plan = plan;
	stage->run = pel_stage_sweep;
	stage->n_actors = plan->n_actors;
	stage->idle_reason = PEL_STEP_WAITS_INPUT;
}

int pel_stage_init(struct pel_run_stage *stage, const struct pel_plan_stage *plan,
		   struct pel_scheduler *scheduler, struct pel_arena *arena)
{
	init(stage, plan, scheduler);
	stage->actors = pel_arena_array(arena, plan->n_actors, sizeof(struct pel_run_actor *));
	stage->pending = pel_arena_array(arena, plan->n_actors, sizeof(*stage->pending));
	return stage->actors && stage->pending ? 0 : -ENOMEM;
}

void pel_stage_init_copy(struct pel_run_stage *stage, const struct pel_plan_stage *plan,
			 const struct pel_run_stage *first)
{
	init(stage, plan, first->task.scheduler);
	stage->actors = first->actors;
	stage->pending = first->pending;
}

/* If the stage itself caused the change, it sees it in its next sweep. */
static void wake_stage(const struct pel_waker *waker, const struct pel_task *from, bool urgent)
{
	const struct pel_run_actor *actor = pel_actor_of(waker);
	struct pel_run_stage *stage = actor->stage;

	pel_pending_set(&stage->pending[actor->place]);
	if (&stage->task != from)
		pel_task_wake(&stage->task, from, urgent);
}

void pel_stage_set_actor(struct pel_run_stage *stage, uint32_t place, struct pel_run_actor *actor)
{
	stage->actors[place] = actor;
	atomic_init(&stage->pending[place], true);
	actor->place = place;
	actor->stage = stage;
	actor->waker.wake = wake_stage;
}
