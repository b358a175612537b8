/* SPDX-License-Identifier: Apache-2.0 */
/* Documents that are large, and the limits of what is loaded. */
#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pelton/pelton.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "load.h"
#include "load-case.h"

/* A document of a million errors is not read to its end. */
START_TEST(errors_are_limited)
{
	struct pel_graph *graph = NULL;
	struct pel_error err = { 0 };
	char *text = malloc(8000100);
	size_t n = 0;

	n += (size_t)sprintf(text, "<graph " NS " name=\"g\">");
	for (int i = 0; i < 1000000; i++, n += 8)
		memcpy(text + n, "<actor/>", 8);
	ck_assert_int_eq(pel_graph_parse(text, n, "a", &graph, &err), -EINVAL);
	ck_assert_uint_eq(err.count, 1000);
	ck_assert_uint_le(err.lost, 4);
	pel_error_fini(&err);
	free(text);
}
END_TEST

static void ck_limit(const struct pel_limits *limits, const char *text, int code, const char *wanted)
{
	struct pel_graph *graph = NULL;
	struct pel_error err = { 0 };

	ck_assert_int_eq(pel_graph_parse_limited(text, strlen(text), "g.xml", limits, &graph, &err), code);
	if (code < 0) {
		ck_assert_ptr_null(graph);
		ck_graph_error(&err, wanted);
	}
	pel_graph_destroy(graph);
}

START_TEST(limits_are_exact)
{
	static const char nested[] = "<graph " NS
				     " name=\"g\"><graph name=\"h\"><use library=\"a\"/></graph></graph>";
	static const char subs[] =
		"<graph " NS
		" name=\"g\"><graph name=\"h\"><actor id=\"a\" kernel=\"x\"/><channel from=\"a\" to=\"a\"/>"
		"</graph><actor id=\"a\" graph=\"#h\"/><actor id=\"b\" graph=\"#h\"/></graph>";
	struct pel_limits limits = pel_default_limits;

	limits.document_bytes = strlen(nested);
	ck_limit(&limits, nested, 0, NULL);
	limits.document_bytes--;
	ck_limit(&limits, nested, -EFBIG, "g.xml:0:0: the document has 93 bytes; the limit is 92");
	limits = pel_default_limits;
	limits.elements = 3;
	ck_limit(&limits, nested, 0, NULL);
	limits.elements = 2;
	ck_limit(&limits, nested, -EINVAL, "g.xml:1:60: the document has more than 2 elements");
	limits = pel_default_limits;
	limits.depth = 3;
	ck_limit(&limits, nested, 0, NULL);
	limits.depth = 2;
	ck_limit(&limits, nested, -EINVAL, "g.xml:1:60: elements are nested more than 2 deep");
	limits = pel_default_limits;
	limits.actors = 4;
	limits.channels = 2;
	limits.nesting = 1;
	ck_limit(&limits, subs, 0, NULL);
	limits.actors = 3;
	ck_limit(&limits, subs, -EINVAL,
		 "g.xml:1:1: the graph has 4 actors when its nested graphs are unfolded; the limit is 3");
	limits.actors = 4;
	limits.channels = 1;
	ck_limit(&limits, subs, -EINVAL,
		 "g.xml:1:1: the graph has 2 channels when its nested graphs are unfolded; the limit is 1");
	limits.channels = 2;
	limits.nesting = 0;
	ck_limit(&limits, subs, -EINVAL, "g.xml:1:134: graphs are nested more than 0 deep");
}
END_TEST

/* 2^64 actors are many, and are counted without being made. */
START_TEST(number_of_actors_does_not_overflow)
{
	char text[8000];
	size_t n = (size_t)sprintf(
		text, "<graph " NS " name=\"g\"><graph name=\"g0\"><actor id=\"a\" kernel=\"x\"/></graph>");
	struct pel_graph *graph = NULL;
	struct pel_error err = { 0 };

	for (int i = 1; i <= 31; i++) {
		n += (size_t)sprintf(text + n, "<graph name=\"g%d\">", i);
		for (char c = 'a'; c <= 'e'; c++)
			n += (size_t)sprintf(text + n, "<actor id=\"%c\" graph=\"#g%d\"/>", c, i - 1);
		n += (size_t)sprintf(text + n, "</graph>");
	}
	n += (size_t)sprintf(text + n, "<actor id=\"a\" graph=\"#g31\"/></graph>");
	ck_assert_int_eq(pel_graph_parse(text, n, "g.xml", &graph, &err), -EINVAL);
	ck_graph_error(
		&err,
		"g.xml:1:1: the graph has 18446744073709551615 or more actors when its nested graphs are unfolded; the limit is 4000000");
}
END_TEST

/* Load a chain of `n` actors, look at its end, and return the seconds of processor time that it took. */
static double load_chain(size_t n)
{
	struct timespec before, after;
	struct pel_graph *graph = NULL;
	struct pel_error err = { 0 };
	char last[32];
	size_t size;
	char *text = chain(n, &size);

	pel_alloc_fail_after(0, false);
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &before);
	ck_assert_int_eq(pel_graph_parse(text, size, "g", &graph, &err), 0);
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &after);
	snprintf(last, sizeof(last), "actor%zu", n - 1);
	ck_assert_uint_eq(graph->top->n_actors, n);
	ck_assert_uint_eq(graph->top->n_channels, n - 1);
	ck_assert_str_eq(graph->top->channels[n - 2].to.text, last);
	ck_assert_uint_eq(graph->top->channels[n - 2].line, 2 * n);
	pel_graph_destroy(graph);
	free(text);
	return (double)(after.tv_sec - before.tv_sec) + 1e-9 * (double)(after.tv_nsec - before.tv_nsec);
}

