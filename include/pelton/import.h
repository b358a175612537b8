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
	bool sleep; /* actors sleep for their time instead of being busy, so more actors than cores can do so at the same time */
	unsigned copies; /* at most this many overlapping firings per actor, even if SDF3 allows more; 0: 1024, the maximum */
};

/*
 * Convert the SDF3 graph (sdf or csdf) in the file `path` to a Pelton graph and write it to `out`. Its actors read
 * tokens, are busy for their time, and write tokens. The graph has the parameters `iterations`, after which it ends,
 * and `unit_us`, the unit of time in microseconds. The same file gives the same bytes. [any thread]
 * Actors that get fewer copies than their firings would need are reported in `err`, which may therefore be non-empty on
 * success.
 * Returns 0 or a negative errno (-EINVAL: not an SDF3 graph of these types; -ENOENT, -EACCES, -EFBIG, -ENOMEM),
 * explained in `err`. Check ferror(out) for write errors.
 */
PEL_API int pel_import(const char *path, const struct pel_import_options *options, FILE *out,
		       struct pel_error *err);
/* The same for `size` bytes of `text`. Messages use `name` as the file name. */
PEL_API int pel_import_text(const char *text, size_t size, const char *name,
			    const struct pel_import_options *options, FILE *out, struct pel_error *err);

PEL_EXTERN_C_END

#endif
