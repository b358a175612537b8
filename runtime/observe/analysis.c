/* SPDX-License-Identifier: Apache-2.0 */
#include "analysis-view.h"
#include "analysis-result.h"
#include "json.h"
#include "text.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#define FRACTION_BYTES PEL_FRACTION_BYTES

static const char *fraction_text(struct pel_sdf_fraction f, char *buf)
{
	return pel_fraction_format(&f, buf);
}

static const char *model_name(const struct pel_analysis_model *model)
{
	return model->dynamic ? "dynamic" : model->cyclic ? "csdf" : "sdf";
}

const char *pel_times_name(enum pel_times times)
{
	switch (times) {
	case PEL_TIMES_NONE:
		break;
	case PEL_TIMES_DECLARED:
		return "declared";
	case PEL_TIMES_MEASURED:
		return "measured";
	}
	return NULL;
}

const char *pel_times_rate(enum pel_times times)
{
	static const char *const rates[] = {
		[PEL_TIMES_NONE] = "iterations per firing time, if all firings took the same time",
		[PEL_TIMES_DECLARED] = "iterations per unit of time",
		[PEL_TIMES_MEASURED] = "iterations per nanosecond, as measured"
	};

	return rates[times];
}

/* The unit of times, after a number. */
static const char *unit(const struct pel_analysis *a)
{
	return a->model.known_times == PEL_TIMES_MEASURED ? " ns"
	       : a->model.known_times == PEL_TIMES_NONE	  ? " firing times"
							  : "";
}

/* ---- JSON ---- */

static void json_verdict(struct pel_json *json, const char *key, enum pel_verdict verdict)
{
	if (verdict == PEL_VERDICT_UNKNOWN)
		pel_json_null(json, key);
	else
		pel_json_bool(json, key, verdict == PEL_VERDICT_YES);
}

static void json_fraction(struct pel_json *json, const char *key, bool known, struct pel_sdf_fraction f)
{
	char buf[FRACTION_BYTES];

	pel_json_string(json, key, known ? fraction_text(f, buf) : NULL);
}

static void json_repetition(struct pel_json *json, const struct pel_analysis *a)
{
	if (!a->q) {
		pel_json_null(json, "repetition");
		return;
	}
	pel_json_open(json, "repetition", '{');
	for (uint32_t i = 0; i < a->model.sdf.n_actors; i++)
		pel_json_u64(json, a->model.actors[i], a->q[i]);
	pel_json_close(json);
}

static void json_critical(struct pel_json *json, const struct pel_analysis *a)
{
	if (!a->throughput_known) {
		pel_json_null(json, "critical");
		pel_json_null(json, "critical_channels");
		return;
	}
	pel_json_open(json, "critical", '[');
	for (uint32_t i = 0; i < a->model.sdf.n_actors; i++)
		if (a->critical_actors[i])
			pel_json_string(json, NULL, a->model.actors[i]);
	pel_json_close(json);
	pel_json_open(json, "critical_channels", '[');
	for (uint32_t i = 0; i < a->model.n_own; i++)
		if (a->critical_channels[i])
			pel_json_string(json, NULL, a->model.channels[i]);
	pel_json_close(json);
}

static void json_cycle(struct pel_json *json, const struct pel_analysis *a)
{
	if (a->consistent != PEL_VERDICT_NO) {
		pel_json_null(json, "contradiction");
		return;
	}
	pel_json_open(json, "contradiction", '[');
	for (uint32_t i = 0; i < a->n_cycle; i++)
		pel_json_string(json, NULL, a->model.channels[a->cycle[i]]);
	pel_json_close(json);
}

static void json_latencies(struct pel_json *json, const struct pel_analysis *a)
{
	if (!a->latencies) {
		pel_json_null(json, "latency");
		return;
	}
	pel_json_open(json, "latency", '[');
	for (uint32_t i = 0; i < a->n_latencies; i++) {
		pel_json_open(json, NULL, '{');
		pel_json_string(json, "from", a->model.actors[a->latencies[i].from]);
		pel_json_string(json, "to", a->model.actors[a->latencies[i].to]);
		pel_json_u64(json, "time", a->latencies[i].time);
		pel_json_close(json);
	}
	pel_json_close(json);
}

