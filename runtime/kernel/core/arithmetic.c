/* SPDX-License-Identifier: Apache-2.0 */
#include "core.h"

#include <errno.h>

/* ---- core.add, core.subtract, core.multiply ---- */

typedef void binary_loop(void *restrict out, const void *restrict a, const void *restrict b, size_t n);

struct binary_state {
	binary_loop *loop;
	size_t elements; /* that `loop` sees in one token */
};

/* Integers are computed in the unsigned type `wide`, so that they wrap around. `last` is applied to each result; for integers it is empty. */
#define BINARY(name, type, wide, op, last)                                                               \
	PEL_CLONES(name, (void *restrict out, const void *restrict a, const void *restrict b, size_t n), \
		   (out, a, b, n))                                                                       \
	{                                                                                                \
		type *y = out;                                                                           \
		const type *u = a, *v = b;                                                               \
                                                                                                         \
		for (size_t i = 0; i < n; i++)                                                           \
			y[i] = last((type)((wide)u[i] op(wide) v[i]));                                   \
	}

#define BINARY_ALL(name, op)                                    \
	BINARY(name##_8, uint8_t, uint32_t, op, )               \
	BINARY(name##_16, uint16_t, uint32_t, op, )             \
	BINARY(name##_32, uint32_t, uint32_t, op, )             \
	BINARY(name##_64, uint64_t, uint64_t, op, )             \
	BINARY(name##_f32, float, float, op, pel_canonical_f32) \
	BINARY(name##_f64, double, double, op, pel_canonical_f64)

BINARY_ALL(add, +)
BINARY_ALL(subtract, -)
BINARY_ALL(multiply, *)

/*
 * The difference is written as a sum with -ui, which gives the same result: for alternating differences and sums of products, gcc 12 generates fused
 * vfmaddsub instructions in spite of -ffp-contract=off.
 */
#define COMPLEX_MULTIPLY(name, type, last)                                                               \
	PEL_CLONES(name, (void *restrict out, const void *restrict a, const void *restrict b, size_t n), \
		   (out, a, b, n))                                                                       \
	{                                                                                                \
		type *y = out;                                                                           \
		const type *u = a, *v = b;                                                               \
                                                                                                         \
		for (size_t i = 0; i < n; i++) {                                                         \
			type ur = u[2 * i], ui = u[2 * i + 1], vr = v[2 * i], vi = v[2 * i + 1];         \
                                                                                                         \
			y[2 * i] = last(ur * vr + -ui * vi);                                             \
			y[2 * i + 1] = last(ur * vi + ui * vr);                                          \
		}                                                                                        \
	}

COMPLEX_MULTIPLY(multiply_cf32, float, pel_canonical_f32)
COMPLEX_MULTIPLY(multiply_cf64, double, pel_canonical_f64)

#define BY_TYPE(name, c32, c64)                                                                      \
	{                                                                                            \
		[PEL_ELEM_U8] = name##_8, [PEL_ELEM_I8] = name##_8, [PEL_ELEM_U16] = name##_16,      \
		[PEL_ELEM_I16] = name##_16, [PEL_ELEM_U32] = name##_32, [PEL_ELEM_I32] = name##_32,  \
		[PEL_ELEM_U64] = name##_64, [PEL_ELEM_I64] = name##_64, [PEL_ELEM_F32] = name##_f32, \
		[PEL_ELEM_F64] = name##_f64, [PEL_ELEM_CF32] = c32, [PEL_ELEM_CF64] = c64            \
	}

static binary_loop *const add_loops[] = BY_TYPE(add, add_f32, add_f64);
static binary_loop *const subtract_loops[] = BY_TYPE(subtract, subtract_f32, subtract_f64);
static binary_loop *const multiply_loops[] = BY_TYPE(multiply, multiply_cf32, multiply_cf64);

static int binary_resolve(struct pel_info *info)
{
	return pel_need_numeric(info, "a", pel_info_in_type(info, 0));
}

static int binary_init(struct pel_info *info, void **state, binary_loop *const *loops, bool pairs)
{
	const struct pel_type *type = pel_info_in_type(info, 0);
	struct binary_state *s;
	int r = pel_state_alloc(info, sizeof(*s), state);

	if (r < 0)
		return r;
	s = *state;
	s->loop = loops[type->elem];
	s->elements = pel_type_elements(type);
	/* A complex sum consists of two real sums. This is not so for products. */
	if (pairs && pel_elem_is_complex(type->elem))
		s->elements *= 2;
	return 0;
}

static int add_init(struct pel_info *info, void **state)
{
	return binary_init(info, state, add_loops, true);
}

static int subtract_init(struct pel_info *info, void **state)
{
	return binary_init(info, state, subtract_loops, true);
}

static int multiply_init(struct pel_info *info, void **state)
{
	return binary_init(info, state, multiply_loops, false);
}

static int binary_fire(void *state, const struct pel_io *io, size_t firings)
{
	const struct binary_state *s = state;

	s->loop(io->out[0], io->in[0], io->in[1], firings * s->elements);
	return 0;
}

static const struct pel_port_desc binary_in[] = {
	{ .name = "a", .type = "T", .doc = "numbers, real or complex" },
	{ .name = "b", .type = "T", .doc = "the same type" },
	{ 0 },
};
static const struct pel_port_desc binary_out[] = { { .name = "out", .type = "T", .doc = "the result" }, { 0 } };

/* Signed and unsigned integers are added in the same way; a complex number is a pair of reals. */
static int add_fpga(struct pel_info *info, struct pel_fpga *form)
{
	static const char *const integers[] = {
		[1] = "pelton_add_u8", [2] = "pelton_add_u16", [4] = "pelton_add_u32", [8] = "pelton_add_u64"
	};
	const struct pel_type *type = pel_info_in_type(info, 0);
	enum pel_elem part = pel_elem_part(type->elem);
	unsigned long long numbers = pel_type_elements(type) * (pel_elem_is_complex(type->elem) ? 2 : 1);
	const char *name = part == PEL_ELEM_F32	  ? "pelton_add_f32"
			   : part == PEL_ELEM_F64 ? "pelton_add_f64"
						  : integers[pel_elem_bytes(part)];
	int r;

	if ((r = pel_fpga_kernel(form, "add.c", name)) < 0 || (r = pel_fpga_in(form, "a", 0)) < 0 ||
	    (r = pel_fpga_in(form, "b", 1)) < 0 || (r = pel_fpga_out(form, "out", 0)) < 0)
		return r;
	return pel_fpga_scalar(form, "n", "$batch * %llu", numbers);
}

#define BINARY_KERNEL(id, the_fpga, the_summary, the_doc)         \
	const struct pel_kernel pel_core_##id = {                 \
		.abi = PEL_KERNEL_ABI,                            \
		.flags = PEL_KERNEL_STATELESS | PEL_KERNEL_EXACT, \
		.name = "core." #id,                              \
		.summary = the_summary,                           \
		.doc = the_doc,                                   \
		.in = binary_in,                                  \
		.out = binary_out,                                \
		.resolve = binary_resolve,                        \
		.init = id##_init,                                \
		.fire = binary_fire,                              \
		.fini = pel_free,                                 \
		.fpga = the_fpga,                                 \
	}

#define WRAPS \
	"Integers wrap around modulo 2^bits. Reals are rounded to nearest, halves to even; a NaN result is the canonical NaN. "

BINARY_KERNEL(add, add_fpga, "sum of two streams",
	      "out = a + b, element by element. " WRAPS
	      "For complex numbers, this applies to the real and the imaginary parts.");
BINARY_KERNEL(subtract, NULL, "difference of two streams",
	      "out = a - b, element by element. " WRAPS
	      "For complex numbers, this applies to the real and the imaginary parts.");
BINARY_KERNEL(
	multiply, NULL, "product of two streams",
	"out = a * b, element by element. " WRAPS
	"Complex numbers: re = a.re*b.re - a.im*b.im, im = a.re*b.im + a.im*b.re, every product rounded, then the sum.");

/* ---- core.complex_split, core.complex_join ---- */

/* The bytes are copied, so floats keep all their bits. */
PEL_CLONES(every_second, (uint32_t *restrict y, const uint32_t *restrict x, size_t n), (y, x, n))
{
	for (size_t i = 0; i < n; i++)
		y[i] = x[2 * i];
}

static int split_fire(void *state, const struct pel_io *io, size_t firings)
{
	const uint32_t *x = io->in[0];

	(void)state;
	if (io->out[0])
		every_second(io->out[0], x, firings);
	if (io->out[1])
		every_second(io->out[1], x + 1, firings);
	return 0;
}

const struct pel_kernel pel_core_complex_split = {
	.abi = PEL_KERNEL_ABI,
	.flags = PEL_KERNEL_STATELESS | PEL_KERNEL_EXACT,
	.name = "core.complex_split",
	.summary = "real and imaginary parts of a complex stream",
	.doc = "re and im are the real and imaginary parts of each token; either output may be left unconnected.",
	.in = (const struct pel_port_desc[]){ { .name = "in", .type = "cf32", .doc = "complex numbers" },
					      { 0 } },
	.out =
		(const struct pel_port_desc[]){
			{ .name = "re", .type = "f32", .flags = PEL_PORT_OPTIONAL, .doc = "real parts" },
			{ .name = "im", .type = "f32", .flags = PEL_PORT_OPTIONAL, .doc = "imaginary parts" },
			{ 0 } },
	.fire = split_fire,
};

PEL_CLONES(join, (uint32_t *restrict y, const uint32_t *restrict re, const uint32_t *restrict im, size_t n),
	   (y, re, im, n))
{
	for (size_t i = 0; i < n; i++) {
		y[2 * i] = re[i];
		y[2 * i + 1] = im[i];
	}
}

static int join_fire(void *state, const struct pel_io *io, size_t firings)
{
	(void)state;
	join(io->out[0], io->in[0], io->in[1], firings);
	return 0;
}

const struct pel_kernel pel_core_complex_join = {
	.abi = PEL_KERNEL_ABI,
	.flags = PEL_KERNEL_STATELESS | PEL_KERNEL_EXACT,
	.name = "core.complex_join",
	.summary = "a complex stream from its real and imaginary parts",
	.doc = "out = re + i*im.",
	.in = (const struct pel_port_desc[]){ { .name = "re", .type = "f32", .doc = "real parts" },
					      { .name = "im", .type = "f32", .doc = "imaginary parts" },
					      { 0 } },
	.out = (const struct pel_port_desc[]){ { .name = "out", .type = "cf32", .doc = "complex numbers" },
					       { 0 } },
	.fire = join_fire,
};
