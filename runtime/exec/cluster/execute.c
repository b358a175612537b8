/* SPDX-License-Identifier: Apache-2.0 */
#include "execute.h"

#include <string.h>
#include "call.h"
#include "settle.h"

/* The execution of a round in a segment, one chunk of iterations at a time. */
struct execution {
	struct pel_run_cluster *cluster;
	struct pel_round *round;
	struct pel_scratch *scratch;
	uint64_t at, n; /* the chunk's first iteration in the round, and its number of iterations */
};

/*
 * The window of a port at the chunk's first iteration. `slots` are those of its ring; `ring` is the index of
 * the ring at the port.
 */
static unsigned char *window(const struct execution *e, const struct pel_storage *storage,
			     unsigned char *slots, uint32_t ring, uint32_t token_bytes)
{
	uint64_t round = (uint64_t)(e->round - e->cluster->rounds);

	switch (storage->kind) {
	case PEL_STORAGE_CHUNK:
		return e->scratch->memory + storage->offset;
	case PEL_STORAGE_ROUND:
		return slots + (round * e->cluster->plan->round + e->at) * storage->iteration * token_bytes;
	case PEL_STORAGE_RING:
		break;
	}
	return e->round->windows[storage->window + ring] + e->at * storage->iteration * token_bytes;
}

static unsigned char *in_window(const struct execution *e, const struct pel_in_port *in)
{
	return window(e, &in->storage, in->ring->slots, 0, in->token_bytes);
}

static unsigned char *out_window(const struct execution *e, const struct pel_out_port *out, uint32_t ring)
{
	return window(e, &out->storage, out->rings->ring->slots, ring, out->token_bytes);
}

/* Copy what was written to the first ring's window to the other rings, and to the mirrors of all of them. */
static void spread(const struct execution *e, const struct pel_out_port *out, uint64_t from, uint64_t tokens)
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

/*
 * Build the windows of `firings` firings of an actor from number `first` on; `done` firings of this chunk
 * precede them.
 */
static void set_windows(const struct execution *e, const struct pel_run_actor *actor, uint64_t first,
			uint64_t done, uint64_t firings)
{
	struct pel_io *io = &e->scratch->io;
	const void **ins = (const void **)io->in;
	void **outs = (void **)io->out;
	size_t *in_tokens = (size_t *)io->in_tokens, *out_tokens = (size_t *)io->out_tokens;

	io->first = first;
	for (uint32_t i = 0; i < actor->ports.n_in; i++) {
		const struct pel_in_port *in = &actor->ports.in[i];

		ins[i] = NULL;
		in_tokens[i] = 0;
		if (!in->ring)
			continue;
		ins[i] = in_window(e, in) + pel_rates_tokens(&in->rates, first - done, done) * in->token_bytes;
		in_tokens[i] = pel_rates_tokens(&in->rates, first, firings);
	}
	for (uint32_t o = 0; o < actor->ports.n_out; o++) {
		const struct pel_out_port *out = &actor->ports.out[o];

		outs[o] = NULL;
		out_tokens[o] = 0;
		if (!out->n_rings)
			continue;
		outs[o] = out_window(e, out, 0) +
			  pel_rates_tokens(&out->rates, first - done, done) * out->token_bytes;
		out_tokens[o] = pel_rates_tokens(&out->rates, first, firings);
	}
}

/* Make `firings` firings of an actor, after `done` in this chunk. *fired: how many it made. */
static int fire_part(const struct execution *e, struct pel_run_actor *actor, uint64_t done, uint64_t firings,
		     uint64_t *fired)
{
	uint64_t begin = actor->next_firing + (e->round->first + e->at) * actor->plan->cluster_firings;
	int r;

	set_windows(e, actor, begin + done, done, firings);
	r = pel_call_fire(actor, e->scratch, &e->scratch->io, firings);
	if (r < 0)
		return r;
	*fired = *e->scratch->io.fired;
	for (uint32_t o = 0; o < actor->ports.n_out; o++) {
		const struct pel_out_port *out = &actor->ports.out[o];

		if (out->n_rings && out->storage.kind == PEL_STORAGE_RING)
			spread(e, out, pel_rates_tokens(&out->rates, begin, done),
			       pel_rates_tokens(&out->rates, begin + done, *fired));
	}
	return r;
}

