/* SPDX-License-Identifier: Apache-2.0 */
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

/* Of libxml2, whose headers only runtime/graph may see. */
int xmlMemSetup(void (*free_)(void *), void *(*malloc_)(size_t), void *(*realloc_)(void *, size_t),
		char *(*strdup_)(const char *));
void xmlSetStructuredErrorFunc(void *context, void (*function)(void *, void *));
void **__xmlStructuredErrorContext(void);

static char folder[40];

static void make_folder(void)
{
	strcpy(folder, "/tmp/pelton-load-XXXXXX");
	ck_assert(mkdtemp(folder));
}

static void remove_folder(void)
{
	char command[64];

	snprintf(command, sizeof(command), "rm -rf %s", folder);
	ck_assert_int_eq(system(command), 0);
}

static const char *in_folder(const char *name)
{
	static char paths[4][128];
	static int next;

	next = (next + 1) % 4;
	snprintf(paths[next], sizeof(paths[next]), "%s/%s", folder, name);
	return paths[next];
}

static const char *write_file(const char *name, const char *content)
{
	const char *path = in_folder(name);
	FILE *out = fopen(path, "w");

	ck_assert(out && fputs(content, out) >= 0 && fclose(out) == 0);
	return path;
}

static struct pel_graph *must_load(const char *path)
{
	struct pel_error err = { 0 };
	struct pel_graph *graph = NULL;

	if (pel_graph_load(path, &graph, &err) < 0)
		ck_abort_msg("%s: %s", path, err.count ? err.items[0].text : "no error");
	ck_assert_uint_eq(err.count + err.lost, 0);
	return graph;
}

static struct pel_graph *must_parse(const char *text)
{
	struct pel_error err = { 0 };
	struct pel_graph *graph = NULL;

	if (pel_graph_parse(text, strlen(text), "<test>", &graph, &err) < 0)
		ck_abort_msg("%s", err.count ? err.items[0].text : "no error");
	return graph;
}

static void enter_good(void)
{
	const char *source = getenv("SOURCE_DIR");

	ck_assert(!source || chdir(source) == 0);
	ck_assert(chdir("tests/good") == 0);
}

START_TEST(good_documents_load)
{
	struct dirent *entry;
	DIR *dir;
	int n = 0;

	enter_good();
	dir = opendir(".");
	ck_assert_ptr_nonnull(dir);
	while ((entry = readdir(dir))) {
		if (!strstr(entry->d_name, ".xml") || strcmp(entry->d_name, "placement.xml") == 0)
			continue;
		pel_graph_destroy(must_load(entry->d_name));
		n++;
	}
	closedir(dir);
	ck_assert_int_ge(n, 4);
}
END_TEST

static void ck_attr(const struct pel_attr *attr, const char *text, unsigned line, unsigned col)
{
	ck_assert_pstr_eq(attr->text, text);
	ck_assert_uint_eq(attr->line, line);
	ck_assert_uint_eq(attr->col, col);
}

