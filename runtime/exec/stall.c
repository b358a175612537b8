/* SPDX-License-Identifier: Apache-2.0 */
#include "stall.h"

#include <errno.h>
#include <string.h>
#include "cluster/run-cluster.h"
#include "host-port.h"

/*
 * Explains a stall. Every actor that has not ended waits for tokens that another actor must write, or for
 * room that another must make. Following these links from any actor leads to a cycle, or to something
 * outside.
 */
#define LISTED_MAX 20

/* What an actor lacks for its next firing: room on a channel, or tokens. */
struct lack {
	/* If non-NULL: the actor itself lacks nothing, but runs only together with this one, which does. */
	struct pel_run_actor *with;
	bool room;	  /* else tokens */
	uint32_t channel; /* index in the plan */
	uint64_t needs, has;
};

/* Find the channel of output `port` that has no room for the next firing. */
static bool lack_room(struct pel_run_actor *actor, uint32_t port, struct lack *ret)
{
	const struct pel_out_port *out = &actor->ports.out[port];
	uint64_t needs = out->rates.dynamic ? 1 : pel_rates_tokens(&out->rates, actor->next_firing, 1);
	bool found = false;

	for (uint32_t r = 0; r < out->n_rings; r++) {
		const struct pel_ring *ring = out->rings[r].ring;

		for (uint32_t i = 0; i < ring->n_readers; i++) {
			const struct pel_ring_reader *reader = &ring->readers[i];
			uint64_t room =
				reader->capacity - (atomic_load(&ring->tail) - atomic_load(&reader->head));

			if (atomic_load(&reader->closed) || room >= needs)
				continue;
			*ret = (struct lack){ .room = true,
					      .channel = out->rings[r].plan->channels[i],
					      .needs = needs,
					      .has = room };
			found = true;
		}
	}
	return found;
}

/* Is there a `*` output without any room? */
static bool dynamic_full(struct pel_run_actor *actor, uint32_t *port)
{
	for (uint32_t o = 0; o < actor->ports.n_out; o++)
		for (uint32_t r = 0; r < actor->ports.out[o].n_rings && actor->ports.out[o].rates.dynamic; r++)
			if (!pel_ring_room(actor->ports.out[o].rings[r].ring, 1)) {
				*port = o;
				return true;
			}
	return false;
}

/*
 * The cluster of the actor waits until a whole round is possible: find what the actor lacks on channels that
 * lead out of the cluster.
 */
static bool lack_outside(struct pel_run_actor *actor, struct lack *ret)
{
	for (uint32_t i = 0; i < actor->ports.n_in; i++) {
		const struct pel_in_port *in = &actor->ports.in[i];
		uint64_t needs, has;

		if (!in->ring || pel_actor_writer(actor, in)->cluster == actor->cluster)
			continue;
		needs = pel_in_need(in, actor->next_firing);
		has = pel_ring_fill(in->ring, in->reader, needs);
		*ret = (struct lack){ .channel = in->channel, .needs = needs, .has = has };
		if (has < needs)
			return true;
	}
	for (uint32_t o = 0; o < actor->ports.n_out; o++)
		if (actor->ports.out[o].storage.kind == PEL_STORAGE_RING && lack_room(actor, o, ret))
			return true;
	return false;
}

static bool lack_together(struct pel_run_actor *actor, struct lack *ret)
{
	const struct pel_run_stage *stage = actor->stage;

	if (lack_outside(actor, ret))
		return true;
	for (uint32_t i = 0; i < stage->n_actors; i++)
		if (stage->actors[i]->state != PEL_ACTOR_ENDED && lack_outside(stage->actors[i], ret)) {
			*ret = (struct lack){ .with = stage->actors[i] };
			return true;
		}
	return false;
}

/*
 * Find what the kernel of a dynamic actor has asked for: more room than an output has, or more tokens of an
 * input than it was shown.
 */
static bool lack_asked(struct pel_run_actor *actor, struct lack *ret)
{
	bool found = false;

	for (uint32_t i = 0; i < actor->ports.n_in; i++) {
		const struct pel_in_port *in = &actor->ports.in[i];
		uint64_t has;

		if (!in->asked || actor->state != PEL_ACTOR_FIRING)
			continue;
		has = pel_ring_fill(in->ring, in->reader, UINT64_MAX);
		/* If there are several, prefer one that can still receive tokens. */
		if (!found || (ret->has >= in->reader->capacity && has < in->reader->capacity))
			*ret = (struct lack){ .channel = in->channel, .needs = has + 1, .has = has };
		found = true;
	}
	for (uint32_t o = 0; o < actor->ports.n_out && !found; o++) {
		const struct pel_out_port *out = &actor->ports.out[o];

		for (uint32_t r = 0; r < out->n_rings && out->asked; r++)
			for (uint32_t i = 0; i < out->rings[r].ring->n_readers; i++) {
				const struct pel_ring_reader *reader = &out->rings[r].ring->readers[i];
				uint64_t room = reader->capacity - (atomic_load(&out->rings[r].ring->tail) -
								    atomic_load(&reader->head));

				if (atomic_load(&reader->closed) || (found && room >= ret->has))
					continue;
				*ret = (struct lack){ .room = true,
						      .channel = out->rings[r].plan->channels[i],
						      .needs = room + 1,
						      .has = room };
				found = true;
			}
	}
	return found;
}

