/* SPDX-License-Identifier: Apache-2.0 */
#include "repair.h"

#include <errno.h>
#include <string.h>
#include "compiler.h"

/* Repairs deadlocks: finds initial tokens and capacities with which the static part of a graph is live. */

/* Limits the work of one search for capacities. A count, not a time, so that the result is the same on every machine. */
#define REPAIR_LOOKS 1000000

struct repair_clock {
	uint32_t left;
};

static bool work_used_up(void *context)
{
	struct repair_clock *clock = context;

	return clock->left == 0 || --clock->left == 0;
}

void pel_fixes_destroy(struct pel_fixes *fixes)
{
	if (!fixes)
		return;
	for (size_t i = 0; i < fixes->count; i++) {
		pel_free(fixes->items[i]->file);
		pel_free(fixes->items[i]);
	}
	pel_free(fixes->items);
	pel_free(fixes);
}

/* Append a fix. NULL: out of memory. */
static struct pel_fix *append_fix(struct pel_fixes **ret)
{
	struct pel_fixes *fixes = *ret ? *ret : (*ret = pel_calloc(1, sizeof(*fixes)));
	struct pel_fix **items, *fix;

	if (!fixes)
		return NULL;
	fixes->size = sizeof(*fixes);
	items = pel_realloc(fixes->items, (fixes->count + 1) * sizeof(struct pel_fix *));
	if (!items)
		return NULL;
	fixes->items = items;
	if ((fix = pel_calloc(1, sizeof(*fix))))
		items[fixes->count++] = fix;
	return fix;
}

/* The same element may describe several channels, one for each use of its graph; the largest value then suits all of them. */
static int add_fix(struct compiler *c, struct pel_place place, const char *attribute, uint64_t value)
{
	struct pel_fixes *fixes = *c->options->fixes;
	struct pel_fix *fix;

	if (!place.file)
		return 0;
	for (size_t i = 0; fixes && i < fixes->count; i++) {
		fix = fixes->items[i];
		if (fix->line == place.line && fix->col == place.col && fix->attribute == attribute &&
		    strcmp(fix->file, place.file) == 0) {
			fix->value = value > fix->value ? value : fix->value;
			return 0;
		}
	}
	if (!(fix = append_fix(c->options->fixes)))
		return pel_nomem(c->err);
	*fix = (struct pel_fix){ sizeof(*fix), pel_strdup(place.file), place.line, place.col, attribute, value };
	if (!fix->file)
		return pel_nomem(c->err);
	return 0;
}

int pel_repair_capacity(struct compiler *c, uint32_t channel, uint64_t value)
{
	return c->repair_places ? add_fix(c, c->repair_places[channel].capacity, "capacity", value) : 0;
}

int pel_repair_initial(struct compiler *c, uint32_t channel, uint64_t value)
{
	return c->repair_places ? add_fix(c, c->repair_places[channel].initial, "initial", value) : 0;
}

/* ---- initial tokens ---- */

struct tokens {
	struct compiler *c;
	struct pel_sdf sdf; /* without capacities */
	struct pel_sdf_channel *channels;
	struct pel_sdf_blocked *blocked;
	uint64_t work, run; /* the work that is left; the work of one execution */
};

/* Is the graph live? 0, -EDEADLK with the cycle in blocked[0..*n), or another negative errno. */
static int execute(struct tokens *tokens, uint32_t *n)
{
	if (tokens->work < tokens->run)
		return -ETIME;
	tokens->work -= tokens->run;
	return pel_sdf_liveness(&tokens->sdf, tokens->c->sdf_q, NULL, n ? tokens->blocked : NULL, n,
				PEL_REPAIR_STEPS);
}

/* An attribute cannot add tokens to a channel whose initial values are written out. */
static bool can_have_more(const struct compiler *c, uint32_t channel)
{
	return !c->repair_places || !c->repair_places[c->sdf_channel[channel]].values;
}

static bool goes_back(const struct compiler *c, uint32_t channel)
{
	const struct pel_plan_channel *in_plan = &c->plan->channels[c->sdf_channel[channel]];

	return in_plan->from >= in_plan->to;
}

/* Choose where to add tokens: on feedback first, then where the fewest are missing. NULL: none is possible. */
static const struct pel_sdf_blocked *choose(const struct tokens *tokens, uint32_t n)
{
	const struct pel_sdf_blocked *best = NULL;

	for (uint32_t i = 0; i < n; i++) {
		const struct pel_sdf_blocked *one = &tokens->blocked[i];
		bool back = goes_back(tokens->c, one->channel);

		if (!can_have_more(tokens->c, one->channel))
			continue;
		if (!best || back > goes_back(tokens->c, best->channel) ||
		    (back == goes_back(tokens->c, best->channel) &&
		     one->needs - one->has < best->needs - best->has))
			best = one;
	}
	return best;
}

/* Resolve one cycle after the other. A channel that comes up again gets twice as many tokens, so that large numbers need few repetitions. */
static int add_tokens(struct tokens *tokens)
{
	const struct pel_sdf_channel *before = tokens->c->sdf.channels;
	uint32_t n = 0;
	int r;

	while ((r = execute(tokens, &n)) == -EDEADLK) {
		const struct pel_sdf_blocked *where = choose(tokens, n);
		struct pel_sdf_channel *channel = where ? &tokens->channels[where->channel] : NULL;
		uint64_t missing, added;

		if (!channel)
			return -EDEADLK;
		missing = where->needs - where->has;
		added = channel->initial - before[where->channel].initial;
		channel->initial += missing > added ? missing : added;
		if (channel->initial > PEL_MAX_CAPACITY)
			return -EOVERFLOW;
	}
	return r;
}

