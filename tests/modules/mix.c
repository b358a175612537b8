/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <pelton/kernel.h>
#include <stdlib.h>

#include "mix.h"

/*
 * Kernels of arbitrary rates whose outputs are hashes of what they read. Tokens are u8[N].
 *   mix.hash     stateful: all outputs depend on all inputs so far
 *   mix.pure    stateless: on the windows, history included, and the phase
 *   mix.filter   `*`: each token becomes none to three, dealt to the connected outputs
 *   mix.merge    `*`: which input is read next depends on what was read
 */
#define PORTS 4

static const struct pel_param_desc mix_params[] = {
	{ .name = "seed", .type = "i64", .value = "0", .doc = "start of the hash" },
	{ .name = "limit", .type = "i64", .value = "0", .doc = "end after so many firings; 0: when an input ends" },
	{ .name = "in_rates0", .type = "u64[]", .value = "1", .doc = "a phase each" },
	{ .name = "in_rates1", .type = "u64[]", .value = "1", .doc = "a phase each" },
	{ .name = "in_rates2", .type = "u64[]", .value = "1", .doc = "a phase each" },
	{ .name = "in_rates3", .type = "u64[]", .value = "1", .doc = "a phase each" },
	{ .name = "out_rates0", .type = "u64[]", .value = "1", .doc = "a phase each" },
	{ .name = "out_rates1", .type = "u64[]", .value = "1", .doc = "a phase each" },
	{ .name = "out_rates2", .type = "u64[]", .value = "1", .doc = "a phase each" },
	{ .name = "out_rates3", .type = "u64[]", .value = "1", .doc = "a phase each" },
	{ .name = "history", .type = "u64[]", .value = "0,0,0,0", .doc = "of each input" },
	{ .name = "bytes", .type = "u64[]", .value = "1,1,1,1", .doc = "of the tokens of each output" },
	{ 0 }
};

static const struct pel_port_desc mix_in[] = { { "in0", "A", NULL, NULL, PEL_PORT_OPTIONAL, "any bytes" },
					       { "in1", "B", NULL, NULL, PEL_PORT_OPTIONAL, "any bytes" },
					       { "in2", "C", NULL, NULL, PEL_PORT_OPTIONAL, "any bytes" },
					       { "in3", "D", NULL, NULL, PEL_PORT_OPTIONAL, "any bytes" },
					       { 0 } };

static const struct pel_port_desc mix_out[] = { { "out0", "W", NULL, NULL, PEL_PORT_OPTIONAL, "hashes" },
						{ "out1", "X", NULL, NULL, PEL_PORT_OPTIONAL, "hashes" },
						{ "out2", "Y", NULL, NULL, PEL_PORT_OPTIONAL, "hashes" },
						{ "out3", "Z", NULL, NULL, PEL_PORT_OPTIONAL, "hashes" },
						{ 0 } };

static int set_bytes(struct pel_info *info, unsigned ports)
{
	size_t count;
	const uint64_t *bytes = pel_info_list(info, "bytes", &count);

	for (unsigned o = 0; o < ports; o++) {
		struct pel_type type = { .elem = PEL_ELEM_U8, .elem_bytes = 1, .n_dims = 1 };
		int r;

		if (!pel_info_out_connected(info, o))
			continue;
		if (o >= count)
			return pel_info_fail(info, -EINVAL, "bytes has %zu numbers", count);
		type.dims[0] = bytes[o];
		r = pel_info_set_out_type(info, o, &type);
		if (r < 0)
			return r;
	}
	return 0;
}

static int mix_resolve(struct pel_info *info)
{
	static const char *const in_rates[PORTS] = { "in_rates0", "in_rates1", "in_rates2", "in_rates3" };
	static const char *const out_rates[PORTS] = { "out_rates0", "out_rates1", "out_rates2", "out_rates3" };
	size_t n_history, count;
	const uint64_t *history = pel_info_list(info, "history", &n_history), *rates;
	int r = set_bytes(info, PORTS);

	for (unsigned i = 0; i < PORTS && r == 0; i++) {
		if (pel_info_in_connected(info, i)) {
			rates = pel_info_list(info, in_rates[i], &count);
			r = pel_info_set_in_rates(info, i, rates, count);
			if (r == 0 && i < n_history)
				r = pel_info_set_history(info, i, history[i]);
		}
		if (r == 0 && pel_info_out_connected(info, i)) {
			rates = pel_info_list(info, out_rates[i], &count);
			r = pel_info_set_out_rates(info, i, rates, count);
		}
	}
	return r;
}

struct side {
	size_t bytes; /* of a token */
	const uint64_t *rates;
	uint64_t n_rates, history;
};

struct mix {
	uint64_t seed, hash, limit, fired;
	struct side in[PORTS], out[PORTS];
};

