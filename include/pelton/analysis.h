/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PELTON_ANALYSIS_H
#define PELTON_ANALYSIS_H

#include <pelton/base.h>
#include <pelton/error.h>
#include <pelton/graph.h>
#include <pelton/plan.h>
#include <stdio.h>

PEL_EXTERN_C_BEGIN

/*
 * Proofs about a graph before it runs: consistency, liveness, throughput, buffer sizes, latency. They are
 * exact for graphs whose rates are all known (synchronous and cyclo-static dataflow).
 *
 * In a Pelton graph each actor executes one firing at a time (or as many as it has copies). A firing takes
 * the attribute `time` of the actor, in a unit of your choice (1 if not given). The host at a boundary port
 * is infinitely fast. A given capacity counts; a channel without one is unbounded. In SDF3 files the
 * conventions of that format hold: any number of firings of an actor may overlap.
 */
struct pel_analysis;

/* Borrowed for the duration of the call. All zero but `size` is a good default. */
struct pel_analysis_options {
	size_t size;				   /* sizeof(struct pel_analysis_options) */
	const struct pel_compile_options *compile; /* for a Pelton graph; NULL: defaults */
	bool buffers; /* also find the least capacities, and how throughput depends on them */
	double budget_s; /* time limit for everything; what is not found in time is reported as unknown. 0: 15 s */
};

/*
 * Analyze a graph; any verdict is a success. Returns 0 and sets *ret, to be released with pel_analysis_destroy(). On
 * failure returns a negative errno (-EINVAL: not a valid graph; -ENOENT; -ENOMEM), leaves *ret unchanged and explains
 * in `err`.
 */
PEL_API int pel_analyze(const struct pel_graph *graph, const struct pel_analysis_options *options,
			struct pel_analysis **ret, struct pel_error *err);

/* The same for a plan, with the capacities that the compiler chose: an upper bound for its runs. */
PEL_API int pel_analyze_plan(const struct pel_plan *plan, const struct pel_analysis_options *options,
			     struct pel_analysis **ret, struct pel_error *err);

/* The same for a file: a Pelton graph, or an SDF3 document of type sdf or csdf. */
PEL_API int pel_analyze_file(const char *path, const struct pel_analysis_options *options,
			     struct pel_analysis **ret, struct pel_error *err);
/* The same for `size` bytes of `text`. Messages use `name` as the file name. */
PEL_API int pel_analyze_text(const char *text, size_t size, const char *name,
			     const struct pel_analysis_options *options, struct pel_analysis **ret,
			     struct pel_error *err);

/* Write one JSON object, with the keys of `pelton analyze --json`. Returns 0 or a negative errno. */
PEL_API int pel_analysis_write_json(const struct pel_analysis *analysis, FILE *out);
/* Write a report for people. Return codes as pel_analysis_write_json(). */
PEL_API int pel_analysis_write_text(const struct pel_analysis *analysis, FILE *out);

/* Release `analysis`. NULL is allowed. */
PEL_API void pel_analysis_destroy(struct pel_analysis *analysis);

PEL_EXTERN_C_END

#endif
