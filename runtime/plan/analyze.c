/* SPDX-License-Identifier: Apache-2.0 */
#include "analysis-result.h"
#include "sized-options.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include "analysis-model.h"
#include "passes.h"

#define BUDGET_S 15.0
#define STEPS_MAX \
	((uint64_t)1 << 21) /* limit on executing one iteration; if it is reached, the throughput analysis decides liveness */
#define ENLARGE_TRIED	    64 /* how many channels are tried to find the one that limits the throughput */
#define LATENCY_FIRINGS_MAX ((uint64_t)1 << 19)
#define LATENCIES_MAX	    64	  /* pairs of a source and a sink */
#define HEAD_BYTES	    65536 /* of a file, read to detect its format */

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static bool expired(void *context)
{
	return now() > *(const double *)context;
}

/* A result that exceeds the budget or exact arithmetic is just unknown; only lack of memory is an error. */
static int unless_memory(int r)
{
	return r == -ENOMEM ? r : 0;
}

/* ---- the questions ---- */

static int find_repetition(struct pel_analysis *a)
{
	const struct pel_sdf *sdf = &a->model.sdf;
	uint64_t *q = pel_arena_array(&a->arena, (size_t)sdf->n_actors + 1, sizeof(*q));
	uint32_t *cycle = pel_arena_array(&a->arena, (size_t)sdf->n_channels + 1, sizeof(*cycle));
	int r;

	if (!q || !cycle)
		return -ENOMEM;
	r = pel_sdf_repetition(sdf, q, cycle, &a->n_cycle);
	if (r == -EINVAL) {
		a->consistent = PEL_VERDICT_NO;
		a->cycle = cycle;
	} else if (r == 0 && !a->model.dynamic) {
		a->consistent = PEL_VERDICT_YES;
		a->q = q;
	}
	return unless_memory(r);
}

static int find_deadlock(struct pel_analysis *a)
{
	const struct pel_sdf *sdf = &a->model.sdf;
	struct pel_sdf_blocked *blocked =
		pel_arena_array(&a->arena, (size_t)sdf->n_actors + 1, sizeof(*blocked));
	int r = blocked ? pel_sdf_liveness(sdf, a->q, NULL, blocked, &a->n_blocked, STEPS_MAX) : -ENOMEM;

	if (r == 0)
		a->live = PEL_VERDICT_YES;
	if (r == -EDEADLK) {
		a->live = PEL_VERDICT_NO;
		a->blocked = blocked;
	}
	return unless_memory(r);
}

static bool is_own(const struct pel_analysis *a, uint32_t channel)
{
	return channel < a->model.n_own;
}

/* Mark the actors and channels of a deadlock's cycle. */
static void mark_blocked(struct pel_analysis *a, uint8_t *actors, uint8_t *channels)
{
	memset(actors, 0, a->model.sdf.n_actors);
	memset(channels, 0, a->model.sdf.n_channels);
	for (uint32_t i = 0; i < a->n_blocked; i++) {
		actors[a->blocked[i].actor] = 1;
		channels[a->blocked[i].channel] |= a->blocked[i].waits_for_room ? PEL_SDF_CRITICAL_ROOM
										: PEL_SDF_CRITICAL_TOKENS;
	}
}

static int find_throughput(struct pel_analysis *a, const struct pel_sdf_limits *limits)
{
	const struct pel_sdf *sdf = &a->model.sdf;
	uint8_t *actors = pel_arena_array(&a->arena, (size_t)sdf->n_actors + 1, 1);
	uint8_t *channels = pel_arena_array(&a->arena, (size_t)sdf->n_channels + 1, 1);
	int r;

	if (!actors || !channels)
		return -ENOMEM;
	a->critical_actors = actors;
	a->critical_channels = channels;
	if (a->live == PEL_VERDICT_NO) {
		a->throughput = (struct pel_sdf_fraction){ 0, 1 };
		a->throughput_known = true;
		mark_blocked(a, actors, channels);
		return 0;
	}
	r = expired(limits->context)
		    ? -ETIME
		    : pel_sdf_throughput(sdf, a->q, a->model.times, limits, &a->throughput, actors, channels);
	a->throughput_known = r == 0;
	a->too_large = r == -EOVERFLOW;
	if (r == 0)
		a->live = a->throughput.num ? PEL_VERDICT_YES : PEL_VERDICT_NO;
	return unless_memory(r);
}

