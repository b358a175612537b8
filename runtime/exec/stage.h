/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_STAGE_H
#define PEL_STAGE_H

#include "run-actor.h"

/*
 * A stage: actors that run as one task, in a static order, and the time that it spent at work and waiting.
 *
 * Threads: it belongs to the owner of its task. Any thread may set the pending flag of an actor, through its
 * waker, and read the counters.
 */
struct pel_run_stage {
	struct pel_task task; /* first, so that a pointer to one can be cast to the other */
	const struct pel_plan_stage *plan;
	struct pel_run_actor **actors;
	/*
	 * Of each actor: something has changed since it last found that it has to wait. `actors` and
	 * `pending` are shared by the stages of a cluster.
	 */
	atomic_bool *pending;
	/*
	 * Run one step: pel_stage_sweep(), or a cluster's. 0, or a negative errno if the run has failed (with
	 * an explanation).
	 */
	int (*run)(struct pel_run_stage *stage, const struct pel_turn *turn, enum pel_step *ret);
	struct pel_run_cluster *cluster; /* for the layer above; NULL: none */
	uint32_t n_actors, n_ended;
	/* Counters with one writer, the owner. */
	uint64_t idle_since_ns;
	enum pel_step idle_reason;
	_Atomic uint64_t busy_ns, wait_input_ns, wait_room_ns, wait_device_ns;
	_Atomic uint64_t firings;
};

/*
 * Make `stage`, which is zeroed, a task of `scheduler`. Its memory for `n_actors` actors and flags comes from
 * `arena`. 0 or -ENOMEM.
 */
int pel_stage_init(struct pel_run_stage *stage, const struct pel_plan_stage *plan,
		   struct pel_scheduler *scheduler, struct pel_arena *arena);
/* The same for another copy of `first`, with which it shares the actors. */
void pel_stage_init_copy(struct pel_run_stage *stage, const struct pel_plan_stage *plan,
			 const struct pel_run_stage *first);
/* Put `actor` at `place` of the stage. Its neighbours wake the stage from then on. */
void pel_stage_set_actor(struct pel_run_stage *stage, uint32_t place, struct pel_run_actor *actor);

/* The stage of `task`: all tasks of a run are stages. */
static inline const struct pel_run_stage *pel_stage_of(const struct pel_task *task)
{
	return (const struct pel_run_stage *)task;
}

/* [owner] Let each actor that is pending and may fire make one step, in the static order. */
int pel_stage_sweep(struct pel_run_stage *stage, const struct pel_turn *turn, enum pel_step *ret);

#endif
