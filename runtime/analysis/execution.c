/* SPDX-License-Identifier: Apache-2.0 */
#include "sdf-execution.h"

#include <errno.h>

/*
 * Execution of one iteration, block by block (see sdf-net.h).
 *
 * Whether an iteration completes does not depend on the order of firings, so any order decides liveness. Every actor
 * fires as often as tokens, room and the iteration allow. A stopped actor is stopped at one link, and only an event
 * there wakes it. When no actor can continue, following these links from any unfinished actor leads into a cycle, which
 * explains the deadlock. (A stopped actor never waits for a finished one, because the iteration returns to each channel
 * exactly what it takes.)
 *
 * To find capacities, channels without one start with the least that can work (pel_sdf_channel_bound). At a deadlock
 * that more room would end, the execution grants the room and continues. The firings before the grant remain a legal
 * execution with the larger capacity. Granting exactly what the stopped actor lacks is also necessary: with less, the
 * same deadlock is reached again. So, if only one channel can grow, the result is its least capacity; likewise for
 * initial tokens.
 */

/*
 * Per channel and iteration. Sums of a limit and a count stay below 2^64 (see allowed()), even after generous
 * grants.
 */
#define MAX_TOKENS ((uint64_t)1 << 62)

void pel_sdf_execution_fini(struct pel_sdf_execution *x)
{
	pel_sdf_net_fini(&x->net);
	pel_sdf_release(x->initial);
	pel_sdf_release(x->limit);
	pel_sdf_release(x->written);
	pel_sdf_release(x->read);
	pel_sdf_release(x->high_water);
	pel_sdf_release(x->fired);
	pel_sdf_release(x->goal);
	pel_sdf_release(x->stopped_at);
	pel_sdf_release(x->queue);
	pel_sdf_release(x->visited);
	pel_sdf_release(x->queued);
}

int pel_sdf_execution_init(struct pel_sdf_execution *x, const struct pel_sdf *sdf, const uint64_t *q,
			   uint64_t max_steps)
{
	size_t members;
	int r;

	*x = (struct pel_sdf_execution){ .q = q, .steps_left = max_steps ? max_steps : UINT64_MAX };
	r = pel_sdf_net_init(&x->net, sdf);
	if (r == 0)
		r = pel_sdf_net_check_balance(&x->net, q);
	if (r < 0)
		return r;
	members = x->net.members_begin[x->net.n_blocks];
	x->initial = pel_sdf_alloc(sdf->n_channels, sizeof(*x->initial));
	x->limit = pel_sdf_alloc(sdf->n_channels, sizeof(*x->limit));
	x->written = pel_sdf_alloc(sdf->n_channels, sizeof(*x->written));
	x->read = pel_sdf_alloc(sdf->n_channels, sizeof(*x->read));
	x->high_water = pel_sdf_alloc(sdf->n_channels, sizeof(*x->high_water));
	x->fired = pel_sdf_alloc(members, sizeof(*x->fired));
	x->goal = pel_sdf_alloc(members, sizeof(*x->goal));
	x->stopped_at = pel_sdf_alloc(members, sizeof(*x->stopped_at));
	x->queue = pel_sdf_alloc(members, sizeof(*x->queue));
	x->visited = pel_sdf_alloc(members, sizeof(*x->visited));
	x->queued = pel_sdf_alloc(members, sizeof(*x->queued));
	if (!x->initial || !x->limit || !x->written || !x->read || !x->high_water || !x->fired || !x->goal ||
	    !x->stopped_at || !x->queue || !x->visited || !x->queued)
		return -ENOMEM;
	for (uint32_t c = 0; c < sdf->n_channels; c++) {
		x->initial[c] = sdf->channels[c].initial;
		x->limit[c] = sdf->channels[c].capacity ? sdf->channels[c].capacity : PEL_SDF_UNLIMITED;
	}
	return 0;
}

/* ---- Firing ---- */

