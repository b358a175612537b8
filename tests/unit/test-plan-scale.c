/* SPDX-License-Identifier: Apache-2.0 */
/* The time and memory for compiling large graphs grow linearly with their size. */
#include <check.h>
#include <errno.h>
#include <malloc.h>
#include <pelton/pelton.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "plan-model.h"

/* Sanitizers make everything slow, and find no more in larger graphs. */
#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
#define MANY 20000u
#else
#define MANY 100000u
#endif

/* Ten times as much takes about ten times as long; a pass that is quadratic takes a hundred times. */
#define GROWTH_MAX 40

/* CPU time of this thread, so that other processes do not count. */
static double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

/* Chains of actors, each in a shape that is hard for a naive pass. */
enum shape {
	PLAIN,	   /* one after the other, as written */
	BACKWARDS, /* channels written from the end to the start */
	GENERIC,   /* types come from the source only, through symbols */
	HOOKED,	   /* types come from hooks, one after the other, in a shuffled document */
	GAINS,	   /* each actor with settings of its own */
	CYCLE,	   /* the last feeds the first */
	FAN,	   /* one source, many readers */
	PASSES,	   /* sub-graphs that only pass on, one after the other, and as many readers of the last */
	SYMBOLS,   /* boundary ports, each with a symbol of its own */
	N_SHAPES,
};

static const char *const shape_names[] = { "plain", "backwards", "generic", "hooked", "gains",
					   "cycle", "fan",	 "passes",  "symbols" };

static void write_actor(FILE *out, enum shape shape, unsigned i)
{
	if (shape == GENERIC)
		fprintf(out, "<actor id=\"a%u\" kernel=\"core.copy\"/>\n", i);
	else if (shape == HOOKED)
		fprintf(out,
			"<actor id=\"a%u\" kernel=\"core.reshape\"><set name=\"shape\" value=\"%s\"/></actor>\n",
			i, i % 2 ? "2,2" : "4");
	else if (shape == GAINS)
		fprintf(out,
			"<actor id=\"a%u\" kernel=\"core.scale\"><set name=\"gain\" value=\"%u.5\"/></actor>\n",
			i, i);
	else if (shape == CYCLE && i == 0)
		fprintf(out, "<actor id=\"a%u\" kernel=\"core.add\"/>\n", i);
	else if (shape == FAN && i > 0)
		fprintf(out, "<actor id=\"a%u\" kernel=\"bench.sink\"/>\n", i);
	else
		fprintf(out, "<actor id=\"a%u\" kernel=\"core.scale\"/>\n", i);
}

static void write_channels(FILE *out, enum shape shape, unsigned n)
{
	for (unsigned k = 1; k < n; k++) {
		unsigned i = shape == BACKWARDS ? n - k : k;

		fprintf(out, "<channel from=\"a%u\" to=\"a%u\"/>\n", shape == FAN ? 0 : i - 1, i);
	}
	fprintf(out, "<channel from=\"source\" to=\"a0%s\"/>\n", shape == CYCLE ? ".a" : "");
	if (shape == CYCLE)
		fprintf(out, "<channel from=\"a%u\" to=\"a0.b\" initial=\"1\"/>\n", n - 1);
	if (shape != FAN)
		fprintf(out, "<channel from=\"a%u\" to=\"sink\"/>\n", n - 1);
}

/* Half of the n are sub-graphs that pass on, half are readers of the last. */
static void write_passes(FILE *out, unsigned n)
{
	fprintf(out,
		"<graph name=\"pass\"><in name=\"i\"/><out name=\"o\"/><channel from=\"i\" to=\"o\"/></graph>\n");
	for (unsigned i = 0; i < n / 2; i++)
		fprintf(out, "<actor id=\"p%u\" graph=\"#pass\"/><actor id=\"r%u\" kernel=\"bench.sink\"/>\n",
			i, i);
	fprintf(out, "<in name=\"source\" type=\"f32\"/><channel from=\"source\" to=\"p0\"/>\n");
	for (unsigned i = 1; i < n / 2; i++)
		fprintf(out, "<channel from=\"p%u\" to=\"p%u\"/>\n", i - 1, i);
	for (unsigned i = 0; i < n / 2; i++)
		fprintf(out, "<channel from=\"p%u\" to=\"r%u\"/>\n", n / 2 - 1, i);
}

