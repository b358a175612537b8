/* SPDX-License-Identifier: Apache-2.0 */
#include "sdf-case.h"

#include <string.h>

#define FLYING	4096	 /* firings of one actor that run at once */
#define WORDS	32768	 /* of a state */
#define FIRINGS 2000000u /* of a simulation */

/*
 * The tokens of a channel, from its producer to its consumer, or the room of a bounded one, from its consumer to its producer: taken
 * at the start of a firing, given at the end. What a firing gives comes after all that earlier ones of its actor give.
 */
struct lane {
	uint32_t from, to;
	const uint64_t *gives, *takes;
	uint32_t n_gives, n_takes;
	uint64_t has;
	uint64_t given; /* firings of `from` whose tokens have arrived */
};

struct state {
	uint64_t now, started[SDF_CASE_ACTORS];
	size_t n_words;
	uint64_t words[WORDS];
};

struct simulation {
	const struct sdf_case *c;
	bool member[SDF_CASE_ACTORS];
	struct lane lanes[2 * SDF_CASE_CHANNELS];
	uint32_t n_lanes;
	uint64_t now, total;
	uint64_t started[SDF_CASE_ACTORS];
	uint64_t running[SDF_CASE_ACTORS]; /* the first firing that has not ended, or `started` */
	uint64_t goal[SDF_CASE_ACTORS];	   /* no more firings */
	bool gave_up;
};

/* End of firing i: ends[actor][i % FLYING]. */
static uint64_t ends_at[SDF_CASE_ACTORS][FLYING];
static struct state saved, present;

static uint64_t duration(const struct sdf_case *c, uint32_t actor, uint64_t firing)
{
	return c->times[actor].values[firing % c->times[actor].n];
}

static bool has_tokens(const struct pel_sdf_channel *ch)
{
	for (uint32_t i = 0; i < ch->n_produce; i++)
		if (ch->produce[i])
			return true;
	return false;
}

/* Simulate the members, and the channels between them. */
static void init(struct simulation *s, const struct sdf_case *c, const bool *member)
{
	memset(s, 0, sizeof(*s));
	s->c = c;
	for (uint32_t a = 0; a < c->sdf.n_actors; a++) {
		s->member[a] = member[a];
		s->goal[a] = UINT64_MAX;
	}
	for (uint32_t i = 0; i < c->sdf.n_channels; i++) {
		const struct pel_sdf_channel *ch = &c->channels[i];

		if (!member[ch->from] || !member[ch->to] || !has_tokens(ch))
			continue;
		s->lanes[s->n_lanes++] = (struct lane){ .from = ch->from,
							.to = ch->to,
							.gives = ch->produce,
							.takes = ch->consume,
							.n_gives = ch->n_produce,
							.n_takes = ch->n_consume,
							.has = ch->initial };
		if (!ch->capacity)
			continue;
		s->lanes[s->n_lanes++] = (struct lane){ .from = ch->to,
							.to = ch->from,
							.gives = ch->consume,
							.takes = ch->produce,
							.n_gives = ch->n_consume,
							.n_takes = ch->n_produce,
							.has = ch->capacity - ch->initial };
	}
}

static bool has_ended(const struct simulation *s, uint32_t actor, uint64_t firing)
{
	return ends_at[actor][firing % FLYING] <= s->now;
}

static void give(struct simulation *s, struct lane *lane)
{
	for (; lane->given < s->started[lane->from]; lane->given++) {
		uint64_t tokens = lane->gives[lane->given % lane->n_gives];

		if (tokens && !has_ended(s, lane->from, lane->given))
			return;
		lane->has += tokens;
	}
}

static bool can_start(const struct simulation *s, uint32_t actor)
{
	uint64_t firing = s->started[actor];

	if (!s->member[actor] || firing == s->goal[actor] || s->gave_up)
		return false;
	for (uint32_t i = 0; i < s->n_lanes; i++) {
		const struct lane *lane = &s->lanes[i];

		if (lane->to == actor && lane->has < lane->takes[firing % lane->n_takes])
			return false;
	}
	return true;
}