static void enqueue(struct pel_sdf_execution *x, uint32_t block, uint32_t member)
{
	uint32_t first = x->net.members_begin[block], n = x->net.members_begin[block + 1] - first;
	uint32_t place = x->queue_head + x->queue_count;

	x->queue[first + (place >= n ? place - n : place)] = member;
	x->queue_count++;
	x->queued[member] = true;
}

static uint32_t dequeue(struct pel_sdf_execution *x, uint32_t block)
{
	uint32_t first = x->net.members_begin[block], n = x->net.members_begin[block + 1] - first;
	uint32_t member = x->queue[first + x->queue_head];

	x->queue_head = x->queue_head + 1 == n ? 0 : x->queue_head + 1;
	x->queue_count--;
	x->queued[member] = false;
	return member;
}

/* How often, counted from its first firing, the member at this end can fire before the link stops it. */
static uint64_t allowed(const struct pel_sdf_execution *x, const struct pel_sdf_link *link)
{
	uint32_t c = link->channel;

	if (!link->output)
		return pel_sdf_firings_within(&x->net.consume[c], x->written[c]);
	if (x->limit[c] == PEL_SDF_UNLIMITED)
		return UINT64_MAX;
	return pel_sdf_firings_within(&x->net.produce[c], x->limit[c] - x->initial[c] + x->read[c]);
}

/* The number of firings that `member` can execute now; 0: stopped_at has the link. */
static uint64_t firings_possible(struct pel_sdf_execution *x, uint32_t member)
{
	const struct pel_sdf_member *m = &x->net.members[member];
	const struct pel_sdf_link *links = &x->net.links[m->links];
	uint64_t end = x->goal[member], at_link;
	uint32_t from = x->stopped_at[member];

	/* A link that has admitted the next firing still does: only this member takes tokens or room there. */
	for (uint32_t i = from; i < m->n_links; i++) {
		at_link = allowed(x, &links[i]);
		if (at_link <= x->fired[member]) {
			x->stopped_at[member] = i;
			return 0;
		}
		end = at_link < end ? at_link : end;
	}
	for (uint32_t i = 0; i < from; i++) {
		at_link = allowed(x, &links[i]);
		end = at_link < end ? at_link : end;
	}
	return end - x->fired[member];
}

static void wake(struct pel_sdf_execution *x, uint32_t block, uint32_t member, uint32_t channel)
{
	const struct pel_sdf_member *m = &x->net.members[member];

	if (!x->queued[member] && x->fired[member] < x->goal[member] &&
	    x->net.links[m->links + x->stopped_at[member]].channel == channel)
		enqueue(x, block, member);
}

static void fire(struct pel_sdf_execution *x, uint32_t block, uint32_t member, uint64_t firings)
{
	const struct pel_sdf_member *m = &x->net.members[member];

	x->fired[member] += firings;
	x->stopped_at[member] = 0;
	for (uint32_t i = m->links; i < m->links + m->n_links; i++) {
		const struct pel_sdf_link *link = &x->net.links[i];
		uint32_t c = link->channel;

		if (link->output) {
			x->written[c] = x->initial[c] + pel_sdf_moved(&x->net.produce[c], x->fired[member]);
			if (x->written[c] - x->read[c] > x->high_water[c])
				x->high_water[c] = x->written[c] - x->read[c];
		} else {
			x->read[c] = pel_sdf_moved(&x->net.consume[c], x->fired[member]);
		}
		wake(x, block, link->peer, c);
	}
	if (x->fired[member] < x->goal[member])
		enqueue(x, block, member);
}

/* ---- Deadlock ---- */

static struct pel_sdf_blocked why_stopped(const struct pel_sdf_execution *x, uint32_t member)
{
	const struct pel_sdf_member *m = &x->net.members[member];
	const struct pel_sdf_link *link = &x->net.links[m->links + x->stopped_at[member]];
	uint32_t c = link->channel;
	uint64_t tokens = x->written[c] - x->read[c];

