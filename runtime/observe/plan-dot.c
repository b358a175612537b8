/* SPDX-License-Identifier: Apache-2.0 */
#include "dot-actor.h"

#include <pelton/observe.h>

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/*
 * The picture: a box for each actor, a frame around the actors of a stage that has several, an arrow for each
 * channel. The colour of a border shows the placement; the colour inside shows, after a run, how busy the
 * stage was. Graphviz gets only our own names (a0, s0); texts from documents are in labels, escaped.
 */

#define ACTORS_MAX 300 /* in a picture with a box per actor; a larger plan gets a box per stage */
#define LAYERS_MAX \
	500 /* boxes for a layout in layers from left to right: dot needs minutes for a few thousand */
/* ---- stages ---- */

/* A frame around the actors of a stage. */
static void put_frame(const struct picture *pic, uint32_t index)
{
	const struct pel_plan_stage *stage = &pic->plan->stages[index];
	const struct load load = pel_dot_stage_load(pic, index);
	struct colours colours = *pel_dot_where_colours(&stage->where);
	char heat[16], words[128], where[256];
	FILE *out = pic->out;

	if (load.known)
		colours = pel_dot_heat_colours(load.busy, colours.border, heat, sizeof(heat));
	fprintf(out,
		"subgraph cluster_s%" PRIu32
		" {\nstyle=\"rounded,filled\"; color=\"%s\"; fillcolor=\"%s\"; labeljust=l;\n",
		index, colours.border, colours.fill);
	fputs("label=<<FONT POINT-SIZE=\"10\">", out);
	pel_markup_write(pel_where_format(&stage->where, where, sizeof(where)), out);
	if (load.known)
		fprintf(out, ": %s", pel_dot_load_text(&load, words, sizeof(words)));
	fputs("</FONT>>; tooltip=\"stage ", out);
	pel_markup_write(stage->id, out);
	fputs("\";\n", out);
	for (uint32_t a = 0; a < stage->n_actors; a++)
		pel_dot_put_actor(pic, stage->actors[a], false);
	fputs("}\n", out);
}

/* A stage as a single box, in a large plan. */
static void put_stage_box(const struct picture *pic, uint32_t index)
{
	const struct pel_plan_stage *stage = &pic->plan->stages[index];
	const struct pel_plan_actor *first = &pic->plan->actors[stage->actors[0]];
	const struct load load = pel_dot_stage_load(pic, index);
	struct colours colours = *pel_dot_where_colours(&stage->where);
	char heat[16], words[128];
	FILE *out = pic->out;

	if (load.known)
		colours = pel_dot_heat_colours(load.busy, colours.border, heat, sizeof(heat));
	fprintf(out,
		"s%" PRIu32 " [shape=box, style=\"rounded,filled\", color=\"%s\", fillcolor=\"%s\", label=<<B>",
		index, colours.border, colours.fill);
	pel_dot_put_id(out, first->copies > 1 ? first->id : stage->id);
	fputs("</B>", out);
	snprintf(words, sizeof(words), "%" PRIu32 " actors", stage->n_actors);
	if (stage->n_actors > 1)
		pel_dot_put_small(out, words);
	snprintf(words, sizeof(words), "\xc3\x97%" PRIu32 " copies", first->copies);
	if (first->copies > 1)
		pel_dot_put_small(out, words);
	if (load.known)
		pel_dot_put_small(out, pel_dot_load_text(&load, words, sizeof(words)));
	fputs(">, tooltip=\"", out);
	pel_markup_write(stage->id, out);
	fputs("\"];\n", out);
}

/* ---- channels ---- */

static void put_channel_words(const struct picture *pic, const struct pel_plan_channel *channel)
{
	const struct pel_type *type = pel_view_from_port(pic->plan, channel)->type;
	char buf[256], count[32];
	FILE *out = pic->out;
	size_t i = PEL_MAP_NONE;

	fputs("label=<", out);
	if (type)
		pel_markup_write(pel_type_format(type, buf, sizeof(buf)), out);
	if (pic->stats)
		i = pel_map_get(&pic->channels, channel->name);
	if (channel->capacity)
		fprintf(out, "<BR/>capacity %s", pel_count_format(channel->capacity, count, sizeof(count)));
	if (i != PEL_MAP_NONE)
		fprintf(out, " (%s used)",
			pel_count_format(pic->stats->channels[i]->high_water, count, sizeof(count)));
	if (pel_bound_channel_needs(&pic->bound, channel->name))
		fprintf(out, "<BR/><FONT COLOR=\"" CRITICAL_COLOUR "\">needs %s</FONT>",
			pel_count_format(pel_bound_channel_needs(&pic->bound, channel->name), count,
					 sizeof(count)));
	if (channel->initial) {
		fputs("<BR/><FONT COLOR=\"#0f172a\">", out);
		for (uint64_t n = 0; n < (channel->initial <= 4 ? channel->initial : 1); n++)
			fputs("\xe2\x97\x8f", out);
		if (channel->initial > 4)
			fprintf(out, " %s", pel_count_format(channel->initial, count, sizeof(count)));
		fputs("</FONT>", out);
	}
	if (i != PEL_MAP_NONE) {
		const struct pel_channel_stats *stats = pic->stats->channels[i];

		fprintf(out, "<BR/>%s token%s", pel_count_format(stats->tokens, count, sizeof(count)),
			stats->tokens == 1 ? "" : "s");
		if (stats->left_over)
			fprintf(out, "<BR/><FONT COLOR=\"#b91c1c\">%s left over</FONT>",
				pel_count_format(stats->left_over, count, sizeof(count)));
	}
	fputs(">, ", out);
}

