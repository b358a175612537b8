/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_CLUSTER_FORM_H
#define PEL_CLUSTER_FORM_H

#include "compiler.h"

/* Part of the pass "fuse": decides which actors are executed together, in which order and segments. */
int pel_clusters_form(struct compiler *c);

#endif
