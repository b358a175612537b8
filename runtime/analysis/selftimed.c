/* SPDX-License-Identifier: Apache-2.0 */
#include "sdf-selftimed.h"

#include <errno.h>
#include <string.h>

/*
 * The self-timed execution itself (Ghamarian et al. 2006, "Throughput analysis of synchronous data flow
 * graphs"): it returns to an earlier state and repeats from there. Its memory depends on the size of the
 * graph only, so it finds a result for iterations with too many firings to give each a node. It compares the
 * states in which an actor completes iterations. One state is saved, and replaced after twice as many each
 * time (Brent 1980).
 *
 * Only for actors whose firings end in the order in which they start.
 */
#define LOOK_EVERY 65536 /* firings between two checks of the clock */
#define TOKENS_MAX ((uint64_t)1 << 62)

/* ---- the next end ---- */

static uint64_t end_of(const struct selftimed *x, uint32_t player)
{
	return x->players[player].batches[x->players[player].head].end;
}

static void heap_put(struct selftimed *x, uint32_t place, uint32_t player)
{
	x->heap[place] = player;
	x->players[player].heap_place = place;
}

static void heap_up(struct selftimed *x, uint32_t place)
{
	uint32_t player = x->heap[place];
	uint64_t end = end_of(x, player);

	while (place && end_of(x, x->heap[(place - 1) / 2]) > end) {
		heap_put(x, place, x->heap[(place - 1) / 2]);
		place = (place - 1) / 2;
	}
	heap_put(x, place, player);
}

static void heap_down(struct selftimed *x, uint32_t place)
{
	uint32_t player = x->heap[place], child;
	uint64_t end = end_of(x, player);

	while ((child = 2 * place + 1) < x->n_heap) {
		if (child + 1 < x->n_heap && end_of(x, x->heap[child + 1]) < end_of(x, x->heap[child]))
			child++;
		if (end_of(x, x->heap[child]) >= end)
			break;
		heap_put(x, place, x->heap[child]);
		place = child;
	}
	heap_put(x, place, player);
}

/* ---- firings ---- */

static void try_again(struct selftimed *x, uint32_t player)
{
	if (x->is_ready[player])
		return;
	x->is_ready[player] = true;
	x->ready[x->n_ready++] = player;
}

static uint64_t rate(const uint64_t *list, uint32_t n, uint32_t phase)
{
	return n == 1 ? list[0] : list[phase % n];
}

/* How many firings can start now; with several phases, at most one. Marks the channel that prevents a start. */
static uint64_t startable(struct selftimed *x, const struct player *p)
{
	uint64_t n = UINT64_MAX;

	for (uint32_t i = p->in_begin; i < p->in_end; i++) {
		struct flow *flow = &x->flows[i];
		uint64_t needs = rate(flow->consume, flow->n_consume, p->phase);

		if (flow->tokens < needs) {
			flow->awaited = true;
			return 0;
		}
		if (needs && n > 1 && flow->tokens / needs < n)
			n = flow->tokens / needs;
	}
	return p->phases > 1 && n ? 1 : n;
}

static int push_batch(struct player *p, struct batch batch)
{
	if (p->count == p->room) {
		uint32_t room = p->room ? 2 * p->room : 4;
		struct batch *larger = pel_sdf_alloc(room, sizeof(*larger));

		if (!larger)
			return -ENOMEM;
		for (uint32_t i = 0; i < p->count; i++)
			larger[i] = p->batches[(p->head + i) % p->room];
		pel_sdf_release(p->batches);
		p->batches = larger;
		p->head = 0;
		p->room = room;
	}
	p->batches[(p->head + p->count++) % p->room] = batch;
	return 0;
}

static uint64_t time_of(const struct selftimed *x, const struct player *p, uint32_t phase)
{
	const struct pel_sdf_times *times = &x->ev->events.times[p->actor];

	return times->values[times->n == 1 ? 0 : phase % times->n];
}

