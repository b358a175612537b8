/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_CHUNK_H
#define PEL_CHUNK_H

#include "compiler.h"

/* Part of the pass "size": how much of a cluster is executed at once, and where its tokens are meanwhile. */
int pel_clusters_size(struct compiler *c);

#endif
