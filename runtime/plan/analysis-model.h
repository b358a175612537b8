/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_ANALYSIS_MODEL_H
#define PEL_ANALYSIS_MODEL_H

#include <pelton/analysis.h>
#include <pelton/stats.h>
#include "plan-model.h"
#include "sdf.h"
#include "sdf3.h"

/*
 * What is asked about, whatever it came from. The first n_own of sdf.channels are the graph's own; those after them make actors sequential. The host, and
 * its channels, are no part of it: it is as fast as you like.
 */
struct pel_analysis_model {
	const char *name;
	bool dynamic; /* some rates are not known: then sdf holds the rest of the graph, and no more than consistency is asked */
	bool cyclic;		       /* cyclo-static: lists of rates */
	uint32_t n_actors, n_channels; /* of the whole graph, those outside sdf too */
	uint32_t n_own;
	struct pel_sdf sdf;
	const char *const *actors, *const *channels; /* names, by the order of sdf */
	const struct pel_sdf_times *times;
	enum pel_times known_times; /* where they come from */
};

/* Within the folder only: models, in an arena's memory. They return 0 or a negative errno, explained in `err`. */

/*
 * The static part of a plan after its pass "rates", with the capacities that it has by then. `measured_ns`: what a firing of each actor takes (0: not known,
 * and then 1 ns); NULL: the times that the graph declares.
 */
int pel_analysis_model_of_plan(struct pel_arena *arena, const struct pel_plan *plan, const double *measured_ns,
			       struct pel_analysis_model *ret, struct pel_error *err);
int pel_analysis_model_of_sdf3(struct pel_arena *arena, const struct pel_sdf3 *sdf3,
			       struct pel_analysis_model *ret, struct pel_error *err);

#endif
