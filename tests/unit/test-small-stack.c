/* SPDX-License-Identifier: Apache-2.0 */
/* A host's thread with a small stack can load, compile, analyze and run any document, however deeply nested, and pack sources. */
#include <check.h>
#include <errno.h>
#include <pelton/pelton.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The frames of sanitizers are several times as large. */
#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
#define STACK_BYTES ((size_t)1024 << 10)
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define STACK_BYTES ((size_t)1024 << 10)
#endif
#endif
#ifndef STACK_BYTES
#define STACK_BYTES ((size_t)160 << 10)
#endif

#define REST                                                                             \
	"<actor id='c' kernel='core.counter'><set name='tokens' value='${p0}'/></actor>" \
	"<actor id='n' kernel='core.null'/><channel from='c' to='n'/></graph>"

struct job {
	char *text;
	size_t size;
	int loaded, compiled, analyzed;
	struct pel_error err;
};

static void *work(void *context)
{
	struct job *job = context;
	struct pel_compile_options options = { .size = sizeof(options), .machine = "cores=2", .workers = 2 };
	struct pel_analysis_options questions = {
		.size = sizeof(questions), .compile = &options, .buffers = true, .budget_s = 2
	};
	struct pel_graph *graph = NULL;
	struct pel_plan *plan = NULL;
	struct pel_analysis *analysis = NULL;

	job->loaded = pel_graph_parse(job->text, job->size, "g.xml", &graph, &job->err);
	if (job->loaded == 0) {
		job->compiled = pel_compile(graph, &options, &plan, &job->err);
		job->analyzed = pel_analyze(graph, &questions, &analysis, NULL);
	}
	pel_analysis_destroy(analysis);
	pel_plan_destroy(plan);
	pel_graph_destroy(graph);
	return NULL;
}

static void call_on_small_stack(void *(*body)(void *), void *context)
{
	pthread_attr_t attr;
	pthread_t thread;

	ck_assert_int_eq(pthread_attr_init(&attr), 0);
	ck_assert_int_eq(pthread_attr_setstacksize(&attr, STACK_BYTES), 0);
	ck_assert_int_eq(pthread_create(&thread, &attr, body, context), 0);
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
	pthread_attr_destroy(&attr);
}

static struct job on_small_stack(void (*write)(FILE *out))
{
	struct job job = { .text = NULL };
	FILE *out = open_memstream(&job.text, &job.size);

	fputs("<graph xmlns='urn:pelton:graph:1' name='g'>\n", out);
	write(out);
	fclose(out);
	call_on_small_stack(work, &job);
	free(job.text);
	return job;
}

static void repeat(FILE *out, const char *text, unsigned times)
{
	while (times--)
		fputs(text, out);
}

/* Each names the next, inside as many parentheses as there may be; the last is a number. */
static void write_params(FILE *out, unsigned n, const char *open, const char *close, const char *last)
{
	for (unsigned i = 0; i < n; i++) {
		fprintf(out, "<param name='p%u' type='i64' value='", i);
		repeat(out, open, 99);
		if (i + 1 < n)
			fprintf(out, "$p%u", i + 1);
		else
			fputs(last, out);
		repeat(out, close, 99);
		fputs("'/>\n", out);
	}
}

static void write_chain(FILE *out)
{
	write_params(out, 10000, "(", ")", "10");
	fputs(REST, out);
}

START_TEST(parameters_that_hang_on_each_other_have_values)
{
	struct job job = on_small_stack(write_chain);

	ck_assert_msg(job.compiled == 0 && job.loaded == 0, "%s", job.err.count ? job.err.items[0].text : "");
	ck_assert_int_eq(job.analyzed, 0);
}
END_TEST

static void write_operators(FILE *out)
{
	write_params(out, 100, "2-0*(", ")", "1");
	fputs(REST, out);
}

START_TEST(operators_wait_in_little_of_the_stack)
{
	struct job job = on_small_stack(write_operators);

	ck_assert_msg(job.compiled == 0 && job.loaded == 0, "%s", job.err.count ? job.err.items[0].text : "");
}
END_TEST

