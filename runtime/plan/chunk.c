/* SPDX-License-Identifier: Apache-2.0 */
#include "chunk.h"

#include <errno.h>
#include "compiler.h"
#include "plan-ports.h"

/*
 * Decides how many iterations of a cluster are executed at a time. Inside a segment, a worker carries a chunk of iterations through the actors,
 * one after the other. The tokens between them stay in the worker's own memory, which is sized for the L1 cache. Buffers there are reused after
 * their last reader, by linear scan (Poletto, Sarkar, "Linear Scan Register Allocation", 1999). Between segments the tokens of a whole round
 * are kept; rounds are sized for the L2 cache.
 */
#define ITERATIONS_MAX ((uint64_t)1 << 20)
#define CHUNK_MIN \
	((uint64_t)64) /* so many iterations make the cost of calls small; used if they fit the L2 cache */
#define ALL_CHUNKS_BYTES \
	((uint64_t)256 << 20) /* limit on the rings of all channels that a cluster keeps in chunks */
/*
 * The gap between buffers: a third of a page, in cache lines. Without it, a load would wait for a store to the same offset in another page,
 * because processors compare the low bits of addresses first; and buffers a power of two apart would share cache sets.
 */
#define GAP_BYTES (21 * PEL_LINE_BYTES)
#define N_CLASSES 64

static uint64_t power_of_two_below(uint64_t n)
{
	return (uint64_t)1 << (63 - __builtin_clzll(n));
}

/* ---- storage ---- */

static enum pel_storage_kind storage_of(const struct pel_plan *plan, const struct pel_plan_actor *actor,
					const struct pel_plan_port *out)
{
	enum pel_storage_kind storage = PEL_STORAGE_CHUNK;

	for (uint32_t i = 0; i < out->n_channels; i++) {
		const struct pel_plan_channel *channel = &plan->channels[out->channels[i]];
		const struct pel_plan_actor *to = &plan->actors[channel->to];

		if (to->cluster != actor->cluster || to == actor || channel->initial ||
		    to->in[channel->to_port].history)
			return PEL_STORAGE_RING;
		if (to->segment != actor->segment)
			storage = PEL_STORAGE_ROUND;
	}
	return storage;
}

/* What limits the chunks and rounds of one cluster. */
struct bounds {
	uint64_t live;	       /* per iteration: the most bytes that are live in a chunk at the same time */
	uint64_t chunk_bytes;  /* per iteration: of all channels kept in chunks */
	uint64_t round_bytes;  /* per iteration: of all channels kept for a round */
	uint64_t chunk, round; /* iterations that the given capacities allow */
};

/* Limit the iterations so that all rounds together fit a given capacity. cluster-form.c has limited the number of rounds accordingly. */
static void note_given(struct bounds *bounds, const struct pel_plan_channel *channel,
		       enum pel_storage_kind storage, uint64_t tokens, uint32_t slots)
{
	uint64_t iterations = (channel->capacity - channel->initial) / tokens / slots;

	if (!channel->capacity_given)
		return;
	if (storage == PEL_STORAGE_CHUNK)
		bounds->chunk = pel_min(bounds->chunk, iterations);
	else
		bounds->round = pel_min(bounds->round, iterations);
}

struct scan {
	const struct pel_plan *plan;
	const struct pel_plan_cluster *cluster;
	uint32_t *last; /* by the first channel of an output that is kept in chunks: the place of its last reader */
	uint32_t *place; /* of each actor */
};

static void find_last(const struct scan *scan, const struct pel_plan_port *out)
{
	uint32_t last = 0;

	for (uint32_t i = 0; i < out->n_channels; i++)
		last = (uint32_t)pel_max(last, scan->place[scan->plan->channels[out->channels[i]].to]);
	scan->last[out->channels[0]] = last;
}

/* If the actor at `place` is the last reader of the chunk at its input `in`, return the output that feeds it, but only the first time; else NULL. */
static struct pel_plan_port *ends_at(const struct scan *scan, const struct pel_plan_port *in, uint32_t place)
{
	const struct pel_plan_channel *channel;
	struct pel_plan_port *out;

