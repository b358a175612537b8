/* SPDX-License-Identifier: Apache-2.0 */
#include "load-build.h"

#include <errno.h>
#include <string.h>

/* ---- <param>, <use>, and the ports of a graph ---- */

static void *begin_param(struct pel_loader *ld, struct pel_place place)
{
	return PEL_DECLARE(pel_graph_of(ld)->params, pel_decl_param, place);
}

static int check_param(struct pel_loader *ld, void *decl, struct pel_place place)
{
	(void)place;
	return pel_declare(ld, &pel_graph_of(ld)->param_lines, &((struct pel_decl_param *)decl)->name,
			   "a parameter");
}

static void *begin_use(struct pel_loader *ld, struct pel_place place)
{
	return PEL_DECLARE(pel_graph_of(ld)->uses, pel_decl_use, place);
}

static int check_use(struct pel_loader *ld, void *decl, struct pel_place place)
{
	(void)place;
	return pel_declare(ld, &pel_graph_of(ld)->use_lines, &((struct pel_decl_use *)decl)->library,
			   "a <use> of");
}

static void *begin_boundary(struct pel_loader *ld, struct pel_place place)
{
	return PEL_DECLARE(pel_graph_of(ld)->ports, pel_decl_port, place);
}

static int check_boundary_in(struct pel_loader *ld, void *decl, struct pel_place place)
{
	(void)place;
	return pel_declare(ld, &pel_graph_of(ld)->id_lines, &((struct pel_decl_port *)decl)->name,
			   "an actor or boundary port");
}

static int check_boundary_out(struct pel_loader *ld, void *decl, struct pel_place place)
{
	((struct pel_decl_port *)decl)->out = true;
	return check_boundary_in(ld, decl, place);
}

/* ---- <actor> ---- */

static void *begin_actor(struct pel_loader *ld, struct pel_place place)
{
	struct pel_build *build = pel_build_of(ld);

	if (!PEL_DECLARE(pel_graph_of(ld)->actors, pel_decl_actor, place))
		return NULL;
	build->actor = (struct pel_written_actor){ .decl = { .line = place.line, .col = place.col } };
	return &build->actor;
}

/* Store the actor whose attributes have been read in its place among the others. Returns 0 or -ENOMEM. */
static int keep_actor(struct pel_loader *ld)
{
	static const struct pel_decl_seldom none;
	struct pel_build *build = pel_build_of(ld);
	struct pel_decl_seldom *seldom;

	build->actor.decl.seldom = &none;
	if (memcmp(&build->actor.seldom, &none, sizeof(none)) != 0) {
		seldom = pel_arena_alloc(ld->arena, sizeof(*seldom));
		if (!seldom)
			return -ENOMEM;
		*seldom = build->actor.seldom;
		build->actor.decl.seldom = seldom;
	}
	*(struct pel_decl_actor *)pel_list_last(&pel_graph_of(ld)->actors) = build->actor.decl;
	return 0;
}

/* Reject an attribute that an actor with graph= cannot have; it belongs to the actors inside. */
static void refuse_on_graph(struct pel_loader *ld, const struct pel_attr *attr, const char *name)
{
	if (!attr->text)
		return;
	pel_loader_fail(ld, pel_loader_place(ld, attr), "an actor that is a graph cannot have '%s'", name);
	pel_hint(ld->err, "set it on the actors inside that graph");
}

static void check_graph_actor(struct pel_loader *ld, const struct pel_decl_actor *actor)
{
	refuse_on_graph(ld, &actor->seldom->copies, "copies");
	refuse_on_graph(ld, &actor->seldom->in_flight, "in-flight");
	refuse_on_graph(ld, &actor->seldom->max_batch, "max-batch");
	refuse_on_graph(ld, &actor->seldom->on_fault, "on-fault");
	refuse_on_graph(ld, &actor->seldom->retries, "retries");
	refuse_on_graph(ld, &actor->seldom->timeout_ms, "timeout-ms");
	refuse_on_graph(ld, &actor->seldom->time, "time");
	if (!strchr(actor->graph.text, '$'))
		return;
	pel_loader_fail(ld, pel_loader_place(ld, &actor->graph), "graph '%s' contains a '$'",
			actor->graph.text);
	pel_hint(ld->err, "graph files are loaded before parameters are known: write the path itself");
}

