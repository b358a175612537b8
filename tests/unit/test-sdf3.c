/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Graphs of SDF3.
 *   tests/sdf3/free/      graphs that load, with what other tools find out about them in expected.txt
 *   tests/sdf3/bad/       graphs that do not, each with the words of its .err; PELTON_UPDATE_GOLDEN=1 rewrites those
 */
#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <pelton/pelton.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "golden-file.h"
#include "sdf3.h"

/* ---- the graphs that load ---- */

/* One line of expected.txt. */
struct expected {
	char name[100], kind[8], repetition[4000], firings[24];
};

static struct expected graphs[200];
static int n_graphs;

static void read_expected(void)
{
	FILE *in = fopen("expected.txt", "r");
	char *line = NULL;
	size_t size = 0;

	while (in && getline(&line, &size, in) >= 0 && n_graphs < 200) {
		struct expected *graph = &graphs[n_graphs];

		if (line[0] == '#')
			continue;
		if (sscanf(line, "%99s %7s %3999s %23s", graph->name, graph->kind, graph->repetition,
			   graph->firings) != 4)
			abort();
		n_graphs++;
	}
	free(line);
	if (in)
		fclose(in);
}

static void complain(const struct pel_error *err)
{
	pel_error_write_text(err, stderr);
}

static struct pel_sdf3 *load(const char *path)
{
	struct pel_error err = { 0 };
	struct pel_sdf3 *sdf3 = NULL;
	int r = pel_sdf3_load(path, &sdf3, &err);

	complain(&err);
	ck_assert_int_eq(r, 0);
	ck_assert_uint_eq(err.count, 0);
	return sdf3;
}

static struct pel_sdf3 *parse(const char *text)
{
	struct pel_error err = { 0 };
	struct pel_sdf3 *sdf3 = NULL;
	int r = pel_sdf3_parse(text, strlen(text), "<test>", &sdf3, &err);

	complain(&err);
	ck_assert_int_eq(r, 0);
	return sdf3;
}

/* "a=3,b=2", and the firings of an iteration. */
static char *repetition_of(const struct pel_sdf3 *sdf3, uint64_t *firings)
{
	uint64_t *q = calloc(sdf3->sdf.n_actors + 1, sizeof(*q));
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	int r = pel_sdf_repetition(&sdf3->sdf, q, NULL, NULL);

	ck_assert(r == 0 || r == -EINVAL);
	*firings = 0;
	if (r < 0)
		fputs("inconsistent", out);
	for (uint32_t i = 0; r == 0 && i < sdf3->sdf.n_actors; i++) {
		fprintf(out, "%s%s=%" PRIu64, i ? "," : "", sdf3->actors[i].id, q[i]);
		*firings += q[i] * sdf3->actors[i].phases;
	}
	fclose(out);
	free(q);
	return text;
}

START_TEST(repetition_is_that_of_other_tools)
{
	const struct expected *expected = &graphs[_i];
	char path[120], *repetition, number[24];
	struct pel_sdf3 *sdf3;
	uint64_t firings;

	snprintf(path, sizeof(path), "free/%s.xml", expected->name);
	sdf3 = load(path);
	repetition = repetition_of(sdf3, &firings);
	ck_assert_str_eq(repetition, expected->repetition);
	snprintf(number, sizeof(number), "%" PRIu64, firings);
	ck_assert_str_eq(strcmp(expected->firings, "?") == 0 ? "?" : number, expected->firings);
	ck_assert_str_eq(sdf3->cyclic ? "csdf" : "sdf", expected->kind);
	ck_assert(sdf3->timed);
	free(repetition);
	pel_sdf3_destroy(sdf3);
}
END_TEST

START_TEST(every_graph_is_expected)
{
	struct dirent **entries;
	int n = scandir("free", &entries, golden_is_document, alphasort);

	ck_assert_int_ge(n, 90);
	ck_assert_int_eq(n, n_graphs);
	for (int i = 0; i < n; i++)
		free(entries[i]);
	free(entries);
}
END_TEST