/* A copy of the graph without capacities, in the arena. NULL: out of memory. */
static struct pel_sdf *without_capacities(struct pel_analysis *a)
{
	const struct pel_sdf *sdf = &a->model.sdf;
	struct pel_sdf *copy = pel_arena_array(&a->arena, 1, sizeof(*copy));
	struct pel_sdf_channel *channels =
		pel_arena_array(&a->arena, (size_t)sdf->n_channels + 1, sizeof(*channels));

	if (!copy || !channels)
		return NULL;
	for (uint32_t c = 0; c < sdf->n_channels; c++) {
		channels[c] = sdf->channels[c];
		channels[c].capacity = 0;
	}
	*copy = *sdf;
	copy->channels = channels;
	return copy;
}

/* Find the channel whose capacity costs the most throughput. */
static int find_enlarge(struct pel_analysis *a, const struct pel_sdf_limits *limits)
{
	const struct pel_sdf *sdf = &a->model.sdf;
	uint32_t tried = 0;

	for (uint32_t c = 0; c < sdf->n_channels && tried < ENLARGE_TRIED; c++) {
		struct pel_enlarge one = { .channel = c };
		int r;

		if (!(a->critical_channels[c] & PEL_SDF_CRITICAL_ROOM) || !is_own(a, c))
			continue;
		if (limits->expired(limits->context))
			break;
		tried++;
		r = pel_sdf_enlarge(sdf, a->q, a->model.times, limits, c, &one.throughput, &one.capacity);
		if (r == -ENOMEM)
			return r;
		if (r == 0 && one.capacity &&
		    (!a->enlarge.capacity || pel_sdf_less(a->enlarge.throughput, one.throughput)))
			a->enlarge = one;
	}
	return 0;
}

static int list_latencies(struct pel_analysis *a, const uint64_t *starts, const uint64_t *ends)
{
	const struct pel_sdf *sdf = &a->model.sdf;
	bool *fed = pel_arena_array(&a->arena, (size_t)sdf->n_actors + 1, sizeof(*fed));
	bool *feeds = pel_arena_array(&a->arena, (size_t)sdf->n_actors + 1, sizeof(*feeds));
	struct pel_latency *list = pel_arena_array(&a->arena, LATENCIES_MAX, sizeof(*list));
	uint32_t sinks[LATENCIES_MAX], n_sinks = 0;

	if (!fed || !feeds || !list)
		return -ENOMEM;
	for (uint32_t c = 0; c < sdf->n_channels; c++)
		if (sdf->channels[c].from != sdf->channels[c].to)
			feeds[sdf->channels[c].from] = fed[sdf->channels[c].to] = true;
	for (uint32_t i = 0; i < sdf->n_actors; i++)
		if (!feeds[i] && fed[i] && n_sinks < LATENCIES_MAX)
			sinks[n_sinks++] = i;
	for (uint32_t from = 0; from < sdf->n_actors && a->n_latencies < LATENCIES_MAX; from++)
		for (uint32_t i = 0;
		     i < n_sinks && !fed[from] && feeds[from] && a->n_latencies < LATENCIES_MAX; i++)
			list[a->n_latencies++] =
				(struct pel_latency){ from, sinks[i], ends[sinks[i]] - starts[from] };
	a->latencies = list;
	return 0;
}

static int find_latencies(struct pel_analysis *a, const struct pel_sdf_limits *limits)
{
	struct pel_sdf_limits few = *limits;
	uint32_t n = a->model.sdf.n_actors;
	uint64_t *starts = pel_arena_array(&a->arena, (size_t)n + 1, sizeof(*starts));
	uint64_t *ends = pel_arena_array(&a->arena, (size_t)n + 1, sizeof(*ends));
	int r;

	if (!starts || !ends)
		return -ENOMEM;
	few.max_firings = LATENCY_FIRINGS_MAX;
	r = pel_sdf_spans(&a->model.sdf, a->q, a->model.times, &few, starts, ends);
	return r == 0 ? list_latencies(a, starts, ends) : unless_memory(r);
}

