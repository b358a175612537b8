/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PELTON_OBSERVE_H
#define PELTON_OBSERVE_H

#include <pelton/analysis.h>
#include <pelton/base.h>
#include <pelton/cancel.h>
#include <pelton/error.h>
#include <pelton/kernel.h>
#include <pelton/plan.h>
#include <pelton/stats.h>
#include <stdio.h>

PEL_EXTERN_C_BEGIN

/* ---- Reports as text ----
 * The functions of this header return 0 or a negative errno: -EIO if `out` cannot be written, -ENOMEM,
 * and the codes in their own comments. Any thread may call them. They borrow their arguments for the duration
 * of the call.
 */

/* Write one JSON object, with the keys of `pelton run --stats`. */
PEL_API int pel_stats_write_json(const struct pel_stats *stats, FILE *out);

/*
 * Write the cost of a firing of each actor, as measured in a run of `plan` (pel_run_options.profile): a
 * <profile> document for pel_compile_options.profile_file. Actors that did not fire are left out.
 */
PEL_API int pel_profile_write(const struct pel_plan *plan, const struct pel_stats *stats, FILE *out);

/* Write one JSON object, with the keys of `pelton plan --json`. */
PEL_API int pel_plan_write_json(const struct pel_plan *plan, FILE *out);

/* Write the plan for people: stages, then channels. */
PEL_API int pel_plan_write_text(const struct pel_plan *plan, FILE *out);

/*
 * Write the graph and its plan in Graphviz's language. With `stats` (may be NULL) stages are coloured by
 * load. With `analysis` of the plan (may be NULL) the cycle that limits the throughput is marked, and the
 * channel whose capacity costs most.
 */
PEL_API int pel_plan_write_dot(const struct pel_plan *plan, const struct pel_stats *stats,
			       const struct pel_analysis *analysis, FILE *out);

/*
 * Draw the same as a picture. `format` is "svg", "png" or "pdf", drawn by Graphviz's program `dot`; or "dot", as
 * above. Writes nothing until the picture is complete. `cancel` may be NULL.
 * Returns 0; -EIO: `out` cannot be written, or -ECANCELED: `cancel` was set, both without an error in `err`; or another
 * negative errno, explained in `err`: -ENOENT (no `dot` in PATH), -ETIMEDOUT (it took longer than
 * PELTON_HELPER_LIMIT_S, or 60 s), -EINVAL (it failed), -ENOMEM.
 */
PEL_API int pel_plan_draw(const struct pel_plan *plan, const struct pel_stats *stats,
			  const struct pel_analysis *analysis, const char *format,
			  const struct pel_cancel *cancel, FILE *out, struct pel_error *err);

/*
 * The contents of a report about a run. All zero but `size`, `plan` and `stats` is a good default. Borrowed
 * for the duration of the call.
 */
struct pel_report {
	size_t size; /* sizeof(struct pel_report) */
	const struct pel_plan *plan;
	const struct pel_stats *stats;
	int result;		     /* result of pel_run_wait() */
	const struct pel_error *err; /* its explanation, or NULL */
	const char *about;	     /* a line under the title, such as the file and the time */
	const char *svg;	/* the picture: an SVG document, copied into the page unchecked; NULL: none */
	const char *no_picture; /* why there is no picture, or NULL */
};

/*
 * Write a report about a run, in HTML: how it ended, the picture, tables of stages, channels and results, and hints
 * drawn from the figures. The page needs no other file, no network and no script.
 * Returns as above, or -EINVAL: `report` is wrong; `err` explains.
 */
PEL_API int pel_report_write(const struct pel_report *report, FILE *out, struct pel_error *err);

/* The output formats of pel_kernels_write(). */
enum pel_kernels_format { PEL_KERNELS_TEXT, PEL_KERNELS_JSON, PEL_KERNELS_MARKDOWN };

/*
 * Describe the available kernels: the built-in ones and those of all modules on the search path (`module_path` as in
 * struct pel_compile_options); or, unless `name` is NULL, only the kernel or the module of that name. As text for
 * people, as one JSON object (with the keys of `pelton kernels --json`), or as Markdown (the manual's page).
 * Modules that cannot be loaded are skipped. They are reported in `err`, with a `name` only the module that it names or
 * belongs to; so are entries of the search path that are not folders. `err` may therefore be non-empty on success.
 * Returns as above, or -ENOENT: there is neither a kernel nor a module `name`; `err` suggests a similar name.
 */
PEL_API int pel_kernels_write(const char *name, const char *module_path, enum pel_kernels_format format,
			      FILE *out, struct pel_error *err);

/*
 * Call `visit` for each of these kernels, in order of their names, until it returns a value other than 0;
 * that value is returned. `module` is the module name as used in <use> ("image").
 */
PEL_API int pel_kernels_visit(const char *module_path,
			      int (*visit)(void *context, const char *module, const struct pel_kernel *kernel),
			      void *context, struct pel_error *err);

/*
 * Write the [connectivity] section of a v++ configuration file for the FPGA kernels of the plan: the numbers of compute
 * units, and the memory banks.
 * Returns 0, -EINVAL (nothing is placed on an FPGA; explained in `err`), or -EIO (`out` cannot be written).
 */
PEL_API int pel_plan_write_link_config(const struct pel_plan *plan, FILE *out, struct pel_error *err);

PEL_EXTERN_C_END

#endif
