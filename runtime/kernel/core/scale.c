/* SPDX-License-Identifier: Apache-2.0 */
#include "core.h"

#include <string.h>

struct scale_state {
	float gain, offset;
};

static int scale_init(struct pel_info *info, void **state)
{
	int r = pel_state_alloc(info, sizeof(struct scale_state), state);

	if (r == 0)
		*(struct scale_state *)*state = (struct scale_state){ (float)pel_info_f64(info, "gain"),
								      (float)pel_info_f64(info, "offset") };
	return r;
}

/*
 * The whole chain in one pass: as many vectors as there are registers go through all actors between a load and a store. With fewer vectors, each operation
 * would wait for the previous one. Defined separately for each register width. A NaN stays a NaN through all actors, whatever its bits, so it is made
 * canonical only at the end.
 */
typedef void chain_loop(float *y, const float *x, size_t n, const struct scale_state *const *s,
			size_t n_states);

#define LOAD(i)      \
	vector v##i; \
	memcpy(&v##i, x + (i) * sizeof(vector) / sizeof(float), sizeof(vector));
#define SCALE(i)  v##i = gain * v##i + offset;
#define FINISH(i) v##i = PEL_CANONICAL_VECTOR(v##i);
#define STORE(i)  memcpy(y + (i) * sizeof(vector) / sizeof(float), &v##i, sizeof(vector));

#define PASSES(n_vectors, EACH)                                                     \
	for (size_t step = (n_vectors) * sizeof(vector) / sizeof(float); n >= step; \
	     n -= step, y += step, x += step) {                                     \
		EACH(LOAD)                                                          \
		for (size_t k = 0; k < n_states; k++) {                             \
			float gain = s[k]->gain, offset = s[k]->offset;             \
                                                                                    \
			EACH(SCALE)                                                 \
		}                                                                   \
		EACH(FINISH) EACH(STORE)                                            \
	}

#define CHAIN_LOOP(name, lanes, LOOPS, ...)                                                                  \
	__VA_ARGS__ static void name(float *y, const float *x, size_t n, const struct scale_state *const *s, \
				     size_t n_states)                                                        \
	{                                                                                                    \
		typedef float vector __attribute__((vector_size((lanes) * sizeof(float))));                  \
		typedef int32_t vector_bits __attribute__((vector_size((lanes) * sizeof(int32_t))));         \
                                                                                                             \
		LOOPS                                                                                        \
		for (size_t i = 0; i < n; i++) {                                                             \
			float v = x[i];                                                                      \
                                                                                                             \
			for (size_t k = 0; k < n_states; k++)                                                \
				v = s[k]->gain * v + s[k]->offset;                                           \
			y[i] = pel_canonical_f32(v);                                                         \
		}                                                                                            \
	}

CHAIN_LOOP(chain_4, 4, PASSES(8, PEL_EACH_8) PASSES(1, PEL_EACH_1))
#ifdef __x86_64__
CHAIN_LOOP(chain_8, 8, PASSES(8, PEL_EACH_8) PASSES(1, PEL_EACH_1), __attribute__((target("avx2"))))
CHAIN_LOOP(chain_16, 16, PASSES(16, PEL_EACH_16) PASSES(4, PEL_EACH_4) PASSES(1, PEL_EACH_1),
	   __attribute__((target("avx512f"))))
#endif

static chain_loop *loop_for(enum pel_cpu_level cpu)
{
#ifdef __x86_64__
	if (cpu == PEL_CPU_AVX512F)
		return chain_16;
	if (cpu == PEL_CPU_AVX2)
		return chain_8;
#endif
	(void)cpu;
	return chain_4;
}

/* A chain of one actor, because its loops are faster for a single actor too. */
static int scale_fire(void *state, const struct pel_io *io, size_t firings)
{
	const struct scale_state *s = state;

	loop_for(pel_cpu())(io->out[0], io->in[0], firings, &s, 1);
	return 0;
}

static int scale_fire_chain(void *const *states, size_t n, const struct pel_io *io, size_t firings)
{
	loop_for(pel_cpu())(io->out[0], io->in[0], firings, (const struct scale_state *const *)states, n);
	return 0;
}

static int scale_fpga(struct pel_info *info, struct pel_fpga *form)
{
	int r;

	if ((r = pel_fpga_kernel(form, "scale.c", "pelton_scale_f32")) < 0 ||
	    (r = pel_fpga_in(form, "in", 0)) < 0 || (r = pel_fpga_out(form, "out", 0)) < 0 ||
	    (r = pel_fpga_float(form, "gain", pel_info_f64(info, "gain"))) < 0 ||
	    (r = pel_fpga_float(form, "offset", pel_info_f64(info, "offset"))) < 0)
		return r;
	return pel_fpga_scalar(form, "n", "$batch");
}

const struct pel_kernel pel_core_scale = {
	.abi = PEL_KERNEL_ABI,
	.flags = PEL_KERNEL_STATELESS | PEL_KERNEL_EXACT | PEL_KERNEL_IN_PLACE,
	.name = "core.scale",
	.summary = "multiply by a constant and add a constant",
	.doc = "out = gain * in + offset: the product is rounded to f32, then the sum is rounded to f32, both to nearest, "
	       "halves to even. A NaN result is the canonical NaN.",
	.in = (const struct pel_port_desc[]){ { .name = "in", .type = "f32", .doc = "x" }, { 0 } },
	.out = (const struct pel_port_desc[]){ { .name = "out", .type = "f32", .doc = "gain * x + offset" },
					       { 0 } },
	.params =
		(const struct pel_param_desc[]){
			{ .name = "gain", .type = "f32", .value = "1", .doc = "factor" },
			{ .name = "offset", .type = "f32", .value = "0", .doc = "offset" },
			{ 0 } },
	.init = scale_init,
	.fire = scale_fire,
	.fire_chain = scale_fire_chain,
	.fini = pel_free,
	.fpga = scale_fpga,
};
