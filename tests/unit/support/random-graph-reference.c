/* SPDX-License-Identifier: Apache-2.0 */
#include "random-graph.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "../../modules/mix.h"

/* Runs a Kahn process network in the simplest way: unbounded channels that keep all tokens, one actor and one firing at a time. */
struct fifo {
	unsigned char *bytes;
	size_t written, read, room; /* in tokens */
	bool ended;
};

struct process {
	uint64_t hash, fired;
	uint32_t left, next; /* RG_FILTER: tokens of the last input still to be written */
	bool ended;
};

struct machine {
	const struct rg_graph *g;
	struct fifo fifos[RG_MAX_CHANNELS];
	struct process processes[RG_MAX_ACTORS];
	struct rg_expected *expected;
};

static uint32_t token_bytes(const struct rg_graph *g, const struct rg_channel *ch)
{
	return g->actors[ch->from].out[ch->from_port].bytes;
}

/* Append a token to every channel that output `port` feeds. */
static void put(struct machine *m, uint32_t actor, uint32_t port, const unsigned char *token)
{
	for (uint32_t c = 0; c < m->g->n_channels; c++) {
		const struct rg_channel *ch = &m->g->channels[c];
		struct fifo *fifo = &m->fifos[c];
		size_t bytes = token_bytes(m->g, ch);

		if (ch->from != actor || ch->from_port != port)
			continue;
		if (fifo->written == fifo->room) {
			fifo->room = 2 * fifo->room + 16;
			fifo->bytes = realloc(fifo->bytes, fifo->room * bytes);
			assert(fifo->bytes);
		}
		memcpy(fifo->bytes + fifo->written++ * bytes, token, bytes);
	}
}

static void put_hash(struct machine *m, uint32_t actor, uint32_t port, uint64_t hash, uint64_t index,
		     uint64_t first_byte)
{
	unsigned char token[64];

	for (uint32_t b = 0; b < m->g->actors[actor].out[port].bytes; b++)
		token[b] = mix_byte(hash, index, first_byte + b);
	put(m, actor, port, token);
}

static void end(struct machine *m, uint32_t actor)
{
	m->processes[actor].ended = true;
	for (uint32_t c = 0; c < m->g->n_channels; c++)
		if (m->g->channels[c].from == actor)
			m->fifos[c].ended = true;
}

static size_t there(const struct machine *m, uint32_t channel)
{
	return m->fifos[channel].written - m->fifos[channel].read;
}

/* Hash one input's window: history, then `count` tokens, those that are not there being zero. */
static uint64_t hash_window(struct machine *m, const struct rg_port *in, uint64_t hash, uint64_t count)
{
	const struct fifo *fifo = &m->fifos[in->channel];
	unsigned char zeros[64] = { 0 }, *window = malloc((in->history + count + 1) * in->bytes);
	size_t n = 0;

	assert(window);
	for (int64_t t = (int64_t)fifo->read - in->history; t < (int64_t)(fifo->read + count); t++, n++)
		memcpy(window + n * in->bytes,
		       t >= 0 && t < (int64_t)fifo->written ? fifo->bytes + (size_t)t * in->bytes : zeros,
		       in->bytes);
	hash = mix_bytes(hash, window, n * in->bytes);
	free(window);
	return hash;
}

static void fire(struct machine *m, uint32_t actor)
{
	const struct rg_actor *a = &m->g->actors[actor];
	struct process *p = &m->processes[actor];
	uint64_t hash = a->kind == RG_MIX ? p->hash : a->seed;

	for (uint32_t i = 0; i < a->n_in; i++) {
		uint64_t count = a->in[i].rates[p->fired % a->in[i].n_rates];
		struct fifo *fifo = &m->fifos[a->in[i].channel];

		hash = hash_window(m, &a->in[i], hash, count);
		fifo->read = fifo->read + count < fifo->written ? fifo->read + count : fifo->written;
	}
	for (uint32_t o = 0; o < a->n_out; o++)
		for (uint64_t t = 0; t < a->out[o].rates[p->fired % a->out[o].n_rates]; t++)
			put_hash(m, actor, o, hash, o, t * a->out[o].bytes);
	p->hash = hash;
	p->fired++;
}

/* One firing of an actor of known rates, if it can fire. */
static bool step_static(struct machine *m, uint32_t actor)
{
	const struct rg_actor *a = &m->g->actors[actor];
	struct process *p = &m->processes[actor];
	bool waits = false, ends = false, pads = false, left = false;

	for (uint32_t i = 0; i < a->n_in; i++) {
		uint32_t c = a->in[i].channel;

		if (there(m, c) >= a->in[i].rates[p->fired % a->in[i].n_rates])
			continue;
		if (!m->fifos[c].ended) {
			waits = true;
		} else if (a->in[i].tail == RG_TAIL_PAD) {
			pads = true;
			left |= there(m, c) > 0;
		} else {
			ends = true;
		}
	}
	if (waits && !ends)
		return false;
	if (ends || (pads && !left) || (a->kind == RG_MIX && a->limit && p->fired == a->limit))
		end(m, actor);
	else
		fire(m, actor);
	return true;
}

static const unsigned char *take(struct machine *m, uint32_t channel, uint32_t bytes)
{
	return m->fifos[channel].bytes + m->fifos[channel].read++ * bytes;
}

