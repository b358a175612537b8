/* SPDX-License-Identifier: Apache-2.0 */
#include "sdf3-import.h"

#include "graph-model.h"
#include "sized-options.h"

#include <errno.h>
#include <inttypes.h>
#include <pelton/import.h>
#include <string.h>

/*
 * Converts an SDF3 graph to a Pelton graph. Each actor becomes a <kernel> with its ports and an <actor> of this kernel, which takes the execution time
 * and computes nothing. A self-loop that only limits the number of concurrent firings becomes copies=.
 */

/* One end of a channel that is kept. */
struct end {
	uint32_t channel;
	bool out;
	const char *port; /* a valid name in Pelton */
};

struct import {
	const struct pel_sdf3 *sdf3;
	const struct pel_import_options *options;
	FILE *out;
	struct pel_error *err;
	struct pel_arena arena;
	uint64_t *q; /* NULL: the graph is inconsistent */
	uint32_t *copies;
	bool *capped;			 /* actors that would need more copies than allowed */
	const char **actors, **channels; /* valid names in Pelton */
	bool *dropped;			 /* channels that are replaced by copies */
	struct end *ends;		 /* of all actors: first_end[a] .. first_end[a + 1] */
	uint32_t *first_end;
	const char **from_ports, **to_ports; /* of the channels */
};

/* ---- names ---- */

#define NAME_MAX_BYTES 180 /* a suffix that makes a name unique needs some more */

static bool is_name_byte(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
	       c == '-';
}

/* Returns `text` with the characters replaced that a name cannot contain. NULL: out of memory. */
static const char *clean(struct import *im, const char *text)
{
	size_t length = strnlen(text, NAME_MAX_BYTES);
	bool first = (text[0] >= '0' && text[0] <= '9') || text[0] == '-' || !text[0];
	char *name = pel_arena_printf(&im->arena, "%s%.*s", first ? "_" : "", (int)length, text);

	for (char *at = name; at && *at; at++)
		if (!is_name_byte(*at))
			*at = '_';
	return name;
}

/* Make the `n` names in names[] valid and unique. Names that are already valid do not change. */
static int make_names(struct import *im, const char **names, uint32_t n)
{
	struct pel_map taken = { 0 };
	const char *name, *base;
	int r = 0;

	for (uint32_t i = 0; i < n && r != -ENOMEM; i++)
		if (pel_is_name(names[i]))
			r = pel_map_put(&taken, names[i], i);
	for (uint32_t i = 0; i < n && r != -ENOMEM; i++) {
		if (pel_map_get(&taken, names[i]) == i)
			continue;
		name = base = clean(im, names[i]);
		for (unsigned k = 2; name && (r = pel_map_put(&taken, name, i)) == -EEXIST; k++)
			name = pel_arena_printf(&im->arena, "%s_%u", base, k);
		if (!name)
			r = -ENOMEM;
		names[i] = name;
	}
	pel_map_fini(&taken);
	return r == -ENOMEM ? r : 0;
}

/* ---- channels that are left out ---- */

static const struct pel_sdf_channel *channel_of(const struct import *im, uint32_t index)
{
	return &im->sdf3->sdf.channels[index];
}

static bool is_one(const uint64_t *rates, uint32_t n)
{
	return n == 1 && rates[0] == 1;
}

/* Is it a self-loop that allows at least as many concurrent firings as the actor has copies? */
static bool says_nothing(const struct import *im, uint32_t index)
{
	const struct pel_sdf_channel *channel = channel_of(im, index);

	return channel->from == channel->to && is_one(channel->produce, channel->n_produce) &&
	       is_one(channel->consume, channel->n_consume) && channel->initial >= im->copies[channel->from];
}

/*
 * Leave out such self-loops. But an actor with several phases keeps one if it has no other channel, because only rates can express the number of
 * phases.
 */
static int drop_channels(struct import *im)
{
	uint32_t n = im->sdf3->sdf.n_channels;
	bool *has_channel = pel_arena_array(&im->arena, im->sdf3->sdf.n_actors, sizeof(*has_channel));

	if (!has_channel)
		return -ENOMEM;
	for (uint32_t c = 0; c < n; c++) {
		im->dropped[c] = says_nothing(im, c);
		if (!im->dropped[c])
			has_channel[channel_of(im, c)->from] = has_channel[channel_of(im, c)->to] = true;
	}
	for (uint32_t c = 0; c < n; c++) {
		uint32_t actor = channel_of(im, c)->from;

		if (im->dropped[c] && !has_channel[actor] && im->sdf3->sdf.phases[actor] > 1) {
			has_channel[actor] = true;
			im->dropped[c] = false;
		}
	}
	return 0;
}

