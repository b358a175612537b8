/* SPDX-License-Identifier: Apache-2.0 */
#include "core.h"

#include <errno.h>
#include <string.h>

/* Kernels whose rates depend on the data. What happens to a token depends only on tokens, never on where a window ends. */

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Nothing can be done while one of the first two inputs has no token: report which one. */
static bool ask_for_both(const struct pel_io *io)
{
	for (unsigned i = 0; i < 2; i++)
		if (!io->in_tokens[i])
			io->consumed[i] = PEL_MORE;
	return !io->in_tokens[0] || !io->in_tokens[1];
}

static const struct pel_port_desc some_in[] = { { .name = "in", .type = "T", .rate = "*", .doc = "any type" },
						{ 0 } };
static const struct pel_port_desc some_out[] = {
	{ .name = "out", .type = "T", .rate = "*", .doc = "the same type" }, { 0 }
};

/* State of a kernel that remembers one token. */
struct last_state {
	size_t bytes;
	uint64_t count; /* equal tokens so far; 0: there is no last token */
	unsigned char last[];
};

static int last_init(struct pel_info *info, void **state)
{
	size_t bytes = pel_type_bytes(pel_info_in_type(info, 0));
	int r = pel_state_alloc(info, sizeof(struct last_state) + bytes, state);

	if (r == 0)
		((struct last_state *)*state)->bytes = bytes;
	return r;
}

static int last_save(const void *state, void **data, size_t *bytes)
{
	const struct last_state *s = state;

	*bytes = sizeof(*s) + s->bytes;
	*data = pel_malloc(*bytes);
	if (!*data)
		return -ENOMEM;
	memcpy(*data, s, *bytes);
	return 0;
}

static int last_restore(void *state, const void *data, size_t bytes)
{
	struct last_state *s = state;

	if (bytes != sizeof(*s) + s->bytes)
		return -EINVAL;
	memcpy(s, data, bytes);
	return 0;
}

/* ---- core.dedup ---- */

static int dedup_fire(void *state, const struct pel_io *io, size_t firings)
{
	struct last_state *s = state;
	const unsigned char *in = io->in[0];
	unsigned char *out = io->out[0];
	size_t taken, written = 0;

	(void)firings;
	for (taken = 0; taken < io->in_tokens[0]; taken++, in += s->bytes) {
		if (s->count && memcmp(in, s->last, s->bytes) == 0)
			continue;
		if (written == io->out_tokens[0])
			break;
		memcpy(out + written++ * s->bytes, in, s->bytes);
		memcpy(s->last, in, s->bytes);
		s->count = 1;
	}
	io->consumed[0] = taken;
	io->produced[0] = written;
	return 0;
}

const struct pel_kernel pel_core_dedup = {
	.abi = PEL_KERNEL_ABI,
	.flags = PEL_KERNEL_EXACT,
	.name = "core.dedup",
	.summary = "drop tokens that equal the one before",
	.doc = "A token is passed on unless it has the same bytes as the token before it. So 0 and -0 differ, and a NaN equals a NaN with the "
	       "same bits.",
	.in = some_in,
	.out = some_out,
	.init = last_init,
	.fire = dedup_fire,
	.fini = pel_free,
	.save = last_save,
	.restore = last_restore,
};

/* ---- core.rle_encode ---- */

static void write_run(struct last_state *s, const struct pel_io *io, size_t at)
{
	memcpy((unsigned char *)io->out[0] + at * s->bytes, s->last, s->bytes);
	((uint64_t *)io->out[1])[at] = s->count;
}

static int encode_fire(void *state, const struct pel_io *io, size_t firings)
{
	struct last_state *s = state;
	const unsigned char *in = io->in[0];
	size_t room = least(io->out_tokens[0], io->out_tokens[1]), taken, written = 0;

	(void)firings;
	for (taken = 0; taken < io->in_tokens[0]; taken++, in += s->bytes) {
		if (s->count && memcmp(in, s->last, s->bytes) == 0) {
			s->count++;
			continue;
		}
		if (s->count) {
			if (written == room)
				break;
			write_run(s, io, written++);
		}
		memcpy(s->last, in, s->bytes);
		s->count = 1;
	}
	io->consumed[0] = taken;
	io->produced[0] = io->produced[1] = written;
	return 0;
}

