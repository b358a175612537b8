/* SPDX-License-Identifier: Apache-2.0 */
#include "sdf-net.h"

#include <assert.h>
#include <errno.h>

/*
 * The balance equations, solved along a spanning tree of each connected component: the firings of each actor
 * per firing of the root, as a reduced fraction. The root's own count in the solution is a multiple of every
 * denominator, and every numerator divides its actor's count. So a fraction that overflows 64 bits implies
 * that the solution does too, and 64 bits are enough.
 */
struct ratio {
	pel_u128 produced,
		consumed; /* by a full phase cycle of the two actors, reduced; both 0: no constraint */
};

struct fraction {
	uint64_t num, den; /* reduced; 0/0: overflow */
};

#define NONE UINT32_MAX

struct tree {
	const struct pel_sdf *sdf;
	struct ratio *ratios;	   /* for each channel */
	struct fraction *firings;  /* for each actor */
	uint32_t *begin, *around;  /* channels at an actor: around[begin[a] .. begin[a + 1]) */
	uint32_t *parent, *depth;  /* channel towards the root; NONE at the root */
	uint32_t *order, *root_of; /* actors as visited; the first position of the component of order[i] */
	bool *visited;
	bool overflow;
};

static void tree_fini(struct tree *t)
{
	pel_sdf_release(t->ratios);
	pel_sdf_release(t->firings);
	pel_sdf_release(t->begin);
	pel_sdf_release(t->around);
	pel_sdf_release(t->parent);
	pel_sdf_release(t->depth);
	pel_sdf_release(t->order);
	pel_sdf_release(t->root_of);
	pel_sdf_release(t->visited);
}

static int tree_init(struct tree *t, const struct pel_sdf *sdf)
{
	size_t actors = sdf->n_actors, channels = sdf->n_channels;

	*t = (struct tree){
		.sdf = sdf,
		.ratios = pel_sdf_alloc(channels, sizeof(*t->ratios)),
		.firings = pel_sdf_alloc(actors, sizeof(*t->firings)),
		.begin = pel_sdf_alloc(actors + 2, sizeof(*t->begin)),
		.around = pel_sdf_alloc(2 * channels, sizeof(*t->around)),
		.parent = pel_sdf_alloc(actors, sizeof(*t->parent)),
		.depth = pel_sdf_alloc(actors, sizeof(*t->depth)),
		.order = pel_sdf_alloc(actors, sizeof(*t->order)),
		.root_of = pel_sdf_alloc(actors, sizeof(*t->root_of)),
		.visited = pel_sdf_alloc(actors, sizeof(*t->visited)),
	};
	if (!t->ratios || !t->firings || !t->begin || !t->around || !t->parent || !t->depth || !t->order ||
	    !t->root_of || !t->visited)
		return -ENOMEM;
	return 0;
}

static void list_channels(struct tree *t)
{
	const struct pel_sdf *sdf = t->sdf;
	uint32_t *next = t->begin + 1; /* shifted by one, so that begin[] is right after filling */

	for (uint32_t c = 0; c < sdf->n_channels; c++) {
		next[sdf->channels[c].from + 1]++;
		if (sdf->channels[c].to != sdf->channels[c].from)
			next[sdf->channels[c].to + 1]++;
	}
	for (uint32_t a = 0; a < sdf->n_actors; a++)
		next[a + 1] += next[a];
	for (uint32_t c = 0; c < sdf->n_channels; c++) {
		t->around[next[sdf->channels[c].from]++] = c;
		if (sdf->channels[c].to != sdf->channels[c].from)
			t->around[next[sdf->channels[c].to]++] = c;
	}
}

static pel_u128 gcd_wide(pel_u128 a, pel_u128 b)
{
	while (b) {
		pel_u128 rest;

		if (!(a >> 64) && !(b >> 64))
			return pel_sdf_gcd((uint64_t)a, (uint64_t)b);
		rest = a % b;
		a = b;
		b = rest;
	}
	return a;
}

