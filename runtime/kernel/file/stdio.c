/* SPDX-License-Identifier: Apache-2.0 */
#include "file.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/*
 * Standard input and output, which may be pipes or terminals. Their ports are `*` so that a call moves what there is,
 * instead of waiting until a batch is full, and no call waits longer than WAIT_MS, so that a run can be stopped.
 */
#define WAIT_MS	 100
#define READ_MAX ((size_t)1 << 20)

/* 1: ready, or its end or error can be had; 0: not now; negative errno. */
static int wait_for(int fd, short events)
{
	struct pollfd pollfd = { .fd = fd, .events = events };
	int n = poll(&pollfd, 1, WAIT_MS);

	if (n < 0)
		return errno == EINTR ? 0 : -errno;
	return n;
}

/* ---- file.stdin ---- */

struct stdin_state {
	size_t token_bytes, have; /* bytes of a token that has not wholly come yet */
	bool drop;
	unsigned char part[];
};

static int stdin_resolve(struct pel_info *info)
{
	struct pel_type type;
	int r = pel_param_type(info, "type", NULL, &type);

	return r < 0 ? r : pel_info_set_out_type(info, 0, &type);
}

static int stdin_init(struct pel_info *info, void **state)
{
	size_t bytes = pel_type_bytes(pel_info_out_type(info, 0));
	const char *partial = pel_info_string(info, "partial");
	struct stdin_state *s;
	int r;

	if (strcmp(partial, "error") != 0 && strcmp(partial, "drop") != 0)
		return pel_info_fail(info, -EINVAL,
				     "parameter 'partial' is '%.100s'; it must be 'error' or 'drop'", partial);
	if ((r = pel_state_alloc(info, sizeof(*s) + bytes, state)) < 0)
		return r;
	s = *state;
	s->token_bytes = bytes;
	s->drop = strcmp(partial, "drop") == 0;
	return 0;
}

static int stdin_ended(const struct stdin_state *s)
{
	if (!s->have || s->drop)
		return PEL_END;
	return pel_fire_fail(-EINVAL, "standard input ended with %zu bytes of a token of %zu bytes", s->have,
			     s->token_bytes);
}

static int stdin_fire(void *state, const struct pel_io *io, size_t firings)
{
	struct stdin_state *s = state;
	unsigned char *out = io->out[0];
	size_t room = io->out_tokens[0];
	ssize_t got;
	int r = wait_for(STDIN_FILENO, POLLIN);

	(void)firings;
	if (r <= 0)
		return r < 0 ? pel_fire_fail(r, "cannot read standard input: %s", strerror(-r)) : 0;
	if (room > READ_MAX / s->token_bytes)
		room = READ_MAX / s->token_bytes ? READ_MAX / s->token_bytes : 1;
	memcpy(out, s->part, s->have);
	got = read(STDIN_FILENO, out + s->have, room * s->token_bytes - s->have);
	if (got < 0 && (errno == EINTR || errno == EAGAIN))
		return 0;
	if (got < 0)
		return pel_fire_fail(-errno, "cannot read standard input: %s", strerror(errno));
	if (got == 0)
		return stdin_ended(s);
	s->have += (size_t)got;
	io->produced[0] = s->have / s->token_bytes;
	s->have %= s->token_bytes;
	memcpy(s->part, out + io->produced[0] * s->token_bytes, s->have);
	return 0;
}

const struct pel_kernel pel_file_stdin = {
	.abi = PEL_KERNEL_ABI,
	.flags = PEL_KERNEL_BLOCKING,
	.name = "file.stdin",
	.summary = "tokens from standard input, as raw data",
	.doc = "The bytes of standard input, little endian, rows first, nothing between tokens. Tokens are passed on as soon as they have "
	       "come. At most one actor of a program should read it.",
	.out =
		(const struct pel_port_desc[]){
			{ .name = "out", .type = "T", .rate = "*", .doc = "the type `type`" }, { 0 } },
	.params =
		(const struct pel_param_desc[]){
			{ "type", "string", NULL, "type of the tokens: f32, u8[4,4], bytes[16] ..." },
			{ "partial", "string", "error", "bytes after the last whole token: error or drop" },
			{ 0 } },
	.resolve = stdin_resolve,
	.init = stdin_init,
	.fire = stdin_fire,
	.fini = pel_free,
};

/* ---- file.stdout ---- */

struct stdout_state {
	size_t token_bytes, done; /* bytes of the token at the front of the input, already written */
	size_t piece_max;	  /* bytes that write() takes at once without waiting */
	uint64_t bytes;
};

static int stdout_init(struct pel_info *info, void **state)
{
	struct stdout_state *s;
	struct stat st;
	int r = pel_state_alloc(info, sizeof(*s), state);

	if (r < 0)
		return r;
	s = *state;
	s->token_bytes = pel_type_bytes(pel_info_in_type(info, 0));
	/* A pipe that polls as writable has room for this much, and write() would wait with more. */
	s->piece_max = fstat(STDOUT_FILENO, &st) == 0 && S_ISREG(st.st_mode) ? READ_MAX : PIPE_BUF;
	return 0;
}

static int stdout_fire(void *state, const struct pel_io *io, size_t firings)
{
	struct stdout_state *s = state;
	const unsigned char *in = io->in[0];
	size_t bytes = io->in_tokens[0] * s->token_bytes, at = s->done;

	(void)firings;
	while (at < bytes) {
		int r = wait_for(STDOUT_FILENO, POLLOUT);
		ssize_t put;

		if (r < 0)
			return pel_fire_fail(r, "cannot write to standard output: %s", strerror(-r));
		if (r == 0)
			break;
		put = write(STDOUT_FILENO, in + at, bytes - at < s->piece_max ? bytes - at : s->piece_max);
		if (put < 0 && (errno == EINTR || errno == EAGAIN))
			break;
		if (put < 0)
			return pel_fire_fail(-errno, "cannot write to standard output: %s", strerror(errno));
		at += (size_t)put;
		s->bytes += (uint64_t)put;
	}
	io->consumed[0] = at / s->token_bytes;
	s->done = at % s->token_bytes;
	return 0;
}

static int stdout_finish(void *state, struct pel_results *results)
{
	const struct stdout_state *s = state;

	pel_results_u64(results, "bytes", s->bytes);
	return 0;
}

const struct pel_kernel pel_file_stdout = {
	.abi = PEL_KERNEL_ABI,
	.flags = PEL_KERNEL_BLOCKING,
	.name = "file.stdout",
	.summary = "tokens to standard output, as raw data",
	.doc = "The bytes of the tokens, little endian, rows first, nothing between them. At most one actor of a program should write it. "
	       "Result: `bytes`, how many were written.",
	.in = (const struct pel_port_desc[]){ { .name = "in", .type = "T", .rate = "*", .doc = "any type" },
					      { 0 } },
	.init = stdout_init,
	.fire = stdout_fire,
	.finish = stdout_finish,
	.fini = pel_free,
};
