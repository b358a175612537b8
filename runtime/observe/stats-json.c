/* SPDX-License-Identifier: Apache-2.0 */
#include "analysis-view.h"
#include "json.h"
#include "text.h"

#include <pelton/observe.h>

#include <inttypes.h>

static void write_stages(struct pel_json *json, const struct pel_stats *stats)
{
	pel_json_open(json, "stages", '[');
	for (size_t i = 0; i < stats->n_stages; i++) {
		const struct pel_stage_stats *stage = stats->stages[i];

		pel_json_open(json, NULL, '{');
		pel_json_string(json, "id", stage->id);
		pel_json_open(json, "actors", '[');
		for (size_t a = 0; a < stage->n_actors; a++)
			pel_json_string(json, NULL, stage->actors[a]);
		pel_json_close(json);
		pel_json_string(json, "where", stage->where);
		pel_json_u64(json, "firings", stage->firings);
		pel_json_u64(json, "copies", stage->copies ? stage->copies : 1);
		pel_json_f64(json, "busy_s", stage->busy_s);
		pel_json_f64(json, "wait_input_s", stage->wait_input_s);
		pel_json_f64(json, "wait_room_s", stage->wait_room_s);
		pel_json_f64(json, "wait_device_s", stage->wait_device_s);
		pel_json_close(json);
	}
	pel_json_close(json);
}

static void write_channels(struct pel_json *json, const struct pel_stats *stats)
{
	pel_json_open(json, "channels", '[');
	for (size_t i = 0; i < stats->n_channels; i++) {
		const struct pel_channel_stats *channel = stats->channels[i];

		pel_json_open(json, NULL, '{');
		pel_json_string(json, "name", channel->name);
		pel_json_string(json, "from", channel->from);
		pel_json_string(json, "to", channel->to);
		pel_json_u64(json, "capacity", channel->capacity);
		pel_json_u64(json, "high_water", channel->high_water);
		pel_json_u64(json, "tokens", channel->tokens);
		pel_json_u64(json, "left_over", channel->left_over);
		pel_json_close(json);
	}
	pel_json_close(json);
}

static void write_result(struct pel_json *json, const struct pel_result *result)
{
	switch (result->kind) {
	case PEL_RESULT_U64:
		pel_json_u64(json, result->name, result->u64);
		break;
	case PEL_RESULT_F64:
		pel_json_f64(json, result->name, result->f64);
		break;
	case PEL_RESULT_STRING:
		pel_json_string(json, result->name, result->string);
		break;
	}
}

static void write_actors(struct pel_json *json, const struct pel_stats *stats)
{
	pel_json_open(json, "actors", '{');
	for (size_t i = 0; i < stats->n_actors; i++) {
		const struct pel_actor_stats *actor = stats->actors[i];

		pel_json_open(json, actor->id, '{');
		pel_json_u64(json, "firings", actor->firings);
		if (actor->expected_firings)
			pel_json_u64(json, "expected_firings", actor->expected_firings);
		else
			pel_json_null(json, "expected_firings");
		if (actor->call_s > 0)
			pel_json_f64(json, "call_s", actor->call_s);
		else
			pel_json_null(json, "call_s");
		pel_json_open(json, "results", '{');
		for (size_t r = 0; r < actor->n_results; r++)
			write_result(json, actor->results[r]);
		pel_json_close(json);
		pel_json_open(json, "warnings", '[');
		for (size_t w = 0; w < actor->n_warnings; w++)
			pel_json_string(json, NULL, actor->warnings[w]);
		pel_json_close(json);
		if (actor->on_device)
			pel_json_u64(json, "device_faults", actor->device_faults);
		pel_json_close(json);
	}
	pel_json_close(json);
}

static void write_prediction(struct pel_json *json, const struct pel_prediction *p)
{
	char text[48];

	if (!p->known) {
		pel_json_null(json, "predicted");
	} else {
		snprintf(text, sizeof(text), "%" PRIu64 "/%" PRIu64, p->num, p->den);
		pel_json_open(json, "predicted", '{');
		pel_json_string(json, "throughput", text);
		pel_json_open(json, "critical", '[');
		for (size_t i = 0; i < p->n_bottleneck; i++)
			pel_json_string(json, NULL, p->bottleneck[i]);
		pel_json_close(json);
		pel_json_string(json, "enlarge", p->channel);
		if (p->channel) {
			pel_json_u64(json, "capacity", p->capacity);
			pel_json_f64(json, "gain", p->gain);
		} else {
			pel_json_null(json, "capacity");
			pel_json_null(json, "gain");
		}
		pel_json_string(json, "times", pel_times_name(p->times));
		pel_json_close(json);
	}
	pel_json_open(json, "observed", '{');
	pel_json_f64(json, "iterations", p->iterations);
	pel_json_f64(json, "iterations_per_s", p->iterations_per_s);
	if (p->unit_s > 0)
		pel_json_f64(json, "unit_s", p->unit_s);
	else
		pel_json_null(json, "unit_s");
	pel_json_close(json);
}

int pel_stats_write_json(const struct pel_stats *stats, FILE *out)
{
	struct pel_json json = { .out = out };

	pel_json_open(&json, NULL, '{');
	pel_json_f64(&json, "wall_s", stats->wall_s);
	pel_json_u64(&json, "workers", stats->workers);
	write_stages(&json, stats);
	write_channels(&json, stats);
	write_actors(&json, stats);
	write_prediction(&json, stats->predicted);
	pel_json_close(&json);
	return pel_stream_result(out);
}
