/* SPDX-License-Identifier: Apache-2.0 */
#include <pelton/kernel.h>

/* Modules for tests/unit/test-registry.c: this one is sound, the others are each wrong in one way. */

static int fire(void *state, const struct pel_io *io, size_t firings)
{
	(void)state, (void)io, (void)firings;
	return 0;
}

static const struct pel_port_desc in[] = { { .name = "in", .type = "T" }, { 0 } };

static const struct pel_kernel b = {
	.abi = PEL_KERNEL_ABI, .name = "good.b", .summary = "b", .in = in, .fire = fire
};
static const struct pel_kernel a = {
	.abi = PEL_KERNEL_ABI, .name = "good.a", .summary = "a", .in = in, .fire = fire
};

PEL_KERNEL_MODULE(&b, &a)
