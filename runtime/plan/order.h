/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_ORDER_H
#define PEL_ORDER_H

#include "compiler.h"

struct edge {
	uint32_t from, to;
};
/*
 * Order `n` nodes along the edges, depth-first, so that chains stay together and the nodes of a cycle are adjacent. part[n], which may be NULL,
 * becomes the number of each node's strongly connected component, in that order. Returns 0 or -ENOMEM.
 */
int pel_order_nodes(uint32_t n, const struct edge *edges, size_t n_edges, uint32_t *order, uint32_t *part);
/* Mark the channels that are on a cycle. Returns 0, or -ENOMEM and explains. */
int pel_loops_mark(struct compiler *c);

#endif
