/* SPDX-License-Identifier: Apache-2.0 */
#include <pelton/harness.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "child.h"
#include "compare-call.h"
#include "random.h"
#include "tokens.h"

/* pel_harness_compare_fpga(): chooses the calls and their firings, and when one implementation takes over from the other. */

#define BATCH_MAX   40
#define FIRINGS_MAX 64 /* of a kernel without inputs, if the case sets no limit */

/* ---- checking the implementation's arguments ---- */

static int check_port_arg(struct pel_comparison *c, const struct pel_fpga_arg *arg)
{
	bool in = arg->kind == PEL_FPGA_IN;
	unsigned n = in ? c->harness.n_in : c->harness.n_out;

	if (arg->port >= n)
		return pel_compare_fail(c, -EINVAL, "argument '%s' is for %s number %u, and there are %u",
					arg->name, in ? "input" : "output", arg->port, n);
	if (!(in ? pel_compare_in(c, arg->port) : pel_compare_out(c, arg->port))->connected)
		return pel_compare_fail(
			c, -EINVAL, "argument '%s' is for %s '%s', which is not connected", arg->name,
			in ? "input" : "output",
			(in ? pel_compare_in(c, arg->port) : pel_compare_out(c, arg->port))->name);
	return 0;
}

static int check_implementation(struct pel_comparison *c)
{
	const struct pel_kernel *kernel = c->harness.kernel;
	struct pel_harness_arg unused = { 0 };
	int r = 0;

	if (c->fpga.n_args > PEL_COMPARE_ARGS)
		return pel_compare_fail(c, -EINVAL, "the FPGA implementation has %zu arguments; it may have %d",
					c->fpga.n_args, PEL_COMPARE_ARGS);
	for (unsigned i = 0; i < c->harness.n_in + c->harness.n_out; i++)
		if (c->harness.ports[i].dynamic || c->harness.ports[i].n_rates != 1)
			return pel_compare_fail(
				c, -EINVAL,
				"an FPGA implementation needs constant rates, but the rate of port '%s' is not constant",
				c->harness.ports[i].name);
	for (size_t i = 0; i < c->fpga.n_args && r == 0; i++) {
		const struct pel_fpga_arg *arg = &c->fpga.args[i];

		if (arg->kind == PEL_FPGA_SCALAR)
			r = pel_compare_scalar(c, arg, 1, &unused);
		else if (arg->kind == PEL_FPGA_IN || arg->kind == PEL_FPGA_OUT)
			r = check_port_arg(c, arg);
		else if (arg->kind == PEL_FPGA_STATE && !kernel->save)
			r = pel_compare_fail(c, -EINVAL,
					     "argument '%s' is the state, which cannot be saved and restored",
					     arg->name);
	}
	return r;
}

/* ---- states ---- */

static bool has_state(const struct pel_comparison *c)
{
	for (size_t i = 0; i < c->fpga.n_args; i++)
		if (c->fpga.args[i].kind == PEL_FPGA_STATE)
			return true;
	return false;
}

/* Give the FPGA implementation the state of the CPU implementation. */
static int take_state(struct pel_comparison *c)
{
	int r;

	free(c->fpga_state);
	c->fpga_state = NULL;
	r = pel_compare_returned(c, "save",
				 c->harness.kernel->save(c->cpu_state, &c->fpga_state, &c->state_bytes),
				 false, "save() failed");
	if (r < 0)
		return r;
	for (size_t i = 0; i < c->fpga.n_args; i++)
		if (c->fpga.args[i].kind == PEL_FPGA_STATE && c->fpga.args[i].bytes != c->state_bytes)
			return pel_compare_fail(
				c, -EINVAL, "argument '%s' is a state of %zu byte%s, but save() returned %zu",
				c->fpga.args[i].name, c->fpga.args[i].bytes, pel_s(c->fpga.args[i].bytes),
				c->state_bytes);
	return 0;
}

