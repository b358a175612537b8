/* SPDX-License-Identifier: Apache-2.0 */
#include "sdf-throughput.h"

#include <errno.h>
#include <string.h>
#include "throughput-parts.h"

#define FIRINGS_MAX    ((uint64_t)1 << 22)
#define FIRINGS_FEW    2048  /* up to this many, solving with all of them is fastest */
#define FIRINGS_SOLVED 65536 /* beyond this many, try the execution before solving with all of them */
#define FACTOR_MAX     65536
#define TIME_MAX       ((uint64_t)1 << 62)
/* Execution costs about 50 ns per firing; a node for each firing in a graph costs ten times that. */
#define EXECUTION_MIN	 ((uint64_t)1 << 20)
#define EXECUTION_MAX	 ((uint64_t)1 << 32)
#define EXECUTION_ROUNDS 8    /* most recur after two or three; for the others the schedule is faster */
#define PEL_SDF_EXECUTED 3    /* a verdict in addition to those of pel_sdf_cycles_solve() */
#define PARTS_LOOK	 1024 /* parts between two checks of the clock: most are small */

bool pel_sdf_less(struct pel_sdf_fraction a, struct pel_sdf_fraction b)
{
	return (pel_u128)a.num * b.den < (pel_u128)b.num * a.den;
}

bool pel_sdf_is_sequential(const struct pel_sdf_channel *channel)
{
	if (channel->from != channel->to || channel->initial != 1)
		return false;
	for (uint32_t i = 0; i < channel->n_produce; i++)
		if (channel->produce[i] != 1)
			return false;
	for (uint32_t i = 0; i < channel->n_consume; i++)
		if (channel->consume[i] != 1)
			return false;
	return true;
}

/* ---- the evaluator ---- */

int pel_sdf_evaluator_init(struct pel_sdf_evaluator *ev, const struct pel_sdf *sdf, const uint64_t *q,
			   const struct pel_sdf_times *times, const struct pel_sdf_limits *limits)
{
	static const uint64_t one = 1;
	static const struct pel_sdf_limits none;
	int r;

	*ev = (struct pel_sdf_evaluator){ .sdf = sdf, .q = q, .times = times, .limits = limits ? limits : &none };
	r = pel_sdf_net_init(&ev->net, sdf);
	if (r == 0)
		r = pel_sdf_net_check_balance(&ev->net, q);
	if (r < 0)
		return r;
	for (uint32_t a = 0; a < sdf->n_actors; a++)
		for (uint32_t i = 0; i < times[a].n; i++)
			if (times[a].values[i] >= TIME_MAX)
				return -EOVERFLOW;
	ev->in_order = pel_sdf_alloc(sdf->n_actors, sizeof(*ev->in_order));
	ev->sequential = pel_sdf_alloc(sdf->n_actors, sizeof(*ev->sequential));
	ev->ones = pel_sdf_alloc(sdf->n_actors, sizeof(*ev->ones));
	ev->critical_actors = pel_sdf_alloc(sdf->n_actors, 1);
	ev->executed_actors = pel_sdf_alloc(sdf->n_actors, 1);
	ev->executed_channels = pel_sdf_alloc(sdf->n_channels, 1);
	ev->critical_channels = pel_sdf_alloc(sdf->n_channels, 1);
	if (!ev->executed_actors || !ev->executed_channels || !ev->in_order || !ev->sequential || !ev->ones ||
	    !ev->critical_actors || !ev->critical_channels || pel_sdf_parts_init(ev) < 0)
		return -ENOMEM;
	for (uint32_t a = 0; a < sdf->n_actors; a++) {
		ev->ones[a] = (struct pel_sdf_times){ &one, 1 };
		ev->in_order[a] = sdf->phases[a] == 1;
	}
	for (uint32_t c = 0; c < sdf->n_channels; c++)
		if (pel_sdf_is_sequential(&sdf->channels[c]))
			ev->in_order[sdf->channels[c].from] = ev->sequential[sdf->channels[c].from] = true;
	r = pel_sdf_events_init(&ev->events, &ev->net, q, times, ev->in_order, ev->sequential);
	ev->events.limits = limits;
	return r;
}

