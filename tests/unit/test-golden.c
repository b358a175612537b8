/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every tests/golden/NAME.xml compiles to exactly the plans in NAME.plan. PELTON_UPDATE_GOLDEN=1 rewrites those. A document says which plans by
 * comments: each line `<!-- plan OPTION... -->` is one, with dump-after=PASS (else: order), machine=..., workers=N, set=n=v,
 * place=a=where, map=FILE and profile=FILE. Without such a line there is one plan, of a machine that is fixed here.
 */
#include <check.h>
#include <dirent.h>
#include <pelton/pelton.h>
#include <stdlib.h>
#include <string.h>

#include "golden-file.h"

#define MACHINE	     "cores=2,l1=32K,l2=1M,memory=16G"
#define SETTINGS_MAX 8

static char **names;
static int n_names;

static int only_documents(const struct dirent *entry)
{
	return golden_is_document(entry) && strncmp(entry->d_name, "sub-", 4) != 0 &&
	       strncmp(entry->d_name, "map-", 4) != 0 && strncmp(entry->d_name, "profile-", 8) != 0;
}

/* One plan asked for. */
struct request {
	struct pel_compile_options options;
	struct pel_setting set[SETTINGS_MAX], place[SETTINGS_MAX];
	char words[512];
};

static void add_setting(struct pel_setting *settings, size_t *n, char *text)
{
	char *equals = strchr(text, '=');

	ck_assert(equals && *n < SETTINGS_MAX);
	*equals = '\0';
	settings[(*n)++] = (struct pel_setting){ text, equals + 1 };
}

static void parse_request(struct request *request, const char *words, size_t length)
{
	char *save = NULL;

	*request = (struct request){
		.options = { .size = sizeof(request->options), .machine = MACHINE, .dump_after = "order" }
	};
	ck_assert(length < sizeof(request->words));
	memcpy(request->words, words, length);
	for (char *word = strtok_r(request->words, " ", &save); word; word = strtok_r(NULL, " ", &save)) {
		char *value = strchr(word, '=');

		ck_assert_msg(value != NULL, "'%s' is no option", word);
		*value++ = '\0';
		if (strcmp(word, "dump-after") == 0)
			request->options.dump_after = value;
		else if (strcmp(word, "machine") == 0)
			request->options.machine = value;
		else if (strcmp(word, "workers") == 0)
			request->options.workers = (unsigned)atoi(value);
		else if (strcmp(word, "map") == 0)
			request->options.map_file = value;
		else if (strcmp(word, "profile") == 0)
			request->options.profile_file = value;
		else if (strcmp(word, "set") == 0)
			add_setting(request->set, &request->options.n_set, value);
		else if (strcmp(word, "place") == 0)
			add_setting(request->place, &request->options.n_place, value);
		else
			ck_abort_msg("'%s' is no option", word);
	}
	request->options.set = request->set;
	request->options.place = request->place;
}

static void dump(const struct pel_graph *graph, struct request *request, FILE *out)
{
	struct pel_error err = { 0 };
	struct pel_plan *plan = (struct pel_plan *)&err; /* anything that is not NULL */
	int r;

	request->options.dump = out;
	r = pel_compile(graph, &request->options, &plan, &err);
	if (r < 0)
		pel_error_write_text(&err, stderr);
	ck_assert_int_eq(r, 0);
	ck_assert_ptr_null(plan);
	pel_error_fini(&err);
}

static char *compile(const char *name)
{
	struct pel_error err = { 0 };
	struct pel_graph *graph = NULL;
	struct request request;
	char *text = NULL, *document = golden_read(name), *at = document;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	unsigned plans = 0;

	if (pel_graph_load(name, &graph, &err) < 0)
		pel_error_write_text(&err, stderr);
	ck_assert_ptr_nonnull(graph);
	while ((at = strstr(at, "<!-- plan "))) {
		const char *end = strstr(at, "-->");

		ck_assert(end != NULL);
		at += strlen("<!-- plan ");
		parse_request(&request, at, (size_t)(end - at));
		fputs(plans++ ? "\n" : "", out);
		dump(graph, &request, out);
	}
	if (!plans) {
		parse_request(&request, "", 0);
		dump(graph, &request, out);
	}
	fclose(out);
	free(document);
	pel_graph_destroy(graph);
	return text;
}

START_TEST(is_compiled_to_its_plan)
{
	char *made = compile(names[_i]);

	golden_expect(names[_i], ".plan", made);
	free(made);
}
END_TEST

START_TEST(is_compiled_to_the_same_bytes_every_time)
{
	char *first = compile(names[_i]), *second = compile(names[_i]);

	ck_assert_str_eq(first, second);
	free(first);
	free(second);
}
END_TEST

/* A test over a folder proves nothing if the folder is empty. */
START_TEST(there_are_many_documents)
{
	ck_assert_int_ge(n_names, 20);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("golden");
	TCase *tcase = tcase_create("golden");
	SRunner *runner;
	int failed;

	names = golden_names("tests/golden", only_documents, &n_names);
	tcase_set_timeout(tcase, 60);
	tcase_add_loop_test(tcase, is_compiled_to_its_plan, 0, n_names);
	tcase_add_loop_test(tcase, is_compiled_to_the_same_bytes_every_time, 0, n_names);
	tcase_add_test(tcase, there_are_many_documents);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	golden_free(names, n_names);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
