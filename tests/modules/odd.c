/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <pelton/kernel.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Kernels whose functions return what they are told to, or do not return. */

#define PORTS(...)  ((const struct pel_port_desc[]){ __VA_ARGS__, { 0 } })
#define PARAMS(...) ((const struct pel_param_desc[]){ __VA_ARGS__, { 0 } })
#define RETURNS(function)                                                                           \
	{                                                                                           \
		.name = function, .type = "i64", .value = "0", .doc = "what " function "() returns" \
	}

struct odd {
	int fire, drain, finish, fini;
	bool words;
};

static int odd_create(struct pel_info *info, void **state)
{
	struct odd *s = calloc(1, sizeof(*s));

	if (!s)
		return -ENOMEM;
	s->fire = (int)pel_info_i64(info, "fire");
	s->drain = (int)pel_info_i64(info, "drain");
	s->finish = (int)pel_info_i64(info, "finish");
	s->words = pel_info_bool(info, "words");
	*state = s;
	return 0;
}

static int odd_init(struct pel_info *info, void **state)
{
	int r = (int)pel_info_i64(info, "init");

	return r ? r : odd_create(info, state);
}

static int answer(const struct odd *s, int code)
{
	return code && s->words ? pel_fire_fail(code, "so I am told") : code;
}

static int odd_finish(void *state, struct pel_results *results)
{
	const struct odd *s = state;

	(void)results;
	return answer(s, s->finish);
}

#define ODD_PARAMS                                                                                       \
	PARAMS(RETURNS("resolve"), RETURNS("files"), RETURNS("init"), RETURNS("fire"), RETURNS("drain"), \
	       RETURNS("finish"), RETURNS("fpga"),                                                       \
	       { .name = "words", .type = "bool", .value = "false", .doc = "explain it" })

/* ---- odd.plain ---- */

static int plain_resolve(struct pel_info *info)
{
	return (int)pel_info_i64(info, "resolve");
}

static int plain_files(struct pel_info *info)
{
	return (int)pel_info_i64(info, "files");
}

static int plain_fire(void *state, const struct pel_io *io, size_t firings)
{
	const struct odd *s = state;

	memcpy(io->out[0], io->in[0], firings * sizeof(uint32_t));
	return answer(s, io->first + firings > 3 ? s->fire : 0);
}

static int plain_fpga(struct pel_info *info, struct pel_fpga *form)
{
	pel_fpga_kernel(form, "copy.c", "copy");
	return (int)pel_info_i64(info, "fpga");
}

static const struct pel_kernel plain_kernel = {
	.abi = PEL_KERNEL_ABI,
	.name = "odd.plain",
	.summary = "copies; its functions return what they are told to",
	.in = PORTS({ .name = "in", .type = "u32" }),
	.out = PORTS({ .name = "out", .type = "u32" }),
	.params = ODD_PARAMS,
	.resolve = plain_resolve,
	.files = plain_files,
	.init = odd_init,
	.fire = plain_fire,
	.finish = odd_finish,
	.fini = free,
	.fpga = plain_fpga,
};

/* ---- odd.dynamic ---- */

static int dynamic_fire(void *state, const struct pel_io *io, size_t firings)
{
	const struct odd *s = state;
	size_t n = io->in_tokens[0] < io->out_tokens[0] ? io->in_tokens[0] : io->out_tokens[0];

	(void)firings;
	memcpy(io->out[0], io->in[0], n * sizeof(uint32_t));
	io->consumed[0] = io->produced[0] = n;
	return answer(s, s->fire);
}

static int dynamic_drain(void *state, const struct pel_io *io)
{
	const struct odd *s = state;

	(void)io;
	return s->drain ? answer(s, s->drain) : PEL_END;
}

static const struct pel_kernel dynamic_kernel = {
	.abi = PEL_KERNEL_ABI,
	.name = "odd.dynamic",
	.summary = "the same at dynamic rates",
	.in = PORTS({ .name = "in", .type = "u32", .rate = "*" }),
	.out = PORTS({ .name = "out", .type = "u32", .rate = "*" }),
	.params = ODD_PARAMS,
	.init = odd_init,
	.fire = dynamic_fire,
	.drain = dynamic_drain,
	.finish = odd_finish,
	.fini = free,
};

/* ---- odd.link: of several in a row, fire_chain() returns it ---- */

static int link_chain(void *const *states, size_t n, const struct pel_io *io, size_t firings)
{
	(void)n;
	memcpy(io->out[0], io->in[0], firings * sizeof(uint32_t));
	return answer(states[0], ((const struct odd *)states[0])->fire);
}

