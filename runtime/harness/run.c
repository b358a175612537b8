/* SPDX-License-Identifier: Apache-2.0 */
#include <pelton/harness.h>

#include <errno.h>
#include "sized-options.h"
#include "trial.h"

/* pel_harness_run() */

static int make_result(struct pel_trial *trial, struct pel_harness_result **ret)
{
	struct pel_harness *harness = trial->harness;
	struct pel_harness_result *result = pel_calloc(1, sizeof(*result));

	if (!result || !(result->out = pel_calloc(harness->n_out, sizeof(*result->out)))) {
		pel_free(result);
		return -ENOMEM;
	}
	result->n_out = harness->n_out;
	for (unsigned i = 0; i < harness->n_out; i++) {
		const struct pel_harness_port *port = &harness->ports[harness->n_in + i];

		result->out[i] = (struct pel_harness_output){ port->name, port->type, trial->out[i].tokens,
							      trial->out[i].data };
		trial->out[i].data = NULL;
	}
	result->firings = trial->firings;
	result->expected_firings = trial->expected_firings;
	result->results = trial->results.items;
	result->n_results = trial->results.count;
	result->warnings = trial->results.warnings;
	result->n_warnings = trial->results.n_warnings;
	trial->results = (struct pel_results){ 0 };
	*ret = result;
	return 0;
}

int pel_harness_run(const struct pel_harness_case *test, struct pel_harness_result **ret, struct pel_error *err)
{
	struct pel_harness_case known;
	struct pel_harness harness;
	struct pel_trial trial;
	int r = PEL_OPTIONS_TAKE(pel_harness_case, &known, test, err);

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
	struct pel_results results;

	if (!result)
		return;
	for (size_t i = 0; i < result->n_out; i++)
		pel_free(result->out[i].data);
	results = (struct pel_results){ .items = result->results,
					.count = result->n_results,
					.warnings = result->warnings,
					.n_warnings = result->n_warnings };
	pel_results_fini(&results);
	pel_free(result->out);
	pel_free(result);
}
