/* SPDX-License-Identifier: Apache-2.0 */
#include "bench.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* W2, W4, W5, W6: whole graphs, written as XML, against loops that a person would write for just that. */

struct text {
	char *data;
	size_t size, room;
};

static void add(struct text *text, const char *fmt, ...)
{
	va_list ap;
	int n;

	if (text->room - text->size < 512 &&
	    !(text->data = realloc(text->data, text->room = text->room * 2 + 4096)))
		abort();
	va_start(ap, fmt);
	n = vsnprintf(text->data + text->size, text->room - text->size, fmt, ap);
	va_end(ap);
	text->size += (size_t)n;
}

static struct text begin(const char *name)
{
	struct text text = { 0 };

	add(&text, "<graph xmlns=\"urn:pelton:graph:1\" name=\"%s\">\n", name);
	return text;
}

static struct bench_times finish(struct text *text, const struct bench_options *options)
{
	struct bench_times times;

	add(text, "</graph>\n");
	times = bench_run(text->data, text->size, options);
	free(text->data);
	return times;
}

/* ---- W2: source, N stages of y = a*x + b, sink ---- */

#define CHUNK	   4096u
#define STAGES_MAX 64u

static float stage_gain(unsigned k)
{
	(void)k;
	return 0.75f;
}

static double stage_offset(unsigned k)
{
	return 0.25 + 0.001 * (k % 97);
}

/* Bound A: one thread carries a chunk that fits the first-level cache through all stages. */
static double chain_by_hand(uint64_t tokens, unsigned stages, uint64_t *checksum)
{
	static float chunk[CHUNK];
	float gain[STAGES_MAX], offset[STAGES_MAX];
	double start = bench_seconds();
	uint64_t sum = 0;

	for (unsigned k = 0; k < stages; k++) {
		gain[k] = stage_gain(k);
		offset[k] = (float)stage_offset(k);
	}
	for (uint64_t at = 0; at < tokens; at += CHUNK) {
		uint32_t n = tokens - at < CHUNK ? (uint32_t)(tokens - at) : CHUNK;

		for (uint32_t i = 0; i < n; i++)
			chunk[i] = (float)(int32_t)(((uint32_t)at + i) & 0xffff) * 0x1p-16f;
		for (unsigned k = 0; k < stages; k++) {
			float a = gain[k], b = offset[k];

			for (uint32_t i = 0; i < n; i++)
				chunk[i] = a * chunk[i] + b;
		}
		for (uint32_t i = 0; i < n; i++) {
			uint32_t bits;

			memcpy(&bits, &chunk[i], sizeof(bits));
			sum += bits;
		}
	}
	*checksum = sum;
	return (double)tokens / (bench_seconds() - start);
}

void bench_chain(const struct bench_options *options)
{
	static const unsigned lengths[] = { 1, 4, 16, 64 };

	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		unsigned stages = lengths[i];
		uint64_t tokens = (uint64_t)(options->scale * 4e8 / (stages + 3)), by_hand = 0;
		double bound = chain_by_hand(tokens, stages, &by_hand);
		struct text text = begin("w2");
		struct bench_times times;
		char row[64];

		add(&text,
		    "<actor id=\"s0\" kernel=\"bench.source\"><set name=\"tokens\" value=\"%llu\"/></actor>\n",
		    (unsigned long long)tokens);
		for (unsigned k = 0; k < stages; k++)
			add(&text,
			    "<actor id=\"s%u\" kernel=\"core.scale\"><set name=\"gain\" value=\"%.17g\"/><set name=\"offset\" value=\"%.17g\"/></actor>\n"
			    "<channel from=\"s%u\" to=\"s%u\"/>\n",
			    k + 1, (double)stage_gain(k), stage_offset(k), k, k + 1);
		add(&text, "<actor id=\"sink\" kernel=\"bench.sink\"/><channel from=\"s%u\" to=\"sink\"/>\n",
		    stages);
		times = finish(&text, options);
		if (times.sink_count != tokens || times.sink_checksum != by_hand) {
			fprintf(stderr,
				"pelton-bench: w2 N=%u: the sink saw %llu tokens, sum %llx; by hand %llu, %llx\n",
				stages, (unsigned long long)times.sink_count,
				(unsigned long long)times.sink_checksum, (unsigned long long)tokens,
				(unsigned long long)by_hand);
			exit(EXIT_FAILURE);
		}
		snprintf(row, sizeof(row), "W2 chain N=%u", stages);
		bench_figure(row, "floats/s", (double)tokens / times.run_s, bound);
	}
}