/*
 * Make `firings` firings, in as many calls as necessary. *fired: how many it made. Returns 0, PEL_END or a
 * negative errno.
 */
static int fire(const struct execution *e, struct pel_run_actor *actor, uint64_t firings, uint64_t *fired)
{
	uint64_t most = actor->max_firings ? actor->max_firings : firings, done = 0;
	int r = 0;

	while (done < firings && r == 0) {
		uint64_t wanted = pel_min_u64(firings - done, most), n;

		r = fire_part(e, actor, done, wanted, &n);
		if (r < 0)
			return r;
		done += n;
	}
	*fired = done;
	return r;
}

/* Make all firings of the chunk for the actors of one brief call. */
static inline int fire_briefly(const struct execution *e, uint32_t place, uint64_t *fired)
{
	const struct pel_brief_call *call = &e->cluster->calls[place];
	struct pel_run_actor *actor = e->cluster->actors[place];
	struct pel_io *io = &e->scratch->io;
	int r;

	io->first = call->first + (e->round->first + e->at) * call->firings;
	*(const void **)io->in = call->in_tokens ? e->scratch->memory + (size_t)call->in_at * PEL_LINE_BYTES
						 : NULL;
	*(size_t *)io->in_tokens = e->n * call->in_tokens;
	*(void **)io->out = call->out_tokens ? e->scratch->memory + (size_t)call->out_at * PEL_LINE_BYTES
					     : NULL;
	*(size_t *)io->out_tokens = e->n * call->out_tokens;
	*io->fired = *fired = e->n * call->firings;
	pel_scratch_calling(e->scratch, actor);
	r = call->length == 1 ? call->fire(call->state, io, *fired)
			      : call->fire_chain(call->states, call->length, io, *fired);
	if (__builtin_expect(r == 0, 1))
		return 0;
	if (call->length > 1)
		return pel_call_returned(actor, "fire_chain", r, false);
	r = pel_call_fired(actor, io, *fired, r);
	*fired = *io->fired;
	return r;
}

/*
 * Execute a parallel segment. Its actors have no state. If one ends early, the round keeps the iterations
 * before that; everything computed beyond them is discarded.
 */
static int parallel_chunk(struct execution *e, const struct pel_run_segment *segment)
{
	for (uint32_t i = segment->begin, next; i < segment->end && e->n; i = next) {
		struct pel_run_actor *actor;
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
			if (actor->state == PEL_ACTOR_ENDED)
				continue;
			r = fire(e, actor, e->n * actor->plan->cluster_firings, &fired);
		}
		if (r < 0)
			return r;
		e->n = pel_min_u64(e->n, fired / actor->plan->cluster_firings);
	}
	return 0;
}

/* Execute a serial segment. *ragged: an actor has ended, and those after it have not fired. */
static int serial_chunk(struct execution *e, const struct pel_run_segment *segment, bool *ragged)
{
	uint64_t *fired = e->cluster->fired;

	for (uint32_t i = segment->begin, next; i < segment->end; i = next) {
		struct pel_run_actor *actor = e->cluster->actors[i];
		uint32_t length = e->cluster->calls[i].length;
		int r;

		next = i + (length ? length : 1);
		for (uint32_t k = i; k < next; k++)
			fired[k] = 0;
		if (*ragged || (!length && actor->state == PEL_ACTOR_ENDED))
			continue;
		r = length ? fire_briefly(e, i, &fired[i])
			   : fire(e, actor, e->n * actor->plan->cluster_firings, &fired[i]);
		for (uint32_t k = i + 1; k < next; k++)
			fired[k] = fired[i];
		if (r == 0)
			continue;
		if (r < 0)
			return r;
		*ragged = actor->kernel_ended = true;
	}
	return 0;
}

/*
 * Execute a cluster of one actor. If its kernel ends, what it has fired is final, since its firings may do
 * more than write tokens.
 */
static int execute_alone(struct pel_run_cluster *cluster, struct pel_round *round, struct pel_scratch *scratch)
{
	struct execution e = { .cluster = cluster, .round = round, .scratch = scratch };
	struct pel_run_actor *actor = cluster->actors[0];
	uint64_t fired;
	int r = fire(&e, actor, round->iterations * actor->plan->cluster_firings, &fired);

	if (r != PEL_END)
		return r;
	round->kernel_ended = true;
	round->iterations = fired / actor->plan->cluster_firings;
	round->part = fired % actor->plan->cluster_firings;
	return 0;
}

