/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_ANALYSIS_VIEW_H
#define PEL_ANALYSIS_VIEW_H

#include "json.h"
#include "support.h"

#include <pelton/analysis.h>
#include <pelton/stats.h>

/* Internal to this folder: the throughput bound of a plan's runs, as shown with the plan. */
void pel_bound_write_json(struct pel_json *json, const struct pel_analysis *analysis);
void pel_bound_write_text(const struct pel_analysis *analysis, FILE *out);

/* "declared", "measured"; NULL: unknown. */
const char *pel_times_name(enum pel_times times);
/* "iterations per unit of time", and the other units of throughput. */
const char *pel_times_rate(enum pel_times times);

/* An analysis, indexed by names. All zero: there is none; it then contains no name. */
struct pel_bound_view {
	const struct pel_analysis *analysis;
	struct pel_map actors, channels;
};

/* `analysis` may be NULL. Returns 0 or -ENOMEM. Must always be followed by pel_bound_view_fini(). */
int pel_bound_view_init(struct pel_bound_view *view, const struct pel_analysis *analysis);
void pel_bound_view_fini(struct pel_bound_view *view);
bool pel_bound_actor_is_critical(const struct pel_bound_view *view, const char *actor);
bool pel_bound_channel_is_critical(const struct pel_bound_view *view, const char *channel);
/*
 * The capacity that the channel would need to cost no throughput; 0: it is not the channel that costs most.
 */
uint64_t pel_bound_channel_needs(const struct pel_bound_view *view, const char *channel);
/*
 * "x594, 100 % of an iteration": how often the actor fires per iteration, and what share of the iteration
 * that takes, one firing at a time. False: unknown.
 */
bool pel_bound_share(const struct pel_bound_view *view, const char *actor, char *buf, size_t size);
/* "; at most 1/12 iterations per unit of time" */
void pel_bound_write_title(const struct pel_bound_view *view, FILE *out);
/* "0", "inf", "1/332046", "3" in a buffer of PEL_FRACTION_BYTES. */
#define PEL_FRACTION_BYTES 48
struct pel_sdf_fraction;
const char *pel_fraction_format(const struct pel_sdf_fraction *fraction, char *buf);

#endif
