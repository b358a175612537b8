/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PELTON_EMULATION_H
#define PELTON_EMULATION_H

#include <pelton/base.h>
#include <pelton/error.h>

PEL_EXTERN_C_BEGIN

/*
 * What an XRT program needs to run on Pelton's emulated devices: a private folder (0700) with the device model, a sound copy of XRT's
 * emulation library and a description of the devices, and the environment that leads XRT there. Several may exist at once.
 */
struct pel_emulation;

/*
 * Make one with `n_devices` (1 to 16) equal devices. Folders that earlier processes left because they were killed are removed on the way.
 * Returns 0 and sets *ret, to be released with pel_emulation_destroy(). On failure a negative errno, `err` explains: XRT or its emulation library
 * is missing (-ENOENT), Pelton does not know the build of its library (-ENOTSUP), the folder cannot be made.
 */
PEL_API int pel_emulation_create(unsigned n_devices, struct pel_emulation **ret, struct pel_error *err);
/* Remove the folder. What still runs in it fails. NULL is allowed. */
PEL_API void pel_emulation_destroy(struct pel_emulation *emulation);

/* The folder; may be used for files that are to vanish with it. */
PEL_API const char *pel_emulation_dir(const struct pel_emulation *emulation);
/* What to change in a program's environment: "NAME=value" to set, "NAME" to unset; ended by NULL. */
PEL_API const char *const *pel_emulation_environment(const struct pel_emulation *emulation);

PEL_EXTERN_C_END

#endif