/* `side`: the side where the arrow meets the box, or "". */
static void put_end(const struct picture *pic, uint32_t index, uint32_t port, bool in, const char *side)
{
	const struct pel_plan_actor *actor = &pic->plan->actors[index];

	fprintf(pic->out, "a%" PRIu32, index);
	if (pel_dot_shows_ports(actor))
		fprintf(pic->out, ":%c%" PRIu32, in ? 'i' : 'o', port);
	fputs(side, pic->out);
}

static void put_channel(const struct picture *pic, const struct pel_plan_channel *channel)
{
	static const char *const styles[] = {
		[PEL_MEMORY_FUSED] = "penwidth=1, color=\"#64748b\"",
		[PEL_MEMORY_RING] = "penwidth=1.6, color=\"#334155\"",
		[PEL_MEMORY_SHARED] = "penwidth=1.6, color=\"#d97706\"",
		[PEL_MEMORY_DEVICE] = "penwidth=1.6, color=\"#d97706\", style=dashed",
	};

	/*
	 * Arrows leave on the right and arrive from the left, except those that go back, which would have to
	 * wind around both boxes.
	 */
	bool back = channel->initial && channel->from >= channel->to;

	put_end(pic, channel->from, channel->from_port, false, back ? "" : ":e");
	fputs(" -> ", pic->out);
	put_end(pic, channel->to, channel->to_port, true, back ? "" : ":w");
	fputs(" [", pic->out);
	put_channel_words(pic, channel);
	fprintf(pic->out, "%s, tooltip=\"",
		pel_bound_channel_is_critical(&pic->bound, channel->name)
			? "penwidth=3, color=\"" CRITICAL_COLOUR "\""
			: styles[channel->memory]);
	pel_markup_write(channel->name, pic->out);
	fprintf(pic->out, " (%s)\"];\n", pel_memory_name(channel->memory));
}

/*
 * An arrow between two stages, or a stage and a boundary port, in a large plan. It stands for all channels
 * between them.
 */
struct bundle {
	uint32_t from, to; /* stages, or n_stages + actor for a boundary port */
};

static int compare_bundles(const void *left, const void *right)
{
	const struct bundle *a = left, *b = right;

	if (a->from != b->from)
		return a->from < b->from ? -1 : 1;
	return a->to < b->to ? -1 : a->to > b->to;
}

static void put_bundle_end(const struct picture *pic, uint32_t end)
{
	if (end < pic->plan->n_stages)
		fprintf(pic->out, "s%" PRIu32, end);
	else
		fprintf(pic->out, "a%" PRIu32, end - pic->plan->n_stages);
}

static uint32_t bundle_end(const struct pel_plan *plan, uint32_t actor)
{
	return plan->actors[actor].kind == PEL_ACTOR_KERNEL ? plan->actors[actor].stage
							    : plan->n_stages + actor;
}

static int put_bundles(const struct picture *pic)
{
	const struct pel_plan *plan = pic->plan;
	struct bundle *bundles = pel_calloc(plan->n_channels, sizeof(*bundles));
	uint32_t n = 0;

	if (!bundles)
		return -ENOMEM;
	for (uint32_t i = 0; i < plan->n_channels; i++) {
		struct bundle bundle = { bundle_end(plan, plan->channels[i].from),
					 bundle_end(plan, plan->channels[i].to) };

		if (bundle.from != bundle.to)
			bundles[n++] = bundle;
	}
	qsort(bundles, n, sizeof(*bundles), compare_bundles);
	for (uint32_t i = 0, same; i < n; i += same) {
		for (same = 1; i + same < n && compare_bundles(&bundles[i], &bundles[i + same]) == 0; same++)
			;
		put_bundle_end(pic, bundles[i].from);
		fputs(" -> ", pic->out);
		put_bundle_end(pic, bundles[i].to);
		if (same > 1)
			fprintf(pic->out, " [label=\"%" PRIu32 " channels\", penwidth=2]", same);
		fputs(";\n", pic->out);
	}
	pel_free(bundles);
	return 0;
}

