/* SPDX-License-Identifier: Apache-2.0 */
#include "trial.h"

#include <errno.h>
#include <string.h>
#include "random.h"
#include "trial-call.h"
#include "trial-kinds.h"

void pel_trial_init(struct pel_trial *trial, struct pel_harness *harness, struct pel_error *err)
{
	memset(trial, 0, sizeof(*trial));
	trial->harness = harness;
	trial->err = err;
	trial->max_firings = harness->test->max_firings;
	for (unsigned i = 0; i < harness->n_in; i++)
		if (harness->ports[i].connected)
			trial->in_tokens[i] = harness->test->in[i].tokens;
}

static uint64_t firings_possible(const struct pel_trial *trial)
{
	uint64_t most = trial->max_firings ? trial->max_firings : UINT64_MAX;

	for (unsigned i = 0; i < trial->harness->n_in; i++) {
		const struct pel_harness_port *port = &trial->harness->ports[i];
		uint64_t cycle, n;

		if (!port->connected)
			continue;
		cycle = pel_harness_tokens(port, port->n_rates);
		for (n = trial->in_tokens[i] / cycle * port->n_rates;
		     pel_harness_tokens(port, n + 1) <= trial->in_tokens[i];)
			n++;
		most = n < most ? n : most;
	}
	return most;
}

static int run_in_order(struct pel_trial_call *call)
{
	struct pel_trial *trial = call->trial;
	uint64_t possible = firings_possible(trial), first = 0;
	int r = 0;

	while (first < possible && r != PEL_END) {
		size_t firings = call->random	? 1 + pel_random(call->random) % PEL_TRIAL_BATCH
				 : trial->batch ? trial->batch
						: 1;

		if (call->random && possible != UINT64_MAX && pel_random(call->random) % 8 == 0)
			firings = SIZE_MAX; /* the longest window possible */
		if (firings > possible - first)
			firings = (size_t)(possible - first);
		if (trial->save && pel_random(call->random) % 3 == 0 && (r = pel_trial_renew_state(call)) < 0)
			return r;
		if ((r = pel_trial_fire_static(call, first, firings)) < 0)
			return r;
		first += call->fired;
	}
	trial->firings = first;
	return 0;
}

static int finish(struct pel_trial_call *call)
{
	const struct pel_kernel *kernel = call->trial->harness->kernel;
	int r;

	if (!kernel->finish)
		return 0;
	pel_fire_reset();
	r = pel_trial_call_returned(call, "finish", kernel->finish(call->state, &call->trial->results));
	if (r < 0 && !call->message[0])
		return pel_trial_call_fail(call, r, "%s",
					   pel_fire_message()[0] ? pel_fire_message() : strerror(-r));
	if (r < 0)
		return r;
	return call->trial->results.failed ? pel_trial_call_fail(call, -ENOMEM, "out of memory") : 0;
}

int pel_trial_run(struct pel_trial *trial)
{
	struct pel_harness *harness = trial->harness;
	struct pel_trial_call *call = pel_calloc(1, sizeof(*call));
	int r;

	if (!call)
		return pel_nomem(trial->err);
	call->trial = trial;
	call->random = trial->random;
	if ((r = pel_harness_start(harness, &call->state, &trial->expected_firings, trial->err)) < 0) {
		pel_free(call);
		return r;
	}
	r = harness->dynamic ? pel_trial_dynamic(call)
	    : trial->shuffle ? pel_trial_shuffled(call)
			     : run_in_order(call);
	for (unsigned i = 0; i < harness->n_out && !harness->dynamic; i++)
		trial->out[i].tokens = pel_trial_out(call, i)->connected
					       ? pel_harness_tokens(pel_trial_out(call, i), trial->firings)
					       : 0;
	if (r >= 0)
		r = finish(call);
	if (call->message[0])
		pel_fail(trial->err, r, (struct pel_place){ 0 }, "kernel %s: %s", harness->kernel->name,
			 call->message);
	/* There is no state to free if restarting it failed. */
	if (harness->kernel->fini && (call->state || r >= 0))
		harness->kernel->fini(call->state);
	pel_trial_call_fini(call);
	pel_free(call);
	return r;
}

void pel_trial_fini(struct pel_trial *trial)
{
	for (unsigned i = 0; i < PEL_HARNESS_PORTS; i++)
		pel_free(trial->out[i].data);
	memset(trial->out, 0, sizeof(trial->out));
	pel_results_fini(&trial->results);
}