/* ---- what is in a graph ---- */

#define CSDF(actors, properties)                                                                            \
	"<sdf3 type='csdf'><applicationGraph name='app'><csdf>" actors "</csdf><csdfProperties>" properties \
	"</csdfProperties></applicationGraph></sdf3>"
#define TIME(actor, time)                                                                         \
	"<actorProperties actor='" actor "'><processor default='true'><executionTime time='" time \
	"'/></processor></actorProperties>"

START_TEST(lists_of_an_actor_share_its_phases)
{
	struct pel_sdf3 *sdf3 =
		parse(CSDF("<actor name='a'><port name='o' type='out' rate=' 2*0, 1 '/></actor>"
			   "<actor name='b'><port name='i' type='in' rate='4*2'/></actor>"
			   "<channel srcActor='a' srcPort='o' dstActor='b' dstPort='i' initialTokens=' 7 '/>",
			   TIME("a", "5") TIME("b", "1,0")));
	const struct pel_sdf_channel *channel = sdf3->sdf.channels;
	static const uint64_t produce[] = { 0, 0, 1 }, time[] = { 1, 0 };

	ck_assert(sdf3->cyclic && sdf3->timed);
	ck_assert_str_eq(sdf3->name, "app");
	ck_assert_uint_eq(sdf3->sdf.n_actors, 2);
	ck_assert_uint_eq(sdf3->sdf.n_channels, 1);
	ck_assert_uint_eq(sdf3->actors[0].phases, 3);
	ck_assert_uint_eq(sdf3->sdf.phases[0], 3);
	ck_assert_uint_eq(sdf3->actors[0].n_time, 1);
	ck_assert_uint_eq(sdf3->actors[0].time[0], 5);
	ck_assert_uint_eq(sdf3->actors[1].phases, 4); /* though all rates are equal */
	ck_assert_uint_eq(sdf3->actors[1].n_time, 2);
	ck_assert_mem_eq(sdf3->actors[1].time, time, sizeof(time));
	ck_assert_uint_eq(channel->n_produce, 3);
	ck_assert_mem_eq(channel->produce, produce, sizeof(produce));
	ck_assert_uint_eq(channel->n_consume, 1);
	ck_assert_uint_eq(channel->consume[0], 2);
	ck_assert_uint_eq(channel->initial, 7);
	ck_assert_uint_eq(channel->capacity, 0);
	ck_assert_str_eq(sdf3->channels[0].name, "a.o->b.i");
	ck_assert_str_eq(sdf3->channels[0].from_port, "o");
	ck_assert_str_eq(sdf3->channels[0].to_port, "i");
	ck_assert_uint_eq(sdf3->channels[0].place.line, 1);
	pel_sdf3_destroy(sdf3);
}
END_TEST

START_TEST(the_last_default_processor_counts)
{
	struct pel_sdf3 *sdf3 =
		parse(CSDF("<actor name='a'/>",
			   "<actorProperties actor='a'>"
			   "<processor default='true'><executionTime time='1'/></processor>"
			   "<processor default='true'><executionTime time='2'/><memory/></processor>"
			   "<processor default='false'><executionTime time='3'/></processor>"
			   "<processor><executionTime time='4'/></processor></actorProperties>"));

	ck_assert_uint_eq(sdf3->actors[0].time[0], 2);
	pel_sdf3_destroy(sdf3);
}
END_TEST

/* They take no time at all, or the file does not say: a pure structure. */
START_TEST(without_any_times_every_firing_takes_1)
{
	struct pel_sdf3 *sdf3 = parse(CSDF("<actor name='a'/>", "<graphProperties/>"));

	ck_assert(!sdf3->timed);
	ck_assert_uint_eq(sdf3->actors[0].n_time, 1);
	ck_assert_uint_eq(sdf3->actors[0].time[0], 1);
	pel_sdf3_destroy(sdf3);
	sdf3 = parse(CSDF("<actor name='a'/>", TIME("a", "0,0")));
	ck_assert(sdf3->timed);
	ck_assert_uint_eq(sdf3->actors[0].time[0], 0);
	ck_assert_uint_eq(sdf3->actors[0].phases, 2);
	pel_sdf3_destroy(sdf3);
}
END_TEST