/* Start all firings that can. Returns 0, -EOVERFLOW (endless firings, or times too large) or -ENOMEM. */
static int start(struct selftimed *x, uint32_t player)
{
	struct player *p = &x->players[player];
	uint64_t n;

	while ((n = startable(x, p))) {
		uint64_t time = time_of(x, p, p->phase);
		int r;

		if (n == UINT64_MAX || x->now + time > TOKENS_MAX)
			return -EOVERFLOW;
		if (x->firings > x->max_firings) /* also within an instant: some firings take no time */
			return -ETIME;
		for (uint32_t i = p->in_begin; i < p->in_end; i++)
			x->flows[i].tokens -= n * rate(x->flows[i].consume, x->flows[i].n_consume, p->phase);
		p->phase = p->phase + 1 == p->phases ? 0 : p->phase + 1;
		x->causes[x->firings % CAUSES] = (struct cause){
			.number = p->cause.number, .fired = p->fired, .player = player, .tag = p->cause.tag
		};
		p->fired += n;
		r = push_batch(p, (struct batch){ x->now + time, n, x->firings++ });
		if (r < 0)
			return r;
		if (p->heap_place == NONE) {
			x->heap[x->n_heap] = player;
			heap_up(x, x->n_heap++);
		}
	}
	return 0;
}

/* End the batch that ends next: its tokens become available. */
static int finish(struct selftimed *x, uint32_t player)
{
	struct player *p = &x->players[player];
	struct batch batch = p->batches[p->head];

	for (uint32_t i = p->out_begin; i < p->out_end; i++) {
		struct flow *flow = &x->flows[x->out[i]];
		uint64_t gives = rate(flow->produce, flow->n_produce, p->done_phase);

		flow->tokens += batch.count * gives;
		if (flow->tokens > TOKENS_MAX)
			return -EOVERFLOW;
		if (gives && flow->awaited) {
			flow->awaited = false;
			x->players[flow->to].cause = (struct cause){ .number = batch.number, .tag = flow->tag };
			try_again(x, flow->to);
		}
	}
	p->done_phase = p->done_phase + 1 == p->phases ? 0 : p->done_phase + 1;
	p->head = (p->head + 1) % p->room;
	p->count--;
	if (!p->count) {
		x->n_heap--;
		if (p->heap_place < x->n_heap) {
			uint32_t place = p->heap_place, last = x->heap[x->n_heap];

			heap_put(x, place, last);
			heap_up(x, place);
			heap_down(x, x->players[last].heap_place);
		}
		p->heap_place = NONE;
	} else {
		heap_down(x, p->heap_place);
	}
	return 0;
}

static int start_ready(struct selftimed *x)
{
	while (x->n_ready) {
		uint32_t player = x->ready[--x->n_ready];
		int r;

		x->is_ready[player] = false;
		r = start(x, player);
		if (r < 0)
			return r;
	}
	return 0;
}

/* ---- states ---- */

static int take_state(struct selftimed *x, size_t *length)
{
	size_t n = x->n_flows, need = x->n_flows;

	for (uint32_t i = 0; i < x->n_players; i++)
		need += 2 + 2 * (size_t)x->players[i].count;
	if (need > x->room) {
		uint64_t *kept = pel_sdf_alloc(2 * need, sizeof(*kept));
		uint64_t *state = pel_sdf_alloc(2 * need, sizeof(*state));

		if (!kept || !state) {
			pel_sdf_release(kept);
			pel_sdf_release(state);
			return -ENOMEM;
		}
		if (x->kept_length)
			memcpy(kept, x->kept, x->kept_length * sizeof(*kept));
		pel_sdf_release(x->kept);
		pel_sdf_release(x->state);
		x->kept = kept;
		x->state = state;
		x->room = 2 * need;
	}
	for (uint32_t i = 0; i < x->n_flows; i++)
		x->state[i] = x->flows[i].tokens;
	for (uint32_t i = 0; i < x->n_players; i++) {
		const struct player *p = &x->players[i];

		x->state[n++] = p->phase;
		x->state[n++] = p->count;
		for (uint32_t k = 0; k < p->count; k++) {
			x->state[n++] = p->batches[(p->head + k) % p->room].end - x->now;
			x->state[n++] = p->batches[(p->head + k) % p->room].count;
		}
	}
	*length = n;
	return 0;
}

