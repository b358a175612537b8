/* SPDX-License-Identifier: Apache-2.0 */
#include <check.h>
#include <errno.h>
#include <pelton/pelton.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "module-path.h"
#include "random-graph.h"

/*
 * Whatever the workers, batches and capacities: the bytes at the sinks are those that a plain interpreter finds.
 * To hunt: test-random-graphs FIRST_SEED COUNT. To see a graph: test-random-graphs --print SEED.
 */
#if defined(__SANITIZE_THREAD__)
#define GRAPHS 30
#elif defined(__SANITIZE_ADDRESS__)
#define GRAPHS 50
#else
#define GRAPHS 150
#endif
#define PATIENCE_MS 60000

static uint64_t first_seed = 1, n_seeds = GRAPHS;

/* One boundary port, driven by a thread of its own. */
struct host {
	struct pel_port *port;
	const struct rg_actor *actor;
	uint64_t random;
	unsigned char *bytes;
	size_t n_bytes; /* moved */
	size_t size;	/* to be written, or room to read */
	ssize_t failed; /* what a call returned that should not have */
	pthread_t thread;
};

static ssize_t write_some(struct host *h, size_t token, size_t tokens)
{
	void *window;
	ssize_t r;

	if (rg_random(&h->random, 2))
		return pel_port_write(h->port, h->bytes + h->n_bytes, tokens, -1);
	r = pel_port_reserve(h->port, tokens, &window);
	if (r == -EAGAIN)
		return pel_port_write(h->port, h->bytes + h->n_bytes, 1, -1);
	if (r > 0) {
		memcpy(window, h->bytes + h->n_bytes, (size_t)r * token);
		r = pel_port_commit(h->port, (size_t)r) < 0 ? -EPROTO : r;
	}
	return r;
}

static void *feed(void *context)
{
	struct host *h = context;
	size_t token = h->actor->out[0].bytes;

	while (h->n_bytes < h->size) {
		size_t tokens = 1 + rg_random(&h->random, 20), left = (h->size - h->n_bytes) / token;
		ssize_t r = write_some(h, token, tokens < left ? tokens : left);

		if (r == -EPIPE) /* nobody reads any more */
			break;
		if (r <= 0) {
			h->failed = r ? r : -EPROTO;
			break;
		}
		h->n_bytes += (size_t)r * token;
	}
	pel_port_end(h->port);
	return NULL;
}

static ssize_t read_some(struct host *h, size_t token, size_t tokens)
{
	const void *window;
	ssize_t r;

	if (rg_random(&h->random, 2))
		return pel_port_read(h->port, h->bytes + h->n_bytes, tokens, -1);
	r = pel_port_peek(h->port, tokens, &window);
	if (r == -EAGAIN)
		return pel_port_read(h->port, h->bytes + h->n_bytes, 1, -1);
	if (r > 0) {
		memcpy(h->bytes + h->n_bytes, window, (size_t)r * token);
		if (pel_port_release(h->port, (size_t)r) < 0)
			return -EPROTO;
	}
	return r;
}

static void *drain(void *context)
{
	struct host *h = context;
	size_t token = h->actor->in[0].bytes;

	for (;;) {
		size_t tokens = 1 + rg_random(&h->random, 20), had = h->n_bytes / token;
		ssize_t r;

		if (h->actor->limit && had + tokens > h->actor->limit)
			tokens = (size_t)h->actor->limit - had;
		if (!tokens)
			break;
		if (h->n_bytes + tokens * token > h->size) {
			h->size = 2 * h->size + tokens * token;
			h->bytes = realloc(h->bytes, h->size);
		}
		r = read_some(h, token, tokens);
		if (r <= 0) {
			h->failed = r;
			break;
		}
		h->n_bytes += (size_t)r * token;
	}
	pel_port_end(h->port);
	return NULL;
}

struct trial {
	const struct rg_graph *graph;
	const struct rg_expected *expected;
	const char *xml;
	unsigned workers, max_batch, planned_workers;
	const char *machine;
	int verdict; /* of the trials before, which must all be the same; 1: this is the first */
	struct pel_error err;
	struct host hosts[RG_MAX_ACTORS];
};