START_TEST(what_does_not_matter_is_skipped)
{
	struct pel_sdf3 *sdf3 = parse(
		"<?xml version='1.0'?><s:sdf3 xmlns:s='urn:any' xmlns:xsi='http://www.w3.org/2001/XMLSchema-instance' "
		"xsi:noNamespaceSchemaLocation='sdf3.xsd' version='1.0'>text<s:applicationGraph>"
		"<s:sdfProperties>" /* before the graph, too */
		"<s:actorProperties actor='a'><s:processor default='true'><s:executionTime time='3' unit='s'/>"
		"</s:processor></s:actorProperties><s:graphProperties/></s:sdfProperties>"
		"<s:sdf type='x'><s:actor name='a' type='t' colour='red'><s:port name='left' type='in' rate='1'/>"
		"<note xmlns='urn:other'><actor name='a'/></note></s:actor></s:sdf></s:applicationGraph>"
		"<s:mapping><s:actor/></s:mapping></s:sdf3>");

	ck_assert_str_eq(sdf3->name, "");
	ck_assert_uint_eq(sdf3->sdf.n_actors, 1);
	ck_assert_uint_eq(sdf3->sdf.n_channels, 0); /* a port needs no channel */
	ck_assert_uint_eq(sdf3->actors[0].time[0], 3);
	pel_sdf3_destroy(sdf3);
}
END_TEST

START_TEST(a_graph_may_be_empty)
{
	struct pel_sdf3 *sdf3 =
		parse("<sdf3><applicationGraph><sdf name='nothing'/></applicationGraph></sdf3>");
	uint64_t firings;
	char *repetition = repetition_of(sdf3, &firings);

	ck_assert_str_eq(sdf3->name, "nothing");
	ck_assert_str_eq(repetition, "");
	free(repetition);
	pel_sdf3_destroy(sdf3);
	pel_sdf3_destroy(NULL);
}
END_TEST

START_TEST(the_largest_number_is_2_to_the_62)
{
	struct pel_sdf3 *sdf3 =
		parse(CSDF("<actor name='a'><port name='i' type='in' rate='4611686018427387904'/></actor>",
			   TIME("a", "65535*4611686018427387904,1")));

	ck_assert_uint_eq(sdf3->actors[0].phases, 65536);
	ck_assert_uint_eq(sdf3->actors[0].time[65534], (uint64_t)1 << 62);
	pel_sdf3_destroy(sdf3);
}
END_TEST

static const struct {
	const char *text;
	bool sdf3;
} roots[] = {
	{ "<sdf3/>", true },
	{ "<?xml version='1.0'?>\n<!-- <graph> -->\n<sdf3 type='sdf'>", true },
	{ "\xef\xbb\xbf<sdf3>", true },
	{ "<s:sdf3 xmlns:s='x'>", true },
	{ "<sdf3\n>", true },
	{ "<sdf33/>", false },
	{ "<sdf/>", false },
	{ "<graph xmlns='urn:pelton:graph:1' name='sdf3'><sdf3/></graph>", false },
	{ "<!-- <sdf3/> -->", false },
	{ "sdf3", false },
	{ "<sdf3", false },
	{ "", false },
};

START_TEST(sdf3_is_recognized_by_its_root)
{
	ck_assert_msg(pel_sdf3_recognize(roots[_i].text, strlen(roots[_i].text)) == roots[_i].sdf3, "%s",
		      roots[_i].text);
}
END_TEST

/* ---- what goes wrong ---- */

static char **bad;
static int n_bad;