void pel_sdf_evaluator_fini(struct pel_sdf_evaluator *ev)
{
	pel_sdf_events_fini(&ev->events);
	pel_sdf_net_fini(&ev->net);
	pel_sdf_release(ev->in_order);
	pel_sdf_release(ev->sequential);
	pel_sdf_release(ev->ones);
	pel_sdf_release(ev->critical_actors);
	pel_sdf_release(ev->executed_actors);
	pel_sdf_release(ev->causes);
	pel_sdf_release(ev->executed_channels);
	pel_sdf_release(ev->critical_channels);
	pel_sdf_release(ev->begin);
	pel_sdf_release(ev->around);
	pel_sdf_release(ev->number);
	pel_sdf_release(ev->low);
	pel_sdf_release(ev->part);
	pel_sdf_release(ev->next);
	pel_sdf_release(ev->path);
	pel_sdf_release(ev->stack);
	pel_sdf_release(ev->actors);
	pel_sdf_release(ev->tags);
	pel_sdf_release(ev->actors_begin);
	pel_sdf_release(ev->tags_begin);
}

uint64_t pel_sdf_firings_max(const struct pel_sdf_limits *limits)
{
	return limits->max_firings ? limits->max_firings : FIRINGS_MAX;
}

/* All firings of the part, or one phase cycle of each actor. */
static void choose_firings(struct pel_sdf_evaluator *ev, bool all)
{
	struct pel_sdf_events *events = &ev->events;

	for (uint32_t i = 0; i < events->n_actors; i++)
		events->k[events->actors[i]] = all ? ev->q[events->actors[i]] : 1;
}

/* A small prime factor of n; n itself if it has none, since finding a large one would take longer. */
static uint64_t small_factor(uint64_t n)
{
	for (uint64_t p = 2; p <= FACTOR_MAX && p * p <= n; p += 1 + p % 2)
		if (n % p == 0)
			return p;
	return n;
}

/*
 * The cycle that was found is one of the graph itself if its actors have as many firings as a full iteration
 * of the cycle alone. If not, give them more, by one factor at a time: often fewer than all are enough.
 * Returns whether any actor had to get more.
 */
static bool raise_firings(struct pel_sdf_evaluator *ev)
{
	const struct pel_sdf_cycles *g = &ev->events.graph;
	uint64_t common = 0;
	bool raised = false;

	for (uint32_t i = 0; i < g->n_critical; i++) {
		uint32_t owner = ev->events.owner[g->edges[g->critical[i]].source];

		if (owner != PEL_SDF_NO_EDGE)
			common = pel_sdf_gcd(common, ev->q[owner]);
	}
	for (uint32_t i = 0; i < g->n_critical; i++) {
		uint32_t owner = ev->events.owner[g->edges[g->critical[i]].source];
		uint64_t *k, needs;

		if (owner == PEL_SDF_NO_EDGE)
			continue;
		k = &ev->events.k[owner];
		needs = ev->q[owner] / common;
		if (*k % needs == 0)
			continue;
		*k *= small_factor(needs / pel_sdf_gcd(*k, needs));
		raised = true;
	}
	return raised;
}

/* True if some actor of the part takes no time. */
static bool has_timeless(const struct pel_sdf_events *events)
{
	for (uint32_t i = 0; i < events->n_actors; i++) {
		const struct pel_sdf_times *times = &events->times[events->actors[i]];

		for (uint32_t j = 0; j < times->n; j++)
			if (!times->values[j])
				return true;
	}
	return false;
}

