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
 * What can be proved of a graph before it runs: consistency, liveness, throughput, buffer sizes, latency. Exact, for graphs whose rates
 * are all known (synchronous and cyclo-static dataflow).
 *
 * In a Pelton graph each actor runs one firing at a time (or as many as it has copies), which takes the time of its attribute `time` (a unit of
 * your choice; 1 if not given); the host at a boundary port is as fast as you like. A capacity that is given counts; one that is not is
 * without bound. In SDF3's files the conventions of that format hold: any number of firings at a time.
 */
struct pel_analysis;

/* Borrowed for the duration of the call. All zero but `size` is a good default. */
struct pel_analysis_options {
	size_t size;				   /* sizeof(struct pel_analysis_options) */
	const struct pel_compile_options *compile; /* for a Pelton graph; NULL: defaults */
	bool buffers;	 /* least capacities too, and how throughput depends on them */
	double budget_s; /* time for all of it; what is not found within is said to be not known. 0: 15 s */
};

/*
 * Analyze a graph: any verdict is a success. Returns 0 and sets *ret, to be released with pel_analysis_destroy(). On failure a negative errno
 * (-EINVAL: the graph is not one; -ENOENT; -ENOMEM), *ret is left alone and `err` explains.
 */
PEL_API int pel_analyze(const struct pel_graph *graph, const struct pel_analysis_options *options,
			struct pel_analysis **ret, struct pel_error *err);

/* The same for a plan, with all capacities that the compiler chose: a bound on what its runs can reach. */
PEL_API int pel_analyze_plan(const struct pel_plan *plan, const struct pel_analysis_options *options,
			     struct pel_analysis **ret, struct pel_error *err);

/* The same for a file: a Pelton graph, or SDF3's XML of kind sdf or csdf. */
PEL_API int pel_analyze_file(const char *path, const struct pel_analysis_options *options,
			     struct pel_analysis **ret, struct pel_error *err);
/* The same for `size` bytes of text that messages call `name`. */
PEL_API int pel_analyze_text(const char *text, size_t size, const char *name,
			     const struct pel_analysis_options *options, struct pel_analysis **ret,
			     struct pel_error *err);

/* One JSON object, keys as in the manual (`pelton analyze --json`). Returns 0 or a negative errno. */
PEL_API int pel_analysis_write_json(const struct pel_analysis *analysis, FILE *out);
/* A report for a person. Returns as pel_analysis_write_json(). */
PEL_API int pel_analysis_write_text(const struct pel_analysis *analysis, FILE *out);

/* Release `analysis`. NULL is allowed. */
PEL_API void pel_analysis_destroy(struct pel_analysis *analysis);

PEL_EXTERN_C_END

#endif
