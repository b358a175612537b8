/* SPDX-License-Identifier: Apache-2.0 */
#include "sdf-execution.h"

#include <errno.h>

#define NONE UINT32_MAX

/* ---- Checks without execution ---- */

/*
 * A self-loop concerns only one actor: the tokens it needs, and the room beyond the initial tokens, for a
 * whole phase cycle.
 */
struct loop {
	uint64_t initial, room;
};

static struct loop loop_needs(const struct pel_sdf_execution *x, uint32_t channel)
{
	const struct pel_sdf_rates *produce = &x->net.produce[channel], *consume = &x->net.consume[channel];
	struct loop loop = { 0, 0 };

	for (uint64_t f = 0; f < x->net.sdf->phases[x->net.sdf->channels[channel].from]; f++) {
		uint64_t produced = pel_sdf_moved(produce, f), consumed = pel_sdf_moved(consume, f);
		uint64_t consumes = pel_sdf_moved(consume, f + 1), produces = pel_sdf_moved(produce, f + 1);

		if (consumes > produced && consumes - produced > loop.initial)
			loop.initial = consumes - produced;
		if (produces > consumed && produces - consumed > loop.room)
			loop.room = produces - consumed;
	}
	return loop;
}

/* The first firing that is stopped by a self-loop with too few tokens or too little room. */
static struct pel_sdf_blocked loop_stops(const struct pel_sdf_execution *x, uint32_t channel)
{
	const struct pel_sdf_rates *produce = &x->net.produce[channel], *consume = &x->net.consume[channel];
	struct pel_sdf_blocked why = { .actor = x->net.sdf->channels[channel].from, .channel = channel };

	for (uint64_t f = 0;; f++) { /* the caller has checked that there is one */
		uint64_t tokens = x->initial[channel] + pel_sdf_moved(produce, f) - pel_sdf_moved(consume, f);

		why.waits_for_room = false;
		why.needs = pel_sdf_rate_at(consume, f);
		why.has = tokens;
		if (why.has < why.needs)
			return why;
		why.waits_for_room = true;
		why.needs = pel_sdf_rate_at(produce, f);
		why.has = x->limit[channel] - tokens;
		if (why.has < why.needs)
			return why;
	}
}

static bool is_void(const struct pel_sdf_execution *x, uint32_t channel)
{
	return !x->net.produce[channel].cycle;
}

/* True if this channel by itself prevents progress, whatever other actors do. */
static int check_alone(struct pel_sdf_execution *x, uint32_t channel, struct pel_sdf_blocked *why)
{
	const struct pel_sdf_channel *ch = &x->net.sdf->channels[channel];
	uint64_t limit = x->limit[channel], produces = pel_sdf_max(ch->produce, ch->n_produce);
	uint64_t consumes = pel_sdf_max(ch->consume, ch->n_consume);
	struct loop loop;

	x->high_water[channel] = x->initial[channel];
	*why = (struct pel_sdf_blocked){ ch->from, channel, true, x->initial[channel], limit };
	if (x->initial[channel] > limit)
		return -EDEADLK;
	why->needs = produces;
	if (produces > limit)
		return -EDEADLK;
	*why = (struct pel_sdf_blocked){ ch->to, channel, false, consumes, limit };
	if (consumes > limit)
		return -EDEADLK;
	if (ch->from != ch->to || is_void(x, channel))
		return 0;
	loop = loop_needs(x, channel);
	if (__builtin_add_overflow(x->initial[channel], loop.room, &x->high_water[channel]))
		return -EOVERFLOW;
	if (x->initial[channel] >= loop.initial && x->high_water[channel] <= limit)
		return 0;
	*why = loop_stops(x, channel);
	return -EDEADLK;
}

static bool is_bridge(const struct pel_sdf_execution *x, uint32_t block)
{
	return x->net.channels_begin[block + 1] - x->net.channels_begin[block] == 1;
}

static uint64_t bound_of(const struct pel_sdf_execution *x, uint32_t channel)
{
	const struct pel_sdf *sdf = x->net.sdf;
	const struct pel_sdf_channel *ch = &sdf->channels[channel];

	return pel_sdf_channel_bound(ch, sdf->phases[ch->from], sdf->phases[ch->to]);
}

static int check_block(struct pel_sdf_execution *x, uint32_t block, struct pel_sdf_blocked *blocked,
		       uint32_t *n_blocked)
{
	uint32_t channel = x->net.channels[x->net.channels_begin[block]];

	if (is_bridge(x, block)) {
		uint64_t bound = bound_of(x, channel);

		if (bound <= x->limit[channel]) {
			x->high_water[channel] = bound;
			return 0;
		}
	}
	return pel_sdf_run_block(x, block, blocked, n_blocked);
}

/* Check everything except channel `except` and its block (NONE: everything). */
static int check_all(struct pel_sdf_execution *x, uint32_t except, uint32_t except_block,
		     struct pel_sdf_blocked *blocked, uint32_t *n_blocked)
{
	struct pel_sdf_blocked why;
	int r = 0;

