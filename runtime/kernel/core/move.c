/* SPDX-License-Identifier: Apache-2.0 */
#include "core.h"

#include <errno.h>
#include <string.h>

/* Kernels that move tokens without interpreting them. */

static const struct pel_port_desc any_in[] = { { .name = "in", .type = "T", .doc = "any type" }, { 0 } };
static const struct pel_port_desc any_out[] = { { .name = "out", .type = "T", .doc = "the same type" }, { 0 } };

static int token_init(struct pel_info *info, void **state)
{
	return pel_token_state_create(info, pel_info_in_type(info, 0), state);
}

/* ---- core.copy ---- */

static int copy_fire(void *state, const struct pel_io *io, size_t firings)
{
	const struct pel_token_state *s = state;

	if (io->out[0] != io->in[0])
		memcpy(io->out[0], io->in[0], firings * s->bytes);
	return 0;
}

const struct pel_kernel pel_core_copy = {
	.abi = PEL_KERNEL_ABI,
	.flags = PEL_KERNEL_STATELESS | PEL_KERNEL_EXACT | PEL_KERNEL_IN_PLACE,
	.name = "core.copy",
	.summary = "pass tokens on unchanged",
	.doc = "out = in.",
	.in = any_in,
	.out = any_out,
	.init = token_init,
	.fire = copy_fire,
	.fini = pel_free,
};

/* ---- core.null ---- */

static int null_fire(void *state, const struct pel_io *io, size_t firings)
{
	(void)state, (void)io, (void)firings;
	return 0;
}

const struct pel_kernel pel_core_null = {
	.abi = PEL_KERNEL_ABI,
	.flags = PEL_KERNEL_STATELESS | PEL_KERNEL_EXACT,
	.name = "core.null",
	.summary = "discard tokens",
	.doc = "Connect it to an output that is not needed.",
	.in = any_in,
	.fire = null_fire,
};

/* ---- core.head ---- */

struct head_state {
	size_t bytes;
	uint64_t tokens;
};

static int head_init(struct pel_info *info, void **state)
{
	struct head_state *s;
	int r = pel_state_alloc(info, sizeof(*s), state);

	if (r < 0)
		return r;
	s = *state;
	s->bytes = pel_type_bytes(pel_info_in_type(info, 0));
	s->tokens = (uint64_t)pel_info_i64(info, "tokens");
	pel_info_expect(info, s->tokens);
	return 0;
}

static int head_fire(void *state, const struct pel_io *io, size_t firings)
{
	const struct head_state *s = state;
	uint64_t left = io->first < s->tokens ? s->tokens - io->first : 0;
	size_t n = firings < left ? firings : (size_t)left;

	memcpy(io->out[0], io->in[0], n * s->bytes);
	*io->fired = n;
	return firings < left ? 0 : PEL_END;
}

const struct pel_kernel pel_core_head = {
	.abi = PEL_KERNEL_ABI,
	.flags = PEL_KERNEL_STATELESS | PEL_KERNEL_EXACT,
	.name = "core.head",
	.summary = "pass on the first tokens, then end",
	.doc = "`out` is the first `tokens` tokens of `in`, or all of them if there are fewer. After that many tokens, the actor ends, and so do "
	       "the actors before it that have no other reader.",
	.in = any_in,
	.out = any_out,
	.params =
		(const struct pel_param_desc[]){
			{ .name = "tokens", .type = "i64", .doc = "number of tokens", .least = "0" }, { 0 } },
	.init = head_init,
	.fire = head_fire,
	.fini = pel_free,
};

/* ---- core.reshape ---- */

static int reshape_resolve(struct pel_info *info)
{
	const struct pel_type *in = pel_info_in_type(info, 0);
	struct pel_type out;
	char a[192], b[192];
	int r;

	if (!in)
		return 0;
	if ((r = pel_param_type(info, "shape", in, &out)) < 0)
		return r;
	if (pel_type_bytes(in) != pel_type_bytes(&out)) {
		pel_info_fail(info, -EINVAL, "cannot reshape %s of %llu byte%s to %s of %llu byte%s",
			      pel_type_format(in, a, sizeof(a)), (unsigned long long)pel_type_bytes(in),
			      pel_s(pel_type_bytes(in)), pel_type_format(&out, b, sizeof(b)),
			      (unsigned long long)pel_type_bytes(&out), pel_s(pel_type_bytes(&out)));
		return pel_info_hint(info, -EINVAL, "core.group and core.ungroup change the number of tokens");
	}
	return pel_info_set_out_type(info, 0, &out);
}

