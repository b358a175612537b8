/* SPDX-License-Identifier: Apache-2.0 */
#include "random-graph.h"

#include <stdio.h>
#include <stdlib.h>

/*
 * A graph in Pelton's language. Groups become nested <graph>s; a channel between actors of different groups is written in pieces, one in each
 * group that it passes, which meet in boundary ports named for the actor's port: "o3_1" comes from output 1 of actor 3.
 */
static bool inside(const struct rg_graph *g, uint32_t group, uint32_t outer)
{
	while (group != outer && group)
		group = g->parent[group];
	return group == outer;
}

/* The child of `outer` in which `group` lies. */
static uint32_t child_towards(const struct rg_graph *g, uint32_t outer, uint32_t group)
{
	while (g->parent[group] != outer)
		group = g->parent[group];
	return group;
}

/* The group in which both ends of the channel lie, or their outer groups. */
static uint32_t common_group(const struct rg_graph *g, const struct rg_channel *ch)
{
	uint32_t group = g->actors[ch->from].group;

	while (!inside(g, g->actors[ch->to].group, group))
		group = g->parent[group];
	return group;
}

void rg_id(const struct rg_graph *g, uint32_t actor, char *buf, size_t size)
{
	uint32_t path[RG_GROUPS], n = 0;
	size_t used = 0;

	for (uint32_t group = g->actors[actor].group; group; group = g->parent[group])
		path[n++] = group;
	while (n)
		used += (size_t)snprintf(buf + used, size - used, "g%u/", path[--n]);
	snprintf(buf + used, size - used, "a%u", actor);
}

#define NAME 64

static void name_start(const struct rg_graph *g, const struct rg_channel *ch, uint32_t group, char name[NAME])
{
	const struct rg_actor *a = &g->actors[ch->from];

	if (a->group == group && a->kind == RG_HOST_IN)
		snprintf(name, NAME, "a%u", ch->from);
	else if (a->group == group && a->kind == RG_COPY)
		snprintf(name, NAME, "a%u.out", ch->from);
	else if (a->group == group)
		snprintf(name, NAME, "a%u.out%u", ch->from, ch->from_port);
	else if (inside(g, a->group, group))
		snprintf(name, NAME, "g%u.o%u_%u", child_towards(g, group, a->group), ch->from, ch->from_port);
	else
		snprintf(name, NAME, "i%u_%u", ch->to, ch->to_port);
}

static void name_end(const struct rg_graph *g, const struct rg_channel *ch, uint32_t group, char name[NAME])
{
	const struct rg_actor *b = &g->actors[ch->to];

	if (b->group == group && b->kind == RG_HOST_OUT)
		snprintf(name, NAME, "a%u", ch->to);
	else if (b->group == group && b->kind == RG_COPY)
		snprintf(name, NAME, "a%u.in", ch->to);
	else if (b->group == group)
		snprintf(name, NAME, "a%u.in%u", ch->to, ch->to_port);
	else if (inside(g, b->group, group))
		snprintf(name, NAME, "g%u.i%u_%u", child_towards(g, group, b->group), ch->to, ch->to_port);
	else
		snprintf(name, NAME, "o%u_%u", ch->from, ch->from_port);
}

/* Among the pieces that belong only to this channel (from the common group down to its reader), the one that has its attributes. */
static uint32_t speaking_group(const struct rg_graph *g, const struct rg_channel *ch)
{
	uint32_t group = g->actors[ch->to].group, top = common_group(g, ch);

	for (uint32_t up = ch->level; up && group != top; up--)
		group = g->parent[group];
	return group;
}

/* Does an earlier channel leave `group` by the same boundary port? */
static bool written_before(const struct rg_graph *g, uint32_t channel, uint32_t group)
{
	for (uint32_t c = 0; c < channel; c++)
		if (g->channels[c].from == g->channels[channel].from &&
		    g->channels[c].from_port == g->channels[channel].from_port &&
		    !inside(g, g->actors[g->channels[c].to].group, group))
			return true;
	return false;
}

static void write_channel(const struct rg_graph *g, uint32_t channel, uint32_t group, FILE *f)
{
	const struct rg_channel *ch = &g->channels[channel];
	bool starts = inside(g, g->actors[ch->from].group, group),
	     ends = inside(g, g->actors[ch->to].group, group);
	bool below = inside(g, group, common_group(g, ch));
	char from[NAME], to[NAME];

	if (!below || (!starts && !ends) || (!ends && written_before(g, channel, group)))
		return;
	name_start(g, ch, group, from);
	name_end(g, ch, group, to);
	fprintf(f, "<channel from=\"%s\" to=\"%s\"", from, to);
	if (!ends || speaking_group(g, ch) != group) {
		fprintf(f, "/>\n");
		return;
	}
	if (ch->capacity)
		fprintf(f, " capacity=\"%ju\"", (uintmax_t)ch->capacity);
	if (ch->values) {
		fprintf(f, "><initial>");
		for (size_t i = 0; i < (size_t)ch->initial * g->actors[ch->from].out[ch->from_port].bytes; i++)
			fprintf(f, "%u ", ch->values[i]);
		fprintf(f, "</initial></channel>\n");
		return;
	}
	if (ch->initial)
		fprintf(f, " initial=\"%u\"", ch->initial);
	fprintf(f, "/>\n");
}

