/* SPDX-License-Identifier: Apache-2.0 */
#include "load.h"

#include <errno.h>
#include <string.h>

/* ---- graph="#name" ---- */

/* The nested graphs visible in a graph: its own, then those of the enclosing graphs. */
struct seen {
	const struct seen *outer;
	const struct pel_decl_graph *graph;
	struct pel_map by_name;
};

static const struct pel_decl_graph *find_nested(const struct seen *seen, const char *name)
{
	for (; seen; seen = seen->outer) {
		size_t i = pel_map_get(&seen->by_name, name);

		if (i != PEL_MAP_NONE)
			return seen->graph->graphs[i];
	}
	return NULL;
}

static void fail_nested(struct pel_loader *ld, const struct seen *seen, const struct pel_decl_actor *actor)
{
	const char *name = actor->graph.text + 1;
	char quoted[PEL_QUOTE_BYTES];
	struct pel_near near = { 0 };

	pel_loader_fail(ld, pel_loader_place(ld, &actor->graph), "there is no graph '%s' in this document",
			pel_quote(name, strlen(name), quoted));
	for (; seen && ld->n_errors <= PEL_MAX_GUESSES; seen = seen->outer)
		for (size_t i = 0; i < seen->graph->n_graphs && i < PEL_MAX_CANDIDATES; i++)
			if (seen->graph->graphs[i]->name.text)
				pel_near_try(&near, name, seen->graph->graphs[i]->name.text);
	if (near.name)
		pel_hint(ld->err, "did you mean '#%s'?", near.name);
}

static int link_graph(struct pel_loader *ld, struct pel_decl_graph *graph, const struct seen *outer)
{
	struct seen seen = { .outer = outer, .graph = graph };
	int r = 0;

	for (size_t i = 0; i < graph->n_graphs && r == 0; i++) {
		const char *name = graph->graphs[i]->name.text;

		if (name && pel_map_put(&seen.by_name, name, i) == -ENOMEM)
			r = -ENOMEM;
	}
	for (size_t i = 0; i < graph->n_actors && r == 0 && ld->n_errors <= PEL_MAX_ERRORS; i++) {
		struct pel_decl_actor *actor = &graph->actors[i];

		if (!actor->graph.text || actor->graph.text[0] != '#')
			continue;
		actor->sub = find_nested(&seen, actor->graph.text + 1);
		if (!actor->sub)
			fail_nested(ld, &seen, actor);
	}
	for (size_t i = 0; i < graph->n_graphs && r == 0; i++)
		r = link_graph(ld, graph->graphs[i], &seen);
	pel_map_fini(&seen.by_name);
	return r;
}

int pel_link_nested(struct pel_loader *ld, struct pel_decl_graph *graph)
{
	return link_graph(ld, graph, NULL);
}

/* ---- depth and size ---- */

enum { NEW, OPEN, DONE };

/* The properties of a graph. */
struct node {
	unsigned char state;
	unsigned height;	   /* levels of graphs below it */
	uint64_t actors, channels; /* their numbers after unfolding; saturate at UINT64_MAX */
};

struct walk {
	struct node *nodes; /* by number */
	const struct pel_decl_graph **path;
	unsigned depth;
	const struct pel_limits *limits;
	struct pel_error *err;
};

static uint64_t add(uint64_t a, uint64_t b)
{
	return a + b < a ? UINT64_MAX : a + b;
}

static const char *label(const struct pel_decl_graph *graph)
{
	return graph->parent ? graph->name.text : graph->file;
}

static int fail_recursion(const struct walk *walk, const struct pel_decl_graph *holder,
			  const struct pel_decl_actor *actor)
{
	struct pel_place place = { holder->file, actor->graph.line, actor->graph.col };
	char path[1024] = "";
	size_t n = 0;
	unsigned i = 0;

	while (walk->path[i] != actor->sub)
		i++;
	for (; i < walk->depth && n < sizeof(path); i++)
		n += (size_t)snprintf(path + n, sizeof(path) - n, "%s -> ", label(walk->path[i]));
	return pel_fail(walk->err, -EINVAL, place, "actor '%s' makes a graph contain itself: %s%s",
			actor->id.text, path, label(actor->sub));
}

