/* SPDX-License-Identifier: Apache-2.0 */
#include "bench.h"

#include <inttypes.h>
#include <pelton/pelton.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "native.h"

/* W2 to W6: whole graphs, written as XML, against hand-written programs for the same work. */

void bench_add(struct bench_text *text, const char *fmt, ...)
{
	va_list ap;
	int n;

	if (text->room - text->size < 2048 &&
	    !(text->data = realloc(text->data, text->room = text->room * 2 + 4096)))
		abort();
	va_start(ap, fmt);
	n = vsnprintf(text->data + text->size, text->room - text->size, fmt, ap);
	va_end(ap);
	text->size += (size_t)n;
}

struct bench_text bench_graph(const char *name)
{
	struct bench_text text = { 0 };

	bench_add(&text, "<graph xmlns=\"urn:pelton:graph:1\" name=\"%s\">\n", name);
	return text;
}

static _Noreturn void fail(const char *what, int code, struct pel_error *err)
{
	pel_error_write_text(err, stderr);
	bench_fail("%s: %s", what, strerror(-code));
}

static void read_sink(struct pel_run *run, struct bench_times *times)
{
	struct pel_stats *stats;

	if (pel_run_stats(run, &stats) < 0)
		bench_fail("no statistics");
	for (size_t i = 0; i < stats->n_actors; i++)
		for (size_t k = 0; k < stats->actors[i]->n_results; k++) {
			const struct pel_result *result = stats->actors[i]->results[k];

			if (strcmp(result->name, "count") == 0)
				times->sink_count = result->u64;
			else if (strcmp(result->name, "checksum") == 0)
				times->sink_checksum = result->u64;
		}
	pel_stats_destroy(stats);
}

struct bench_times bench_run(const char *xml, size_t size, unsigned workers)
{
	struct pel_compile_options compile = { .size = sizeof(compile), .workers = workers };
	struct pel_run_options run_options = { .size = sizeof(run_options), .workers = workers };
	struct bench_cost start = bench_cost_now(), run_start;
	struct pel_error err = { 0 };
	struct bench_times times = { 0 };
	struct pel_graph *graph;
	struct pel_plan *plan;
	struct pel_run *run;
	int r;

	if ((r = pel_graph_parse(xml, size, "<bench>", &graph, &err)) < 0)
		fail("load", r, &err);
	if ((r = pel_compile(graph, &compile, &plan, &err)) < 0)
		fail("compile", r, &err);
	run_start = bench_cost_now();
	if ((r = pel_run_start(plan, &run_options, &run, &err)) < 0)
		fail("start", r, &err);
	if ((r = pel_run_wait(run, -1, &err)) < 0)
		fail("run", r, &err);
	times.run = bench_cost_since(run_start);
	times.all = bench_cost_since(start);
	read_sink(run, &times);
	pel_run_destroy(run);
	pel_plan_destroy(plan);
	pel_graph_destroy(graph);
	pel_error_fini(&err);
	return times;
}

/* Run `text` without its end tag. */
static struct bench_times run_text(const struct bench_text *text, unsigned workers)
{
	struct bench_text whole = { 0 };
	struct bench_times times;

	if (!(whole.data = malloc(text->size + 16)))
		abort();
	whole.size = (size_t)snprintf(whole.data, text->size + 16, "%s</graph>\n", text->data);
	times = bench_run(whole.data, whole.size, workers);
	free(whole.data);
	return times;
}

const char *bench_workers(unsigned workers)
{
	static char text[32];

	snprintf(text, sizeof(text), "%u worker%s", workers, workers == 1 ? "" : "s");
	return text;
}

/* 1 and, if different, options->workers. */
static unsigned worker_counts(const struct bench_options *options, unsigned counts[2])
{
	counts[0] = 1;
	counts[1] = options->workers;
	return options->workers > 1 ? 2 : 1;
}

static void check_sink(const char *row, const struct bench_times *times, uint64_t count, uint64_t checksum)
{
	if (times->sink_count != count || times->sink_checksum != checksum)
		bench_fail("%s: the sink saw %" PRIu64 " tokens, sum %" PRIx64 "; by hand %" PRIu64
			   ", %" PRIx64,
			   row, times->sink_count, times->sink_checksum, count, checksum);
}