	if (!in->n_channels)
		return NULL;
	channel = &scan->plan->channels[in->channels[0]];
	out = &scan->plan->actors[channel->from].out[channel->from_port];
	if (scan->plan->actors[channel->from].cluster == PEL_NONE || out->storage != PEL_STORAGE_CHUNK ||
	    scan->last[out->channels[0]] != place)
		return NULL;
	scan->last[out->channels[0]] = PEL_NONE;
	return out;
}

static uint64_t iteration_bytes(const struct pel_plan_actor *actor, const struct pel_plan_port *out)
{
	return pel_cluster_tokens(actor, out) * out->token_bytes;
}

/* Choose the storage of an output and update the bounds. Returns its bytes per iteration in a chunk. */
static uint64_t note_output(const struct scan *scan, const struct pel_plan_actor *actor,
			    struct pel_plan_port *out, struct bounds *bounds)
{
	bool inside = false;
	uint64_t bytes;

	if (!out->n_channels)
		return 0;
	bytes = iteration_bytes(actor, out);
	out->storage = storage_of(scan->plan, actor, out);
	for (uint32_t i = 0; i < out->n_channels; i++) {
		const struct pel_plan_channel *channel = &scan->plan->channels[out->channels[i]];

		if (scan->plan->actors[channel->to].cluster != actor->cluster || channel->to == channel->from)
			continue;
		note_given(bounds, channel, out->storage, pel_cluster_tokens(actor, out), scan->cluster->slots);
		inside = true;
	}
	if (out->storage != PEL_STORAGE_CHUNK) {
		bounds->round_bytes += inside ? bytes : 0;
		return 0;
	}
	bounds->chunk_bytes += bytes;
	find_last(scan, out);
	return bytes;
}

/*
 * If the actor works in place and is the last reader of its input's chunk, its output can use the same memory. Returns the output that feeds it
 * in that case, else NULL.
 */
static struct pel_plan_port *taken_over(const struct scan *scan, const struct pel_plan_actor *actor,
					uint32_t place)
{
	if (!(actor->kernel->flags & PEL_KERNEL_IN_PLACE) || actor->n_in != 1 || actor->n_out != 1 ||
	    !actor->out->n_channels || actor->out->storage != PEL_STORAGE_CHUNK ||
	    iteration_bytes(actor, actor->in) != iteration_bytes(actor, actor->out))
		return NULL;
	return ends_at(scan, actor->in, place);
}

static void find_bounds(const struct scan *scan, struct bounds *ret)
{
	const struct pel_plan *plan = scan->plan;
	const struct pel_plan_cluster *cluster = scan->cluster;
	uint64_t live = 0;

	*ret = (struct bounds){ .chunk = ITERATIONS_MAX, .round = ITERATIONS_MAX };
	for (uint32_t k = 0; k < cluster->n_actors; k++) {
		struct pel_plan_actor *actor = &plan->actors[cluster->actors[k]];

		for (uint32_t p = 0; p < actor->n_out; p++)
			live += note_output(scan, actor, &actor->out[p], ret);
		if (taken_over(scan, actor, k))
			live -= iteration_bytes(actor, actor->in);
		ret->live = pel_max(ret->live, live);
		for (uint32_t p = 0; p < actor->n_in; p++) {
			const struct pel_plan_port *out = ends_at(scan, &actor->in[p], k);

			if (out)
				live -= iteration_bytes(&plan->actors[plan->channels[out->channels[0]].from],
							out);
		}
	}
}

static void choose_lengths(const struct pel_machine *machine, const struct bounds *bounds,
			   struct pel_plan_cluster *cluster)
{
	uint64_t l1 = machine->l1_bytes / 4 * 3, l2 = machine->l2_bytes / 2, chunk = ITERATIONS_MAX,
		 round = ITERATIONS_MAX;
	/* Each segment costs a check of the other rounds. With many segments, use long rounds: one of them fills the cache. */
	uint64_t round_bytes = cluster->n_segments > 2 ? 2 * l2 : l2;

