/* SPDX-License-Identifier: Apache-2.0 */
#include "sdf-events.h"

#include <errno.h>

/* The unit in which heights are counted. */

#define UNIT_MAX    ((uint64_t)1 << 48) /* for exact heights: beyond it, weights may overflow */
#define UNIT_COARSE ((uint64_t)1 << 44)

uint64_t pel_sdf_events_blocks(const struct pel_sdf_events *ev, uint32_t actor)
{
	return ev->q[actor] / ev->k[actor];
}

int pel_sdf_common_multiple(uint64_t a, uint64_t b, uint64_t *ret)
{
	uint64_t multiple;

	if (__builtin_mul_overflow(a / pel_sdf_gcd(a, b), b, &multiple) || multiple > INT64_MAX)
		return -EOVERFLOW;
	*ret = multiple;
	return 0;
}

uint64_t pel_sdf_events_turns(const struct pel_sdf_events *ev, const struct pel_sdf_edge *edge)
{
	return edge->tag == PEL_SDF_START_ORDER ? pel_sdf_events_blocks(ev, ev->owner[edge->source])
						: ev->turns[edge->tag];
}

int pel_sdf_events_to_height(const struct pel_sdf_events *ev, struct pel_sdf_edge *edge)
{
	uint64_t turns = pel_sdf_events_turns(ev, edge);
	pel_i128 height = (pel_i128)edge->height * (int64_t)ev->unit, rest;

	rest = height % (int64_t)turns;
	height = height / (int64_t)turns - (rest < 0);
	if (height > INT64_MAX || height < -INT64_MAX)
		return -EOVERFLOW;
	edge->height = (int64_t)height;
	return 0;
}

int pel_sdf_events_choose_unit(struct pel_sdf_events *ev)
{
	int r;

	for (uint32_t i = 0; i < ev->n_channels; i++) {
		const struct pel_sdf_channel *ch = &ev->net->sdf->channels[ev->channels[i] / 2];

		r = pel_sdf_common_multiple(pel_sdf_events_blocks(ev, ch->from),
					    pel_sdf_events_blocks(ev, ch->to), &ev->turns[ev->channels[i]]);
		if (r < 0)
			return r;
	}
	ev->unit = 1;
	ev->coarse = false;
	for (uint32_t i = 0; i < ev->n_actors && !ev->coarse; i++)
		ev->coarse = pel_sdf_common_multiple(ev->unit, pel_sdf_events_blocks(ev, ev->actors[i]),
						     &ev->unit) < 0 ||
			     ev->unit > UNIT_MAX;
	if (ev->coarse)
		ev->unit = UNIT_COARSE;
	return 0;
}