/* [nobody runs the actor] false: it could fire, or has ended; of a boundary port: the host could write. */
static bool actor_lack(struct pel_run_actor *actor, struct lack *ret)
{
	uint64_t firings = 1;
	uint32_t port;

	if (actor->host) {
		*ret = (struct lack){ .room = true, .needs = 1 };
		return actor->host->input && atomic_load(&actor->host->open) &&
		       pel_host_port_is_full(actor->host, &ret->channel);
	}
	if (actor->state == PEL_ACTOR_ENDED)
		return false;
	if (actor->cluster && actor->cluster->mode == PEL_CLUSTER_ROUNDS)
		return lack_together(actor, ret);
	if (actor->state == PEL_ACTOR_FIRING &&
	    pel_ports_inputs(&actor->ports, actor->next_firing, &firings, &port) == PEL_INPUT_WAIT) {
		const struct pel_in_port *in = &actor->ports.in[port];

		*ret = (struct lack){ .channel = in->channel,
				      .needs = pel_in_need(in, actor->next_firing),
				      .has = pel_ring_fill(in->ring, in->reader, UINT64_MAX) - in->claimed };
		return true;
	}
	if (!pel_ports_outputs(&actor->ports, actor->next_firing, &firings, &port) ||
	    dynamic_full(actor, &port))
		return lack_room(actor, port, ret);
	return lack_asked(actor, ret);
}

static bool runs_now(const struct pel_run_actor *actor)
{
	const struct pel_run_cluster *cluster = actor->cluster;

	if (actor->host)
		return false;
	if (!cluster)
		return pel_task_is_scheduled(&actor->stage->task);
	for (uint32_t i = 0; i < cluster->plan->n_stages; i++)
		if (pel_task_is_scheduled(&cluster->stages[i]->task))
			return true;
	return false;
}

/*
 * Who can end the wait: the writer of the channel that lacks tokens, or the reader of the one that lacks
 * room.
 */
static uint32_t waits_for(const struct pel_actor_set *set, const struct lack *lack)
{
	const struct pel_plan_channel *channel = &set->plan->channels[lack->channel];

	if (lack->with)
		return (uint32_t)(lack->with - set->all);
	return lack->room ? channel->to : channel->from;
}

/* The copies of an actor count as one stage. */
static const char *stage_name(const struct pel_run_stage *stage)
{
	return stage->actors[0]->plan->copies > 1 ? stage->actors[0]->plan->id : stage->plan->id;
}

static void explain_actor(const struct pel_actor_set *set, uint32_t index, struct pel_error *err)
{
	struct pel_run_actor *actor = &set->all[index];
	const struct pel_plan_channel *channel;
	const struct pel_run_stage *stage = actor->stage;
	char who[256];
	struct lack lack;

	if (actor->host && !actor_lack(actor, &lack)) {
		pel_fail(err, -EDEADLK, actor->plan->place, "boundary port '%s' %s the host", actor->plan->id,
			 actor->host->input ? "has received no more tokens from" : "is not being read by");
		return;
	}
	/*
	 * Another thread may own it, so do not look at it. Happens only if the host's patience has run out.
	 */
	if (runs_now(actor)) {
		pel_fail(err, -EDEADLK, actor->plan->place, "actor '%s' (stage %s) is in a call of its kernel",
			 actor->plan->id, stage_name(stage));
		return;
	}
	if (!actor_lack(actor, &lack))
		return;
	if (stage)
		snprintf(who, sizeof(who), "actor '%s' (stage %s)", actor->plan->id, stage_name(stage));
	else
		snprintf(who, sizeof(who), "boundary port '%s'", actor->plan->id);
	channel = &set->plan->channels[lack.channel];
	if (lack.with)
		pel_fail(err, -EDEADLK, actor->plan->place, "%s is executed together with '%s'", who,
			 lack.with->plan->id);
	else
		pel_fail(err, -EDEADLK, actor->plan->place,
			 "%s waits for %s%llu token%s on channel %s, which holds %llu of %llu", who,
			 lack.room ? "room for " : "", (unsigned long long)lack.needs,
			 lack.needs == 1 ? "" : "s", channel->name,
			 (unsigned long long)(lack.room ? channel->capacity - lack.has : lack.has),
			 (unsigned long long)channel->capacity);
}