static int execute_segment(struct pel_run_cluster *cluster, struct pel_round *round, struct pel_scratch *scratch)
{
	struct pel_run_segment *segment = &cluster->segments[round->segment];
	struct execution e = { .cluster = cluster, .round = round, .scratch = scratch };
	uint64_t chunk = segment->chunks ? cluster->plan->chunk : round->iterations;

	while (e.at < round->iterations) {
		uint64_t wanted = pel_min_u64(chunk, round->iterations - e.at);
		bool ragged = false;
		int r;

		e.n = wanted;
		pel_fire_reset();
		r = segment->serial ? serial_chunk(&e, segment, &ragged) : parallel_chunk(&e, segment);
		if (r < 0)
			return r;
		if (ragged) {
			segment->ragged = true;
			pel_cluster_keep_chunk(cluster, segment, round->first + e.at, scratch);
			e.n = 0;
		}
		e.at += e.n;
		if (e.n < wanted)
			round->iterations = e.at;
	}
	return 0;
}

int pel_cluster_execute(struct pel_run_cluster *cluster, struct pel_round *round, struct pel_scratch *scratch)
{
	return cluster->plan->n_actors == 1 ? execute_alone(cluster, round, scratch)
					    : execute_segment(cluster, round, scratch);
}

static void set_call(const struct pel_run_actor *actor, struct pel_brief_call *call)
{
	const struct pel_in_port *in = actor->ports.in;
	const struct pel_out_port *out = actor->ports.out;
	bool has_in = actor->ports.n_in && in->ring, has_out = actor->ports.n_out && out->n_rings;

	call->length = 0;
	if (actor->state == PEL_ACTOR_ENDED || !actor->simple || actor->ports.n_in > 1 ||
	    actor->ports.n_out > 1 ||
	    (has_in &&
	     (in->storage.kind != PEL_STORAGE_CHUNK || in->storage.offset / PEL_LINE_BYTES > UINT32_MAX)) ||
	    (has_out &&
	     (out->storage.kind != PEL_STORAGE_CHUNK || out->storage.offset / PEL_LINE_BYTES > UINT32_MAX)))
		return;
	*call = (struct pel_brief_call){ .fire = actor->plan->kernel->fire,
					 .state = actor->kernel_state,
					 .first = actor->next_firing,
					 .firings = actor->plan->cluster_firings,
					 .length = 1 };
	if (has_in) {
		call->in_at = (uint32_t)(in->storage.offset / PEL_LINE_BYTES);
		call->in_tokens = in->storage.iteration;
	}
	if (has_out) {
		call->out_at = (uint32_t)(out->storage.offset / PEL_LINE_BYTES);
		call->out_tokens = out->storage.iteration;
	}
}

/* Can one call serve both `place` and the actor after it? */
static bool is_link(const struct pel_run_cluster *cluster, uint32_t place)
{
	const struct pel_run_actor *a = cluster->actors[place], *b = cluster->actors[place + 1];
	const struct pel_brief_call *from = &cluster->calls[place], *to = from + 1;

	return a->plan->kernel == b->plan->kernel && from->length && to->length && from->out_tokens &&
	       to->in_tokens && a->plan->out->n_channels == 1 &&
	       a->ports.out->rings->ring == b->ports.in->ring && from->in_tokens == to->in_tokens &&
	       from->out_tokens == to->out_tokens && from->firings == to->firings && from->first == to->first;
}

static void set_chains(const struct pel_run_cluster *cluster, const struct pel_run_segment *segment)
{
	for (uint32_t i = segment->begin, end; i < segment->end; i = end) {
		struct pel_brief_call *call = &cluster->calls[i];

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

void pel_cluster_set_calls(struct pel_run_cluster *cluster)
{
	for (uint32_t i = 0; i < cluster->plan->n_actors; i++)
		set_call(cluster->actors[i], &cluster->calls[i]);
	for (uint32_t s = 0; s < cluster->plan->n_segments && cluster->states; s++)
		set_chains(cluster, &cluster->segments[s]);
}
