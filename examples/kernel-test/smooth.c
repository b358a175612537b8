/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The module "smooth": one kernel, a moving average.
 *
 *   build: cc -std=c17 -O3 -ffp-contract=off -shared -fPIC -fvisibility=hidden -o pelton-smooth.so smooth.c \
 *              $(pkg-config --cflags --libs pelton)
 */
#include <errno.h>
#include <stdlib.h>

#include <pelton/kernel.h>

struct average {
	ptrdiff_t width;
};

static int average_init(struct pel_info *info, void **state)
{
	struct average *average = malloc(sizeof(*average));

	if (!average)
		return pel_info_fail(info, -ENOMEM, "out of memory");
	average->width = (ptrdiff_t)pel_info_i64(info, "width");
	*state = average;
	return 0;
}

PEL_FIRE_CLONES(average_fire)
{
	const struct average *average = state;
	const float *restrict x = io->in[0];
	float *restrict y = io->out[0];

	for (ptrdiff_t i = 0; i < (ptrdiff_t)firings; i++) {
		float sum = 0;

		for (ptrdiff_t k = 0; k < average->width; k++)
			sum += x[i - k]; /* history: x[-1] is the token before the window */
		y[i] = pel_canonical_f32(sum / (float)average->width);
	}
	return 0;
}

static const struct pel_kernel average_kernel = {
	.abi = PEL_KERNEL_ABI,
	.flags = PEL_KERNEL_STATELESS | PEL_KERNEL_EXACT,
	.name = "smooth.average",
	.summary = "moving average",
	.doc = "out[n] = (in[n] + in[n-1] + ... + in[n-width+1]) / width, added in this order; tokens before the first are 0. Every sum and "
	       "the quotient are rounded to f32; a NaN result is the canonical NaN.",
	.in =
		(const struct pel_port_desc[]){
			{ .name = "in", .type = "f32", .history = "$width - 1", .doc = "numbers" }, { 0 } },
	.out = (const struct pel_port_desc[]){ { .name = "out", .type = "f32", .doc = "their averages" },
					       { 0 } },
	.params = (const struct pel_param_desc[]){ { .name = "width",
						     .type = "u32",
						     .value = "4",
						     .doc = "tokens in an average",
						     .least = "1" },
						   { 0 } },
	.init = average_init,
	.fire = average_fire,
	.fini = free,
};

PEL_KERNEL_MODULE(&average_kernel)