static int find_buffers(struct pel_analysis *a, const struct pel_sdf_limits *limits)
{
	const struct pel_sdf *free = without_capacities(a);
	int r;

	if (!free)
		return -ENOMEM;
	r = pel_sdf_throughput(free, a->q, a->model.times, limits, &a->unbounded, NULL, NULL);
	if (r < 0 || !a->unbounded.num)
		return unless_memory(r);
	r = pel_sdf_buffers(free, a->q, a->model.times, a->unbounded, limits, &a->buffers);
	a->buffers_known = r == 0;
	return unless_memory(r);
}

/* Run the analyses. `start`: when the call began; reading the graph counts. */
static int ask(struct pel_analysis *a, const struct pel_analysis_options *options, double start)
{
	double end = start + (options->budget_s > 0 ? options->budget_s : BUDGET_S);
	double part = 0;
	struct pel_sdf_limits limits = { expired, &end, 0 }, some = { expired, &part, 0 };
	int r = find_repetition(a);

	a->buffers_asked = options->buffers;
	if (r == 0 && a->q && !expired(&end))
		r = find_deadlock(a);
	if (r == 0 && a->q)
		r = find_throughput(a, &limits);
	/* Details of the throughput may take half of the remaining time; the rest is for the analyses after it. */
	part = now() + (end - now()) / 2;
	if (r == 0 && a->throughput_known && a->throughput.num)
		r = find_enlarge(a, &some);
	part = now() + (end - now()) / 2;
	if (r == 0 && a->throughput_known && a->throughput.num && !expired(&end))
		r = find_latencies(a, options->buffers ? &some : &limits);
	if (r == 0 && a->q && options->buffers && !expired(&end))
		r = find_buffers(a, &limits);
	a->seconds = now() - start;
	return r;
}

/* ---- where the graph comes from ---- */

/* Analyze the model, unless making it failed with `r`. */
static int finish(struct pel_analysis *a, int r, const struct pel_analysis_options *options, double start,
		  struct pel_analysis **ret, struct pel_error *err)
{
	if (r == 0 && (r = ask(a, options, start)) < 0)
		pel_nomem(err);
	if (r < 0)
		pel_analysis_destroy(a);
	else
		*ret = a;
	return r;
}

struct request {
	struct pel_arena *arena;
	struct pel_analysis_model *model;
};

static int take_model(struct compiler *c, void *context)
{
	const struct request *request = context;

	return pel_analysis_model_of_plan(request->arena, c->plan, NULL, request->model, c->err);
}

/* The model of a graph, which is compiled up to the pass "rates". */
static int model_of_graph(struct pel_arena *arena, const struct pel_graph *graph,
			  const struct pel_compile_options *options, struct pel_analysis_model *ret,
			  struct pel_error *err)
{
	struct request request = { arena, ret };

	return pel_compile_rates(graph, options, take_model, &request, err);
}

static int analyze_from(const struct pel_graph *graph, const struct pel_analysis_options *options,
			double start, struct pel_analysis **ret, struct pel_error *err)
{
	struct pel_analysis *a = pel_calloc(1, sizeof(*a));

	if (!a)
		return pel_nomem(err);
	return finish(a, model_of_graph(&a->arena, graph, options->compile, &a->model, err), options, start,
		      ret, err);
}

int pel_analyze(const struct pel_graph *graph, const struct pel_analysis_options *options,
		struct pel_analysis **ret, struct pel_error *err)
{
	struct pel_analysis_options known;
	int r = PEL_OPTIONS_TAKE(pel_analysis_options, &known, options, err);

	return r < 0 ? r : analyze_from(graph, &known, now(), ret, err);
}

