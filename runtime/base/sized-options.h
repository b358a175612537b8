/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_SIZED_OPTIONS_H
#define PEL_SIZED_OPTIONS_H

#include "support.h"

/*
 * The last member that each of these structs had in the first version that gave it a size. A smaller size is
 * never right, and would silently drop members that the program has set. These lines never change: new
 * members follow the one named here, and are not named.
 */
#define PEL_LAST_pel_analysis_options	 budget_s   /* 0.2 */
#define PEL_LAST_pel_compile_options	 dump	    /* 0.2 */
#define PEL_LAST_pel_harness_case	 dir	    /* 0.2 */
#define PEL_LAST_pel_import_options	 copies	    /* 0.2 */
#define PEL_LAST_pel_report		 no_picture /* 0.2 */
#define PEL_LAST_pel_run_options	 cancel	    /* 0.2 */
#define PEL_LAST_pel_xclbin_pack_options cancel	    /* 0.2 */

#define PEL_SIZE_UP_TO(type, member) (offsetof(type, member) + sizeof(((type *)NULL)->member))

/*
 * Copy a program's options `from`, of any version of struct `name`, to `to`, this library's version of
 * `known` bytes: see "Structs that can grow" in pelton/base.h. NULL: the defaults. Both structs begin with
 * their size, which is at least `first`. Returns 0, or -EINVAL, explained in `err`.
 */
int pel_options_take(void *to, size_t known, size_t first, const void *from, const char *name,
		     struct pel_error *err);

/* The same for a variable `struct NAME to`. */
#define PEL_OPTIONS_TAKE(name, to, from, err)                                 \
	pel_options_take(1 ? (to) : (struct name *)NULL, sizeof(struct name), \
			 PEL_SIZE_UP_TO(struct name, PEL_LAST_##name), (from), "struct " #name, (err))

/*
 * Check that the required member `member` of struct `name`, whose value is `pointer`, is set. Returns 0, or -EINVAL,
 * explained in `err`.
 */
int pel_options_need(const void *pointer, const char *name, const char *member, struct pel_error *err);

/* Check that the list `member` of struct `name` is set if its member n_`member`, `n`, is above 0. Returns as above. */
int pel_options_need_list(const void *list, size_t n, const char *name, const char *member,
			  struct pel_error *err);

/*
 * Check that `pointer` is set: the part `part` (".name", or "" for all) of element `i` of the list `member`. Returns
 * as above.
 */
int pel_options_need_element(const void *pointer, const char *name, const char *member, size_t i,
			     const char *part, struct pel_error *err);

/* Check a list of `n` strings: the list itself, and its elements. Returns as above. */
int pel_options_need_strings(const char *const *list, size_t n, const char *name, const char *member,
			     struct pel_error *err);

#endif
