/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_REPAIR_H
#define PEL_REPAIR_H

#include "instance-model.h"

/* Finds what to change in a graph that deadlocks. All return 0 or a negative errno, and add repairs to options->fixes if the caller requests them. */

#define PEL_REPAIR_WORK \
	((uint64_t)1 << 30) /* limit on the total of firings executed, and actors and channels visited */
#define PEL_REPAIR_STEPS ((uint64_t)1 << 22) /* limit on the firings of one execution */
int pel_repair_capacity(struct compiler *c, uint32_t channel, uint64_t value);
int pel_repair_initial(struct compiler *c, uint32_t channel, uint64_t value);
/*
 * On success *ret becomes the channels of c->sdf, without capacities, with a minimal set of additional initial tokens that makes the graph
 * live. Returns 0; -EDEADLK: no tokens can be added; -ETIME: needs more than `work`; -EOVERFLOW; -ENOMEM.
 */
int pel_repair_tokens(struct compiler *c, uint64_t work, const struct pel_sdf_channel **ret);
/* Find all changes that make c->sdf live. Returns 0, also if there are none, or -ENOMEM. */
int pel_repair_deadlock(struct compiler *c);

#endif