	for (uint32_t c = 0; c < x->net.sdf->n_channels; c++) {
		if (c == except)
			continue;
		r = check_alone(x, c, &why);
		if (r == -EDEADLK && blocked && n_blocked) {
			blocked[0] = why;
			*n_blocked = 1;
		}
		if (r < 0)
			return r;
	}
	for (uint32_t b = 0; b < x->net.n_blocks && r == 0; b++)
		if (b != except_block)
			r = check_block(x, b, blocked, n_blocked);
	return r;
}

int pel_sdf_liveness(const struct pel_sdf *sdf, const uint64_t *q, uint64_t *high_water,
		     struct pel_sdf_blocked *blocked, uint32_t *n_blocked, uint64_t max_steps)
{
	struct pel_sdf_execution x;
	int r = pel_sdf_execution_init(&x, sdf, q, max_steps);

	x.grant = high_water ? PEL_SDF_GRANT_ROOM : PEL_SDF_GRANT_NOTHING;
	if (r == 0)
		r = check_all(&x, NONE, NONE, blocked, n_blocked);
	for (uint32_t c = 0; r == 0 && high_water && c < sdf->n_channels; c++)
		high_water[c] = x.high_water[c];
	pel_sdf_execution_fini(&x);
	return r;
}

/* ---- The least capacity, and the least initial tokens, of one channel ---- */

static uint32_t block_of(const struct pel_sdf_execution *x, uint32_t channel)
{
	for (uint32_t b = 0; b < x->net.n_blocks; b++)
		for (uint32_t i = x->net.channels_begin[b]; i < x->net.channels_begin[b + 1]; i++)
			if (x->net.channels[i] == channel)
				return b;
	return NONE;
}

static int least_capacity(struct pel_sdf_execution *x, uint32_t channel, uint32_t block, uint64_t *ret)
{
	int r;

	if (block == NONE) {
		struct loop loop = is_void(x, channel) ? (struct loop){ 0, 1 } : loop_needs(x, channel);

		if (loop.initial > x->initial[channel])
			return -EDEADLK;
		if (is_void(x, channel) && x->initial[channel])
			loop.room = 0;
		return __builtin_add_overflow(x->initial[channel], loop.room, ret) ? -EOVERFLOW : 0;
	}
	x->limit[channel] = bound_of(x, channel);
	if (is_bridge(x, block)) {
		*ret = x->limit[channel];
		return 0;
	}
	x->grant = PEL_SDF_GRANT_ROOM_TO_ONE;
	r = pel_sdf_run_block(x, block, NULL, NULL);
	if (r == 0)
		*ret = x->limit[channel];
	return r;
}

/*
 * Without a capacity, more tokens never hurt. With one, each token takes up room. So find the least number of
 * tokens with the room that fewer tokens leave; it can only be too small. Repeat until the number leaves
 * exactly the room that it was found with.
 */
static int least_initial(struct pel_sdf_execution *x, uint32_t channel, uint32_t block, uint64_t *ret)
{
	uint64_t capacity = x->net.sdf->channels[channel].capacity, initial = 1, found;
	const struct pel_sdf_channel *ch = &x->net.sdf->channels[channel];
	int r;

	if (capacity && (pel_sdf_max(ch->produce, ch->n_produce) > capacity ||
			 pel_sdf_max(ch->consume, ch->n_consume) > capacity))
		return -EDEADLK;
	if (block == NONE) {
		struct loop loop = loop_needs(x, channel);

		found = loop.initial ? loop.initial : 1;
		if (capacity && (found > capacity || loop.room > capacity - found))
			return -EDEADLK;
		*ret = found;
		return 0;
	}
	x->grant = PEL_SDF_GRANT_TOKENS_TO_ONE;
	for (;; initial = found) {
		if (capacity && initial > capacity)
			return -EDEADLK;
		x->initial[channel] = initial;
		x->limit[channel] = capacity ? capacity : PEL_SDF_UNLIMITED;
		r = pel_sdf_run_block(x, block, NULL, NULL);
		if (r < 0)
			return r;
		found = x->initial[channel];
		if (!capacity || found == initial) {
			*ret = found;
			return 0;
		}
	}
}

typedef int least_fn(struct pel_sdf_execution *x, uint32_t channel, uint32_t block, uint64_t *ret);

static int least(const struct pel_sdf *sdf, const uint64_t *q, uint32_t channel, uint64_t max_steps,
		 uint64_t *ret, least_fn *find)
{
	struct pel_sdf_execution x;
	uint64_t found = 0;
	int r = pel_sdf_execution_init(&x, sdf, q, max_steps);

	if (r == 0) {
		uint32_t block = block_of(&x, channel);

		x.one = channel;
		r = check_all(&x, channel, block, NULL, NULL);
		if (r == 0)
			r = find(&x, channel, block, &found);
	}
	pel_sdf_execution_fini(&x);
	if (r == -EDEADLK) {
		found = 0;
		r = 0;
	}
	if (r == 0)
		*ret = found;
	return r;
}

int pel_sdf_least_capacity(const struct pel_sdf *sdf, const uint64_t *q, uint32_t channel, uint64_t max_steps,
			   uint64_t *ret)
{
	return least(sdf, q, channel, max_steps, ret, least_capacity);
}

int pel_sdf_least_initial(const struct pel_sdf *sdf, const uint64_t *q, uint32_t channel, uint64_t max_steps,
			  uint64_t *ret)
{
	return least(sdf, q, channel, max_steps, ret, least_initial);
}
