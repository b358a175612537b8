/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_TRIAL_CALL_H
#define PEL_TRIAL_CALL_H

#include "guard.h"
#include "trial-model.h"

/* One call of fire() or drain(), and its memory. Each thread has its own. */
struct pel_trial_call {
	struct pel_trial *trial;
	void *state;
	uint64_t *random;
	struct pel_guard in_guard[PEL_HARNESS_PORTS], out_guard[PEL_HARNESS_PORTS];
	const void *in[PEL_HARNESS_PORTS];
	void *out[PEL_HARNESS_PORTS];
	size_t in_tokens[PEL_HARNESS_PORTS], out_tokens[PEL_HARNESS_PORTS], consumed[PEL_HARNESS_PORTS],
		produced[PEL_HARNESS_PORTS];
	size_t in_at[PEL_HARNESS_PORTS]; /* number of the window's first token in the stream */
	size_t fired;
	char message[1200];
	int failed;
};

/* On failure, these functions return a negative errno and set call->message and call->failed. */

/* Report an error. Returns `code`. */
int pel_trial_call_fail(struct pel_trial_call *call, int code, const char *fmt, ...) PEL_PRINTF(3, 4);
/* Returns `r`, the result of `function` of the kernel, or reports that it is neither 0 nor a negative errno. */
int pel_trial_call_returned(struct pel_trial_call *call, const char *function, int r);

/* Place a window of `tokens` tokens: of an input, starting with token `at`; of an output. */
int pel_trial_place_in(struct pel_trial_call *call, unsigned i, size_t at, size_t tokens);
int pel_trial_place_out(struct pel_trial_call *call, unsigned i, size_t tokens);
/* Append `tokens` tokens to an output's stream at token `at`. */
int pel_trial_store(struct pel_trial_call *call, unsigned i, size_t at, const void *data, size_t tokens);

/* Call fire(), or drain(), with the placed windows, and check what it did. Returns the kernel's result. */
int pel_trial_fire(struct pel_trial_call *call, uint64_t first, size_t firings, bool drain);
/* Place windows for a kernel without `*` ports, call it, and store its outputs. Returns the result of fire(); call->fired firings were done. */
int pel_trial_fire_static(struct pel_trial_call *call, uint64_t first, size_t firings);
/* Save the state, and restore it into a new one, as after the loss of a device. */
int pel_trial_renew_state(struct pel_trial_call *call);
void pel_trial_call_fini(struct pel_trial_call *call);

static inline struct pel_harness_port *pel_trial_in(const struct pel_trial_call *call, unsigned i)
{
	return &call->trial->harness->ports[i];
}

static inline struct pel_harness_port *pel_trial_out(const struct pel_trial_call *call, unsigned i)
{
	return &call->trial->harness->ports[call->trial->harness->n_in + i];
}

#endif