static int check_actor(struct pel_loader *ld, void *decl, struct pel_place place)
{
	const struct pel_decl_actor *actor = &((struct pel_written_actor *)decl)->decl;

	if (keep_actor(ld) < 0)
		return -ENOMEM;
	if (!actor->kernel.line && !actor->graph.line)
		pel_loader_fail(ld, place, "<actor> needs the attribute 'kernel' or 'graph'");
	else if (actor->kernel.text && actor->graph.text)
		pel_loader_fail(ld, pel_loader_place(ld, &actor->graph),
				"<actor> has both 'kernel' and 'graph'");
	else if (actor->graph.text)
		check_graph_actor(ld, actor);
	return pel_declare(ld, &pel_graph_of(ld)->id_lines, &actor->id, "an actor or boundary port");
}

static void *begin_set(struct pel_loader *ld, struct pel_place place)
{
	return PEL_DECLARE(pel_build_of(ld)->sets, pel_decl_set, place);
}

static int check_set(struct pel_loader *ld, void *decl, struct pel_place place)
{
	(void)place;
	return pel_declare(ld, &pel_build_of(ld)->set_lines, &((struct pel_decl_set *)decl)->name,
			   "a <set> of");
}

static void *begin_tail(struct pel_loader *ld, struct pel_place place)
{
	const struct pel_decl_actor *actor = pel_list_last(&pel_graph_of(ld)->actors);

	if (actor->graph.text && !actor->kernel.text) {
		pel_loader_fail(ld, place, "an actor that is a graph cannot have <in>");
		pel_hint(ld->err, "set it on the actors inside that graph");
	}
	return PEL_DECLARE(pel_build_of(ld)->tails, pel_decl_set, place);
}

static int check_tail(struct pel_loader *ld, void *decl, struct pel_place place)
{
	(void)place;
	return pel_declare(ld, &pel_build_of(ld)->tail_lines, &((struct pel_decl_set *)decl)->name,
			   "an <in> for port");
}

static int end_actor(struct pel_loader *ld, struct pel_place place)
{
	struct pel_decl_actor *actor = pel_list_last(&pel_graph_of(ld)->actors);
	struct pel_build *build = pel_build_of(ld);

	(void)place;
	pel_map_fini(&build->set_lines);
	pel_map_fini(&build->tail_lines);
	return pel_list_take(ld, &build->sets, &actor->sets, &actor->n_sets) < 0 ||
			       pel_list_take(ld, &build->tails, &actor->tails, &actor->n_tails) < 0
		       ? -ENOMEM
		       : 0;
}

/* ---- <channel> ---- */

static void *begin_channel(struct pel_loader *ld, struct pel_place place)
{
	return PEL_DECLARE(pel_graph_of(ld)->channels, pel_decl_channel, place);
}

static int check_channel(struct pel_loader *ld, void *decl, struct pel_place place)
{
	(void)place;
	return pel_declare(ld, &pel_graph_of(ld)->channel_lines, &((struct pel_decl_channel *)decl)->name,
			   "a channel");
}

static void *begin_initial(struct pel_loader *ld, struct pel_place place)
{
	struct pel_decl_channel *channel = pel_list_last(&pel_graph_of(ld)->channels);

	channel->values_line = place.line;
	channel->values_col = place.col;
	pel_build_of(ld)->values_length = 0;
	if (channel->initial.text)
		pel_loader_fail(ld, place,
				"the channel has both <initial> and the attribute 'initial' (line %u)",
				channel->initial.line);
	return channel;
}

static int initial_content(struct pel_loader *ld, const char *bytes, size_t length)
{
	struct pel_build *build = pel_build_of(ld);

	if (pel_grow(&build->values, &build->values_capacity, build->values_length + length, 1) < 0)
		return -ENOMEM;
	memcpy(build->values + build->values_length, bytes, length);
	build->values_length += length;
	return 0;
}

static int end_initial(struct pel_loader *ld, struct pel_place place)
{
	struct pel_decl_channel *channel = pel_list_last(&pel_graph_of(ld)->channels);
	struct pel_build *build = pel_build_of(ld);
	char *values = pel_arena_strndup(ld->arena, build->values, build->values_length);

	if (!values)
		return -ENOMEM;
	channel->values = values;
	if (strspn(values, " \t\r\n") == strlen(values))
		pel_loader_fail(ld, place, "<initial> contains no values");
	return 0;
}

/* ---- <graph> ---- */

static void *begin_graph(struct pel_loader *ld, struct pel_place place)
{
	struct pel_build *build = pel_build_of(ld);
	struct pel_decl_graph *graph = pel_arena_alloc(ld->arena, sizeof(*graph)), **slot;

	if (!graph)
		return NULL;
	if (build->depth) {
		slot = pel_list_add(&pel_graph_of(ld)->graphs, sizeof(*slot));
		if (!slot)
			return NULL;
		*slot = graph;
		graph->parent = pel_graph_of(ld)->graph;
	} else {
		build->top = graph;
	}
	graph->file = ld->file;
	graph->dir = build->dir;
	graph->line = place.line;
	graph->col = place.col;
	build->stack[build->depth++] = (struct pel_graph_build){ .graph = graph };
	return graph;
}

