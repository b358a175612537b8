/* SPDX-License-Identifier: Apache-2.0 */
#include "sdf-hitting.h"
#include "sdf-throughput.h"

#include <errno.h>
#include <string.h>

#define LEVEL_MAX    ((uint64_t)1 << 61)
#define PARETO_BYTES ((size_t)256 << 20) /* for the capacities of all points that are kept */
#define STEPS_MAX    ((uint64_t)1 << 24)
#define ANY	     PEL_SDF_ANY_LEVEL

/*
 * A variable is a channel that is not a self-loop. Its level 0 is the least capacity with which it could work
 * alone. Each level adds the greatest common divisor of its rates, because capacities in between make no
 * difference.
 */
struct sizing {
	struct pel_sdf_evaluator evaluator;
	struct pel_sdf_hitting boxes;
	const struct pel_sdf *sdf;
	uint32_t n;
	uint32_t *channel; /* the channel of each variable */
	uint64_t *base;	   /* its level 0, in tokens */
	uint64_t base_total;
	uint64_t *capacity; /* the capacity of each channel, as evaluated */
	uint64_t *corner, *trial, *candidate;
	struct pel_sdf_fraction target; /* throughput must be greater than this; with no_less, at least this */
	bool no_less;
	struct pel_sdf_fraction reached; /* throughput of the last vector evaluated */
};

static uint64_t channel_step(const struct pel_sdf_channel *ch)
{
	uint64_t g = 0;

	for (uint32_t i = 0; i < ch->n_produce; i++)
		g = pel_sdf_gcd(g, ch->produce[i]);
	for (uint32_t i = 0; i < ch->n_consume; i++)
		g = pel_sdf_gcd(g, ch->consume[i]);
	return g;
}

/*
 * The variables of a repair: channels that have a capacity. Level 0 is their capacity, rounded down to the
 * last step that is of use, or what the channel needs by itself.
 */
static int find_bounded(struct sizing *s)
{
	const struct pel_sdf *sdf = s->sdf;

	for (uint32_t c = 0; c < sdf->n_channels; c++) {
		const struct pel_sdf_channel *ch = &sdf->channels[c];
		uint64_t step = channel_step(ch), base, own;

		if (!ch->capacity || !step)
			continue;
		own = pel_sdf_channel_bound(ch, sdf->phases[ch->from], sdf->phases[ch->to]);
		base = ch->capacity > own ? ch->capacity : own;
		if (base > LEVEL_MAX)
			return -EOVERFLOW;
		/* Round down to the steps, which count from the initial tokens; up, if that is too little by itself. */
		base -= (base - ch->initial) % step;
		base += base < own ? step : 0;
		s->channel[s->n] = c;
		s->boxes.cost[s->n] = step;
		s->boxes.rebate[s->n] = ch->capacity > base ? ch->capacity - base : 0; /* already present */
		s->base[s->n++] = base;
	}
	s->boxes.n = s->n;
	return 0;
}

static int find_variables(struct sizing *s)
{
	const struct pel_sdf *sdf = s->sdf;

	for (uint32_t c = 0; c < sdf->n_channels; c++) {
		const struct pel_sdf_channel *ch = &sdf->channels[c];
		uint64_t step = channel_step(ch), base;

		if (ch->from == ch->to || !step)
			continue;
		base = pel_sdf_channel_bound(ch, sdf->phases[ch->from], sdf->phases[ch->to]);
		if (base > LEVEL_MAX)
			return -EOVERFLOW;
		base += (ch->initial % step + step - base % step) % step; /* less than a step is of no use */
		s->channel[s->n] = c;
		s->boxes.cost[s->n] = step;
		s->base[s->n++] = base;
		if (__builtin_add_overflow(s->base_total, base, &s->base_total) || s->base_total > LEVEL_MAX)
			return -EOVERFLOW;
	}
	s->boxes.n = s->n;
	return 0;
}

static int sizing_init(struct sizing *s, const struct pel_sdf *sdf, const uint64_t *q,
		       const struct pel_sdf_times *times, const struct pel_sdf_limits *limits, bool repair)
{
	uint32_t n = sdf->n_channels;
	int r;

	*s = (struct sizing){ .sdf = sdf, .target = { 0, 1 } };
	if ((r = pel_sdf_evaluator_init(&s->evaluator, sdf, q, times, limits)) < 0 ||
	    (r = pel_sdf_hitting_init(&s->boxes, n, s->evaluator.limits)) < 0)
		return r;
	s->evaluator.keep = true;
	s->channel = pel_sdf_alloc(n, sizeof(*s->channel));
	s->base = pel_sdf_alloc(n, sizeof(*s->base));
	s->capacity = pel_sdf_alloc(n, sizeof(*s->capacity));
	s->corner = pel_sdf_alloc(n, sizeof(*s->corner));
	s->trial = pel_sdf_alloc(n, sizeof(*s->trial));
	s->candidate = pel_sdf_alloc(n, sizeof(*s->candidate));
	if (!s->channel || !s->base || !s->capacity || !s->corner || !s->trial || !s->candidate)
		return -ENOMEM;
	return repair ? find_bounded(s) : find_variables(s);
}

