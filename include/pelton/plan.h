/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PELTON_PLAN_H
#define PELTON_PLAN_H

#include <pelton/base.h>
#include <pelton/error.h>
#include <pelton/graph.h>
#include <pelton/type.h>
#include <stdio.h>

PEL_EXTERN_C_BEGIN

/*
 * A compiled graph: stages, channels, capacities, placement, order. It does not change once made, so any number of runs,
 * on any threads, may be started from it at the same time.
 */
struct pel_plan;

struct pel_setting {
	const char *name;
	const char *value;
};

/* A repair of a graph: set `attribute` of the element at file:line:col (bytes, from 1) to `value`. */
struct pel_fix {
	size_t size; /* of this struct; see PEL_HAS() */
	char *file;
	unsigned line, col;
	const char *attribute; /* "capacity" or "initial" */
	uint64_t value;
};

/* Repairs, made by pel_compile(). Released with pel_fixes_destroy(). */
struct pel_fixes {
	size_t size;		/* of this struct; see PEL_HAS() */
	struct pel_fix **items; /* count pointers */
	size_t count;
};

#define PEL_MAX_WORKERS 4096u /* of a run */

/* Borrowed for the duration of the call. All zero but `size` is a good default. */
struct pel_compile_options {
	size_t size;		       /* sizeof(struct pel_compile_options) */
	const struct pel_setting *set; /* parameters of the graph: name, value as written in XML */
	size_t n_set;
	const struct pel_setting *place; /* actor id, where ("cpu", "cpu:1", "fpga", "auto" ...) */
	size_t n_place;
	const char *map_file; /* a <map xmlns="urn:pelton:map:1"> document, or NULL */
	const char *profile_file; /* a <profile xmlns="urn:pelton:profile:1"> document: what firings cost, or NULL */
	/*
	 * What to compile for: "cores=8,l1=32K,l2=1M,memory=16G", any of them. Sizes are in bytes; K, M and G stand for 1024, 1024^2 and 1024^3.
	 * Those left out are 1 core, 32K, 1M and no limit of memory. NULL: this machine.
	 */
	const char *machine;
	unsigned workers; /* CPU workers to compile for; 0: one a core of `machine` */
	const char *module_path; /* colon-separated folders searched for modules before PELTON_MODULE_PATH; NULL: none */
	/*
	 * If not NULL, receives the minimal repair of a graph that does not compile but would with other capacities or initial tokens, to be
	 * released with pel_fixes_destroy(); or NULL.
	 */
	struct pel_fixes **fixes;
	const char *dump_after; /* name of a pass: write the plan to `dump` after it, and stop there; NULL: no */
	FILE *dump;
};

/*
 * Compile `graph` into a plan.
 * Returns 0 and sets *ret, to be released with pel_plan_destroy(). With `dump_after`, 0 and *ret = NULL.
 * On failure a negative errno (-EINVAL: the graph cannot work; -ENOENT; -ENOMEM), *ret is left alone and `err` explains: all errors
 * that the failing pass found.
 */
PEL_API int pel_compile(const struct pel_graph *graph, const struct pel_compile_options *options,
			struct pel_plan **ret, struct pel_error *err);

/* Release `plan`. NULL is allowed. No run of it may be left. */
PEL_API void pel_plan_destroy(struct pel_plan *plan);

/* Release `fixes`. NULL is allowed. */
PEL_API void pel_fixes_destroy(struct pel_fixes *fixes);

/* The names of the compiler's passes, in order, ended by NULL. */
PEL_API const char *const *pel_plan_passes(void);

/* Names of the boundary ports of the top graph: index 0 .. count-1; NULL past the end. `type` may be NULL. */
PEL_API const char *pel_plan_in(const struct pel_plan *plan, size_t index, const struct pel_type **type);
/* The same for the outputs. */
PEL_API const char *pel_plan_out(const struct pel_plan *plan, size_t index, const struct pel_type **type);

PEL_EXTERN_C_END

#endif