const struct pel_kernel pel_core_reshape = {
	.abi = PEL_KERNEL_ABI,
	.flags = PEL_KERNEL_STATELESS | PEL_KERNEL_EXACT,
	.name = "core.reshape",
	.summary = "reinterpret the bytes of each token as another type",
	.doc = "`out` has the bytes of `in`, unchanged, as tokens of type `shape`, which must have the same size.",
	.in = (const struct pel_port_desc[]){ { .name = "in", .type = "S", .doc = "any type" }, { 0 } },
	.out = (const struct pel_port_desc[]){ { .name = "out", .type = "T", .doc = "the type `shape`" },
					       { 0 } },
	.params =
		(const struct pel_param_desc[]){
			{ .name = "shape",
			  .type = "string",
			  .doc = "a type (u8[4,4]), or dimensions alone ([4,4]) to keep the element type" },
			{ 0 } },
	.resolve = reshape_resolve,
	.init = token_init,
	.fire = copy_fire,
	.fini = pel_free,
};

/* ---- core.group, core.ungroup ---- */

static int group_init(struct pel_info *info, void **state)
{
	return pel_token_state_create(info, pel_info_out_type(info, 0), state);
}

static int group_resolve(struct pel_info *info)
{
	const struct pel_type *in = pel_info_in_type(info, 0);
	struct pel_type out;
	char text[192];

	if (!in)
		return 0;
	if (in->n_dims == PEL_MAX_DIMS)
		return pel_info_fail(info, -EINVAL,
				     "tokens of type %s have %d dimensions already, and no type has more",
				     pel_type_format(in, text, sizeof(text)), PEL_MAX_DIMS);
	out = *in;
	out.n_dims++;
	out.dims[0] = (uint64_t)pel_info_i64(info, "tokens");
	memcpy(out.dims + 1, in->dims, in->n_dims * sizeof(*in->dims));
	return pel_info_set_out_type(info, 0, &out);
}

const struct pel_kernel pel_core_group = {
	.abi = PEL_KERNEL_ABI,
	.flags = PEL_KERNEL_STATELESS | PEL_KERNEL_EXACT,
	.name = "core.group",
	.summary = "combine several tokens into one array",
	.doc = "Each token of `out` is an array of the next `tokens` tokens of `in`: f32 becomes f32[tokens].",
	.in = (const struct pel_port_desc[]){ { .name = "in", .type = "S", .rate = "$tokens", .doc = "any type" },
					      { 0 } },
	.out = (const struct pel_port_desc[]){ { .name = "out", .type = "T", .doc = "an array of that type" },
					       { 0 } },
	.params =
		(const struct pel_param_desc[]){
			{ .name = "tokens", .type = "u32", .doc = "tokens in an array", .least = "1" }, { 0 } },
	.resolve = group_resolve,
	.init = group_init,
	.fire = copy_fire,
	.fini = pel_free,
};

static int ungroup_resolve(struct pel_info *info)
{
	const struct pel_type *in = pel_info_in_type(info, 0);
	struct pel_type out;
	char text[192];
	int r;

	if (!in)
		return 0;
	if (!in->n_dims)
		return pel_info_fail(info, -EINVAL, "port 'in' has type %s, which is not an array",
				     pel_type_format(in, text, sizeof(text)));
	out = *in;
	out.n_dims--;
	memmove(out.dims, out.dims + 1, out.n_dims * sizeof(*out.dims));
	if ((r = pel_info_set_out_rates(info, 0, &in->dims[0], 1)) < 0)
		return r;
	return pel_info_set_out_type(info, 0, &out);
}

const struct pel_kernel pel_core_ungroup = {
	.abi = PEL_KERNEL_ABI,
	.flags = PEL_KERNEL_STATELESS | PEL_KERNEL_EXACT,
	.name = "core.ungroup",
	.summary = "split an array into several tokens",
	.doc = "Each array is split along its first dimension: a token f32[2,3] becomes two tokens f32[3].",
	.in = (const struct pel_port_desc[]){ { .name = "in", .type = "S", .doc = "an array" }, { 0 } },
	.out =
		(const struct pel_port_desc[]){
			{ .name = "out",
			  .type = "T",
			  .doc = "as many tokens per firing as the size of the array's first dimension" },
			{ 0 } },
	.resolve = ungroup_resolve,
	.init = token_init,
	.fire = copy_fire,
	.fini = pel_free,
};

/* ---- core.upsample, core.downsample, core.repeat ---- */

struct sample_state {
	size_t bytes, factor, offset;
};

static int sample_init(struct pel_info *info, void **state)
{
	struct sample_state *s;
	int r = pel_state_alloc(info, sizeof(*s), state);

	if (r < 0)
		return r;
	s = *state;
	s->bytes = pel_type_bytes(pel_info_in_type(info, 0));
	s->factor = (size_t)pel_info_i64(info, "factor");
	return 0;
}