static int visit(struct walk *walk, const struct pel_decl_graph *graph);

static int visit_actor(struct walk *walk, const struct pel_decl_graph *graph, const struct pel_decl_actor *actor)
{
	struct node *node = &walk->nodes[graph->number];
	const struct node *sub = &walk->nodes[actor->sub->number];
	struct pel_place place = { graph->file, actor->graph.line, actor->graph.col };
	int r;

	if (sub->state == OPEN)
		return fail_recursion(walk, graph, actor);
	if (sub->state == NEW) {
		if (walk->depth > walk->limits->nesting)
			return pel_fail(walk->err, -EINVAL, place, "graphs are nested more than %u deep",
					walk->limits->nesting);
		r = visit(walk, actor->sub);
		if (r < 0)
			return r;
	}
	if (sub->height + 1 > node->height)
		node->height = sub->height + 1;
	if (node->height > walk->limits->nesting)
		return pel_fail(walk->err, -EINVAL, place, "graphs are nested more than %u deep",
				walk->limits->nesting);
	node->actors = add(node->actors, sub->actors);
	node->channels = add(node->channels, sub->channels);
	return 0;
}

/* The path is not longer than the limit of nesting, so this recursion is not deep. */
static int visit(struct walk *walk, const struct pel_decl_graph *graph)
{
	struct node *node = &walk->nodes[graph->number];
	int r = 0;

	node->state = OPEN;
	node->actors = graph->n_actors;
	node->channels = graph->n_channels;
	walk->path[walk->depth++] = graph;
	for (size_t i = 0; i < graph->n_actors && r == 0; i++)
		if (graph->actors[i].sub)
			r = visit_actor(walk, graph, &graph->actors[i]);
	walk->depth--;
	node->state = DONE;
	return r;
}

/* Unused graphs must not contain themselves either. */
static int visit_all(struct walk *walk, const struct pel_decl_graph *graph)
{
	int r = walk->nodes[graph->number].state == NEW ? visit(walk, graph) : 0;

	for (size_t i = 0; i < graph->n_graphs && r == 0; i++)
		r = visit_all(walk, graph->graphs[i]);
	return r;
}

static int check_total(const struct walk *walk, const struct pel_decl_graph *top, uint64_t total,
		       uint64_t limit, const char *what)
{
	struct pel_place place = { top->file, top->line, top->col };

	if (total <= limit)
		return 0;
	pel_fail(walk->err, -EINVAL, place,
		 "the graph has %llu%s %s when its nested graphs are unfolded; the limit is %llu",
		 (unsigned long long)total, total == UINT64_MAX ? " or more" : "", what,
		 (unsigned long long)limit);
	return -EINVAL;
}

int pel_check_hierarchy(const struct pel_graph *graph, const struct pel_limits *limits, struct pel_error *err)
{
	struct walk walk = { .limits = limits, .err = err };
	int r = -ENOMEM;

	walk.nodes = pel_calloc(graph->n_graphs, sizeof(*walk.nodes));
	walk.path = pel_calloc((size_t)limits->nesting + 2, sizeof(*walk.path));
	if (walk.nodes && walk.path) {
		const struct node *top = &walk.nodes[graph->top->number];

		r = 0;
		for (size_t i = 0; i < graph->n_files && r == 0; i++)
			r = visit_all(&walk, graph->files[i]);
		if (r == 0)
			r = check_total(&walk, graph->top, top->actors, limits->actors, "actors");
		if (r == 0)
			r = check_total(&walk, graph->top, top->channels, limits->channels, "channels");
	}
	pel_free(walk.nodes);
	pel_free(walk.path);
	return r;
}