static int check_graph(struct pel_loader *ld, void *decl, struct pel_place place)
{
	struct pel_build *build = pel_build_of(ld);

	(void)place;
	if (build->depth < 2)
		return 0;
	return pel_declare(ld, &build->stack[build->depth - 2].graph_lines,
			   &((struct pel_decl_graph *)decl)->name, "a graph");
}

static void graph_build_fini(struct pel_graph_build *build)
{
	struct pel_list *lists[] = { &build->params, &build->uses,   &build->kernels, &build->graphs,
				     &build->ports,  &build->actors, &build->channels };
	struct pel_map *maps[] = { &build->param_lines, &build->use_lines, &build->kernel_lines,
				   &build->graph_lines, &build->id_lines,  &build->channel_lines };

	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
		pel_free(lists[i]->items);
	for (size_t i = 0; i < sizeof(maps) / sizeof(maps[0]); i++)
		pel_map_fini(maps[i]);
}

static int end_graph(struct pel_loader *ld, struct pel_place place)
{
	struct pel_build *build = pel_build_of(ld);
	struct pel_graph_build *open = pel_graph_of(ld);
	struct pel_decl_graph *graph = open->graph;

	(void)place;
	if (pel_list_take(ld, &open->params, &graph->params, &graph->n_params) < 0 ||
	    pel_list_take(ld, &open->uses, &graph->uses, &graph->n_uses) < 0 ||
	    pel_list_take(ld, &open->kernels, &graph->kernels, &graph->n_kernels) < 0 ||
	    pel_list_take(ld, &open->graphs, &graph->graphs, &graph->n_graphs) < 0 ||
	    pel_list_take(ld, &open->ports, &graph->ports, &graph->n_ports) < 0 ||
	    pel_list_take(ld, &open->actors, &graph->actors, &graph->n_actors) < 0 ||
	    pel_list_take(ld, &open->channels, &graph->channels, &graph->n_channels) < 0)
		return -ENOMEM;
	graph_build_fini(open);
	build->depth--;
	return build->depth ? 0 : pel_link_nested(ld, graph);
}

/* ---- the language ---- */

const struct pel_attribute_rule pel_param_attributes[] = {
	PEL_ATTR(pel_decl_param, name, "name", NAME, true),
	PEL_ATTR(pel_decl_param, type, "type", PARAM_TYPE, true),
	PEL_ATTR(pel_decl_param, value, "value", TEXT, false),
	PEL_ATTR(pel_decl_param, doc, "doc", TEXT, false),
	PEL_ATTR(pel_decl_param, least, "least", SOME, false),
	PEL_ATTR(pel_decl_param, most, "most", SOME, false),
	PEL_ATTR(pel_decl_param, one_of, "one-of", SOME, false),
	PEL_ATTR(pel_decl_param, least_count, "least-count", SOME, false),
	PEL_ATTR(pel_decl_param, most_count, "most-count", SOME, false),
	PEL_ATTR(pel_decl_param, ends, "ends", SOME, false),
	{ 0 },
};

static const struct pel_rule param_rule = {
	.name = "param", .attributes = pel_param_attributes, .begin = begin_param, .check = check_param
};
static const struct pel_attribute_rule use_attributes[] = {
	PEL_ATTR(pel_decl_use, library, "library", MODULE, true),
	{ 0 },
};
static const struct pel_rule use_rule = {
	.name = "use", .attributes = use_attributes, .begin = begin_use, .check = check_use
};

static const struct pel_attribute_rule boundary_attributes[] = {
	PEL_ATTR(pel_decl_port, name, "name", NAME, true),
	PEL_ATTR(pel_decl_port, type, "type", SOME, false),
	PEL_ATTR(pel_decl_port, doc, "doc", TEXT, false),
	{ 0 },
};
static const struct pel_rule boundary_in_rule = {
	.name = "in", .attributes = boundary_attributes, .begin = begin_boundary, .check = check_boundary_in
};
static const struct pel_rule boundary_out_rule = {
	.name = "out", .attributes = boundary_attributes, .begin = begin_boundary, .check = check_boundary_out
};

static const struct pel_attribute_rule set_attributes[] = {
	PEL_ATTR(pel_decl_set, name, "name", NAME, true),
	PEL_ATTR(pel_decl_set, value, "value", TEXT, true),
	{ 0 },
};
static const struct pel_rule set_rule = {
	.name = "set", .attributes = set_attributes, .begin = begin_set, .check = check_set
};

