/* SPDX-License-Identifier: Apache-2.0 */
#include "trial-call.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "window.h"

int pel_trial_call_fail(struct pel_trial_call *call, int code, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(call->message, sizeof(call->message), fmt, ap);
	va_end(ap);
	call->failed = code;
	return code;
}

int pel_trial_call_returned(struct pel_trial_call *call, const char *function, int r)
{
	char text[128];

	return pel_kernel_result_ok(r, false)
		       ? r
		       : pel_trial_call_fail(call, -EINVAL, "%s",
					     pel_kernel_result_text(function, r, false, NULL, text,
								    sizeof(text)));
}

/* ---- windows ---- */

int pel_trial_place_in(struct pel_trial_call *call, unsigned i, size_t at, size_t tokens)
{
	call->in[i] = pel_window_in(&call->in_guard[i], pel_trial_in(call, i), at, tokens, call->random);
	call->in_tokens[i] = tokens;
	call->in_at[i] = at;
	return call->in[i] ? 0 : pel_trial_call_fail(call, -ENOMEM, "out of memory");
}

int pel_trial_place_out(struct pel_trial_call *call, unsigned i, size_t tokens)
{
	call->out[i] = pel_window_out(&call->out_guard[i], pel_trial_out(call, i), tokens, call->random);
	call->out_tokens[i] = tokens;
	return call->out[i] ? 0 : pel_trial_call_fail(call, -ENOMEM, "out of memory");
}

static bool in_unchanged(const struct pel_trial_call *call, unsigned i)
{
	const struct pel_harness_port *port = pel_trial_in(call, i);
	size_t bytes = port->token_bytes;

	return pel_guard_intact(&call->in_guard[i]) &&
	       memcmp(call->in[i], port->data + call->in_at[i] * bytes, call->in_tokens[i] * bytes) == 0;
}

int pel_trial_store(struct pel_trial_call *call, unsigned i, size_t at, const void *data, size_t tokens)
{
	struct pel_trial_stream *stream = &call->trial->out[i];
	size_t bytes = pel_trial_out(call, i)->token_bytes;

	if (pel_grow(&stream->data, &stream->capacity, (at + tokens) * bytes, 1) < 0)
		return pel_trial_call_fail(call, -ENOMEM, "out of memory");
	if (tokens)
		memcpy(stream->data + at * bytes, data, tokens * bytes);
	return 0;
}

/* ---- calls ---- */

static int check_call(struct pel_trial_call *call, int r)
{
	struct pel_harness *harness = call->trial->harness;

	for (unsigned i = 0; i < harness->n_in; i++)
		if (call->in[i] && !in_unchanged(call, i))
			return pel_trial_call_fail(call, -EINVAL,
						   "it wrote to the window of input '%s', or next to it",
						   pel_trial_in(call, i)->name);
	for (unsigned i = 0; i < harness->n_out; i++)
		if (call->out[i] && !pel_guard_intact(&call->out_guard[i]))
			return pel_trial_call_fail(call, -EINVAL, "it wrote outside the window of output '%s'",
						   pel_trial_out(call, i)->name);
	if (r < 0) {
		const char *message = pel_fire_message();

		return pel_trial_call_fail(call, r, "%s", message[0] ? message : strerror(-r));
	}
	if (r != 0 && r != PEL_END)
		return pel_trial_call_fail(call, -EINVAL,
					   "it returned %d; it may return 0, PEL_END or a negative errno", r);
	for (unsigned i = 0; i < harness->n_in; i++)
		if (pel_trial_in(call, i)->dynamic && call->consumed[i] > call->in_tokens[i] &&
		    call->consumed[i] != PEL_MORE)
			return pel_trial_call_fail(call, -EINVAL,
						   "it took %zu token%s of input '%s', which had %zu",
						   call->consumed[i], pel_s(call->consumed[i]),
						   pel_trial_in(call, i)->name, call->in_tokens[i]);
	for (unsigned i = 0; i < harness->n_out; i++)
		if (pel_trial_out(call, i)->dynamic && call->produced[i] > call->out_tokens[i] &&
		    call->produced[i] != PEL_MORE)
			return pel_trial_call_fail(
				call, -EINVAL, "it wrote %zu token%s to output '%s', which had room for %zu",
				call->produced[i], pel_s(call->produced[i]), pel_trial_out(call, i)->name,
				call->out_tokens[i]);
	return r;
}