static void json_enlarge(struct pel_json *json, const struct pel_analysis *a)
{
	if (!a->enlarge.capacity) {
		pel_json_null(json, "enlarge");
		return;
	}
	pel_json_open(json, "enlarge", '{');
	pel_json_string(json, "channel", a->model.channels[a->enlarge.channel]);
	pel_json_u64(json, "capacity", a->enlarge.capacity);
	json_fraction(json, "throughput", true, a->enlarge.throughput);
	pel_json_close(json);
}

static void json_sizing(struct pel_json *json, const char *key, const struct pel_analysis *a,
			const struct pel_sdf_sizing *sizing, bool throughput)
{
	if (!sizing->found) {
		pel_json_null(json, key);
		return;
	}
	pel_json_open(json, key, '{');
	pel_json_u64(json, "total", sizing->total);
	if (throughput)
		json_fraction(json, "throughput", sizing->throughput.num > 0, sizing->throughput);
	pel_json_open(json, "capacity", '{');
	for (uint32_t i = 0; i < a->model.n_own; i++)
		if (sizing->capacity[i])
			pel_json_u64(json, a->model.channels[i], sizing->capacity[i]);
	pel_json_close(json);
	pel_json_bool(json, "least", sizing->least);
	pel_json_close(json);
}

static void json_buffers(struct pel_json *json, const struct pel_analysis *a)
{
	if (!a->buffers_asked || !a->buffers_known) {
		pel_json_null(json, "buffers");
		return;
	}
	pel_json_open(json, "buffers", '{');
	json_sizing(json, "liveness", a, &a->buffers.live, true);
	json_sizing(json, "max_throughput", a, &a->buffers.fastest, true);
	pel_json_open(json, "pareto", '[');
	for (uint32_t i = 0; i < a->buffers.n_pareto; i++)
		json_sizing(json, NULL, a, &a->buffers.pareto[i], true);
	pel_json_close(json);
	pel_json_bool(json, "exact", a->buffers.exact);
	pel_json_close(json);
}

int pel_analysis_write_json(const struct pel_analysis *a, FILE *out)
{
	struct pel_json json = { .out = out };

	pel_json_open(&json, NULL, '{');
	pel_json_string(&json, "graph", a->model.name);
	pel_json_string(&json, "model", model_name(&a->model));
	pel_json_u64(&json, "actors", a->model.n_actors);
	pel_json_u64(&json, "channels", a->model.n_channels);
	json_verdict(&json, "consistent", a->consistent);
	json_cycle(&json, a);
	json_repetition(&json, a);
	json_verdict(&json, "deadlock_free", a->live);
	json_fraction(&json, "throughput", a->throughput_known, a->throughput);
	json_critical(&json, a);
	json_enlarge(&json, a);
	json_latencies(&json, a);
	json_buffers(&json, a);
	pel_json_string(&json, "times", pel_times_name(a->model.known_times));
	pel_json_f64(&json, "seconds", a->seconds);
	pel_json_close(&json);
	fputc('\n', out);
	return pel_stream_result(out);
}

void pel_bound_write_json(struct pel_json *json, const struct pel_analysis *a)
{
	if (!a || !a->throughput_known) {
		pel_json_null(json, "predicted");
		return;
	}
	pel_json_open(json, "predicted", '{');
	json_fraction(json, "throughput", true, a->throughput);
	json_critical(json, a);
	json_enlarge(json, a);
	pel_json_string(json, "times", pel_times_name(a->model.known_times));
	pel_json_close(json);
}

/* ---- text ---- */

#define NAMES_SHOWN  12
#define POINTS_SHOWN 12

static void put(FILE *out, const char *text)
{
	pel_text_write(text, out);
}

static const char *count(uint64_t n, char *buf)
{
	return pel_count_format(n, buf, 32);
}

static double value_of(struct pel_sdf_fraction f)
{
	return (double)f.num / (double)f.den;
}

/* The first few names that are marked in `marks`. */
static void put_marked(FILE *out, const char *const *names, const uint8_t *marks, uint32_t n)
{
	uint32_t shown = 0, more = 0;

	for (uint32_t i = 0; i < n; i++) {
		if (!marks[i])
			continue;
		if (shown == NAMES_SHOWN) {
			more++;
			continue;
		}
		fputs(shown++ ? ", " : "", out);
		put(out, names[i]);
	}
	if (more)
		fprintf(out, " and %" PRIu32 " more", more);
}

static void text_head(const struct pel_analysis *a, FILE *out)
{
	const struct pel_analysis_model *model = &a->model;

	put(out, model->name[0] ? model->name : "(no name)");
	fprintf(out, ": %s, %" PRIu32 " actor%s, %" PRIu32 " channel%s\n", model_name(model), model->n_actors,
		pel_s(model->n_actors), model->n_channels, pel_s(model->n_channels));
}

