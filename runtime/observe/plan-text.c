/* SPDX-License-Identifier: Apache-2.0 */
#include "analysis-view.h"
#include "json.h"
#include "plan-view.h"
#include "text.h"

#include <pelton/observe.h>

#include <inttypes.h>
#include <string.h>

#define BOUND_BUDGET_S	3 /* printing a plan must be quick */
#define CLUSTERS_SHOWN	20
#define SEGMENTS_SHOWN	12
#define NOT_FUSED_SHOWN 20
#define CELL_BYTES	640 /* an id has up to 32 names; longer ids are cut here, but not in JSON */

/* ---- JSON ---- */

static void json_machine(struct pel_json *json, const struct pel_machine *machine)
{
	pel_json_open(json, "machine", '{');
	pel_json_u64(json, "cores", machine->cores);
	pel_json_u64(json, "l1_bytes", machine->l1_bytes);
	pel_json_u64(json, "l2_bytes", machine->l2_bytes);
	pel_json_close(json);
}

/* How a stage is executed as a whole; null: its actors fire one by one. */
static void json_cluster(struct pel_json *json, const struct pel_plan *plan, const struct pel_plan_stage *stage)
{
	const struct pel_plan_cluster *cluster;

	if (stage->cluster == PEL_NONE) {
		pel_json_null(json, "fused");
		return;
	}
	cluster = &plan->clusters[stage->cluster];
	pel_json_open(json, "fused", '{');
	pel_json_u64(json, "copies", cluster->n_stages);
	pel_json_u64(json, "rounds", cluster->slots);
	pel_json_u64(json, "chunk", cluster->chunk);
	pel_json_u64(json, "round", cluster->round);
	pel_json_open(json, "segments", '[');
	for (uint32_t s = 0; s < cluster->n_segments; s++) {
		pel_json_open(json, NULL, '[');
		for (uint32_t i = cluster->segments[s]; i < cluster->segments[s + 1]; i++)
			pel_json_string(json, NULL, plan->actors[cluster->actors[i]].id);
		pel_json_close(json);
	}
	pel_json_close(json);
	pel_json_close(json);
}

static void json_stages(struct pel_json *json, const struct pel_plan *plan)
{
	char where[256];

	pel_json_open(json, "stages", '[');
	for (uint32_t i = 0; i < plan->n_stages; i++) {
		const struct pel_plan_stage *stage = &plan->stages[i];

		pel_json_open(json, NULL, '{');
		pel_json_string(json, "id", stage->id);
		pel_json_open(json, "actors", '[');
		for (uint32_t a = 0; a < stage->n_actors; a++)
			pel_json_string(json, NULL, plan->actors[stage->actors[a]].id);
		pel_json_close(json);
		pel_json_string(json, "where", pel_where_format(&stage->where, where, sizeof(where)));
		pel_json_bool(json, "blocking", stage->blocking);
		json_cluster(json, plan, stage);
		pel_json_close(json);
	}
	pel_json_close(json);
}

static void json_number(struct pel_json *json, const char *key, bool known, uint64_t value)
{
	if (known)
		pel_json_u64(json, key, value);
	else
		pel_json_null(json, key);
}

static void json_channels(struct pel_json *json, const struct pel_plan *plan)
{
	char text[8192]; /* PEL_MAX_DEPTH names of 200 bytes */

	pel_json_open(json, "channels", '[');
	for (uint32_t i = 0; i < plan->n_channels; i++) {
		const struct pel_plan_channel *channel = &plan->channels[i];
		const struct pel_type *type = pel_view_from_port(plan, channel)->type;
		uint64_t bytes = 0;
		bool known = pel_view_bytes(plan, channel, &bytes);

		pel_json_open(json, NULL, '{');
		pel_json_string(json, "name", channel->name);
		pel_json_string(json, "from", pel_view_from(plan, channel, text, sizeof(text)));
		pel_json_string(json, "to", pel_view_to(plan, channel, text, sizeof(text)));
		pel_json_string(json, "type", type ? pel_type_format(type, text, sizeof(text)) : NULL);
		json_number(json, "capacity", channel->capacity, channel->capacity);
		json_number(json, "bytes", known, bytes);
		pel_json_string(json, "memory", pel_memory_name(channel->memory));
		pel_json_u64(json, "initial", channel->initial);
		pel_json_close(json);
	}
	pel_json_close(json);
}

static void json_actors(struct pel_json *json, const struct pel_plan *plan)
{
	char where[256];

	pel_json_open(json, "actors", '[');
	for (uint32_t i = 0; i < plan->n_actors; i++) {
		const struct pel_plan_actor *actor = &plan->actors[i];

		if (actor->kind != PEL_ACTOR_KERNEL)
			continue;
		pel_json_open(json, NULL, '{');
		pel_json_string(json, "id", actor->id);
		pel_json_string(json, "kernel", actor->kernel ? actor->kernel->name : NULL);
		pel_json_string(json, "where", pel_where_format(&actor->where, where, sizeof(where)));
		pel_json_u64(json, "copies", actor->copies);
		json_number(json, "repetition", actor->repetition, actor->repetition);
		pel_json_string(json, "apart", pel_not_fused_reason(actor->not_fused));
		pel_json_close(json);
	}
	pel_json_close(json);
}

