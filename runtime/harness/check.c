/* SPDX-License-Identifier: Apache-2.0 */
#include <pelton/harness.h>

#include <errno.h>
#include <string.h>
#include "child.h"
#include "in-place.h"
#include "random.h"
#include "tokens.h"
#include "trial.h"

/* pel_harness_check(). All functions but the last one run in the child process. */

static int differ(struct pel_error *err, const char *fmt, ...) PEL_PRINTF(2, 3);

static int differ(struct pel_error *err, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	pel_vfail(err, -EINVAL, (struct pel_place){ 0 }, fmt, ap);
	va_end(ap);
	return -EINVAL;
}

static int compare_streams(const struct pel_trial *a, const struct pel_trial *b)
{
	const struct pel_harness *harness = a->harness;

	for (unsigned i = 0; i < harness->n_out; i++) {
		const struct pel_harness_port *port = &harness->ports[harness->n_in + i];
		const struct pel_trial_stream *x = &a->out[i], *y = &b->out[i];

		if (x->tokens != y->tokens)
			return differ(b->err,
				      "output '%s' has %zu token%s; with one firing per call it has %zu",
				      port->name, y->tokens, pel_s(y->tokens), x->tokens);
		for (size_t at = 0; at < x->tokens * port->token_bytes; at++)
			if (x->data[at] != y->data[at])
				return differ(
					b->err,
					"token %zu of output '%s' has 0x%02x at byte %zu; with one firing per call it has 0x%02x%s",
					at / port->token_bytes, port->name, y->data[at], at % port->token_bytes,
					x->data[at], pel_harness_about_nans(port, y->data, x->data, at));
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

static int compare_results(const struct pel_trial *a, const struct pel_trial *b)
{
	if (a->results.count != b->results.count)
		return differ(b->err, "it reports %zu result%s; with one firing per call it reports %zu",
			      b->results.count, pel_s(b->results.count), a->results.count);
	for (size_t i = 0; i < a->results.count; i++)
		if (!same_result(&a->results.items[i], &b->results.items[i]))
			return differ(b->err, "result '%s' differs from that with one firing per call",
				      a->results.items[i].name);
	return 0;
}

/* Execute `trial` and compare it with `reference`. */
static int run_and_compare(const struct pel_trial *reference, struct pel_trial *trial)
{
	int r = pel_trial_run(trial);

	if (r >= 0 && (r = compare_streams(reference, trial)) == 0)
		r = compare_results(reference, trial);
	pel_trial_fini(trial);
	return r;
}

static void prepare(struct pel_trial *trial, const struct pel_trial *reference, uint64_t *random)
{
	pel_trial_init(trial, reference->harness, reference->err);
	memcpy(trial->in_tokens, reference->in_tokens, sizeof(trial->in_tokens));
	trial->random = random;
}

/* Make the execution that the others of this round are compared with. */
static int run_reference(struct pel_trial *reference, struct pel_harness *harness,
			 struct pel_child_report *report, uint64_t *random, struct pel_error *err)
{
	bool sprinkled = pel_harness_new_tokens(harness, random);
	int r;

	pel_trial_init(reference, harness, sprinkled ? NULL : err);
	for (unsigned i = 0; i < harness->n_in; i++)
		if (pel_random(random) % 2)
			reference->in_tokens[i] = pel_random(random) % (reference->in_tokens[i] + 1);
	pel_child_now(report, "one firing per call", pel_harness_choose_cpu(harness, random));
	r = pel_trial_run(reference);
	if (r >= 0 || !sprinkled) {
		reference->err = err;
		return r;
	}
	/* The kernel may refuse tokens with NaNs and the like mixed in, but not those of the case. */
	pel_trial_fini(reference);
	pel_harness_given_tokens(harness);
	pel_trial_init(reference, harness, err);
	return pel_trial_run(reference);
}

static int one_round(struct pel_harness *harness, struct pel_child_report *report, uint64_t *random,
		     struct pel_error *err)
{
	static struct pel_trial reference,
		trial; /* static because they are large; the child has one thread here */
	int r = run_reference(&reference, harness, report, random, err);

	if (r < 0)
		return r;
	pel_child_now(report, "random batches", pel_harness_choose_cpu(harness, random));
	prepare(&trial, &reference, random);
	r = run_and_compare(&reference, &trial);
	if (r == 0 && harness->kernel->save) {
		pel_child_now(report, "state saved and restored", pel_harness_choose_cpu(harness, random));
		prepare(&trial, &reference, random);
		trial.save = true;
		r = run_and_compare(&reference, &trial);
	}
	if (r == 0 && (harness->kernel->flags & PEL_KERNEL_STATELESS) && !harness->dynamic &&
	    reference.firings) {
		pel_child_now(report, "random order, 3 threads", pel_harness_choose_cpu(harness, random));
		prepare(&trial, &reference, random);
		trial.shuffle = reference.firings;
		trial.threads = 3;
		r = run_and_compare(&reference, &trial);
	}
	if (r == 0)
		r = pel_in_place_check(&reference, report, random);
	pel_trial_fini(&reference);
	return r;
}

struct rounds {
	const struct pel_harness_case *test;
	unsigned rounds;
	uint64_t seed;
};

static int all_rounds(void *context, struct pel_child_report *report, struct pel_error *err)
{
	const struct rounds *what = context;
	uint64_t random = what->seed;
	struct pel_harness harness;
	int r = pel_harness_init(&harness, what->test, err);

	for (report->round = 1; r == 0 && report->round <= what->rounds; report->round++)
		if ((r = one_round(&harness, report, &random, err)) < 0)
			break;
	pel_harness_fini(&harness);
	return r;
}

int pel_harness_check(const struct pel_harness_case *test, unsigned rounds, uint64_t seed, struct pel_error *err)
{
	struct pel_harness_case known;
	struct rounds what = { &known, rounds, seed };
	int r = pel_harness_take(&known, test, err);

	return r < 0 ? r : pel_child_run(known.kernel, all_rounds, &what, err);
}
