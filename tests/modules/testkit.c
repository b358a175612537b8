/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <pelton/kernel.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* Kernels that misbehave, or that make a test's life easier. */

#define PORTS(...)  ((const struct pel_port_desc[]){ __VA_ARGS__, { 0 } })
#define PARAMS(...) ((const struct pel_param_desc[]){ __VA_ARGS__, { 0 } })
#define PORT(n, t)                   \
	{                            \
		.name = n, .type = t \
	}

/* ---- testkit.fail: copies, and fails at firing `at` ---- */

static int number_init(struct pel_info *info, void **state)
{
	int64_t *at = malloc(sizeof(*at));

	if (!at)
		return -ENOMEM;
	*at = pel_info_i64(info, "at");
	*state = at;
	return 0;
}

static int fail_fire(void *state, const struct pel_io *io, size_t firings)
{
	const int64_t *at = state;

	memcpy(io->out[0], io->in[0], firings * sizeof(uint32_t));
	if (*at < 0 && io->first + firings > (uint64_t) - *at)
		return -EIO; /* without a word */
	if (*at >= 0 && io->first + firings > (uint64_t)*at)
		return pel_fire_fail(-EIO, "firing %lld went wrong on purpose", (long long)*at);
	return 0;
}

static const struct pel_kernel fail_kernel = {
	.abi = PEL_KERNEL_ABI,
	.name = "testkit.fail",
	.summary = "copies, and fails at firing `at`; silently at firing -at where that is negative",
	.in = PORTS(PORT("in", "u32")),
	.out = PORTS(PORT("out", "u32")),
	.params = PARAMS({ .name = "at", .type = "i64", .doc = "number of a firing" }),
	.init = number_init,
	.fire = fail_fire,
	.fini = free,
};

/* ---- testkit.refuse: does not start ---- */

static int refuse_init(struct pel_info *info, void **state)
{
	(void)state;
	return pel_info_bool(info, "explain") ? pel_info_fail(info, -EACCES, "I would rather not") : -EACCES;
}

static int nothing_fire(void *state, const struct pel_io *io, size_t firings)
{
	(void)state;
	(void)io;
	(void)firings;
	return 0;
}

static const struct pel_kernel refuse_kernel = {
	.abi = PEL_KERNEL_ABI,
	.name = "testkit.refuse",
	.summary = "does not start",
	.in = PORTS(PORT("in", "u32")),
	.params = PARAMS({ .name = "explain", .type = "bool", .value = "true", .doc = "say why" }),
	.init = refuse_init,
	.fire = nothing_fire,
};

/* ---- testkit.unfinished: fails when it is to finish ---- */

static int unfinished_finish(void *state, struct pel_results *results)
{
	(void)state;
	(void)results;
	return pel_fire_fail(-ENOSPC, "the last bytes found no room");
}

static const struct pel_kernel unfinished_kernel = {
	.abi = PEL_KERNEL_ABI,
	.name = "testkit.unfinished",
	.summary = "fails when it is to finish",
	.in = PORTS(PORT("in", "u32")),
	.fire = nothing_fire,
	.finish = unfinished_finish,
};

/* ---- testkit.greedy: passes tokens on in groups of `at`: never takes fewer ---- */

static int greedy_fire(void *state, const struct pel_io *io, size_t firings)
{
	size_t group = (size_t) * (const int64_t *)state;

	(void)firings;
	if (io->in_tokens[0] < group) {
		io->consumed[0] = PEL_MORE;
		return 0;
	}
	if (io->out_tokens[0] < group) {
		io->produced[0] = PEL_MORE;
		return 0;
	}
	memcpy(io->out[0], io->in[0], group * sizeof(uint32_t));
	io->consumed[0] = io->produced[0] = group;
	return 0;
}

static const struct pel_kernel greedy_kernel = {
	.abi = PEL_KERNEL_ABI,
	.name = "testkit.greedy",
	.summary = "passes tokens on in groups of `at`, by dynamic rates",
	.in = ((const struct pel_port_desc[]){ { .name = "in", .type = "u32", .rate = "*" }, { 0 } }),
	.out = ((const struct pel_port_desc[]){ { .name = "out", .type = "u32", .rate = "*" }, { 0 } }),
	.params = PARAMS({ .name = "at", .type = "i64", .doc = "tokens a group" }),
	.init = number_init,
	.fire = greedy_fire,
	.fini = free,
};

/* ---- testkit.liar: says it took more than it was given ---- */

static int liar_fire(void *state, const struct pel_io *io, size_t firings)
{
	(void)state;
	(void)firings;
	io->consumed[0] = io->in_tokens[0] + 1;
	return 0;
}

static const struct pel_kernel liar_kernel = {
	.abi = PEL_KERNEL_ABI,
	.name = "testkit.liar",
	.summary = "says it took more than it was given",
	.in = ((const struct pel_port_desc[]){ { .name = "in", .type = "u32", .rate = "*" }, { 0 } }),
	.fire = liar_fire,
};

/* ---- testkit.tail: after its input has ended, writes the number of tokens it saw, `at` times ---- */

