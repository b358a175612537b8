/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_CLUSTER_COMPONENTS_H
#define PEL_CLUSTER_COMPONENTS_H

#include "compiler.h"

/* Decides which actors form a cluster. */

struct clustering {
	struct compiler *c;
	uint32_t *order, *part; /* of all actors, see pel_order_nodes() */
	uint32_t *level, *root; /* of each actor; root: of its component, a union-find forest */
	uint64_t *unit;		/* of each root: the greatest common divisor of its actors' repetitions */
	uint32_t *members;	/* actors by component */
	uint32_t *place;	/* of each actor: scratch for order and segments */
	uint32_t n_components;
};

static inline bool pel_is_not_fused(const struct pel_plan_actor *actor)
{
	return actor->not_fused != PEL_FUSED;
}

static inline bool pel_is_stateless(const struct pel_plan_actor *actor)
{
	return actor->kernel->flags & PEL_KERNEL_STATELESS;
}

/* How many workers may execute the actor. */
static inline uint32_t pel_cluster_workers(const struct compiler *c, const struct pel_plan_actor *actor)
{
	return actor->where.index < 0 ? c->plan->workers : 1;
}

/* Find the clusters: sets the root of each actor, or why it is not fused. The arrays of `k` must be allocated. Returns 0, or -ENOMEM and explains. */
int pel_cluster_components(struct clustering *k);
/* The actor that represents the component of `actor`. */
uint32_t pel_cluster_root(struct clustering *k, uint32_t actor);
/* Are both ends in the same cluster? */
bool pel_cluster_is_inside(const struct clustering *k, const struct pel_plan_channel *channel);

#endif
