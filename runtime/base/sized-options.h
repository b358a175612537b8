/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_SIZED_OPTIONS_H
#define PEL_SIZED_OPTIONS_H

#include "support.h"

/*
 * Copy a program's options `from`, of any version of struct `name`, to `to`, this library's version of
 * `known` bytes: see "Structs that can grow" in pelton/base.h. NULL: the defaults. Both structs begin with
 * their size. Returns 0, or -EINVAL, explained in `err`.
 */
int pel_options_take(void *to, size_t known, const void *from, const char *name, struct pel_error *err);

/* The same for a variable `struct NAME to`. */
#define PEL_OPTIONS_TAKE(name, to, from, err) \
	pel_options_take(1 ? (to) : (struct name *)NULL, sizeof(struct name), (from), "struct " #name, (err))

#endif