/* ---- the whole ---- */

static void put_actors_and_channels(const struct picture *pic)
{
	const struct pel_plan *plan = pic->plan;

	for (uint32_t i = 0; i < plan->n_stages; i++) {
		const struct pel_plan_stage *stage = &plan->stages[i];

		if (stage->n_actors > 1)
			put_frame(pic, i);
		else if (stage->copy == 0)
			pel_dot_put_actor(pic, stage->actors[0], true);
	}
	for (uint32_t i = 0; i < plan->n_channels; i++)
		put_channel(pic, &plan->channels[i]);
}

/* The stages that get a box in a large plan: one for all copies. */
static uint32_t boxes(const struct pel_plan *plan)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < plan->n_stages; i++)
		n += plan->stages[i].copy == 0;
	return n;
}

static int put_stages(const struct picture *pic)
{
	for (uint32_t i = 0; i < pic->plan->n_stages; i++)
		if (pic->plan->stages[i].copy == 0)
			put_stage_box(pic, i);
	return put_bundles(pic);
}

static void put_title(const struct picture *pic, uint32_t n_actors)
{
	const struct pel_plan *plan = pic->plan;
	char bytes[16];
	FILE *out = pic->out;

	fputs("label=<<FONT POINT-SIZE=\"16\"><B>", out);
	pel_markup_write(plan->name, out);
	fprintf(out,
		"</B></FONT><BR/><FONT POINT-SIZE=\"10\" COLOR=\"#475569\">%" PRIu32 " actor%s in %" PRIu32
		" stage%s, %s of channels",
		n_actors, n_actors == 1 ? "" : "s", plan->n_stages, plan->n_stages == 1 ? "" : "s",
		pel_bytes_format(pel_view_total_bytes(plan), bytes, sizeof(bytes)));
	if (pic->stats)
		fprintf(out, "; ran %.3g s on %u worker%s", pic->stats->wall_s, pic->stats->workers,
			pic->stats->workers == 1 ? "" : "s");
	pel_bound_write_title(&pic->bound, out);
	fputs("</FONT>>;\n", out);
}

static int index_stats(struct picture *pic)
{
	const struct pel_stats *stats = pic->stats;
	int r = 0;

	/* Ids are unique; if one came twice, the first would be kept. */
	for (size_t i = 0; i < stats->n_stages && r != -ENOMEM; i++)
		r = pel_map_put(&pic->stages, stats->stages[i]->id, i);
	for (size_t i = 0; i < stats->n_channels && r != -ENOMEM; i++)
		r = pel_map_put(&pic->channels, stats->channels[i]->name, i);
	for (size_t i = 0; i < stats->n_actors && r != -ENOMEM; i++)
		r = pel_map_put(&pic->actors, stats->actors[i]->id, i);
	return r == -ENOMEM ? r : 0;
}

int pel_plan_write_dot(const struct pel_plan *plan, const struct pel_stats *stats,
		       const struct pel_analysis *analysis, FILE *out)
{
	struct picture pic = { .plan = plan, .stats = stats, .out = out };
	uint32_t n_actors = plan->n_actors - plan->n_ins - plan->n_outs;
	bool large = n_actors > ACTORS_MAX;
	int r = stats ? index_stats(&pic) : 0;

	if (r == 0)
		r = pel_bound_view_init(&pic.bound, analysis);
	if (r < 0)
		goto out;
	fputs("digraph pelton {\nrankdir=LR; labelloc=t; pad=0.25; nodesep=0.3; ranksep=0.55; bgcolor=white;\n"
	      "fontname=\"Helvetica,Arial,sans-serif\"; fontcolor=\"#0f172a\"; fontsize=12;\n"
	      "node [shape=plain, fontname=\"Helvetica,Arial,sans-serif\", fontsize=12, fontcolor=\"#0f172a\"];\n"
	      "edge [fontname=\"Helvetica,Arial,sans-serif\", fontsize=9, fontcolor=\"#334155\", color=\"#334155\", arrowsize=0.7];\n",
	      out);
	if (large && boxes(plan) > LAYERS_MAX)
		fputs("layout=sfdp; overlap=prism; splines=line; K=1;\n", out);
	put_title(&pic, n_actors);
	for (uint32_t i = 0; i < plan->n_ins; i++)
		pel_dot_put_host_port(&pic, plan->ins[i]);
	for (uint32_t i = 0; i < plan->n_outs; i++)
		pel_dot_put_host_port(&pic, plan->outs[i]);
	if (large)
		r = put_stages(&pic);
	else
		put_actors_and_channels(&pic);
	fputs("}\n", out);
	if (r == 0)
		r = pel_stream_result(out);
out:
	pel_map_fini(&pic.stages);
	pel_map_fini(&pic.channels);
	pel_map_fini(&pic.actors);
	pel_bound_view_fini(&pic.bound);
	return r;
}