static const struct pel_attribute_rule tail_attributes[] = {
	PEL_ATTR(pel_decl_set, name, "name", NAME, true),
	PEL_ATTR(pel_decl_set, value, "tail", TAIL, true),
	{ 0 },
};
static const struct pel_rule tail_rule = {
	.name = "in", .attributes = tail_attributes, .begin = begin_tail, .check = check_tail
};

static const struct pel_attribute_rule actor_attributes[] = {
	PEL_ATTR(pel_written_actor, decl.id, "id", NAME, true),
	PEL_ATTR(pel_written_actor, decl.kernel, "kernel", KERNEL, false),
	PEL_ATTR(pel_written_actor, decl.graph, "graph", SOME, false),
	PEL_ATTR(pel_written_actor, decl.on, "on", ON, false),
	PEL_ATTR(pel_written_actor, seldom.copies, "copies", SOME, false),
	PEL_ATTR(pel_written_actor, seldom.in_flight, "in-flight", SOME, false),
	PEL_ATTR(pel_written_actor, seldom.max_batch, "max-batch", SOME, false),
	PEL_ATTR(pel_written_actor, seldom.on_fault, "on-fault", ON_FAULT, false),
	PEL_ATTR(pel_written_actor, seldom.retries, "retries", SOME, false),
	PEL_ATTR(pel_written_actor, seldom.timeout_ms, "timeout-ms", SOME, false),
	PEL_ATTR(pel_written_actor, seldom.time, "time", SOME, false),
	{ 0 },
};
static const struct pel_rule actor_rule = {
	.name = "actor",
	.attributes = actor_attributes,
	.children = { &set_rule, &tail_rule },
	.begin = begin_actor,
	.check = check_actor,
	.end = end_actor,
};

static const struct pel_rule initial_rule = {
	.name = "initial", .once = true, .begin = begin_initial, .content = initial_content, .end = end_initial
};

static const struct pel_attribute_rule channel_attributes[] = {
	PEL_ATTR(pel_decl_channel, name, "name", NAME, false),
	PEL_ATTR(pel_decl_channel, from, "from", ENDPOINT, true),
	PEL_ATTR(pel_decl_channel, to, "to", ENDPOINT, true),
	PEL_ATTR(pel_decl_channel, capacity, "capacity", SOME, false),
	PEL_ATTR(pel_decl_channel, initial, "initial", SOME, false),
	{ 0 },
};
static const struct pel_rule channel_rule = {
	.name = "channel",
	.attributes = channel_attributes,
	.children = { &initial_rule },
	.begin = begin_channel,
	.check = check_channel,
};

static const struct pel_attribute_rule graph_attributes[] = {
	PEL_ATTR(pel_decl_graph, name, "name", NAME, true),
	PEL_ATTR(pel_decl_graph, doc, "doc", TEXT, false),
	{ 0 },
};
static const struct pel_rule graph_rule = {
	.name = "graph",
	.attributes = graph_attributes,
	.children = { &param_rule, &use_rule, &pel_kernel_rule, &graph_rule, &boundary_in_rule,
		      &boundary_out_rule, &actor_rule, &channel_rule },
	.begin = begin_graph,
	.check = check_graph,
	.end = end_graph,
};

/* ---- the document ---- */

static void build_fini(struct pel_build *build)
{
	struct pel_list *lists[] = { &build->params, &build->ports, &build->args, &build->sets, &build->tails };
	struct pel_map *maps[] = { &build->param_lines, &build->port_lines, &build->arg_lines,
				   &build->set_lines, &build->tail_lines };

	for (; build->depth; build->depth--)
		graph_build_fini(&build->stack[build->depth - 1]);
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
		pel_free(lists[i]->items);
	for (size_t i = 0; i < sizeof(maps) / sizeof(maps[0]); i++)
		pel_map_fini(maps[i]);
	pel_free(build->values);
	pel_free(build->stack);
}

int pel_load_graph_document(struct pel_source *source, const char *dir, const struct pel_limits *limits,
			    struct pel_arena *arena, struct pel_decl_graph **ret, struct pel_error *err)
{
	struct pel_build build = { .dir = dir };
	struct pel_loader ld = {
		.file = source->file, .source = source, .arena = arena, .err = err, .limits = limits, .build = &build
	};
	int r = -ENOMEM;

	build.stack = pel_calloc(limits->depth, sizeof(*build.stack));
	if (build.stack)
		r = pel_loader_run(&ld, &graph_rule, "urn:pelton:graph:1");
	build_fini(&build);
	if (r == 0)
		*ret = build.top;
	return r;
}