/* Returns false if one end moves tokens and the other never does. */
static bool ratio_of(const struct pel_sdf *sdf, const struct pel_sdf_channel *ch, struct ratio *ret)
{
	uint32_t from = sdf->phases[ch->from], to = sdf->phases[ch->to];
	pel_u128 produced, consumed, g;

	assert(ch->n_produce && ch->n_consume && from % ch->n_produce == 0 && to % ch->n_consume == 0);
	/* The sum of a whole phase cycle: less than 2^32 times 2^64. */
	produced = pel_sdf_sum(ch->produce, ch->n_produce) * (from / ch->n_produce);
	consumed = pel_sdf_sum(ch->consume, ch->n_consume) * (to / ch->n_consume);
	if (!produced != !consumed)
		return false;
	g = gcd_wide(produced, consumed);
	*ret = g ? (struct ratio){ produced / g, consumed / g } : (struct ratio){ 0, 0 };
	return true;
}

/* Firings of the actor at the other end of a channel. */
static struct fraction across(struct fraction f, pel_u128 up, pel_u128 down)
{
	struct fraction none = { 0, 0 }, to;
	uint64_t g1, g2;

	if (!f.den || up >> 64 || down >> 64)
		return none;
	g1 = pel_sdf_gcd(f.num, (uint64_t)down);
	g2 = pel_sdf_gcd(f.den, (uint64_t)up);
	if (__builtin_mul_overflow(f.num / g1, (uint64_t)up / g2, &to.num) ||
	    __builtin_mul_overflow(f.den / g2, (uint64_t)down / g1, &to.den))
		return none;
	return to;
}

/* One step towards the root. */
static uint32_t above(const struct tree *t, uint32_t actor)
{
	const struct pel_sdf_channel *ch = &t->sdf->channels[t->parent[actor]];

	return ch->from == actor ? ch->to : ch->from;
}

/*
 * The undirected cycle that `channel` closes in the tree, in order: along the channel, up from its end, and
 * down to its start.
 */
static int contradiction(const struct tree *t, uint32_t channel, uint32_t *cycle, uint32_t *n_cycle)
{
	uint32_t up = t->sdf->channels[channel].to, down = t->sdf->channels[channel].from;
	uint32_t a = up, b = down, n = 1, place;

	if (!cycle || !n_cycle)
		return -EINVAL;
	for (; a != b; n++) {
		if (t->depth[a] >= t->depth[b])
			a = above(t, a);
		else
			b = above(t, b);
	}
	cycle[0] = channel;
	for (place = 1; up != a; up = above(t, up))
		cycle[place++] = t->parent[up];
	for (place = n; down != a; down = above(t, down))
		cycle[--place] = t->parent[down];
	*n_cycle = n;
	return -EINVAL;
}

static bool agrees(const struct tree *t, uint32_t channel)
{
	const struct pel_sdf_channel *ch = &t->sdf->channels[channel];
	struct fraction from = t->firings[ch->from], to = t->firings[ch->to], expected;

	if (!from.den || !to.den)
		return true; /* as far as known: overflow is reported at the end */
	expected = across(from, t->ratios[channel].produced, t->ratios[channel].consumed);
	return expected.num == to.num && expected.den == to.den;
}

/* Visit the component of `root`, from position `first` of order[]. Returns the position after it, or -EINVAL. */
static int64_t visit(struct tree *t, uint32_t root, uint32_t first, uint32_t *cycle, uint32_t *n_cycle)
{
	uint32_t end = first;

	t->visited[root] = true;
	t->firings[root] = (struct fraction){ 1, 1 };
	t->parent[root] = NONE;
	t->order[end++] = root;
	for (uint32_t i = first; i < end; i++) {
		uint32_t a = t->order[i];

		t->root_of[i] = first;
		for (uint32_t k = t->begin[a]; k < t->begin[a + 1]; k++) {
			uint32_t c = t->around[k];
			const struct pel_sdf_channel *ch = &t->sdf->channels[c];
			const struct ratio *ratio = &t->ratios[c];
			uint32_t b = ch->from == a ? ch->to : ch->from;

			if (!ratio->produced)
				continue;
			if (t->visited[b]) {
				if (!agrees(t, c))
					return contradiction(t, c, cycle, n_cycle);
				continue;
			}
			t->visited[b] = true;
			t->firings[b] = ch->from == a
						? across(t->firings[a], ratio->produced, ratio->consumed)
						: across(t->firings[a], ratio->consumed, ratio->produced);
			t->overflow |= !t->firings[b].den;
			t->parent[b] = c;
			t->depth[b] = t->depth[a] + 1;
			t->order[end++] = b;
		}
	}
	return end;
}