START_TEST(everything_is_in_the_model)
{
	const struct pel_decl_graph *g, *inner;
	struct pel_graph *graph;

	enter_good();
	graph = must_load("everything.xml");
	g = graph->top;
	ck_assert_str_eq(pel_graph_name(graph), "everything");
	ck_assert_str_eq(g->file, "everything.xml");
	ck_assert_str_eq(g->dir, ".");
	ck_attr(&g->doc,
		"What a graph can hold: <all> of it, gr\xc3\xb6\xc3\x9f"
		"er & kleiner",
		5, 26);
	ck_assert_uint_eq(g->n_params, 25);
	ck_attr(&g->params[0].value, "16", 10, 30);
	ck_attr(&g->params[1].value, NULL, 0, 0);
	ck_attr(&g->params[2].value, "", 12, 37);
	ck_assert_uint_eq(g->n_uses, 2);
	ck_attr(&g->uses[1].library, "audio", 26, 8);

	ck_assert_uint_eq(g->n_kernels, 3);
	ck_attr(&g->kernels[0].stateless, "true", 27, 23);
	ck_attr(&g->kernels[0].exact, "false", 27, 40);
	ck_attr(&g->kernels[0].cpu_kernel, "core.add", 34, 10);
	ck_assert_uint_eq(g->kernels[0].n_ports, 4);
	ck_assert(g->kernels[0].ports[0].out && !g->kernels[0].ports[1].out);
	ck_attr(&g->kernels[0].ports[1].history, "1", 32, 39);
	ck_attr(&g->kernels[0].ports[1].tail, "drop", 32, 51);
	ck_attr(&g->kernels[0].ports[2].rate, "1,0,2", 33, 29);
	ck_assert_uint_eq(g->kernels[0].n_params, 1);
	ck_assert_uint_eq(g->kernels[0].fpga.line, 29);
	ck_assert_uint_eq(g->kernels[0].fpga.n_args, 6);
	ck_attr(&g->kernels[0].fpga.args[1].name, "right", 30, 37);
	ck_attr(&g->kernels[0].fpga.args[3].value, "$n * $batch", 30, 73);
	ck_assert_uint_eq(g->kernels[1].fpga.line, 0);
	ck_attr(&g->kernels[2].fpga.kernel, "k", 39, 85);

	ck_assert_uint_eq(g->n_graphs, 2);
	inner = g->graphs[0];
	ck_assert_ptr_eq(inner->parent, g);
	ck_assert_ptr_eq(inner->actors[0].sub, inner->graphs[0]);
	ck_assert_uint_eq(inner->n_ports, 2);
	ck_assert(!inner->ports[0].out && inner->ports[1].out);

	ck_assert_uint_eq(g->n_actors, 7);
	ck_assert_ptr_null(g->actors[0].sub);
	ck_attr(&g->actors[0].seldom->on_fault, "restart", 51, 86);
	ck_attr(&g->actors[0].seldom->retries, "5", 51, 105);
	ck_attr(&g->actors[0].seldom->timeout_ms, "6", 52, 10);
	ck_attr(&g->actors[0].seldom->time, "7,8", 52, 25);
	ck_assert_uint_eq(g->actors[0].n_sets, 2);
	ck_attr(&g->actors[0].sets[1].value, "$$5 and ${n} and $n", 54, 24);
	ck_assert_uint_eq(g->actors[0].n_tails, 1);
	ck_attr(&g->actors[0].tails[0].value, "drop", 55, 19);
	ck_assert_ptr_eq(g->actors[1].sub, inner);
	ck_assert_uint_eq(g->actors[1].n_sets, 1);
	/* Two paths of one file. */
	ck_assert_str_eq(pel_graph_name(graph), "everything");
	ck_assert_ptr_nonnull(g->actors[2].sub);
	ck_assert_ptr_eq(g->actors[2].sub, g->actors[3].sub);
	ck_assert_uint_eq(graph->n_files, 2);
	ck_assert_uint_eq(graph->n_graphs, 5);
	ck_assert_uint_eq(g->number, 0);
	ck_assert_uint_eq(g->actors[2].sub->number, 4);

	ck_assert_uint_eq(g->n_channels, 4);
	ck_attr(&g->channels[0].initial, "${n}", 7, 61);
	ck_assert_str_eq(g->channels[2].values, "\n    1 2.5 -3e2\n  ");
	ck_assert_uint_eq(g->channels[2].values_line, 64);
	ck_assert_uint_eq(g->channels[2].values_col, 28);
	ck_assert_uint_eq(g->channels[3].line, 67);
	ck_assert_uint_eq(g->channels[3].col, 3);
	pel_graph_destroy(graph);
}
END_TEST

/* Comments, CDATA and references leave no trace in text; a document may use a prefix and start with a byte order mark. */
START_TEST(xml_in_all_its_forms_is_read)
{
	struct pel_graph *graph;

	enter_good();
	graph = must_load("prefixed.xml");
	ck_assert_str_eq(graph->top->channels[0].values, "1 2  3");
	ck_attr(&graph->top->actors[0].id, "a", 3, 30);
	ck_assert_uint_eq(graph->top->actors[1].line, 5);
	ck_assert_uint_eq(graph->top->actors[1].col, 22);
	pel_graph_destroy(graph);
	graph = must_parse("\xef\xbb\xbf<graph " NS " name=\"bom\"/>");
	ck_attr(&graph->top->name, "bom", 1, 38);
	pel_graph_destroy(graph);
	graph = must_parse("<graph " NS " name=\"crlf\"\r\n\tdoc=\"a\r\n\tb&#10;c&#x9;\"/>");
	ck_attr(&graph->top->doc, "a  b\nc\t", 2, 2);
	pel_graph_destroy(graph);
}
END_TEST

