/* SPDX-License-Identifier: Apache-2.0 */
#include "core.h"

#include <errno.h>
#include <string.h>

/*
 * Cyclo-static merging and splitting: firing f serves only connected port number f % n. core.interleave needs a block of every input at once. core.mux
 * passes on the tokens of an input as soon as it is that input's turn, so it needs smaller channels.
 */
struct turn {
	unsigned port;
	size_t bytes;
};

struct mux_state {
	unsigned n_turns;
	struct turn turns[PEL_WAYS];
};

static int resolve_turns(struct pel_info *info, bool many_in)
{
	unsigned ports[PEL_WAYS], n = pel_connected_ways(info, many_in, ports);
	size_t count;
	const uint64_t *lengths = pel_info_list(info, "lengths", &count);
	uint64_t rates[PEL_WAYS] = { 0 };
	int r;

	if (n < 2)
		return 0; /* the compiler reports required ports that are not connected */
	if (count != n)
		return pel_info_fail_param(
			info, "lengths", -EINVAL,
			"parameter 'lengths' has %zu number%s; it must have one for each of the %u connected ports",
			count, pel_s(count), n);
	r = many_in ? pel_info_set_out_rates(info, 0, lengths, n) : pel_info_set_in_rates(info, 0, lengths, n);
	for (unsigned i = 0; i < n && r == 0; i++) {
		memset(rates, 0, sizeof(rates));
		rates[i] = lengths[i];
		r = many_in ? pel_info_set_in_rates(info, ports[i], rates, n)
			    : pel_info_set_out_rates(info, ports[i], rates, n);
	}
	return r;
}

static int mux_resolve(struct pel_info *info)
{
	return resolve_turns(info, true);
}

static int demux_resolve(struct pel_info *info)
{
	return resolve_turns(info, false);
}

static int init_turns(struct pel_info *info, void **state, bool many_in)
{
	const struct pel_type *type = many_in ? pel_info_out_type(info, 0) : pel_info_in_type(info, 0);
	unsigned ports[PEL_WAYS], n = pel_connected_ways(info, many_in, ports);
	size_t count;
	const uint64_t *lengths = pel_info_list(info, "lengths", &count);
	struct mux_state *s;
	int r = pel_state_alloc(info, sizeof(*s), state);

	if (r < 0)
		return r;
	s = *state;
	s->n_turns = n;
	for (unsigned i = 0; i < n; i++)
		s->turns[i] = (struct turn){ ports[i], lengths[i] * pel_type_bytes(type) };
	return 0;
}

static int mux_init(struct pel_info *info, void **state)
{
	return init_turns(info, state, true);
}

static int demux_init(struct pel_info *info, void **state)
{
	return init_turns(info, state, false);
}

static int mux_fire(void *state, const struct pel_io *io, size_t firings)
{
	const struct mux_state *s = state;
	const unsigned char *from[PEL_WAYS];
	unsigned char *to = io->out[0];

	for (unsigned i = 0; i < PEL_WAYS; i++)
		from[i] = io->in[i];
	for (size_t f = 0; f < firings; f++) {
		const struct turn *turn = &s->turns[(io->first + f) % s->n_turns];

		memcpy(to, from[turn->port], turn->bytes);
		from[turn->port] += turn->bytes;
		to += turn->bytes;
	}
	return 0;
}

static int demux_fire(void *state, const struct pel_io *io, size_t firings)
{
	const struct mux_state *s = state;
	const unsigned char *from = io->in[0];
	unsigned char *to[PEL_WAYS];

	for (unsigned i = 0; i < PEL_WAYS; i++)
		to[i] = io->out[i];
	for (size_t f = 0; f < firings; f++) {
		const struct turn *turn = &s->turns[(io->first + f) % s->n_turns];

		memcpy(to[turn->port], from, turn->bytes);
		to[turn->port] += turn->bytes;
		from += turn->bytes;
	}
	return 0;
}

static const struct pel_param_desc lengths_param[] = {
	{ .name = "lengths",
	  .type = "u64[]",
	  .doc = "tokens in each turn: one number for each connected port",
	  .least = "1",
	  .most = "4294967295" },
	{ 0 }
};

const struct pel_kernel pel_core_mux = {
	.abi = PEL_KERNEL_ABI,
	.flags = PEL_KERNEL_STATELESS | PEL_KERNEL_EXACT,
	.name = "core.mux",
	.summary = "merge streams: pass on a number of tokens from each in turn, with cyclic rates",
	.doc = "With n connected inputs, firing f passes on lengths[f % n] tokens from connected input number f % n, starting with in0.",
	.in = (const struct pel_port_desc[]){ PEL_WAY_PORTS(
		"in", NULL, "its entry in `lengths` in its turn, otherwise none") },
	.out =
		(const struct pel_port_desc[]){
			{ .name = "out", .type = "T", .doc = "tokens from the input whose turn it is" }, { 0 } },
	.params = lengths_param,
	.resolve = mux_resolve,
	.init = mux_init,
	.fire = mux_fire,
	.fini = pel_free,
};

const struct pel_kernel pel_core_demux = {
	.abi = PEL_KERNEL_ABI,
	.flags = PEL_KERNEL_STATELESS | PEL_KERNEL_EXACT,
	.name = "core.demux",
	.summary = "split a stream: pass on a number of tokens to each output in turn, with cyclic rates",
	.doc = "With n connected outputs, firing f writes the next lengths[f % n] tokens to connected output number f % n, starting with out0. The inverse of core.mux.",
	.in =
		(const struct pel_port_desc[]){
			{ .name = "in", .type = "T", .doc = "tokens for the output whose turn it is" }, { 0 } },
	.out = (const struct pel_port_desc[]){ PEL_WAY_PORTS(
		"out", NULL, "its entry in `lengths` in its turn, otherwise none") },
	.params = lengths_param,
	.resolve = demux_resolve,
	.init = demux_init,
	.fire = demux_fire,
	.fini = pel_free,
};