static void text_consistency(const struct pel_analysis *a, FILE *out)
{
	const struct pel_analysis_model *model = &a->model;

	if (a->consistent == PEL_VERDICT_NO) {
		fputs("inconsistent: however often each actor fires, a channel fills up or runs dry; the rates contradict each other on\n  ",
		      out);
		for (uint32_t i = 0; i < a->n_cycle && i < NAMES_SHOWN; i++) {
			fputs(i ? ", " : "", out);
			put(out, model->channels[a->cycle[i]]);
		}
		if (a->n_cycle > NAMES_SHOWN)
			fprintf(out, " and %" PRIu32 " more", a->n_cycle - NAMES_SHOWN);
		fputc('\n', out);
	} else if (model->dynamic) {
		fputs("some rates are not known before the run (*): nothing more can be proved\n", out);
	} else if (!a->q) {
		fputs("an iteration has more firings than can be counted: nothing more is known\n", out);
	}
}

/* The firings of an iteration, and the time they take together. */
static void total_work(const struct pel_analysis *a, double *firings, double *work)
{
	*firings = *work = 0;
	for (uint32_t i = 0; i < a->model.sdf.n_actors; i++) {
		const struct pel_sdf_times *times = &a->model.times[i];
		double n = (double)a->q[i] * a->model.sdf.phases[i], sum = 0;

		for (uint32_t k = 0; k < times->n; k++)
			sum += (double)times->values[k];
		*firings += n;
		*work += n * sum / times->n;
	}
}

static void text_iteration(const struct pel_analysis *a, FILE *out)
{
	char buf[32];
	uint32_t shown = 0;
	double firings, work;

	total_work(a, &firings, &work);
	fprintf(out, "iteration    %.0f firing%s", firings, firings == 1 ? "" : "s");
	if (a->model.known_times != PEL_TIMES_NONE)
		fprintf(out, ", work %.0f%s in total", work, unit(a));
	fputc(':', out);
	for (uint32_t i = 0; i < a->model.sdf.n_actors && shown < NAMES_SHOWN; i++, shown++) {
		fputc(' ', out);
		put(out, a->model.actors[i]);
		fprintf(out, " x%s", count(a->q[i], buf));
	}
	if (shown < a->model.sdf.n_actors)
		fprintf(out, " and %" PRIu32 " more actor%s", a->model.sdf.n_actors - shown,
			pel_s(a->model.sdf.n_actors - shown));
	fputc('\n', out);
}

static void text_deadlock(const struct pel_analysis *a, FILE *out)
{
	fputs("deadlock     ", out);
	for (uint32_t i = 0; i < a->n_blocked && i < NAMES_SHOWN; i++) {
		const struct pel_sdf_blocked *b = &a->blocked[i];

		fputs(i ? ", " : "", out);
		put(out, a->model.actors[b->actor]);
		fprintf(out, " needs %s%" PRIu64 " token%s %s ", b->waits_for_room ? "room for " : "",
			b->needs, pel_s(b->needs), b->waits_for_room ? "in" : "from");
		put(out, b->channel < a->model.n_own ? a->model.channels[b->channel] : "itself");
		fprintf(out, ", which has %" PRIu64, b->has);
	}
	fputs(a->n_blocked ? "\n" : "a cycle of actors waits for itself\n", out);
}

static void text_throughput(const struct pel_analysis *a, FILE *out)
{
	char buf[FRACTION_BYTES];
	double firings, work;

	if (!a->throughput_known) {
		fputs(a->too_large ? "throughput   not found: its numbers or its memory are too large\n"
				   : "throughput   not found within the budget\n",
		      out);
		return;
	}
	if (!a->throughput.den) {
		fputs("throughput   unbounded: nothing limits it\n", out);
		return;
	}
	fprintf(out, "throughput   %s %s: one takes %.6g%s\n", fraction_text(a->throughput, buf),
		pel_times_rate(a->model.known_times), 1 / value_of(a->throughput), unit(a));
	fputs("bottleneck   ", out);
	put_marked(out, a->model.actors, a->critical_actors, a->model.sdf.n_actors);
	fputc('\n', out);
	total_work(a, &firings, &work);
	work *= value_of(a->throughput);
	fprintf(out, "parallelism  %.2f: more than %.0f worker%s cannot help\n", work, ceil(work - 1e-9),
		ceil(work - 1e-9) <= 1 ? "" : "s");
}