static void give_up(struct trial *t, const char *what, int code)
{
	fprintf(stderr, "%s\n", t->xml);
	pel_error_write_text(&t->err, stderr);
	ck_abort_msg("graph %ju, %u workers (planned for %u), max_batch %u, %s: %s: %d",
		     (uintmax_t)t->graph->seed, t->workers, t->planned_workers, t->max_batch, t->machine,
		     what, code);
}

static void start_hosts(struct trial *t, struct pel_run *run)
{
	for (uint32_t a = 0; a < t->graph->n_actors; a++) {
		const struct rg_actor *actor = &t->graph->actors[a];
		struct host *h = &t->hosts[a];
		char name[64];

		*h = (struct host){ .actor = actor, .random = t->graph->seed + a };
		if (actor->kind != RG_HOST_IN && actor->kind != RG_HOST_OUT)
			continue;
		rg_id(t->graph, a, name, sizeof(name));
		h->port = pel_run_port(run, name);
		if (!h->port)
			give_up(t, "there is no port", (int)a);
		if (actor->kind == RG_HOST_IN)
			h->bytes = rg_host_bytes(actor, &h->size);
		ck_assert_int_eq(pthread_create(&h->thread, NULL, actor->kind == RG_HOST_IN ? feed : drain, h),
				 0);
	}
}

static void join_hosts(struct trial *t)
{
	for (uint32_t a = 0; a < t->graph->n_actors; a++)
		if (t->hosts[a].port)
			pthread_join(t->hosts[a].thread, NULL);
}

static void check_hosts(struct trial *t)
{
	for (uint32_t a = 0; a < t->graph->n_actors; a++) {
		struct host *h = &t->hosts[a];
		const struct rg_expected *e = &t->expected[a];

		if (!h->port)
			continue;
		if (h->failed)
			give_up(t, "a boundary port failed", (int)h->failed);
		if (h->actor->kind == RG_HOST_OUT &&
		    (h->n_bytes != e->n_bytes || (e->n_bytes && memcmp(h->bytes, e->bytes, e->n_bytes) != 0)))
			give_up(t, "wrong bytes at boundary port of actor", (int)a);
		free(h->bytes);
	}
}

static const struct pel_actor_stats *stats_of(const struct pel_stats *stats, const char *id)
{
	for (size_t i = 0; i < stats->n_actors; i++)
		if (strcmp(stats->actors[i]->id, id) == 0)
			return stats->actors[i];
	return NULL;
}

static void check_sinks(struct trial *t, struct pel_run *run)
{
	struct pel_stats *stats;

	ck_assert_int_eq(pel_run_stats(run, &stats), 0);
	for (uint32_t a = 0; a < t->graph->n_actors; a++) {
		const struct rg_actor *actor = &t->graph->actors[a];
		const struct pel_actor_stats *got;
		char id[64];

		if (actor->kind != RG_MIX || actor->n_out)
			continue;
		rg_id(t->graph, a, id, sizeof(id));
		got = stats_of(stats, id);
		if (!got || got->n_results != 2)
			give_up(t, "there are no results of actor", (int)a);
		if (got->results[1]->u64 != t->expected[a].firings || got->firings != t->expected[a].firings)
			give_up(t, "wrong number of firings of actor", (int)a);
		if (got->results[0]->u64 != t->expected[a].hash)
			give_up(t, "wrong bytes at actor", (int)a);
	}
	pel_stats_destroy(stats);
}

/* Actors reported as never fired have not fired. (The bytes must be right in any case: this is reported after the end.) */
static void check_unfired(struct trial *t)
{
	for (size_t i = 0; i < t->err.count; i++) {
		bool found = false;
		char id[64], said[80];

		for (uint32_t a = 0; a < t->graph->n_actors && !found; a++) {
			rg_id(t->graph, a, id, sizeof(id));
			snprintf(said, sizeof(said), "actor '%s' (", id);
			found = strncmp(t->err.items[i].text, said, strlen(said)) == 0 &&
				strstr(t->err.items[i].text, ") never fired: channel ") &&
				t->expected[a].firings == 0;
		}
		if (!found)
			give_up(t, "it has fired, or another error", (int)i);
	}
}

