/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_SDF3_IMPORT_H
#define PEL_SDF3_IMPORT_H

#include "sdf3.h"

/*
 * Computes copies[n_actors], from 1 to `limit`, such that each actor is not slower than in SDF3, unless the limit is reached, which
 * capped[n_actors] reports, or nothing limits the graph. `q` is the repetition vector. Returns 0 or -ENOMEM.
 */
int pel_sdf3_copies(const struct pel_sdf3 *sdf3, const uint64_t *q, uint32_t limit, uint32_t *copies,
		    bool *capped);

#endif
