/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_PLAN_VIEW_H
#define PEL_PLAN_VIEW_H

#include <pelton/stats.h>
#include "plan-model.h"

/* Names and counts of the parts of a plan, the same in all outputs. */

/* The name of an end of a channel, "fir.out", or "samples" for a boundary port, into `buf`. Returns buf. */
char *pel_view_from(const struct pel_plan *plan, const struct pel_plan_channel *channel, char *buf,
		    size_t size);
char *pel_view_to(const struct pel_plan *plan, const struct pel_plan_channel *channel, char *buf, size_t size);

/* The ports that a channel joins. */
const struct pel_plan_port *pel_view_from_port(const struct pel_plan *plan,
					       const struct pel_plan_channel *channel);
const struct pel_plan_port *pel_view_to_port(const struct pel_plan *plan,
					     const struct pel_plan_channel *channel);

/* "4", "1,0,2", "*" into `buf`; a long list ends in "... (64 phases)". Returns buf. */
char *pel_view_rate(const struct pel_plan_port *port, char *buf, size_t size);
bool pel_view_rate_is_one(const struct pel_plan_port *port);

/* The bytes of the channel's tokens when full. False: unknown, or more than 64 bits. */
bool pel_view_bytes(const struct pel_plan *plan, const struct pel_plan_channel *channel, uint64_t *bytes);
/* The bytes of all rings and inner buffers of the plan; saturates. */
uint64_t pel_view_total_bytes(const struct pel_plan *plan);

/* The mean time, in seconds, that each worker that may execute the stage was busy with it. */
static inline double pel_view_busy_s(const struct pel_stage_stats *stage)
{
	return stage->busy_s / (stage->copies ? stage->copies : 1);
}

/* A long id shortened to its first and last characters, into `buf`: at most `length` characters. Returns buf. */
char *pel_view_short(const char *id, unsigned length, char *buf, size_t size);

#endif
