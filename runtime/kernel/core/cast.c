/* SPDX-License-Identifier: Apache-2.0 */
#include "core.h"

#include <errno.h>
#include <string.h>

/* core.convert. pel_convert() does the arithmetic. */

struct cast_state {
	enum pel_elem from, to; /* of the parts, where elements are complex */
	size_t numbers;		/* in an input token */
	bool widen;		/* real to complex: every second number of the output is 0 */
};

static int cast_resolve(struct pel_info *info)
{
	const struct pel_type *in = pel_info_in_type(info, 0);
	struct pel_type to, out;
	int r = pel_param_type(info, "to", NULL, &to);

	if (r < 0)
		return r;
	if (!in || (r = pel_need_numeric(info, "in", in)) < 0)
		return in ? r : 0;
	if (pel_elem_is_complex(in->elem) && !pel_elem_is_complex(to.elem)) {
		pel_info_fail(info, -EINVAL, "cannot convert complex %s to real %s", pel_elem_name(in->elem),
			      pel_elem_name(to.elem));
		return pel_info_hint(info, -EINVAL,
				     "core.complex_split gives the parts, dsp.magnitude the absolute value");
	}
	out = *in;
	out.elem = to.elem;
	out.elem_bytes = to.elem_bytes;
	return pel_info_set_out_type(info, 0, &out);
}

static int cast_init(struct pel_info *info, void **state)
{
	const struct pel_type *in = pel_info_in_type(info, 0), *out = pel_info_out_type(info, 0);
	struct cast_state *s;
	int r = pel_state_alloc(info, sizeof(*s), state);

	if (r < 0)
		return r;
	s = *state;
	s->from = pel_elem_part(in->elem);
	s->to = pel_elem_part(out->elem);
	s->numbers = pel_type_elements(in) * (pel_elem_is_complex(in->elem) ? 2 : 1);
	s->widen = pel_elem_is_complex(out->elem) && !pel_elem_is_complex(in->elem);
	return 0;
}

static void widen(const struct cast_state *s, unsigned char *out, const unsigned char *in, size_t n)
{
	size_t in_bytes = pel_elem_bytes(s->from), out_bytes = pel_elem_bytes(s->to);
	double block[256]; /* large enough and suitably aligned for any element type */

	memset(out, 0, 2 * n * out_bytes);
	for (size_t done = 0; done < n; done += 256) {
		size_t some = n - done < 256 ? n - done : 256;

		pel_convert(s->to, block, s->from, in + done * in_bytes, some);
		for (size_t i = 0; i < some; i++)
			memcpy(out + 2 * (done + i) * out_bytes, (unsigned char *)block + i * out_bytes,
			       out_bytes);
	}
}

static int cast_fire(void *state, const struct pel_io *io, size_t firings)
{
	const struct cast_state *s = state;

	if (s->widen)
		widen(s, io->out[0], io->in[0], firings * s->numbers);
	else
		pel_convert(s->to, io->out[0], s->from, io->in[0], firings * s->numbers);
	return 0;
}

static int cast_fpga(struct pel_info *info, struct pel_fpga *form)
{
	const struct pel_type *in = pel_info_in_type(info, 0), *out = pel_info_out_type(info, 0);
	enum pel_elem from = pel_elem_part(in->elem), to = pel_elem_part(out->elem);
	unsigned long long numbers = pel_type_elements(in) * (pel_elem_is_complex(in->elem) ? 2 : 1);
	char name[64];
	int r;

	if (pel_elem_is_complex(in->elem) != pel_elem_is_complex(out->elem))
		return pel_info_fail(info, -ENOTSUP, "its FPGA implementation does not convert %s to %s",
				     pel_elem_name(in->elem), pel_elem_name(out->elem));
	snprintf(name, sizeof(name), "pelton_convert_%s_%s", pel_elem_name(from), pel_elem_name(to));
	if ((r = pel_fpga_kernel(form, "convert.c", name)) < 0 || (r = pel_fpga_in(form, "in", 0)) < 0 ||
	    (r = pel_fpga_out(form, "out", 0)) < 0)
		return r;
	return pel_fpga_scalar(form, "n", "$batch * %llu", numbers);
}

const struct pel_kernel pel_core_convert = {
	.abi = PEL_KERNEL_ABI,
	.flags = PEL_KERNEL_STATELESS | PEL_KERNEL_EXACT,
	.name = "core.convert",
	.summary = "convert elements to another type",
	.doc = "Reals to integers: rounded to the nearest integer, halves to even, then saturated to the range; a NaN "
	       "becomes 0. Integers to integers: saturated. To reals: rounded to nearest, halves to even; a value beyond the "
	       "range becomes infinite; a NaN becomes the canonical NaN. To the same type: a copy, bit by bit. Real to complex: the imaginary part is 0; only on the CPU. "
	       "Complex to complex: each part by itself.",
	.in = (const struct pel_port_desc[]){ { .name = "in", .type = "S", .doc = "numbers" }, { 0 } },
	.out = (const struct pel_port_desc[]){ { .name = "out",
						 .type = "T",
						 .doc = "element type `to`, with the dimensions of the input" },
					       { 0 } },
	.params =
		(const struct pel_param_desc[]){
			{ .name = "to",
			  .type = "string",
			  .doc = "element type of the output",
			  .one_of = "u8, i8, u16, i16, u32, i32, u64, i64, f32, f64, cf32, cf64" },
			{ 0 } },
	.resolve = cast_resolve,
	.init = cast_init,
	.fire = cast_fire,
	.fini = pel_free,
	.fpga = cast_fpga,
};
