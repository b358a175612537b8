/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_CLUSTER_ORDER_H
#define PEL_CLUSTER_ORDER_H

#include "cluster-components.h"

/*
 * The order and the segments of one cluster. If several workers may execute it, it is cut into segments, and each worker carries a round (many
 * iterations) through all of them. Stateless actors form parallel segments, which several rounds may pass at a time. Actors with state form
 * serial segments, which one round passes after the other.
 */

struct ordering {
	struct clustering *k;
	struct pel_plan_cluster *cluster;
	const uint32_t *members;
	uint32_t n;
	bool split;	    /* into segments */
	uint32_t *missing;  /* for each member: how many of its writers are not placed yet */
	uint32_t *ready[2]; /* stacks of members that can be placed: parallel ones, serial ones */
	uint32_t n_ready[2];
	uint32_t *later, n_later;  /* parallel members that must not be in the current segment */
	uint32_t *segment_of;	   /* of each member */
	uint32_t *actors, *begins; /* the result */
	uint32_t n_placed, n_segments;
	__int128 serial_cost, this_cost; /* of all serial members; of the current serial segment */
	bool serial;
};

/* The caller sets `o` up to `split` and zeroes the rest. Returns 0, or -ENOMEM and explains. */
int pel_cluster_order(struct ordering *o);

#endif
