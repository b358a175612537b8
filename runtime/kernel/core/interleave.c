/* SPDX-License-Identifier: Apache-2.0 */
#include "core.h"

#include <errno.h>
#include <string.h>

struct weave_state {
	size_t block_bytes;
	unsigned n_ways;
	unsigned ways[PEL_WAYS]; /* the connected ports, in order */
};

unsigned pel_connected_ways(const struct pel_info *info, bool many_in, unsigned ways[PEL_WAYS])
{
	unsigned n = 0;

	for (unsigned i = 0; i < PEL_WAYS; i++)
		if (many_in ? pel_info_in_connected(info, i) : pel_info_out_connected(info, i))
			ways[n++] = i;
	return n;
}

static int resolve_weave(struct pel_info *info, bool many_in)
{
	unsigned ports[PEL_WAYS], ways = pel_connected_ways(info, many_in, ports);
	/* The compiler reports required ports that are not connected. */
	uint64_t rate = (uint64_t)pel_info_i64(info, "block") * (ways ? ways : 1);

	return many_in ? pel_info_set_out_rates(info, 0, &rate, 1) : pel_info_set_in_rates(info, 0, &rate, 1);
}

static int interleave_resolve(struct pel_info *info)
{
	return resolve_weave(info, true);
}

static int deinterleave_resolve(struct pel_info *info)
{
	return resolve_weave(info, false);
}

static int init_weave(struct pel_info *info, void **state, bool many_in)
{
	const struct pel_type *type = many_in ? pel_info_out_type(info, 0) : pel_info_in_type(info, 0);
	struct weave_state *s;
	int r = pel_state_alloc(info, sizeof(*s), state);

	if (r < 0)
		return r;
	s = *state;
	s->block_bytes = (size_t)pel_info_i64(info, "block") * pel_type_bytes(type);
	s->n_ways = pel_connected_ways(info, many_in, s->ways);
	return 0;
}

static int interleave_init(struct pel_info *info, void **state)
{
	return init_weave(info, state, true);
}

static int deinterleave_init(struct pel_info *info, void **state)
{
	return init_weave(info, state, false);
}

/* Copies pieces of `bytes` bytes, `from_step` apart, to places `to_step` apart. Small constant sizes are much faster. */
static void move_blocks(unsigned char *restrict to, size_t to_step, const unsigned char *restrict from,
			size_t from_step, size_t bytes, size_t n)
{
	if (bytes == 1)
		for (size_t i = 0; i < n; i++)
			to[i * to_step] = from[i * from_step];
	else if (bytes == 4)
		for (size_t i = 0; i < n; i++)
			memcpy(to + i * to_step, from + i * from_step, 4);
	else
		for (size_t i = 0; i < n; i++)
			memcpy(to + i * to_step, from + i * from_step, bytes);
}

static int interleave_fire(void *state, const struct pel_io *io, size_t firings)
{
	const struct weave_state *s = state;
	size_t bytes = s->block_bytes;

	for (unsigned w = 0; w < s->n_ways; w++)
		move_blocks((unsigned char *)io->out[0] + w * bytes, s->n_ways * bytes, io->in[s->ways[w]],
			    bytes, bytes, firings);
	return 0;
}

static int deinterleave_fire(void *state, const struct pel_io *io, size_t firings)
{
	const struct weave_state *s = state;
	size_t bytes = s->block_bytes;

	for (unsigned w = 0; w < s->n_ways; w++)
		move_blocks(io->out[s->ways[w]], bytes, (const unsigned char *)io->in[0] + w * bytes,
			    s->n_ways * bytes, bytes, firings);
	return 0;
}

static const struct pel_param_desc weave_params[] = { { .name = "block",
							.type = "u32",
							.value = "1",
							.doc = "tokens of each port before the next port's turn",
							.least = "1" },
						      { 0 } };

const struct pel_kernel pel_core_interleave = {
	.abi = PEL_KERNEL_ABI,
	.flags = PEL_KERNEL_STATELESS | PEL_KERNEL_EXACT,
	.name = "core.interleave",
	.summary = "merge streams by taking tokens from each in turn",
	.doc = "A firing writes `block` tokens from each connected input, starting with in0.",
	.in = (const struct pel_port_desc[]){ PEL_WAY_PORTS("in", "$block", "any type, the same for all") },
	.out = (const struct pel_port_desc[]){ { .name = "out",
						 .type = "T",
						 .doc = "`block` tokens per firing for each connected input" },
					       { 0 } },
	.params = weave_params,
	.resolve = interleave_resolve,
	.init = interleave_init,
	.fire = interleave_fire,
	.fini = pel_free,
};

const struct pel_kernel pel_core_deinterleave = {
	.abi = PEL_KERNEL_ABI,
	.flags = PEL_KERNEL_STATELESS | PEL_KERNEL_EXACT,
	.name = "core.deinterleave",
	.summary = "distribute tokens over several streams in turn",
	.doc = "A firing writes `block` tokens to each connected output, starting with out0. The inverse of core.interleave.",
	.in = (const struct pel_port_desc[]){ { .name = "in",
						.type = "T",
						.doc = "`block` tokens per firing for each connected output" },
					      { 0 } },
	.out = (const struct pel_port_desc[]){ PEL_WAY_PORTS("out", "$block", "the same type") },
	.params = weave_params,
	.resolve = deinterleave_resolve,
	.init = deinterleave_init,
	.fire = deinterleave_fire,
	.fini = pel_free,
};
