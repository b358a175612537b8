/* SPDX-License-Identifier: Apache-2.0 */
#include "analysis-view.h"
#include "plan-view.h"
#include "text.h"

#include <pelton/observe.h>

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/*
 * The picture: a box an actor, a frame around the actors of a stage where there are several, an arrow a channel. The colour of a border
 * says where a thing is; the colour inside, after a run, how busy its stage was. Graphviz gets only names of ours (a0, s0);
 * what documents say stands in labels, escaped.
 */

#define ACTORS_MAX 300 /* of a picture with a box an actor; a larger plan gets one a stage */
#define LAYERS_MAX \
	500 /* boxes that are put in layers from left to right: dot needs minutes for a few thousand */
#define ID_LENGTH 28

struct picture {
	const struct pel_plan *plan;
	const struct pel_stats *stats;		 /* NULL: not run yet */
	struct pel_map stages, channels, actors; /* of stats, by name */
	struct pel_bound_view bound;		 /* all zero: not asked for */
	FILE *out;
};

struct colours {
	const char *border, *fill;
};

static const struct colours cpu_colours = { "#3b82f6", "#dbeafe" };
static const struct colours fpga_colours = { "#d97706", "#fde9b8" };
static const struct colours host_colours = { "#64748b", "#e8edf3" };

/* What lies on the cycle that limits the throughput. */
#define CRITICAL_COLOUR "#dc2626"

static const struct colours *where_colours(const struct pel_where *where)
{
	return where->kind == PEL_WHERE_FPGA ? &fpga_colours : &cpu_colours;
}

static void put_id(FILE *out, const char *id)
{
	char buf[ID_LENGTH + 8];

	pel_markup_write(pel_view_short(id, ID_LENGTH, buf, sizeof(buf)), out);
}

/* ---- load ---- */

struct load {
	bool known;
	double busy, input, room, device; /* shares of the time, 0 to 1 */
	uint64_t firings;
};

static double share(double seconds, double of)
{
	double value = of > 0 ? seconds / of : 0;

	return value < 0 ? 0 : value > 1 ? 1 : value;
}

/* The load of a stage and of the copies that follow it. */
static struct load stage_load(const struct picture *pic, uint32_t stage)
{
	struct load load = { 0 };
	double busy = 0, input = 0, room = 0, device = 0;
	uint32_t copies = 0;

	if (!pic->stats)
		return load;
	do {
		size_t i = pel_map_get(&pic->stages, pic->plan->stages[stage + copies].id);
		const struct pel_stage_stats *stats = i == PEL_MAP_NONE ? NULL : pic->stats->stages[i];

		copies++;
		if (!stats)
			continue;
		load.known = true;
		load.firings += stats->firings;
		busy += pel_view_busy_s(stats);
		input += stats->wait_input_s;
		room += stats->wait_room_s;
		device += stats->wait_device_s;
	} while (stage + copies < pic->plan->n_stages && pic->plan->stages[stage + copies].copy > 0);
	load.busy = share(busy / copies, pic->stats->wall_s);
	load.input = share(input / copies, pic->stats->wall_s);
	load.room = share(room / copies, pic->stats->wall_s);
	load.device = share(device / copies, pic->stats->wall_s);
	return load;
}

/* From white over yellow to red, all light enough for dark words. */
static struct colours heat_colours(double busy, const char *border, char *buf, size_t size)
{
	static const double steps[][3] = {
		{ 255, 255, 255 }, { 255, 246, 204 }, { 253, 219, 128 }, { 251, 166, 100 }, { 241, 104, 92 }
	};
	size_t i = busy < 1 ? (size_t)(busy * 4) : 3;
	unsigned part[3];

	for (size_t c = 0; c < 3; c++)
		part[c] = (unsigned)(steps[i][c] + (busy * 4 - (double)i) * (steps[i + 1][c] - steps[i][c]) +
				     0.5);
	snprintf(buf, size, "#%02x%02x%02x", part[0], part[1], part[2]);
	return (struct colours){ border, buf };
}