static void start(struct simulation *s, uint32_t actor)
{
	uint64_t firing = s->started[actor]++;

	for (uint32_t i = 0; i < s->n_lanes; i++) {
		struct lane *lane = &s->lanes[i];

		if (lane->to == actor)
			lane->has -= lane->takes[firing % lane->n_takes];
	}
	ends_at[actor][firing % FLYING] = s->now + duration(s->c, actor, firing);
	if (s->started[actor] - s->running[actor] == FLYING || s->total++ == FIRINGS)
		s->gave_up = true;
}

/* All that ends and starts now, firings that take no time included. */
static void pass_instant(struct simulation *s)
{
	bool moved = true;

	while (moved) {
		moved = false;
		for (uint32_t i = 0; i < s->n_lanes; i++)
			give(s, &s->lanes[i]);
		for (uint32_t a = 0; a < s->c->sdf.n_actors; a++) {
			while (s->running[a] < s->started[a] && has_ended(s, a, s->running[a]))
				s->running[a]++;
			for (; can_start(s, a); moved = true)
				start(s, a);
		}
	}
}

/* On to the next end of a firing. False: none runs. */
static bool advance(struct simulation *s)
{
	uint64_t next = UINT64_MAX;

	for (uint32_t a = 0; a < s->c->sdf.n_actors; a++)
		for (uint64_t i = s->running[a]; i < s->started[a]; i++)
			if (!has_ended(s, a, i) && ends_at[a][i % FLYING] < next)
				next = ends_at[a][i % FLYING];
	if (next == UINT64_MAX)
		return false;
	s->now = next;
	return true;
}

static void put_word(struct simulation *s, struct state *to, uint64_t word)
{
	if (to->n_words == WORDS)
		s->gave_up = true;
	else
		to->words[to->n_words++] = word;
}

/* All that the future depends on: phases, the time that firings still take, tokens. */
static void take_state(struct simulation *s, struct state *to)
{
	to->now = s->now;
	to->n_words = 0;
	memcpy(to->started, s->started, sizeof(to->started));
	for (uint32_t a = 0; a < s->c->sdf.n_actors; a++) {
		put_word(s, to, s->started[a] % s->c->phases[a]);
		put_word(s, to, s->started[a] - s->running[a]);
		for (uint64_t i = s->running[a]; i < s->started[a]; i++)
			put_word(s, to, has_ended(s, a, i) ? 0 : ends_at[a][i % FLYING] - s->now);
	}
	for (uint32_t i = 0; i < s->n_lanes; i++)
		put_word(s, to, s->lanes[i].has);
}

static bool states_equal(const struct state *a, const struct state *b)
{
	return a->n_words == b->n_words && memcmp(a->words, b->words, a->n_words * sizeof(*a->words)) == 0;
}

static struct pel_sdf_fraction period_throughput(const struct simulation *s, uint32_t actor)
{
	uint64_t firings = present.started[actor] - saved.started[actor],
		 time = (present.now - saved.now) * s->c->q[actor] * s->c->phases[actor],
		 common = sdf_case_gcd(firings, time);

	return (struct pel_sdf_fraction){ firings / common, time / common };
}

/* Where nothing takes time, an iteration that completes can be followed by any number of others. */
static struct pel_sdf_fraction timeless_throughput(struct simulation *s)
{
	for (uint32_t a = 0; a < s->c->sdf.n_actors; a++)
		s->goal[a] = s->c->q[a] * s->c->phases[a];
	pass_instant(s);
	for (uint32_t a = 0; a < s->c->sdf.n_actors; a++)
		if (s->member[a] && s->started[a] < s->goal[a])
			return (struct pel_sdf_fraction){ 0, 1 };
	return (struct pel_sdf_fraction){ 1, 0 };
}

/* Members of one strongly connected component; `actor` is one of them. */
static struct pel_sdf_fraction component_throughput(struct simulation *s, uint32_t actor)
{
	uint64_t states = 0, kept_until = 1;
	bool takes_time = false;

