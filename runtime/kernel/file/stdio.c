/* SPDX-License-Identifier: Apache-2.0 */
#include "file.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>
#include "interrupted.h"

/*
 * Standard input and output, which may be pipes or terminals: the kernels wait in read() and write(). The rate of file.stdin's output
 * is `*`, so that a call passes on the data that has arrived instead of waiting until a batch is full.
 */
#define PIECE_MAX ((size_t)1 << 20)

/* After a failed call: can it be repeated? Another user of an inherited descriptor may have made it non-blocking. */
static bool try_again(int fd, short events, unsigned *interrupted)
{
	struct pollfd pollfd = { .fd = fd, .events = events };

	return (errno == EAGAIN && poll(&pollfd, 1, -1) >= 0) || pel_interrupted(interrupted);
}

/* ---- file.stdin ---- */

struct stdin_state {
	size_t token_bytes, have; /* `have`: bytes of a token that has not arrived completely */
	bool drop;
	unsigned char part[];
};

static int stdin_resolve(struct pel_info *info)
{
	struct pel_type type;
	int r = pel_param_type(info, "type", NULL, &type);

	return r < 0 ? r : pel_info_set_out_type(info, 0, &type);
}

static int stdin_files(struct pel_info *info)
{
	return pel_info_reads(info, "-");
}

static int stdin_init(struct pel_info *info, void **state)
{
	size_t bytes = pel_type_bytes(pel_info_out_type(info, 0));
	const char *partial = pel_info_string(info, "partial");
	struct stdin_state *s;
	int r;

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
	return pel_fire_fail(-EINVAL, "standard input ended with %zu byte%s of a token of %zu bytes", s->have,
			     pel_s(s->have), s->token_bytes);
}

static int stdin_fire(void *state, const struct pel_io *io, size_t firings)
{
	struct stdin_state *s = state;
	unsigned char *out = io->out[0];
	size_t room = io->out_tokens[0];
	unsigned interrupted = 0;

	(void)firings;
	if (room > PIECE_MAX / s->token_bytes)
		room = PIECE_MAX / s->token_bytes ? PIECE_MAX / s->token_bytes : 1;
	memcpy(out, s->part, s->have);
	while (s->have < s->token_bytes) {
		ssize_t got = read(STDIN_FILENO, out + s->have, room * s->token_bytes - s->have);

		if (got < 0 && try_again(STDIN_FILENO, POLLIN, &interrupted))
			continue;
		if (got < 0)
			return pel_fire_fail(-errno, "cannot read standard input: %s", strerror(errno));
		if (got == 0)
			return stdin_ended(s);
		s->have += (size_t)got;
	}
	io->produced[0] = s->have / s->token_bytes;
	s->have %= s->token_bytes;
	memcpy(s->part, out + io->produced[0] * s->token_bytes, s->have);
	return 0;
}

const struct pel_kernel pel_file_stdin = {
	.abi = PEL_KERNEL_ABI,
	.flags = PEL_KERNEL_BLOCKING,
	.name = "file.stdin",
	.summary = "read tokens from standard input, as raw data",
	.doc = "Standard input contains the bytes of the tokens, little endian, rows first, with nothing between tokens. Tokens are passed on as soon as they "
	       "arrive. Only one actor of a run can read standard input.",
	.out =
		(const struct pel_port_desc[]){
			{ .name = "out", .type = "T", .rate = "*", .doc = "the type `type`" }, { 0 } },
	.params =
		(const struct pel_param_desc[]){
			{ .name = "type",
			  .type = "string",
			  .doc = "type of the tokens, such as f32, u8[4,4] or bytes[16]" },
			{ .name = "partial",
			  .type = "string",
			  .value = "error",
			  .doc = "what to do with bytes after the last whole token",
			  .one_of = "error, drop" },
			{ 0 } },
	.resolve = stdin_resolve,
	.files = stdin_files,
	.init = stdin_init,
	.fire = stdin_fire,
	.fini = pel_free,
};

/* ---- file.stdout ---- */

struct stdout_state {
	int fd;
	size_t token_bytes;
	uint64_t bytes;
};

static int stdout_files(struct pel_info *info)
{
	return pel_info_writes(info, "-");
}

static int stdout_init(struct pel_info *info, void **state)
{
	struct stdout_state *s;
	int r = pel_state_alloc(info, sizeof(*s), state);

	if (r < 0)
		return r;
	s = *state;
	s->fd = pel_info_data_fd(info);
	s->token_bytes = pel_type_bytes(pel_info_in_type(info, 0));
	return 0;
}

static int stdout_fire(void *state, const struct pel_io *io, size_t firings)
{
	struct stdout_state *s = state;
	const unsigned char *in = io->in[0];
	size_t bytes = firings * s->token_bytes, done = 0;
	unsigned interrupted = 0;

	while (done < bytes) {
		ssize_t put = write(s->fd, in + done, bytes - done < PIECE_MAX ? bytes - done : PIECE_MAX);

		if (put < 0 && try_again(s->fd, POLLOUT, &interrupted))
			continue;
		if (put < 0 && errno == EPIPE) { /* the reader has closed its end */
			*io->fired = done / s->token_bytes;
			return PEL_END;
		}
		if (put < 0)
			return pel_fire_fail(-errno, "cannot write to standard output: %s", strerror(errno));
		done += (size_t)put;
		s->bytes += (uint64_t)put;
	}
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
	.summary = "write tokens to standard output, as raw data",
	.doc = "Writes the bytes of the tokens, little endian, rows first, with nothing between tokens. Only one actor of a run can write to standard output; text that "
	       "other actors print then goes to standard error. The actor ends when the reader of the output closes it. "
	       "Result: `bytes`, the number of bytes written.",
	.in = (const struct pel_port_desc[]){ { .name = "in", .type = "T", .doc = "any type" }, { 0 } },
	.files = stdout_files,
	.init = stdout_init,
	.fire = stdout_fire,
	.finish = stdout_finish,
	.fini = pel_free,
};