/* Choose whether one implementation takes over from the other. */
static int hand_over(struct pel_comparison *c)
{
	uint64_t choice = pel_random(&c->random) % 4;

	if (choice == 0)
		return take_state(c);
	if (choice == 1)
		return pel_compare_returned(
			c, "restore", c->harness.kernel->restore(c->cpu_state, c->fpga_state, c->state_bytes),
			false, "restore() refused the state that the FPGA implementation left");
	return 0;
}

/* ---- rounds ---- */

static uint64_t all_firings(const struct pel_comparison *c)
{
	uint64_t firings = c->test->max_firings ? c->test->max_firings : UINT64_MAX;

	for (unsigned i = 0; i < c->harness.n_in; i++)
		if (pel_compare_in(c, i)->connected && pel_compare_in(c, i)->rates[0] &&
		    c->test->in[i].tokens / pel_compare_in(c, i)->rates[0] < firings)
			firings = c->test->in[i].tokens / pel_compare_in(c, i)->rates[0];
	return firings == UINT64_MAX ? FIRINGS_MAX : firings;
}

/* 1, a few, or all that are left: this tests boundaries between windows, and the longest windows possible. */
static uint64_t choose_batch(struct pel_comparison *c, uint64_t left)
{
	uint64_t choice = pel_random(&c->random);

	if (!c->batches || choice % 8 == 0)
		return 1;
	if (choice % 8 == 1)
		return left;
	return pel_random(&c->random) % (left < BATCH_MAX ? left : BATCH_MAX) + 1;
}

static int compare_all(struct pel_comparison *c)
{
	uint64_t firings = all_firings(c);
	int r = 0;

	for (uint64_t done = 0; done < firings && r == 0;) {
		uint64_t batch = choose_batch(c, firings - done);

		r = pel_compare_call(c, done, batch);
		done += batch;
		if (r == 0 && has_state(c))
			r = hand_over(c);
	}
	return r < 0 ? r : 0;
}

static int one_round(struct pel_comparison *c, struct pel_child_report *report)
{
	const char *cpu = pel_harness_choose_cpu(&c->harness, &c->random);
	int r;

	pel_harness_new_tokens(&c->harness, &c->random);
	if ((r = pel_harness_start(&c->harness, &c->cpu_state, NULL, c->err)) < 0)
		return r;
	if (!has_state(c) || (r = take_state(c)) == 0) {
		pel_child_now(report, "FPGA implementation", cpu);
		r = compare_all(c);
	}
	if (c->harness.kernel->fini)
		c->harness.kernel->fini(c->cpu_state);
	free(c->fpga_state);
	c->fpga_state = NULL;
	return r;
}

static void release(struct pel_comparison *c)
{
	for (size_t i = 0; i < PEL_COMPARE_ARGS; i++)
		pel_guard_fini(&c->args[i].guard);
	for (size_t i = 0; i < PEL_HARNESS_PORTS; i++) {
		pel_guard_fini(&c->in_guard[i]);
		pel_guard_fini(&c->out_guard[i]);
	}
	pel_harness_fini(&c->harness);
}

static int compare(void *context, struct pel_child_report *report, struct pel_error *err)
{
	struct pel_comparison *c = context;
	int r;

	c->err = err;
	if ((r = pel_harness_init(&c->harness, c->test, err)) == 0 &&
	    (r = pel_harness_fpga(&c->harness, &c->fpga, err)) == 0)
		r = check_implementation(c);
	if (r == 0) {
		pel_child_now(report, "FPGA implementation", NULL);
		for (report->round = 1; r == 0 && report->round <= c->rounds; report->round += r == 0)
			r = one_round(c, report);
	}
	release(c);
	return r;
}

int pel_harness_compare_fpga(const struct pel_harness_case *test, pel_harness_call *call, void *context,
			     unsigned rounds, uint64_t seed, struct pel_error *err)
{
	struct pel_harness_case known;
	struct pel_comparison *c;
	int r = pel_harness_take(&known, test, err);

	if (r < 0)
		return r;
	c = pel_calloc(1, sizeof(*c));
	if (!c)
		return pel_nomem(err);
	*c = (struct pel_comparison){
		.test = &known, .call = call, .context = context, .rounds = rounds, .random = seed
	};
	r = pel_child_run(known.kernel, compare, c, err);
	pel_free(c);
	return r;
}
