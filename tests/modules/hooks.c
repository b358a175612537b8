/* SPDX-License-Identifier: Apache-2.0 */
/* Kernels whose resolve() hooks do what parameters say, sensible or not: for tests of the compiler. */
#include <errno.h>
#include <pelton/kernel.h>
#include <stdlib.h>

#define RATES_MAX 70000

static int never_fire(void *state, const struct pel_io *io, size_t firings)
{
	(void)state, (void)io, (void)firings;
	return pel_fire_fail(-ENOSYS, "this kernel is only compiled");
}

static const struct pel_port_desc any_in[] = { { .name = "in", .type = "S" }, { 0 } };
static const struct pel_port_desc any_out[] = { { .name = "out", .type = "T" }, { 0 } };

/* Fails with `code`, without a word. */
static int silent_resolve(struct pel_info *info)
{
	return -(int)pel_info_i64(info, "code");
}

static const struct pel_param_desc silent_params[] = { { .name = "code", .type = "i64", .value = "22" }, { 0 } };

static const struct pel_kernel silent = { .abi = PEL_KERNEL_ABI,
					  .name = "hooks.silent",
					  .summary = "cannot be resolved",
					  .in = any_in,
					  .out = any_out,
					  .params = silent_params,
					  .resolve = silent_resolve,
					  .fire = never_fire };

/* Output type: the input's, so it becomes known late; `phases` rates of `rate` and `history` at the input. */
static int window_resolve(struct pel_info *info)
{
	size_t phases = (size_t)pel_info_i64(info, "phases");
	const struct pel_type *type = pel_info_in_type(info, 0);
	uint64_t *rates;
	int r;

	if (phases > RATES_MAX)
		return pel_info_fail(info, -EINVAL, "more than %d phases", RATES_MAX);
	rates = calloc(phases, sizeof(*rates));
	if (!rates)
		return -ENOMEM;
	for (size_t i = 0; i < phases; i++)
		rates[i] = (uint64_t)pel_info_i64(info, "rate");
	r = pel_info_set_in_rates(info, 0, rates, phases);
	free(rates);
	if (r < 0 || (r = pel_info_set_history(info, 0, (uint64_t)pel_info_i64(info, "history"))) < 0)
		return r;
	return type ? pel_info_set_out_type(info, 0, type) : 0;
}

static const struct pel_param_desc window_params[] = { { .name = "phases", .type = "i64", .value = "1" },
						       { .name = "rate", .type = "i64", .value = "1" },
						       { .name = "history", .type = "i64", .value = "0" },
						       { 0 } };

static const struct pel_kernel window = { .abi = PEL_KERNEL_ABI,
					  .name = "hooks.window",
					  .summary = "chooses rates and history",
					  .in = any_in,
					  .out = any_out,
					  .params = window_params,
					  .resolve = window_resolve,
					  .fire = never_fire };

PEL_KERNEL_MODULE(&silent, &window)
