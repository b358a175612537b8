/* SPDX-License-Identifier: Apache-2.0 */
#include <pelton/kernel.h>

/* A module whose kernel bears the name of another module. */
static int fire(void *state, const struct pel_io *io, size_t firings)
{
	(void)state, (void)io, (void)firings;
	return 0;
}

static const struct pel_port_desc in[] = { { .name = "in", .type = "T" }, { 0 } };
static const struct pel_kernel kernel = {
	.abi = PEL_KERNEL_ABI, .name = "core.copy2", .summary = "x", .in = in, .fire = fire
};

PEL_KERNEL_MODULE(&kernel)
