/* SPDX-License-Identifier: Apache-2.0 */
#include "dot-actor.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define ID_LENGTH 28

static const struct colours cpu_colours = { "#3b82f6", "#dbeafe" };
static const struct colours fpga_colours = { "#d97706", "#fde9b8" };
static const struct colours host_colours = { "#64748b", "#e8edf3" };

const struct colours *pel_dot_where_colours(const struct pel_where *where)
{
	return where->kind == PEL_WHERE_FPGA ? &fpga_colours : &cpu_colours;
}

void pel_dot_put_id(FILE *out, const char *id)
{
	char buf[ID_LENGTH + 8];

	pel_markup_write(pel_view_short(id, ID_LENGTH, buf, sizeof(buf)), out);
}

static double share(double seconds, double of)
{
	double value = of > 0 ? seconds / of : 0;

	return value < 0 ? 0 : value > 1 ? 1 : value;
}

struct load pel_dot_stage_load(const struct picture *pic, uint32_t stage)
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

struct colours pel_dot_heat_colours(double busy, const char *border, char *buf, size_t size)
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

char *pel_dot_load_text(const struct load *load, char *buf, size_t size)
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

static bool port_needs_words(const struct pel_plan_port *port)
{
	return port->history || !pel_view_rate_is_one(port);
}

/* The first connected port from number `at` on, or `n`. Unconnected ports are not drawn. */
static uint32_t connected_port(const struct pel_plan_port *ports, uint32_t n, uint32_t at)
{
	while (at < n && !ports[at].n_channels)
		at++;
	return at;
}

/*
 * True if the `n` ports of one direction need names: not if there is only one connected port and nothing to
 * say about it.
 */
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

bool pel_dot_shows_ports(const struct pel_plan_actor *actor)
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
	pel_dot_put_id(out, port->name);
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

void pel_dot_put_small(FILE *out, const char *text)
{
	fputs("<BR/><FONT POINT-SIZE=\"10\" COLOR=\"#334155\">", out);
	pel_markup_write(text, out);
	fputs("</FONT>", out);
}

void pel_dot_put_host_port(const struct picture *pic, uint32_t index)
{
	const struct pel_plan_actor *actor = &pic->plan->actors[index];

	fprintf(pic->out,
		"a%" PRIu32
		" [shape=rarrow, style=filled, fillcolor=\"%s\", color=\"%s\", margin=\"0.16,0.06\", label=<<B>",
		index, host_colours.fill, host_colours.border);
	pel_dot_put_id(pic->out, actor->id);
	fprintf(pic->out, "</B>>, tooltip=\"%s port ", actor->kind == PEL_ACTOR_HOST_IN ? "input" : "output");
	pel_markup_write(actor->id, pic->out);
	fputs(" of the graph\"];\n", pic->out);
}

/* Firings of all copies of an actor. False: unknown. */
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

/* The words under an actor's id: kernel, copies, place, load. `load` is NULL if the frame of the stage shows it. */
static void put_actor_words(const struct picture *pic, const struct pel_plan_actor *actor,
			    const struct load *load)
{
	char buf[320], where[256], count[32];
	uint64_t firings;

	pel_dot_put_small(pic->out, actor->kernel ? actor->kernel->name : "");
	if (actor->copies > 1) {
		snprintf(buf, sizeof(buf), "\xc3\x97%" PRIu32 " copies", actor->copies);
		pel_dot_put_small(pic->out, buf);
	}
	if (load && (actor->where.kind != PEL_WHERE_CPU || actor->where.index >= 0))
		pel_dot_put_small(pic->out, pel_where_format(&actor->where, where, sizeof(where)));
	if (load && load->known)
		pel_dot_put_small(pic->out, pel_dot_load_text(load, buf, sizeof(buf)));
	if (pel_bound_share(&pic->bound, actor->id, buf, sizeof(buf)))
		pel_dot_put_small(pic->out, buf);
	if (actor_firings(pic, actor, &firings)) {
		snprintf(buf, sizeof(buf), "%s firing%s", pel_count_format(firings, count, sizeof(count)),
			 firings == 1 ? "" : "s");
		pel_dot_put_small(pic->out, buf);
	}
}

void pel_dot_put_actor(const struct picture *pic, uint32_t index, bool alone)
{
	const struct pel_plan_actor *actor = &pic->plan->actors[index];
	struct colours colours = *pel_dot_where_colours(&actor->where);
	bool critical = pel_bound_actor_is_critical(&pic->bound, actor->id);
	struct load load = { 0 };
	char heat[16];
	FILE *out = pic->out;

	if (alone)
		load = pel_dot_stage_load(pic, actor->stage);
	if (load.known)
		colours = pel_dot_heat_colours(load.busy, colours.border, heat, sizeof(heat));
	else if (!alone)
		colours.fill = "#ffffff";
	if (critical)
		colours.border = CRITICAL_COLOUR;
	fprintf(out,
		"a%" PRIu32
		" [label=<<TABLE BORDER=\"%d\" CELLBORDER=\"0\" CELLSPACING=\"0\" CELLPADDING=\"3\" STYLE=\"ROUNDED\" "
		"COLOR=\"%s\" BGCOLOR=\"%s\"><TR><TD COLSPAN=\"2\" CELLPADDING=\"5\"><B>",
		index, critical ? 3 : 1, colours.border, colours.fill);
	pel_dot_put_id(out, actor->id);
	fputs("</B>", out);
	put_actor_words(pic, actor, alone ? &load : NULL);
	fputs("</TD></TR>", out);
	if (pel_dot_shows_ports(actor))
		put_ports(out, actor);
	fputs("</TABLE>>, tooltip=\"", out);
	pel_markup_write(actor->id, out);
	fputs("\"];\n", out);
}
