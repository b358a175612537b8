/* SPDX-License-Identifier: Apache-2.0 */
/* A graph of SDF3 keeps its throughput when it is made into one of Pelton's, whatever its rates, times and cycles. */
#include <check.h>
#include <pelton/import.h>
#include <pelton/pelton.h>
#include <stdlib.h>
#include <string.h>

#include "analysis-result.h"

#define ACTORS_MAX   5u
#define CHANNELS_MAX 9u
#define PHASES_MAX   4u

static uint64_t state, seeds = 1500;

static uint32_t draw(uint32_t below)
{
	state = state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(state >> 33) % below;
}

struct actor {
	uint32_t phases, q; /* full cycles of its phases, an iteration */
};

struct channel {
	uint32_t from, to, initial;
	uint32_t produce[PHASES_MAX], consume[PHASES_MAX];
};

struct document {
	struct actor actors[ACTORS_MAX];
	struct channel channels[CHANNELS_MAX];
	uint32_t n_actors, n_channels;
};

/* `sum` over the phases of an actor, often all of it in one of them. */
static void spread(uint32_t *rates, uint32_t phases, uint32_t sum)
{
	memset(rates, 0, PHASES_MAX * sizeof(*rates));
	if (draw(2)) {
		rates[draw(phases)] = sum;
		return;
	}
	while (sum--)
		rates[draw(phases)]++;
}

static void make_channel(struct document *d, uint32_t from, uint32_t to)
{
	struct channel *channel = &d->channels[d->n_channels++];
	uint32_t k = 1 + draw(2), moved = d->actors[from].q * d->actors[to].q * k;

	*channel = (struct channel){ .from = from, .to = to };
	spread(channel->produce, d->actors[from].phases, moved / d->actors[from].q);
	spread(channel->consume, d->actors[to].phases, moved / d->actors[to].q);
	channel->initial = draw(3) ? draw(3 * moved + 1) : 0;
}

static void make(struct document *d, bool cyclic)
{
	d->n_actors = 1 + draw(ACTORS_MAX);
	d->n_channels = 0;
	for (uint32_t a = 0; a < d->n_actors; a++)
		d->actors[a] = (struct actor){ cyclic ? 1 + draw(PHASES_MAX) : 1, 1 + draw(3) };
	/* A way through all actors, mostly closed, and some more. */
	for (uint32_t a = 0; a + 1 < d->n_actors; a++)
		make_channel(d, a, a + 1);
	if (draw(4))
		make_channel(d, d->n_actors - 1, 0);
	for (uint32_t n = draw(4); n > 0 && d->n_channels < CHANNELS_MAX; n--)
		make_channel(d, draw(d->n_actors), draw(d->n_actors));
}

static void write_list(FILE *out, const uint32_t *values, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		fprintf(out, "%s%u", i ? "," : "", values[i]);
}

static void write_ports(FILE *out, const struct document *d, uint32_t actor)
{
	for (uint32_t c = 0; c < d->n_channels; c++) {
		const struct channel *channel = &d->channels[c];

		if (channel->from == actor) {
			fprintf(out, "<port type='out' name='o%u' rate='", c);
			write_list(out, channel->produce, d->actors[actor].phases);
			fputs("'/>", out);
		}
		if (channel->to == actor) {
			fprintf(out, "<port type='in' name='i%u' rate='", c);
			write_list(out, channel->consume, d->actors[actor].phases);
			fputs("'/>", out);
		}
	}
}

static void write_times(FILE *out, const struct document *d, const char *kind)
{
	fprintf(out, "</%s><%sProperties>", kind, kind);
	for (uint32_t a = 0; a < d->n_actors; a++) {
		uint32_t times[PHASES_MAX];

		for (uint32_t i = 0; i < PHASES_MAX; i++)
			times[i] = draw(3) ? 1 + draw(20) : draw(2);
		fprintf(out,
			"<actorProperties actor='a%u'><processor type='p' default='true'><executionTime time='",
			a);
		write_list(out, times, d->actors[a].phases);
		fputs("'/></processor></actorProperties>", out);
	}
	fprintf(out, "</%sProperties></applicationGraph></sdf3>", kind);
}

