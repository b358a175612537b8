/* SPDX-License-Identifier: Apache-2.0 */
#include "passes.h"

#include <errno.h>
#include <string.h>
#include "compiler.h"
#include "plan-ports.h"
#include "repair.h"
#include "sentence.h"

/* Liveness: checks that the static part of the graph can run for ever with the given initial tokens and capacities. */

#define STEPS_MAX \
	((uint64_t)4 << 20) /* about a second; beyond it, liveness is not proved, and nothing is reported */
#define REMEDIES_MAX 8	    /* how many channels are tried to find one that resolves a deadlock */
#define CYCLE_SHOWN  8
#define HINT_WORK    ((uint64_t)1 << 24) /* for a hint that names several channels */

static unsigned long long number(uint64_t value)
{
	return value;
}

/* ---- one channel ---- */

/* The least capacity that the channel needs by itself, whatever the rest of the graph is. */
static uint64_t channel_bound(const struct compiler *c, const struct pel_plan_channel *channel)
{
	const struct pel_plan_actor *from = &c->plan->actors[channel->from],
				    *to = &c->plan->actors[channel->to];
	const struct pel_plan_port *out = &from->out[channel->from_port], *in = &to->in[channel->to_port];
	struct pel_sdf_channel single = { .produce = out->rates,
					  .n_produce = out->n_rates,
					  .consume = in->rates,
					  .n_consume = in->n_rates,
					  .initial = channel->initial };
	uint64_t most = pel_rates_max(out) > pel_rates_max(in) ? pel_rates_max(out) : pel_rates_max(in);

	if (!out->dynamic && !in->dynamic)
		return pel_sdf_channel_bound(&single, from->phases, to->phases);
	return most > channel->initial ? most : channel->initial;
}

static int check_channel(struct compiler *c, uint32_t index)
{
	const struct pel_plan_channel *channel = &c->plan->channels[index];
	const struct pel_plan_actor *from = &c->plan->actors[channel->from],
				    *to = &c->plan->actors[channel->to];
	uint64_t writes = pel_rates_max(&from->out[channel->from_port]),
		 reads = pel_rates_max(&to->in[channel->to_port]);
	uint64_t most = writes > reads ? writes : reads;

	if (!channel->capacity_given)
		return 0;
	if (channel->initial > channel->capacity) {
		pel_fail(c->err, -EINVAL, channel->place,
			 "channel %s has %llu initial tokens, but a capacity of %llu", channel->name,
			 number(channel->initial), number(channel->capacity));
	} else if (most > channel->capacity) {
		pel_fail(c->err, -EINVAL, channel->place,
			 "one firing of '%s' %s %llu tokens of channel %s, whose capacity is %llu",
			 writes > reads ? from->id : to->id, writes > reads ? "writes" : "takes",
			 number(most), channel->name, number(channel->capacity));
	} else {
		return 0;
	}
	pel_hint(c->err, "set a capacity of at least %llu, or leave it out, so that Pelton chooses it",
		 number(channel_bound(c, channel)));
	return pel_repair_capacity(c, index, channel_bound(c, channel)) < 0 ? -ENOMEM : -EINVAL;
}

/* ---- deadlock ---- */

static uint32_t plan_actor(const struct compiler *c, const struct pel_sdf_blocked *blocked)
{
	const struct pel_plan_channel *channel = &c->plan->channels[c->sdf_channel[blocked->channel]];

	return blocked->waits_for_room ? channel->from : channel->to;
}

