/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_SDF3_IMPORT_H
#define PEL_SDF3_IMPORT_H

#include "sdf3.h"

/*
 * Copies, from 1 to `limit`, with which each actor is not slower than in SDF3, in copies[n_actors]; fewer where the limit is met, which
 * capped[n_actors] tells, or nothing at all limits the graph. `q` is the repetition vector. 0 or -ENOMEM.
 */
int pel_sdf3_copies(const struct pel_sdf3 *sdf3, const uint64_t *q, uint32_t limit, uint32_t *copies,
		    bool *capped);

#endif
