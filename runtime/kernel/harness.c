/* SPDX-License-Identifier: Apache-2.0 */
#include <pelton/harness.h>

#include <errno.h>
#include <string.h>
#include "rig.h"

static void plain_run(struct pel_rig_run *run, struct pel_rig *rig, struct pel_error *err)
{
	memset(run, 0, sizeof(*run));
	run->rig = rig;
	run->err = err;
	run->max_firings = rig->test->max_firings;
	for (unsigned i = 0; i < rig->n_in; i++)
		if (rig->ports[i].connected)
			run->in_tokens[i] = rig->test->in[i].tokens;
}

/* ---- pel_harness_run() ---- */

static int make_result(struct pel_rig_run *run, struct pel_harness_result **ret)
{
	struct pel_rig *rig = run->rig;
	struct pel_harness_result *result = pel_calloc(1, sizeof(*result));

	if (!result || !(result->out = pel_calloc(rig->n_out, sizeof(*result->out)))) {
		pel_free(result);
		return -ENOMEM;
	}
	result->n_out = rig->n_out;
	for (unsigned i = 0; i < rig->n_out; i++) {
		const struct pel_rig_port *port = &rig->ports[rig->n_in + i];

		result->out[i] = (struct pel_harness_output){ port->name, port->type, run->out[i].tokens,
							      run->out[i].data };
		run->out[i].data = NULL;
	}
	result->firings = run->firings;
	result->expected_firings = run->expected_firings;
	result->results = run->results.items;
	result->n_results = run->results.count;
	result->warnings = run->results.warnings;
	result->n_warnings = run->results.n_warnings;
	run->results = (struct pel_results){ 0 };
	*ret = result;
	return 0;
}