static void write_minima(FILE *out)
{
	write_params(out, 100, "min(9,1+2*max(3,", "))", "1");
	fputs(REST, out);
}

/* Two levels each: too deep, and said so. */
START_TEST(too_deep_an_expression_is_refused)
{
	struct job job = on_small_stack(write_minima);

	ck_assert_int_eq(job.compiled, -EINVAL);
	ck_assert_ptr_nonnull(strstr(job.err.items[0].text, "more than 100 levels of parentheses and signs"));
	pel_error_fini(&job.err);
}
END_TEST

/* A name without its dollar is looked up, too, for a hint. */
static void write_words(FILE *out)
{
	for (unsigned i = 0; i < 2000; i++)
		fprintf(out, "<param name='p%u' type='i64' value='p%u'/>\n", i, i + 1);
	fputs("<param name='p2000' type='i64' value='1'/>" REST, out);
}

START_TEST(hints_do_not_go_deeper)
{
	struct job job = on_small_stack(write_words);

	ck_assert_int_eq(job.compiled, -EINVAL);
	ck_assert_str_eq(job.err.items[0].text,
			 "parameter 'p0' of graph 'g': 'p1' is neither a number nor a parameter in \"p1\"");
	ck_assert_str_eq(job.err.items[0].hint, "did you mean '$p1'?");
	pel_error_fini(&job.err);
}
END_TEST

static void write_circle(FILE *out)
{
	for (unsigned i = 0; i < 5000; i++)
		fprintf(out, "<param name='p%u' type='i64' value='$p%u'/>\n", i, (i + 1) % 5000);
	fputs(REST, out);
}

START_TEST(a_circle_of_parameters_is_told_once)
{
	struct job job = on_small_stack(write_circle);

	ck_assert_int_eq(job.compiled, -EINVAL);
	ck_assert_uint_eq(job.err.count, 1);
	ck_assert_str_eq(job.err.items[0].text, "parameter 'p0' of graph 'g' depends on itself");
	pel_error_fini(&job.err);
}
END_TEST

/* Graphs in graphs, to the depth that is allowed, with long expressions in the innermost. */
static void write_graphs(FILE *out)
{
	unsigned depth = 28;

	for (unsigned i = 0; i < depth; i++)
		fprintf(out, "<graph name='s%u'><param name='p0' type='i64'/>\n", i);
	fputs("<param name='q' type='i64' value='", out);
	repeat(out, "1-0*(", 99);
	fputs("$p0", out);
	repeat(out, ")", 99);
	fputs("'/><out name='o' type='u64'/><actor id='c' kernel='core.counter'><set name='tokens' value='$q'/></actor>"
	      "<channel from='c' to='o'/></graph>\n",
	      out);
	for (unsigned i = depth - 1; i > 0; i--)
		fprintf(out,
			"<out name='o' type='u64'/><actor id='in' graph='#s%u'><set name='p0' value='((($p0)))'/></actor>"
			"<channel from='in' to='o'/></graph>\n",
			i);
	fputs("<actor id='top' graph='#s0'><set name='p0' value='5'/></actor><actor id='n' kernel='core.null'/>"
	      "<channel from='top' to='n'/></graph>",
	      out);
}

START_TEST(graphs_in_graphs_compile)
{
	struct job job = on_small_stack(write_graphs);

	ck_assert_msg(job.compiled == 0 && job.loaded == 0, "%s", job.err.count ? job.err.items[0].text : "");
	ck_assert_int_eq(job.analyzed, 0);
}
END_TEST

static void write_elements(FILE *out)
{
	repeat(out, "<graph name='g'>", 100000);
}

START_TEST(elements_too_deep_are_refused)
{
	struct job job = on_small_stack(write_elements);

	ck_assert_int_eq(job.loaded, -EINVAL);
	pel_error_fini(&job.err);
}
END_TEST

