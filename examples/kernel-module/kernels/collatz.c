/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A module with two kernels: a stateless one that computes, and a stateful one.
 *
 *   build: cc -std=c17 -O2 -ffp-contract=off -shared -fPIC -fvisibility=hidden -o pelton-collatz.so collatz.c \
 *              $(pkg-config --cflags --libs pelton)
 *
 * The file is named after the module: <use library="collatz"/> finds pelton-collatz.so in PELTON_MODULE_PATH.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include <pelton/kernel.h>

/* ---- collatz.steps: the result depends only on the token. So the kernel is stateless, and an actor may have copies. ---- */

static int steps_fire(void *state, const struct pel_io *io, size_t firings)
{
	const uint64_t *number = io->in[0];
	uint64_t *steps = io->out[0];

	(void)state;
	for (size_t i = 0; i < firings; i++) {
		uint64_t n = number[i];

		if (n == 0)
			return pel_fire_fail(-EDOM, "0 never reaches 1");
		for (steps[i] = 0; n != 1; steps[i]++) {
			if (n % 2 && n > (UINT64_MAX - 1) / 3)
				return pel_fire_fail(-ERANGE, "the sequence of %" PRIu64 " exceeds 64 bits",
						     number[i]);
			n = n % 2 ? 3 * n + 1 : n / 2;
		}
	}
	return 0;
}

static const struct pel_kernel steps_kernel = {
	.abi = PEL_KERNEL_ABI,
	.flags = PEL_KERNEL_STATELESS | PEL_KERNEL_EXACT,
	.name = "collatz.steps",
	.summary = "number of Collatz steps to reach 1",
	.doc = "A step replaces an even n by n / 2 and an odd n by 3n + 1. 0 and sequences that exceed 64 bits are errors.",
	.in = (const struct pel_port_desc[]){ { .name = "number", .type = "u64", .doc = "1 or more" }, { 0 } },
	.out = (const struct pel_port_desc[]){ { .name = "steps", .type = "u64", .doc = "0 for 1" }, { 0 } },
	.fire = steps_fire,
};

/* ---- collatz.records: remembers the largest number of steps so far. The data determines which tokens pass, so the rates are `*`. ---- */

struct records {
	bool any;
	uint64_t most, number, above;
	uint64_t count;
};

static int records_init(struct pel_info *info, void **state)
{
	struct records *records = calloc(1, sizeof(*records));

	if (!records)
		return pel_info_fail(info, -ENOMEM, "out of memory");
	records->above = (uint64_t)pel_info_i64(info, "above");
	*state = records;
	return 0;
}

static int records_fire(void *state, const struct pel_io *io, size_t firings)
{
	struct records *r = state;
	const uint64_t *number = io->in[0], *steps = io->in[1];
	uint64_t *out = io->out[0];
	size_t there = io->in_tokens[0] < io->in_tokens[1] ? io->in_tokens[0] : io->in_tokens[1];
	size_t taken, written = 0;

	(void)firings; /* always 1 with `*` rates; in_tokens and out_tokens give the sizes of the windows */
	for (taken = 0; taken < there; taken++) {
		if (r->any && steps[taken] <= r->most)
			continue;
		if (steps[taken] > r->above) {
			if (written == io->out_tokens[0])
				break; /* no room: this token waits for the next call */
			out[written++] = number[taken];
			r->count++;
		}
		r->any = true;
		r->most = steps[taken];
		r->number = number[taken];
	}
	io->consumed[0] = io->consumed[1] = taken;
	io->produced[0] = written;
	return 0;
}

static int records_finish(void *state, struct pel_results *results)
{
	const struct records *r = state;

	pel_results_u64(results, "records", r->count);
	pel_results_u64(results, "number", r->number);
	pel_results_u64(results, "steps", r->most);
	return 0;
}

static const struct pel_kernel records_kernel = {
	.abi = PEL_KERNEL_ABI,
	.flags = PEL_KERNEL_EXACT,
	.name = "collatz.records",
	.summary = "pass numbers that need more steps than all before them",
	.doc = "Token i of `number` passes if token i of `steps` is larger than all before it and larger than `above`. Results: the "
	       "number of tokens that passed (`records`), and the last one (`number`, `steps`).",
	.in =
		(const struct pel_port_desc[]){
			{ .name = "number", .type = "u64", .rate = "*", .doc = "numbers" },
			{ .name = "steps", .type = "u64", .rate = "*", .doc = "their steps" },
			{ 0 } },
	.out =
		(const struct pel_port_desc[]){
			{ .name = "record", .type = "u64", .rate = "*", .doc = "some of `number`" }, { 0 } },
	.params = (const struct pel_param_desc[]){ { .name = "above",
						     .type = "i64",
						     .value = "0",
						     .doc = "only records of more steps than this pass",
						     .least = "0" },
						   { 0 } },
	.init = records_init,
	.fire = records_fire,
	.finish = records_finish,
	.fini = free,
};

PEL_KERNEL_MODULE(&steps_kernel, &records_kernel)