/* Boundary ports of a nested group. */
static void write_boundary(const struct rg_graph *g, uint32_t group, FILE *f)
{
	for (uint32_t c = 0; c < g->n_channels && group; c++) {
		const struct rg_channel *ch = &g->channels[c];
		bool starts = inside(g, g->actors[ch->from].group, group),
		     ends = inside(g, g->actors[ch->to].group, group);

		if (ends && !starts)
			fprintf(f, "<in name=\"i%u_%u\"/>\n", ch->to, ch->to_port);
		if (starts && !ends && !written_before(g, c, group))
			fprintf(f, "<out name=\"o%u_%u\" type=\"u8[%u]\"/>\n", ch->from, ch->from_port,
				g->actors[ch->from].out[ch->from_port].bytes);
	}
}

static void write_rates(const char *side, uint32_t index, const struct rg_port *port, FILE *f)
{
	fprintf(f, "<set name=\"%s_rates%u\" value=\"", side, index);
	for (uint32_t i = 0; i < port->n_rates; i++)
		fprintf(f, "%s%ju", i ? "," : "", (uintmax_t)port->rates[i]);
	fprintf(f, "\"/>");
}

static void write_settings(const struct rg_actor *a, FILE *f)
{
	bool rates = a->kind == RG_MIX || a->kind == RG_PURE;

	if (a->kind == RG_COPY)
		return;
	fprintf(f, "<set name=\"seed\" value=\"%ju\"/>", (uintmax_t)a->seed);
	if (rates && a->limit)
		fprintf(f, "<set name=\"limit\" value=\"%ju\"/>", (uintmax_t)a->limit);
	for (uint32_t i = 0; rates && i < a->n_in; i++)
		write_rates("in", i, &a->in[i], f);
	for (uint32_t o = 0; rates && o < a->n_out; o++)
		write_rates("out", o, &a->out[o], f);
	if (rates && a->n_in) {
		fprintf(f, "<set name=\"history\" value=\"");
		for (uint32_t i = 0; i < a->n_in; i++)
			fprintf(f, "%s%u", i ? "," : "", a->in[i].history);
		fprintf(f, "\"/>");
	}
	if (a->n_out) {
		fprintf(f, "<set name=\"bytes\" value=\"");
		for (uint32_t o = 0; o < a->n_out; o++)
			fprintf(f, "%s%u", o ? "," : "", a->out[o].bytes);
		fprintf(f, "\"/>");
	}
	for (uint32_t i = 0; i < a->n_in; i++)
		if (a->in[i].tail != RG_TAIL_NONE)
			fprintf(f, "<in name=\"in%u\" tail=\"%s\"/>", i,
				a->in[i].tail == RG_TAIL_PAD ? "pad" : "drop");
}

static void write_actor(const struct rg_graph *g, uint32_t actor, FILE *f)
{
	static const char *const kernels[] = {
		[RG_MIX] = "mix.hash", [RG_PURE] = "mix.pure", [RG_COPY] = "core.copy", [RG_FILTER] = "mix.filter", [RG_MERGE] = "mix.merge"
	};
	const struct rg_actor *a = &g->actors[actor];

	if (a->kind == RG_HOST_IN) {
		fprintf(f, "<in name=\"a%u\" type=\"u8[%u]\"/>\n", actor, a->out[0].bytes);
		return;
	}
	if (a->kind == RG_HOST_OUT) {
		fprintf(f, "<out name=\"a%u\"/>\n", actor);
		return;
	}
	fprintf(f, "<actor id=\"a%u\" kernel=\"%s\"", actor, kernels[a->kind]);
	if (a->copies)
		fprintf(f, " copies=\"%u\"", a->copies);
	if (a->max_batch)
		fprintf(f, " max-batch=\"%u\"", a->max_batch);
	fprintf(f, ">");
	write_settings(a, f);
	fprintf(f, "</actor>\n");
}

static void write_group(const struct rg_graph *g, uint32_t group, FILE *f)
{
	if (!group)
		fprintf(f, "<graph xmlns=\"urn:pelton:graph:1\" name=\"random%ju\">\n<use library=\"mix\"/>\n",
			(uintmax_t)g->seed);
	else
		fprintf(f, "<graph name=\"sub%u\">\n<use library=\"mix\"/>\n", group);
	write_boundary(g, group, f);
	for (uint32_t child = 1; child < g->n_groups; child++) {
		if (g->parent[child] != group)
			continue;
		write_group(g, child, f);
		fprintf(f, "<actor id=\"g%u\" graph=\"#sub%u\"/>\n", child, child);
	}
	for (uint32_t a = 0; a < g->n_actors; a++)
		if (g->actors[a].group == group)
			write_actor(g, a, f);
	for (uint32_t c = 0; c < g->n_channels; c++)
		write_channel(g, c, group, f);
	fprintf(f, "</graph>\n");
}

char *rg_xml(const struct rg_graph *g)
{
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	if (!f)
		return NULL;
	write_group(g, 0, f);
	fclose(f);
	return text;
}