	for (uint32_t a = 0; a < s->c->sdf.n_actors; a++)
		for (uint32_t i = 0; i < s->c->times[a].n; i++)
			takes_time |= s->member[a] && s->c->times[a].values[i];
	if (!takes_time)
		return timeless_throughput(s);
	/* Brent 1980: compare with one earlier state, and keep a newer one now and then. */
	pass_instant(s);
	take_state(s, &saved);
	while (!s->gave_up) {
		if (!advance(s))
			return (struct pel_sdf_fraction){ 0, 1 };
		pass_instant(s);
		take_state(s, &present);
		if (states_equal(&present, &saved))
			return period_throughput(s, actor);
		if (++states == kept_until) {
			saved = present;
			kept_until = 2 * states;
		}
	}
	return (struct pel_sdf_fraction){ 0, 1 };
}

/* reaches[a][b]: there is a way from a to b along tokens and rooms, of one channel at least. */
static void find_ways(const struct sdf_case *c, bool reaches[SDF_CASE_ACTORS][SDF_CASE_ACTORS])
{
	memset(reaches, 0, SDF_CASE_ACTORS * sizeof(*reaches));
	for (uint32_t i = 0; i < c->sdf.n_channels; i++) {
		const struct pel_sdf_channel *ch = &c->channels[i];

		if (!has_tokens(ch))
			continue;
		reaches[ch->from][ch->to] = true;
		if (ch->capacity)
			reaches[ch->to][ch->from] = true;
	}
	for (uint32_t k = 0; k < c->sdf.n_actors; k++)
		for (uint32_t a = 0; a < c->sdf.n_actors; a++)
			for (uint32_t b = 0; b < c->sdf.n_actors; b++)
				reaches[a][b] |= reaches[a][k] && reaches[k][b];
}

bool sdf_case_simulate(const struct sdf_case *c, struct pel_sdf_fraction *ret)
{
	bool reaches[SDF_CASE_ACTORS][SDF_CASE_ACTORS], done[SDF_CASE_ACTORS] = { false };
	struct pel_sdf_fraction least = { 1, 0 };

	find_ways(c, reaches);
	for (uint32_t a = 0; a < c->sdf.n_actors; a++) {
		bool member[SDF_CASE_ACTORS] = { false };
		struct pel_sdf_fraction own;
		struct simulation s;

		if (done[a] || !reaches[a][a])
			continue;
		for (uint32_t b = 0; b < c->sdf.n_actors; b++)
			done[b] |= member[b] = reaches[a][b] && reaches[b][a];
		init(&s, c, member);
		own = component_throughput(&s, a);
		if (s.gave_up)
			return false;
		if ((unsigned __int128)own.num * least.den < (unsigned __int128)least.num * own.den)
			least = own;
	}
	*ret = least;
	return true;
}

static void note_spans(const struct simulation *s, const uint64_t *before, uint64_t *starts, uint64_t *ends)
{
	for (uint32_t a = 0; a < s->c->sdf.n_actors; a++) {
		if (!before[a] && s->started[a])
			starts[a] = s->now;
		for (uint64_t i = before[a]; i < s->started[a]; i++)
			if (s->now + duration(s->c, a, i) > ends[a])
				ends[a] = s->now + duration(s->c, a, i);
	}
}

bool sdf_case_simulate_iteration(const struct sdf_case *c, uint64_t *starts, uint64_t *ends)
{
	bool member[SDF_CASE_ACTORS];
	struct simulation s;

	memset(member, true, sizeof(member));
	init(&s, c, member);
	for (uint32_t a = 0; a < c->sdf.n_actors; a++) {
		s.goal[a] = c->q[a] * c->phases[a];
		ends[a] = 0;
	}
	do {
		uint64_t before[SDF_CASE_ACTORS];

		memcpy(before, s.started, sizeof(before));
		pass_instant(&s);
		note_spans(&s, before, starts, ends);
	} while (advance(&s));
	for (uint32_t a = 0; a < c->sdf.n_actors; a++)
		if (s.started[a] < s.goal[a])
			return false;
	return !s.gave_up;
}