/* The analysis with the bound of its runs, to be destroyed; NULL: unknown. */
static struct pel_analysis *bound_of(const struct pel_plan *plan)
{
	struct pel_analysis_options options = { .size = sizeof(options), .budget_s = BOUND_BUDGET_S };
	struct pel_analysis *bound = NULL;

	return pel_analyze_plan(plan, &options, &bound, NULL) == 0 ? bound : NULL;
}

int pel_plan_write_json(const struct pel_plan *plan, FILE *out)
{
	struct pel_json json = { .out = out };
	struct pel_analysis *bound = bound_of(plan);

	pel_json_open(&json, NULL, '{');
	pel_json_string(&json, "graph", plan->name);
	pel_json_u64(&json, "workers", plan->workers);
	json_machine(&json, &plan->machine);
	json_stages(&json, plan);
	json_channels(&json, plan);
	json_actors(&json, plan);
	pel_bound_write_json(&json, bound);
	pel_json_close(&json);
	pel_analysis_destroy(bound);
	return pel_stream_result(out);
}

/* ---- text ---- */

/* A table whose cells are written on demand, once to measure and once to print, so that none is stored. */
struct table {
	const struct pel_plan *plan;
	const char *const *heads; /* terminated by NULL */
	void (*cell)(const struct pel_plan *plan, uint32_t row, unsigned column, char *buf, size_t size);
	uint32_t n_rows;
};

#define COLUMNS_MAX 8
#define WIDTH_MAX   40 /* a longer cell shifts only its own line */

/* Write one cell. The blanks after it are written only before the next cell that is not empty. */
static void put_cell(FILE *out, const char *text, size_t width, size_t *blanks)
{
	size_t length = strlen(text);

	if (!length) {
		*blanks += width + 2;
		return;
	}
	fprintf(out, "%*s%s", (int)*blanks, "", text);
	*blanks = (length < width ? width - length : 0) + 2;
}

static void table_write(const struct table *table, FILE *out)
{
	size_t widths[COLUMNS_MAX] = { 0 }, n = 0, blanks = 0;
	char buf[CELL_BYTES];

	for (; table->heads[n]; n++) {
		widths[n] = strlen(table->heads[n]);
		for (uint32_t row = 0; row < table->n_rows; row++) {
			size_t length;

			table->cell(table->plan, row, (unsigned)n, buf, sizeof(buf));
			length = strlen(buf) < WIDTH_MAX ? strlen(buf) : WIDTH_MAX;
			if (length > widths[n])
				widths[n] = length;
		}
	}
	for (size_t column = 0; column < n; column++)
		put_cell(out, table->heads[column], widths[column], &blanks);
	for (uint32_t row = 0; row < table->n_rows; row++) {
		fputc('\n', out);
		blanks = 0;
		for (size_t column = 0; column < n; column++) {
			table->cell(table->plan, row, (unsigned)column, buf, sizeof(buf));
			put_cell(out, buf, widths[column], &blanks);
		}
	}
	fputc('\n', out);
}

/* The first and last ids of a stage's actors, and their number if not all are shown. */
static void actors_cell(const struct pel_plan *plan, const struct pel_plan_stage *stage, char *buf, size_t size)
{
	size_t used = 0;

	buf[0] = '\0';
	for (uint32_t a = 0; a < stage->n_actors && used < size; a++) {
		if (a == 6 && stage->n_actors > 10) {
			used += (size_t)snprintf(buf + used, size - used, " ... (%" PRIu32 " actors)",
						 stage->n_actors);
			a = stage->n_actors - 2;
		}
		if (used < size)
			used += (size_t)snprintf(buf + used, size - used, "%s%s", a ? " " : "",
						 plan->actors[stage->actors[a]].id);
	}
}

static const char *const stage_heads[] = { "stage", "where", "actors", NULL };

static void stage_cell(const struct pel_plan *plan, uint32_t row, unsigned column, char *buf, size_t size)
{
	const struct pel_plan_stage *stage = &plan->stages[row];
	char where[256];

	switch (column) {
	case 0:
		snprintf(buf, size, "%s", stage->id);
		break;
	case 1:
		snprintf(buf, size, "%s%s", pel_where_format(&stage->where, where, sizeof(where)),
			 stage->blocking ? " (own thread)" : "");
		break;
	default:
		actors_cell(plan, stage, buf, size);
	}
}

static const char *const channel_heads[] = { "channel", "type",	  "rates",   "capacity",
					     "bytes",	"memory", "initial", NULL };

