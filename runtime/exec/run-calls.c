/* SPDX-License-Identifier: Apache-2.0 */
#include <pelton/run.h>
#include "clock.h"
#include "run-state.h"

/* Reports which actors are in a call of their kernels. */

static void add_call(const struct pel_scratch *scratch, uint64_t now, struct pel_run_call *calls,
		     size_t n_calls, size_t *n)
{
	const struct pel_run_actor *actor = atomic_load_explicit(&scratch->calling.actor, memory_order_relaxed);
	uint64_t since = atomic_load_explicit(&scratch->calling.since_ns, memory_order_relaxed);
	double seconds = now > since ? (double)(now - since) / 1e9 : 0;
	size_t at = *n < n_calls ? *n : n_calls;

	if (!actor)
		return;
	++*n;
	/* The longest call first; if the array is full, the shortest is left out. */
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
	uint64_t now = pel_now_ns();
	size_t n = 0;

	for (uint32_t i = 0; i < run->scheduler.n_workers + run->scheduler.n_own; i++)
		add_call(&run->scratches[i], now, calls, n_calls, &n);
	return n;
}
