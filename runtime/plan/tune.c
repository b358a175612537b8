/* SPDX-License-Identifier: Apache-2.0 */
#include "tune.h"

#include <errno.h>
#include "analysis-model.h"
#include "compiler.h"

/*
 * Raises capacities that the compiler chose until they do not limit the throughput: if two paths run in parallel, the short one must hold as many
 * tokens as are in flight on the long one. Uses the times that the graph declares, as if each actor had its own worker.
 */
#define FIRINGS_MAX  8192 /* in an iteration: with more, compiling would take too long */
#define CHANNELS_MAX 8192
#define ROUNDS_MAX   64
#define MEMORY_SHARE 4 /* tuning may use 1/4 of the memory that channels may use */

static uint64_t channel_bytes(const struct pel_plan *plan, const struct pel_plan_channel *channel)
{
	uint64_t bytes;

	return __builtin_mul_overflow(channel->capacity,
				      plan->actors[channel->from].out[channel->from_port].token_bytes, &bytes)
		       ? UINT64_MAX
		       : bytes;
}

static uint64_t total_bytes(const struct pel_plan *plan)
{
	uint64_t total = 0;

	for (uint32_t i = 0; i < plan->n_channels; i++)
		if (__builtin_add_overflow(total, channel_bytes(plan, &plan->channels[i]), &total))
			return UINT64_MAX;
	return total;
}

/* Is the graph small enough to be tuned? */
static bool is_small(const struct compiler *c)
{
	uint64_t firings = 0;

	if (!c->sdf_q || c->sdf.n_channels > CHANNELS_MAX || c->sdf.n_actors > FIRINGS_MAX)
		return false;
	for (uint32_t a = 0; a < c->sdf.n_actors; a++) {
		if (c->sdf_q[a] > FIRINGS_MAX)
			return false;
		firings += c->sdf_q[a] * c->sdf.phases[a];
	}
	return firings <= FIRINGS_MAX;
}

struct tuning {
	struct compiler *c;
	struct pel_analysis_model model;
	struct pel_sdf_channel *channels; /* those of the model, which are modified */
	uint8_t *critical;
	uint64_t limit; /* bytes */
};

/* Compute the current throughput. 0 or a negative errno, of which only -ENOMEM ends the compilation. */
static int measure(struct tuning *t, struct pel_sdf_fraction *ret)
{
	return pel_sdf_throughput(&t->model.sdf, t->c->sdf_q, t->model.times, NULL, ret, NULL, t->critical);
}

/* Compute the throughput without limits on the capacities that were not given. */
static int measure_best(struct tuning *t, struct pel_sdf_fraction *ret)
{
	const struct pel_plan *plan = t->c->plan;
	int r;

	for (uint32_t i = 0; i < t->c->sdf.n_channels; i++)
		if (!plan->channels[t->c->sdf_channel[i]].capacity_given)
			t->channels[i].capacity = 0;
	r = measure(t, ret);
	for (uint32_t i = 0; i < t->c->sdf.n_channels; i++) {
		const struct pel_plan_channel *channel = &plan->channels[t->c->sdf_channel[i]];

		t->channels[i].capacity = pel_plan_is_fused(plan, channel) ? 0 : channel->capacity;
	}
	return r;
}

/* Double the capacities that limit the throughput. Returns whether there were any that could be doubled. */
static bool enlarge(struct tuning *t)
{
	struct pel_plan *plan = t->c->plan;
	bool any = false;

	for (uint32_t i = 0; i < t->c->sdf.n_channels; i++) {
		struct pel_plan_channel *channel = &plan->channels[t->c->sdf_channel[i]];
		uint64_t before = channel->capacity;

		if (!(t->critical[i] & PEL_SDF_CRITICAL_ROOM) || channel->capacity_given ||
		    before > PEL_MAX_CAPACITY / 2)
			continue;
		channel->capacity *= 2;
		if (total_bytes(plan) > t->limit) {
			channel->capacity = before;
			continue;
		}
		t->channels[i].capacity = channel->capacity;
		any = true;
	}
	return any;
}

int pel_capacities_tune(struct compiler *c)
{
	uint64_t memory = c->plan->machine.memory_bytes;
	struct tuning t = { .c = c, .limit = (memory ? memory : UINT64_MAX) / MEMORY_SHARE };
	struct pel_sdf_fraction best, now;
	int r;

	if (!is_small(c))
		return 0;
	r = pel_analysis_model_of_plan(&c->brief, c->plan, NULL, &t.model, c->err);
	if (r < 0)
		return r;
	t.channels =
		(struct pel_sdf_channel *)t.model.sdf.channels; /* the model is ours, so it may be modified */
	t.critical = pel_compiler_alloc_brief(c, t.model.sdf.n_channels, 1);
	if (!t.critical)
		return -ENOMEM;
	r = measure_best(&t, &best);
	for (unsigned round = 0; r == 0 && round < ROUNDS_MAX; round++) {
		r = measure(&t, &now);
		if (r < 0 || !pel_sdf_less(now, best) || !enlarge(&t))
			break;
	}
	return r == -ENOMEM ? pel_nomem(c->err)
			    : 0; /* if the throughput is unknown, leave the capacities as they are */
}