/* Actors on one cycle, one after the other, with capacities to choose: analyses walk along them. */
static void write_cycle(FILE *out)
{
	for (unsigned i = 0; i < 3000; i++)
		fprintf(out, "<actor id='a%u' kernel='core.copy'/><channel from='a%u' to='a%u'%s/>\n", i, i,
			(i + 1) % 3000, i ? "" : " initial='1'");
	fputs("<actor id='s' kernel='bench.sink'/><channel from='a7' to='s'/></graph>", out);
}

START_TEST(long_cycles_are_walked_without_recursion)
{
	struct job job = on_small_stack(write_cycle);

	ck_assert_msg(job.compiled == 0 && job.loaded == 0, "%s", job.err.count ? job.err.items[0].text : "");
	ck_assert_int_eq(job.analyzed, 0);
}
END_TEST

/* ---- runs and packing ---- */

static char folder[] = "/tmp/pelton-small-stack-XXXXXX";

static char *in_folder(const char *name, char buf[64])
{
	snprintf(buf, 64, "%s/%s", folder, name);
	return buf;
}

static void make_folder(void)
{
	ck_assert_ptr_nonnull(mkdtemp(folder));
}

static void remove_folder(void)
{
	static const char *const names[] = { "k.c", "k.xclbin", "p.png", "p.jpg", "q.png", "s.flac", "s.wav" };
	char path[64];

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		unlink(in_folder(names[i], path));
	rmdir(folder);
}

struct request {
	const char *graph; /* with %s for the folder, up to three times */
	int result;
	struct pel_error err;
};

static void *run_it(void *context)
{
	struct request *request = context;
	struct pel_graph *graph = NULL;
	struct pel_plan *plan = NULL;
	struct pel_run *run = NULL;
	char *text = NULL;

	if (asprintf(&text, request->graph, folder, folder, folder) < 0)
		return NULL;
	request->result = pel_graph_parse(text, strlen(text), "g.xml", &graph, &request->err);
	if (request->result == 0)
		request->result = pel_compile(graph, NULL, &plan, &request->err);
	if (request->result == 0)
		request->result = pel_run_start(plan, NULL, &run, &request->err);
	if (request->result == 0)
		request->result = pel_run_wait(run, -1, &request->err);
	pel_run_destroy(run);
	pel_plan_destroy(plan);
	pel_graph_destroy(graph);
	free(text);
	return NULL;
}

/* Files of every library that built-in kernels use, written and then read. */
START_TEST(graphs_run)
{
#define HEAD "<graph xmlns='urn:pelton:graph:1' name='g'><use library='image'/><use library='audio'/>"
#define FILE_ACTOR(id, kernel, name, more) \
	"<actor id='" id "' kernel='" kernel "'><set name='file' value='%s/" name "'/>" more "</actor>"
	static const char *const graphs[] = {
		HEAD
		"<actor id='c' kernel='core.constant'><set name='type' value='u8[48,64,3]'/><set name='value' value='7'/>"
		"<set name='tokens' value='1'/></actor>" FILE_ACTOR("w", "image.write", "p.png", "")
			FILE_ACTOR("j", "image.write", "p.jpg",
				   "") "<channel from='c' to='w'/><channel from='c' to='j'/></graph>",
		HEAD FILE_ACTOR("r", "image.read", "p.png", "") FILE_ACTOR("w", "image.write", "q.png", "")
			FILE_ACTOR("s", "image.read", "p.jpg",
				   "") "<actor id='n' kernel='core.null'/><channel from='r' to='w'/><channel from='s' to='n'/></graph>",
		HEAD
		"<actor id='c' kernel='core.constant'><set name='type' value='f32'/><set name='value' value='0.5'/>"
		"<set name='tokens' value='1000'/></actor>" FILE_ACTOR("w", "audio.write", "s.flac",
								       "<set name='rate' value='8000'/>")
			FILE_ACTOR("v", "audio.write", "s.wav",
				   "<set name='rate' value='8000'/>") "<channel from='c' to='w'/><channel from='c' to='v'/></graph>",
		HEAD FILE_ACTOR("r", "audio.read", "s.flac", "")
			FILE_ACTOR("s", "audio.read", "s.wav",
				   "") "<actor id='n' kernel='core.null'/><actor id='m' kernel='core.null'/>"
				       "<channel from='r' to='n'/><channel from='s' to='m'/></graph>",
	};

	for (size_t i = 0; i < sizeof(graphs) / sizeof(*graphs); i++) {
		struct request request = { .graph = graphs[i] };

		call_on_small_stack(run_it, &request);
		if (request.result < 0)
			pel_error_write_text(&request.err, stderr);
		ck_assert_int_eq(request.result, 0);
	}
}
END_TEST

