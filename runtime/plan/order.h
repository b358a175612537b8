/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_ORDER_H
#define PEL_ORDER_H

#include "compiler.h"

struct edge {
	uint32_t from, to;
};
/*
 * Order `n` nodes so that they follow the edges depth-first, chains together, and those on a cycle stand in a row. part[n] (may be NULL)
 * numbers the strongly connected components in that order. 0 or -ENOMEM.
 */
int pel_order_nodes(uint32_t n, const struct edge *edges, size_t n_edges, uint32_t *order, uint32_t *part);
/* Find the channels that are on a cycle. 0 or -ENOMEM, explained. */
int pel_loops_mark(struct compiler *c);

#endif
