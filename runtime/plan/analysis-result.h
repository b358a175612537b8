/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_ANALYSIS_RESULT_H
#define PEL_ANALYSIS_RESULT_H

#include <pelton/analysis.h>
#include <pelton/stats.h>

#include "analysis-model.h"

enum pel_verdict { PEL_VERDICT_UNKNOWN, PEL_VERDICT_NO, PEL_VERDICT_YES };

/* A channel that bounds the throughput, and what it would be if it were larger. */
struct pel_enlarge {
	uint32_t channel;
	uint64_t capacity; /* least that has the effect */
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
	const uint64_t *q;     /* NULL: not known */
	const uint32_t *cycle; /* channels whose rates contradict each other; of an inconsistent graph */
	uint32_t n_cycle;
	const struct pel_sdf_blocked *blocked; /* of a deadlock: who waits for whom */
	uint32_t n_blocked;

	bool throughput_known, too_large; /* not known, since numbers or the graph of firings are too large */
	struct pel_sdf_fraction throughput, unbounded; /* with and without the capacities given */
	const uint8_t *critical_actors, *critical_channels;
	struct pel_enlarge enlarge; /* the channel that costs most; throughput 0/0: none does */

	const struct pel_latency *latencies;
	uint32_t n_latencies;

	bool buffers_asked, buffers_known;
	struct pel_sdf_buffers buffers;
	double seconds; /* it took */
};

/* pel_analyze_plan() by these times of a firing of each actor instead of those of the plan's profile; NULL: by that, or by what is declared. */
int pel_analyze_plan_by(const struct pel_plan *plan, const double *measured_ns,
			const struct pel_analysis_options *options, struct pel_analysis **ret,
			struct pel_error *err);

#endif
