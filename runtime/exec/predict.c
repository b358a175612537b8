/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <math.h>
#include "analysis-result.h"
#include "plan-model.h"
#include "stats-snapshot.h"

/* At the end of a run, nobody waits long for a prediction. */
#define BUDGET_S 2.0

/* The number of whole iterations that all actors completed; 0 if the graph's iterations are unknown. */
static double iterations(const struct pel_stats *stats, const struct pel_plan *plan)
{
	double least = INFINITY;
	size_t next = 0;

	for (uint32_t i = 0; i < plan->n_actors; i++) {
		const struct pel_plan_actor *actor = &plan->actors[i];
		double firings = 0, own;

		if (actor->kind != PEL_ACTOR_KERNEL)
			continue;
		for (uint32_t copy = 0; copy < actor->copies; copy++)
			firings += (double)stats->actors[next++]->firings;
		if (!actor->repetition)
			return 0;
		own = firings / ((double)actor->repetition * actor->phases);
		least = own < least ? own : least;
	}
	return isfinite(least) ? least : 0;
}

static int copy_names(struct pel_arena *arena, const struct pel_analysis *a, struct pel_prediction *to)
{
	const char **names = pel_arena_array(arena, (size_t)a->model.sdf.n_actors + 1, sizeof(*names));

	if (!names)
		return -ENOMEM;
	for (uint32_t i = 0; i < a->model.sdf.n_actors; i++)
		if (a->critical_actors[i] &&
		    !(names[to->n_bottleneck++] = pel_arena_strdup(arena, a->model.actors[i])))
			return -ENOMEM;
	to->bottleneck = names;
	return 0;
}

static int copy_prediction(struct pel_arena *arena, const struct pel_analysis *a, struct pel_prediction *to)
{
	const struct pel_enlarge *e = &a->enlarge;

	if (!a->throughput_known || !a->throughput.num || !a->throughput.den)
		return 0;
	to->known = true;
	to->times = a->model.known_times;
	to->num = a->throughput.num;
	to->den = a->throughput.den;
	if (e->capacity) {
		to->channel = pel_arena_strdup(arena, a->model.channels[e->channel]);
		if (!to->channel)
			return -ENOMEM;
		to->capacity = e->capacity;
		to->gain = e->throughput.den ? (double)e->throughput.num / (double)e->throughput.den *
						       ((double)to->den / (double)to->num)
					     : INFINITY;
	}
	return copy_names(arena, a, to);
}

/*
 * The measured time of a firing of each actor: *ret, to be freed by the caller; NULL: not measured. 0 or
 * -ENOMEM.
 */
static int measured(const struct pel_stats *stats, const struct pel_plan *plan, double **ret)
{
	double *ns = pel_calloc(plan->n_actors ? plan->n_actors : 1, sizeof(*ns));
	size_t next = 0;
	bool any = false;

	if (!ns)
		return -ENOMEM;
	for (uint32_t i = 0; i < plan->n_actors; i++) {
		double call_s = 0, firings = 0;

		if (plan->actors[i].kind != PEL_ACTOR_KERNEL)
			continue;
		for (uint32_t copy = 0; copy < plan->actors[i].copies; copy++, next++) {
			call_s += stats->actors[next]->call_s;
			firings += (double)stats->actors[next]->firings;
		}
		ns[i] = firings > 0 ? call_s * 1e9 / firings : 0;
		any |= ns[i] > 0;
	}
	*ret = any ? ns : NULL;
	if (!any)
		pel_free(ns);
	return 0;
}

int pel_stats_predict(struct pel_stats *stats, const struct pel_plan *plan)
{
	struct pel_analysis_options options = { .size = sizeof(options), .budget_s = BUDGET_S };
	struct pel_analysis *analysis = NULL;
	struct pel_prediction *to = stats->predicted;
	double *ns = NULL;
	int r = measured(stats, plan, &ns);

	if (r == 0)
		r = pel_analyze_plan_by(plan, ns, &options, &analysis, NULL);
	pel_free(ns);
	*to = (struct pel_prediction){ .size = sizeof(*to), .iterations = iterations(stats, plan) };
	if (stats->wall_s > 0)
		to->iterations_per_s = to->iterations / stats->wall_s;
	if (r == 0)
		r = copy_prediction(pel_stats_arena(stats), analysis, to);
	if (r == 0 && to->known && to->iterations_per_s > 0)
		to->unit_s = (double)to->num / (double)to->den / to->iterations_per_s;
	pel_analysis_destroy(analysis);
	return r;
}