/* ---- the ports of each actor, inputs first, in the order of the channels ---- */

static int find_ends(struct import *im)
{
	const struct pel_sdf *sdf = &im->sdf3->sdf;
	uint32_t *at = pel_arena_array(&im->arena, (size_t)sdf->n_actors + 1, sizeof(*at));

	im->first_end = pel_arena_array(&im->arena, (size_t)sdf->n_actors + 1, sizeof(*im->first_end));
	im->ends = pel_arena_array(&im->arena, 2 * (size_t)sdf->n_channels, sizeof(*im->ends));
	if (!at || !im->first_end || !im->ends)
		return -ENOMEM;
	for (uint32_t c = 0; c < sdf->n_channels; c++)
		if (!im->dropped[c]) {
			im->first_end[channel_of(im, c)->from + 1]++;
			im->first_end[channel_of(im, c)->to + 1]++;
		}
	for (uint32_t a = 0; a < sdf->n_actors; a++) {
		im->first_end[a + 1] += im->first_end[a];
		at[a] = im->first_end[a];
	}
	for (unsigned out = 0; out < 2; out++)
		for (uint32_t c = 0; c < sdf->n_channels; c++)
			if (!im->dropped[c])
				im->ends[at[out ? channel_of(im, c)->from : channel_of(im, c)->to]++] =
					(struct end){ c, out, NULL };
	return 0;
}

static int name_ports(struct import *im, uint32_t actor)
{
	struct end *ends = im->ends + im->first_end[actor];
	uint32_t n = im->first_end[actor + 1] - im->first_end[actor];
	const char **names = pel_calloc(n, sizeof(*names));
	int r = names ? 0 : -ENOMEM;

	for (uint32_t i = 0; i < n && r == 0; i++) {
		const struct pel_sdf3_channel *channel = &im->sdf3->channels[ends[i].channel];

		names[i] = ends[i].out ? channel->from_port : channel->to_port;
	}
	if (r == 0)
		r = make_names(im, names, n);
	for (uint32_t i = 0; i < n && r == 0; i++) {
		ends[i].port = names[i];
		if (ends[i].out)
			im->from_ports[ends[i].channel] = names[i];
		else
			im->to_ports[ends[i].channel] = names[i];
	}
	pel_free(names);
	return r;
}

/* ---- writing ---- */

static void put_text(FILE *out, const char *text)
{
	for (; *text; text++) {
		if (strchr("&<>\"", *text) || (unsigned char)*text < ' ')
			fprintf(out, "&#%d;", *text);
		else
			putc(*text, out);
	}
}

/* Write `count` numbers from a list of `n` that repeats. */
static void put_list(FILE *out, const uint64_t *values, uint32_t n, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		fprintf(out, "%s%" PRIu64, i ? "," : "", values[i % n]);
}

static const uint64_t *rates_of(const struct import *im, const struct end *end, uint32_t *n)
{
	const struct pel_sdf_channel *channel = channel_of(im, end->channel);

	*n = end->out ? channel->n_produce : channel->n_consume;
	return end->out ? channel->produce : channel->consume;
}

/* Does some port's list have as many entries as the actor has phases? */
static bool shows_phases(const struct import *im, uint32_t actor)
{
	uint32_t n;

	for (uint32_t i = im->first_end[actor]; i < im->first_end[actor + 1]; i++) {
		rates_of(im, &im->ends[i], &n);
		if (n == im->sdf3->sdf.phases[actor])
			return true;
	}
	return false;
}

static bool is_portless(const struct import *im, uint32_t actor)
{
	return im->first_end[actor] == im->first_end[actor + 1];
}

static void write_kernel(struct import *im, uint32_t actor)
{
	const char *id = im->sdf3->actors[actor].id;
	bool in_full = !shows_phases(im, actor);

	fprintf(im->out, "  <kernel name=\"%s\" stateless=\"true\"", im->actors[actor]);
	if (strcmp(id, im->actors[actor]) != 0) {
		fputs(" doc=\"", im->out);
		put_text(im->out, id);
		putc('"', im->out);
	}
	fputs(">\n", im->out);
	for (uint32_t i = im->first_end[actor]; i < im->first_end[actor + 1]; i++) {
		const struct end *end = &im->ends[i];
		uint32_t n;
		const uint64_t *rates = rates_of(im, end, &n);

		fprintf(im->out, "    <%s name=\"%s\" type=\"u8\" rate=\"", end->out ? "out" : "in", end->port);
		put_list(im->out, rates, n, in_full ? im->sdf3->sdf.phases[actor] : n);
		fputs(end->out ? "\"/>\n" : "\" tail=\"drop\"/>\n", im->out);
		in_full = false;
	}
	fprintf(im->out, "    <cpu kernel=\"%s\"/>\n  </kernel>\n",
		im->options->sleep ? "bench.sleep" : "bench.work");
}