static void sizing_fini(struct sizing *s)
{
	pel_sdf_evaluator_fini(&s->evaluator);
	pel_sdf_hitting_fini(&s->boxes);
	pel_sdf_release(s->channel);
	pel_sdf_release(s->base);
	pel_sdf_release(s->capacity);
	pel_sdf_release(s->corner);
	pel_sdf_release(s->trial);
	pel_sdf_release(s->candidate);
}

static uint64_t tokens_at(const struct sizing *s, uint32_t i, uint64_t level)
{
	return s->base[i] + level * s->boxes.cost[i];
}

/* Evaluate these levels: 1 if they reach the target, 0 if not, or a negative errno. */
static int is_enough(struct sizing *s, const uint64_t *level)
{
	int r;

	for (uint32_t i = 0; i < s->n; i++)
		s->capacity[s->channel[i]] = level[i] == ANY ? 0 : tokens_at(s, i, level[i]);
	r = pel_sdf_evaluate(&s->evaluator, s->capacity, &s->reached);
	if (r < 0)
		return r;
	return s->no_less ? !pel_sdf_less(s->reached, s->target) : pel_sdf_less(s->target, s->reached);
}

/* Variables whose room the last evaluation did not wait for can be raised without bound. */
static void free_others(struct sizing *s, uint64_t *level)
{
	for (uint32_t i = 0; i < s->n; i++)
		if (!(s->evaluator.critical_channels[s->channel[i]] & PEL_SDF_CRITICAL_ROOM))
			level[i] = ANY;
}

/* The greatest level of variable i with which corner[] is still insufficient; corner[i] is, and an unbounded one is not. */
static int raise_level(struct sizing *s, uint32_t i)
{
	uint64_t low = s->corner[i], high = ANY, step = 1;
	int r;

	memcpy(s->trial, s->corner, s->n * sizeof(*s->trial));
	while (high == ANY || high - low > 1) {
		s->trial[i] = high == ANY ? low + step : low + (high - low) / 2;
		if (s->trial[i] > LEVEL_MAX / s->boxes.cost[i])
			return -EOVERFLOW;
		r = is_enough(s, s->trial);
		if (r < 0)
			return r;
		if (r)
			high = s->trial[i];
		else
			low = s->trial[i];
		if (high == ANY)
			step *= 2;
	}
	s->corner[i] = low;
	return 0;
}

/*
 * levels[], just evaluated, are insufficient: find a large box around them in which all are, and remember it.
 * -EDEADLK: no capacities are sufficient.
 */
static int widen(struct sizing *s, const uint64_t *levels)
{
	bool bounded = false;
	int r;

	memcpy(s->corner, levels, s->n * sizeof(*s->corner));
	free_others(s, s->corner);
	for (uint32_t i = 0; i < s->n; i++) {
		if (s->corner[i] == ANY)
			continue;
		memcpy(s->trial, s->corner, s->n * sizeof(*s->trial));
		s->trial[i] = ANY;
		r = is_enough(s, s->trial);
		if (r < 0)
			return r;
		if (!r) {
			memcpy(s->corner, s->trial, s->n * sizeof(*s->corner));
			free_others(s, s->corner);
		}
	}
	for (uint32_t i = 0; i < s->n; i++) {
		if (s->corner[i] == ANY)
			continue;
		bounded = true;
		r = raise_level(s, i);
		if (r < 0)
			return r;
	}
	return bounded ? pel_sdf_hitting_add(&s->boxes, s->corner) : -EDEADLK;
}

/* The next levels to try after candidate[]: leave the newest box by the cheapest exit. */
static void step_out(struct sizing *s)
{
	uint64_t least = ANY;
	uint32_t by = 0;

	for (uint32_t i = 0; i < s->n; i++) {
		uint64_t cost;

		if (s->corner[i] == ANY)
			continue;
		cost = pel_sdf_hitting_cost(&s->boxes, i, s->candidate[i], s->corner[i] + 1);
		if (cost < least) {
			least = cost;
			by = i;
		}
	}
	s->candidate[by] = s->corner[by] + 1;
}

static uint64_t cost_of(const struct sizing *s, const uint64_t *level)
{
	uint64_t cost = 0;

	for (uint32_t i = 0; i < s->n; i++)
		cost += pel_sdf_hitting_cost(&s->boxes, i, 0, level[i]);
	return cost;
}

