/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_ANALYSIS_VIEW_H
#define PEL_ANALYSIS_VIEW_H

#include "json.h"
#include "support.h"

#include <pelton/analysis.h>
#include <pelton/stats.h>

/* Within the folder only: the bound on a plan's runs, as part of what is written about the plan. */
void pel_bound_write_json(struct pel_json *json, const struct pel_analysis *analysis);
void pel_bound_write_text(const struct pel_analysis *analysis, FILE *out);

/* "declared", "measured"; NULL: nothing is known. */
const char *pel_times_name(enum pel_times times);
/* "iterations a unit of time", and what else a throughput may be counted in. */
const char *pel_times_rate(enum pel_times times);

/* An analysis by names. All zero: there is none, and every answer is no. */
struct pel_bound_view {
	const struct pel_analysis *analysis;
	struct pel_map actors, channels;
};

/* `analysis` may be NULL. 0 or -ENOMEM; to be followed by pel_bound_view_fini() in any case. */
int pel_bound_view_init(struct pel_bound_view *view, const struct pel_analysis *analysis);
void pel_bound_view_fini(struct pel_bound_view *view);
bool pel_bound_actor_is_critical(const struct pel_bound_view *view, const char *actor);
bool pel_bound_channel_is_critical(const struct pel_bound_view *view, const char *channel);
/* The capacity that the channel which costs most would have to have; 0: it is another channel, or none. */
uint64_t pel_bound_channel_needs(const struct pel_bound_view *view, const char *channel);
/* "x594, 100 % of an iteration": how often the actor fires, and what share of the time one firing at a time takes. False: not known. */
bool pel_bound_share(const struct pel_bound_view *view, const char *actor, char *buf, size_t size);
/* "; at most 1/12 iterations a unit of time" */
void pel_bound_write_title(const struct pel_bound_view *view, FILE *out);
/* "0", "inf", "1/332046", "3" in a buffer of PEL_FRACTION_BYTES. */
#define PEL_FRACTION_BYTES 48
struct pel_sdf_fraction;
const char *pel_fraction_format(const struct pel_sdf_fraction *fraction, char *buf);

#endif