START_TEST(placement_map_loads)
{
	struct pel_entries *map = NULL;
	struct pel_error err = { 0 };

	enter_good();
	ck_assert_int_eq(pel_placement_map_load("placement.xml", &map, &err), 0);
	ck_assert_uint_eq(map->count, 6);
	ck_attr(&map->list[1].actor, "tail/fir", 4, 10);
	ck_attr(&map->list[1].value, "fpga:0/fir_1", 4, 27);
	pel_entries_destroy(map);
	pel_entries_destroy(NULL);
	map = NULL;
	ck_assert_int_eq(pel_placement_map_load("nowhere.xml", &map, &err), -ENOENT);
	ck_graph_error(&err,
		       "nowhere.xml:0:0: cannot read the placement map 'nowhere.xml': there is no such file");
	ck_assert_ptr_null(map);
}
END_TEST

static void ck_load_error(const char *path, int code, const char *wanted)
{
	struct pel_error err = { 0 };
	struct pel_graph *graph = NULL;

	ck_assert_int_eq(pel_graph_load(path, &graph, &err), code);
	ck_assert_ptr_null(graph);
	ck_graph_error(&err, wanted);
}

START_TEST(file_that_cannot_be_read_is_explained)
{
	char wanted[300];

	ck_load_error("/nowhere/g.xml", -ENOENT,
		      "/nowhere/g.xml:0:0: cannot read the graph '/nowhere/g.xml': there is no such file");
	ck_load_error("/", -EINVAL, "/:0:0: cannot read the graph '/': it is a directory");
	ck_load_error("/dev/zero", -EINVAL,
		      "/dev/zero:0:0: cannot read the graph '/dev/zero': it is not a regular file");
	ck_load_error(
		"/etc/passwd/g.xml", -EINVAL,
		"/etc/passwd/g.xml:0:0: cannot read the graph '/etc/passwd/g.xml': a part of its path is not a directory");
	snprintf(wanted, sizeof(wanted), "%s:1:1: the document is empty", write_file("empty.xml", ""));
	ck_load_error(in_folder("empty.xml"), -EINVAL, wanted);
}
END_TEST

START_TEST(file_without_permission_is_explained)
{
	const char *path = write_file("secret.xml", "<graph " NS " name=\"g\"/>");
	char wanted[300];

	ck_assert_int_eq(chmod(path, 0), 0);
	if (access(path, R_OK) == 0) { /* root reads everything, unless it becomes somebody else */
		ck_assert_int_eq(chmod(folder, 0755), 0);
		ck_assert_int_eq(seteuid(65534), 0);
	}
	snprintf(wanted, sizeof(wanted), "%s:0:0: cannot read the graph '%s': permission denied", path, path);
	ck_load_error(path, -EACCES, wanted);
	if (getuid() == 0)
		ck_assert_int_eq(seteuid(0), 0);
}
END_TEST

START_TEST(file_that_is_too_large_is_refused_before_it_is_read)
{
	const char *path = write_file("large.xml", "");
	char wanted[300];

	ck_assert_int_eq(truncate(path, ((off_t)1 << 30) + 1), 0);
	snprintf(wanted, sizeof(wanted),
		 "%s:0:0: the graph '%s' is larger than the limit of 1073741824 bytes", path, path);
	ck_load_error(path, -EFBIG, wanted);
}
END_TEST

static void *feed(void *path)
{
	static const char text[] = "<graph " NS " name=\"piped\"><actor id=\"a\" graph=\"sub.xml\"/></graph>";
	int fd = open(path, O_WRONLY);

	if (fd < 0 || write(fd, text, 30) != 30)
		abort();
	usleep(1000);
	if (write(fd, text + 30, sizeof(text) - 31) != (ssize_t)sizeof(text) - 31)
		abort();
	close(fd);
	return NULL;
}