#define PRIME (((uint64_t)1 << 61) - 1)

static uint64_t times(uint64_t a, pel_u128 b)
{
	return (uint64_t)((pel_u128)a * (uint64_t)(b % PRIME) % PRIME);
}

/*
 * Some fractions overflowed. A contradiction can still be proved: an equation between integers that does not
 * hold modulo a prime does not hold. In that case "contradictory" helps more than "too large".
 */
static int contradiction_modulo_prime(struct tree *t, uint32_t *cycle, uint32_t *n_cycle)
{
	const struct pel_sdf *sdf = t->sdf;

	for (uint32_t i = 0; i < sdf->n_actors; i++) {
		uint32_t a = t->order[i], c = t->parent[a], b;

		t->firings[a] = (struct fraction){ 1, 1 };
		if (c == NONE)
			continue;
		b = above(t, a);
		if (sdf->channels[c].from == b)
			t->firings[a] = (struct fraction){ times(t->firings[b].num, t->ratios[c].produced),
							   times(t->firings[b].den, t->ratios[c].consumed) };
		else
			t->firings[a] = (struct fraction){ times(t->firings[b].num, t->ratios[c].consumed),
							   times(t->firings[b].den, t->ratios[c].produced) };
	}
	for (uint32_t c = 0; c < sdf->n_channels; c++) {
		struct fraction from = t->firings[sdf->channels[c].from], to = t->firings[sdf->channels[c].to];

		if (times(times(from.num, to.den), t->ratios[c].produced) !=
		    times(times(to.num, from.den), t->ratios[c].consumed))
			return contradiction(t, c, cycle, n_cycle);
	}
	return -EOVERFLOW;
}

/* Turn the fractions of order[first .. end), one component, into its least integers. */
static int scale(const struct tree *t, uint32_t first, uint32_t end, uint64_t *q)
{
	uint64_t root = 1;

	for (uint32_t i = first; i < end; i++) {
		uint64_t den = t->firings[t->order[i]].den;

		if (__builtin_mul_overflow(root, den / pel_sdf_gcd(root, den), &root))
			return -EOVERFLOW;
	}
	for (uint32_t i = first; i < end; i++) {
		struct fraction f = t->firings[t->order[i]];

		if (__builtin_mul_overflow(root / f.den, f.num, &q[t->order[i]]))
			return -EOVERFLOW;
	}
	return 0;
}

static int solve(struct tree *t, uint64_t *q, uint32_t *cycle, uint32_t *n_cycle)
{
	const struct pel_sdf *sdf = t->sdf;
	uint32_t end = 0, last;

	list_channels(t);
	for (uint32_t c = 0; c < sdf->n_channels; c++) {
		if (ratio_of(sdf, &sdf->channels[c], &t->ratios[c]))
			continue;
		if (cycle && n_cycle) {
			cycle[0] = c;
			*n_cycle = 1;
		}
		return -EINVAL;
	}
	for (uint32_t a = 0; a < sdf->n_actors; a++) {
		int64_t r;

		if (t->visited[a])
			continue;
		r = visit(t, a, end, cycle, n_cycle);
		if (r < 0)
			return (int)r;
		end = (uint32_t)r;
	}
	if (t->overflow)
		return contradiction_modulo_prime(t, cycle, n_cycle);
	for (uint32_t first = 0; first < sdf->n_actors; first = last) {
		int r;

		for (last = first + 1; last < sdf->n_actors && t->root_of[last] == first; last++)
			;
		r = scale(t, first, last, q);
		if (r < 0)
			return r;
	}
	return 0;
}

int pel_sdf_repetition(const struct pel_sdf *sdf, uint64_t *q, uint32_t *cycle, uint32_t *n_cycle)
{
	struct tree tree;
	int r = tree_init(&tree, sdf);

	if (r == 0)
		r = solve(&tree, q, cycle, n_cycle);
	tree_fini(&tree);
	return r;
}
