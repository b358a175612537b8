/* SPDX-License-Identifier: Apache-2.0 */
#include "run-kernels.h"

#include <errno.h>
#include <string.h>
#include "actor-end.h"
#include "call.h"
#include "cancel.h"

/*
 * For pel_calling_actor(), in calls that no worker makes. Not on the stack, since a kernel can leave the
 * stack without returning.
 */
static _Thread_local struct pel_scratch outside;

/*
 * `brief` holds what the kernel sees of its ports during the call. Paths that it asks for outlive the call.
 */
static int init_kernel(struct pel_run *run, struct pel_run_actor *actor, struct pel_arena *brief,
		       struct pel_error *err)
{
	const struct pel_kernel *kernel = actor->plan->kernel;
	size_t errors = pel_error_total(err);
	struct pel_info info;
	char text[128];
	int r = pel_plan_info(actor->set->plan, actor->plan, brief, err, &info);

	if (r < 0)
		return r;
	info.arena = &run->arena;
	info.data_fd = run->data_fd;
	info.text_fd = run->text_fd;
	pel_scratch_calling(&outside, actor);
	r = kernel->init(&info, &actor->kernel_state);
	if (!pel_kernel_result_ok(r, false))
		r = pel_fail(err, -EPROTO, actor->plan->place, "actor '%s' (%s): %s", actor->plan->id,
			     kernel->name, pel_kernel_result_text("init", r, false, NULL, text, sizeof(text)));
	else if (r < 0 && pel_error_total(err) == errors)
		pel_fail(err, r, actor->plan->place, "actor '%s' (%s): cannot start: %s", actor->plan->id,
			 kernel->name, strerror(-r));
	actor->expected_firings = info.expected_firings;
	if (r >= 0 && info.misused) {
		if (kernel->fini)
			kernel->fini(actor->kernel_state);
		r = -EINVAL;
	}
	return r;
}

#define INITS_TOGETHER 256

int pel_run_init_kernels(struct pel_run *run, struct pel_error *err)
{
	struct pel_scratch *own = pel_call_enter(&outside);
	struct pel_arena brief = { 0 };
	int r = 0;

	for (uint32_t i = 0; i < run->plan->n_actors && r == 0; i++) {
		struct pel_run_actor *actor = &run->actors.all[i];

		if (actor->plan->kind != PEL_ACTOR_KERNEL)
			continue;
		if (pel_cancel_is_set(run->devices.cancel))
			r = -ECANCELED;
		/*
		 * A kernel with a CPU implementation also has a state when it runs on a device: it provides
		 * the initial state there, and lets the CPU continue.
		 */
		else if (actor->plan->kernel->init)
			r = init_kernel(run, actor, &brief, err);
		actor->inited = r >= 0;
		if (i % INITS_TOGETHER == INITS_TOGETHER - 1)
			pel_arena_fini(&brief);
	}
	pel_arena_fini(&brief);
	pel_scratch_calling(&outside, NULL);
	pel_call_enter(own);
	return r;
}

void pel_run_finish_kernels(struct pel_run *run)
{
	struct pel_scratch *own = pel_call_enter(&outside), *scratch = own ? own : &outside;
	int r = 0;

	pel_call_enter(scratch);
	for (uint32_t i = 0; i < run->plan->n_actors && r == 0; i++)
		if (run->actors.all[i].finishes_late)
			r = pel_actor_finish(&run->actors.all[i], scratch);
	pel_scratch_calling(scratch, NULL);
	pel_call_enter(own);
}

void pel_run_fini_kernels(struct pel_run *run)
{
	struct pel_scratch *own = pel_call_enter(&outside);

	for (uint32_t i = 0; run->actors.all && i < run->plan->n_actors; i++) {
		struct pel_run_actor *actor = &run->actors.all[i];

		pel_scratch_calling(&outside, actor);
		if (actor->inited && actor->plan->kernel->fini)
			actor->plan->kernel->fini(actor->kernel_state);
		if (actor->results)
			pel_results_fini(actor->results);
	}
	pel_scratch_calling(&outside, NULL);
	pel_call_enter(own);
}