static int keep_sizing(const struct sizing *s, const uint64_t *level, struct pel_sdf_fraction throughput,
		       struct pel_sdf_sizing *to)
{
	if (!to->capacity)
		to->capacity = pel_sdf_alloc(s->sdf->n_channels, sizeof(*to->capacity));
	if (!to->capacity)
		return -ENOMEM;
	to->total = 0;
	for (uint32_t i = 0; i < s->n; i++)
		to->total += to->capacity[s->channel[i]] = tokens_at(s, i, level[i]);
	to->throughput = throughput;
	to->found = true;
	return 0;
}

/*
 * Find the least capacities whose throughput exceeds the target, in *to. to->least is set if they are proved least.
 * Starting from any levels in candidate[], steps out of boxes lead to sufficient levels. Then the cheapest levels outside
 * all boxes are tried, until there are none cheaper.
 * Returns 0, -ETIME (to->found: sufficient, but perhaps not least), -EDEADLK (no capacities do), or another error.
 */
static int find_least(struct sizing *s, struct pel_sdf_sizing *to)
{
	uint64_t known = ANY; /* cost of the best known levels */
	int r;

	to->found = to->least = false;
	for (;;) {
		r = is_enough(s, s->candidate);
		if (r < 0)
			return r;
		if (r > 0 && cost_of(s, s->candidate) < known) {
			known = cost_of(s, s->candidate);
			r = keep_sizing(s, s->candidate, s->reached, to);
			if (r < 0)
				return r;
		} else if (r == 0) {
			r = widen(s, s->candidate);
			if (r < 0)
				return r;
			step_out(s);
			if (known == ANY || cost_of(s, s->candidate) < known)
				continue;
		}
		r = pel_sdf_hitting_solve(&s->boxes, known);
		if (r == -ENOENT) {
			to->least = true;
			return 0;
		}
		if (r < 0)
			return r;
		memcpy(s->candidate, s->boxes.best, s->n * sizeof(*s->candidate));
	}
}

/* -ETIME: more points than may be kept. */
static int add_point(struct pel_sdf_buffers *ret, uint32_t n_channels, uint32_t *room,
		     struct pel_sdf_sizing *point)
{
	struct pel_sdf_sizing *last = ret->n_pareto ? &ret->pareto[ret->n_pareto - 1] : NULL;

	if (last && last->total == point->total) { /* as small, but faster */
		pel_sdf_release(last->capacity);
		*last = *point;
		point->capacity = NULL;
		return 0;
	}
	if (ret->n_pareto >= PARETO_BYTES / sizeof(*point->capacity) / (n_channels ? n_channels : 1))
		return -ETIME;
	if (ret->n_pareto == *room) {
		uint32_t more = *room * 2 + 16;
		struct pel_sdf_sizing *larger = pel_sdf_alloc(more, sizeof(*larger));

		if (!larger)
			return -ENOMEM;
		if (ret->n_pareto)
			memcpy(larger, ret->pareto, ret->n_pareto * sizeof(*larger));
		pel_sdf_release(ret->pareto);
		ret->pareto = larger;
		*room = more;
	}
	ret->pareto[ret->n_pareto++] = *point;
	point->capacity = NULL;
	return 0;
}

static int copy_sizing(const struct sizing *s, const struct pel_sdf_sizing *from, struct pel_sdf_sizing *to)
{
	uint64_t *capacity = to->capacity ? to->capacity : pel_sdf_alloc(s->sdf->n_channels, sizeof(*capacity));

	if (!capacity)
		return -ENOMEM;
	memcpy(capacity, from->capacity, s->sdf->n_channels * sizeof(*capacity));
	*to = *from;
	to->capacity = capacity;
	return 0;
}

/* Capacities that are live because one iteration without limits used no more; used if the least ones are unknown. */
static int find_any_live(struct sizing *s, struct pel_sdf_sizing *live)
{
	uint64_t *high_water = pel_sdf_alloc(s->sdf->n_channels, sizeof(*high_water));
	struct pel_sdf_channel *channels = pel_sdf_alloc(s->sdf->n_channels, sizeof(*channels));
	struct pel_sdf unbounded = *s->sdf;
	int r = high_water && channels ? 0 : -ENOMEM;

	for (uint32_t c = 0; c < s->sdf->n_channels && r == 0; c++) {
		channels[c] = s->sdf->channels[c];
		channels[c].capacity = 0;
	}
	unbounded.channels = channels;
	if (r == 0)
		r = pel_sdf_liveness(&unbounded, s->evaluator.q, high_water, NULL, NULL, STEPS_MAX);
	if (r == 0) {
		for (uint32_t i = 0; i < s->n; i++) {
			uint64_t step = s->boxes.cost[i], most = high_water[s->channel[i]];

			s->candidate[i] = most > s->base[i] ? (most - s->base[i] + step - 1) / step : 0;
		}
		r = keep_sizing(s, s->candidate, (struct pel_sdf_fraction){ 0, 1 }, live);
	}
	pel_sdf_release(high_water);
	pel_sdf_release(channels);
	return r == -ENOMEM ? r : 0;
}

