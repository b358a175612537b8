/* SPDX-License-Identifier: Apache-2.0 */
#include <pelton/kernel.h>

#include <stdio.h>
#include <string.h>

/* The module `printing`: a kernel that prints by itself, as foreign code does. */

static int loud_fire(void *state, const struct pel_io *io, size_t firings)
{
	(void)state;
	memcpy(io->out[0], io->in[0], firings);
	puts("loud");
	return 0;
}

static const struct pel_kernel loud = {
	.abi = PEL_KERNEL_ABI,
	.name = "printing.loud",
	.summary = "copy, and print",
	.doc = "out = in. Every call prints a line.",
	.in = (const struct pel_port_desc[]){ { .name = "in", .type = "u8", .doc = "bytes" }, { 0 } },
	.out = (const struct pel_port_desc[]){ { .name = "out", .type = "u8", .doc = "bytes" }, { 0 } },
	.fire = loud_fire,
};

PEL_KERNEL_MODULE(&loud)