static void try_graph(struct trial *t)
{
	struct pel_compile_options compile = { .size = sizeof(compile),
					       .workers = t->planned_workers,
					       .module_path = module_path,
					       .machine = t->machine };
	struct pel_run_options options = { .size = sizeof(options),
					   .workers = t->workers,
					   .max_batch = t->max_batch };
	struct pel_graph *graph;
	struct pel_plan *plan;
	struct pel_run *run;
	int r = pel_graph_parse(t->xml, strlen(t->xml), "<random>", &graph, &t->err);

	if (r < 0)
		give_up(t, "parse", r);
	r = pel_compile(graph, &compile, &plan, &t->err);
	pel_graph_destroy(graph);
	if (r < 0)
		give_up(t, "compile", r);
	r = pel_run_start(plan, &options, &run, &t->err);
	if (r < 0)
		give_up(t, "start", r);
	start_hosts(t, run);
	r = pel_run_wait(run, PATIENCE_MS, &t->err);
	if (r < 0 && r != -ENODATA)
		give_up(t, "wait", r);
	if (t->verdict != 1 && t->verdict != r)
		give_up(t, "now and then an actor counts as one that never fired", r);
	t->verdict = r;
	check_unfired(t);
	join_hosts(t);
	check_hosts(t);
	check_sinks(t, run);
	pel_run_destroy(run);
	pel_plan_destroy(plan);
	pel_error_fini(&t->err);
}

static void try_seed(uint64_t seed)
{
	static const unsigned workers[] = { 1, 2, 4, 8 };
	static const char *const machines[] = { NULL, "cores=1,l2=1M", "cores=4,l2=64K", "cores=8,l2=4K" };
	struct rg_expected expected[RG_MAX_ACTORS];
	uint64_t random = seed;
	struct rg_graph graph;
	int verdict = 1;
	char *xml;

	rg_generate(&graph, seed);
	rg_interpret(&graph, expected);
	xml = rg_xml(&graph);
	ck_assert_ptr_nonnull(xml);
	for (size_t i = 0; i < sizeof(workers) / sizeof(*workers); i++) {
		struct trial *t = calloc(1, sizeof(*t));

		ck_assert_ptr_nonnull(t);
		t->graph = &graph;
		t->expected = expected;
		t->xml = xml;
		t->verdict = verdict;
		t->workers = workers[i];
		t->max_batch = rg_random(&random, 2) ? 0 : 1 + (unsigned)rg_random(&random, 4);
		t->planned_workers = workers[rg_random(&random, 4)];
		t->machine = machines[rg_random(&random, 4)];
		try_graph(t);
		verdict = t->verdict;
		free(t);
	}
	free(xml);
	rg_expected_fini(&graph, expected);
	rg_fini(&graph);
}

START_TEST(random_graphs_give_the_bytes_of_a_plain_interpreter)
{
	for (uint64_t i = 0; i < n_seeds; i++)
		try_seed(first_seed + i);
}
END_TEST

/* The module of test kernels lies in modules/ beside this program. */
static int print_graph(uint64_t seed)
{
	struct rg_graph graph;
	char *xml;

	rg_generate(&graph, seed);
	xml = rg_xml(&graph);
	printf("%s", xml ? xml : "");
	free(xml);
	rg_fini(&graph);
	return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
	Suite *suite = suite_create("random-graphs");
	TCase *tcase = tcase_create("random-graphs");
	SRunner *runner;
	int failed;

	if (argc == 3 && strcmp(argv[1], "--print") == 0)
		return print_graph(strtoull(argv[2], NULL, 10));
	if (argc == 3) {
		first_seed = strtoull(argv[1], NULL, 10);
		n_seeds = strtoull(argv[2], NULL, 10);
	}
	find_modules();
	tcase_set_timeout(tcase, argc == 3 ? 0 : 110);
	tcase_add_test(tcase, random_graphs_give_the_bytes_of_a_plain_interpreter);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
