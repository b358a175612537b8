/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_ANALYSIS_RESULT_H
#define PEL_ANALYSIS_RESULT_H

#include <pelton/analysis.h>
#include <pelton/stats.h>

#include "analysis-model.h"

enum pel_verdict { PEL_VERDICT_UNKNOWN, PEL_VERDICT_NO, PEL_VERDICT_YES };

/* A channel whose capacity limits the throughput, and the throughput with a larger one. */
struct pel_enlarge {
	uint32_t channel;
	uint64_t capacity; /* the least one that gives this throughput */
	struct pel_sdf_fraction throughput;
};

struct pel_latency {
	uint32_t from, to; /* actors */
	uint64_t time;
};

struct pel_analysis {
	struct pel_arena arena;
	struct pel_analysis_model model;
	enum pel_verdict consistent, live;
	const uint64_t *q;     /* repetition vector; NULL: unknown */
	const uint32_t *cycle; /* of an inconsistent graph: channels whose rates contradict each other */
	uint32_t n_cycle;
	const struct pel_sdf_blocked *blocked; /* of a deadlock: who waits for whom */
	uint32_t n_blocked;

	bool throughput_known,
		too_large; /* too_large: unknown because numbers or the graph of firings are too large */
	struct pel_sdf_fraction throughput, unbounded; /* with and without the capacities given */
	const uint8_t *critical_actors, *critical_channels;
	struct pel_enlarge enlarge; /* the channel whose capacity costs the most throughput; throughput 0/0: none */

	const struct pel_latency *latencies;
	uint32_t n_latencies;

	bool buffers_asked, buffers_known;
	struct pel_sdf_buffers buffers;
	double seconds; /* duration of the analysis */
};

/* pel_analyze_plan() with these durations of a firing of each actor. NULL: use those of the plan's profile, or the declared ones. */
int pel_analyze_plan_by(const struct pel_plan *plan, const double *measured_ns,
			const struct pel_analysis_options *options, struct pel_analysis **ret,
			struct pel_error *err);

#endif