static int encode_drain(void *state, const struct pel_io *io)
{
	struct last_state *s = state;

	if (s->count) {
		write_run(s, io, 0);
		io->produced[0] = io->produced[1] = 1;
		s->count = 0;
	}
	return PEL_END;
}

const struct pel_kernel pel_core_rle_encode = {
	.abi = PEL_KERNEL_ABI,
	.flags = PEL_KERNEL_EXACT,
	.name = "core.rle_encode",
	.summary = "run-length encoding: replace runs of equal tokens by a token and a count",
	.doc = "For every maximal run of tokens with the same bytes (0 and -0 differ, NaNs with the same bits do not), the kernel writes the token to "
	       "`out` and the length of the run to `count`.",
	.in = some_in,
	.out =
		(const struct pel_port_desc[]){
			{ .name = "out", .type = "T", .rate = "*", .doc = "the same type" },
			{ .name = "count", .type = "u64", .rate = "*", .doc = "1 or more" },
			{ 0 } },
	.init = last_init,
	.fire = encode_fire,
	.drain = encode_drain,
	.fini = pel_free,
	.save = last_save,
	.restore = last_restore,
};

/* ---- core.rle_decode ---- */

struct decode_state {
	size_t bytes;
	uint64_t done; /* of the run at the front of the inputs, already written */
};

static int decode_init(struct pel_info *info, void **state)
{
	int r = pel_state_alloc(info, sizeof(struct decode_state), state);

	if (r == 0)
		((struct decode_state *)*state)->bytes = pel_type_bytes(pel_info_in_type(info, 0));
	return r;
}

static int decode_fire(void *state, const struct pel_io *io, size_t firings)
{
	struct decode_state *s = state;
	const unsigned char *in = io->in[0];
	const uint64_t *count = io->in[1];
	unsigned char *out = io->out[0];
	size_t runs = least(io->in_tokens[0], io->in_tokens[1]), room = io->out_tokens[0], taken = 0;

	(void)firings;
	if (ask_for_both(io))
		return 0;
	/* A run is consumed only when it has been written completely, so that nothing is left to do when the input ends. */
	while (taken < runs) {
		uint64_t left = count[taken] - s->done;
		size_t n = left < room ? (size_t)left : room;

		for (size_t i = 0; i < n; i++, out += s->bytes)
			memcpy(out, in + taken * s->bytes, s->bytes);
		room -= n;
		if (n < left) {
			s->done += n;
			break;
		}
		s->done = 0;
		taken++;
	}
	io->consumed[0] = io->consumed[1] = taken;
	io->produced[0] = io->out_tokens[0] - room;
	return 0;
}

static int decode_save(const void *state, void **data, size_t *bytes)
{
	*bytes = sizeof(struct decode_state);
	*data = pel_malloc(*bytes);
	if (!*data)
		return -ENOMEM;
	memcpy(*data, state, *bytes);
	return 0;
}

static int decode_restore(void *state, const void *data, size_t bytes)
{
	if (bytes != sizeof(struct decode_state))
		return -EINVAL;
	memcpy(state, data, bytes);
	return 0;
}

const struct pel_kernel pel_core_rle_decode = {
	.abi = PEL_KERNEL_ABI,
	.flags = PEL_KERNEL_EXACT,
	.name = "core.rle_decode",
	.summary = "run-length decoding: write each token as many times as its count says",
	.doc = "Token i of `in` is written as many times as token i of `count` says; 0 is allowed. The inverse of core.rle_encode.",
	.in = (const struct pel_port_desc[]){ { .name = "in", .type = "T", .rate = "*", .doc = "any type" },
					      { .name = "count", .type = "u64", .rate = "*", .doc = "0 or more" },
					      { 0 } },
	.out = some_out,
	.init = decode_init,
	.fire = decode_fire,
	.fini = pel_free,
	.save = decode_save,
	.restore = decode_restore,
};

/* ---- core.route ---- */