static char *write_document(const struct document *d, bool cyclic, size_t *size)
{
	const char *kind = cyclic ? "csdf" : "sdf";
	char *text = NULL;
	FILE *out = open_memstream(&text, size);

	fprintf(out, "<sdf3 type='%s' version='1.0'><applicationGraph name='g'><%s name='g' type='g'>", kind,
		kind);
	for (uint32_t a = 0; a < d->n_actors; a++) {
		fprintf(out, "<actor name='a%u' type='a%u'>", a, a);
		write_ports(out, d, a);
		fputs("</actor>\n", out);
	}
	for (uint32_t c = 0; c < d->n_channels; c++)
		fprintf(out,
			"<channel name='c%u' srcActor='a%u' srcPort='o%u' dstActor='a%u' dstPort='i%u' initialTokens='%u'/>\n",
			c, d->channels[c].from, c, d->channels[c].to, c, d->channels[c].initial);
	write_times(out, d, kind);
	fclose(out);
	return text;
}

static struct pel_analysis *analyze(const char *text, size_t size)
{
	struct pel_analysis_options options = { .size = sizeof(options), .budget_s = 20 };
	struct pel_error err = { 0 };
	struct pel_analysis *analysis = NULL;
	int r = pel_analyze_text(text, size, "g.xml", &options, &analysis, &err);

	ck_assert_msg(r == 0, "%s\n%s", err.count ? err.items[0].text : "", text);
	return analysis;
}

/* 1: compared; 0: nothing limits the throughput of the file, so no number of copies is enough. */
static int compare(uint64_t seed, bool cyclic)
{
	struct pel_import_options options = { .size = sizeof(options) };
	struct pel_error err = { 0 };
	struct pel_analysis *before, *after;
	struct document d;
	size_t size, graph_size;
	char *text, *graph = NULL;
	FILE *out = open_memstream(&graph, &graph_size);
	int limited;

	state = seed;
	make(&d, cyclic);
	text = write_document(&d, cyclic, &size);
	ck_assert_int_eq(pel_import_text(text, size, "g.xml", &options, out, &err), 0);
	fclose(out);
	pel_error_fini(&err);
	before = analyze(text, size);
	after = analyze(graph, graph_size);
	ck_assert(before->throughput_known && after->throughput_known);
	limited = before->throughput.den != 0;
	if (limited)
		ck_assert_msg(before->throughput.num == after->throughput.num &&
				      before->throughput.den == after->throughput.den,
			      "seed %llu: file %llu/%llu, graph %llu/%llu\n%s\n%s", (unsigned long long)seed,
			      (unsigned long long)before->throughput.num,
			      (unsigned long long)before->throughput.den,
			      (unsigned long long)after->throughput.num,
			      (unsigned long long)after->throughput.den, text, graph);
	pel_analysis_destroy(before);
	pel_analysis_destroy(after);
	free(text);
	free(graph);
	return limited;
}

START_TEST(throughput_of_the_graph_is_that_of_the_file)
{
	uint64_t n = seeds;
	int limited = 0;

	for (uint64_t seed = 1; seed <= n; seed++)
		limited += compare(seed * 2 + (uint64_t)_i, _i);
	ck_assert_int_gt(limited, (int)(n / 4));
}
END_TEST

/* usage: test-import-random [SEEDS] */
int main(int argc, char **argv)
{
	Suite *suite = suite_create("import-random");
	TCase *tcase = tcase_create("import-random");
	SRunner *runner = srunner_create(suite);
	int failed;

	if (argc > 1)
		seeds = strtoull(argv[1], NULL, 0);
	tcase_set_timeout(tcase, 0);
	suite_add_tcase(suite, tcase);
	tcase_add_loop_test(tcase, throughput_of_the_graph_is_that_of_the_file, 0, 2);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