/* Somebody feeds the top document to us; what a document names must not make us wait. */
START_TEST(only_the_top_graph_may_be_a_pipe)
{
	struct pel_error err = { 0 };
	struct pel_graph *graph = NULL;
	const char *path = in_folder("pipe");
	char text[300];
	pthread_t thread;

	ck_assert_int_eq(mkfifo(path, 0600), 0);
	write_file("sub.xml", "<graph " NS " name=\"sub\"/>");
	ck_assert_int_eq(pthread_create(&thread, NULL, feed, (void *)path), 0);
	graph = must_load(path);
	pthread_join(thread, NULL);
	ck_assert_str_eq(pel_graph_name(graph), "piped");
	ck_assert_str_eq(graph->top->actors[0].sub->name.text, "sub");
	pel_graph_destroy(graph);

	graph = NULL;
	snprintf(text, sizeof(text), "<graph " NS " name=\"g\"><actor id=\"a\" graph=\"%s\"/></graph>", path);
	ck_assert_int_eq(pel_graph_parse(text, strlen(text), "-", &graph, &err), -EINVAL);
	snprintf(text, sizeof(text), "-:1:58: cannot read graph file '%s': it is not a regular file", path);
	ck_graph_error(&err, text);
}
END_TEST

START_TEST(paths_start_at_the_file_that_holds_them)
{
	static const char top[] = "<graph " NS " name=\"top\"><actor id=\"a\" graph=\"sub/one.xml\"/></graph>";
	struct pel_graph *graph;
	struct pel_error err = { 0 };
	char path[128];

	ck_assert_int_eq(mkdir(in_folder("sub"), 0700), 0);
	write_file("sub/one.xml",
		   "<graph " NS
		   " name=\"one\"><graph name=\"n\"><actor id=\"b\" graph=\"two.xml\"/></graph></graph>");
	write_file("sub/two.xml", "<graph " NS " name=\"two\"/>");
	graph = must_load(write_file("top.xml", top));
	ck_assert_str_eq(graph->top->dir, folder);
	ck_assert_str_eq(graph->top->actors[0].sub->file, in_folder("sub/one.xml"));
	ck_assert_str_eq(graph->top->actors[0].sub->graphs[0]->actors[0].sub->name.text, "two");
	ck_assert_str_eq(graph->top->actors[0].sub->graphs[0]->actors[0].sub->dir, in_folder("sub"));
	pel_graph_destroy(graph);

	/* From memory: where the name says, or the working directory. */
	snprintf(path, sizeof(path), "%s/elsewhere.xml", folder);
	ck_assert_int_eq(pel_graph_parse(top, strlen(top), path, &graph, &err), 0);
	ck_assert_str_eq(graph->top->file, path);
	pel_graph_destroy(graph);
	ck_assert_int_eq(chdir(folder), 0);
	ck_assert_int_eq(pel_graph_parse(top, strlen(top), "-", &graph, &err), 0);
	ck_assert_str_eq(graph->top->dir, ".");
	pel_graph_destroy(graph);
	ck_assert_int_eq(pel_graph_parse(top, strlen(top), "<a/b>", &graph, &err), 0);
	ck_assert_str_eq(graph->top->dir, ".");
	pel_graph_destroy(graph);
	ck_assert_int_eq(chdir("/"), 0);
}
END_TEST

/* Found by its name when it is loaded, by its identity when it comes round. */
START_TEST(graph_in_memory_that_names_its_own_file_recurs)
{
	static const char top[] = "<graph " NS " name=\"top\"><actor id=\"a\" graph=\"me.xml\"/></graph>";
	struct pel_graph *graph = NULL;
	struct pel_error err = { 0 };
	char wanted[300];

	write_file("me.xml", top);
	ck_assert_int_eq(pel_graph_parse(top, strlen(top), in_folder("me.xml"), &graph, &err), -EINVAL);
	snprintf(wanted, sizeof(wanted),
		 "%s/me.xml:1:60: actor 'a' makes a graph contain itself: %s/me.xml -> %s/me.xml", folder,
		 folder, folder);
	ck_graph_error(&err, wanted);
}
END_TEST