/* Rows of Pelton with one worker and with more, for a graph whose sink must have that count and checksum; rates of `amount` a second. */
static void pelton_rows(const struct bench_options *options, const struct bench_text *text, const char *row,
			const char *unit, uint64_t amount, uint64_t count, uint64_t checksum,
			const struct bench_beside *beside)
{
	unsigned workers[2], n = worker_counts(options, workers);

	for (unsigned i = 0; i < n; i++) {
		struct bench_times times = run_text(text, workers[i]);
		char name[96];

		check_sink(row, &times, count, checksum);
		snprintf(name, sizeof(name), "%s, Pelton %s", row, bench_workers(workers[i]));
		bench_figure(name, unit, (double)amount / times.run.wall_s, times.run, beside);
	}
}

/* How much flows through W2 and W3: whole periods of the source. */
static uint64_t stream_tokens(const struct bench_options *options)
{
	uint64_t periods = (uint64_t)(options->scale * 64e6 / 65536);

	return 65536 * (periods ? periods : 1);
}

/* ---- W2: source, N stages of y = a*x + b, sink ---- */

static float stage_gain(void)
{
	return 0.75f;
}

static double stage_offset(unsigned k)
{
	return 0.25 + 0.001 * (k % 97);
}

/* Bound A with one thread, B with more. Its figure and checksum. */
static double chain_by_hand(const char *row, uint64_t tokens, unsigned stages, unsigned threads,
			    uint64_t *checksum, const struct bench_beside *beside)
{
	float gain[NATIVE_STAGES_MAX], offset[NATIVE_STAGES_MAX];
	struct bench_cost cost = bench_cost_now();
	double value;
	char name[64];

	for (unsigned k = 0; k < stages; k++) {
		gain[k] = stage_gain();
		offset[k] = (float)stage_offset(k);
	}
	*checksum = native_chain(tokens, stages, gain, offset, threads);
	cost = bench_cost_since(cost);
	value = (double)tokens / cost.wall_s;
	snprintf(name, sizeof(name), "%s, bound %s", row, threads == 1 ? "A" : "B");
	bench_figure(name, "floats/s", value, cost, beside);
	return value;
}

static void chain_graph(struct bench_text *text, uint64_t tokens, unsigned stages)
{
	bench_add(text,
		  "<actor id=\"s0\" kernel=\"bench.source\"><set name=\"tokens\" value=\"%" PRIu64
		  "\"/></actor>\n",
		  tokens);
	for (unsigned k = 0; k < stages; k++)
		bench_add(text,
			  "<actor id=\"s%u\" kernel=\"core.scale\"><set name=\"gain\" value=\"%.17g\"/>"
			  "<set name=\"offset\" value=\"%.17g\"/></actor>\n<channel from=\"s%u\" to=\"s%u\"/>\n",
			  k + 1, (double)stage_gain(), stage_offset(k), k, k + 1);
	bench_add(text, "<actor id=\"sink\" kernel=\"bench.sink\"/><channel from=\"s%u\" to=\"sink\"/>\n",
		  stages);
}

void bench_chain(const struct bench_options *options)
{
	static const unsigned lengths[] = { 1, 4, 16, 64 };

	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		unsigned stages = lengths[i];
		uint64_t tokens = stream_tokens(options), sum, sum_b;
		struct bench_text text = bench_graph("w2");
		struct bench_beside bound = { "bound A", 0 };
		char row[32], check[32];

		snprintf(row, sizeof(row), "W2 N=%u", stages);
		chain_graph(&text, tokens, stages);
		bound.value = chain_by_hand(row, tokens, stages, 1, &sum, NULL);
		chain_by_hand(row, tokens, stages, 2, &sum_b, &bound);
		if (sum != sum_b)
			bench_fail("%s: bound A has the sum %" PRIx64 ", B %" PRIx64, row, sum, sum_b);
		pelton_rows(options, &text, row, "floats/s", tokens, tokens, sum, &bound);
		snprintf(check, sizeof(check), "%" PRIu64, sum);
		bench_peers(&(struct bench_peer_job){ .workload = "w2",
						      .arg = stages,
						      .scale = options->scale,
						      .row = row,
						      .unit = "floats/s",
						      .check = check,
						      .work = (double)tokens,
						      .beside = &bound });
		free(text.data);
	}
}

/* ---- W3: complex samples, filtered and decimated, demodulated, filtered ---- */

/* A triangle whose sum is 1. */
static void triangle(float *taps, unsigned n)
{
	float sum = (float)(n / 2 * (n / 2 + 1));

	for (unsigned k = 0; k < n; k++)
		taps[k] = (float)(k < n / 2 ? k + 1 : n - k) / sum;
}

