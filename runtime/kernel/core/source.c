/* SPDX-License-Identifier: Apache-2.0 */
#include "core.h"

#include <errno.h>
#include <string.h>

#define FOREVER UINT64_MAX

#define TOKENS_PARAM                                                                                    \
	{                                                                                               \
		.name = "tokens", .type = "i64", .value = "-1", .doc = "number of tokens; -1: endless", \
		.least = "-1"                                                                           \
	}

static uint64_t read_tokens(struct pel_info *info)
{
	int64_t tokens = pel_info_i64(info, "tokens");

	if (tokens < 0)
		return FOREVER;
	pel_info_expect(info, (uint64_t)tokens);
	return (uint64_t)tokens;
}

/* Limits `firings` to the number that are left. Returns what fire() must then return. */
static int clip(const struct pel_io *io, uint64_t tokens, size_t *firings)
{
	uint64_t left = io->first < tokens ? tokens - io->first : 0;

	if (*firings < left)
		return 0;
	*firings = (size_t)left;
	*io->fired = *firings;
	return PEL_END;
}

/* ---- core.constant ---- */

struct constant_state {
	uint64_t tokens;
	size_t bytes;
	unsigned char token[];
};

static int constant_resolve(struct pel_info *info)
{
	struct pel_type type;
	int r = pel_param_type(info, "type", NULL, &type);

	if (r < 0 || (r = pel_need_numeric(info, "out", &type)) < 0)
		return r;
	return pel_info_set_out_type(info, 0, &type);
}

static int constant_init(struct pel_info *info, void **state)
{
	const struct pel_type *type = pel_info_out_type(info, 0);
	enum pel_elem part = pel_elem_part(type->elem);
	size_t bytes = pel_type_bytes(type);
	double value = pel_info_f64(info, "value");
	struct constant_state *s;
	int r = pel_state_alloc(info, sizeof(*s) + bytes, state);

	if (r < 0)
		return r;
	s = *state;
	s->tokens = read_tokens(info);
	s->bytes = bytes;
	for (size_t at = 0; at < bytes; at += type->elem_bytes)
		pel_convert(part, s->token + at, PEL_ELEM_F64, &value, 1);
	return 0;
}

static int constant_fire(void *state, const struct pel_io *io, size_t firings)
{
	const struct constant_state *s = state;
	unsigned char *out = io->out[0];
	int r = clip(io, s->tokens, &firings);

	for (size_t i = 0; i < firings; i++)
		memcpy(out + i * s->bytes, s->token, s->bytes);
	return r;
}

const struct pel_kernel pel_core_constant = {
	.abi = PEL_KERNEL_ABI,
	.flags = PEL_KERNEL_STATELESS | PEL_KERNEL_EXACT,
	.name = "core.constant",
	.summary = "source of equal tokens",
	.doc = "Every element of every token is `value`, converted as core.convert does. The imaginary part of a complex element is 0.",
	.out = (const struct pel_port_desc[]){ { .name = "out", .type = "T", .doc = "the type `type`" }, { 0 } },
	.params =
		(const struct pel_param_desc[]){
			{ .name = "type",
			  .type = "string",
			  .value = "f32",
			  .doc = "type of the tokens, such as f32 or u8[4,4]" },
			{ .name = "value", .type = "f64", .value = "0", .doc = "value of every element" },
			TOKENS_PARAM,
			{ 0 } },
	.resolve = constant_resolve,
	.init = constant_init,
	.fire = constant_fire,
	.fini = pel_free,
};

/* ---- core.counter ---- */

struct counter_state {
	uint64_t tokens, start, step;
};

static int counter_init(struct pel_info *info, void **state)
{
	struct counter_state *s;
	int r = pel_state_alloc(info, sizeof(*s), state);

	if (r < 0)
		return r;
	s = *state;
	s->tokens = read_tokens(info);
	s->start = (uint64_t)pel_info_i64(info, "start");
	s->step = (uint64_t)pel_info_i64(info, "step");
	return 0;
}

PEL_CLONES(count, (uint64_t *restrict out, uint64_t start, uint64_t step, size_t n), (out, start, step, n))
{
	for (size_t i = 0; i < n; i++)
		out[i] = start + step * i;
}

static int counter_fire(void *state, const struct pel_io *io, size_t firings)
{
	const struct counter_state *s = state;
	int r = clip(io, s->tokens, &firings);

	count(io->out[0], s->start + s->step * io->first, s->step, firings);
	return r;
}

const struct pel_kernel pel_core_counter = {
	.abi = PEL_KERNEL_ABI,
	.flags = PEL_KERNEL_STATELESS | PEL_KERNEL_EXACT,
	.name = "core.counter",
	.summary = "source of equally spaced numbers",
	.doc = "Token i, counted from 0, is start + step * i, modulo 2^64.",
	.out = (const struct pel_port_desc[]){ { .name = "out", .type = "u64", .doc = "the numbers" }, { 0 } },
	.params =
		(const struct pel_param_desc[]){
			{ .name = "start",
			  .type = "i64",
			  .value = "0",
			  .doc = "first number; a negative number is taken modulo 2^64" },
			{ .name = "step",
			  .type = "i64",
			  .value = "1",
			  .doc = "difference between consecutive tokens" },
			TOKENS_PARAM,
			{ 0 } },
	.init = counter_init,
	.fire = counter_fire,
	.fini = pel_free,
};
