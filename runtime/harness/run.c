/* SPDX-License-Identifier: Apache-2.0 */
#include <pelton/harness.h>

#include <errno.h>
#include "trial.h"

/* pel_harness_run() */

/* A result and the memory that it uses. */
struct made {
	struct pel_harness_result result;
	struct pel_results results;
	struct pel_arena arena;
};

static int fill(struct made *made, struct pel_trial *trial)
{
	struct pel_harness *harness = trial->harness;
	struct pel_harness_result *result = &made->result;

	made->results = trial->results;
	trial->results = (struct pel_results){ 0 };
	result->out = pel_arena_sized(&made->arena, harness->n_out, sizeof(**result->out));
	result->results = pel_arena_array(&made->arena, made->results.count, sizeof(*result->results));
	if (!result->out || !result->results)
		return -ENOMEM;
	for (; result->n_out < harness->n_out; result->n_out++) {
		const struct pel_harness_port *port = &harness->ports[harness->n_in + result->n_out];
		struct pel_harness_output *out = result->out[result->n_out];

		*out = (struct pel_harness_output){ sizeof(*out), port->name, port->type,
						    trial->out[result->n_out].tokens,
						    trial->out[result->n_out].data };
		trial->out[result->n_out].data = NULL;
	}
	for (; result->n_results < made->results.count; result->n_results++)
		result->results[result->n_results] = &made->results.items[result->n_results];
	result->warnings = made->results.warnings;
	result->n_warnings = made->results.n_warnings;
	return 0;
}

static int make_result(struct pel_trial *trial, struct pel_harness_result **ret)
{
	struct made *made = pel_calloc(1, sizeof(*made));

	if (!made)
		return -ENOMEM;
	made->result.size = sizeof(made->result);
	made->result.firings = trial->firings;
	made->result.expected_firings = trial->expected_firings;
	if (fill(made, trial) < 0) {
		pel_harness_result_destroy(&made->result);
		return -ENOMEM;
	}
	*ret = &made->result;
	return 0;
}

int pel_harness_run(const struct pel_harness_case *test, struct pel_harness_result **ret, struct pel_error *err)
{
	struct pel_harness_case known;
	struct pel_harness harness;
	struct pel_trial trial;
	int r = pel_harness_take(&known, test, err);

	if (r < 0)
		return r;
	r = pel_harness_init(&harness, &known, err);
	if (r == 0) {
		pel_trial_init(&trial, &harness, err);
		trial.batch = known.batch;
		r = pel_trial_run(&trial);
		if (r >= 0 && (r = make_result(&trial, ret)) < 0)
			pel_nomem(err);
		pel_trial_fini(&trial);
	}
	pel_harness_fini(&harness);
	return r;
}

void pel_harness_result_destroy(struct pel_harness_result *result)
{
	struct made *made = (struct made *)result; /* `result` is its first member */

	if (!result)
		return;
	for (size_t i = 0; i < result->n_out; i++)
		pel_free(result->out[i]->data);
	pel_results_fini(&made->results);
	pel_arena_fini(&made->arena);
	pel_free(made);
}