/* Compare the state with the saved one: 1 if equal, 0 or -ENOMEM. */
static int compare_state(struct selftimed *x)
{
	size_t length;
	uint64_t *swap;
	int r = take_state(x, &length);

	if (r < 0)
		return r;
	if (length == x->kept_length && memcmp(x->state, x->kept, length * sizeof(*x->state)) == 0)
		return 1;
	if (++x->steps < x->power)
		return 0;
	x->power *= 2;
	x->steps = 0;
	swap = x->kept;
	x->kept = x->state;
	x->state = swap;
	x->kept_length = length;
	x->kept_time = x->now;
	x->kept_firings = x->firings;
	for (uint32_t i = 0; i < x->n_players; i++)
		x->players[i].kept_fired = x->players[i].fired;
	return 0;
}

/* ---- the whole ---- */

static int add_flow(struct selftimed *x, const uint32_t *position, uint32_t tag, struct flow *ret)
{
	const struct pel_sdf_evaluator *ev = x->ev;
	const struct pel_sdf_channel *ch = &ev->sdf->channels[tag / 2];
	bool room = tag % 2;

	*ret = (struct flow){
		.tag = tag,
		.from = position[room ? ch->to : ch->from],
		.to = position[room ? ch->from : ch->to],
		.produce = room ? ch->consume : ch->produce,
		.consume = room ? ch->produce : ch->consume,
		.n_produce = room ? ch->n_consume : ch->n_produce,
		.n_consume = room ? ch->n_produce : ch->n_consume,
		.tokens = room ? ev->events.capacity[tag / 2] - ch->initial : ch->initial,
	};
	return ret->tokens > TOKENS_MAX ? -EOVERFLOW : 0;
}

/* Flows by reader, in flows[]; by writer, in out[]. */
static int make_flows(struct selftimed *x)
{
	const struct pel_sdf_events *part = &x->ev->events;
	uint32_t *position = pel_sdf_alloc(x->ev->sdf->n_actors, sizeof(*position));
	uint32_t *next = pel_sdf_alloc((size_t)x->n_players + 2, sizeof(*next));
	struct flow *all = pel_sdf_alloc(part->n_channels, sizeof(*all));
	int r = position && next && all ? 0 : -ENOMEM;

	for (uint32_t i = 0; i < x->n_players && r == 0; i++)
		position[part->actors[i]] = i;
	for (uint32_t i = 0; i < part->n_channels && r == 0; i++) {
		r = add_flow(x, position, part->channels[i], &all[i]);
		next[all[i].to + 1]++;
		x->players[all[i].from].out_end++;
	}
	for (uint32_t i = 0, ins = 0, outs = 0; i < x->n_players && r == 0; i++) {
		struct player *p = &x->players[i];

		p->in_begin = p->in_end = ins;
		ins += next[i + 1];
		p->out_begin = outs;
		outs += p->out_end;
		p->out_end = p->out_begin;
	}
	for (uint32_t i = 0; i < part->n_channels && r == 0; i++) {
		uint32_t at = x->players[all[i].to].in_end++;

		x->flows[at] = all[i];
		x->out[x->players[all[i].from].out_end++] = at;
	}
	pel_sdf_release(position);
	pel_sdf_release(next);
	pel_sdf_release(all);
	return r;
}

