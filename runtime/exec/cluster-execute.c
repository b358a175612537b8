/* SPDX-License-Identifier: Apache-2.0 */
#include "cluster.h"

#include <errno.h>
#include <string.h>

/*
 * How a round passes a segment: a chunk of iterations at a time through all its actors, so that what passes between them stays in the first-level cache. Most
 * calls are of actors of constant rates; for these there are two short ways.
 */
struct execution {
	struct run_cluster *cluster;
	struct round *round;
	struct scratch *scratch;
	uint64_t at, n; /* iterations of the round that the chunk begins with, and has */
};

static unsigned char *in_window(const struct execution *e, const struct in_port *in)
{
	switch (in->hold) {
	case PEL_HOLD_CHUNK:
		return e->scratch->memory + in->offset;
	case PEL_HOLD_ROUND:
		return in->ring->slots +
		       ((uint64_t)(e->round - e->cluster->rounds) * e->cluster->plan->round + e->at) *
			       in->iteration * in->token_bytes;
	case PEL_HOLD_RING:
		break;
	}
	return e->round->windows[in->window] + e->at * in->iteration * in->token_bytes;
}

static unsigned char *out_window(const struct execution *e, const struct out_port *out, uint32_t ring)
{
	switch (out->hold) {
	case PEL_HOLD_CHUNK:
		return e->scratch->memory + out->offset;
	case PEL_HOLD_ROUND:
		return out->rings->ring->slots +
		       ((uint64_t)(e->round - e->cluster->rounds) * e->cluster->plan->round + e->at) *
			       out->iteration * out->token_bytes;
	case PEL_HOLD_RING:
		break;
	}
	return e->round->windows[out->window + ring] + e->at * out->iteration * out->token_bytes;
}

/* What was written into the first ring's window belongs into the others too, and into what repeats the first slots. */
static void spread(const struct execution *e, const struct out_port *out, uint64_t from, uint64_t tokens)
{
	for (uint32_t r = 0; r < out->n_rings; r++) {
		struct pel_ring *ring = out->rings[r].ring;
		unsigned char *to = out_window(e, out, r) + from * out->token_bytes;

		if (r > 0)
			memcpy(to, out_window(e, out, 0) + from * out->token_bytes, tokens * out->token_bytes);
		if (ring->mirror)
			pel_ring_copy_mirror(ring, (uint64_t)(to - ring->slots) / ring->token_bytes, tokens);
	}
}

/* `firings` firings of an actor, after `done` in this chunk. */
static int fire_part(const struct execution *e, struct run_actor *actor, uint64_t done, uint64_t firings,
		     uint64_t *fired)
{
	struct pel_io *io = &e->scratch->io;
	uint64_t begin = actor->next_firing + (e->round->first + e->at) * actor->plan->cluster_firings;
	const void **ins = (const void **)io->in;
	void **outs = (void **)io->out;
	int r;

	io->first = begin + done;
	for (uint32_t i = 0; i < actor->n_in; i++) {
		const struct in_port *in = &actor->in[i];

		ins[i] = NULL;
		((size_t *)io->in_tokens)[i] = 0;
		if (!in->ring)
			continue;
		ins[i] = in_window(e, in) + rates_tokens(&in->rates, begin, done) * in->token_bytes;
		((size_t *)io->in_tokens)[i] = rates_tokens(&in->rates, io->first, firings);
	}
	for (uint32_t o = 0; o < actor->n_out; o++) {
		const struct out_port *out = &actor->out[o];

		outs[o] = NULL;
		((size_t *)io->out_tokens)[o] = 0;
		if (!out->n_rings)
			continue;
		outs[o] = out_window(e, out, 0) + rates_tokens(&out->rates, begin, done) * out->token_bytes;
		((size_t *)io->out_tokens)[o] = rates_tokens(&out->rates, io->first, firings);
	}
	r = actor_call(actor, io, firings);
	if (r < 0)
		return r;
	*fired = *io->fired;
	for (uint32_t o = 0; o < actor->n_out; o++) {
		const struct out_port *out = &actor->out[o];

		if (out->n_rings && out->hold == PEL_HOLD_RING)
			spread(e, out, rates_tokens(&out->rates, begin, done),
			       rates_tokens(&out->rates, io->first, *fired));
	}
	return r;
}

/* As many of `firings` firings as it makes; *fired of them. Returns 0, PEL_END or a negative errno. */
static int fire(const struct execution *e, struct run_actor *actor, uint64_t firings, uint64_t *fired)
{
	uint64_t most = actor->max_firings ? actor->max_firings : firings, done = 0;
	int r = 0;

	while (done < firings && r == 0) {
		uint64_t wanted = min_u64(firings - done, most), n;

		r = fire_part(e, actor, done, wanted, &n);
		if (r < 0)
			return r;
		done += n;
	}
	*fired = done;
	return r;
}