/* "97 % busy", and if that is not most of it what it waited for, "61 % waiting for room". */
static char *load_text(const struct load *load, char *buf, size_t size)
{
	double most = load->input;
	const char *what = "input";

	if (load->room > most) {
		most = load->room;
		what = "room";
	}
	if (load->device > most) {
		most = load->device;
		what = "the device";
	}
	if (load->busy < 0.5 && most > load->busy)
		snprintf(buf, size, "%.0f %% busy, %.0f %% waiting for %s", load->busy * 100, most * 100, what);
	else
		snprintf(buf, size, "%.0f %% busy", load->busy * 100);
	return buf;
}

/* ---- actors ---- */

static bool port_needs_words(const struct pel_plan_port *port)
{
	return port->history || !pel_view_rate_is_one(port);
}

/* The first connected port from number `at` on, or `n`. Ports that nobody uses are not drawn. */
static uint32_t connected_port(const struct pel_plan_port *ports, uint32_t n, uint32_t at)
{
	while (at < n && !ports[at].n_channels)
		at++;
	return at;
}

/* Do `n` ports of one way call for names? Not where one is connected and there is nothing to say of it. */
static bool ports_need_names(const struct pel_plan_port *ports, uint32_t n)
{
	uint32_t connected = 0;

	for (uint32_t i = connected_port(ports, n, 0); i < n; i = connected_port(ports, n, i + 1)) {
		connected++;
		if (port_needs_words(&ports[i]))
			return true;
	}
	return connected > 1;
}

static bool shows_ports(const struct pel_plan_actor *actor)
{
	return actor->kind == PEL_ACTOR_KERNEL &&
	       (ports_need_names(actor->in, actor->n_in) || ports_need_names(actor->out, actor->n_out));
}

static void put_port(FILE *out, const struct pel_plan_port *port, bool in, uint32_t index)
{
	char rate[192];

	fprintf(out, "<TD PORT=\"%c%" PRIu32 "\" ALIGN=\"%s\"><FONT POINT-SIZE=\"10\" COLOR=\"#334155\">",
		in ? 'i' : 'o', index, in ? "LEFT" : "RIGHT");
	if (!in && !pel_view_rate_is_one(port))
		fprintf(out, "<B>%s</B> ", pel_view_rate(port, rate, sizeof(rate)));
	put_id(out, port->name);
	if (in && !pel_view_rate_is_one(port))
		fprintf(out, " <B>%s</B>", pel_view_rate(port, rate, sizeof(rate)));
	if (in && port->history)
		fprintf(out, " +%" PRIu64, port->history);
	fputs("</FONT></TD>", out);
}

static void put_ports(FILE *out, const struct pel_plan_actor *actor)
{
	uint32_t in = connected_port(actor->in, actor->n_in, 0),
		 o = connected_port(actor->out, actor->n_out, 0);

	while (in < actor->n_in || o < actor->n_out) {
		fputs("<TR>", out);
		if (in < actor->n_in)
			put_port(out, &actor->in[in], true, in);
		else
			fputs("<TD></TD>", out);
		if (o < actor->n_out)
			put_port(out, &actor->out[o], false, o);
		else
			fputs("<TD></TD>", out);
		fputs("</TR>", out);
		in = in < actor->n_in ? connected_port(actor->in, actor->n_in, in + 1) : in;
		o = o < actor->n_out ? connected_port(actor->out, actor->n_out, o + 1) : o;
	}
}

/* One line of small words in a box. */
static void put_small(FILE *out, const char *text)
{
	fputs("<BR/><FONT POINT-SIZE=\"10\" COLOR=\"#334155\">", out);
	pel_markup_write(text, out);
	fputs("</FONT>", out);
}

