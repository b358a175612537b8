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

/*
 * What Pelton knows, as text. The functions here return 0 or a negative errno: -EIO where `out` cannot be written, -ENOMEM, and what their own
 * comments say. Any thread may call them; what they are given is borrowed for the duration of the call.
 */

/* One JSON object, keys as in the manual (`pelton run --stats`). */
PEL_API int pel_stats_write_json(const struct pel_stats *stats, FILE *out);

/*
 * What a firing of each actor took, in a run of `plan` that measured it (pel_run_options.profile): a <profile> document, for
 * pel_compile_options.profile_file. Actors that did not fire are left out.
 */
PEL_API int pel_profile_write(const struct pel_plan *plan, const struct pel_stats *stats, FILE *out);

/* One JSON object, keys as in the manual (`pelton plan --json`). */
PEL_API int pel_plan_write_json(const struct pel_plan *plan, FILE *out);

/* The plan as a person reads it: stages, then channels. */
PEL_API int pel_plan_write_text(const struct pel_plan *plan, FILE *out);

/*
 * The graph and its plan in Graphviz' language. With `stats` (may be NULL) coloured by load; with `analysis` of the plan (may be NULL) the
 * cycle that limits the throughput is marked, and the channel whose capacity costs most.
 */
PEL_API int pel_plan_write_dot(const struct pel_plan *plan, const struct pel_stats *stats,
			       const struct pel_analysis *analysis, FILE *out);

/*
 * The same as a picture: `format` is "svg", "png" or "pdf", drawn by Graphviz's program `dot`, or "dot", as above. Nothing is written until the
 * picture is complete. `cancel` may be NULL.
 * Returns 0; -EIO: `out` cannot be written (not explained); -ECANCELED: `cancel` was set (not explained); or another negative errno, explained
 * in `err`: -ENOENT (there is no `dot` in PATH), -ETIMEDOUT (it took longer than PELTON_HELPER_LIMIT_S, or 60 s), -EINVAL (it failed), -ENOMEM.
 */
PEL_API int pel_plan_draw(const struct pel_plan *plan, const struct pel_stats *stats,
			  const struct pel_analysis *analysis, const char *format,
			  const struct pel_cancel *cancel, FILE *out, struct pel_error *err);

/* What a page about a run is made of. All zero but `size`, `plan` and `stats` is a good default; all is borrowed for the duration of the call. */
struct pel_report {
	size_t size; /* sizeof(struct pel_report) */
	const struct pel_plan *plan;
	const struct pel_stats *stats;
	int result;		     /* of pel_run_wait() */
	const struct pel_error *err; /* what explained it, or NULL */
	const char *about;	     /* a line under the title: which file, when */
	const char *svg; /* the picture: an SVG document, which goes into the page as it is, and is trusted */
	const char *no_picture; /* why there is none */
};

/*
 * A page about a run, in HTML: how it ended, the picture, tables of stages, channels and results, and what the figures suggest. It needs
 * no other file, no network and no script. -EINVAL: `report` is wrong; `err` explains.
 */
PEL_API int pel_report_write(const struct pel_report *report, FILE *out, struct pel_error *err);

/* How pel_kernels_write() writes. */
enum pel_kernels_format { PEL_KERNELS_TEXT, PEL_KERNELS_JSON, PEL_KERNELS_MARKDOWN };

/*
 * The kernels that can be found: the built-in ones and those of all modules on the search path (`module_path` as in struct
 * pel_compile_options), or only the kernel, or the kernels of the module, called `name` (NULL: all). As text for people, as one JSON
 * object (keys as in the manual), or as Markdown (the manual's page).
 * -ENOENT: there is neither a kernel nor a module `name`; `err` suggests one. Modules that cannot be loaded are skipped; all,
 * or with a `name` the one that it is or belongs to, are explained in `err`, too, and so are folders that are none; it is then not empty though 0
 * is returned.
 */
PEL_API int pel_kernels_write(const char *name, const char *module_path, enum pel_kernels_format format,
			      FILE *out, struct pel_error *err);

/*
 * Call `visit` for each of these kernels, in the order of names, until it returns something other than 0, which is then returned.
 * `module` is the name a <use> gives ("image").
 */
PEL_API int pel_kernels_visit(const char *module_path,
			      int (*visit)(void *context, const char *module, const struct pel_kernel *kernel),
			      void *context, struct pel_error *err);

/*
 * The [connectivity] of a v++ configuration file for the kernels that the plan has on FPGAs: how many units, which memory banks. Returns 0, or
 * -EINVAL (nothing is placed on an FPGA: explained), or -EIO (`out` could not be written).
 */
PEL_API int pel_plan_write_link_config(const struct pel_plan *plan, FILE *out, struct pel_error *err);

PEL_EXTERN_C_END

#endif