static void channel_cell(const struct pel_plan *plan, uint32_t row, unsigned column, char *buf, size_t size)
{
	const struct pel_plan_channel *channel = &plan->channels[row];
	const struct pel_plan_port *from = pel_view_from_port(plan, channel),
				   *to = pel_view_to_port(plan, channel);
	char produced[192], consumed[192];
	uint64_t bytes;

	buf[0] = '\0';
	switch (column) {
	case 0:
		snprintf(buf, size, "%s", channel->name);
		break;
	case 1:
		if (from->type)
			pel_type_format(from->type, buf, size);
		break;
	case 2:
		snprintf(buf, size, "%s : %s",
			 plan->actors[channel->from].kind != PEL_ACTOR_KERNEL
				 ? "host"
				 : pel_view_rate(from, produced, sizeof(produced)),
			 plan->actors[channel->to].kind != PEL_ACTOR_KERNEL
				 ? "host"
				 : pel_view_rate(to, consumed, sizeof(consumed)));
		break;
	case 3:
		if (channel->capacity)
			snprintf(buf, size, "%" PRIu64, channel->capacity);
		break;
	case 4:
		if (pel_view_bytes(plan, channel, &bytes))
			pel_bytes_format(bytes, buf, size);
		break;
	case 5:
		snprintf(buf, size, "%s", pel_memory_name(channel->memory));
		break;
	default:
		if (channel->initial)
			snprintf(buf, size, "%" PRIu64, channel->initial);
	}
}

/* "a b | c", the segments of a cluster; those that do not fit are left out. */
static void put_segments(const struct pel_plan *plan, const struct pel_plan_cluster *cluster, FILE *out)
{
	for (uint32_t s = 0; s < cluster->n_segments; s++) {
		uint32_t begin = cluster->segments[s], n = cluster->segments[s + 1] - begin;

		fputs(s ? " |" : "", out);
		for (uint32_t i = 0; i < n; i++) {
			if (i == 3 && n > 5) {
				fprintf(out, " ... (%" PRIu32 ")", n);
				i = n - 1;
			}
			fprintf(out, " %s", plan->actors[cluster->actors[begin + i]].id);
		}
		if (s == SEGMENTS_SHOWN - 1 && cluster->n_segments > SEGMENTS_SHOWN) {
			fprintf(out, " | ... (%" PRIu32 " segments)", cluster->n_segments);
			return;
		}
	}
}

/* The clusters and how they are executed; and the actors that are not fused, with the reason. */
static void put_clusters(const struct pel_plan *plan, FILE *out)
{
	uint32_t shown = 0, not_fused = 0;

	for (uint32_t i = 0; i < plan->n_clusters; i++) {
		const struct pel_plan_cluster *cluster = &plan->clusters[i];

		if (cluster->n_actors == 1 || shown++ >= CLUSTERS_SHOWN)
			continue;
		fprintf(out, "%sfused %s: %" PRIu32 " round%s at once, of at most %" PRIu64 " iteration%s",
			shown == 1 ? "\n" : "", plan->stages[cluster->stage].id, cluster->slots,
			pel_s(cluster->slots), cluster->round, pel_s(cluster->round));
		if (cluster->scratch_bytes)
			fprintf(out, ", by %" PRIu64, cluster->chunk);
		fputc(':', out);
		put_segments(plan, cluster, out);
		fputc('\n', out);
	}
	if (shown > CLUSTERS_SHOWN)
		fprintf(out, "... and %" PRIu32 " more\n", shown - CLUSTERS_SHOWN);
	for (uint32_t i = 0; i < plan->n_actors; i++) {
		const struct pel_plan_actor *actor = &plan->actors[i];

		if (actor->kind != PEL_ACTOR_KERNEL || actor->not_fused == PEL_FUSED ||
		    not_fused++ >= NOT_FUSED_SHOWN)
			continue;
		fprintf(out, "%sone by one: %s: %s\n", not_fused == 1 && !shown ? "\n" : "", actor->id,
			pel_not_fused_reason(actor->not_fused));
	}
	if (not_fused > NOT_FUSED_SHOWN)
		fprintf(out, "... and %" PRIu32 " more\n", not_fused - NOT_FUSED_SHOWN);
}

int pel_plan_write_text(const struct pel_plan *plan, FILE *out)
{
	const struct table stages = { plan, stage_heads, stage_cell, plan->n_stages };
	const struct table channels = { plan, channel_heads, channel_cell, plan->n_channels };
	uint32_t n_actors = plan->n_actors - plan->n_ins - plan->n_outs;
	struct pel_analysis *bound;
	char bytes[16];

	fprintf(out,
		"graph %s: %" PRIu32 " actor%s in %" PRIu32 " stage%s on %" PRIu32 " worker%s, %" PRIu32
		" channel%s, %s\n\n",
		plan->name, n_actors, pel_s(n_actors), plan->n_stages, pel_s(plan->n_stages), plan->workers,
		pel_s(plan->workers), plan->n_channels, pel_s(plan->n_channels),
		pel_bytes_format(pel_view_total_bytes(plan), bytes, sizeof(bytes)));
	table_write(&stages, out);
	put_clusters(plan, out);
	if (plan->n_channels) {
		fputc('\n', out);
		table_write(&channels, out);
	}
	bound = bound_of(plan);
	pel_bound_write_text(bound, out);
	pel_analysis_destroy(bound);
	return pel_stream_result(out);
}