/* A coarse graph must be solved again with exact heights; its coarse heights may be zero. */
static int solve(struct pel_sdf_evaluator *ev)
{
	struct pel_sdf_events *events = &ev->events;
	int r = pel_sdf_cycles_solve(&events->graph, ev->limits);

	if (r == PEL_SDF_CYCLES_RATIO && events->graph.length && !events->coarse && has_timeless(events))
		r = pel_sdf_cycles_check_timeless(&events->graph);
	return r;
}

/*
 * The part's result is in events.graph: a cycle of the graph itself, or of a schedule with fewer firings, to
 * be tried with more (*raised). Returns a verdict of pel_sdf_cycles_solve(), or as pel_sdf_throughput().
 */
static int solve_once(struct pel_sdf_evaluator *ev, bool whole, bool *raised)
{
	struct pel_sdf_events *events = &ev->events;
	int r = pel_sdf_events_build(events, ev->keep);

	*raised = false;
	if (r == 0)
		r = solve(ev);
	if (r < 0)
		return r;
	*raised = !whole && raise_firings(ev);
	if (!events->coarse || *raised)
		return r;
	if (r == PEL_SDF_CYCLES_IMPOSSIBLE)
		return pel_sdf_events_check_impossible(events);
	if ((r = pel_sdf_events_refine(events)) < 0 || (r = solve(ev)) < 0)
		return r;
	*raised = raise_firings(ev);
	return r;
}

/* The number of firings for the execution that is tried if a schedule of few firings is not conclusive. */
static uint64_t execution_max(uint64_t all)
{
	if (all > EXECUTION_MAX / EXECUTION_ROUNDS)
		return EXECUTION_MAX;
	return all < EXECUTION_MIN / EXECUTION_ROUNDS ? EXECUTION_MIN : all * EXECUTION_ROUNDS;
}

static int execute_part(struct pel_sdf_evaluator *ev, uint64_t all)
{
	memset(ev->executed_actors, 0, ev->sdf->n_actors);
	memset(ev->executed_channels, 0, ev->sdf->n_channels);
	return pel_sdf_self_timed(ev, execution_max(all), &ev->executed, ev->executed_actors,
				  ev->executed_channels);
}

static int solve_part(struct pel_sdf_evaluator *ev)
{
	struct pel_sdf_events *events = &ev->events;
	uint64_t all, count, most = pel_sdf_firings_max(ev->limits);
	bool whole, raised, executed = false;
	int r;

	choose_firings(ev, true);
	all = pel_sdf_events_count(events);
	whole = all <= FIRINGS_FEW;
	choose_firings(ev, whole);
	for (;;) {
		r = solve_once(ev, whole, &raised);
		if (r == -EOVERFLOW && !whole)
			raised = true;
		else if (r < 0 || !raised)
			return r;
		count = r == -EOVERFLOW ? all : pel_sdf_events_count(events);
		if (!executed && all > FIRINGS_SOLVED && (count > FIRINGS_FEW || count > all / 16)) {
			executed = true;
			r = execute_part(ev, all);
			if (r != -ETIME && r != -EOVERFLOW)
				return r < 0 ? r : PEL_SDF_EXECUTED;
		}
		if ((count > all / 16 || all <= FIRINGS_SOLVED) && all <= most)
			choose_firings(ev, whole = true); /* heights are then whole iterations */
		else if (count > most)
			return -ETIME;
	}
}

static void keep_critical(struct pel_sdf_evaluator *ev)
{
	const struct pel_sdf_cycles *g = &ev->events.graph;

	memset(ev->critical_actors, 0, ev->sdf->n_actors);
	memset(ev->critical_channels, 0, ev->sdf->n_channels);
	if (ev->by_execution) {
		memcpy(ev->critical_actors, ev->executed_actors, ev->sdf->n_actors);
		memcpy(ev->critical_channels, ev->executed_channels, ev->sdf->n_channels);
		return;
	}
	for (uint32_t i = 0; i < g->n_critical; i++) {
		const struct pel_sdf_edge *edge = &g->edges[g->critical[i]];
		uint32_t owner = ev->events.owner[edge->source];

		if (owner != PEL_SDF_NO_EDGE)
			ev->critical_actors[owner] = 1;
		if (edge->tag != PEL_SDF_START_ORDER)
			ev->critical_channels[edge->tag / 2] |= edge->tag % 2 ? PEL_SDF_CRITICAL_ROOM
									      : PEL_SDF_CRITICAL_TOKENS;
	}
}