static char *refuse(const char *name)
{
	struct pel_error err = { 0 };
	struct pel_sdf3 *sdf3 = NULL;
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	int r = pel_sdf3_load(name, &sdf3, &err);

	ck_assert_msg(r < 0, "%s is not refused", name);
	ck_assert(!sdf3);
	ck_assert_msg(err.count > 0, "%s is refused without a word", name);
	pel_error_write_text(&err, out);
	fclose(out);
	pel_error_fini(&err);
	return text;
}

START_TEST(is_refused_in_the_words_of_its_err)
{
	char *said;

	ck_assert_int_eq(chdir("bad"), 0);
	said = refuse(bad[_i]);
	golden_expect(bad[_i], ".err", said);
	ck_assert_int_eq(chdir(".."), 0);
	free(said);
}
END_TEST

START_TEST(there_are_many_bad_documents)
{
	ck_assert_int_ge(n_bad, 60);
}
END_TEST

static const struct {
	const char *path;
	int code;
	const char *text;
} unreadable[] = {
	{ "no-such.xml", -ENOENT,
	  "no-such.xml: error: cannot read the graph 'no-such.xml': there is no such file\n" },
	{ "free", -EINVAL, "free: error: cannot read the graph 'free': it is a directory\n" },
};

START_TEST(what_cannot_be_read_is_named)
{
	struct pel_error err = { 0 };
	struct pel_sdf3 *sdf3 = NULL;
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	ck_assert_int_eq(pel_sdf3_load(unreadable[_i].path, &sdf3, &err), unreadable[_i].code);
	pel_error_write_text(&err, out);
	fclose(out);
	ck_assert_str_eq(text, unreadable[_i].text);
	free(text);
	pel_error_fini(&err);
}
END_TEST

/* A few bytes must not use up all memory: the lists of the document have 2^26 numbers in total. */
START_TEST(many_long_lists_are_refused)
{
	struct pel_error err = { 0 };
	struct pel_sdf3 *sdf3 = NULL;
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	fputs("<sdf3><applicationGraph><csdf>", out);
	for (int i = 0; i <= 1024; i++)
		fprintf(out, "<actor name='%d'><port name='p' type='in' rate='65535*1,2'/></actor>", i);
	fputs("</csdf></applicationGraph></sdf3>", out);
	fclose(out);
	ck_assert_int_eq(pel_sdf3_parse(text, size, "<test>", &sdf3, &err), -EINVAL);
	ck_assert_uint_eq(err.count, 1);
	ck_assert_str_eq(err.items[0].text, "the lists of the document have more than 67108864 numbers");
	free(text);
	pel_error_fini(&err);
}
END_TEST

/* Every call that fails reports an error, and no call that succeeds does. */
static void try_text(const char *text, size_t size)
{
	struct pel_error err = { 0 };
	struct pel_sdf3 *sdf3 = NULL;
	int r;

	pel_sdf3_recognize(text, size);
	r = pel_sdf3_parse(text, size, "<test>", &sdf3, &err);
	ck_assert((r < 0) == (err.count > 0));
	ck_assert((r == 0) == (sdf3 != NULL));
	pel_error_fini(&err);
	pel_sdf3_destroy(sdf3);
}

static const char *const wounded[] = { "free/hand_dac06_fig1.xml", "free/rcsdf_004_se.xml" };

START_TEST(no_truncated_document_does_harm)
{
	char *text = golden_read(wounded[_i]);

	for (size_t size = 0; size <= strlen(text); size++) {
		char *exact = malloc(size + !size); /* a checked build sees what reads beyond */

		memcpy(exact, text, size);
		try_text(exact, size);
		free(exact);
	}
	free(text);
}
END_TEST

START_TEST(no_changed_byte_does_harm)
{
	static const char others[] = "\0<>\"'/=&;,*-09a \xff";
	char *text = golden_read(wounded[_i]);
	size_t size = strlen(text);

	for (size_t at = 0; at < size; at++) {
		char before = text[at];

		text[at] = others[(at * 7 + at / 16) % (sizeof(others) - 1)];
		try_text(text, size);
		text[at] = (char)(before ^ 1 << at % 8);
		try_text(text, size);
		text[at] = before;
	}
	free(text);
}
END_TEST

