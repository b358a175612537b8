/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_ANALYSIS_MODEL_H
#define PEL_ANALYSIS_MODEL_H

#include <pelton/analysis.h>
#include <pelton/stats.h>
#include "plan-model.h"
#include "sdf.h"
#include "sdf3.h"

/*
 * The graph that an analysis works on, whatever its source. The first n_own of sdf.channels are channels of the graph; the rest are self-loops
 * that make actors sequential. The host and its channels are left out, as if the host were infinitely fast.
 */
struct pel_analysis_model {
	const char *name;
	bool dynamic; /* some rates are dynamic: sdf then has only the static part of the graph, and only consistency is analyzed */
	bool cyclic;		       /* cyclo-static: some rates are lists */
	uint32_t n_actors, n_channels; /* of the whole graph, including what is not in sdf */
	uint32_t n_own;
	struct pel_sdf sdf;
	const char *const *actors, *const *channels; /* names, in the order of sdf */
	const struct pel_sdf_times *times;
	enum pel_times known_times; /* where the times come from */
};

/* For this folder only. These make a model in `arena`. They return 0, or a negative errno and explain in `err`. */

/*
 * The static part of a plan after its pass "rates", with the capacities that it has at that time. `measured_ns`: how long a firing of each actor
 * takes (0: unknown, counts as 1 ns); NULL: use the times that the graph declares.
 */
int pel_analysis_model_of_plan(struct pel_arena *arena, const struct pel_plan *plan, const double *measured_ns,
			       struct pel_analysis_model *ret, struct pel_error *err);
int pel_analysis_model_of_sdf3(struct pel_arena *arena, const struct pel_sdf3 *sdf3,
			       struct pel_analysis_model *ret, struct pel_error *err);

#endif
