/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PELTON_XCLBIN_H
#define PELTON_XCLBIN_H

#include <pelton/base.h>
#include <pelton/cancel.h>
#include <pelton/error.h>
#include <stdio.h>

PEL_EXTERN_C_BEGIN

/* How many compute units of a kernel to make. */
struct pel_xclbin_cus {
	const char *kernel;
	unsigned count;
};

/* Borrowed for the duration of the call. All zero but `size` and the sources is a good default. */
struct pel_xclbin_pack_options {
	size_t size;		    /* sizeof(struct pel_xclbin_pack_options) */
	const char *const *sources; /* HLS C (.c) or C++ (.cpp, .cc, .cxx) files, n_sources of them */
	size_t n_sources;
	const struct pel_xclbin_cus *cus; /* kernels not named get one */
	size_t n_cus;
	const char *const *include_dirs;
	size_t n_include_dirs;
	const char *const *defines; /* "NAME" or "NAME=value" */
	size_t n_defines;
	const char *const *kernels; /* only these of the functions in the sources; n_kernels == 0: all that look like kernels */
	size_t n_kernels;
	const char *config;		 /* a v++ configuration file: [connectivity] nk=, sp=; or NULL */
	const struct pel_cancel *cancel; /* may be NULL */
};

/*
 * Compile the sources with the machine's C compiler and pack their kernels into an xclbin for software emulation at `path`, which is
 * replaced whole or left as it was. The same sources give the same bytes, wherever they are and whatever the current folder is.
 * Returns 0, or a negative errno: -EINVAL (a source does not compile: the compiler's own words are in `err`; something is no kernel; the
 * configuration is wrong; `path` is a source, or a header that one includes), -ENOENT (a file or the compiler is
 * missing), -ENOSPC, -EFBIG and such (`path`, or a file in /tmp, cannot be written),
 * -ETIMEDOUT (a compiler took longer than PELTON_HELPER_LIMIT_S, or 300 s), -ENOMEM; `err` explains. -ECANCELED: `cancel` was set; not
 * explained.
 */
PEL_API int pel_xclbin_pack(const char *path, const struct pel_xclbin_pack_options *options,
			    struct pel_error *err);

/*
 * Describe the xclbin at `path`, anybody's, for people or as one JSON object. Returns 0, or a negative errno: -EINVAL (broken: `err` says
 * where), -ENOENT, -EIO (`out` could not be written).
 */
PEL_API int pel_xclbin_write_text(const char *path, FILE *out, struct pel_error *err);
/* The same as one JSON object. */
PEL_API int pel_xclbin_write_json(const char *path, FILE *out, struct pel_error *err);

PEL_EXTERN_C_END

#endif
