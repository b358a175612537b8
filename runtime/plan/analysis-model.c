/* SPDX-License-Identifier: Apache-2.0 */
#include "analysis-model.h"

#include <errno.h>
#include <string.h>
#include "sdf-plan.h"

static const uint64_t one = 1;

static const uint64_t *copy_list(struct pel_arena *arena, const uint64_t *list, uint32_t n)
{
	uint64_t *copy = pel_arena_array(arena, n, sizeof(*copy));

	return copy ? memcpy(copy, list, n * sizeof(*copy)) : NULL;
}

/* Copy everything but the ends of a channel: the model outlives its source. */
static bool copy_channel(struct pel_arena *arena, const struct pel_sdf_channel *from, struct pel_sdf_channel *to)
{
	*to = *from;
	to->produce = copy_list(arena, from->produce, from->n_produce);
	to->consume = copy_list(arena, from->consume, from->n_consume);
	return to->produce && to->consume;
}

struct arrays {
	struct pel_sdf_channel *channels;
	const char **actor_names, **channel_names;
	struct pel_sdf_times *times;
	uint32_t *phases;
};

static int make_arrays(struct pel_arena *arena, const struct pel_sdf *sdf, struct arrays *ret)
{
	*ret = (struct arrays){
		.channels = pel_arena_array(arena, (size_t)sdf->n_channels + sdf->n_actors + 1,
					    sizeof(*ret->channels)),
		.actor_names = pel_arena_array(arena, (size_t)sdf->n_actors + 1, sizeof(*ret->actor_names)),
		.channel_names =
			pel_arena_array(arena, (size_t)sdf->n_channels + 1, sizeof(*ret->channel_names)),
		.times = pel_arena_array(arena, (size_t)sdf->n_actors + 1, sizeof(*ret->times)),
		.phases = pel_arena_array(arena, (size_t)sdf->n_actors + 1, sizeof(*ret->phases)),
	};
	if (!ret->channels || !ret->actor_names || !ret->channel_names || !ret->times || !ret->phases)
		return -ENOMEM;
	for (uint32_t c = 0; c < sdf->n_channels; c++)
		if (!copy_channel(arena, &sdf->channels[c], &ret->channels[c]))
			return -ENOMEM;
	memcpy(ret->phases, sdf->phases, sdf->n_actors * sizeof(*ret->phases));
	return 0;
}

static void use_arrays(const struct arrays *arrays, struct pel_analysis_model *ret)
{
	ret->sdf.channels = arrays->channels;
	ret->sdf.phases = arrays->phases;
	ret->actors = arrays->actor_names;
	ret->channels = arrays->channel_names;
	ret->times = arrays->times;
}

/* ---- of a plan ---- */

#define NS_MAX 1e12 /* longer firings count as this long */

/* The times of an actor's firings: measured, else declared. False: out of memory. */
static bool find_times(struct pel_arena *arena, const struct pel_plan_actor *actor, const double *measured_ns,
		       struct pel_sdf_times *ret)
{
	uint64_t ns;

	*ret = (struct pel_sdf_times){ &one, 1 };
	if (measured_ns) {
		ns = *measured_ns < 1 ? 1 : *measured_ns < NS_MAX ? (uint64_t)*measured_ns : (uint64_t)NS_MAX;
		ret->values = copy_list(arena, &ns, 1);
	} else if (actor->policy->n_time) {
		*ret = (struct pel_sdf_times){ copy_list(arena, actor->policy->time, actor->policy->n_time),
					       actor->policy->n_time };
	}
	return ret->values;
}

