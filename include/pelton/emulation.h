/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PELTON_EMULATION_H
#define PELTON_EMULATION_H

#include <pelton/base.h>
#include <pelton/error.h>

PEL_EXTERN_C_BEGIN

/*
 * What an XRT program needs to run on Pelton's emulated devices: a private folder (mode 0700) with the
 * device model, a repaired copy of XRT's emulation library and a description of the devices; and environment
 * variables that point XRT to it. Several may exist at the same time.
 */
struct pel_emulation;

/*
 * Make an emulation with `n_devices` (1 to 16) identical devices. Also removes folders left behind by processes
 * that were killed.
 * Returns 0 and sets *ret, to be released with pel_emulation_destroy(). On failure returns a negative errno, explained
 * in `err`: XRT or its emulation library is missing (-ENOENT), Pelton does not know this build of the library
 * (-ENOTSUP), or the folder cannot be made.
 */
PEL_API int pel_emulation_create(unsigned n_devices, struct pel_emulation **ret, struct pel_error *err);
/* Remove the folder. Programs that still use it fail. NULL is allowed. */
PEL_API void pel_emulation_destroy(struct pel_emulation *emulation);

/* The folder. May also be used for temporary files: pel_emulation_destroy() removes them. */
PEL_API const char *pel_emulation_dir(const struct pel_emulation *emulation);
/* Changes to make to a program's environment: "NAME=value" to set, "NAME" to unset; terminated by NULL. */
PEL_API const char *const *pel_emulation_environment(const struct pel_emulation *emulation);

PEL_EXTERN_C_END

#endif
