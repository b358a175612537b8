/* SPDX-License-Identifier: Apache-2.0 */
#include "throughput-parts.h"

#include <errno.h>
#include <string.h>

#define UNSEEN	0
#define NO_PART UINT32_MAX

int pel_sdf_parts_init(struct pel_sdf_evaluator *ev)
{
	size_t actors = ev->sdf->n_actors, tags = (size_t)2 * ev->sdf->n_channels;

	ev->begin = pel_sdf_alloc(actors + 2, sizeof(*ev->begin));
	ev->around = pel_sdf_alloc(tags, sizeof(*ev->around));
	ev->number = pel_sdf_alloc(actors, sizeof(*ev->number));
	ev->low = pel_sdf_alloc(actors, sizeof(*ev->low));
	ev->part = pel_sdf_alloc(actors, sizeof(*ev->part));
	ev->next = pel_sdf_alloc(actors, sizeof(*ev->next));
	ev->path = pel_sdf_alloc(actors, sizeof(*ev->path));
	ev->stack = pel_sdf_alloc(actors, sizeof(*ev->stack));
	ev->actors = pel_sdf_alloc(actors, sizeof(*ev->actors));
	ev->tags = pel_sdf_alloc(tags, sizeof(*ev->tags));
	ev->actors_begin = pel_sdf_alloc(actors + 1, sizeof(*ev->actors_begin));
	ev->tags_begin = pel_sdf_alloc(actors + 2, sizeof(*ev->tags_begin));
	return !ev->begin || !ev->around || !ev->number || !ev->low || !ev->part || !ev->next || !ev->path ||
			       !ev->stack || !ev->actors || !ev->tags || !ev->actors_begin || !ev->tags_begin
		       ? -ENOMEM
		       : 0;
}

static uint32_t tail_of(const struct pel_sdf_evaluator *ev, uint32_t tag)
{
	return tag % 2 ? ev->sdf->channels[tag / 2].to : ev->sdf->channels[tag / 2].from;
}

static uint32_t head_of(const struct pel_sdf_evaluator *ev, uint32_t tag)
{
	return tag % 2 ? ev->sdf->channels[tag / 2].from : ev->sdf->channels[tag / 2].to;
}

/* True if this constraint exists: the tokens of a channel that moves any, or its room. */
static bool is_there(const struct pel_sdf_evaluator *ev, const uint64_t *capacity, uint32_t tag)
{
	return ev->net.produce[tag / 2].cycle && (tag % 2 == 0 || capacity[tag / 2]);
}

static void list_tags(struct pel_sdf_evaluator *ev, const uint64_t *capacity)
{
	uint32_t *next = ev->begin + 1, n = 2 * ev->sdf->n_channels;

	memset(ev->begin, 0, ((size_t)ev->sdf->n_actors + 2) * sizeof(*ev->begin));
	for (uint32_t tag = 0; tag < n; tag++)
		if (is_there(ev, capacity, tag))
			next[tail_of(ev, tag) + 1]++;
	for (uint32_t a = 0; a < ev->sdf->n_actors; a++)
		next[a + 1] += next[a];
	for (uint32_t tag = 0; tag < n; tag++)
		if (is_there(ev, capacity, tag))
			ev->around[next[tail_of(ev, tag)]++] = tag;
}

/* Tarjan 1972, with an explicit path. */
static void find_parts_from(struct pel_sdf_evaluator *ev, uint32_t root, uint32_t *discovered, uint32_t *n_stack)
{
	uint32_t depth = 0;

	ev->path[depth++] = ev->stack[(*n_stack)++] = root;
	ev->number[root] = ev->low[root] = ++*discovered;
	ev->next[root] = ev->begin[root];
	while (depth) {
		uint32_t a = ev->path[depth - 1], b;

		if (ev->next[a] < ev->begin[a + 1]) {
			b = head_of(ev, ev->around[ev->next[a]++]);
			if (ev->number[b] == UNSEEN) {
				ev->path[depth++] = ev->stack[(*n_stack)++] = b;
				ev->number[b] = ev->low[b] = ++*discovered;
				ev->next[b] = ev->begin[b];
			} else if (ev->part[b] == NO_PART && ev->number[b] < ev->low[a]) {
				ev->low[a] = ev->number[b];
			}
			continue;
		}
		depth--;
		if (depth && ev->low[a] < ev->low[ev->path[depth - 1]])
			ev->low[ev->path[depth - 1]] = ev->low[a];
		if (ev->low[a] != ev->number[a])
			continue;
		do {
			b = ev->stack[--*n_stack];
			ev->part[b] = ev->n_parts;
		} while (b != a);
		ev->n_parts++;
	}
}

void pel_sdf_parts_find(struct pel_sdf_evaluator *ev, const uint64_t *capacity)
{
	uint32_t discovered = 0, n_stack = 0, n = ev->sdf->n_actors, *next;

	list_tags(ev, capacity);
	ev->n_parts = 0;
	for (uint32_t a = 0; a < n; a++) {
		ev->number[a] = UNSEEN;
		ev->part[a] = NO_PART;
	}
	for (uint32_t a = 0; a < n; a++)
		if (ev->number[a] == UNSEEN)
			find_parts_from(ev, a, &discovered, &n_stack);

	/* Group actors and tags by part. */
	memset(ev->actors_begin, 0, ((size_t)n + 1) * sizeof(*ev->actors_begin));
	memset(ev->tags_begin, 0, ((size_t)n + 2) * sizeof(*ev->tags_begin));
	for (uint32_t a = 0; a < n; a++)
		ev->actors_begin[ev->part[a] + 1]++;
	for (uint32_t p = 0; p < ev->n_parts; p++)
		ev->actors_begin[p + 1] += ev->actors_begin[p];
	for (uint32_t p = 0; p < ev->n_parts; p++)
		ev->stack[p] = ev->actors_begin[p];
	for (uint32_t a = 0; a < n; a++)
		ev->actors[ev->stack[ev->part[a]]++] = a;
	next = ev->tags_begin + 1;
	for (unsigned filling = 0; filling < 2; filling++) {
		for (uint32_t tag = 0; tag < 2 * ev->sdf->n_channels; tag++) {
			uint32_t part = ev->part[tail_of(ev, tag)];

			if (!is_there(ev, capacity, tag) || ev->part[head_of(ev, tag)] != part)
				continue;
			if (filling)
				ev->tags[next[part]++] = tag;
			else
				next[part + 1]++;
		}
		for (uint32_t p = 0; p < ev->n_parts && !filling; p++)
			next[p + 1] += next[p];
	}
}
