/* SPDX-License-Identifier: Apache-2.0 */
#include "order.h"

#include <errno.h>
#include <string.h>
#include "compiler.h"

/*
 * Orders nodes along the data flow, by Tarjan's algorithm (1972) without recursion. It finds strongly connected components in reverse
 * topological order. Because it goes depth-first, an actor and its readers mostly end up next to each other.
 */
struct visit {
	uint32_t node;
	uint32_t next; /* the next edge to follow */
};

struct search {
	uint32_t n;
	const uint32_t *begin, *to; /* node v: to[begin[v]] .. to[begin[v + 1]) */
	uint32_t *number, *low;	    /* from 1; 0: not visited */
	uint32_t *stack, n_stack;
	bool *on_stack;
	struct visit *visits;
	uint32_t seen, left, n_parts; /* `left`: how many places of the order are still free */
	uint32_t *order, *part;
};

static void enter(struct search *s, uint32_t node, uint32_t *depth)
{
	s->number[node] = s->low[node] = ++s->seen;
	s->stack[s->n_stack++] = node;
	s->on_stack[node] = true;
	/* Follow the last edge first, because the order is filled from its end. */
	s->visits[(*depth)++] = (struct visit){ node, s->begin[node + 1] };
}

/* `node` is the first visited node of its component. The component is `node` and all nodes above it on the stack: move it to the order. */
static void leave_component(struct search *s, uint32_t node)
{
	uint32_t top;

	do {
		top = s->stack[--s->n_stack];
		s->on_stack[top] = false;
		s->order[--s->left] = top;
		s->part[top] = s->n_parts;
	} while (top != node);
	s->n_parts++;
}

static void search_from(struct search *s, uint32_t root)
{
	uint32_t depth = 0;

	enter(s, root, &depth);
	while (depth) {
		struct visit *visit = &s->visits[depth - 1];
		uint32_t node = visit->node;

		if (visit->next > s->begin[node]) {
			uint32_t to = s->to[--visit->next];

			if (!s->number[to])
				enter(s, to, &depth);
			else if (s->on_stack[to] && s->number[to] < s->low[node])
				s->low[node] = s->number[to];
			continue;
		}
		depth--;
		if (depth && s->low[node] < s->low[s->visits[depth - 1].node])
			s->low[s->visits[depth - 1].node] = s->low[node];
		if (s->low[node] == s->number[node])
			leave_component(s, node);
	}
}

/* Start at sources, so that chains are entered at their heads; then visit nodes that only cycles reach. */
static void search_all(struct search *s, const bool *fed)
{
	for (uint32_t i = s->n; i-- > 0;)
		if (!fed[i] && !s->number[i])
			search_from(s, i);
	for (uint32_t i = s->n; i-- > 0;)
		if (!s->number[i])
			search_from(s, i);
	for (uint32_t i = 0; i < s->n; i++)
		s->part[i] = s->n_parts - 1 - s->part[i];
}

int pel_order_nodes(uint32_t n, const struct edge *edges, size_t n_edges, uint32_t *order, uint32_t *part)
{
	size_t numbers = (size_t)n * 6 + 1 + n_edges;
	uint32_t *memory = pel_calloc(numbers, sizeof(*memory)), *begin, *to;
	struct visit *visits = pel_calloc(n, sizeof(*visits));
	bool *flags = pel_calloc(n, 2 * sizeof(*flags));
	struct search s = { .n = n, .left = n, .order = order, .visits = visits, .on_stack = flags };
	int r = -ENOMEM;

	if (!memory || !visits || !flags)
		goto out;
	begin = memory;
	to = begin + n + 1;
	s.number = to + n_edges;
	s.low = s.number + n;
	s.stack = s.low + n;
	s.part = part ? part : s.stack + n;
	for (size_t i = 0; i < n_edges; i++) {
		begin[edges[i].from + 1]++;
		flags[n + edges[i].to] |= edges[i].from != edges[i].to;
	}
	for (uint32_t i = 0; i < n; i++)
		begin[i + 1] += begin[i];
	/* Fill backwards: begin[v + 1] counts down to the start of v's edges; shift the array afterwards. */
	for (size_t i = n_edges; i-- > 0;)
		to[--begin[edges[i].from + 1]] = edges[i].to;
	for (uint32_t i = 0; i < n; i++)
		begin[i] = begin[i + 1];
	begin[n] = (uint32_t)n_edges;
	s.begin = begin;
	s.to = to;
	search_all(&s, flags + n);
	r = 0;
out:
	pel_free(memory);
	pel_free(visits);
	pel_free(flags);
	return r;
}

int pel_loops_mark(struct compiler *c)
{
	struct pel_plan *plan = c->plan;
	struct edge *edges = pel_compiler_alloc_brief(c, (size_t)plan->n_channels + 1, sizeof(*edges));
	uint32_t *order = pel_compiler_alloc_brief(c, plan->n_actors, sizeof(*order));
	uint32_t *part = pel_compiler_alloc_brief(c, plan->n_actors, sizeof(*part));

	if (!edges || !order || !part)
		return -ENOMEM;
	for (uint32_t i = 0; i < plan->n_channels; i++)
		edges[i] = (struct edge){ plan->channels[i].from, plan->channels[i].to };
	if (pel_order_nodes(plan->n_actors, edges, plan->n_channels, order, part) < 0)
		return pel_nomem(c->err);
	for (uint32_t i = 0; i < plan->n_channels; i++)
		plan->channels[i].loop = part[plan->channels[i].from] == part[plan->channels[i].to];
	return 0;
}