/* The same for the iterations of the chunk, where rates are constant and nothing has to be done before or after. */
static inline int fire_simply(const struct execution *e, struct run_actor *actor, uint64_t *fired)
{
	struct pel_io *io = &e->scratch->io;
	const void **ins = (const void **)io->in;
	void **outs = (void **)io->out;
	size_t *in_tokens = (size_t *)io->in_tokens, *out_tokens = (size_t *)io->out_tokens;
	uint64_t firings = e->n * actor->plan->cluster_firings;
	int r;

	io->first = actor->next_firing + (e->round->first + e->at) * actor->plan->cluster_firings;
	for (uint32_t i = 0; i < actor->n_in; i++) {
		ins[i] = actor->in[i].ring ? in_window(e, &actor->in[i]) : NULL;
		in_tokens[i] = e->n * actor->in[i].iteration;
	}
	for (uint32_t o = 0; o < actor->n_out; o++) {
		outs[o] = actor->out[o].n_rings ? out_window(e, &actor->out[o], 0) : NULL;
		out_tokens[o] = e->n * actor->out[o].iteration;
	}
	*io->fired = *fired = firings;
	actor_calling(actor);
	r = actor->plan->kernel->fire(actor->kernel_state, io, firings);
	if (__builtin_expect(r == 0, 1))
		return 0;
	r = actor_called(actor, io, firings, r);
	*fired = *io->fired;
	return r;
}

/* All firings of an actor in a chunk. */
static int fire_chunk(const struct execution *e, struct run_actor *actor, uint64_t *fired)
{
	return actor->simple ? fire_simply(e, actor, fired)
			     : fire(e, actor, e->n * actor->plan->cluster_firings, fired);
}

/* The same from the little that such a call needs. */
static inline int fire_briefly(const struct execution *e, uint32_t place, uint64_t *fired)
{
	const struct brief_call *call = &e->cluster->calls[place];
	struct pel_io *io = &e->scratch->io;
	int r;

	io->first = call->first + (e->round->first + e->at) * call->firings;
	*(const void **)io->in = call->in_tokens ? e->scratch->memory + (size_t)call->in_at * LINE_BYTES : NULL;
	*(size_t *)io->in_tokens = e->n * call->in_tokens;
	*(void **)io->out = call->out_tokens ? e->scratch->memory + (size_t)call->out_at * LINE_BYTES : NULL;
	*(size_t *)io->out_tokens = e->n * call->out_tokens;
	*io->fired = *fired = e->n * call->firings;
	actor_calling(e->cluster->actors[place]);
	r = call->length == 1 ? call->fire(call->state, io, *fired)
			      : call->fire_chain(call->states, call->length, io, *fired);
	if (__builtin_expect(r == 0, 1))
		return 0;
	if (call->length > 1)
		return actor_returned(e->cluster->actors[place], "fire_chain", r, false);
	r = actor_called(e->cluster->actors[place], io, *fired, r);
	*fired = *io->fired;
	return r;
}

/*
 * All actors of a parallel segment, without state. Where one ends earlier, the iterations before that are what the round has; of what was computed
 * beyond them, nothing remains.
 */
static int parallel_chunk(struct execution *e, const struct run_segment *segment)
{
	for (uint32_t i = segment->begin, next; i < segment->end && e->n; i = next) {
		struct run_actor *actor;
		uint64_t fired;
		int r;

		next = i + 1;
		if (e->cluster->calls[i].length) {
			next = i + e->cluster->calls[i].length;
			r = fire_briefly(e, i, &fired);
			if (r == 0)
				continue;
			actor = e->cluster->actors[i];
		} else {
			actor = e->cluster->actors[i];
			if (actor->state == ACTOR_ENDED)
				continue;
			r = fire_chunk(e, actor, &fired);
		}
		if (r < 0)
			return r;
		e->n = min_u64(e->n, fired / actor->plan->cluster_firings);
	}
	return 0;
}

/* All actors of a serial segment. *ragged: one has ended, and those after it have not fired. */
static int serial_chunk(struct execution *e, const struct run_segment *segment, bool *ragged)
{
	uint64_t *fired = e->cluster->fired;

	for (uint32_t i = segment->begin, next; i < segment->end; i = next) {
		struct run_actor *actor = e->cluster->actors[i];
		uint32_t length = e->cluster->calls[i].length;
		int r;

		next = i + (length ? length : 1);
		for (uint32_t k = i; k < next; k++)
			fired[k] = 0;
		if (*ragged || (!length && actor->state == ACTOR_ENDED))
			continue;
		r = length ? fire_briefly(e, i, &fired[i]) : fire_chunk(e, actor, &fired[i]);
		for (uint32_t k = i + 1; k < next; k++)
			fired[k] = fired[i];
		if (r == 0)
			continue;
		if (r < 0)
			return r;
		*ragged = actor->over = true;
	}
	return 0;
}