static void put_host_port(const struct picture *pic, uint32_t index)
{
	const struct pel_plan_actor *actor = &pic->plan->actors[index];

	fprintf(pic->out,
		"a%" PRIu32
		" [shape=rarrow, style=filled, fillcolor=\"%s\", color=\"%s\", margin=\"0.16,0.06\", label=<<B>",
		index, host_colours.fill, host_colours.border);
	put_id(pic->out, actor->id);
	fprintf(pic->out, "</B>>, tooltip=\"%s port ", actor->kind == PEL_ACTOR_HOST_IN ? "input" : "output");
	pel_markup_write(actor->id, pic->out);
	fputs(" of the graph\"];\n", pic->out);
}

/* Firings of all copies of an actor. False: not known. */
static bool actor_firings(const struct picture *pic, const struct pel_plan_actor *actor, uint64_t *firings)
{
	char id[8192]; /* PEL_MAX_DEPTH names of 200 bytes */
	bool known = false;

	*firings = 0;
	for (uint32_t copy = 1; pic->stats && copy <= actor->copies; copy++) {
		size_t i;

		snprintf(id, sizeof(id), actor->copies > 1 ? "%s#%" PRIu32 : "%s", actor->id, copy);
		i = pel_map_get(&pic->actors, id);
		known = known || i != PEL_MAP_NONE;
		*firings += i == PEL_MAP_NONE ? 0 : pic->stats->actors[i]->firings;
	}
	return known;
}

/* The words under an actor's id: kernel, copies, place, load. `load` is NULL where the stage's frame says it. */
static void put_actor_words(const struct picture *pic, const struct pel_plan_actor *actor,
			    const struct load *load)
{
	char buf[320], where[256], count[32];
	uint64_t firings;

	put_small(pic->out, actor->kernel ? actor->kernel->name : "");
	if (actor->copies > 1) {
		snprintf(buf, sizeof(buf), "\xc3\x97%" PRIu32 " copies", actor->copies);
		put_small(pic->out, buf);
	}
	if (load && (actor->where.kind != PEL_WHERE_CPU || actor->where.index >= 0))
		put_small(pic->out, pel_where_format(&actor->where, where, sizeof(where)));
	if (load && load->known)
		put_small(pic->out, load_text(load, buf, sizeof(buf)));
	if (pel_bound_share(&pic->bound, actor->id, buf, sizeof(buf)))
		put_small(pic->out, buf);
	if (actor_firings(pic, actor, &firings)) {
		snprintf(buf, sizeof(buf), "%s firing%s", pel_count_format(firings, count, sizeof(count)),
			 firings == 1 ? "" : "s");
		put_small(pic->out, buf);
	}
}

/* `alone`: the stage has no frame, so the box shows its load. */
static void put_actor(const struct picture *pic, uint32_t index, bool alone)
{
	const struct pel_plan_actor *actor = &pic->plan->actors[index];
	struct colours colours = *where_colours(&actor->where);
	bool critical = pel_bound_actor_is_critical(&pic->bound, actor->id);
	struct load load = { 0 };
	char heat[16];
	FILE *out = pic->out;

	if (alone)
		load = stage_load(pic, actor->stage);
	if (load.known)
		colours = heat_colours(load.busy, colours.border, heat, sizeof(heat));
	else if (!alone)
		colours.fill = "#ffffff";
	if (critical)
		colours.border = CRITICAL_COLOUR;
	fprintf(out,
		"a%" PRIu32
		" [label=<<TABLE BORDER=\"%d\" CELLBORDER=\"0\" CELLSPACING=\"0\" CELLPADDING=\"3\" STYLE=\"ROUNDED\" "
		"COLOR=\"%s\" BGCOLOR=\"%s\"><TR><TD COLSPAN=\"2\" CELLPADDING=\"5\"><B>",
		index, critical ? 3 : 1, colours.border, colours.fill);
	put_id(out, actor->id);
	fputs("</B>", out);
	put_actor_words(pic, actor, alone ? &load : NULL);
	fputs("</TD></TR>", out);
	if (shows_ports(actor))
		put_ports(out, actor);
	fputs("</TABLE>>, tooltip=\"", out);
	pel_markup_write(actor->id, out);
	fputs("\"];\n", out);
}

