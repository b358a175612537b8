/* SPDX-License-Identifier: Apache-2.0 */
#include <pelton/kernel.h>

/* A module one of whose kernels was built for another kernel ABI. */
static int fire(void *state, const struct pel_io *io, size_t firings)
{
	(void)state, (void)io, (void)firings;
	return 0;
}

static const struct pel_port_desc in[] = { { .name = "in", .type = "u8" }, { 0 } };
static const struct pel_kernel a = {
	.abi = PEL_KERNEL_ABI, .name = "oldkernel.a", .summary = "a", .in = in, .fire = fire
};
static const struct pel_kernel b = { .abi = PEL_KERNEL_ABI - 1, .name = "oldkernel.b" };

PEL_KERNEL_MODULE(&a, &b)
