/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_STATS_SNAPSHOT_H
#define PEL_STATS_SNAPSHOT_H

#include <pelton/stats.h>
#include "support.h"

/* Within the folder only: the memory that a snapshot stands in. */
struct pel_arena *pel_stats_arena(struct pel_stats *stats);

#endif