static int route_resolve(struct pel_info *info)
{
	if (pel_info_out_connected(info, 0) || pel_info_out_connected(info, 1))
		return 0;
	return pel_info_fail(info, -EINVAL, "neither output is connected");
}

static int route_init(struct pel_info *info, void **state)
{
	return pel_token_state_create(info, pel_info_in_type(info, 0), state);
}

static int route_fire(void *state, const struct pel_io *io, size_t firings)
{
	const struct pel_token_state *s = state;
	const unsigned char *in = io->in[0], *control = io->in[1];
	size_t n = least(io->in_tokens[0], io->in_tokens[1]), taken, written[2] = { 0, 0 };

	(void)firings;
	if (ask_for_both(io))
		return 0;
	for (taken = 0; taken < n; taken++) {
		unsigned way = control[taken] ? 0 : 1;

		if (!io->out[way])
			continue;
		if (written[way] == io->out_tokens[way])
			break;
		memcpy((unsigned char *)io->out[way] + written[way]++ * s->bytes, in + taken * s->bytes,
		       s->bytes);
	}
	io->consumed[0] = io->consumed[1] = taken;
	io->produced[0] = written[0];
	io->produced[1] = written[1];
	return 0;
}

const struct pel_kernel pel_core_route = {
	.abi = PEL_KERNEL_ABI,
	.flags = PEL_KERNEL_STATELESS | PEL_KERNEL_EXACT,
	.name = "core.route",
	.summary = "send each token to one of two outputs, chosen by a control stream",
	.doc = "Token i of `in` goes to `yes` if token i of `control` is not 0, otherwise to `no`. If one of the outputs is left "
	       "unconnected, its tokens are dropped.",
	.in =
		(const struct pel_port_desc[]){
			{ .name = "in", .type = "T", .rate = "*", .doc = "any type" },
			{ .name = "control", .type = "u8", .rate = "*", .doc = "0: no; other values: yes" },
			{ 0 } },
	.out =
		(const struct pel_port_desc[]){
			{ .name = "yes", .type = "T", .rate = "*", .flags = PEL_PORT_OPTIONAL, .doc = "the same type" },
			{ .name = "no", .type = "T", .rate = "*", .flags = PEL_PORT_OPTIONAL, .doc = "the same type" },
			{ 0 } },
	.resolve = route_resolve,
	.init = route_init,
	.fire = route_fire,
	.fini = pel_free,
};

/* ---- core.skip ---- */

struct skip_state {
	size_t bytes;
	uint64_t left; /* tokens still to be dropped */
};

static int skip_init(struct pel_info *info, void **state)
{
	struct skip_state *s;
	int r = pel_state_alloc(info, sizeof(*s), state);

	if (r < 0)
		return r;
	s = *state;
	s->bytes = pel_type_bytes(pel_info_in_type(info, 0));
	s->left = (uint64_t)pel_info_i64(info, "tokens");
	return 0;
}

static int skip_fire(void *state, const struct pel_io *io, size_t firings)
{
	struct skip_state *s = state;
	size_t drop = io->in_tokens[0] < s->left ? io->in_tokens[0] : (size_t)s->left;
	size_t pass = least(io->in_tokens[0] - drop, io->out_tokens[0]);

	(void)firings;
	memcpy(io->out[0], (const unsigned char *)io->in[0] + drop * s->bytes, pass * s->bytes);
	s->left -= drop;
	io->consumed[0] = drop + pass;
	io->produced[0] = pass;
	return 0;
}

const struct pel_kernel pel_core_skip = {
	.abi = PEL_KERNEL_ABI,
	.flags = PEL_KERNEL_EXACT,
	.name = "core.skip",
	.summary = "drop the first tokens and pass on the rest",
	.doc = "`out` is `in` without its first `tokens` tokens.",
	.in = some_in,
	.out = some_out,
	.params =
		(const struct pel_param_desc[]){
			{ .name = "tokens", .type = "i64", .doc = "number of tokens to drop", .least = "0" },
			{ 0 } },
	.init = skip_init,
	.fire = skip_fire,
	.fini = pel_free,
};