static void add_filter(struct bench_text *text, const char *id, const float *taps, unsigned n, unsigned decimate)
{
	bench_add(text, "<actor id=\"%s\" kernel=\"core.fir\"><set name=\"decimate\" value=\"%u\"/>", id,
		  decimate);
	for (unsigned k = 0; k < n; k++)
		bench_add(text, "%s%.9g", k ? ", " : "<set name=\"taps\" value=\"", (double)taps[k]);
	bench_add(text, "\"/></actor>\n");
}

void bench_radio(const struct bench_options *options)
{
	uint64_t samples = stream_tokens(options), sum;
	float first[NATIVE_TAPS_FIRST], second[NATIVE_TAPS_SECOND];
	struct bench_text text = bench_graph("w3");
	struct bench_beside hand = { "by hand", 0 };
	struct bench_cost cost;

	triangle(first, NATIVE_TAPS_FIRST);
	triangle(second, NATIVE_TAPS_SECOND);
	bench_add(&text,
		  "<actor id=\"source\" kernel=\"bench.tone\"><set name=\"tokens\" value=\"%" PRIu64
		  "\"/></actor>\n",
		  samples);
	add_filter(&text, "first", first, NATIVE_TAPS_FIRST, NATIVE_DECIMATE);
	bench_add(&text, "<actor id=\"demod\" kernel=\"dsp.fm_demod\"/>\n");
	add_filter(&text, "second", second, NATIVE_TAPS_SECOND, 1);
	bench_add(&text, "<actor id=\"sink\" kernel=\"bench.sink\"/>\n"
			 "<channel from=\"source\" to=\"first\"/><channel from=\"first\" to=\"demod\"/>\n"
			 "<channel from=\"demod\" to=\"second\"/><channel from=\"second\" to=\"sink\"/>\n");
	cost = bench_cost_now();
	sum = native_radio(samples, first, second);
	cost = bench_cost_since(cost);
	hand.value = (double)samples / cost.wall_s;
	bench_figure("W3, by hand", "samples/s", hand.value, cost, NULL);
	pelton_rows(options, &text, "W3", "samples/s", samples, samples / NATIVE_DECIMATE, sum, &hand);
	bench_peers(&(struct bench_peer_job){ .workload = "w3",
					      .scale = options->scale,
					      .row = "W3",
					      .unit = "samples/s",
					      .work = (double)samples,
					      .beside = &hand });
	free(text.data);
}

/* ---- W4: a chain of many actors, few tokens: set-up and memory of a whole process ---- */

static void write_file(const char *path, const struct bench_text *text)
{
	FILE *f = fopen(path, "w");

	if (!f || fwrite(text->data, 1, text->size, f) != text->size || fclose(f) != 0)
		bench_fail("cannot write '%s'", path);
}

static void many_stages(const struct bench_options *options, const char *file, unsigned stages)
{
	const char *argv[] = { options->pelton, "run", file, NULL };
	struct bench_text text = bench_graph("w4");
	struct bench_beside beside = { "Pelton", 0 };
	struct bench_child child;
	char row[32], name[64];

	bench_add(&text,
		  "<actor id=\"a0\" kernel=\"bench.source\"><set name=\"tokens\" value=\"1000\"/></actor>\n");
	for (unsigned k = 1; k <= stages; k++)
		bench_add(&text, "<actor id=\"a%u\" kernel=\"core.copy\"/><channel from=\"a%u\" to=\"a%u\"/>\n",
			  k, k - 1, k);
	bench_add(&text,
		  "<actor id=\"sink\" kernel=\"bench.sink\"/><channel from=\"a%u\" to=\"sink\"/>\n</graph>\n",
		  stages);
	write_file(file, &text);
	free(text.data);
	child = bench_spawn(argv);
	if (child.status != 0)
		bench_fail("w4: %s run: a chain of %u: it failed", options->pelton, stages);
	snprintf(row, sizeof(row), "W4 K=%u", stages);
	snprintf(name, sizeof(name), "%s, Pelton", row);
	beside.value = 1e3 * child.cost.wall_s;
	bench_figure(name, "ms", beside.value, child.cost, NULL);
	snprintf(name, sizeof(name), "%s memory, Pelton", row);
	bench_figure(name, "MiB", child.peak_mib, (struct bench_cost){ 0 }, NULL);
	bench_peers(&(struct bench_peer_job){ .workload = "w4",
					      .arg = stages,
					      .scale = options->scale,
					      .row = row,
					      .unit = "ms",
					      .whole_process = true,
					      .beside = &beside });
}