/* Keep only as many of the added tokens on `channel` as are necessary. 0 or -ENOMEM; if the work is used up, there may be too many tokens. */
static int take_back(struct tokens *tokens, uint32_t channel)
{
	uint64_t *initial = &tokens->channels[channel].initial;
	uint64_t dead = tokens->c->sdf.channels[channel].initial, live = *initial;
	int r = 0;

	*initial = dead;
	if ((r = execute(tokens, NULL)) == 0)
		return 0;
	while (r == -EDEADLK && live - dead > 1) {
		*initial = dead + (live - dead) / 2;
		r = execute(tokens, NULL);
		if (r == 0)
			live = *initial;
		else if (r == -EDEADLK)
			dead = *initial;
		r = r == 0 ? -EDEADLK : r;
	}
	*initial = live;
	return r == -ENOMEM ? r : 0;
}

static int tokens_init(struct tokens *tokens, struct compiler *c, uint64_t work)
{
	struct pel_sdf_channel *channels = pel_compiler_alloc_brief(c, c->sdf.n_channels, sizeof(*channels));
	uint64_t firings = 0;

	*tokens = (struct tokens){ .c = c,
				   .sdf = c->sdf,
				   .channels = channels,
				   .blocked = pel_compiler_alloc_brief(c, c->sdf.n_actors,
								       sizeof(*tokens->blocked)),
				   .work = work };
	if (!channels || !tokens->blocked)
		return -ENOMEM;
	tokens->sdf.channels = channels;
	for (uint32_t i = 0; i < c->sdf.n_channels; i++) {
		channels[i] = c->sdf.channels[i];
		channels[i].capacity = 0;
	}
	for (uint32_t a = 0; a < c->sdf.n_actors && firings < PEL_REPAIR_STEPS; a++)
		firings += c->sdf_q[a] < PEL_REPAIR_STEPS ? c->sdf_q[a] * c->sdf.phases[a] : PEL_REPAIR_STEPS;
	tokens->run = 1 + c->sdf.n_actors + c->sdf.n_channels +
		      (firings < PEL_REPAIR_STEPS ? firings : PEL_REPAIR_STEPS);
	return 0;
}

int pel_repair_tokens(struct compiler *c, uint64_t work, const struct pel_sdf_channel **ret)
{
	struct tokens tokens;
	int r = tokens_init(&tokens, c, work);

	if (r == 0)
		r = add_tokens(&tokens);
	for (uint32_t i = 0; i < c->sdf.n_channels && r == 0; i++)
		if (tokens.channels[i].initial != c->sdf.channels[i].initial)
			r = take_back(&tokens, i);
	if (r == 0)
		*ret = tokens.channels;
	return r;
}

/* ---- capacities ---- */

/* Use the most tokens that each channel holds in an unbounded execution: sufficient capacities, but not the least. */
static int take_high_water(struct compiler *c, const struct pel_sdf *unbounded, uint64_t *capacity)
{
	int r = pel_sdf_liveness(unbounded, c->sdf_q, capacity, NULL, NULL, PEL_REPAIR_STEPS);

	for (uint32_t i = 0; i < c->sdf.n_channels && r == 0; i++)
		if (!c->sdf.channels[i].capacity)
			capacity[i] = 0;
		else if (capacity[i] < c->sdf.channels[i].capacity)
			capacity[i] = c->sdf.channels[i].capacity;
	return r;
}

/* Find the least capacities with which the graph is live. It has the initial tokens of `channels`, whose capacities are not set. */
static int find_capacities(struct compiler *c, const struct pel_sdf_channel *channels, uint64_t *capacity)
{
	struct pel_sdf_channel *bounded = pel_compiler_alloc_brief(c, c->sdf.n_channels, sizeof(*bounded));
	struct pel_sdf sdf = c->sdf, unbounded = c->sdf;
	struct repair_clock clock = { REPAIR_LOOKS };
	struct pel_sdf_limits limits = { work_used_up, &clock, 0 };
	int r;

	if (!bounded)
		return -ENOMEM;
	for (uint32_t i = 0; i < c->sdf.n_channels; i++) {
		bounded[i] = channels[i];
		bounded[i].capacity = c->sdf.channels[i].capacity;
		if (bounded[i].capacity && bounded[i].capacity < bounded[i].initial)
			bounded[i].capacity = bounded[i].initial;
		capacity[i] = bounded[i].capacity;
	}
	sdf.channels = bounded;
	unbounded.channels = channels;
	r = pel_sdf_liveness(&sdf, c->sdf_q, NULL, NULL, NULL, PEL_REPAIR_STEPS);
	if (r == -EDEADLK)
		r = pel_sdf_repair(&sdf, c->sdf_q, &limits, capacity);
	return r < 0 && r != -ENOMEM ? take_high_water(c, &unbounded, capacity) : r;
}

int pel_repair_deadlock(struct compiler *c)
{
	const struct pel_sdf_channel *channels;
	uint64_t *capacity;
	int r;

	if (!c->options->fixes)
		return 0;
	capacity = pel_compiler_alloc_brief(c, c->sdf.n_channels, sizeof(*capacity));
	if (!capacity)
		return -ENOMEM;
	r = pel_repair_tokens(c, PEL_REPAIR_WORK, &channels);
	if (r == 0)
		r = find_capacities(c, channels, capacity);
	for (uint32_t i = 0; i < c->sdf.n_channels && r == 0; i++) {
		if (channels[i].initial != c->sdf.channels[i].initial)
			r = pel_repair_initial(c, c->sdf_channel[i], channels[i].initial);
		if (r == 0 && capacity[i] != c->sdf.channels[i].capacity)
			r = pel_repair_capacity(c, c->sdf_channel[i], capacity[i]);
	}
	return r == -ENOMEM ? r : 0;
}
