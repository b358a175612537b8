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
 * A compiled graph: stages, channels, capacities, placement, order. A plan never changes, so several threads
 * may start runs from it at the same time.
 */
struct pel_plan;

struct pel_setting {
	const char *name;
	const char *value;
};

/* A change that repairs a graph: set `attribute` of the element at file:line:col (in bytes, from 1) to `value`. */
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
	struct pel_fix **items; /* `count` pointers */
	size_t count;
};

#define PEL_MAX_WORKERS 4096u /* the most workers that a run can have */

/* Borrowed for the duration of the call. All zero but `size` is a good default. */
struct pel_compile_options {
	size_t size;		       /* sizeof(struct pel_compile_options) */
	const struct pel_setting *set; /* parameters of the graph: name, and value as written in XML */
	size_t n_set;
	const struct pel_setting *place; /* actor id, and place ("cpu", "cpu:1", "fpga", "auto" ...) */
	size_t n_place;
	const char *map_file; /* a <map xmlns="urn:pelton:map:1"> document, or NULL */
	const char *profile_file; /* a <profile xmlns="urn:pelton:profile:1"> document: the cost of firings, or NULL */
	/*
	 * The machine to compile for: any of the items in "cores=8,l1=32K,l2=1M,memory=16G". Sizes are in
	 * bytes; K, M and G stand for 1024, 1024^2 and 1024^3. Items left out default to 1 core, 32K, 1M and
	 * no memory limit. NULL: this machine.
	 */
	const char *machine;
	unsigned workers; /* CPU workers to compile for; 0: one per core of `machine` */
	const char *module_path; /* colon-separated folders searched for modules before PELTON_MODULE_PATH; may be NULL */
	/*
	 * If non-NULL, receives the minimal repair of a graph that does not compile but would with other
	 * capacities or initial tokens, to be released with pel_fixes_destroy(); receives NULL if there is
	 * none.
	 */
	struct pel_fixes **fixes;
	const char *dump_after; /* name of a pass: stop after it and write the plan to `dump`; may be NULL */
	FILE *dump;		/* required with `dump_after` */
};

/*
 * Compile `graph` into a plan.
 * Returns 0 and sets *ret, to be released with pel_plan_destroy(). With `dump_after`, returns 0 and sets *ret to NULL.
 * On failure returns a negative errno (-EINVAL: the graph cannot be executed, or `options` is wrong, for example because
 * it sets a parameter or places an actor twice; -ENOENT; -ENOMEM), leaves *ret unchanged and reports all errors that the
 * failing pass found in `err`.
 */
PEL_API int pel_compile(const struct pel_graph *graph, const struct pel_compile_options *options,
			struct pel_plan **ret, struct pel_error *err);

/* Release `plan`. NULL is allowed. All its runs must have been destroyed. */
PEL_API void pel_plan_destroy(struct pel_plan *plan);

/* Release `fixes`. NULL is allowed. */
PEL_API void pel_fixes_destroy(struct pel_fixes *fixes);

/* The names of the compiler's passes, in order, terminated by NULL. */
PEL_API const char *const *pel_plan_passes(void);

/* The names of the graph's input ports: `index` counts from 0; NULL past the end. `type` may be NULL. */
PEL_API const char *pel_plan_in(const struct pel_plan *plan, size_t index, const struct pel_type **type);
/* The same for the output ports. */
PEL_API const char *pel_plan_out(const struct pel_plan *plan, size_t index, const struct pel_type **type);

PEL_EXTERN_C_END

#endif