static void put_set(FILE *out, const char *name)
{
	fprintf(out, "<set name=\"%s\" value=\"", name);
}

/* Without ports there are no phases: one firing stands for all of them. */
static uint64_t whole_time(const struct pel_sdf3_actor *actor)
{
	uint64_t time = 0, longest = UINT64_MAX;

	for (uint32_t i = 0; i < actor->phases; i++)
		if (__builtin_add_overflow(time, actor->time[i % actor->n_time], &time))
			return longest;
	return time;
}

static void write_actor(struct import *im, uint32_t index)
{
	const struct pel_sdf3_actor *actor = &im->sdf3->actors[index];
	bool portless = is_portless(im, index);
	uint64_t time = whole_time(actor), firings = im->q ? im->q[index] : 1;
	const uint64_t *times = portless ? &time : actor->time;
	uint32_t n_time = portless ? 1 : actor->n_time;

	if (!portless)
		firings *= actor->phases;
	fprintf(im->out, "  <actor id=\"%s\" kernel=\"%s\"", im->actors[index], im->actors[index]);
	if (im->copies[index] > 1)
		fprintf(im->out, " copies=\"%u\"", im->copies[index]);
	fputs(" max-batch=\"1\" time=\"", im->out);
	put_list(im->out, times, n_time, n_time);
	fputs("\">\n    ", im->out);
	put_set(im->out, "time");
	put_list(im->out, times, n_time, n_time);
	fputs("\"/> ", im->out);
	put_set(im->out, "unit_us");
	fputs("$unit_us\"/> ", im->out);
	put_set(im->out, "firings");
	fprintf(im->out, firings == 1 ? "$iterations" : "$iterations * %" PRIu64, firings);
	fputs("\"/>\n  </actor>\n", im->out);
}

static void write_channel(struct import *im, uint32_t index)
{
	const struct pel_sdf_channel *channel = channel_of(im, index);

	fprintf(im->out, "  <channel name=\"%s\" from=\"%s.%s\" to=\"%s.%s\"", im->channels[index],
		im->actors[channel->from], im->from_ports[index], im->actors[channel->to], im->to_ports[index]);
	if (channel->initial)
		fprintf(im->out, " initial=\"%" PRIu64 "\"", channel->initial);
	fputs("/>\n", im->out);
}

static void write_graph(struct import *im, const char *name)
{
	const struct pel_sdf *sdf = &im->sdf3->sdf;

	fprintf(im->out,
		"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
		"<!-- Imported from SDF3. Its actors take their execution times, in units of unit_us, and compute nothing. -->\n"
		"<graph xmlns=\"urn:pelton:graph:1\" name=\"%s\">\n"
		"  <param name=\"iterations\" type=\"i64\" value=\"10\" doc=\"number of iterations; 1 or more\"/>\n"
		"  <param name=\"unit_us\" type=\"f64\" value=\"1\" doc=\"time unit in microseconds; 0: as fast as possible\"/>\n",
		name);
	for (uint32_t a = 0; a < sdf->n_actors; a++)
		write_kernel(im, a);
	for (uint32_t a = 0; a < sdf->n_actors; a++)
		write_actor(im, a);
	for (uint32_t c = 0; c < sdf->n_channels; c++)
		if (!im->dropped[c])
			write_channel(im, c);
	fputs("</graph>\n", im->out);
}

/* ---- the whole graph ---- */

static int find_copies(struct import *im)
{
	const struct pel_sdf *sdf = &im->sdf3->sdf;
	uint32_t limit = im->options->copies && im->options->copies < PEL_MAX_COPIES ? im->options->copies
										     : PEL_MAX_COPIES;
	uint64_t firings;
	int r;

	im->q = pel_arena_array(&im->arena, sdf->n_actors, sizeof(*im->q));
	if (!im->q)
		return -ENOMEM;
	r = pel_sdf_repetition(sdf, im->q, NULL, NULL);
	for (uint32_t a = 0; a < sdf->n_actors && r == 0; a++)
		if (__builtin_mul_overflow(im->q[a], sdf->phases[a], &firings))
			r = -EOVERFLOW;
	if (r == -EOVERFLOW)
		return pel_fail(
			im->err, -EINVAL, (struct pel_place){ .file = im->sdf3->file },
			"an iteration of the graph has more firings of one actor than 64 bits can count");
	if (r == 0)
		return pel_sdf3_copies(im->sdf3, im->q, limit, im->copies, im->capped);
	if (r != -EINVAL)
		return r;
	/* The compiler will report which rates contradict each other. */
	im->q = NULL;
	for (uint32_t a = 0; a < sdf->n_actors; a++)
		im->copies[a] = 1;
	return 0;
}