void bench_many_stages(const struct bench_options *options)
{
	const char *base = getenv("TMPDIR");
	char folder[4000], file[4096];

	snprintf(folder, sizeof(folder), "%s/pelton-bench-XXXXXX", base && *base ? base : "/tmp");
	if (!mkdtemp(folder))
		bench_fail("cannot make the folder '%s'", folder);
	snprintf(file, sizeof(file), "%s/chain.xml", folder);
	for (unsigned stages = 100; stages <= 100000; stages *= 10)
		if (stages == 100 || stages <= 100000 * options->scale)
			many_stages(options, file, stages);
	unlink(file);
	rmdir(folder);
}

/* ---- W5: a stage whose cost varies 1 to 100 us a token ---- */

#define STEP	 7919u
#define LEAST_NS 1000u
#define MOST_NS	 100000u

/* As in bench.burn. */
static uint64_t mix(uint64_t x)
{
	x ^= x >> 33;
	x *= 0xff51afd7ed558ccdu;
	x ^= x >> 33;
	x *= 0xc4ceb9fe1a85ec53u;
	return x ^ x >> 33;
}

static double burn_seconds(uint64_t tokens)
{
	uint64_t ns = 0;

	for (uint64_t i = 0; i < tokens; i++)
		ns += LEAST_NS + mix(i * STEP) % (MOST_NS - LEAST_NS + 1);
	return 1e-9 * (double)ns;
}

static struct bench_times run_uneven(uint64_t tokens, unsigned workers, const char *hint)
{
	struct bench_text text = bench_graph("w5");
	struct bench_times times;

	bench_add(&text,
		  "<actor id=\"source\" kernel=\"core.counter\"><set name=\"tokens\" value=\"%" PRIu64
		  "\"/><set name=\"step\" value=\"%u\"/></actor>\n"
		  "<actor id=\"burn\" kernel=\"bench.burn\"%s><set name=\"min_us\" value=\"%u\"/><set name=\"max_us\" value=\"%u\"/></actor>\n"
		  "<actor id=\"sink\" kernel=\"core.null\"/>\n"
		  "<channel from=\"source\" to=\"burn\"/><channel from=\"burn\" to=\"sink\"/>\n",
		  tokens, STEP, hint, LEAST_NS / 1000, MOST_NS / 1000);
	times = run_text(&text, workers);
	free(text.data);
	return times;
}

void bench_uneven(const struct bench_options *options)
{
	unsigned workers = options->workers;
	uint64_t tokens = (uint64_t)(options->scale * 8000);
	double ideal = burn_seconds(tokens) / workers;
	struct bench_beside beside = { "Pelton, no hint", 0 };
	struct bench_times times;
	char row[64], hint[32];

	snprintf(hint, sizeof(hint), " copies=\"%u\"", workers);
	times = run_uneven(tokens, workers, hint);
	snprintf(row, sizeof(row), "W5, Pelton copies=%u", workers);
	bench_figure(row, "of-ideal", ideal / times.run.wall_s, times.run, NULL);
	times = run_uneven(tokens, workers, "");
	beside.value = ideal / times.run.wall_s;
	bench_figure("W5, Pelton no hint", "of-ideal", beside.value, times.run, NULL);
	bench_peers(&(struct bench_peer_job){
		.workload = "w5", .scale = options->scale, .row = "W5", .unit = "of-ideal", .beside = &beside });
}

/* ---- W6: a chain of 8 actors that move one token a firing ---- */

void bench_firings(const struct bench_options *options)
{
	uint64_t tokens = (uint64_t)(options->scale * 2e7);
	struct bench_text text = bench_graph("w6");
	struct bench_beside beside = { "Pelton", 0 };
	struct bench_times times;

	bench_add(&text,
		  "<actor id=\"a0\" kernel=\"core.counter\"><set name=\"tokens\" value=\"%" PRIu64
		  "\"/></actor>\n",
		  tokens);
	for (unsigned k = 1; k < 7; k++)
		bench_add(&text, "<actor id=\"a%u\" kernel=\"core.copy\"/><channel from=\"a%u\" to=\"a%u\"/>\n",
			  k, k - 1, k);
	bench_add(&text, "<actor id=\"a7\" kernel=\"core.null\"/><channel from=\"a6\" to=\"a7\"/>\n");
	times = run_text(&text, 1);
	free(text.data);
	beside.value = 1e9 * times.run.wall_s / (8.0 * (double)tokens);
	bench_figure("W6 a firing, Pelton 1 worker", "ns", beside.value, times.run, NULL);
	bench_peers(&(struct bench_peer_job){ .workload = "w6",
					      .scale = options->scale,
					      .row = "W6 a firing",
					      .unit = "ns",
					      .beside = &beside });
}
