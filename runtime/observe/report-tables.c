/* SPDX-License-Identifier: Apache-2.0 */
#include "report-tables.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "html.h"
#include "json.h"
#include "plan-view.h"
#include "text.h"

#define ROWS_MAX      500 /* in a table; of more, the most important ones */
#define LISTED_ACTORS 12  /* in the list of a stage; a longer list is collapsed */

struct row {
	double weight;
	size_t index;
};

/* Rows of a table, in the order of the statistics. */
struct rows {
	struct row *list;
	size_t count, all;
};

static int by_weight(const void *left, const void *right)
{
	const struct row *a = left, *b = right;

	if (a->weight != b->weight)
		return a->weight > b->weight ? -1 : 1;
	return a->index < b->index ? -1 : a->index > b->index;
}

static int by_index(const void *left, const void *right)
{
	const struct row *a = left, *b = right;

	return a->index < b->index ? -1 : a->index > b->index;
}

/* Select all of `n` rows whose weight is not negative, or the heaviest of them. Returns 0 or -ENOMEM. */
static int choose_rows(const struct pel_stats *stats, size_t n,
		       double (*weight)(const struct pel_stats *stats, size_t index), struct rows *rows)
{
	*rows = (struct rows){ .list = pel_calloc(n ? n : 1, sizeof(*rows->list)) };
	if (!rows->list)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		double w = weight(stats, i);

		if (w >= 0)
			rows->list[rows->all++] = (struct row){ w, i };
	}
	rows->count = rows->all;
	if (rows->all > ROWS_MAX) {
		qsort(rows->list, rows->all, sizeof(*rows->list), by_weight);
		rows->count = ROWS_MAX;
		qsort(rows->list, rows->count, sizeof(*rows->list), by_index);
	}
	return 0;
}

static void put_omitted(FILE *out, const struct rows *rows, const char *which)
{
	if (rows->count < rows->all)
		pel_html(out, "<p class=\"soft\">%n of %n: %s.</p>\n", (uint64_t)rows->count,
			 (uint64_t)rows->all, which);
}

static double stage_weight(const struct pel_stats *stats, size_t index)
{
	return stats->stages[index]->busy_s > 0 ? stats->stages[index]->busy_s : 0;
}

/* A segment of the time bar. */
static void put_piece(FILE *out, const struct pel_stats *stats, const char *class, double seconds)
{
	if (pel_share(stats, seconds) >= 0.0005)
		pel_html(out, "<i class=\"%s\" style=\"width:%w\"></i>", class, pel_share(stats, seconds));
}

/* The actors of a stage, if it has several. */
static void put_stage_actors(FILE *out, const struct pel_stage_stats *stage)
{
	bool open = stage->n_actors <= LISTED_ACTORS;

	if (stage->n_actors < 2)
		return;
	if (open)
		fputs("<small>", out);
	else
		pel_html(out, "<details><summary>%n actors</summary>", (uint64_t)stage->n_actors);
	for (size_t i = 0; i < stage->n_actors; i++)
		pel_html(out, i ? ", %s" : "%s", stage->actors[i]);
	fputs(open ? "</small>" : "</details>", out);
}

static void put_stage(FILE *out, const struct pel_stats *stats, size_t index, bool device)
{
	const struct pel_stage_stats *stage = stats->stages[index];

	pel_html(out, "<tr><th scope=\"row\">%s", stage->id);
	put_stage_actors(out, stage);
	pel_html(out,
		 "</th><td data-l=\"Where\">%s</td><td class=\"n\" data-l=\"Firings\">%n</td>"
		 "<td data-l=\"Time\"><span class=\"bar\">",
		 stage->where, stage->firings);
	put_piece(out, stats, "busy", pel_view_busy_s(stage));
	put_piece(out, stats, "input", stage->wait_input_s);
	put_piece(out, stats, "room", stage->wait_room_s);
	put_piece(out, stats, "device", stage->wait_device_s);
	pel_html(out,
		 "</span></td><td class=\"n\" data-l=\"Busy\">%p</td><td class=\"n\" data-l=\"Waited for input\">%t</td>"
		 "<td class=\"n\" data-l=\"Waited for room\">%t</td>",
		 pel_share(stats, pel_view_busy_s(stage)), stage->wait_input_s, stage->wait_room_s);
	if (device)
		pel_html(out, "<td class=\"n\" data-l=\"Waited for the device\">%t</td>", stage->wait_device_s);
	fputs("</tr>\n", out);
}

int pel_report_put_stages(FILE *out, const struct pel_report *report)
{
	const struct pel_stats *stats = report->stats;
	struct rows rows;
	bool device = false;

	if (choose_rows(stats, stats->n_stages, stage_weight, &rows) < 0)
		return -ENOMEM;
	for (size_t i = 0; i < stats->n_stages; i++)
		device = device || stats->stages[i]->wait_device_s > 0;
	fputs("<h2>Stages</h2>\n<p class=\"soft key\"><span><i class=\"busy\"></i>busy</span><span><i "
	      "class=\"input\"></i>waited for input</span><span><i class=\"room\"></i>waited for room</span>",
	      out);
	if (device)
		fputs("<span><i class=\"device\"></i>waited for the device</span>", out);
	fputs("</p>\n", out);
	put_omitted(out, &rows, "the busiest");
	fputs("<table><thead><tr><th scope=\"col\">Stage</th><th scope=\"col\">Where</th><th scope=\"col\" "
	      "class=\"n\">Firings</th><th scope=\"col\">Time</th><th scope=\"col\" class=\"n\">Busy</th><th "
	      "scope=\"col\" class=\"n\">Waited for input</th><th scope=\"col\" class=\"n\">Waited for room</th>",
	      out);
	if (device)
		fputs("<th scope=\"col\" class=\"n\">Waited for the device</th>", out);
	fputs("</tr></thead><tbody>\n", out);
	for (size_t i = 0; i < rows.count; i++)
		put_stage(out, stats, rows.list[i].index, device);
	fputs("</tbody></table>\n", out);
	pel_free(rows.list);
	return 0;
}