static int prepare(struct import *im)
{
	const struct pel_sdf *sdf = &im->sdf3->sdf;
	int r;

	im->copies = pel_arena_array(&im->arena, sdf->n_actors, sizeof(*im->copies));
	im->capped = pel_arena_array(&im->arena, sdf->n_actors, sizeof(*im->capped));
	im->actors = pel_arena_array(&im->arena, sdf->n_actors, sizeof(*im->actors));
	im->channels = pel_arena_array(&im->arena, sdf->n_channels, sizeof(*im->channels));
	im->from_ports = pel_arena_array(&im->arena, sdf->n_channels, sizeof(*im->from_ports));
	im->to_ports = pel_arena_array(&im->arena, sdf->n_channels, sizeof(*im->to_ports));
	im->dropped = pel_arena_array(&im->arena, sdf->n_channels, sizeof(*im->dropped));
	if (!im->copies || !im->capped || !im->actors || !im->channels || !im->from_ports || !im->to_ports ||
	    !im->dropped)
		return -ENOMEM;
	for (uint32_t a = 0; a < sdf->n_actors; a++)
		im->actors[a] = im->sdf3->actors[a].id;
	for (uint32_t c = 0; c < sdf->n_channels; c++)
		im->channels[c] = im->sdf3->channels[c].name;
	if ((r = find_copies(im)) < 0 || (r = drop_channels(im)) < 0 || (r = find_ends(im)) < 0 ||
	    (r = make_names(im, im->actors, sdf->n_actors)) < 0 ||
	    (r = make_names(im, im->channels, sdf->n_channels)) < 0)
		return r;
	for (uint32_t a = 0; a < sdf->n_actors && r == 0; a++)
		r = name_ports(im, a);
	return r;
}

/* Warn of actors whose copies reach Pelton's own limit. There is no warning if the user has set a lower limit. */
static void warn_capped(const struct import *im)
{
	unsigned asked = im->options->copies;

	for (uint32_t a = 0; (!asked || asked >= PEL_MAX_COPIES) && a < im->sdf3->sdf.n_actors; a++)
		if (im->capped[a])
			pel_fail(im->err, 0, im->sdf3->actors[a].place,
				 "more than %u firings of actor '%s' can be in progress at a time, but an actor has at most %u copies: the graph may be slower than in SDF3",
				 PEL_MAX_COPIES, im->sdf3->actors[a].id, PEL_MAX_COPIES);
}

static int import(struct pel_sdf3 *sdf3, const struct pel_import_options *options, FILE *out,
		  struct pel_error *err)
{
	struct import im = { .sdf3 = sdf3, .options = options, .out = out, .err = err };
	const char *name;
	int r = prepare(&im);

	if (r == 0) {
		name = *sdf3->name ? clean(&im, sdf3->name) : "graph";
		if (name) {
			write_graph(&im, name);
			warn_capped(&im);
		} else
			r = -ENOMEM;
	}
	pel_arena_fini(&im.arena);
	pel_sdf3_destroy(sdf3);
	return r == -ENOMEM ? pel_nomem(err) : r;
}

int pel_import(const char *path, const struct pel_import_options *options, FILE *out, struct pel_error *err)
{
	struct pel_import_options known;
	struct pel_sdf3 *sdf3;
	int r = PEL_OPTIONS_TAKE(pel_import_options, &known, options, err);

	if (r == 0)
		r = pel_sdf3_load(path, &sdf3, err);

	return r < 0 ? r : import(sdf3, &known, out, err);
}

int pel_import_text(const char *text, size_t size, const char *name, const struct pel_import_options *options,
		    FILE *out, struct pel_error *err)
{
	struct pel_import_options known;
	struct pel_sdf3 *sdf3;
	int r = PEL_OPTIONS_TAKE(pel_import_options, &known, options, err);

	if (r == 0)
		r = pel_sdf3_parse(text, size, name, &sdf3, err);

	return r < 0 ? r : import(sdf3, &known, out, err);
}
