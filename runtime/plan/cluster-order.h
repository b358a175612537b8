/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_CLUSTER_ORDER_H
#define PEL_CLUSTER_ORDER_H

#include "cluster-components.h"

/*
 * Order and segments of one cluster. Where several workers may execute it, it is cut into segments, and each worker carries a round (many iterations)
 * through all of them. Stateless actors form parallel segments, which rounds may pass in any order; an actor with state is passed by one round after
 * the other.
 */

struct ordering {
	struct clustering *k;
	struct pel_plan_cluster *cluster;
	const uint32_t *members;
	uint32_t n;
	bool split;	    /* into segments */
	uint32_t *missing;  /* of each member: writers that have no place yet */
	uint32_t *ready[2]; /* stacks of members: parallel ones, serial ones */
	uint32_t n_ready[2];
	uint32_t *later, n_later;  /* parallel ones that must not be in this segment */
	uint32_t *segment_of;	   /* of each member */
	uint32_t *actors, *begins; /* the result */
	uint32_t n_placed, n_segments;
	__int128 serial_cost, this_cost; /* of all serial members; of the serial segment that is being filled */
	bool serial;
};

/* `o` has what it is about, and the rest zero. 0 or -ENOMEM, explained. */
int pel_cluster_order(struct ordering *o);

#endif