static int execution_init(struct selftimed *x, struct pel_sdf_evaluator *ev, uint64_t max_firings)
{
	uint32_t n = ev->events.n_actors;

	*x = (struct selftimed){ .ev = ev,
				 .n_players = n,
				 .n_flows = ev->events.n_channels,
				 .max_firings = max_firings,
				 .look = LOOK_EVERY,
				 .power = 1 };
	x->flows = pel_sdf_alloc(x->n_flows, sizeof(*x->flows));
	x->out = pel_sdf_alloc(x->n_flows, sizeof(*x->out));
	x->players = pel_sdf_alloc(n, sizeof(*x->players));
	x->heap = pel_sdf_alloc(n, sizeof(*x->heap));
	x->ready = pel_sdf_alloc(n, sizeof(*x->ready));
	x->is_ready = pel_sdf_alloc(n, sizeof(*x->is_ready));
	if (!ev->causes) /* large: allocated once for all executions */
		ev->causes = pel_sdf_alloc(CAUSES, sizeof(*x->causes));
	x->causes = ev->causes;
	if (!x->causes || !x->flows || !x->out || !x->players || !x->heap || !x->ready || !x->is_ready)
		return -ENOMEM;
	for (uint32_t i = 0; i < n; i++) {
		uint32_t actor = ev->events.actors[i];

		x->players[i].actor = actor;
		x->players[i].phases = ev->sdf->phases[actor];
		x->players[i].heap_place = NONE;
		x->players[i].cause = (struct cause){ .number = NO_CAUSE, .tag = NONE };
		if (!ev->in_order[actor])
			return -ETIME;
		try_again(x, i);
	}
	return make_flows(x);
}

static void execution_fini(struct selftimed *x)
{
	for (uint32_t i = 0; i < x->n_players && x->players; i++)
		pel_sdf_release(x->players[i].batches);
	pel_sdf_release(x->flows);
	pel_sdf_release(x->out);
	pel_sdf_release(x->players);
	pel_sdf_release(x->heap);
	pel_sdf_release(x->ready);
	pel_sdf_release(x->is_ready);
	pel_sdf_release(x->kept);
	pel_sdf_release(x->state);
}

int pel_sdf_selftimed_pass_moment(struct selftimed *x)
{
	const struct pel_sdf_limits *limits = x->ev->limits;
	int r = 0;

	if (x->firings >= x->look) {
		if (limits->expired && limits->expired(limits->context))
			return -ETIME;
		x->look = x->firings + LOOK_EVERY;
	}
	x->now = end_of(x, x->heap[0]);
	while (r == 0 && x->n_heap && end_of(x, x->heap[0]) == x->now)
		r = finish(x, x->heap[0]);
	return r < 0 ? r : start_ready(x);
}

/*
 * Execute until the state recurs. The round is everything that happened since it was saved. Returns 0;
 * -EDEADLK; or as pel_sdf_self_timed().
 */
static int go_round(struct selftimed *x)
{
	uint64_t whole = x->ev->q[x->players[0].actor] * x->players[0].phases, next = whole;
	int r = start_ready(x);

	while (r == 0) {
		if (!x->n_heap)
			return -EDEADLK;
		if (end_of(x, x->heap[0]) > x->now &&
		    x->players[0].fired >= next) { /* everything at this instant is done */
			next = (x->players[0].fired / whole + 1) * whole;
			r = compare_state(x);
			if (r != 0)
				break;
		}
		r = pel_sdf_selftimed_pass_moment(x);
	}
	return r < 0 ? r : 0;
}

/* The throughput of one round, which need not be a whole number of iterations. */
static int round_throughput(const struct selftimed *x, struct pel_sdf_fraction *ret)
{
	const struct player *p = &x->players[0];
	uint64_t time = x->now - x->kept_time, fired = p->fired - p->kept_fired;
	uint64_t whole = x->ev->q[p->actor] * p->phases, common = pel_sdf_gcd(fired, whole);

	fired /= common;
	whole /= common;
	common = pel_sdf_gcd(fired, time);
	ret->num = fired / common;
	return __builtin_mul_overflow(time / common, whole, &ret->den) ? -EOVERFLOW : 0;
}

int pel_sdf_self_timed(struct pel_sdf_evaluator *ev, uint64_t max_firings, struct pel_sdf_fraction *ret,
		       uint8_t *actors, uint8_t *channels)
{
	struct selftimed x;
	int r = execution_init(&x, ev, max_firings);

	if (r == 0)
		r = go_round(&x);
	if (r == 0)
		r = round_throughput(&x, ret);
	if (r == 0)
		r = pel_sdf_selftimed_find_cycle(&x, actors, channels);
	if (r == -EDEADLK) {
		pel_sdf_selftimed_find_circle(&x, actors, channels);
		*ret = (struct pel_sdf_fraction){ 0, 1 };
		r = 0;
	}
	execution_fini(&x);
	return r;
}