int pel_trial_fire(struct pel_trial_call *call, uint64_t first, size_t firings, bool drain)
{
	const struct pel_kernel *kernel = call->trial->harness->kernel;
	struct pel_io io = { call->in,	     call->out,	     call->in_tokens, call->out_tokens,
			     call->consumed, call->produced, &call->fired,    first };
	int r;

	memset(call->consumed, 0, sizeof(call->consumed));
	memset(call->produced, 0, sizeof(call->produced));
	call->fired = firings;
	pel_fire_reset();
	r = drain ? kernel->drain(call->state, &io) : kernel->fire(call->state, &io, firings);
	r = check_call(call, r);
	if (r >= 0 && call->fired > firings)
		return pel_trial_call_fail(call, -EINVAL, "it says that it did %zu firing%s of %zu",
					   call->fired, pel_s(call->fired), firings);
	if (r == 0 && call->fired != firings)
		return pel_trial_call_fail(call, -EINVAL,
					   "it returned 0, but says that it did %zu firing%s of %zu",
					   call->fired, pel_s(call->fired), firings);
	return r;
}

int pel_trial_fire_static(struct pel_trial_call *call, uint64_t first, size_t firings)
{
	struct pel_harness *harness = call->trial->harness;
	int r, stored;

	for (unsigned i = 0; i < harness->n_in; i++) {
		uint64_t at = pel_harness_tokens(pel_trial_in(call, i), first);

		if (pel_trial_in(call, i)->connected &&
		    (r = pel_trial_place_in(
			     call, i, at, pel_harness_tokens(pel_trial_in(call, i), first + firings) - at)) < 0)
			return r;
	}
	for (unsigned i = 0; i < harness->n_out; i++) {
		uint64_t at = pel_harness_tokens(pel_trial_out(call, i), first);

		if (pel_trial_out(call, i)->connected &&
		    (r = pel_trial_place_out(
			     call, i, pel_harness_tokens(pel_trial_out(call, i), first + firings) - at)) < 0)
			return r;
	}
	if ((r = pel_trial_fire(call, first, firings, false)) < 0)
		return r;
	for (unsigned i = 0; i < harness->n_out; i++) {
		uint64_t at = pel_harness_tokens(pel_trial_out(call, i), first);

		if (pel_trial_out(call, i)->connected &&
		    (stored = pel_trial_store(call, i, at, call->out[i],
					      pel_harness_tokens(pel_trial_out(call, i), first + call->fired) -
						      at)) < 0)
			return stored;
	}
	return r;
}

/* ---- states ---- */

int pel_trial_renew_state(struct pel_trial_call *call)
{
	struct pel_trial *trial = call->trial;
	const struct pel_kernel *kernel = trial->harness->kernel;
	void *data = NULL;
	size_t bytes = 0;
	int r = kernel->save(call->state, &data, &bytes);

	if (pel_trial_call_returned(call, "save", r) != r)
		return -EINVAL;
	if (r < 0)
		return pel_trial_call_fail(call, r, "save() failed: %s", strerror(-r));
	if (kernel->fini)
		kernel->fini(call->state);
	call->state = NULL;
	r = pel_harness_start(trial->harness, &call->state, NULL, trial->err);
	if (r < 0)
		call->failed = r;
	else if ((r = pel_trial_call_returned(call, "restore", kernel->restore(call->state, data, bytes))) < 0 &&
		 !call->message[0])
		pel_trial_call_fail(call, r, "restore() failed: %s", strerror(-r));
	free(data);
	return r;
}

void pel_trial_call_fini(struct pel_trial_call *call)
{
	for (unsigned i = 0; i < PEL_HARNESS_PORTS; i++) {
		pel_guard_fini(&call->in_guard[i]);
		pel_guard_fini(&call->out_guard[i]);
	}
}