/* The result of the part's graph, in iterations per unit of time. */
static int ratio_of(const struct pel_sdf_evaluator *ev, struct pel_sdf_fraction *ret)
{
	const struct pel_sdf_cycles *g = &ev->events.graph;
	uint64_t common = pel_sdf_gcd(g->length, g->height), unit = ev->events.unit;

	*ret = (struct pel_sdf_fraction){ g->height / common, g->length / common };
	common = pel_sdf_gcd(unit, ret->num);
	ret->num /= common;
	return __builtin_mul_overflow(ret->den, unit / common, &ret->den) ? -EOVERFLOW : 0;
}

static bool takes_time(const struct pel_sdf_events *part)
{
	for (uint32_t i = 0; i < part->n_actors; i++)
		if (pel_sdf_max(part->times[part->actors[i]].values, part->times[part->actors[i]].n))
			return true;
	return false;
}

/*
 * The throughput of the part. If no cycle takes time there is no bound, but it may still deadlock; times of 1
 * find that. An actor may take time in phases that no other waits for.
 */
static int part_throughput(struct pel_sdf_evaluator *ev, struct pel_sdf_fraction *ret)
{
	bool timeless = !takes_time(&ev->events);
	int r = timeless ? PEL_SDF_CYCLES_RATIO : solve_part(ev);

	if (r == PEL_SDF_CYCLES_RATIO && (timeless || !ev->events.graph.length)) {
		timeless = true;
		ev->events.times = ev->ones;
		r = solve_part(ev);
		ev->events.times = ev->times;
	}
	ev->by_execution = r == PEL_SDF_EXECUTED;
	if (r < 0)
		return r;
	*ret = (struct pel_sdf_fraction){ 0, 1 };
	if (r == PEL_SDF_CYCLES_IMPOSSIBLE)
		return 0;
	if (ev->by_execution)
		*ret = ev->executed;
	else
		r = ratio_of(ev, ret);
	if (timeless && (r < 0 || ret->num)) {
		*ret = (struct pel_sdf_fraction){ 1, 0 };
		return 0;
	}
	return r < 0 ? r : 0;
}

int pel_sdf_evaluate(struct pel_sdf_evaluator *ev, const uint64_t *capacity, struct pel_sdf_fraction *ret)
{
	*ret = (struct pel_sdf_fraction){ 1, 0 };
	memset(ev->critical_actors, 0, ev->sdf->n_actors);
	memset(ev->critical_channels, 0, ev->sdf->n_channels);
	for (uint32_t c = 0; c < ev->sdf->n_channels; c++)
		if (capacity[c] && capacity[c] < ev->sdf->channels[c].initial)
			return -EINVAL;
	ev->events.capacity = capacity;
	pel_sdf_parts_find(ev, capacity);
	for (uint32_t p = 0; p < ev->n_parts; p++) {
		struct pel_sdf_fraction own;
		int r;

		if (ev->limits->expired && p % PARTS_LOOK == 0 && ev->limits->expired(ev->limits->context))
			return -ETIME;
		if (ev->tags_begin[p] == ev->tags_begin[p + 1])
			continue;
		ev->events.actors = ev->actors + ev->actors_begin[p];
		ev->events.n_actors = ev->actors_begin[p + 1] - ev->actors_begin[p];
		ev->events.channels = ev->tags + ev->tags_begin[p];
		ev->events.n_channels = ev->tags_begin[p + 1] - ev->tags_begin[p];
		r = part_throughput(ev, &own);
		if (r < 0)
			return r;
		if (pel_sdf_less(own, *ret)) {
			*ret = own;
			keep_critical(ev);
		}
	}
	return 0;
}