/* The lists of the parameters live as long as the plan, so they need not be copied. */
static int mix_init(struct pel_info *info, void **state)
{
	static const char *const names[2][PORTS] = { { "in_rates0", "in_rates1", "in_rates2", "in_rates3" },
						     { "out_rates0", "out_rates1", "out_rates2",
						       "out_rates3" } };
	struct mix *mix = calloc(1, sizeof(*mix));
	size_t count, n_history;
	const uint64_t *history = pel_info_list(info, "history", &n_history);

	if (!mix)
		return -ENOMEM;
	mix->seed = mix->hash = (uint64_t)pel_info_i64(info, "seed");
	mix->limit = (uint64_t)pel_info_i64(info, "limit");
	for (unsigned i = 0; i < PORTS; i++) {
		if (pel_info_in_connected(info, i)) {
			mix->in[i].bytes = (size_t)pel_type_bytes(pel_info_in_type(info, i));
			mix->in[i].rates = pel_info_list(info, names[0][i], &count);
			mix->in[i].n_rates = count;
			mix->in[i].history = i < n_history ? history[i] : 0;
		}
		if (pel_info_out_connected(info, i)) {
			mix->out[i].bytes = (size_t)pel_type_bytes(pel_info_out_type(info, i));
			mix->out[i].rates = pel_info_list(info, names[1][i], &count);
			mix->out[i].n_rates = count;
		}
	}
	*state = mix;
	return 0;
}

/* The windows of the firings one after another. */
struct windows {
	const unsigned char *in[PORTS];
	unsigned char *out[PORTS];
};

static uint64_t fire_once(const struct mix *mix, uint64_t hash, uint64_t firing, struct windows *w)
{
	for (unsigned i = 0; i < PORTS; i++) {
		const struct side *in = &mix->in[i];
		size_t bytes;

		if (!in->bytes)
			continue;
		bytes = in->bytes * in->rates[firing % in->n_rates];
		hash = mix_bytes(hash, w->in[i] - in->history * in->bytes, in->history * in->bytes + bytes);
		w->in[i] += bytes;
	}
	for (unsigned o = 0; o < PORTS; o++) {
		const struct side *out = &mix->out[o];
		size_t bytes;

		if (!out->bytes)
			continue;
		bytes = out->bytes * out->rates[firing % out->n_rates];
		for (size_t b = 0; b < bytes; b++)
			w->out[o][b] = mix_byte(hash, o, b);
		w->out[o] += bytes;
	}
	return hash;
}

static struct windows windows_of(const struct pel_io *io)
{
	struct windows w;

	for (unsigned i = 0; i < PORTS; i++) {
		w.in[i] = io->in[i];
		w.out[i] = io->out[i];
	}
	return w;
}

static int mix_fire(void *state, const struct pel_io *io, size_t firings)
{
	struct windows w = windows_of(io);
	struct mix *mix = state;

	for (size_t k = 0; k < firings; k++) {
		if (mix->limit && mix->fired == mix->limit) {
			*io->fired = k;
			return PEL_END;
		}
		mix->hash = fire_once(mix, mix->hash, mix->fired++, &w);
	}
	return 0;
}

static int pure_fire(void *state, const struct pel_io *io, size_t firings)
{
	struct windows w = windows_of(io);

	for (size_t k = 0; k < firings; k++)
		fire_once(state, ((const struct mix *)state)->seed, io->first + k, &w);
	return 0;
}

static int mix_finish(void *state, struct pel_results *results)
{
	const struct mix *mix = state;

	pel_results_u64(results, "hash", mix->hash);
	pel_results_u64(results, "firings", mix->fired);
	return 0;
}

static const struct pel_kernel mix_kernel = {
	.abi = PEL_KERNEL_ABI,
	.name = "mix.hash",
	.summary = "Hash all inputs so far",
	.doc = "See mix.h.",
	.in = mix_in,
	.out = mix_out,
	.params = mix_params,
	.resolve = mix_resolve,
	.init = mix_init,
	.fire = mix_fire,
	.finish = mix_finish,
	.fini = free,
};

static const struct pel_kernel pure_kernel = {
	.abi = PEL_KERNEL_ABI,
	.flags = PEL_KERNEL_STATELESS,
	.name = "mix.pure",
	.summary = "Hash the windows",
	.doc = "See mix.h.",
	.in = mix_in,
	.out = mix_out,
	.params = mix_params,
	.resolve = mix_resolve,
	.init = mix_init,
	.fire = pure_fire,
	.fini = free,
};

/* ---- `*` ---- */

static const struct pel_param_desc dynamic_params[] = {
	{ .name = "seed", .type = "i64", .value = "0", .doc = "start of the hash" },
	{ .name = "bytes", .type = "u64[]", .value = "1,1", .doc = "of the tokens of each output" },
	{ 0 }
};

struct dynamic {
	uint64_t hash;
	size_t in_bytes[2], out_bytes[2];
	unsigned outs;	     /* connected ones come first */
	unsigned left, next; /* tokens still to be written for the last one read, and the number of the next */
};

static int dynamic_init(struct pel_info *info, void **state)
{
	struct dynamic *d = calloc(1, sizeof(*d));

	if (!d)
		return -ENOMEM;
	d->hash = (uint64_t)pel_info_i64(info, "seed");
	*state = d;
	return 0;
}