	return (struct pel_sdf_blocked){
		.actor = m->actor,
		.channel = c,
		.waits_for_room = link->output,
		.needs = pel_sdf_rate_at(link->output ? &x->net.produce[c] : &x->net.consume[c],
					 x->fired[member]),
		.has = link->output ? x->limit[c] - tokens : tokens,
	};
}

static uint32_t waits_for(const struct pel_sdf_execution *x, uint32_t member)
{
	return x->net.links[x->net.members[member].links + x->stopped_at[member]].peer;
}

/* A member of the cycle that `member` waits for, or is in. */
static uint32_t find_circle(struct pel_sdf_execution *x, uint32_t member)
{
	x->searches++;
	while (x->visited[member] != x->searches) {
		x->visited[member] = x->searches;
		member = waits_for(x, member);
	}
	return member;
}

static bool may_grant(const struct pel_sdf_execution *x, const struct pel_sdf_blocked *why)
{
	switch (x->grant) {
	case PEL_SDF_GRANT_NOTHING:
		return false;
	case PEL_SDF_GRANT_ROOM:
		return why->waits_for_room && !x->net.sdf->channels[why->channel].capacity;
	case PEL_SDF_GRANT_ROOM_TO_ONE:
		return why->waits_for_room && why->channel == x->one;
	case PEL_SDF_GRANT_TOKENS_TO_ONE:
		return !why->waits_for_room && why->channel == x->one;
	}
	return false;
}

static void give(struct pel_sdf_execution *x, uint32_t block, uint32_t member, const struct pel_sdf_blocked *why)
{
	uint64_t lacking = why->needs - why->has;
	uint32_t c = why->channel;

	if (why->waits_for_room) {
		/* At least a sixteenth, so that a large capacity takes a few grants, not millions. */
		if (x->grant == PEL_SDF_GRANT_ROOM && lacking < x->limit[c] / 16)
			lacking = x->limit[c] / 16;
		x->limit[c] += lacking;
	} else {
		x->initial[c] += lacking;
		x->written[c] += lacking;
		x->limit[c] += x->limit[c] == PEL_SDF_UNLIMITED ? 0 : lacking;
	}
	enqueue(x, block, member);
}

/*
 * No actor can fire, and `member` is unfinished. If grants are allowed, make the smallest one and return 0.
 * Else return -EDEADLK, with the cycle in `blocked`.
 */
static int resolve_deadlock(struct pel_sdf_execution *x, uint32_t block, uint32_t member,
			    struct pel_sdf_blocked *blocked, uint32_t *n_blocked)
{
	uint32_t start = find_circle(x, member), best_member = 0, n = 0;
	struct pel_sdf_blocked best = { 0 };
	bool found = false;

	member = start;
	do {
		struct pel_sdf_blocked why = why_stopped(x, member);

		if (may_grant(x, &why) && (!found || why.needs - why.has < best.needs - best.has)) {
			best = why;
			best_member = member;
			found = true;
		}
		member = waits_for(x, member);
	} while (member != start);
	if (found) {
		give(x, block, best_member, &best);
		return 0;
	}
	if (blocked && n_blocked) {
		do {
			blocked[n++] = why_stopped(x, member);
			member = waits_for(x, member);
		} while (member != start);
		*n_blocked = n;
	}
	return -EDEADLK;
}

/* ---- One block ---- */

