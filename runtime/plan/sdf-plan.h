/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_SDF_PLAN_H
#define PEL_SDF_PLAN_H

#include "plan-model.h"
#include "sdf.h"

/*
 * The part of the plan whose rates are known, in `arena`: sdf_actor[] from the plan's actors (PEL_NONE: not in it), sdf_channel[] to its
 * channels. 0 or -ENOMEM, not explained.
 */
int pel_sdf_of_plan(struct pel_arena *arena, const struct pel_plan *plan, struct pel_sdf *sdf,
		    uint32_t **sdf_actor, uint32_t **sdf_channel);

#endif