/* Ten times as much takes about ten times as long; a loader that searches lists takes a hundred times. */
START_TEST(time_to_load_grows_with_the_number_of_actors)
{
	double few = load_chain(10000), many = load_chain(100000);

	ck_assert_msg(many < 40 * few, "%.3f s for 10,000, %.3f s for 100,000", few, many);
}
END_TEST

START_TEST(many_initial_values_are_read)
{
	size_t n = 20000000;
	char *text = malloc(n + 200);
	size_t at = (size_t)sprintf(text, "<graph " NS " name=\"g\"><channel from=\"a\" to=\"b\"><initial>");
	struct pel_graph *graph = NULL;
	struct pel_error err = { 0 };

	for (size_t i = 0; i < n; i += 2, at += 2)
		memcpy(text + at, "1 ", 2);
	at += (size_t)sprintf(text + at, "</initial></channel></graph>");
	ck_assert_int_eq(pel_graph_parse(text, at, "g", &graph, &err), 0);
	ck_assert_uint_eq(strlen(graph->top->channels[0].values), n);
	pel_graph_destroy(graph);
	free(text);
}
END_TEST

/* Each wrong name is compared with the right ones, but not for ever. */
START_TEST(many_wrong_names_among_many_right_ones_are_explained_soon)
{
	size_t n = 200000, at;
	char *text = malloc(n * 120);
	struct pel_graph *graph = NULL;
	struct pel_error err = { 0 };

	at = (size_t)sprintf(text, "<graph " NS " name=\"g\">");
	for (size_t i = 0; i < n; i++)
		at += (size_t)sprintf(text + at, "<graph name=\"a_name_of_some_length_%07zu\"/>", i);
	for (size_t i = 0; i < n; i++)
		at += (size_t)sprintf(text + at,
				      "<actor id=\"a%zu\" graph=\"#another_name_of_length_%07zu\"/>", i, i);
	at += (size_t)sprintf(text + at, "</graph>");
	ck_assert_int_eq(pel_graph_parse(text, at, "g", &graph, &err), -EINVAL);
	ck_assert_uint_eq(err.count, 1000);
	pel_error_fini(&err);
	free(text);
}
END_TEST

/* An element with a million attributes, a comment and a name without end: refused, and soon. */
START_TEST(hostile_documents_are_refused_soon)
{
	static const struct {
		const char *head, *item, *error;
		int times;
	} cases[] = {
		{ "<graph", " a='1'", "an element has more than 64 attributes", 1000000 },
		{ "<graph", " xmlns:a='b'", "an element has more than 64 attributes", 1000000 },
		{ "<", "g", "not well-formed XML: ", 2000000 },
		{ "<!--", "<a>", "not well-formed XML: ", 1000000 },
		{ "", "<a>", "the root element is <a>, not <graph>", 1000000 },
		{ "<graph " NS " name='g'>", "<graph name='g'>", "elements are nested more than 32 deep",
		  1000000 },
		{ "<!DOCTYPE a [", "<!ENTITY a '&a;&a;'>", "a document type (<!DOCTYPE ...>) is not allowed",
		  100000 },
		{ "<graph " NS " name='g'>", "&a;", "not well-formed XML: '&a;' is not an entity of XML",
		  100000 },
		{ "<?xml version='1.0' encoding='", "x", "the document is encoded in xxx", 1000000 },
	};
	struct pel_error err = { 0 };
	struct pel_graph *graph = NULL;
	size_t item = strlen(cases[_i].item), n = strlen(cases[_i].head);
	char *text = malloc(n + item * (size_t)cases[_i].times + 8);

	strcpy(text, cases[_i].head);
	for (int i = 0; i < cases[_i].times; i++, n += item)
		memcpy(text + n, cases[_i].item, item);
	memcpy(text + n, "'?>", 3);
	ck_assert_int_eq(pel_graph_parse(text, n + 3, "g", &graph, &err), -EINVAL);
	ck_assert_msg(strstr(err.items[err.count - 1].text, cases[_i].error), "%s",
		      err.items[err.count - 1].text);
	pel_error_fini(&err);
	free(text);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("load-limits");
	TCase *tcase = tcase_create("load-limits"), *large = tcase_create("large");
	SRunner *runner;
	int failed;

	tcase_add_test(tcase, limits_are_exact);
	tcase_add_test(tcase, number_of_actors_does_not_overflow);
	tcase_set_timeout(tcase, 60);
	suite_add_tcase(suite, tcase);

	tcase_add_test(large, errors_are_limited);
	tcase_add_test(large, time_to_load_grows_with_the_number_of_actors);
	tcase_add_test(large, many_initial_values_are_read);
	tcase_add_test(large, many_wrong_names_among_many_right_ones_are_explained_soon);
	tcase_add_loop_test(large, hostile_documents_are_refused_soon, 0, 9);
	tcase_set_timeout(large, 60);
	suite_add_tcase(suite, large);

	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
