/* SPDX-License-Identifier: Apache-2.0 */
#include "sdf-selftimed.h"

#include <errno.h>

static const struct cause *cause_of(const struct selftimed *x, uint64_t number)
{
	return &x->causes[number % CAUSES];
}

/* True if the starts differ by whole rounds. round[] has the firings of each player in one round. */
static bool recurs(const struct selftimed *x, const uint64_t *round, uint64_t later, uint64_t earlier)
{
	const struct cause *a = cause_of(x, later), *b = cause_of(x, earlier);

	return a->player == b->player && (a->fired - b->fired) % round[a->player] == 0;
}

/*
 * Find two starts a cycle apart on the path back from the latest, with Brent's algorithm. False: the path
 * leaves the remembered part before it closes.
 */
static bool find_cycle(const struct selftimed *x, const uint64_t *round, uint64_t *later, uint64_t *earlier)
{
	uint64_t first = x->firings > CAUSES ? x->firings - CAUSES : 0, steps = 0, power = 1,
		 i = x->firings - 1;

	if (first < x->kept_firings)
		first = x->kept_firings;
	*later = i;
	for (;;) {
		i = cause_of(x, i)->number;
		if (i == NO_CAUSE || i < first)
			return false;
		if (recurs(x, round, *later, i)) {
			*earlier = i;
			return true;
		}
		if (++steps == power) {
			*later = i;
			power *= 2;
			steps = 0;
		}
	}
}

static void mark_cycle(const struct selftimed *x, uint64_t later, uint64_t earlier, uint8_t *actors,
		       uint8_t *channels)
{
	for (uint64_t i = later; i != earlier; i = cause_of(x, i)->number) {
		uint32_t tag = cause_of(x, i)->tag;

		actors[x->players[cause_of(x, i)->player].actor] = 1;
		channels[tag / 2] |= tag % 2 ? PEL_SDF_CRITICAL_ROOM : PEL_SDF_CRITICAL_TOKENS;
	}
}

/* Mark the cycle among them. */
static void mark_all(const struct selftimed *x, uint8_t *actors, uint8_t *channels)
{
	for (uint32_t i = 0; i < x->n_players; i++)
		actors[x->players[i].actor] = 1;
	for (uint32_t i = 0; i < x->n_flows; i++)
		channels[x->flows[i].tag / 2] |= x->flows[i].tag % 2 ? PEL_SDF_CRITICAL_ROOM
								     : PEL_SDF_CRITICAL_TOKENS;
}

int pel_sdf_selftimed_find_cycle(struct selftimed *x, uint8_t *actors, uint8_t *channels)
{
	uint64_t later, earlier, until = x->firings, length = x->firings - x->kept_firings;
	uint64_t *round = pel_sdf_alloc(x->n_players, sizeof(*round));
	bool found;
	int r = 0;

	if (!round)
		return -ENOMEM;
	for (uint32_t i = 0; i < x->n_players; i++)
		round[i] = x->players[i].fired - x->players[i].kept_fired;
	while (!(found = find_cycle(x, round, &later, &earlier)) && r == 0 &&
	       x->firings - x->kept_firings < CAUSES) {
		until += length;
		length *= 2;
		while (r == 0 && x->firings < until)
			r = pel_sdf_selftimed_pass_moment(x);
	}
	if (found)
		mark_cycle(x, later, earlier, actors, channels);
	else
		mark_all(x, actors, channels);
	pel_sdf_release(round);
	return r == -ENOMEM ? r : 0;
}

/* The flow that a player waits for in a deadlock, in which all wait. */
static const struct flow *awaited_by(const struct selftimed *x, uint32_t player)
{
	uint32_t i = x->players[player].in_begin;

	while (!x->flows[i].awaited)
		i++;
	return &x->flows[i];
}

void pel_sdf_selftimed_find_circle(const struct selftimed *x, uint8_t *actors, uint8_t *channels)
{
	uint32_t player = 0, first;

	for (uint32_t i = 0; i < x->n_players; i++)
		player = awaited_by(x, player)->from;
	first = player;
	do {
		const struct flow *flow = awaited_by(x, player);

		actors[x->players[player].actor] = 1;
		channels[flow->tag / 2] |= flow->tag % 2 ? PEL_SDF_CRITICAL_ROOM : PEL_SDF_CRITICAL_TOKENS;
		player = flow->from;
	} while (player != first);
}