/* Hint for a cycle: enlarge a channel on which somebody waits for room, if there is one. */
static void hint_cycle(const struct pel_actor_set *set, const uint32_t *next, uint32_t first,
		       struct pel_error *err)
{
	uint32_t at = first;

	do {
		struct lack lack;

		if (actor_lack(&set->all[at], &lack) && lack.room) {
			pel_hint(err,
				 "give channel %s a larger capacity, or make the actors on the cycle consume their tokens sooner",
				 set->plan->channels[lack.channel].name);
			return;
		}
		at = next[at];
	} while (at != first);
	pel_hint(err,
		 "the actors on this cycle wait for each other's tokens: add initial tokens to a channel of the cycle, or consume fewer tokens");
}

/*
 * Find who waits for whom: next[] of each actor, PEL_NONE if it does not wait. Returns the number of actors
 * that wait, without boundary ports; *first is the first of them.
 */
static uint32_t find_waiting(const struct pel_actor_set *set, uint32_t *next, uint32_t *first)
{
	uint32_t waiting = 0;

	for (uint32_t i = 0; i < set->plan->n_actors; i++) {
		struct lack lack;

		next[i] = PEL_NONE;
		if (runs_now(&set->all[i]) || !actor_lack(&set->all[i], &lack))
			continue;
		next[i] = waits_for(set, &lack);
		if (set->all[i].host)
			continue;
		if (!waiting++)
			*first = i;
	}
	return waiting;
}

/* Find an actor on a cycle of waiting actors. PEL_NONE: there is none. `seen` is zeroed. */
static uint32_t find_cycle(const uint32_t *next, unsigned char *seen, uint32_t n)
{
	/* Walk from each actor that has not been seen. 1 marks the current walk, 2 the finished ones. */
	for (uint32_t i = 0; i < n; i++) {
		uint32_t at;

		for (at = i; at != PEL_NONE && !seen[at]; at = next[at])
			seen[at] = 1;
		if (at != PEL_NONE && seen[at] == 1 && next[at] != PEL_NONE)
			return at;
		for (at = i; at != PEL_NONE && seen[at] == 1; at = next[at])
			seen[at] = 2;
	}
	return PEL_NONE;
}

/* "nothing moved for 0.5 s", to a millisecond. The host's locale may have another decimal point, so no floating-point format. */
static void patience_text(double patience_s, char *text, size_t bytes)
{
	unsigned long long ms = patience_s < 1e12 ? (unsigned long long)(patience_s * 1e3 + 0.5)
						  : 1000000000000000u;
	unsigned part = (unsigned)(ms % 1000);
	int digits = 3;

	while (digits > 1 && part % 10 == 0) {
		part /= 10;
		digits--;
	}
	if (!ms) /* no run waits for less than a millisecond */
		snprintf(text, bytes, "nothing moved for 0.001 s");
	else if (!part)
		snprintf(text, bytes, "nothing moved for %llu s", ms / 1000);
	else
		snprintf(text, bytes, "nothing moved for %llu.%0*u s", ms / 1000, digits, part);
}

static void explain(const struct pel_actor_set *set, const char *why, uint32_t *next, unsigned char *seen,
		    struct pel_error *err)
{
	uint32_t n = set->plan->n_actors, listed = 0, first, cycle;
	uint32_t waiting = find_waiting(set, next, &first);

	if (!waiting)
		return;
	cycle = find_cycle(next, seen, n);
	if (waiting == 1)
		pel_fail(err, -EDEADLK, (struct pel_place){ 0 },
			 "stalled: %sthe only unfinished actor cannot move", why);
	else
		pel_fail(err, -EDEADLK, (struct pel_place){ 0 },
			 "stalled: %snone of the %u unfinished actors can move", why, waiting);
	if (cycle != PEL_NONE) {
		hint_cycle(set, next, cycle, err);
		first = cycle;
	}
	memset(seen, 0, n);
	for (uint32_t at = first; at != PEL_NONE && !seen[at] && listed < LISTED_MAX; at = next[at], listed++) {
		seen[at] = 1;
		explain_actor(set, at, err);
	}
}

void pel_stall_explain(const struct pel_actor_set *set, double patience_s, struct pel_error *err)
{
	char waited[64] = "", why[72] = "";
	uint32_t *next = pel_malloc(set->plan->n_actors * sizeof(*next));
	unsigned char *seen = pel_calloc(set->plan->n_actors, 1);

	if (patience_s > 0) {
		patience_text(patience_s, waited, sizeof(waited));
		snprintf(why, sizeof(why), "%s; ", waited);
	}
	if (next && seen)
		explain(set, why, next, seen, err);
	pel_free(next);
	pel_free(seen);
	if (!err->count)
		pel_fail(err, -EDEADLK, (struct pel_place){ 0 }, "stalled: %s, and no actor waits for another",
			 *waited ? waited : "nothing has moved");
}
