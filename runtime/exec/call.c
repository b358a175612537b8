/* SPDX-License-Identifier: Apache-2.0 */
#include "exec.h"

#include <errno.h>
#include <string.h>

/*
 * Calls of kernels. Kernels are foreign code: what they return outside of their contract fails the run, with an explanation, and none of their
 * errnos is ever taken for the outcome of the run.
 */

/* ---- failing ---- */

/* `text`: what the kernel said, or what it did wrong; "": only the code is known. */
static int fail(struct run_actor *actor, const char *function, int code, const char *text)
{
	struct pel_run *run = actor->run;

	pthread_mutex_lock(&run->park_lock);
	if (run->outcome == PEL_RUN_GOING) {
		if (*text)
			pel_fail(&run->error, code, actor->plan->place, "actor '%s' (%s): %s",
				 actor->plan->id, actor->plan->kernel->name, text);
		else
			pel_fail(&run->error, code, actor->plan->place, "actor '%s' (%s): %s failed: %s",
				 actor->plan->id, actor->plan->kernel->name, function, strerror(-code));
		run_finish(run, PEL_RUN_FAILED,
			   code); /* here, so that the words and the code are of the same actor */
	}
	pthread_mutex_unlock(&run->park_lock);
	return code;
}

int actor_fail(struct run_actor *actor, const char *function, int code)
{
	return fail(actor, function, code, pel_fire_message());
}

int actor_returned(struct run_actor *actor, const char *function, int r, bool may_end)
{
	char text[1280];

	if (r == 0 || (may_end && r == PEL_END))
		return r;
	if (pel_kernel_result_ok(r, false))
		return actor_fail(actor, function, r);
	pel_kernel_result_text(function, r, may_end, pel_fire_message(), text, sizeof(text));
	return fail(actor, function, -EPROTO, text);
}

/* ---- calling ---- */

void actor_calling(const struct run_actor *actor)
{
	atomic_store_explicit(&this_scratch->calling.actor, actor, memory_order_relaxed);
}

static int fire(struct run_actor *actor, const struct pel_io *io, uint64_t firings)
{
	struct pel_run *run = actor->run;
	uint64_t begin;
	int r;

	if (!run->call_times)
		return actor->plan->kernel->fire(actor->kernel_state, io, firings);
	begin = now_ns();
	r = actor->plan->kernel->fire(actor->kernel_state, io, firings);
	atomic_fetch_add_explicit(&run->call_times[actor - run->actors].ns, now_ns() - begin,
				  memory_order_relaxed);
	return r;
}

int actor_call(struct run_actor *actor, const struct pel_io *io, uint64_t firings)
{
	int r;

	*io->fired = firings;
	pel_fire_reset();
	actor_calling(actor);
	if (actor->plan->kernel->flags & PEL_KERNEL_BLOCKING) {
		/* Only here, in a call that waits for the outside world, can the thread of a stopped run be cancelled. */
		pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, &(int){ 0 });
		r = fire(actor, io, firings);
		pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &(int){ 0 });
	} else {
		r = fire(actor, io, firings);
	}
	return actor_called(actor, io, firings, r);
}

int actor_called(struct run_actor *actor, const struct pel_io *io, uint64_t firings, int r)
{
	r = actor_returned(actor, "fire", r, true);
	if (r < 0)
		return r;
	if (r != PEL_END)
		*io->fired = firings; /* whatever it says: only the last call can be cut short */
	if (*io->fired > firings) {
		pel_fire_fail(-EPROTO, "fire() says that it made %zu firings in a call for %llu", *io->fired,
			      (unsigned long long)firings);
		return actor_fail(actor, "fire", -EPROTO);
	}
	return r;
}

/* ---- who is in a call ---- */

static void add_call(const struct scratch *scratch, uint64_t now, struct pel_run_call *calls, size_t n_calls,
		     size_t *n)
{
	const struct run_actor *actor = atomic_load_explicit(&scratch->calling.actor, memory_order_relaxed);
	uint64_t since = atomic_load_explicit(&scratch->calling.since_ns, memory_order_relaxed);
	double seconds = now > since ? (double)(now - since) / 1e9 : 0;
	size_t at = *n < n_calls ? *n : n_calls;

	if (!actor)
		return;
	++*n;
	/* The longest first; what finds no room is the shortest. */
	for (; at > 0 && calls[at - 1].seconds < seconds; at--)
		if (at < n_calls)
			calls[at] = calls[at - 1];
	if (at < n_calls)
		calls[at] = (struct pel_run_call){ .actor = actor->plan->id,
						   .kernel = actor->plan->kernel->name,
						   .seconds = seconds };
}

size_t pel_run_calls(struct pel_run *run, struct pel_run_call *calls, size_t n_calls)
{
	uint64_t now = now_ns();
	size_t n = 0;

	for (uint32_t i = 0; i < run->n_workers; i++)
		add_call(&run->workers[i].scratch, now, calls, n_calls, &n);
	for (uint32_t i = 0; i < run->n_blocking; i++)
		add_call(&run->blocking[i].scratch, now, calls, n_calls, &n);
	return n;
}

const char *pel_calling_actor(void)
{
	const struct run_actor *actor =
		this_scratch ? atomic_load_explicit(&this_scratch->calling.actor, memory_order_relaxed) : NULL;

	return actor ? actor->plan->id : NULL;
}

void call_thread_lost(struct scratch *scratch)
{
	const struct run_actor *actor = atomic_load_explicit(&scratch->calling.actor, memory_order_relaxed);

	if (actor)
		fail((struct run_actor *)actor, "fire", -EPROTO,
		     "it has ended the thread that called it (pthread_exit()); a kernel returns to its caller");
}
