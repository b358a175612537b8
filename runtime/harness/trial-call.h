/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_TRIAL_CALL_H
#define PEL_TRIAL_CALL_H

#include "guard.h"
#include "trial-model.h"

/* One call of fire() or drain(), and the memory it works in. A thread has its own. */
struct pel_trial_call {
	struct pel_trial *trial;
	void *state;
	uint64_t *random;
	struct pel_guard in_guard[PEL_HARNESS_PORTS], out_guard[PEL_HARNESS_PORTS];
	const void *in[PEL_HARNESS_PORTS];
	void *out[PEL_HARNESS_PORTS];
	size_t in_tokens[PEL_HARNESS_PORTS], out_tokens[PEL_HARNESS_PORTS], consumed[PEL_HARNESS_PORTS],
		produced[PEL_HARNESS_PORTS];
	size_t in_at[PEL_HARNESS_PORTS]; /* tokens before the window */
	size_t fired;
	char message[1200];
	int failed;
};

/* Functions here return a negative errno where something is wrong, which call->message and call->failed then tell. */

/* Something is wrong. Returns `code`. */
int pel_trial_call_fail(struct pel_trial_call *call, int code, const char *fmt, ...) PEL_PRINTF(3, 4);
/* `r`, returned by `function` of the kernel, unless it is neither 0 nor an errno. */
int pel_trial_call_returned(struct pel_trial_call *call, const char *function, int r);

/* A window of `tokens` of an input from token number `at`; of an output. */
int pel_trial_place_in(struct pel_trial_call *call, unsigned i, size_t at, size_t tokens);
int pel_trial_place_out(struct pel_trial_call *call, unsigned i, size_t tokens);
/* Write `tokens` at place `at` of an output's stream. */
int pel_trial_store(struct pel_trial_call *call, unsigned i, size_t at, const void *data, size_t tokens);

/* Call fire(), or drain(), with the windows as they are placed, and look at what it did. Returns as the kernel does. */
int pel_trial_fire(struct pel_trial_call *call, uint64_t first, size_t firings, bool drain);
/* A call of a kernel without `*` ports, windows and all. Returns as fire() does; call->fired firings were done. */
int pel_trial_fire_static(struct pel_trial_call *call, uint64_t first, size_t firings);
/* Put the state away and take it up again in a new one, as after the loss of a device. */
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