static void text_enlarge(const struct pel_analysis *a, FILE *out)
{
	const struct pel_enlarge *e = &a->enlarge;
	char buf[FRACTION_BYTES];

	if (!e->capacity)
		return;
	fputs("capacity     channel ", out);
	put(out, a->model.channels[e->channel]);
	fprintf(out, " costs most: %" PRIu64 " instead of %" PRIu64 " would give %s", e->capacity,
		a->model.sdf.channels[e->channel].capacity, fraction_text(e->throughput, buf));
	if (e->throughput.den)
		fprintf(out, ", %.1f %% more", 100 * (value_of(e->throughput) / value_of(a->throughput) - 1));
	fputc('\n', out);
}

static void text_latencies(const struct pel_analysis *a, FILE *out)
{
	char buf[32];

	for (uint32_t i = 0; i < a->n_latencies && i < NAMES_SHOWN; i++) {
		fputs("latency      ", out);
		put(out, a->model.actors[a->latencies[i].from]);
		fputs(" to ", out);
		put(out, a->model.actors[a->latencies[i].to]);
		fprintf(out, ": %s%s for one iteration by itself\n", count(a->latencies[i].time, buf), unit(a));
	}
}

static void text_sizing(const struct pel_analysis *a, const char *head, const struct pel_sdf_sizing *sizing,
			FILE *out)
{
	char buf[FRACTION_BYTES], number[32];
	uint32_t shown = 0, more = 0;

	if (!sizing->found)
		return;
	fprintf(out, "%s  %s%s token%s", head, sizing->least ? "" : "at most ", count(sizing->total, number),
		pel_s(sizing->total));
	if (sizing->throughput.num)
		fprintf(out, " for %s", fraction_text(sizing->throughput, buf));
	fputc(':', out);
	for (uint32_t i = 0; i < a->model.n_own; i++) {
		if (!sizing->capacity[i])
			continue;
		if (shown++ >= NAMES_SHOWN) {
			more++;
			continue;
		}
		fputc(' ', out);
		put(out, a->model.channels[i]);
		fprintf(out, "=%" PRIu64, sizing->capacity[i]);
	}
	if (more)
		fprintf(out, " and %" PRIu32 " more", more);
	fputc('\n', out);
}

static void text_buffers(const struct pel_analysis *a, FILE *out)
{
	const struct pel_sdf_buffers *b = &a->buffers;
	uint32_t step = b->n_pareto > POINTS_SHOWN ? (b->n_pareto + POINTS_SHOWN - 2) / (POINTS_SHOWN - 1) : 1;
	char fraction[FRACTION_BYTES], number[32];

	if (!a->buffers_asked)
		return;
	if (!a->buffers_known || !b->live.found) {
		fputs("buffers      not found within the budget\n", out);
		return;
	}
	text_sizing(a, "least live ", &b->live, out);
	text_sizing(a, "least fast ", &b->fastest, out);
	fprintf(out, "trade-offs   %" PRIu32 " point%s%s\n", b->n_pareto, pel_s(b->n_pareto),
		b->exact ? "" : ", and perhaps more: not all could be proved within the budget");
	for (uint32_t i = 0; i < b->n_pareto; i++)
		if (i % step == 0 || i + 1 == b->n_pareto)
			fprintf(out, "  %12s  %s\n", count(b->pareto[i].total, number),
				fraction_text(b->pareto[i].throughput, fraction));
}

int pel_analysis_write_text(const struct pel_analysis *a, FILE *out)
{
	text_head(a, out);
	text_consistency(a, out);
	if (a->q) {
		text_iteration(a, out);
		if (a->live == PEL_VERDICT_NO)
			text_deadlock(a, out);
		else
			text_throughput(a, out);
		text_enlarge(a, out);
		text_latencies(a, out);
		text_buffers(a, out);
	}
	return pel_stream_result(out);
}

void pel_bound_write_text(const struct pel_analysis *a, FILE *out)
{
	char buf[FRACTION_BYTES];

	if (!a || !a->throughput_known || !a->throughput.num || !a->throughput.den)
		return;
	fprintf(out, "\nbound        %s %s, set by ", fraction_text(a->throughput, buf),
		pel_times_rate(a->model.known_times));
	put_marked(out, a->model.actors, a->critical_actors, a->model.sdf.n_actors);
	fputc('\n', out);
	text_enlarge(a, out);
}