/* The one actor of a cluster: what it has fired when its kernel ends is final, for its firings may do more than write tokens. */
static int execute_alone(struct run_cluster *cluster, struct round *round, struct scratch *scratch)
{
	struct execution e = { .cluster = cluster, .round = round, .scratch = scratch };
	struct run_actor *actor = cluster->actors[0];
	uint64_t fired;
	int r = fire(&e, actor, round->iterations * actor->plan->cluster_firings, &fired);

	if (r != PEL_END)
		return r;
	round->over = true;
	round->iterations = fired / actor->plan->cluster_firings;
	round->part = fired % actor->plan->cluster_firings;
	return 0;
}

static int execute_segment(struct run_cluster *cluster, struct round *round, struct scratch *scratch)
{
	struct run_segment *segment = &cluster->segments[round->segment];
	struct execution e = { .cluster = cluster, .round = round, .scratch = scratch };
	uint64_t chunk = segment->chunks ? cluster->plan->chunk : round->iterations;

	while (e.at < round->iterations) {
		uint64_t wanted = min_u64(chunk, round->iterations - e.at);
		bool ragged = false;
		int r;

		e.n = wanted;
		pel_fire_reset();
		r = segment->serial ? serial_chunk(&e, segment, &ragged) : parallel_chunk(&e, segment);
		if (r < 0)
			return r;
		if (ragged) {
			segment->ragged = true;
			cluster_keep_chunk(cluster, segment, round->first + e.at, scratch);
			e.n = 0;
		}
		e.at += e.n;
		if (e.n < wanted)
			round->iterations = e.at;
	}
	return 0;
}

/* The round's next segment, its turn having come. The caller has the round, and no lock. */
int cluster_execute(struct run_cluster *cluster, struct round *round, struct scratch *scratch)
{
	return cluster->plan->n_actors == 1 ? execute_alone(cluster, round, scratch)
					    : execute_segment(cluster, round, scratch);
}

static void set_call(const struct run_actor *actor, struct brief_call *call)
{
	const struct in_port *in = actor->in;
	const struct out_port *out = actor->out;
	bool has_in = actor->n_in && in->ring, has_out = actor->n_out && out->n_rings;

	call->length = 0;
	if (actor->state == ACTOR_ENDED || !actor->simple || actor->n_in > 1 || actor->n_out > 1 ||
	    (has_in && (in->hold != PEL_HOLD_CHUNK || in->offset / LINE_BYTES > UINT32_MAX)) ||
	    (has_out && (out->hold != PEL_HOLD_CHUNK || out->offset / LINE_BYTES > UINT32_MAX)))
		return;
	*call = (struct brief_call){ .fire = actor->plan->kernel->fire,
				     .state = actor->kernel_state,
				     .first = actor->next_firing,
				     .firings = actor->plan->cluster_firings,
				     .length = 1 };
	if (has_in) {
		call->in_at = (uint32_t)(in->offset / LINE_BYTES);
		call->in_tokens = in->iteration;
	}
	if (has_out) {
		call->out_at = (uint32_t)(out->offset / LINE_BYTES);
		call->out_tokens = out->iteration;
	}
}

/* May one call do both `place` and the one behind it? */
static bool is_link(const struct run_cluster *cluster, uint32_t place)
{
	const struct run_actor *a = cluster->actors[place], *b = cluster->actors[place + 1];
	const struct brief_call *from = &cluster->calls[place], *to = from + 1;

	return a->plan->kernel == b->plan->kernel && from->length && to->length && from->out_tokens &&
	       to->in_tokens && a->plan->out->n_channels == 1 && a->out->rings->ring == b->in->ring &&
	       from->in_tokens == to->in_tokens && from->out_tokens == to->out_tokens &&
	       from->firings == to->firings && from->first == to->first;
}

static void set_chains(const struct run_cluster *cluster, const struct run_segment *segment)
{
	for (uint32_t i = segment->begin, end; i < segment->end; i = end) {
		struct brief_call *call = &cluster->calls[i];

		end = i + 1;
		if (!cluster->actors[i]->plan->kernel->fire_chain)
			continue;
		while (end < segment->end && is_link(cluster, end - 1))
			end++;
		for (uint32_t k = i; k < end; k++)
			cluster->states[k] = cluster->actors[k]->kernel_state;
		if (end - i < 2)
			continue;
		call->fire_chain = cluster->actors[i]->plan->kernel->fire_chain;
		call->states = &cluster->states[i];
		call->out_at = cluster->calls[end - 1].out_at;
		call->length = end - i;
	}
}

void cluster_set_calls(struct run_cluster *cluster)
{
	for (uint32_t i = 0; i < cluster->plan->n_actors; i++)
		set_call(cluster->actors[i], &cluster->calls[i]);
	for (uint32_t s = 0; s < cluster->plan->n_segments && cluster->states; s++)
		set_chains(cluster, &cluster->segments[s]);
}
