/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_STATS_SNAPSHOT_H
#define PEL_STATS_SNAPSHOT_H

#include <pelton/stats.h>
#include "support.h"

/* Private to this folder: the memory of a snapshot. */
struct pel_arena *pel_stats_arena(struct pel_stats *stats);

#endif