static bool step_copy(struct machine *m, uint32_t actor)
{
	const struct rg_actor *a = &m->g->actors[actor];
	unsigned char token[64];

	if (!there(m, a->in[0].channel)) {
		if (m->fifos[a->in[0].channel].ended)
			end(m, actor);
		return m->fifos[a->in[0].channel].ended;
	}
	memcpy(token, take(m, a->in[0].channel, a->in[0].bytes), a->in[0].bytes);
	put(m, actor, 0, token);
	return true;
}

static bool step_filter(struct machine *m, uint32_t actor)
{
	const struct rg_actor *a = &m->g->actors[actor];
	struct process *p = &m->processes[actor];
	uint32_t c = a->in[0].channel;

	if (p->left) {
		uint32_t port = (uint32_t)(p->hash >> (8 + p->next)) % a->n_out;

		put_hash(m, actor, port, p->hash, p->next, 0);
		p->left--;
		p->next++;
	} else if (there(m, c)) {
		p->hash = mix_bytes(p->hash, take(m, c, a->in[0].bytes), a->in[0].bytes);
		p->left = (uint32_t)(p->hash >> 3) % 4;
		p->next = 0;
	} else if (m->fifos[c].ended) {
		end(m, actor);
	} else {
		return false;
	}
	return true;
}

static bool step_merge(struct machine *m, uint32_t actor)
{
	const struct rg_actor *a = &m->g->actors[actor];
	struct process *p = &m->processes[actor];
	const struct rg_port *in = &a->in[p->hash & 1];

	if (there(m, in->channel)) {
		p->hash = mix_bytes(p->hash, take(m, in->channel, in->bytes), in->bytes);
		put_hash(m, actor, 0, p->hash, 0, 0);
	} else if (m->fifos[in->channel].ended) {
		end(m, actor);
	} else {
		return false;
	}
	return true;
}

unsigned char *rg_host_bytes(const struct rg_actor *a, size_t *n_bytes)
{
	unsigned char *bytes;

	*n_bytes = (size_t)a->limit * a->out[0].bytes;
	bytes = malloc(*n_bytes + 1);
	for (size_t i = 0; bytes && i < *n_bytes; i++)
		bytes[i] = mix_byte(a->seed, 0, i);
	return bytes;
}

static bool step_host_in(struct machine *m, uint32_t actor)
{
	const struct rg_actor *a = &m->g->actors[actor];
	size_t n_bytes;
	unsigned char *bytes = rg_host_bytes(a, &n_bytes);

	assert(bytes);
	for (size_t at = 0; at < n_bytes; at += a->out[0].bytes)
		put(m, actor, 0, bytes + at);
	free(bytes);
	end(m, actor);
	return true;
}

static bool step_host_out(struct machine *m, uint32_t actor)
{
	const struct rg_actor *a = &m->g->actors[actor];
	struct fifo *fifo = &m->fifos[a->in[0].channel];
	struct rg_expected *e = &m->expected[actor];
	uint64_t tokens;

	if (!fifo->ended)
		return false;
	tokens = a->limit && a->limit < fifo->written ? a->limit : fifo->written;
	e->n_bytes = (size_t)tokens * a->in[0].bytes;
	e->bytes = malloc(e->n_bytes + 1);
	assert(e->bytes);
	if (e->n_bytes)
		memcpy(e->bytes, fifo->bytes, e->n_bytes);
	end(m, actor);
	return true;
}

static bool step(struct machine *m, uint32_t actor)
{
	switch (m->g->actors[actor].kind) {
	case RG_MIX:
	case RG_PURE:
		return step_static(m, actor);
	case RG_COPY:
		return step_copy(m, actor);
	case RG_FILTER:
		return step_filter(m, actor);
	case RG_MERGE:
		return step_merge(m, actor);
	case RG_HOST_IN:
		return step_host_in(m, actor);
	case RG_HOST_OUT:
		return step_host_out(m, actor);
	}
	return false;
}

static void put_initial(struct machine *m, uint32_t channel)
{
	const struct rg_channel *ch = &m->g->channels[channel];
	struct fifo *fifo = &m->fifos[channel];
	size_t bytes = token_bytes(m->g, ch);

	fifo->written = fifo->room = ch->initial;
	fifo->bytes = calloc(ch->initial + 1, bytes);
	assert(fifo->bytes);
	if (ch->values)
		memcpy(fifo->bytes, ch->values, ch->initial * bytes);
}

void rg_interpret(const struct rg_graph *g, struct rg_expected *expected)
{
	struct machine *m = calloc(1, sizeof(*m));
	bool moved = true;

	assert(m);
	m->g = g;
	m->expected = expected;
	memset(expected, 0, g->n_actors * sizeof(*expected));
	for (uint32_t c = 0; c < g->n_channels; c++)
		put_initial(m, c);
	for (uint32_t a = 0; a < g->n_actors; a++)
		m->processes[a].hash = g->actors[a].seed;
	while (moved) {
		moved = false;
		for (uint32_t a = 0; a < g->n_actors; a++)
			while (!m->processes[a].ended && step(m, a))
				moved = true;
	}
	for (uint32_t a = 0; a < g->n_actors; a++) {
		assert(m->processes[a].ended);
		expected[a].hash = m->processes[a].hash;
		expected[a].firings = m->processes[a].fired;
	}
	for (uint32_t c = 0; c < g->n_channels; c++)
		free(m->fifos[c].bytes);
	free(m);
}

void rg_expected_fini(const struct rg_graph *g, struct rg_expected *expected)
{
	for (uint32_t a = 0; a < g->n_actors; a++)
		free(expected[a].bytes);
}
