/* SPDX-License-Identifier: Apache-2.0 */
#include "call.h"

#include <errno.h>
#include <string.h>
#include "clock.h"

/* ---- failing ---- */

/* `text`: the kernel's message, or what it did wrong; "": only the code is known. */
static int fail(const struct pel_run_actor *actor, const char *function, int code, const char *text)
{
	const struct pel_plan_actor *plan = actor->plan;
	char buf[PEL_ERRNO_BYTES];
	/* A text like that of strerror() does not mention the limit, so add the hint. */
	const char *hint = strstr(text, "ulimit") ? NULL : pel_errno_hint(-code, buf);

	if (*text)
		return pel_outcome_fail(actor->set->outcome, PEL_RUN_FAILED, code, plan->place, hint,
					"actor '%s' (%s): %s", plan->id, plan->kernel->name, text);
	return pel_outcome_fail(actor->set->outcome, PEL_RUN_FAILED, code, plan->place, hint,
				"actor '%s' (%s): %s failed: %s", plan->id, plan->kernel->name, function,
				strerror(-code));
}

int pel_call_fail(struct pel_run_actor *actor, const char *function, int code)
{
	return fail(actor, function, code, pel_fire_message());
}

int pel_call_returned(struct pel_run_actor *actor, const char *function, int r, bool may_end)
{
	char text[1280];

	if (r == 0 || (may_end && r == PEL_END))
		return r;
	if (pel_kernel_result_ok(r, false))
		return pel_call_fail(actor, function, r);
	pel_kernel_result_text(function, r, may_end, pel_fire_message(), text, sizeof(text));
	return fail(actor, function, -EPROTO, text);
}

/* ---- calling ---- */

static int fire(struct pel_run_actor *actor, const struct pel_io *io, uint64_t firings)
{
	struct pel_call_time *times = actor->set->call_times;
	uint64_t begin;
	int r;

	if (!times)
		return actor->plan->kernel->fire(actor->kernel_state, io, firings);
	begin = pel_now_ns();
	r = actor->plan->kernel->fire(actor->kernel_state, io, firings);
	atomic_fetch_add_explicit(&times[pel_actor_number(actor)].ns, pel_now_ns() - begin,
				  memory_order_relaxed);
	return r;
}

int pel_call_fire(struct pel_run_actor *actor, struct pel_scratch *scratch, const struct pel_io *io,
		  uint64_t firings)
{
	int r;

	*io->fired = firings;
	pel_fire_reset();
	pel_scratch_calling(scratch, actor);
	if (actor->plan->kernel->flags & PEL_KERNEL_BLOCKING) {
		/*
		 * The only place where the thread of a stopped run can be cancelled: a call that waits for
		 * the outside world.
		 */
		pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, &(int){ 0 });
		r = fire(actor, io, firings);
		pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &(int){ 0 });
	} else {
		r = fire(actor, io, firings);
	}
	return pel_call_fired(actor, io, firings, r);
}

int pel_call_fired(struct pel_run_actor *actor, const struct pel_io *io, uint64_t firings, int r)
{
	r = pel_call_returned(actor, "fire", r, true);
	if (r < 0)
		return r;
	if (r != PEL_END)
		*io->fired = firings; /* ignore the kernel's value: only the last call may make fewer */
	if (*io->fired > firings) {
		pel_fire_fail(-EPROTO, "fire() reports that it made %zu firing%s in a call for %llu",
			      *io->fired, pel_s(*io->fired), (unsigned long long)firings);
		return pel_call_fail(actor, "fire", -EPROTO);
	}
	return r;
}

/* ---- the call in progress ---- */

static _Thread_local struct pel_scratch *this_scratch;

struct pel_scratch *pel_call_enter(struct pel_scratch *scratch)
{
	struct pel_scratch *before = this_scratch;

	this_scratch = scratch;
	return before;
}

static const struct pel_run_actor *calling_actor(void)
{
	return this_scratch ? atomic_load_explicit(&this_scratch->calling.actor, memory_order_relaxed) : NULL;
}

const char *pel_calling_actor(void)
{
	const struct pel_run_actor *actor = calling_actor();

	return actor ? actor->plan->id : NULL;
}

bool pel_calling_place(const char **file, unsigned *line, unsigned *col)
{
	const struct pel_run_actor *actor = calling_actor();

	if (!actor)
		return false;
	*file = actor->plan->place.file;
	*line = actor->plan->place.line;
	*col = actor->plan->place.col;
	return true;
}

void pel_call_thread_lost(struct pel_scratch *scratch)
{
	const struct pel_run_actor *actor = atomic_load_explicit(&scratch->calling.actor, memory_order_relaxed);

	if (actor)
		fail(actor, "fire", -EPROTO,
		     "it ended the thread that called it (pthread_exit()); a kernel must return to its caller");
	pel_scratch_calling(scratch, NULL);
}