START_TEST(graph_files_nested_too_deep_are_refused)
{
	struct pel_error err = { 0 };
	struct pel_graph *graph = NULL;
	char name[32], text[200];

	for (int i = 0; i <= 40; i++) {
		snprintf(name, sizeof(name), "g%d.xml", i);
		snprintf(text, sizeof(text), "<graph " NS " name=\"g\">%s%d.xml\"/></graph>",
			 "<actor id=\"a\" graph=\"g", i + 1);
		write_file(name, i == 40 ? "<graph " NS " name=\"g\"/>" : text);
	}
	graph = must_load(in_folder("g8.xml"));
	ck_assert_uint_eq(graph->n_files, 33);
	pel_graph_destroy(graph);
	graph = NULL;
	ck_assert_int_eq(pel_graph_load(in_folder("g7.xml"), &graph, &err), -EINVAL);
	ck_assert_str_eq(err.items[0].text, "graph files are nested more than 32 deep");
	ck_assert_str_eq(err.items[0].file, in_folder("g39.xml"));
	pel_error_fini(&err);
}
END_TEST

START_TEST(errors_are_optional_and_appended)
{
	static const char text[] = "<graph " NS "><actor/></graph>";
	struct pel_graph *graph = NULL;
	struct pel_error err = { 0 };

	ck_assert_int_eq(pel_graph_parse(text, strlen(text), "a", &graph, NULL), -EINVAL);
	ck_assert_int_eq(pel_graph_parse("<", 1, "a", &graph, NULL), -EINVAL);
	ck_assert_int_eq(pel_graph_load("/nowhere", &graph, NULL), -ENOENT);
	ck_assert_int_eq(pel_graph_parse(text, strlen(text), "a", &graph, &err), -EINVAL);
	ck_assert_int_eq(pel_graph_parse(text, strlen(text), "b", &graph, &err), -EINVAL);
	ck_assert_uint_eq(err.count, 6);
	for (int i = 0; i < 6; i++)
		ck_assert_str_eq(err.items[i].file, i < 3 ? "a" : "b");
	pel_error_fini(&err);
	ck_assert_ptr_null(graph);
	pel_graph_destroy(NULL);
}
END_TEST

static void nothing(void *context, void *error)
{
	(void)context, (void)error;
}

/* The host program may use libxml2 too. */
START_TEST(libxml2_of_the_host_is_left_alone)
{
	static const char wrong[] = "<graph><";
	struct pel_graph *graph = NULL;
	int mine = 0;
	FILE *out = freopen(in_folder("stderr"), "w", stderr);

	ck_assert_ptr_nonnull(out);
	ck_assert_int_eq(pel_graph_parse(wrong, strlen(wrong), "g", &graph, NULL), -EINVAL);
	ck_assert_ptr_null(*__xmlStructuredErrorContext());
	xmlSetStructuredErrorFunc(&mine, nothing);
	ck_assert_int_eq(pel_graph_parse(wrong, strlen(wrong), "g", &graph, NULL), -EINVAL);
	ck_assert_ptr_eq(*__xmlStructuredErrorContext(), &mine);
	xmlSetStructuredErrorFunc(NULL, NULL);
	ck_assert_int_eq(ftell(stderr), 0);
}
END_TEST

static void *load_often(void *arg)
{
	static const char wrong[] = "<graph " NS " name=\"1\"><actor id=\"a\" kernal=\"b\"/></graph>";
	const char *text = arg;

	for (int i = 0; i < 20; i++) {
		struct pel_graph *graph = NULL;
		struct pel_error err = { 0 };

		if (pel_graph_parse(text, strlen(text), "g", &graph, &err) < 0 || graph->top->n_actors != 500)
			return "a good graph was refused";
		pel_graph_destroy(graph);
		if (pel_graph_parse(wrong, strlen(wrong), "g", &graph, &err) != -EINVAL || err.count != 2)
			return "a wrong graph was not";
		pel_error_fini(&err);
	}
	return NULL;
}