int pel_analyze_plan_by(const struct pel_plan *plan, const double *measured_ns,
			const struct pel_analysis_options *options, struct pel_analysis **ret,
			struct pel_error *err)
{
	struct pel_analysis *a = pel_calloc(1, sizeof(*a));
	double start = now();

	if (!a)
		return pel_nomem(err);
	return finish(a,
		      pel_analysis_model_of_plan(
			      &a->arena, plan, measured_ns ? measured_ns : plan->measured_ns, &a->model, err),
		      options, start, ret, err);
}

int pel_analyze_plan(const struct pel_plan *plan, const struct pel_analysis_options *options,
		     struct pel_analysis **ret, struct pel_error *err)
{
	struct pel_analysis_options known;
	int r = PEL_OPTIONS_TAKE(pel_analysis_options, &known, options, err);

	return r < 0 ? r : pel_analyze_plan_by(plan, NULL, &known, ret, err);
}

static int analyze_sdf3(struct pel_sdf3 *sdf3, const struct pel_analysis_options *options, double start,
			struct pel_analysis **ret, struct pel_error *err)
{
	struct pel_analysis *a = pel_calloc(1, sizeof(*a));
	int r = a ? pel_analysis_model_of_sdf3(&a->arena, sdf3, &a->model, err) : pel_nomem(err);

	pel_sdf3_destroy(sdf3);
	return a ? finish(a, r, options, start, ret, err) : r;
}

static int analyze_graph(struct pel_graph *graph, const struct pel_analysis_options *options, double start,
			 struct pel_analysis **ret, struct pel_error *err)
{
	int r = analyze_from(graph, options, start, ret, err);

	pel_graph_destroy(graph);
	return r;
}

int pel_analyze_text(const char *text, size_t size, const char *name,
		     const struct pel_analysis_options *options, struct pel_analysis **ret,
		     struct pel_error *err)
{
	struct pel_sdf3 *sdf3 = NULL;
	struct pel_graph *graph = NULL;
	double start = now();
	struct pel_analysis_options known;
	int r = PEL_OPTIONS_TAKE(pel_analysis_options, &known, options, err);

	if (r < 0)
		return r;
	if (pel_sdf3_recognize(text, size)) {
		r = pel_sdf3_parse(text, size, name, &sdf3, err);
		return r < 0 ? r : analyze_sdf3(sdf3, &known, start, ret, err);
	}
	r = pel_graph_parse(text, size, name, &graph, err);
	return r < 0 ? r : analyze_graph(graph, &known, start, ret, err);
}

/*
 * Does the file begin like an SDF3 file? False if it cannot be read, so that the loader reports why. Only regular files are read, because a pipe
 * cannot be read twice.
 */
static bool is_sdf3(const char *path)
{
	char *head = pel_calloc(1, HEAD_BYTES);
	struct stat st;
	FILE *file = stat(path, &st) == 0 && S_ISREG(st.st_mode) ? fopen(path, "re") : NULL;
	bool yes = head && file && pel_sdf3_recognize(head, fread(head, 1, HEAD_BYTES, file));

	if (file)
		fclose(file);
	pel_free(head);
	return yes;
}

int pel_analyze_file(const char *path, const struct pel_analysis_options *options, struct pel_analysis **ret,
		     struct pel_error *err)
{
	struct pel_sdf3 *sdf3 = NULL;
	struct pel_graph *graph = NULL;
	double start = now();
	struct pel_analysis_options known;
	int r = PEL_OPTIONS_TAKE(pel_analysis_options, &known, options, err);

	if (r < 0)
		return r;
	if (is_sdf3(path)) {
		r = pel_sdf3_load(path, &sdf3, err);
		return r < 0 ? r : analyze_sdf3(sdf3, &known, start, ret, err);
	}
	r = pel_graph_load(path, &graph, err);
	return r < 0 ? r : analyze_graph(graph, &known, start, ret, err);
}

void pel_analysis_destroy(struct pel_analysis *a)
{
	if (!a)
		return;
	pel_sdf_buffers_fini(&a->buffers);
	pel_arena_fini(&a->arena);
	pel_free(a);
}
