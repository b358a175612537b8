/* SPDX-License-Identifier: Apache-2.0 */
#include <pelton/kernel.h>

/* The module `corners`: kernels on small numbers, to be followed by hand. See tests/golden/corners.xml. */

/* One token in the first phase, the sum of two in the second. */
static int pairs_fire(void *state, const struct pel_io *io, size_t firings)
{
	const uint64_t *in = io->in[0];
	uint64_t *out = io->out[0];

	(void)state;
	for (size_t i = 0; i < firings; i++) {
		out[i] = *in++;
		if ((io->first + i) % 2)
			out[i] += *in++;
	}
	return 0;
}

static const struct pel_kernel pairs = {
	.abi = PEL_KERNEL_ABI,
	.flags = PEL_KERNEL_STATELESS | PEL_KERNEL_EXACT,
	.name = "corners.pairs",
	.summary = "one token, then the sum of two, in turn",
	.doc = "x0, x1 + x2, x3, x4 + x5 ...",
	.in = (const struct pel_port_desc[]){ { .name = "in", .type = "u64", .rate = "1,2", .doc = "numbers" },
					      { 0 } },
	.out = (const struct pel_port_desc[]){ { .name = "out", .type = "u64", .doc = "numbers" }, { 0 } },
	.fire = pairs_fire,
};

/* Twice, not at all, once. */
static int often_fire(void *state, const struct pel_io *io, size_t firings)
{
	static const unsigned times[3] = { 2, 0, 1 };
	const uint64_t *in = io->in[0];
	uint64_t *out = io->out[0];

	(void)state;
	for (size_t i = 0; i < firings; i++)
		for (unsigned j = 0; j < times[(io->first + i) % 3]; j++)
			*out++ = in[i];
	return 0;
}

static const struct pel_kernel often = {
	.abi = PEL_KERNEL_ABI,
	.flags = PEL_KERNEL_STATELESS | PEL_KERNEL_EXACT,
	.name = "corners.often",
	.summary = "a token twice, the next not at all, the next once",
	.doc = "x0, x0, x2, x3, x3, x5 ...",
	.in = (const struct pel_port_desc[]){ { .name = "in", .type = "u64", .doc = "numbers" }, { 0 } },
	.out =
		(const struct pel_port_desc[]){
			{ .name = "out", .type = "u64", .rate = "2,0,1", .doc = "numbers" }, { 0 } },
	.fire = often_fire,
};

/* The last three numbers as digits. */
static int digits_fire(void *state, const struct pel_io *io, size_t firings)
{
	const uint64_t *in = io->in[0];
	uint64_t *out = io->out[0];

	(void)state;
	for (ptrdiff_t i = 0; i < (ptrdiff_t)firings; i++)
		out[i] = in[i] + 10 * in[i - 1] + 100 * in[i - 2];
	return 0;
}

static const struct pel_kernel digits = {
	.abi = PEL_KERNEL_ABI,
	.flags = PEL_KERNEL_STATELESS | PEL_KERNEL_EXACT,
	.name = "corners.digits",
	.summary = "the last three numbers side by side",
	.doc = "x[n] + 10 * x[n-1] + 100 * x[n-2], zeros before the first.",
	.in = (const struct pel_port_desc[]){ { .name = "in", .type = "u64", .history = "2", .doc = "numbers" },
					      { 0 } },
	.out = (const struct pel_port_desc[]){ { .name = "out", .type = "u64", .doc = "numbers" }, { 0 } },
	.fire = digits_fire,
};

PEL_KERNEL_MODULE(&pairs, &often, &digits)
