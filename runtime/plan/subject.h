/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_SUBJECT_H
#define PEL_SUBJECT_H

#include "analysis-model.h"
#include "plan-model.h"
#include "sdf3.h"

/* Within the folder only: subjects, in an arena's memory. They return 0 or a negative errno, explained in `err`. */

/* The static part of a graph; the compiler goes as far as its rates. */
int subject_of_graph(struct pel_arena *arena, const struct pel_graph *graph,
		     const struct pel_compile_options *options, struct pel_subject *ret, struct pel_error *err);
/*
 * The same of a plan after its pass "rates", with the capacities that it has by then. `measured_ns`: what a firing of each actor takes (0: not known,
 * and then 1 ns); NULL: the times that the graph declares.
 */
int subject_of_plan(struct pel_arena *arena, const struct pel_plan *plan, const double *measured_ns,
		    struct pel_subject *ret, struct pel_error *err);
int subject_of_sdf3(struct pel_arena *arena, const struct pel_sdf3 *sdf3, struct pel_subject *ret,
		    struct pel_error *err);

#endif