static void write_symbols(FILE *out, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		fprintf(out,
			"<in name=\"i%u\" type=\"T%u\"/><out name=\"o%u\" type=\"f32[3]\"/>"
			"<channel from=\"i%u\" to=\"o%u\"/>\n",
			i, i, i, i, i);
}

static void write_chain(FILE *out, enum shape shape, unsigned n)
{
	bool vector = shape == HOOKED;

	if (vector)
		fprintf(out, "<in name=\"source\" type=\"f32[2,2]\"/><out name=\"sink\"/>\n");
	else
		fprintf(out,
			"<actor id=\"source\" kernel=\"bench.source\"><set name=\"tokens\" value=\"9\"/></actor>\n");
	if (!vector && shape != FAN)
		fprintf(out, "<actor id=\"sink\" kernel=\"bench.sink\"/>\n");
	/* A step that shares no factor with n visits every number once. */
	for (unsigned k = 0, i = 0; k < n; k++, i = vector ? (i + 7919) % n : i + 1)
		write_actor(out, shape, i);
	write_channels(out, shape, n);
}

static char *write_graph(enum shape shape, unsigned n)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	fprintf(out, "<graph xmlns=\"urn:pelton:graph:1\" name=\"chain\">\n");
	if (shape == PASSES)
		write_passes(out, n);
	else if (shape == SYMBOLS)
		write_symbols(out, n);
	else
		write_chain(out, shape, n);
	fprintf(out, "</graph>\n");
	fclose(out);
	return text;
}

static struct pel_plan *compile(enum shape shape, unsigned n, double *time)
{
	struct pel_compile_options options = { .size = sizeof(options),
					       .machine = "cores=2,l2=1M,memory=1024G" };
	char *text = write_graph(shape, n);
	struct pel_error err = { 0 };
	struct pel_graph *graph = NULL;
	struct pel_plan *plan = NULL;
	double start;

	if (pel_graph_parse(text, strlen(text), "<test>", &graph, &err) < 0)
		pel_error_write_text(&err, stderr);
	ck_assert_ptr_nonnull(graph);
	start = seconds();
	if (pel_compile(graph, &options, &plan, &err) < 0)
		pel_error_write_text(&err, stderr);
	*time = seconds() - start;
	ck_assert_ptr_nonnull(plan);
	pel_graph_destroy(graph);
	pel_error_fini(&err);
	free(text);
	return plan;
}

START_TEST(time_to_compile_grows_with_the_number_of_actors)
{
	enum shape shape = (enum shape)_i;
	double few_time, time;
	struct pel_plan *few = compile(shape, MANY / 10, &few_time), *plan = compile(shape, MANY, &time);
	size_t actors = 0;

	ck_assert_uint_ge(plan->n_actors, MANY / 2);
	ck_assert_uint_ge(plan->n_channels, MANY / 2);
	for (uint32_t i = 0; i < plan->n_stages; i++)
		actors += plan->stages[i].n_actors;
	ck_assert_uint_ge(actors, shape == SYMBOLS ? 0 : MANY / 2);
	ck_assert_msg(time < GROWTH_MAX * few_time, "%s: %.3f s for %u, %.3f s for %u", shape_names[shape],
		      few_time, MANY / 10, time, MANY);
	pel_plan_destroy(few);
	pel_plan_destroy(plan);
}
END_TEST

/* Of all that was allocated; 0 where that is not known, as with sanitizers. */
static size_t bytes_in_use(void)
{
	struct mallinfo2 info = mallinfo2();

	return info.uordblks + info.hblkhd;
}

/* What the plan of a chain of `n` keeps, and what a run of it takes besides. */
static void weigh(unsigned n, size_t *plan_bytes, size_t *run_bytes)
{
	struct pel_run_options options = { .size = sizeof(options), .workers = 1 };
	struct pel_run *run = NULL;
	size_t before = bytes_in_use(), between;
	double time;
	struct pel_plan *plan = compile(PLAIN, n, &time);

	between = bytes_in_use();
	*plan_bytes = between - before;
	ck_assert_int_eq(pel_run_start(plan, &options, &run, NULL), 0);
	ck_assert_int_eq(pel_run_wait(run, -1, NULL), 0);
	*run_bytes = bytes_in_use() - between;
	pel_run_destroy(run);
	pel_plan_destroy(plan);
}

