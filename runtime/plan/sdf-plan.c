/* SPDX-License-Identifier: Apache-2.0 */
#include "sdf-plan.h"

#include <errno.h>

int pel_sdf_of_plan(struct pel_arena *arena, const struct pel_plan *plan, struct pel_sdf *sdf,
		    uint32_t **sdf_actor, uint32_t **sdf_channel)
{
	struct pel_sdf_channel *channels =
		pel_arena_array(arena, (size_t)plan->n_channels + 1, sizeof(*channels));
	uint32_t *phases = pel_arena_array(arena, (size_t)plan->n_actors + 1, sizeof(*phases));

	*sdf_actor = pel_arena_array(arena, (size_t)plan->n_actors + 1, sizeof(**sdf_actor));
	*sdf_channel = pel_arena_array(arena, (size_t)plan->n_channels + 1, sizeof(**sdf_channel));
	if (!channels || !phases || !*sdf_actor || !*sdf_channel)
		return -ENOMEM;
	*sdf = (struct pel_sdf){ .phases = phases, .channels = channels };
	for (uint32_t i = 0; i < plan->n_actors; i++) {
		(*sdf_actor)[i] = PEL_NONE;
		if (!plan->actors[i].dynamic) {
			(*sdf_actor)[i] = sdf->n_actors;
			phases[sdf->n_actors++] = plan->actors[i].phases;
		}
	}
	for (uint32_t i = 0; i < plan->n_channels; i++) {
		const struct pel_plan_channel *channel = &plan->channels[i];
		const struct pel_plan_port *out = &plan->actors[channel->from].out[channel->from_port];
		const struct pel_plan_port *in = &plan->actors[channel->to].in[channel->to_port];

		if ((*sdf_actor)[channel->from] == PEL_NONE || (*sdf_actor)[channel->to] == PEL_NONE)
			continue;
		(*sdf_channel)[sdf->n_channels] = i;
		channels[sdf->n_channels++] = (struct pel_sdf_channel){
			.from = (*sdf_actor)[channel->from],
			.to = (*sdf_actor)[channel->to],
			.produce = out->rates,
			.n_produce = out->n_rates,
			.consume = in->rates,
			.n_consume = in->n_rates,
			.initial = channel->initial,
			.capacity = pel_plan_is_fused(plan, channel) ? 0 : channel->capacity,
		};
	}
	return 0;
}