static void describe_cycle(const struct compiler *c, const struct pel_sdf_blocked *blocked, uint32_t n,
			   struct sentence *text)
{
	for (uint32_t i = 0; i < n && i < CYCLE_SHOWN; i++) {
		const struct pel_plan_channel *channel = &c->plan->channels[c->sdf_channel[blocked[i].channel]];
		const char *id = c->plan->actors[plan_actor(c, &blocked[i])].id;

		pel_sentence_add(text, "%s'%s' ", i ? ", " : "", id);
		if (blocked[i].waits_for_room)
			pel_sentence_add(text, "needs room for %llu token%s in %s (capacity %llu, %llu free)",
					 number(blocked[i].needs), pel_s(blocked[i].needs), channel->name,
					 number(channel->capacity), number(blocked[i].has));
		else
			pel_sentence_add(text, "needs %llu token%s from %s, which has %llu",
					 number(blocked[i].needs), pel_s(blocked[i].needs), channel->name,
					 number(blocked[i].has));
	}
	if (n > CYCLE_SHOWN)
		pel_sentence_add(text, ", and %u more", n - CYCLE_SHOWN);
}

/* A change of one channel that resolves the deadlock. */
struct remedy {
	uint32_t channel; /* in the plan; PEL_NONE: there is none */
	uint64_t value;	  /* the new value */
	uint64_t more;	  /* by how much that is above the old one */
	bool back;	  /* the channel goes against the order of the document: it is feedback */
};

static bool is_better(const struct remedy *a, const struct remedy *b)
{
	if (b->channel == PEL_NONE)
		return true;
	if (a->more != b->more)
		return a->more < b->more;
	return a->back != b->back ? a->back : a->channel < b->channel;
}

/* Try the channels of the cycle on which an actor waits for room, or, without `room`, for tokens. 0 or -ENOMEM. */
static int find_remedy(struct compiler *c, const struct pel_sdf_blocked *blocked, uint32_t n, bool room,
		       struct remedy *best)
{
	uint32_t tried = 0;

	best->channel = PEL_NONE;
	/* Feedback channels first, because initial tokens belong there. */
	for (unsigned round = 0; round < 2; round++)
		for (uint32_t i = 0; i < n && tried < REMEDIES_MAX; i++) {
			uint32_t index = c->sdf_channel[blocked[i].channel];
			const struct pel_plan_channel *channel = &c->plan->channels[index];
			struct remedy remedy = { .channel = index, .back = channel->from >= channel->to };
			int r;

			if (blocked[i].waits_for_room != room || remedy.back == (round > 0))
				continue;
			tried++;
			r = room ? pel_sdf_least_capacity(&c->sdf, c->sdf_q, blocked[i].channel,
							  STEPS_MAX / REMEDIES_MAX, &remedy.value)
				 : pel_sdf_least_initial(&c->sdf, c->sdf_q, blocked[i].channel,
							 STEPS_MAX / REMEDIES_MAX, &remedy.value);
			if (r == -ENOMEM)
				return r;
			if (r < 0 || !remedy.value)
				continue;
			remedy.more = remedy.value - (room ? channel->capacity : channel->initial);
			if (is_better(&remedy, best))
				*best = remedy;
		}
	return 0;
}

/* Tokens on a single channel do not resolve the deadlock: name several channels that do. 0 or -ENOMEM. */
static int hint_tokens(struct compiler *c)
{
	const struct pel_sdf_channel *channels;
	struct sentence text = { "", 0 };
	uint32_t n = 0;
	int r = pel_repair_tokens(c, HINT_WORK, &channels);

	if (r == -ENOMEM)
		return r;
	for (uint32_t i = 0; i < c->sdf.n_channels && r == 0; i++) {
		uint64_t initial = channels[i].initial;

		if (initial != c->sdf.channels[i].initial && n++ < CYCLE_SHOWN)
			pel_sentence_add(&text, "%s%llu on channel %s", n > 1 ? ", " : "", number(initial),
					 c->plan->channels[c->sdf_channel[i]].name);
	}
	if (r < 0)
		pel_hint(c->err, "initial tokens on more than one channel are needed");
	else if (n > CYCLE_SHOWN)
		pel_hint(c->err, "initial tokens on %u channels resolve the deadlock: %s, and %u more", n,
			 text.bytes, n - CYCLE_SHOWN);
	else
		pel_hint(c->err, "initial tokens on %u channel%s: %s", n,
			 n == 1 ? " resolve the deadlock" : "s resolve the deadlock", text.bytes);
	return 0;
}