int pel_harness_run(const struct pel_harness_case *test, struct pel_harness_result **ret, struct pel_error *err)
{
	struct pel_rig_run run;
	struct pel_rig rig;
	int r = pel_rig_init(&rig, test, err);

	if (r == 0) {
		plain_run(&run, &rig, err);
		run.batch = test->batch;
		r = pel_rig_run(&run);
		if (r >= 0 && (r = make_result(&run, ret)) < 0)
			pel_nomem(err);
		pel_rig_run_fini(&run);
	}
	pel_rig_fini(&rig);
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

/* ---- pel_harness_check(): in the child ---- */

static int differ(struct pel_error *err, const char *fmt, ...) PEL_PRINTF(2, 3);

static int differ(struct pel_error *err, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	pel_vfail(err, -EINVAL, (struct pel_place){ 0 }, fmt, ap);
	va_end(ap);
	return -EINVAL;
}

static int compare_streams(const struct pel_rig_run *a, const struct pel_rig_run *b)
{
	const struct pel_rig *rig = a->rig;

	for (unsigned i = 0; i < rig->n_out; i++) {
		const struct pel_rig_port *port = &rig->ports[rig->n_in + i];
		const struct pel_rig_stream *x = &a->out[i], *y = &b->out[i];

		if (x->tokens != y->tokens)
			return differ(b->err, "output '%s' has %zu tokens; with one firing a call it has %zu",
				      port->name, y->tokens, x->tokens);
		for (size_t at = 0; at < x->tokens * port->token_bytes; at++)
			if (x->data[at] != y->data[at])
				return differ(
					b->err,
					"token %zu of output '%s' has 0x%02x at byte %zu; with one firing a call it has 0x%02x%s",
					at / port->token_bytes, port->name, y->data[at], at % port->token_bytes,
					x->data[at], pel_rig_about_nans(port, y->data, x->data, at));
	}
	return 0;
}

static bool same_result(const struct pel_result *a, const struct pel_result *b)
{
	if (strcmp(a->name, b->name) != 0 || a->kind != b->kind)
		return false;
	if (a->kind == PEL_RESULT_STRING)
		return strcmp(a->string, b->string) == 0;
	return a->kind == PEL_RESULT_U64 ? a->u64 == b->u64 : memcmp(&a->f64, &b->f64, sizeof(a->f64)) == 0;
}

static int compare_results(const struct pel_rig_run *a, const struct pel_rig_run *b)
{
	if (a->results.count != b->results.count)
		return differ(b->err, "it reports %zu results; with one firing a call it reports %zu",
			      b->results.count, a->results.count);
	for (size_t i = 0; i < a->results.count; i++)
		if (!same_result(&a->results.items[i], &b->results.items[i]))
			return differ(b->err, "result '%s' is not that of one firing a call",
				      a->results.items[i].name);
	return 0;
}

/* Run `run` otherwise than `reference` was run, and compare. */
static int run_and_compare(const struct pel_rig_run *reference, struct pel_rig_run *run)
{
	int r = pel_rig_run(run);

	if (r >= 0 && (r = compare_streams(reference, run)) == 0)
		r = compare_results(reference, run);
	pel_rig_run_fini(run);
	return r;
}

static void like(struct pel_rig_run *run, const struct pel_rig_run *reference, uint64_t *random)
{
	plain_run(run, reference->rig, reference->err);
	memcpy(run->in_tokens, reference->in_tokens, sizeof(run->in_tokens));
	run->random = random;
}

/* What all else in this round is compared with. */
static int run_reference(struct pel_rig_run *reference, struct pel_rig *rig, struct pel_rig_report *report,
			 uint64_t *random, struct pel_error *err)
{
	bool sprinkled = pel_rig_new_tokens(rig, random);
	int r;

	plain_run(reference, rig, sprinkled ? NULL : err);
	for (unsigned i = 0; i < rig->n_in; i++)
		if (pel_rig_random(random) % 2)
			reference->in_tokens[i] = pel_rig_random(random) % (reference->in_tokens[i] + 1);
	pel_rig_now(report, "one firing a call", pel_rig_choose_cpu(rig, random));
	r = pel_rig_run(reference);
	if (r >= 0 || !sprinkled) {
		reference->err = err;
		return r;
	}
	/* It may refuse such tokens, but not those of the case. */
	pel_rig_run_fini(reference);
	pel_rig_given_tokens(rig);
	plain_run(reference, rig, err);
	return pel_rig_run(reference);
}

static int one_round(struct pel_rig *rig, struct pel_rig_report *report, uint64_t *random, struct pel_error *err)
{
	static struct pel_rig_run reference, run; /* large, and the child has one thread here */
	int r = run_reference(&reference, rig, report, random, err);

	if (r < 0)
		return r;
	pel_rig_now(report, "random batches", pel_rig_choose_cpu(rig, random));
	like(&run, &reference, random);
	r = run_and_compare(&reference, &run);
	if (r == 0 && rig->kernel->save) {
		pel_rig_now(report, "state saved and restored", pel_rig_choose_cpu(rig, random));
		like(&run, &reference, random);
		run.save = true;
		r = run_and_compare(&reference, &run);
	}
	if (r == 0 && (rig->kernel->flags & PEL_KERNEL_STATELESS) && !rig->dynamic && reference.firings) {
		pel_rig_now(report, "random order, 3 threads", pel_rig_choose_cpu(rig, random));
		like(&run, &reference, random);
		run.shuffle = reference.firings;
		run.threads = 3;
		r = run_and_compare(&reference, &run);
	}
	if (r == 0)
		r = pel_rig_place(&reference, report, random);
	pel_rig_run_fini(&reference);
	return r;
}

struct rounds {
	const struct pel_harness_case *test;
	unsigned rounds;
	uint64_t seed;
};

static int all_rounds(void *context, struct pel_rig_report *report, struct pel_error *err)
{
	const struct rounds *what = context;
	uint64_t random = what->seed;
	struct pel_rig rig;
	int r = pel_rig_init(&rig, what->test, err);

	for (report->round = 1; r == 0 && report->round <= what->rounds; report->round++)
		if ((r = one_round(&rig, report, &random, err)) < 0)
			break;
	pel_rig_fini(&rig);
	return r;
}

int pel_harness_check(const struct pel_harness_case *test, unsigned rounds, uint64_t seed, struct pel_error *err)
{
	struct rounds what = { test, rounds, seed };

	return pel_rig_in_child(test->kernel, all_rounds, &what, err);
}