static int link_fire(void *state, const struct pel_io *io, size_t firings)
{
	(void)state;
	if (io->out[0] != io->in[0])
		memcpy(io->out[0], io->in[0], firings * sizeof(uint32_t));
	return 0;
}

static const struct pel_kernel link_kernel = {
	.abi = PEL_KERNEL_ABI,
	.flags = PEL_KERNEL_STATELESS | PEL_KERNEL_IN_PLACE,
	.name = "odd.link",
	.summary = "copies; fire_chain() returns what fire() is told to",
	.in = PORTS({ .name = "in", .type = "u32" }),
	.out = PORTS({ .name = "out", .type = "u32" }),
	.params = ODD_PARAMS,
	.init = odd_init,
	.fire = link_fire,
	.fini = free,
	.fire_chain = link_chain,
};

/* ---- odd.leaves: never comes back ---- */

static void leave(int how)
{
	if (how >= 1000)
		_exit(how - 1000);
	if (how >= 0)
		exit(how);
	if (how == -3)
		quick_exit(0);
	if (how == -1)
		pthread_exit(NULL);
}

static int leaves_fire(void *state, const struct pel_io *io, size_t firings)
{
	const struct odd *s = state;

	memcpy(io->out[0], io->in[0], firings * sizeof(uint32_t));
	if (io->first + firings > 3)
		leave(s->fire);
	return 0;
}

static int leaves_init(struct pel_info *info, void **state)
{
	int r;

	leave((int)pel_info_i64(info, "init"));
	r = odd_create(info, state);
	if (r >= 0)
		((struct odd *)*state)->fini = (int)pel_info_i64(info, "fini");
	return r;
}

static void leaves_fini(void *state)
{
	int how = ((const struct odd *)state)->fini;

	free(state);
	leave(how);
}

static int leaves_finish(void *state, struct pel_results *results)
{
	(void)results;
	leave(((const struct odd *)state)->finish);
	return 0;
}

#define LEAVE_AT(function)                                                 \
	{                                                                  \
		.name = function, .type = "i64", .value = "-2", .doc = "N" \
	}
#define LEAVES(the_flags, the_name)                                                                           \
	{                                                                                                     \
		.abi = PEL_KERNEL_ABI, .flags = (the_flags), .name = (the_name),                              \
		.summary = "leaves by exit(N), _exit(N - 1000) from 1000 on, pthread_exit() where N is -1, "  \
			   "quick_exit(0) where it is -3; -2: not at all",                                    \
		.in = PORTS({ .name = "in", .type = "u32" }), .out = PORTS({ .name = "out", .type = "u32" }), \
		.params = PARAMS(LEAVE_AT("init"), LEAVE_AT("fire"), LEAVE_AT("drain"), LEAVE_AT("finish"),   \
				 LEAVE_AT("fini"),                                                            \
				 { .name = "words", .type = "bool", .value = "false", .doc = "none" }),       \
		.init = leaves_init, .fire = leaves_fire, .finish = leaves_finish, .fini = leaves_fini,       \
	}

static const struct pel_kernel leaves_kernel = LEAVES(0, "odd.leaves");
static const struct pel_kernel blocking_kernel = LEAVES(PEL_KERNEL_BLOCKING, "odd.leaves_blocking");
static const struct pel_kernel stateless_kernel = LEAVES(PEL_KERNEL_STATELESS, "odd.leaves_stateless");

/* ---- odd.source: ends where it is told to, in a round too ---- */

#define SOURCE_TOKENS 5000u

static int source_fire(void *state, const struct pel_io *io, size_t firings)
{
	uint32_t *out = io->out[0];
	size_t n = 0;

	(void)state;
	for (; n < firings && io->first + n < SOURCE_TOKENS; n++)
		out[n] = (uint32_t)(io->first + n);
	*io->fired = n;
	return n < firings ? PEL_END : 0;
}

static const struct pel_kernel source_kernel = {
	.abi = PEL_KERNEL_ABI,
	.name = "odd.source",
	.summary = "5000 tokens, then PEL_END; finish() leaves as odd.leaves does",
	.out = PORTS({ .name = "out", .type = "u32" }),
	.params = PARAMS(LEAVE_AT("init"), LEAVE_AT("fire"), LEAVE_AT("drain"), LEAVE_AT("finish"),
			 LEAVE_AT("fini"), { .name = "words", .type = "bool", .value = "false", .doc = "none" }),
	.init = leaves_init,
	.fire = source_fire,
	.finish = leaves_finish,
	.fini = leaves_fini,
};

PEL_KERNEL_MODULE(&plain_kernel, &dynamic_kernel, &link_kernel, &leaves_kernel, &blocking_kernel,
		  &stateless_kernel, &source_kernel)