/* A copy of the graph's capacities, to be freed. NULL: out of memory. */
static uint64_t *own_capacities(const struct pel_sdf *sdf)
{
	uint64_t *capacity = pel_sdf_alloc(sdf->n_channels, sizeof(*capacity));

	for (uint32_t c = 0; c < sdf->n_channels && capacity; c++)
		capacity[c] = sdf->channels[c].capacity;
	return capacity;
}

int pel_sdf_throughput(const struct pel_sdf *sdf, const uint64_t *q, const struct pel_sdf_times *times,
		       const struct pel_sdf_limits *limits, struct pel_sdf_fraction *ret,
		       uint8_t *critical_actors, uint8_t *critical_channels)
{
	struct pel_sdf_evaluator ev;
	struct pel_sdf_fraction throughput;
	uint64_t *capacity = own_capacities(sdf);
	int r = pel_sdf_evaluator_init(&ev, sdf, q, times, limits);

	if (r == 0)
		r = capacity ? pel_sdf_evaluate(&ev, capacity, &throughput) : -ENOMEM;
	if (r == 0)
		*ret = throughput;
	if (r == 0 && critical_actors && sdf->n_actors)
		memcpy(critical_actors, ev.critical_actors, sdf->n_actors);
	if (r == 0 && critical_channels && sdf->n_channels)
		memcpy(critical_channels, ev.critical_channels, sdf->n_channels);
	pel_sdf_evaluator_fini(&ev);
	pel_sdf_release(capacity);
	return r;
}

/* The least capacity above capacity[channel] that reaches `throughput`, the throughput without a bound. */
static int least_that_reaches(struct pel_sdf_evaluator *ev, uint64_t *capacity, uint32_t channel,
			      struct pel_sdf_fraction throughput, uint64_t *ret)
{
	uint64_t low = capacity[channel], high = 0;

	while (!high || high - low > 1) {
		struct pel_sdf_fraction reached;
		uint64_t trial = high ? low + (high - low) / 2 : 2 * low;
		int r;

		if (trial > (uint64_t)1 << 60)
			return -EOVERFLOW;
		capacity[channel] = trial;
		r = pel_sdf_evaluate(ev, capacity, &reached);
		if (r < 0)
			return r;
		if (pel_sdf_less(reached, throughput))
			low = trial;
		else
			high = trial;
	}
	*ret = high;
	return 0;
}

int pel_sdf_enlarge(const struct pel_sdf *sdf, const uint64_t *q, const struct pel_sdf_times *times,
		    const struct pel_sdf_limits *limits, uint32_t channel, struct pel_sdf_fraction *ret,
		    uint64_t *larger)
{
	struct pel_sdf_evaluator ev;
	uint64_t *capacity = own_capacities(sdf), now = sdf->channels[channel].capacity;
	struct pel_sdf_fraction before, after;
	uint64_t least = 0;
	int r = pel_sdf_evaluator_init(&ev, sdf, q, times, limits);

	if (r == 0)
		r = capacity ? pel_sdf_evaluate(&ev, capacity, &before) : -ENOMEM;
	if (r == 0) {
		capacity[channel] = 0;
		r = pel_sdf_evaluate(&ev, capacity, &after);
	}
	if (r == 0 && now && pel_sdf_less(before, after)) {
		capacity[channel] = now;
		r = least_that_reaches(&ev, capacity, channel, after, &least);
	}
	if (r == 0) {
		*ret = after;
		*larger = least;
	}
	pel_sdf_evaluator_fini(&ev);
	pel_sdf_release(capacity);
	return r;
}