/* The capacity of a single channel does not resolve the deadlock: do several? 0 or -ENOMEM. */
static int hint_capacities(struct compiler *c)
{
	const struct pel_sdf_channel *channels;
	bool tokens = false;
	int r = pel_repair_tokens(c, HINT_WORK, &channels);

	for (uint32_t i = 0; i < c->sdf.n_channels && r == 0; i++)
		tokens |= channels[i].initial != c->sdf.channels[i].initial;
	if (tokens)
		pel_hint(c->err,
			 "capacities alone do not resolve the deadlock: initial tokens are missing, too");
	else
		pel_hint(c->err,
			 "no single capacity resolves the deadlock: leave out the capacities in the cycle, so that Pelton chooses them");
	return r == -ENOMEM ? r : 0;
}

static int report_deadlock(struct compiler *c, const struct pel_sdf_blocked *blocked, uint32_t n)
{
	const struct pel_plan_channel *channel;
	struct sentence text = { "", 0 };
	struct remedy remedy = { .channel = PEL_NONE };
	bool room = false;

	for (uint32_t i = 0; i < n; i++)
		room |= blocked[i].waits_for_room;
	if (find_remedy(c, blocked, n, room, &remedy) < 0)
		return pel_nomem(c->err);
	describe_cycle(c, blocked, n, &text);
	channel = &c->plan->channels[remedy.channel != PEL_NONE ? remedy.channel
								: c->sdf_channel[blocked[0].channel]];
	pel_fail(c->err, -EINVAL, channel->place, "%s: %s",
		 room ? "capacities are too small, so the graph deadlocks" : "the graph deadlocks", text.bytes);
	if (remedy.channel != PEL_NONE && room)
		pel_hint(c->err, "a capacity of at least %llu on channel %s resolves the deadlock",
			 number(remedy.value), channel->name);
	else if (room && hint_capacities(c) < 0)
		return -ENOMEM;
	else if (room)
		return pel_repair_deadlock(c) < 0 ? -ENOMEM : -EINVAL;
	else if (remedy.channel != PEL_NONE)
		pel_hint(c->err,
			 "at least %llu initial token%s on channel %s resolve%s the deadlock: initial=\"%llu\"",
			 number(remedy.value), pel_s(remedy.value), channel->name,
			 remedy.value == 1 ? "s" : "", number(remedy.value));
	else if (hint_tokens(c) < 0)
		return -ENOMEM;
	return pel_repair_deadlock(c) < 0 ? -ENOMEM : -EINVAL;
}

static int prove(struct compiler *c)
{
	struct pel_sdf_blocked *blocked = pel_compiler_alloc_brief(c, c->sdf.n_actors, sizeof(*blocked));
	uint64_t *high_water = pel_compiler_alloc_brief(c, c->sdf.n_channels, sizeof(*high_water));
	uint32_t n = 0;
	int r;

	if (!blocked || !high_water)
		return -ENOMEM;
	r = pel_sdf_liveness(&c->sdf, c->sdf_q, high_water, blocked, &n, STEPS_MAX);
	if (r == -EDEADLK)
		return report_deadlock(c, blocked, n);
	if (r == -ENOMEM)
		return pel_nomem(c->err);
	for (uint32_t i = 0; r == 0 && i < c->sdf.n_channels; i++)
		c->high_water[c->sdf_channel[i]] = high_water[i];
	return 0; /* -ETIME, -EOVERFLOW: not proved */
}

int pel_pass_liveness(struct compiler *c)
{
	int r;

	c->high_water = pel_compiler_alloc(c, c->plan->n_channels, sizeof(*c->high_water));
	if (!c->high_water)
		return -ENOMEM;
	for (uint32_t i = 0; i < c->plan->n_channels; i++)
		if ((r = pel_compiler_note(c, check_channel(c, i))) < 0)
			return r;
	if (c->status || !c->sdf_q || !c->sdf.n_channels)
		return 0;
	return prove(c);
}
