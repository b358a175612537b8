/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every tests/bad/NAME.xml is refused with exactly the words in NAME.err. PELTON_UPDATE_GOLDEN=1 rewrites those.
 *   syntax-*, load-*   the loader refuses it
 *   compile-*          it loads, and the compiler refuses it
 *   map-*              a placement map that the loader refuses
 */
#include <check.h>
#include <pelton/pelton.h>
#include <stdlib.h>
#include <string.h>

#include "golden-file.h"
#include "graph-model.h"

static char **names;
static int n_names;

static bool starts(const char *name, const char *prefix)
{
	return strncmp(name, prefix, strlen(prefix)) == 0;
}

/* The library's messages about the document. */
static char *refuse(const char *name)
{
	struct pel_error err = { 0 };
	struct pel_entries *map = NULL;
	struct pel_compile_options options = { .size = sizeof(options), .machine = "cores=2", .workers = 2 };
	struct pel_graph *graph = NULL;
	struct pel_plan *plan = NULL;
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	int r;

	if (starts(name, "map-")) {
		r = pel_placement_map_load(name, &map, &err);
	} else if (starts(name, "profile-")) {
		r = pel_profile_load(name, &map, &err);
	} else {
		r = pel_graph_load(name, &graph, &err);
		if (starts(name, "compile-")) {
			ck_assert_msg(r == 0, "%s does not load", name);
			r = pel_compile(graph, &options, &plan, &err);
		}
	}
	ck_assert_msg(r < 0, "%s is not refused", name);
	ck_assert(!map && !plan && (!graph || starts(name, "compile-")));
	ck_assert_msg(err.count > 0, "%s is refused without a word", name);
	pel_error_write_text(&err, out);
	fclose(out);
	pel_error_fini(&err);
	pel_graph_destroy(graph);
	return text;
}

START_TEST(is_refused_in_the_words_of_its_err)
{
	char *said = refuse(names[_i]);

	golden_expect(names[_i], ".err", said);
	free(said);
}
END_TEST

/* A test over a folder proves nothing if the folder is empty. */
START_TEST(there_are_many_documents)
{
	int mine = 0;

	for (int i = 0; i < n_names; i++)
		mine += !starts(names[i], "compile-");
	ck_assert_int_ge(mine, 170);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("bad");
	TCase *tcase = tcase_create("bad");
	SRunner *runner;
	int failed;

	names = golden_names("tests/bad", NULL, &n_names);
	tcase_set_timeout(tcase, 60);
	tcase_add_loop_test(tcase, is_refused_in_the_words_of_its_err, 0, n_names);
	tcase_add_test(tcase, there_are_many_documents);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	golden_free(names, n_names);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