	if (bounds->live) {
		chunk = l1 / bounds->live;
		if (chunk < CHUNK_MIN)
			chunk = pel_min(CHUNK_MIN, l2 / 2 / bounds->live);
		chunk = pel_min(chunk, ALL_CHUNKS_BYTES / bounds->chunk_bytes);
		chunk = power_of_two_below(pel_max(chunk, 1));
	}
	if (bounds->round_bytes)
		round = power_of_two_below(pel_max(round_bytes / bounds->round_bytes, 1));
	cluster->round = pel_max(1, pel_min(round, bounds->round));
	cluster->chunk = pel_max(1, pel_min(pel_min(chunk, cluster->round), bounds->chunk));
}

/* ---- the worker's memory ---- */

struct memory {
	uint64_t end;
	uint32_t free[N_CLASSES]; /* list of free buffers of 2^class bytes, each named by the channel that last used it; PEL_NONE: empty */
	uint32_t *next; /* for each channel: the next one in its list */
};

static uint32_t class_of(uint64_t bytes)
{
	return bytes <= PEL_LINE_BYTES ? 6 : 64 - (uint32_t)__builtin_clzll(bytes - 1);
}

static void take_buffer(const struct scan *scan, struct memory *memory, struct pel_plan_port *out,
			uint64_t bytes)
{
	uint32_t class = class_of(bytes), channel = memory->free[class];

	if (channel == PEL_NONE) {
		out->offset = memory->end;
		memory->end += ((uint64_t)1 << class) + GAP_BYTES;
		return;
	}
	memory->free[class] = memory->next[channel];
	out->offset = scan->plan->actors[scan->plan->channels[channel].from]
			      .out[scan->plan->channels[channel].from_port]
			      .offset;
}

static void give_buffer(struct memory *memory, const struct pel_plan_port *out, uint64_t bytes)
{
	uint32_t class = class_of(bytes), channel = out->channels[0];

	memory->next[channel] = memory->free[class];
	memory->free[class] = channel;
}

static void lay_out(const struct scan *scan, struct pel_plan_cluster *cluster, uint32_t *next)
{
	const struct pel_plan *plan = scan->plan;
	struct memory memory = { .next = next };

	for (uint32_t class = 0; class < N_CLASSES; class ++)
		memory.free[class] = PEL_NONE;
	for (uint32_t k = 0; k < cluster->n_actors; k++) {
		struct pel_plan_actor *actor = &plan->actors[cluster->actors[k]];

		struct pel_plan_port *before = taken_over(scan, actor, k);

		if (before) {
			actor->out->offset = before->offset;
			find_last(scan, actor->out);
		}
		for (uint32_t p = 0; p < actor->n_out && !before; p++)
			if (actor->out[p].storage == PEL_STORAGE_CHUNK && actor->out[p].n_channels) {
				take_buffer(scan, &memory, &actor->out[p],
					    cluster->chunk * iteration_bytes(actor, &actor->out[p]));
				find_last(scan, &actor->out[p]);
			}
		for (uint32_t p = 0; p < actor->n_in; p++) {
			const struct pel_plan_port *out = ends_at(scan, &actor->in[p], k);

			if (out)
				give_buffer(&memory, out,
					    cluster->chunk *
						    iteration_bytes(
							    &plan->actors[plan->channels[out->channels[0]].from],
							    out));
		}
	}
	cluster->scratch_bytes = memory.end;
}

int pel_clusters_size(struct compiler *c)
{
	struct pel_plan *plan = c->plan;
	uint32_t *numbers =
		pel_compiler_alloc_brief(c, (size_t)plan->n_channels * 2 + plan->n_actors, sizeof(*numbers));

	if (!numbers)
		return -ENOMEM;
	for (uint32_t i = 0; i < plan->n_clusters; i++) {
		struct pel_plan_cluster *cluster = &plan->clusters[i];
		struct scan scan = { plan, cluster, numbers, numbers + (size_t)plan->n_channels * 2 };
		struct bounds bounds;

		for (uint32_t k = 0; k < cluster->n_actors; k++)
			scan.place[cluster->actors[k]] = k;
		find_bounds(&scan, &bounds);
		choose_lengths(&plan->machine, &bounds, cluster);
		lay_out(&scan, cluster, numbers + plan->n_channels);
	}
	return 0;
}
