/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_STAGE_H
#define PEL_STAGE_H

#include "run-actor.h"

/*
 * A stage: actors that are run as one task, in a static order, with the books of what it did and waited for.
 *
 * It belongs to the thread that owns its task. Any thread may raise the flag of an actor, by its waker, and read the counters.
 */
struct pel_run_stage {
	struct pel_task task; /* first: the one is cast to the other */
	const struct pel_plan_stage *plan;
	struct pel_run_actor **actors;
	/* Of each actor: something has changed since it last found that it has to wait. Both are shared by the stages of a cluster. */
	atomic_bool *pending;
	/* One step: pel_stage_sweep(), or a cluster's. 0 or a negative errno: the run has failed, explained. */
	int (*run)(struct pel_run_stage *stage, const struct pel_turn *turn, enum pel_step *ret);
	struct pel_run_cluster *cluster; /* the layer above's; NULL: none */
	uint32_t n_actors, n_ended;
	/* Counters: one writer, the owner. */
	uint64_t idle_since_ns;
	enum pel_step idle_reason;
	_Atomic uint64_t busy_ns, wait_input_ns, wait_room_ns, wait_device_ns;
	_Atomic uint64_t firings;
};

/* Make `stage`, zeroed, a task of `scheduler`, with memory for `n_actors` actors and flags from `arena`. 0 or -ENOMEM. */
int pel_stage_init(struct pel_run_stage *stage, const struct pel_plan_stage *plan,
		   struct pel_scheduler *scheduler, struct pel_arena *arena);
/* The same for another copy of `first`, whose actors it shares. */
void pel_stage_init_copy(struct pel_run_stage *stage, const struct pel_plan_stage *plan,
			 const struct pel_run_stage *first);
/* Put `actor` at `place` of the stage, which its neighbours then wake for it. */
void pel_stage_set_actor(struct pel_run_stage *stage, uint32_t place, struct pel_run_actor *actor);

/* The stage that is `task`. All tasks of a run are stages. */
static inline const struct pel_run_stage *pel_stage_of(const struct pel_task *task)
{
	return (const struct pel_run_stage *)task;
}

/* [owner] Let each of its actors that something has changed for, and that may, make one call, in the static order. */
int pel_stage_sweep(struct pel_run_stage *stage, const struct pel_turn *turn, enum pel_step *ret);

#endif
