/* SPDX-License-Identifier: Apache-2.0 */
#include "core.h"

#include <errno.h>
#include <math.h>
#include <string.h>

struct smooth_state {
	float y, alpha;
};

static int smooth_resolve(struct pel_info *info)
{
	double alpha = pel_info_f64(info, "alpha"), start = pel_info_f64(info, "start");

	if (!(alpha >= 0 && alpha <= 1))
		return pel_info_fail(info, -EINVAL, "parameter 'alpha' is %.9g; it must be from 0 to 1", alpha);
	if (!isfinite(start))
		return pel_info_fail(info, -EINVAL, "parameter 'start' is %g; it must be a finite number",
				     start);
	return 0;
}

static int smooth_init(struct pel_info *info, void **state)
{
	int r = pel_state_alloc(info, sizeof(struct smooth_state), state);

	if (r == 0)
		*(struct smooth_state *)*state = (struct smooth_state){
			.y = (float)pel_info_f64(info, "start"),
			.alpha = (float)pel_info_f64(info, "alpha"),
		};
	return r;
}

static int smooth_fire(void *state, const struct pel_io *io, size_t firings)
{
	struct smooth_state *s = state;
	const float *restrict in = io->in[0];
	float *restrict out = io->out[0], y = s->y;

	for (size_t i = 0; i < firings; i++)
		out[i] = y = y + s->alpha * (in[i] - y);
	s->y = y;
	return 0;
}

/* The state that moves is y alone: alpha is the actor's. */
static int smooth_save(const void *state, void **data, size_t *bytes)
{
	const struct smooth_state *s = state;

	*bytes = sizeof(s->y);
	*data = pel_malloc(*bytes);
	if (!*data)
		return -ENOMEM;
	memcpy(*data, &s->y, *bytes);
	return 0;
}

static int smooth_restore(void *state, const void *data, size_t bytes)
{
	struct smooth_state *s = state;

	if (bytes != sizeof(s->y))
		return -EINVAL;
	memcpy(&s->y, data, bytes);
	return 0;
}

static int smooth_fpga(struct pel_info *info, struct pel_fpga *form)
{
	return pel_fpga_kernel(form, "smooth.c", "pelton_smooth_f32") < 0 || pel_fpga_in(form, "in", 0) < 0 ||
			       pel_fpga_out(form, "out", 0) < 0 ||
			       pel_fpga_state(form, "state", sizeof(float)) < 0 ||
			       pel_fpga_scalar(form, "alpha", "%.9e", pel_info_f64(info, "alpha")) < 0 ||
			       pel_fpga_scalar(form, "n", "$batch") < 0
		       ? -ENOMEM
		       : 0;
}

const struct pel_kernel pel_core_smooth = {
	.abi = PEL_KERNEL_ABI,
	.flags = PEL_KERNEL_EXACT,
	.name = "core.smooth",
	.summary = "follow a stream slowly: a leaky integrator, or low-pass filter of first order",
	.doc = "For every token x: y = y + alpha * (x - y), and out = y. The difference, the product and the sum are each rounded to f32, "
	       "to nearest, halves to even. Before the first token y is `start`.",
	.in = (const struct pel_port_desc[]){ { .name = "in", .type = "f32", .doc = "x" }, { 0 } },
	.out = (const struct pel_port_desc[]){ { .name = "out", .type = "f32", .doc = "y" }, { 0 } },
	.params =
		(const struct pel_param_desc[]){
			{ "alpha", "f32", "0.1",
			  "how much of the way to x, 0 to 1; 1 passes x on, but for rounding" },
			{ "start", "f32", "0", "y before the first token" },
			{ 0 } },
	.resolve = smooth_resolve,
	.init = smooth_init,
	.fire = smooth_fire,
	.fini = pel_free,
	.save = smooth_save,
	.restore = smooth_restore,
	.fpga = smooth_fpga,
};