/* ---- stages ---- */

/* A frame around the actors of a stage. */
static void put_frame(const struct picture *pic, uint32_t index)
{
	const struct pel_plan_stage *stage = &pic->plan->stages[index];
	const struct load load = stage_load(pic, index);
	struct colours colours = *where_colours(&stage->where);
	char heat[16], words[128], where[256];
	FILE *out = pic->out;

	if (load.known)
		colours = heat_colours(load.busy, colours.border, heat, sizeof(heat));
	fprintf(out,
		"subgraph cluster_s%" PRIu32
		" {\nstyle=\"rounded,filled\"; color=\"%s\"; fillcolor=\"%s\"; labeljust=l;\n",
		index, colours.border, colours.fill);
	fputs("label=<<FONT POINT-SIZE=\"10\">", out);
	pel_markup_write(pel_where_format(&stage->where, where, sizeof(where)), out);
	if (load.known)
		fprintf(out, ": %s", load_text(&load, words, sizeof(words)));
	fputs("</FONT>>; tooltip=\"stage ", out);
	pel_markup_write(stage->id, out);
	fputs("\";\n", out);
	for (uint32_t a = 0; a < stage->n_actors; a++)
		put_actor(pic, stage->actors[a], false);
	fputs("}\n", out);
}

/* A stage as one box, in a large plan. */
static void put_stage_box(const struct picture *pic, uint32_t index)
{
	const struct pel_plan_stage *stage = &pic->plan->stages[index];
	const struct pel_plan_actor *first = &pic->plan->actors[stage->actors[0]];
	const struct load load = stage_load(pic, index);
	struct colours colours = *where_colours(&stage->where);
	char heat[16], words[128];
	FILE *out = pic->out;

	if (load.known)
		colours = heat_colours(load.busy, colours.border, heat, sizeof(heat));
	fprintf(out,
		"s%" PRIu32 " [shape=box, style=\"rounded,filled\", color=\"%s\", fillcolor=\"%s\", label=<<B>",
		index, colours.border, colours.fill);
	put_id(out, first->copies > 1 ? first->id : stage->id);
	fputs("</B>", out);
	snprintf(words, sizeof(words), "%" PRIu32 " actors", stage->n_actors);
	if (stage->n_actors > 1)
		put_small(out, words);
	snprintf(words, sizeof(words), "\xc3\x97%" PRIu32 " copies", first->copies);
	if (first->copies > 1)
		put_small(out, words);
	if (load.known)
		put_small(out, load_text(&load, words, sizeof(words)));
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

/* `side`: where the arrow meets the box, or "". */
static void put_end(const struct picture *pic, uint32_t index, uint32_t port, bool in, const char *side)
{
	const struct pel_plan_actor *actor = &pic->plan->actors[index];

	fprintf(pic->out, "a%" PRIu32, index);
	if (shows_ports(actor))
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

	/* Arrows leave to the right and come from the left, but one that goes back would have to wind around both boxes. */
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

/* An arrow between two stages, or a stage and a boundary port, of a large plan: all channels between them. */
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
			put_actor(pic, stage->actors[0], true);
	}
	for (uint32_t i = 0; i < plan->n_channels; i++)
		put_channel(pic, &plan->channels[i]);
}

/* Stages that get a box of their own in a large plan: one for all copies. */
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

	/* Ids are unique; should one come twice, the first is kept. */
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
		put_host_port(&pic, plan->ins[i]);
	for (uint32_t i = 0; i < plan->n_outs; i++)
		put_host_port(&pic, plan->outs[i]);
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