/* Add an actor that runs as many firings at a time as it has copies, or as there are workers that share its stage. */
static int add_actor(struct pel_arena *arena, const struct pel_plan *plan, const struct pel_plan_actor *actor,
		     const double *measured_ns, uint32_t index, struct arrays *arrays,
		     struct pel_analysis_model *ret)
{
	arrays->actor_names[index] = pel_arena_strdup(arena, actor->id);
	if (!arrays->actor_names[index] || !find_times(arena, actor, measured_ns, &arrays->times[index]))
		return -ENOMEM;
	if (measured_ns)
		ret->known_times = PEL_TIMES_MEASURED;
	else if (actor->policy->n_time)
		ret->known_times = PEL_TIMES_DECLARED;
	arrays->channels[ret->sdf.n_channels++] =
		(struct pel_sdf_channel){ .from = index,
					  .to = index,
					  .produce = &one,
					  .consume = &one,
					  .n_produce = 1,
					  .n_consume = 1,
					  .initial = pel_plan_at_once(plan, actor) };
	return 0;
}

int pel_analysis_model_of_plan(struct pel_arena *arena, const struct pel_plan *plan, const double *measured_ns,
			       struct pel_analysis_model *ret, struct pel_error *err)
{
	uint32_t *sdf_actor, *sdf_channel;
	struct arrays arrays;
	struct pel_sdf sdf;
	int r = pel_sdf_of_plan(arena, plan, &sdf, &sdf_actor, &sdf_channel);

	if (r == 0)
		r = make_arrays(arena, &sdf, &arrays);
	*ret = (struct pel_analysis_model){ .name = pel_arena_strdup(arena, plan->name),
					    .n_actors = plan->n_actors - plan->n_ins - plan->n_outs,
					    .n_channels = plan->n_channels };
	if (r < 0 || !ret->name)
		return pel_nomem(err);
	ret->sdf.n_actors = sdf.n_actors;
	ret->sdf.n_channels = ret->n_own = sdf.n_channels;
	for (uint32_t c = 0; c < sdf.n_channels && r == 0; c++) {
		arrays.channel_names[c] = pel_arena_strdup(arena, plan->channels[sdf_channel[c]].name);
		r = arrays.channel_names[c] ? 0 : -ENOMEM;
	}
	for (uint32_t a = 0; a < plan->n_actors && r == 0; a++) {
		ret->cyclic |= plan->actors[a].phases > 1;
		if (sdf_actor[a] == PEL_NONE)
			ret->dynamic |= plan->actors[a].kind == PEL_ACTOR_KERNEL;
		else
			r = add_actor(arena, plan, &plan->actors[a], measured_ns ? &measured_ns[a] : NULL,
				      sdf_actor[a], &arrays, ret);
	}
	if (r < 0)
		return pel_nomem(err);
	use_arrays(&arrays, ret);
	return 0;
}

/* ---- of SDF3 ---- */

int pel_analysis_model_of_sdf3(struct pel_arena *arena, const struct pel_sdf3 *sdf3,
			       struct pel_analysis_model *ret, struct pel_error *err)
{
	const struct pel_sdf *sdf = &sdf3->sdf;
	struct arrays arrays;
	int r = make_arrays(arena, sdf, &arrays);

	*ret = (struct pel_analysis_model){
		.name = pel_arena_strdup(arena, sdf3->name ? sdf3->name : ""),
		.cyclic = sdf3->cyclic,
		.n_actors = sdf->n_actors,
		.n_channels = sdf->n_channels,
		.n_own = sdf->n_channels,
		.sdf = { .n_actors = sdf->n_actors, .n_channels = sdf->n_channels },
		.known_times = PEL_TIMES_DECLARED,
	};
	for (uint32_t c = 0; c < sdf->n_channels && r == 0; c++) {
		arrays.channel_names[c] = pel_arena_strdup(arena, sdf3->channels[c].name);
		r = arrays.channel_names[c] ? 0 : -ENOMEM;
	}
	for (uint32_t a = 0; a < sdf->n_actors && r == 0; a++) {
		const struct pel_sdf3_actor *actor = &sdf3->actors[a];

		arrays.actor_names[a] = pel_arena_strdup(arena, actor->id);
		arrays.times[a] =
			(struct pel_sdf_times){ copy_list(arena, actor->time, actor->n_time), actor->n_time };
		r = arrays.actor_names[a] && arrays.times[a].values ? 0 : -ENOMEM;
	}
	if (r < 0 || !ret->name)
		return pel_nomem(err);
	use_arrays(&arrays, ret);
	return 0;
}