static void *pack_it(void *context)
{
	struct request *request = context;
	char source[64], xclbin[64];
	const char *sources[] = { in_folder("k.c", source) };
	struct pel_xclbin_pack_options options = { .size = sizeof(options), .sources = sources, .n_sources = 1 };

	request->result = pel_xclbin_pack(in_folder("k.xclbin", xclbin), &options, &request->err);
	return NULL;
}

static void *check_it(void *context)
{
	struct request *request = context;
	struct pel_graph *graph = NULL;
	struct pel_plan *plan = NULL;
	char *text = NULL;

	if (asprintf(&text, request->graph, folder) < 0)
		return NULL;
	request->result = pel_graph_parse(text, strlen(text), "g.xml", &graph, &request->err);
	if (request->result == 0)
		request->result = pel_compile(graph, NULL, &plan, &request->err);
	if (request->result == 0)
		request->result = pel_plan_check_devices(plan, NULL, &request->err);
	pel_plan_destroy(plan);
	pel_graph_destroy(graph);
	free(text);
	return NULL;
}

START_TEST(sources_are_packed_and_bound)
{
	struct request pack = { .result = 0 }, check = {
		.graph = HEAD
		"<kernel name='k'><in name='a' type='i32'/><out name='b' type='i32'/>"
		"<fpga kernel='wrong' source='%s/k.c'><arg port='a'/><arg port='b'/><arg value='$batch'/></fpga></kernel>"
		"<actor id='c' kernel='core.constant'><set name='type' value='i32'/><set name='value' value='7'/></actor>"
		"<actor id='k' kernel='k'/><actor id='n' kernel='core.null'/>"
		"<channel from='c' to='k'/><channel from='k' to='n'/></graph>"
	};
	char path[64];
	FILE *file = fopen(in_folder("k.c", path), "w");

	ck_assert_ptr_nonnull(file);
	fputs("void k(const int *a, int *b, unsigned n)\n{\n\tfor (unsigned i = 0; i < n; i++)\n\t\tb[i] = a[i];\n}\n",
	      file);
	fclose(file);
	call_on_small_stack(pack_it, &pack);
	if (pack.result < 0)
		pel_error_write_text(&pack.err, stderr);
	ck_assert_int_eq(pack.result, 0);
	ck_assert_int_eq(access(in_folder("k.xclbin", path), R_OK), 0);
	call_on_small_stack(check_it, &check);
	ck_assert_int_eq(check.result, -EINVAL); /* it has looked into the source */
	ck_assert_ptr_nonnull(strstr(check.err.items[0].text, "wrong"));
	pel_error_fini(&check.err);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("small-stack");
	TCase *tcase = tcase_create("small-stack");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_set_timeout(tcase, 100);
	suite_add_tcase(suite, tcase);
	tcase_add_test(tcase, parameters_that_hang_on_each_other_have_values);
	tcase_add_test(tcase, operators_wait_in_little_of_the_stack);
	tcase_add_test(tcase, too_deep_an_expression_is_refused);
	tcase_add_test(tcase, hints_do_not_go_deeper);
	tcase_add_test(tcase, a_circle_of_parameters_is_told_once);
	tcase_add_test(tcase, graphs_in_graphs_compile);
	tcase_add_test(tcase, elements_too_deep_are_refused);
	tcase_add_test(tcase, long_cycles_are_walked_without_recursion);
	tcase_add_unchecked_fixture(tcase, make_folder, remove_folder);
	tcase_add_test(tcase, graphs_run);
	tcase_add_test(tcase, sources_are_packed_and_bound);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