/* ---- W4: a chain of many actors, few tokens: set-up and memory ---- */

void bench_many_stages(const struct bench_options *options)
{
	static const unsigned lengths[] = { 100, 1000, 10000, 100000 };

	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		struct text text = begin("w4");
		struct bench_times times;
		char row[64];

		add(&text,
		    "<actor id=\"a0\" kernel=\"bench.source\"><set name=\"tokens\" value=\"1000\"/></actor>\n");
		for (unsigned k = 1; k <= lengths[i]; k++)
			add(&text,
			    "<actor id=\"a%u\" kernel=\"core.copy\"/><channel from=\"a%u\" to=\"a%u\"/>\n", k,
			    k - 1, k);
		add(&text, "<actor id=\"sink\" kernel=\"bench.sink\"/><channel from=\"a%u\" to=\"sink\"/>\n",
		    lengths[i]);
		times = finish(&text, options);
		if (times.sink_count != 1000)
			exit(EXIT_FAILURE);
		snprintf(row, sizeof(row), "W4 %u actors, in all", lengths[i]);
		bench_figure(row, "ms", 1e3 * (times.load_s + times.compile_s + times.start_s + times.run_s),
			     0);
		snprintf(row, sizeof(row), "W4 %u actors, run", lengths[i]);
		bench_figure(row, "ms", 1e3 * times.run_s, 0);
	}
}

/* ---- W5: a stage whose cost varies 1 to 100 us a token ---- */

static struct bench_times run_uneven(const struct bench_options *options, unsigned workers, uint64_t tokens)
{
	struct bench_options with = *options;
	struct text text = begin("w5");

	with.workers = workers;
	add(&text,
	    "<actor id=\"source\" kernel=\"core.counter\"><set name=\"tokens\" value=\"%llu\"/><set name=\"step\" value=\"7919\"/></actor>\n"
	    "<actor id=\"burn\" kernel=\"bench.burn\" copies=\"%u\"><set name=\"min_us\" value=\"1\"/><set name=\"max_us\" value=\"100\"/></actor>\n"
	    "<actor id=\"sink\" kernel=\"core.null\"/>\n"
	    "<channel from=\"source\" to=\"burn\"/><channel from=\"burn\" to=\"sink\"/>\n",
	    (unsigned long long)tokens, workers);
	return finish(&text, &with);
}

void bench_uneven(const struct bench_options *options)
{
	unsigned workers = options->workers ? options->workers : 2;
	uint64_t tokens = (uint64_t)(options->scale * 8000);
	double alone = run_uneven(options, 1, tokens).run_s,
	       together = run_uneven(options, workers, tokens).run_s;

	bench_figure("W5 efficiency", "of ideal", alone / together / workers, 0);
}

/* ---- W6: a chain of 8 actors that move one token a firing ---- */

void bench_firings(const struct bench_options *options)
{
	struct bench_options one = *options;
	uint64_t tokens = (uint64_t)(options->scale * 2e7);
	struct text text = begin("w6");
	struct bench_times times;

	one.workers = 1;
	add(&text, "<actor id=\"a0\" kernel=\"core.counter\"><set name=\"tokens\" value=\"%llu\"/></actor>\n",
	    (unsigned long long)tokens);
	for (unsigned k = 1; k < 7; k++)
		add(&text, "<actor id=\"a%u\" kernel=\"core.copy\"/><channel from=\"a%u\" to=\"a%u\"/>\n", k,
		    k - 1, k);
	add(&text, "<actor id=\"a7\" kernel=\"core.null\"/><channel from=\"a6\" to=\"a7\"/>\n");
	times = finish(&text, &one);
	bench_figure("W6 a firing, chain of 8", "ns", 1e9 * times.run_s / (8.0 * (double)tokens), 0);
}
