/* SPDX-License-Identifier: Apache-2.0 */
/* The analysis agrees with the results of two other tools for the graphs of tests/sdf3/free, in expected.txt. */
#include <check.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sdf3.h"

#define COLUMNS 9
enum { NAME, KIND, REPETITION, FIRINGS, LIVE, THROUGHPUT, BUFFERS_LIVE, BUFFERS_FASTEST, PARETO };

/* An analysis model: one graph of the table, loaded. */
struct graph {
	char *column[COLUMNS];
	struct pel_sdf3 *sdf3;
	struct pel_sdf_times *times;
	uint64_t *q;
};

static const char *fraction(struct pel_sdf_fraction f, char *buf, size_t size)
{
	if (!f.den)
		return "inf";
	if (!f.num)
		return "0";
	snprintf(buf, size, "%" PRIu64 "/%" PRIu64, f.num, f.den);
	return buf;
}

static void open_graph(struct graph *g, char *line)
{
	char path[200], *save = NULL;

	for (unsigned i = 0; i < COLUMNS; i++) {
		g->column[i] = strtok_r(i ? NULL : line, " \n", &save);
		ck_assert_ptr_nonnull(g->column[i]);
	}
	snprintf(path, sizeof(path), "free/%s.xml", g->column[NAME]);
	ck_assert_int_eq(pel_sdf3_load(path, &g->sdf3, NULL), 0);
	g->times = calloc(g->sdf3->sdf.n_actors, sizeof(*g->times));
	g->q = calloc(g->sdf3->sdf.n_actors, sizeof(*g->q));
	for (uint32_t a = 0; a < g->sdf3->sdf.n_actors; a++)
		g->times[a] = (struct pel_sdf_times){ g->sdf3->actors[a].time, g->sdf3->actors[a].n_time };
}

static void close_graph(struct graph *g)
{
	pel_sdf3_destroy(g->sdf3);
	free(g->times);
	free(g->q);
}

/* Call `test` for all consistent graphs. Returns how many there were. */
static unsigned each_graph(void (*test)(const struct graph *g))
{
	FILE *in = fopen("expected.txt", "r");
	char *line = NULL;
	size_t size = 0;
	unsigned n = 0;

	ck_assert_ptr_nonnull(in);
	while (getline(&line, &size, in) >= 0) {
		struct graph g;

		if (line[0] == '#')
			continue;
		open_graph(&g, line);
		if (pel_sdf_repetition(&g.sdf3->sdf, g.q, NULL, NULL) == 0) {
			test(&g);
			n++;
		}
		close_graph(&g);
	}
	free(line);
	fclose(in);
	return n;
}

/* `found` is what the table has, if it has anything. */
static void expect(const struct graph *g, unsigned column, const char *found)
{
	if (strcmp(g->column[column], "?") != 0)
		ck_assert_msg(strcmp(g->column[column], found) == 0, "%s: %s where %s is expected",
			      g->column[NAME], found, g->column[column]);
}

static void test_liveness(const struct graph *g)
{
	int r = pel_sdf_liveness(&g->sdf3->sdf, g->q, NULL, NULL, NULL, 0);

	ck_assert(r == 0 || r == -EDEADLK);
	expect(g, LIVE, r == 0 ? "true" : "false");
}

START_TEST(deadlock_is_what_others_found)
{
	ck_assert_uint_gt(each_graph(test_liveness), 90);
}
END_TEST

static struct pel_sdf_fraction throughput_of(const struct graph *g)
{
	struct pel_sdf_fraction ret;

	ck_assert_int_eq(pel_sdf_throughput(&g->sdf3->sdf, g->q, g->times, NULL, &ret, NULL, NULL), 0);
	return ret;
}

static void test_throughput(const struct graph *g)
{
	char buf[48];

	expect(g, THROUGHPUT, fraction(throughput_of(g), buf, sizeof(buf)));
}

START_TEST(throughput_is_what_others_found)
{
	ck_assert_uint_gt(each_graph(test_throughput), 90);
}
END_TEST

static const char *point(const struct pel_sdf_sizing *sizing, char *buf, size_t size)
{
	char text[48];

	snprintf(buf, size, "%" PRIu64 ":%s", sizing->total, fraction(sizing->throughput, text, sizeof(text)));
	return buf;
}

static void test_capacities(const struct graph *g)
{
	struct pel_sdf_buffers buffers;
	char text[8000] = "", buf[80];
	size_t used = 0;

	if (strcmp(g->column[BUFFERS_LIVE], "?") == 0 && strcmp(g->column[PARETO], "?") == 0)
		return;
	ck_assert_int_eq(pel_sdf_buffers(&g->sdf3->sdf, g->q, g->times, throughput_of(g), NULL, &buffers), 0);
	ck_assert(buffers.exact && buffers.live.least && buffers.fastest.least);
	snprintf(buf, sizeof(buf), "%" PRIu64, buffers.live.total);
	expect(g, BUFFERS_LIVE, buf);
	expect(g, BUFFERS_FASTEST, point(&buffers.fastest, buf, sizeof(buf)));
	for (uint32_t i = 0; i < buffers.n_pareto; i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%s", i ? "," : "",
					 point(&buffers.pareto[i], buf, sizeof(buf)));
	expect(g, PARETO, text);
	pel_sdf_buffers_fini(&buffers);
}

START_TEST(capacities_are_what_others_found)
{
	ck_assert_uint_gt(each_graph(test_capacities), 90);
}
END_TEST

int main(void)
{
	const char *source = getenv("SOURCE_DIR");
	Suite *suite = suite_create("sdf-oracle");
	TCase *tcase = tcase_create("free");
	SRunner *runner;
	int failed;

	if (!source || chdir(source) < 0 || chdir("tests/sdf3") < 0)
		return EXIT_FAILURE;
	tcase_set_timeout(tcase, 120);
	tcase_add_test(tcase, deadlock_is_what_others_found);
	tcase_add_test(tcase, throughput_is_what_others_found);
	tcase_add_test(tcase, capacities_are_what_others_found);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
