/* SPDX-License-Identifier: Apache-2.0 */
#include "trial-kinds.h"

#include <errno.h>
#include "random.h"

/* Kernels with `*` ports. */

#define WINDOW_MAX 16 /* tokens of a random `*` window, while the kernel does not ask for more */
#define STUCK_MAX  (1u << 22)

/* The progress of a kernel with `*` ports. */
struct progress {
	size_t taken[PEL_HARNESS_PORTS], written[PEL_HARNESS_PORTS];
	size_t limit; /* on the size of windows, in tokens */
	bool eager;   /* the kernel asked for more: make windows as large as the limit allows */
};

static size_t some(struct pel_trial_call *call, const struct progress *at, size_t least, size_t have)
{
	size_t n = at->limit;

	if (call->random && !at->eager)
		n = least + pel_random(call->random) % (at->limit + 1 - least);
	return n < have ? n : have;
}

/* Place windows. 1: done; 0: the inputs have too few tokens. With several `*` inputs, all windows but one may be empty. */
static int place_dynamic(struct pel_trial_call *call, const struct progress *at, uint64_t firing)
{
	struct pel_trial *trial = call->trial;
	unsigned n_dynamic = 0;
	size_t shown = 0;
	int r;

	for (unsigned i = 0; i < trial->harness->n_in; i++)
		n_dynamic += pel_trial_in(call, i)->connected && pel_trial_in(call, i)->dynamic;
	for (unsigned i = 0; i < trial->harness->n_in; i++) {
		const struct pel_harness_port *port = pel_trial_in(call, i);
		size_t left = trial->in_tokens[i] - at->taken[i], n;

		if (!port->connected)
			continue;
		n = port->dynamic ? some(call, at, n_dynamic > 1 ? 0 : 1, left)
				  : port->rates[firing % port->n_rates];
		if (left < n)
			return 0;
		if ((r = pel_trial_place_in(call, i, at->taken[i], n)) < 0)
			return r;
		shown += port->dynamic ? n : 0;
	}
	if (n_dynamic && !shown)
		return 0;
	for (unsigned i = 0; i < trial->harness->n_out; i++) {
		const struct pel_harness_port *port = pel_trial_out(call, i);
		size_t n = port->dynamic ? some(call, at, 1, SIZE_MAX) : port->rates[firing % port->n_rates];

		if (port->connected && (r = pel_trial_place_out(call, i, n)) < 0)
			return r;
	}
	return 1;
}

/* How many tokens the call consumed from, or produced at, a `*` port. */
static size_t moved_of(size_t counted)
{
	return counted == PEL_MORE ? 0 : counted;
}

/* Add the tokens that the call moved to `at`. Returns whether it moved any, or a negative errno. */
static int take_moved(struct pel_trial_call *call, struct progress *at, bool drain)
{
	struct pel_harness *harness = call->trial->harness;
	bool moved = false;

	for (unsigned i = 0; i < harness->n_in && !drain; i++) {
		size_t n = pel_trial_in(call, i)->dynamic ? moved_of(call->consumed[i])
			   : call->fired		  ? call->in_tokens[i]
							  : 0;

		at->taken[i] += n;
		moved |= n > 0;
	}
	for (unsigned i = 0; i < harness->n_out; i++) {
		size_t n = pel_trial_out(call, i)->dynamic ? moved_of(call->produced[i])
			   : call->fired && !drain	   ? call->out_tokens[i]
							   : 0;

		if (!pel_trial_out(call, i)->connected)
			continue;
		if (pel_trial_store(call, i, at->written[i], call->out[i], n) < 0)
			return call->failed;
		at->written[i] += n;
		moved |= n > 0;
	}
	return moved;
}

/* After a call that moved nothing: does the kernel wait for an input of which it has already seen all tokens? */
static bool waits_in_vain(const struct pel_trial_call *call, const struct progress *at)
{
	const struct pel_trial *trial = call->trial;
	bool named = false, room = false;

	for (unsigned i = 0; i < trial->harness->n_in; i++)
		named |= pel_trial_in(call, i)->dynamic && call->consumed[i] == PEL_MORE;
	for (unsigned i = 0; i < trial->harness->n_out; i++)
		room |= pel_trial_out(call, i)->dynamic && call->produced[i] == PEL_MORE;
	for (unsigned i = 0; i < trial->harness->n_in; i++)
		if (pel_trial_in(call, i)->connected && pel_trial_in(call, i)->dynamic &&
		    (named ? call->consumed[i] == PEL_MORE : !room) &&
		    call->in_tokens[i] == trial->in_tokens[i] - at->taken[i])
			return true;
	return false;
}

static int drain(struct pel_trial_call *call, struct progress *at)
{
	struct pel_harness *harness = call->trial->harness;
	int r, moved;

	for (unsigned i = 0; i < harness->n_in; i++) {
		call->in[i] = NULL;
		call->in_tokens[i] = 0;
	}
	do {
		for (unsigned i = 0; i < harness->n_out; i++)
			if (pel_trial_out(call, i)->connected &&
			    (r = pel_trial_place_out(call, i, some(call, at, 1, SIZE_MAX))) < 0)
				return r;
		if ((r = pel_trial_fire(call, 0, 0, true)) < 0)
			return r;
		if ((moved = take_moved(call, at, true)) < 0)
			return moved;
		if (r == 0 && !moved)
			return pel_trial_call_fail(
				call, -EINVAL,
				"drain() returned 0 without writing anything, so it would never end");
	} while (r != PEL_END);
	return 0;
}

int pel_trial_dynamic(struct pel_trial_call *call)
{
	struct pel_trial *trial = call->trial;
	size_t usual = call->random ? WINDOW_MAX : 1;
	struct progress at = { .limit = usual };
	bool ended = false;
	int r, moved;

	for (trial->firings = 0; !ended && (!trial->max_firings || trial->firings < trial->max_firings);
	     trial->firings++) {
		if ((r = place_dynamic(call, &at, trial->firings)) < 0)
			return r;
		if (r == 0 && at.eager)
			break;
		if (r == 0) { /* perhaps only because random windows were empty */
			at.eager = true;
			continue;
		}
		if (trial->save && pel_random(call->random) % 3 == 0 && (r = pel_trial_renew_state(call)) < 0)
			return r;
		if ((r = pel_trial_fire(call, trial->firings, 1, false)) < 0)
			return r;
		if ((moved = take_moved(call, &at, false)) < 0)
			return moved;
		ended = r == PEL_END;
		trial->firings += ended ? call->fired : (size_t)moved;
		at.eager = !moved;
		if (moved)
			at.limit = usual;
		else if (!ended && waits_in_vain(call, &at))
			break;
		else if (!ended && (at.limit *= 2) > STUCK_MAX)
			return pel_trial_call_fail(call, -EINVAL,
						   "it moved no tokens, even with the largest windows");
	}
	at.limit = usual;
	at.eager = false;
	if (!ended && trial->harness->kernel->drain && (r = drain(call, &at)) < 0)
		return r;
	for (unsigned i = 0; i < trial->harness->n_out; i++)
		trial->out[i].tokens = at.written[i];
	return 0;
}
