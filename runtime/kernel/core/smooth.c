/* SPDX-License-Identifier: Apache-2.0 */
#include "core.h"

#include <errno.h>
#include <string.h>

/* core.smooth: a stateful kernel. */

struct smooth_state {
	float alpha;
	float y;
};

static int smooth_init(struct pel_info *info, void **state)
{
	int r = pel_state_alloc(info, sizeof(struct smooth_state), state);

	if (r == 0)
		*(struct smooth_state *)*state = (struct smooth_state){ (float)pel_info_f64(info, "alpha"),
									(float)pel_info_f64(info, "start") };
	return r;
}

static int smooth_fire(void *state, const struct pel_io *io, size_t firings)
{
	struct smooth_state *s = state;
	const float *x = io->in[0];
	float *out = io->out[0], y = s->y;

	for (size_t i = 0; i < firings; i++) {
		float step = x[i] - y, part = s->alpha * step;

		y = y + part;
		out[i] = pel_canonical_f32(y);
	}
	s->y = pel_canonical_f32(y);
	return 0;
}

static int smooth_save(const void *state, void **data, size_t *bytes)
{
	const struct smooth_state *s = state;

	*data = pel_malloc(sizeof(s->y));
	if (!*data)
		return -ENOMEM;
	memcpy(*data, &s->y, sizeof(s->y));
	*bytes = sizeof(s->y);
	return 0;
}

static int smooth_restore(void *state, const void *data, size_t bytes)
{
	struct smooth_state *s = state;

	if (bytes != sizeof(s->y))
		return -EINVAL;
	memcpy(&s->y, data, sizeof(s->y));
	return 0;
}

static int smooth_fpga(struct pel_info *info, struct pel_fpga *form)
{
	int r;

	if ((r = pel_fpga_kernel(form, "smooth.c", "pelton_smooth_f32")) < 0 ||
	    (r = pel_fpga_in(form, "in", 0)) < 0 || (r = pel_fpga_out(form, "out", 0)) < 0 ||
	    (r = pel_fpga_state(form, "state", sizeof(float))) < 0 ||
	    (r = pel_fpga_float(form, "alpha", pel_info_f64(info, "alpha"))) < 0)
		return r;
	return pel_fpga_scalar(form, "n", "$batch");
}

const struct pel_kernel pel_core_smooth = {
	.abi = PEL_KERNEL_ABI,
	.flags = PEL_KERNEL_EXACT,
	.name = "core.smooth",
	.summary = "first-order low-pass filter (exponential smoothing)",
	.doc = "y[n] = y[n-1] + alpha * (x[n] - y[n-1]), with y[-1] = start. The difference, the product and the sum are each rounded to f32, "
	       "to nearest, halves to even. A NaN result is the canonical NaN, and all later results are too.",
	.in = (const struct pel_port_desc[]){ { .name = "in", .type = "f32", .doc = "x" }, { 0 } },
	.out = (const struct pel_port_desc[]){ { .name = "out", .type = "f32", .doc = "y" }, { 0 } },
	.params =
		(const struct pel_param_desc[]){
			{ .name = "alpha",
			  .type = "f32",
			  .doc = "smoothing factor: with 0 the output never changes, with 1 it equals the input",
			  .least = "0",
			  .most = "1" },
			{ .name = "start", .type = "f32", .value = "0", .doc = "y before the first token" },
			{ 0 } },
	.init = smooth_init,
	.fire = smooth_fire,
	.fini = pel_free,
	.save = smooth_save,
	.restore = smooth_restore,
	.fpga = smooth_fpga,
};