/* The firings of one iteration of the block alone, and a limit for each channel. Returns 0 or -EOVERFLOW. */
static int begin_block(struct pel_sdf_execution *x, uint32_t block)
{
	const struct pel_sdf_net *net = &x->net;
	uint32_t first = net->members_begin[block], last = net->members_begin[block + 1];
	uint64_t common = 0;

	x->queue_head = x->queue_count = 0;
	for (uint32_t m = first; m < last; m++)
		common = pel_sdf_gcd(common, x->q[net->members[m].actor]);
	for (uint32_t m = first; m < last; m++) {
		uint32_t actor = net->members[m].actor;

		if (__builtin_mul_overflow(x->q[actor] / common, (uint64_t)net->sdf->phases[actor], &x->goal[m]))
			return -EOVERFLOW;
		x->fired[m] = 0;
		x->stopped_at[m] = 0;
		enqueue(x, block, m);
	}
	for (uint32_t m = first; m < last; m++) {
		for (uint32_t i = net->members[m].links; i < net->members[m].links + net->members[m].n_links;
		     i++) {
			uint32_t c = net->links[i].channel;
			const struct pel_sdf_rates *rates = net->links[i].output ? &net->produce[c]
										 : &net->consume[c];
			pel_u128 tokens = (pel_u128)(x->goal[m] / rates->n) * rates->cycle + x->initial[c];

			if (tokens > MAX_TOKENS)
				return -EOVERFLOW;
			if (x->limit[c] != PEL_SDF_UNLIMITED && x->limit[c] > tokens)
				x->limit[c] = (uint64_t)tokens; /* more makes no difference */
			x->written[c] = x->initial[c];
			x->read[c] = 0;
			x->high_water[c] = x->initial[c];
		}
	}
	return 0;
}

/*
 * If a block has many firings per iteration, let channels hold some firings more than they must; otherwise
 * most batches would be a single firing. Up to this many firings the execution is exact.
 */
#define EXACT_FIRINGS ((uint64_t)1 << 18)

static void begin_with_least_room(struct pel_sdf_execution *x, uint32_t block)
{
	const struct pel_sdf_net *net = &x->net;
	uint32_t first = net->members_begin[block], last = net->members_begin[block + 1];
	uint64_t rounds = EXACT_FIRINGS / (last - first);
	pel_u128 total = 0;

	for (uint32_t m = first; m < last; m++)
		total += x->goal[m];
	if (total <= EXACT_FIRINGS || rounds < 64)
		rounds = total <= EXACT_FIRINGS ? UINT64_MAX : 64;
	for (uint32_t m = first; m < last; m++) {
		for (uint32_t i = net->members[m].links; i < net->members[m].links + net->members[m].n_links;
		     i++) {
			uint32_t c = net->links[i].channel;
			const struct pel_sdf_channel *ch = &net->sdf->channels[c];
			uint64_t iteration = pel_sdf_moved(&net->produce[c], x->goal[m]), limit;

			if (!net->links[i].output || ch->capacity)
				continue;
			limit = pel_sdf_channel_bound(ch, net->sdf->phases[ch->from], net->sdf->phases[ch->to]);
			if (__builtin_add_overflow(limit, pel_sdf_moved(&net->produce[c], x->goal[m] / rounds),
						   &limit) ||
			    limit > x->initial[c] + iteration)
				limit = x->initial[c] + iteration;
			x->limit[c] = limit;
		}
	}
}

int pel_sdf_run_block(struct pel_sdf_execution *x, uint32_t block, struct pel_sdf_blocked *blocked,
		      uint32_t *n_blocked)
{
	uint32_t unfinished = x->net.members_begin[block + 1] - x->net.members_begin[block];
	uint32_t first_unfinished = x->net.members_begin[block], latest = first_unfinished;
	int r = begin_block(x, block);

	if (r < 0)
		return r;
	if (x->grant == PEL_SDF_GRANT_ROOM)
		begin_with_least_room(x, block);
	while (unfinished) {
		uint64_t firings;

		if (!x->queue_count) {
			while (x->fired[first_unfinished] == x->goal[first_unfinished])
				first_unfinished++;
			if (x->fired[latest] == x->goal[latest])
				latest = first_unfinished;
			r = resolve_deadlock(x, block, latest, blocked, n_blocked);
			if (r < 0)
				return r;
		}
		if (!x->steps_left--)
			return -ETIME;
		latest = dequeue(x, block); /* cycles are near the actors that moved last */
		firings = firings_possible(x, latest);
		if (!firings)
			continue;
		fire(x, block, latest, firings);
		unfinished -= x->fired[latest] == x->goal[latest];
	}
	return 0;
}