static int filter_resolve(struct pel_info *info)
{
	return set_bytes(info, 2);
}

static int filter_init(struct pel_info *info, void **state)
{
	struct dynamic *d;
	int r = dynamic_init(info, state);

	if (r < 0)
		return r;
	d = *state;
	d->in_bytes[0] = (size_t)pel_type_bytes(pel_info_in_type(info, 0));
	for (; d->outs < 2 && pel_info_out_connected(info, d->outs); d->outs++)
		d->out_bytes[d->outs] = (size_t)pel_type_bytes(pel_info_out_type(info, d->outs));
	return 0;
}

/* Write what is left of the last token, as far as there is room. */
static void filter_write(struct dynamic *d, const struct pel_io *io)
{
	for (; d->left; d->left--, d->next++) {
		unsigned o = (unsigned)(d->hash >> (8 + d->next)) % d->outs;
		unsigned char *to;

		if (io->produced[o] == io->out_tokens[o])
			return;
		to = (unsigned char *)io->out[o] + io->produced[o]++ * d->out_bytes[o];
		for (size_t b = 0; b < d->out_bytes[o]; b++)
			to[b] = mix_byte(d->hash, d->next, b);
	}
}

static int filter_fire(void *state, const struct pel_io *io, size_t firings)
{
	struct dynamic *d = state;

	(void)firings;
	filter_write(d, io);
	while (!d->left && io->consumed[0] < io->in_tokens[0]) {
		const unsigned char *from = io->in[0];

		d->hash = mix_bytes(d->hash, from + io->consumed[0]++ * d->in_bytes[0], d->in_bytes[0]);
		d->left = (unsigned)(d->hash >> 3) % 4;
		d->next = 0;
		filter_write(d, io);
	}
	return 0;
}

static int filter_drain(void *state, const struct pel_io *io)
{
	filter_write(state, io);
	return 0;
}

static const struct pel_kernel filter_kernel = {
	.abi = PEL_KERNEL_ABI,
	.name = "mix.filter",
	.summary = "None to three tokens for each",
	.doc = "See mix.h.",
	.in = (const struct pel_port_desc[]){ { "in0", "A", "*", NULL, 0, "any bytes" }, { 0 } },
	.out = (const struct pel_port_desc[]){ { "out0", "W", "*", NULL, 0, "hashes" },
					       { "out1", "X", "*", NULL, PEL_PORT_OPTIONAL, "hashes" },
					       { 0 } },
	.params = dynamic_params,
	.resolve = filter_resolve,
	.init = filter_init,
	.fire = filter_fire,
	.drain = filter_drain,
	.fini = free,
};

static int merge_resolve(struct pel_info *info)
{
	return set_bytes(info, 1);
}

static int merge_init(struct pel_info *info, void **state)
{
	struct dynamic *d;
	int r = dynamic_init(info, state);

	if (r < 0)
		return r;
	d = *state;
	for (unsigned i = 0; i < 2; i++)
		d->in_bytes[i] = (size_t)pel_type_bytes(pel_info_in_type(info, i));
	d->out_bytes[0] = (size_t)pel_type_bytes(pel_info_out_type(info, 0));
	return 0;
}

static int merge_fire(void *state, const struct pel_io *io, size_t firings)
{
	struct dynamic *d = state;
	unsigned from = d->hash & 1;

	(void)firings;
	while (io->produced[0] < io->out_tokens[0] && io->consumed[from] < io->in_tokens[from]) {
		const unsigned char *token =
			(const unsigned char *)io->in[from] + io->consumed[from]++ * d->in_bytes[from];
		unsigned char *to = (unsigned char *)io->out[0] + io->produced[0]++ * d->out_bytes[0];

		d->hash = mix_bytes(d->hash, token, d->in_bytes[from]);
		for (size_t b = 0; b < d->out_bytes[0]; b++)
			to[b] = mix_byte(d->hash, 0, b);
		from = d->hash & 1;
	}
	if (!io->produced[0])
		io->consumed[from] = PEL_MORE;
	return 0;
}

static const struct pel_kernel merge_kernel = {
	.abi = PEL_KERNEL_ABI,
	.name = "mix.merge",
	.summary = "Read one of two inputs, as the tokens say",
	.doc = "See mix.h.",
	.in = (const struct pel_port_desc[]){ { "in0", "A", "*", NULL, 0, "any bytes" },
					      { "in1", "B", "*", NULL, 0, "any bytes" },
					      { 0 } },
	.out = (const struct pel_port_desc[]){ { "out0", "W", "*", NULL, 0, "hashes" }, { 0 } },
	.params = dynamic_params,
	.resolve = merge_resolve,
	.init = merge_init,
	.fire = merge_fire,
	.fini = free,
};

PEL_KERNEL_MODULE(&mix_kernel, &pure_kernel, &filter_kernel, &merge_kernel)
