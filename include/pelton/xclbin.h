/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PELTON_XCLBIN_H
#define PELTON_XCLBIN_H

#include <pelton/base.h>
#include <pelton/cancel.h>
#include <pelton/error.h>
#include <stdio.h>

PEL_EXTERN_C_BEGIN

/* The number of compute units of a kernel. */
struct pel_xclbin_cus {
	const char *kernel;
	unsigned count;
};

/* Borrowed for the duration of the call. All zero but `size` and the sources is a good default. */
struct pel_xclbin_pack_options {
	size_t size;		    /* sizeof(struct pel_xclbin_pack_options) */
	const char *const *sources; /* HLS C (.c) or C++ (.cpp, .cc, .cxx) files, n_sources of them */
	size_t n_sources;
	const struct pel_xclbin_cus *cus; /* kernels not listed get one unit */
	size_t n_cus;
	const char *const *include_dirs;
	size_t n_include_dirs;
	const char *const *defines; /* "NAME" or "NAME=value" */
	size_t n_defines;
	const char *const *kernels; /* pack only these functions; n_kernels == 0: every function that looks like a kernel */
	size_t n_kernels;
	const char *config;		 /* a v++ configuration file: [connectivity] nk=, sp=; or NULL */
	const struct pel_cancel *cancel; /* may be NULL */
};

/*
 * Compile the sources with the machine's C compiler and pack their kernels into an xclbin for software emulation, at
 * `path`. On failure the file at `path` stays as it was. The same sources give the same bytes, independent of their
 * place and of the current directory.
 * Returns 0, or a negative errno, explained in `err`: -EINVAL (a source does not compile: `err` has the compiler's
 * output; a function is not a kernel; the configuration is wrong; `path` is a source, or a header that a source
 * includes), -ENOENT (a file or the compiler is missing), -ENOSPC, -EFBIG and so on (`path`, or a file in /tmp, cannot be
 * written), -ETIMEDOUT (a compiler took longer than PELTON_HELPER_LIMIT_S, or 300 s), -ENOMEM; or -ECANCELED: `cancel`
 * was set, without an error in `err`.
 */
PEL_API int pel_xclbin_pack(const char *path, const struct pel_xclbin_pack_options *options,
			    struct pel_error *err);

/*
 * Describe the xclbin at `path` for people. It need not be one of Pelton's.
 * Returns 0, or a negative errno: -EINVAL (damaged: `err` says where), -ENOENT, -EIO (`out` cannot be written).
 */
PEL_API int pel_xclbin_write_text(const char *path, FILE *out, struct pel_error *err);
/* The same as one JSON object. */
PEL_API int pel_xclbin_write_json(const char *path, FILE *out, struct pel_error *err);

PEL_EXTERN_C_END

#endif