/* For each further actor with its channel. These are not goals, but limits that only waste would exceed. */
#define PLAN_BYTES_MAX 520
#define RUN_BYTES_MAX  740

START_TEST(memory_of_an_actor_is_bounded)
{
	size_t few_plan, few_run, plan, run, more = MANY - MANY / 10;

	weigh(MANY / 10, &few_plan, &few_run);
	weigh(MANY, &plan, &run);
	if (!plan)
		return;
	ck_assert_uint_le((plan - few_plan) / more, PLAN_BYTES_MAX);
	ck_assert_uint_le((run - few_run) / more, RUN_BYTES_MAX);
}
END_TEST

/* The time to report `n` misspelt ids among as many correct ones. */
static double tell_misspelt(unsigned n)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	struct pel_error err = { 0 };
	struct pel_graph *graph = NULL;
	struct pel_plan *plan = NULL;
	double start, time;

	fprintf(out, "<graph xmlns=\"urn:pelton:graph:1\" name=\"g\">\n");
	for (unsigned i = 0; i < n; i++)
		fprintf(out,
			"<actor id=\"actor%u\" kernel=\"core.copy\"/><channel from=\"actro%u\" to=\"actor%u\"/>\n",
			i, i, i);
	fprintf(out, "</graph>\n");
	fclose(out);
	ck_assert_int_eq(pel_graph_parse(text, strlen(text), "<test>", &graph, &err), 0);
	start = seconds();
	ck_assert_int_eq(pel_compile(graph, NULL, &plan, &err), -EINVAL);
	time = seconds() - start;
	ck_assert_uint_eq(err.count, 1000);
	ck_assert_uint_eq(err.lost, n - 1000);
	ck_assert_str_eq(err.items[0].hint, "did you mean 'actor0'?");
	pel_error_fini(&err);
	pel_graph_destroy(graph);
	free(text);
	return time;
}

/* Each error is reported, but not each is compared with all possible suggestions. */
START_TEST(time_to_tell_many_errors_grows_with_their_number)
{
	double few = tell_misspelt(MANY / 10), many = tell_misspelt(MANY);

	ck_assert_msg(many < GROWTH_MAX * few, "%.3f s for %u, %.3f s for %u", few, MANY / 10, many, MANY);
}
END_TEST

/* A chain of n floats is executed as one, by every worker that has nothing else to do. */
START_TEST(long_chain_becomes_one_cluster)
{
	double time;
	struct pel_plan *plan = compile((enum shape)_i, 1000, &time);

	ck_assert_uint_eq(plan->n_clusters, 1);
	ck_assert_uint_eq(plan->n_stages, 1);
	ck_assert_uint_eq(plan->n_replicas, plan->workers - 1);
	for (uint32_t i = 0; i < plan->n_stages; i++) {
		const struct pel_plan_stage *stage = &plan->stages[i];

		ck_assert_uint_eq(stage->n_actors, plan->n_actors);
		for (uint32_t k = 1; k < stage->n_actors; k++) {
			const struct pel_plan_port *in = &plan->actors[stage->actors[k]].in[0];

			/* The one before it feeds it. */
			ck_assert_uint_eq(plan->channels[in->channels[0]].from, stage->actors[k - 1]);
			ck_assert_int_eq(plan->channels[in->channels[0]].memory, PEL_MEMORY_FUSED);
		}
	}
	pel_plan_destroy(plan);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("plan-scale");
	TCase *tcase = tcase_create("scale");
	SRunner *runner;
	int failed;

	tcase_set_timeout(tcase, 120);
	tcase_add_loop_test(tcase, time_to_compile_grows_with_the_number_of_actors, 0, N_SHAPES);
	tcase_add_test(tcase, time_to_tell_many_errors_grows_with_their_number);
	tcase_add_test(tcase, memory_of_an_actor_is_bounded);
	tcase_add_loop_test(tcase, long_chain_becomes_one_cluster, PLAIN, BACKWARDS + 1);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