struct tail_state {
	int64_t left;
	uint32_t seen;
};

static int tail_init(struct pel_info *info, void **state)
{
	struct tail_state *s = calloc(1, sizeof(*s));

	if (!s)
		return -ENOMEM;
	s->left = pel_info_i64(info, "at");
	*state = s;
	return 0;
}

static int tail_fire(void *state, const struct pel_io *io, size_t firings)
{
	struct tail_state *s = state;

	(void)firings;
	s->seen += (uint32_t)io->in_tokens[0];
	io->consumed[0] = io->in_tokens[0];
	return 0;
}

static int tail_drain(void *state, const struct pel_io *io)
{
	struct tail_state *s = state;
	size_t n = 0;

	for (; n < io->out_tokens[0] && s->left; n++, s->left--)
		((uint32_t *)io->out[0])[n] = s->seen;
	io->produced[0] = n;
	return s->left ? 0 : PEL_END;
}

static const struct pel_kernel tail_kernel = {
	.abi = PEL_KERNEL_ABI,
	.name = "testkit.tail",
	.summary = "after its input has ended, writes the number of tokens it saw, `at` times",
	.in = ((const struct pel_port_desc[]){ { .name = "in", .type = "u32", .rate = "*" }, { 0 } }),
	.out = ((const struct pel_port_desc[]){ { .name = "out", .type = "u32", .rate = "*" }, { 0 } }),
	.params = PARAMS({ .name = "at", .type = "i64", .doc = "tokens to write" }),
	.init = tail_init,
	.fire = tail_fire,
	.drain = tail_drain,
	.fini = free,
};

/* ---- testkit.pipe: a source that blocks: u32 tokens from descriptor `at` ---- */

static int pipe_fire(void *state, const struct pel_io *io, size_t firings)
{
	int fd = (int)*(const int64_t *)state;
	ssize_t n = read(fd, io->out[0], sizeof(uint32_t));

	(void)firings;
	*io->fired = n == sizeof(uint32_t);
	return n == sizeof(uint32_t) ? 0 : n < 0 ? -errno : PEL_END;
}

static const struct pel_kernel pipe_kernel = {
	.abi = PEL_KERNEL_ABI,
	.flags = PEL_KERNEL_BLOCKING,
	.name = "testkit.pipe",
	.summary = "u32 tokens from descriptor `at`, waiting for them",
	.out = PORTS(PORT("out", "u32")),
	.params = PARAMS({ .name = "at", .type = "i64", .doc = "descriptor" }),
	.init = number_init,
	.fire = pipe_fire,
	.fini = free,
};

/* ---- testkit.uneven: stateless; takes a time that depends on the token, so that copies finish out of order ---- */

static int uneven_fire(void *state, const struct pel_io *io, size_t firings)
{
	const uint32_t *in = io->in[0];
	uint32_t *out = io->out[0];

	(void)state;
	for (size_t i = 0; i < firings; i++) {
		struct timespec t = { .tv_nsec = in[i] % 7 == 0 ? 200000 : 1000 };

		nanosleep(&t, NULL);
		out[i] = in[i] * 3 + 1;
	}
	return 0;
}

static const struct pel_kernel uneven_kernel = {
	.abi = PEL_KERNEL_ABI,
	.flags = PEL_KERNEL_STATELESS,
	.name = "testkit.uneven",
	.summary = "3x + 1, in a time that depends on x",
	.in = PORTS(PORT("in", "u32")),
	.out = PORTS(PORT("out", "u32")),
	.fire = uneven_fire,
};

/* ---- testkit.sum: `at` tokens to their sum; kit.pair: two inputs, one output ---- */

static int sum_resolve(struct pel_info *info)
{
	uint64_t rate = (uint64_t)pel_info_i64(info, "at");

	return pel_info_set_in_rates(info, 0, &rate, 1);
}

static int sum_fire(void *state, const struct pel_io *io, size_t firings)
{
	size_t n = (size_t) * (const int64_t *)state;
	const uint32_t *in = io->in[0];
	uint32_t *out = io->out[0];

	for (size_t f = 0; f < firings; f++) {
		out[f] = 0;
		for (size_t i = 0; i < n; i++)
			out[f] += in[f * n + i];
	}
	return 0;
}

static const struct pel_kernel sum_kernel = {
	.abi = PEL_KERNEL_ABI,
	.flags = PEL_KERNEL_STATELESS,
	.name = "testkit.sum",
	.summary = "the sum of `at` tokens",
	.in = PORTS(PORT("in", "u32")),
	.out = PORTS(PORT("out", "u32")),
	.params = PARAMS({ .name = "at", .type = "i64", .doc = "tokens a firing" }),
	.resolve = sum_resolve,
	.init = number_init,
	.fire = sum_fire,
	.fini = free,
};

PEL_KERNEL_MODULE(&fail_kernel, &refuse_kernel, &unfinished_kernel, &greedy_kernel, &liar_kernel,
		  &tail_kernel, &pipe_kernel, &uneven_kernel, &sum_kernel)
