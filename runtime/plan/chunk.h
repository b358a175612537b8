/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_CHUNK_H
#define PEL_CHUNK_H

#include "compiler.h"

/* Part of the pass "size": how many iterations of a cluster are executed at a time, and where its tokens are stored. */
int pel_clusters_size(struct compiler *c);

#endif