/* The least capacities that reach `throughput`, starting from candidate[], which does not change. */
static int find_fastest(struct sizing *s, struct pel_sdf_fraction throughput, struct pel_sdf_sizing *fastest)
{
	struct pel_sdf_hitting others = s->boxes;
	uint64_t *start = pel_sdf_alloc(s->n, sizeof(*start));
	int r = start ? pel_sdf_hitting_copy(&s->boxes, &others) : -ENOMEM;

	if (r == 0) {
		memcpy(start, s->candidate, s->n * sizeof(*start));
		s->target = throughput;
		s->no_less = true;
		r = find_least(s, fastest);
		s->no_less = false;
		memcpy(s->candidate, start, s->n * sizeof(*start));
	}
	if (start)
		pel_sdf_hitting_fini(&s->boxes);
	s->boxes = others;
	pel_sdf_release(start);
	return r;
}

/* All points, by increasing total. */
static int climb(struct sizing *s, struct pel_sdf_fraction last, struct pel_sdf_buffers *ret)
{
	struct pel_sdf_sizing point = { 0 };
	uint32_t room = 0;
	int r;

	s->target = (struct pel_sdf_fraction){ 0, 1 };
	do {
		r = find_least(s, &point); /* start from the last one: the next costs at least as much */
		if (r < 0)
			break;
		s->target = point.throughput;
		r = add_point(ret, s->evaluator.sdf->n_channels, &room, &point);
	} while (r == 0 && pel_sdf_less(s->target, last));
	ret->exact = r == 0;
	pel_sdf_release(point.capacity);
	return r;
}

static int find_all(struct sizing *s, struct pel_sdf_fraction unbounded, struct pel_sdf_buffers *ret)
{
	int r = find_least(s, &ret->live);

	if (r == -ETIME && !ret->live.found)
		return find_any_live(s, &ret->live);
	if (r < 0 || !unbounded.den)
		return r;
	r = find_fastest(s, unbounded, &ret->fastest);
	if (r < 0)
		return r;
	r = climb(s, unbounded, ret);
	/* The fastest of those with the smallest total. */
	if (r == 0 || (r == -ETIME && ret->n_pareto > 1)) {
		int copied = copy_sizing(s, &ret->pareto[0], &ret->live);

		r = copied < 0 ? copied : r;
	}
	return r;
}

void pel_sdf_buffers_fini(struct pel_sdf_buffers *buffers)
{
	for (uint32_t i = 0; i < buffers->n_pareto; i++)
		pel_sdf_release(buffers->pareto[i].capacity);
	pel_sdf_release(buffers->pareto);
	pel_sdf_release(buffers->live.capacity);
	pel_sdf_release(buffers->fastest.capacity);
	*buffers = (struct pel_sdf_buffers){ 0 };
}

int pel_sdf_buffers(const struct pel_sdf *sdf, const uint64_t *q, const struct pel_sdf_times *times,
		    struct pel_sdf_fraction unbounded, const struct pel_sdf_limits *limits,
		    struct pel_sdf_buffers *ret)
{
	struct sizing s;
	int r = sizing_init(&s, sdf, q, times, limits, false);

	*ret = (struct pel_sdf_buffers){ 0 };
	if (r == 0)
		r = find_all(&s, unbounded, ret);
	sizing_fini(&s);
	if (r == -ETIME)
		r = 0;
	if (r < 0)
		pel_sdf_buffers_fini(ret);
	return r;
}

int pel_sdf_repair(const struct pel_sdf *sdf, const uint64_t *q, const struct pel_sdf_limits *limits,
		   uint64_t *capacity)
{
	static const uint64_t one = 1;
	struct pel_sdf_times *times = pel_sdf_alloc(sdf->n_actors, sizeof(*times));
	struct pel_sdf_sizing sizing = { 0 };
	struct sizing s;
	int r;

	if (!times)
		return -ENOMEM;
	for (uint32_t a = 0; a < sdf->n_actors; a++)
		times[a] = (struct pel_sdf_times){ &one, 1 };
	r = sizing_init(&s, sdf, q, times, limits, true);
	if (r == 0)
		r = find_least(&s, &sizing);
	for (uint32_t c = 0; c < sdf->n_channels && r == 0; c++)
		capacity[c] = sdf->channels[c].capacity > sizing.capacity[c] ? sdf->channels[c].capacity
									     : sizing.capacity[c];
	sizing_fini(&s);
	pel_sdf_release(sizing.capacity);
	pel_sdf_release(times);
	return r;
}
