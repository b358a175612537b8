/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_THROUGHPUT_PARTS_H
#define PEL_THROUGHPUT_PARTS_H

#include "sdf-throughput.h"

/* The strongly connected parts of the graph: each limits the throughput by itself. */

int pel_sdf_parts_init(struct pel_sdf_evaluator *ev);
void pel_sdf_parts_find(struct pel_sdf_evaluator *ev, const uint64_t *capacity);

#endif
