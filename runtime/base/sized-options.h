/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_SIZED_OPTIONS_H
#define PEL_SIZED_OPTIONS_H

#include "support.h"

/*
 * Copy the options `from` that a program gave, whichever version of struct `name` it was built with, to `to`, the version of this library, of `known`
 * bytes: "Structs that grow" in pelton/base.h has the rules. NULL: the defaults. Both structs begin with their size.
 * Returns 0, or -EINVAL, explained in `err`.
 */
int pel_options_take(void *to, size_t known, const void *from, const char *name, struct pel_error *err);

/* The same where the struct is `struct NAME to`. */
#define PEL_OPTIONS_TAKE(name, to, from, err) \
	pel_options_take(1 ? (to) : (struct name *)NULL, sizeof(struct name), (from), "struct " #name, (err))

#endif