START_TEST(no_failed_allocation_does_harm)
{
	const char *paths[] = { "free/hand_dac06_fig1.xml", "free/rcsdf_004_se.xml", "bad/many-errors.xml" };

	for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++)
		for (uint64_t n = 1;; n++) {
			struct pel_error err = { 0 };
			struct pel_sdf3 *sdf3 = NULL;
			bool reached;
			int r;

			pel_alloc_fail_after(n, n % 2);
			r = pel_sdf3_load(paths[i], &sdf3, &err);
			reached = pel_alloc_count() >= n;
			pel_alloc_fail_after(0, false);
			ck_assert(!reached || r == -ENOMEM || err.lost || r == -EINVAL);
			ck_assert(r < 0 || sdf3);
			pel_error_fini(&err);
			pel_sdf3_destroy(sdf3);
			if (!reached)
				break;
		}
}
END_TEST

/* Either the whole graph, or nothing and an error. */
START_TEST(no_failed_allocation_harms_an_import)
{
	const char *paths[] = { "free/hand_dac06_fig1.xml", "free/racy_016.xml", "free/rcsdf_013.xml",
				"free/minc_005.xml" };
	char *whole = NULL, *text;
	size_t size;
	FILE *out = open_memstream(&whole, &size);

	ck_assert_int_eq(pel_import(paths[_i], NULL, out, NULL), 0);
	fclose(out);
	for (uint64_t n = 1;; n++) {
		struct pel_error err = { 0 };
		bool reached;
		int r;

		out = open_memstream(&text, &size);
		pel_alloc_fail_after(n, n % 2);
		r = pel_import(paths[_i], NULL, out, &err);
		reached = pel_alloc_count() >= n;
		pel_alloc_fail_after(0, false);
		fclose(out);
		ck_assert_str_eq(text, r == 0 ? whole : "");
		ck_assert(r == 0 || r == -ENOMEM);
		ck_assert(r == 0 || err.count + err.lost > 0);
		free(text);
		pel_error_fini(&err);
		if (!reached)
			break;
	}
	free(whole);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("sdf3");
	TCase *tcase = tcase_create("sdf3");
	SRunner *runner;
	int failed;

	bad = golden_names("tests/sdf3/bad", NULL, &n_bad);
	if (chdir("..") < 0)
		abort();
	read_expected();
	tcase_set_timeout(tcase, 60);
	tcase_add_loop_test(tcase, repetition_is_that_of_other_tools, 0, n_graphs);
	tcase_add_test(tcase, every_graph_is_expected);
	tcase_add_test(tcase, lists_of_an_actor_share_its_phases);
	tcase_add_test(tcase, the_last_default_processor_counts);
	tcase_add_test(tcase, without_any_times_every_firing_takes_1);
	tcase_add_test(tcase, what_does_not_matter_is_skipped);
	tcase_add_test(tcase, a_graph_may_be_empty);
	tcase_add_test(tcase, the_largest_number_is_2_to_the_62);
	tcase_add_loop_test(tcase, sdf3_is_recognized_by_its_root, 0, (int)(sizeof(roots) / sizeof(*roots)));
	tcase_add_loop_test(tcase, is_refused_in_the_words_of_its_err, 0, n_bad);
	tcase_add_test(tcase, there_are_many_bad_documents);
	tcase_add_loop_test(tcase, what_cannot_be_read_is_named, 0,
			    (int)(sizeof(unreadable) / sizeof(*unreadable)));
	tcase_add_test(tcase, many_long_lists_are_refused);
	tcase_add_loop_test(tcase, no_truncated_document_does_harm, 0, 2);
	tcase_add_loop_test(tcase, no_changed_byte_does_harm, 0, 2);
	tcase_add_test(tcase, no_failed_allocation_does_harm);
	tcase_add_loop_test(tcase, no_failed_allocation_harms_an_import, 0, 4);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	golden_free(bad, n_bad);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
