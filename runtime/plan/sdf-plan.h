/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_SDF_PLAN_H
#define PEL_SDF_PLAN_H

#include "plan-model.h"
#include "sdf.h"

/*
 * Make the static part of the plan, in `arena`. sdf_actor[] maps actors of the plan to actors of the part (PEL_NONE: not in it); sdf_channel[]
 * maps channels of the part to channels of the plan. 0 or -ENOMEM, not explained.
 */
int pel_sdf_of_plan(struct pel_arena *arena, const struct pel_plan *plan, struct pel_sdf *sdf,
		    uint32_t **sdf_actor, uint32_t **sdf_channel);

#endif
