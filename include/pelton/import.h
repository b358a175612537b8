/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PELTON_IMPORT_H
#define PELTON_IMPORT_H

#include <pelton/base.h>
#include <pelton/error.h>
#include <stdio.h>

PEL_EXTERN_C_BEGIN

/* All zero but `size` is a good default. */
struct pel_import_options {
	size_t size; /* sizeof(struct pel_import_options) */
	bool sleep; /* actors sleep for their time instead of being busy: any number of them can at once, however few cores there are */
	unsigned copies; /* at most so many firings of one actor at a time, of those that SDF3 allows; 0: 1024, the most there are */
};

/*
 * Write a graph of SDF3 (sdf or csdf), the file `path`, to `out` as a graph of Pelton's:
 * actors that take what they take, are busy for their time, and write what they write. The graph has the parameters `iterations`, after which it
 * ends, and `unit_us`, a unit of time in microseconds. The same file gives the same bytes. Any thread.
 * Actors that get fewer copies than their firings would need are told of in `err`, which is then not empty though 0 is returned.
 * Returns 0 or a negative errno (-EINVAL: it is no such graph; -ENOENT, -EACCES, -EFBIG, -ENOMEM), explained in `err`. Whether `out` took it all,
 * ferror() tells.
 */
PEL_API int pel_import(const char *path, const struct pel_import_options *options, FILE *out,
		       struct pel_error *err);
/* The same for `size` bytes of `text` that messages call `name`. */
PEL_API int pel_import_text(const char *text, size_t size, const char *name,
			    const struct pel_import_options *options, FILE *out, struct pel_error *err);

PEL_EXTERN_C_END

#endif
