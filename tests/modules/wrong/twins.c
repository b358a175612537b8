/* SPDX-License-Identifier: Apache-2.0 */
#include <pelton/kernel.h>

/* A module with two kernels of one name. */
static int fire(void *state, const struct pel_io *io, size_t firings)
{
	(void)state, (void)io, (void)firings;
	return 0;
}

static const struct pel_port_desc in[] = { { .name = "in", .type = "T" }, { 0 } };
static const struct pel_kernel a = {
	.abi = PEL_KERNEL_ABI, .name = "twins.x", .summary = "x", .in = in, .fire = fire
};
static const struct pel_kernel b = {
	.abi = PEL_KERNEL_ABI, .name = "twins.x", .summary = "y", .in = in, .fire = fire
};

PEL_KERNEL_MODULE(&a, &b)
