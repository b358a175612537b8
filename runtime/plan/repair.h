/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_REPAIR_H
#define PEL_REPAIR_H

#include "instance-model.h"

/* What to change in a graph that deadlocks. All return 0 or a negative errno; the repairs go to options->fixes, if that is asked for. */

#define PEL_REPAIR_WORK	 ((uint64_t)1 << 30) /* firings executed, and actors and channels looked at, in all */
#define PEL_REPAIR_STEPS ((uint64_t)1 << 22) /* firings of one execution */
int pel_repair_capacity(struct compiler *c, uint32_t channel, uint64_t value);
int pel_repair_initial(struct compiler *c, uint32_t channel, uint64_t value);
/*
 * The channels of c->sdf without capacities, with as many initial tokens more as make it live, none of which can be left out. Returns 0; -EDEADLK
 * where no tokens can be added; -ETIME, beyond `work`; -EOVERFLOW; -ENOMEM.
 */
int pel_repair_tokens(struct compiler *c, uint64_t work, const struct pel_sdf_channel **ret);
/* All that frees c->sdf. 0, whether it was found or not; or -ENOMEM. */
int pel_repair_deadlock(struct compiler *c);

#endif