static double fill(const struct pel_channel_stats *channel)
{
	double share = channel->capacity ? (double)channel->high_water / (double)channel->capacity : 0;

	return share > 1 ? 1 : share;
}

static double channel_weight(const struct pel_stats *stats, size_t index)
{
	/* Channels with tokens left over come first. */
	return fill(stats->channels[index]) + (stats->channels[index]->left_over ? 2 : 0);
}

static void put_channel(FILE *out, const struct pel_channel_stats *channel)
{
	pel_html(out,
		 "<tr><th scope=\"row\">%s \xe2\x86\x92 %s</th><td data-l=\"Filled\"><span class=\"bar\"><i class=\"fill\" "
		 "style=\"width:%w\"></i></span></td>",
		 channel->from, channel->to, fill(channel));
	pel_html(out,
		 "<td class=\"n\" data-l=\"High water\">%n</td><td class=\"n\" data-l=\"Capacity\">%n</td>"
		 "<td class=\"n\" data-l=\"Tokens\">%n</td>",
		 channel->high_water, channel->capacity, channel->tokens);
	pel_html(out, "<td class=\"n%s\" data-l=\"Left over\">%n</td></tr>\n",
		 channel->left_over && channel->warn_left_over ? " warn" : "", channel->left_over);
}

int pel_report_put_channels(FILE *out, const struct pel_report *report)
{
	const struct pel_stats *stats = report->stats;
	struct rows rows;

	if (!stats->n_channels)
		return 0;
	if (choose_rows(stats, stats->n_channels, channel_weight, &rows) < 0)
		return -ENOMEM;
	fputs("<h2>Channels</h2>\n", out);
	put_omitted(out, &rows, "the fullest, and those with tokens left over");
	fputs("<table><thead><tr><th scope=\"col\">Channel</th><th scope=\"col\">Filled</th><th scope=\"col\" "
	      "class=\"n\">High water</th><th scope=\"col\" class=\"n\">Capacity</th><th scope=\"col\" "
	      "class=\"n\">Tokens</th><th scope=\"col\" class=\"n\">Left over</th></tr></thead><tbody>\n",
	      out);
	for (size_t i = 0; i < rows.count; i++)
		put_channel(out, stats->channels[rows.list[i].index]);
	fputs("</tbody></table>\n", out);
	pel_free(rows.list);
	return 0;
}

static bool cut_short(const struct pel_actor_stats *actor)
{
	return actor->expected_firings && actor->firings < actor->expected_firings;
}

/* The actors that have results or warnings. */
static double actor_weight(const struct pel_stats *stats, size_t index)
{
	const struct pel_actor_stats *actor = stats->actors[index];

	return actor->n_warnings || actor->n_results ? 2 : cut_short(actor) ? 1 : -1;
}

static void put_result(FILE *out, const struct pel_result *result)
{
	struct pel_json number = { .out = out };

	pel_html(out, "%s = <b>", result->name);
	switch (result->kind) {
	case PEL_RESULT_U64:
		pel_json_u64(&number, NULL, result->u64); /* with all digits: it may be a checksum */
		break;
	case PEL_RESULT_F64:
		if (isfinite(result->f64))
			pel_json_f64(&number, NULL, result->f64);
		else
			fputs(isnan(result->f64) ? "not a number"
			      : result->f64 > 0	 ? "infinity"
						 : "-infinity",
			      out);
		break;
	case PEL_RESULT_STRING:
		pel_html(out, "%s", result->string ? result->string : "");
		break;
	}
	fputs("</b>", out);
}

static void put_results(FILE *out, const struct pel_actor_stats *actor)
{
	bool any = actor->n_results || actor->n_warnings;

	fputs(any ? "<td data-l=\"Results\"><span class=\"value\">" : "<td>", out);
	for (size_t r = 0; r < actor->n_results; r++) {
		fputs(r ? "<br>" : "", out);
		put_result(out, actor->results[r]);
	}
	for (size_t w = 0; w < actor->n_warnings; w++) {
		fputs(w || actor->n_results ? "<br>" : "", out);
		pel_html(out, "Warning: %s", actor->warnings[w]);
	}
	fputs(any ? "</span></td>" : "</td>", out);
}

int pel_report_put_actors(FILE *out, const struct pel_report *report)
{
	const struct pel_stats *stats = report->stats;
	struct rows rows;

	if (choose_rows(stats, stats->n_actors, actor_weight, &rows) < 0)
		return -ENOMEM;
	if (rows.count) {
		fputs("<h2>Actors and their results</h2>\n", out);
		put_omitted(out, &rows, "those with results first");
		fputs("<table><thead><tr><th scope=\"col\">Actor</th><th scope=\"col\" class=\"n\">Firings</th><th "
		      "scope=\"col\">Results</th></tr></thead><tbody>\n",
		      out);
	}
	for (size_t i = 0; i < rows.count; i++) {
		const struct pel_actor_stats *actor = stats->actors[rows.list[i].index];

		pel_html(out, "<tr><th scope=\"row\">%s</th><td class=\"n\" data-l=\"Firings\">%n", actor->id,
			 actor->firings);
		if (cut_short(actor))
			pel_html(out, " of %n", actor->expected_firings);
		fputs("</td>", out);
		put_results(out, actor);
		fputs("</tr>\n", out);
	}
	if (rows.count)
		fputs("</tbody></table>\n", out);
	pel_free(rows.list);
	return 0;
}