START_TEST(threads_load_at_the_same_time)
{
	pthread_t threads[4];
	size_t size;
	char *text = chain(500, &size);

	text[size] = 0;
	for (int i = 0; i < 4; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, load_often, text), 0);
	for (int i = 0; i < 4; i++) {
		void *error;

		pthread_join(threads[i], &error);
		ck_assert_msg(!error, "%s", (char *)error);
	}
	free(text);
}
END_TEST

/* libxml2's allocations go through ours as well, see main(). */
static int load_something(int which, struct pel_graph **graph, struct pel_entries **map, struct pel_error *err)
{
	static char *text; /* large enough for lists that are not copied */
	static size_t size;

	switch (which) {
	case 0:
		return pel_graph_load("everything.xml", graph, err);
	case 1:
		return pel_placement_map_load("placement.xml", map, err);
	case 2:
		return pel_graph_load("../bad/syntax-many-errors.xml", graph, err);
	case 3:
		return pel_graph_load("../bad/syntax-xml-mismatched-end.xml", graph, err);
	}
	if (!text)
		text = chain(400, &size);
	return pel_graph_parse(text, size, "chain", graph, err);
}

START_TEST(every_failing_allocation_is_an_error)
{
	static const int wanted[] = { 0, 0, -EINVAL, -EINVAL, 0 };
	int which = _i / 2, r;
	bool forever = _i % 2, failed = true;

	enter_good();
	for (uint64_t n = 1; failed; n++) {
		struct pel_graph *graph = NULL;
		struct pel_entries *map = NULL;
		struct pel_error err = { 0 };

		ck_assert_uint_lt(n, 20000);
		pel_alloc_fail_after(n, forever);
		r = load_something(which, &graph, &map, &err);
		failed = pel_alloc_count() >= n;
		pel_alloc_fail_after(0, false);
		ck_assert_msg((graph || map) == (r == 0), "allocation %llu: %d", (unsigned long long)n, r);
		if (!failed)
			ck_assert_int_eq(r, wanted[which]);
		else if (r != -ENOMEM) /* needed only to explain something, or taken by libxml2 for a mistake in the document */
			ck_assert_msg(r == -EINVAL && (wanted[which] == r ||
						       strstr(err.items[0].text, "not well-formed XML")),
				      "allocation %llu: %d: %s", (unsigned long long)n, r,
				      err.count ? err.items[0].text : "");
		else if (!err.lost)
			ck_assert_str_eq(err.items[err.count - 1].text, "out of memory");
		pel_error_fini(&err);
		pel_graph_destroy(graph);
		pel_entries_destroy(map);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("load");
	TCase *tcase = tcase_create("load"), *files = tcase_create("files");
	SRunner *runner;
	int failed;

	xmlMemSetup(pel_free, pel_malloc, pel_realloc, pel_strdup);
	tcase_add_test(tcase, good_documents_load);
	tcase_add_test(tcase, everything_is_in_the_model);
	tcase_add_test(tcase, xml_in_all_its_forms_is_read);
	tcase_add_test(tcase, placement_map_loads);
	tcase_add_test(tcase, errors_are_optional_and_appended);
	tcase_add_test(tcase, threads_load_at_the_same_time);
	tcase_add_loop_test(tcase, every_failing_allocation_is_an_error, 0, 10);
	tcase_set_timeout(tcase, 60);
	suite_add_tcase(suite, tcase);

	tcase_add_checked_fixture(files, make_folder, remove_folder);
	tcase_add_test(files, file_that_cannot_be_read_is_explained);
	tcase_add_test(files, file_without_permission_is_explained);
	tcase_add_test(files, file_that_is_too_large_is_refused_before_it_is_read);
	tcase_add_test(files, only_the_top_graph_may_be_a_pipe);
	tcase_add_test(files, paths_start_at_the_file_that_holds_them);
	tcase_add_test(files, graph_in_memory_that_names_its_own_file_recurs);
	tcase_add_test(files, graph_files_nested_too_deep_are_refused);
	tcase_add_test(files, libxml2_of_the_host_is_left_alone);
	suite_add_tcase(suite, files);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