/* Copies tokens of `bytes` bytes, `from_step` apart, to places `to_step` apart. Constant sizes are much faster. */
static void spread(unsigned char *restrict to, size_t to_step, const unsigned char *restrict from,
		   size_t from_step, size_t bytes, size_t n)
{
	switch (bytes) {
	case 4:
		for (size_t i = 0; i < n; i++)
			memcpy(to + i * to_step, from + i * from_step, 4);
		break;
	case 8:
		for (size_t i = 0; i < n; i++)
			memcpy(to + i * to_step, from + i * from_step, 8);
		break;
	default:
		for (size_t i = 0; i < n; i++)
			memcpy(to + i * to_step, from + i * from_step, bytes);
	}
}

static int upsample_fire(void *state, const struct pel_io *io, size_t firings)
{
	const struct sample_state *s = state;

	memset(io->out[0], 0, firings * s->factor * s->bytes);
	spread(io->out[0], s->factor * s->bytes, io->in[0], s->bytes, s->bytes, firings);
	return 0;
}

const struct pel_kernel pel_core_upsample = {
	.abi = PEL_KERNEL_ABI,
	.flags = PEL_KERNEL_STATELESS | PEL_KERNEL_EXACT,
	.name = "core.upsample",
	.summary = "insert zeros between tokens",
	.doc = "After each token of `in`, factor - 1 tokens whose bytes are all 0 are inserted.",
	.in = any_in,
	.out =
		(const struct pel_port_desc[]){
			{ .name = "out", .type = "T", .rate = "$factor", .doc = "the same type" }, { 0 } },
	.params = (const struct pel_param_desc[]){ { .name = "factor",
						     .type = "u32",
						     .doc = "output tokens for an input token",
						     .least = "1" },
						   { 0 } },
	.init = sample_init,
	.fire = upsample_fire,
	.fini = pel_free,
};

static int repeat_fire(void *state, const struct pel_io *io, size_t firings)
{
	const struct sample_state *s = state;

	for (size_t j = 0; j < s->factor; j++)
		spread((unsigned char *)io->out[0] + j * s->bytes, s->factor * s->bytes, io->in[0], s->bytes,
		       s->bytes, firings);
	return 0;
}

const struct pel_kernel pel_core_repeat = {
	.abi = PEL_KERNEL_ABI,
	.flags = PEL_KERNEL_STATELESS | PEL_KERNEL_EXACT,
	.name = "core.repeat",
	.summary = "write each token several times",
	.doc = "Each token of `in` is written `factor` times.",
	.in = any_in,
	.out =
		(const struct pel_port_desc[]){
			{ .name = "out", .type = "T", .rate = "$factor", .doc = "the same type" }, { 0 } },
	.params = (const struct pel_param_desc[]){ { .name = "factor",
						     .type = "u32",
						     .doc = "output tokens for an input token",
						     .least = "1" },
						   { 0 } },
	.init = sample_init,
	.fire = repeat_fire,
	.fini = pel_free,
};

static int downsample_init(struct pel_info *info, void **state)
{
	int r = sample_init(info, state);

	if (r == 0)
		((struct sample_state *)*state)->offset = (size_t)pel_info_i64(info, "offset");
	return r;
}

static int downsample_fire(void *state, const struct pel_io *io, size_t firings)
{
	const struct sample_state *s = state;

	spread(io->out[0], s->bytes, (const unsigned char *)io->in[0] + s->offset * s->bytes,
	       s->factor * s->bytes, s->bytes, firings);
	return 0;
}

const struct pel_kernel pel_core_downsample = {
	.abi = PEL_KERNEL_ABI,
	.flags = PEL_KERNEL_STATELESS | PEL_KERNEL_EXACT,
	.name = "core.downsample",
	.summary = "keep one of every few tokens",
	.doc = "Of every `factor` tokens of `in`, token number `offset`, counted from 0, is passed on.",
	.in = (const struct pel_port_desc[]){ { .name = "in", .type = "T", .rate = "$factor", .doc = "any type" },
					      { 0 } },
	.out = any_out,
	.params =
		(const struct pel_param_desc[]){
			{ .name = "factor", .type = "u32", .doc = "input tokens per output token", .least = "1" },
			{ .name = "offset",
			  .type = "u32",
			  .value = "0",
			  .doc = "which of these tokens is kept",
			  .least = "0",
			  .most = "$factor - 1" },
			{ 0 } },
	.init = downsample_init,
	.fire = downsample_fire,
	.fini = pel_free,
};
