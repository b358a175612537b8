/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PELTON_ENVIRONMENT_H
#define PELTON_ENVIRONMENT_H

#include <pelton/base.h>
#include <pelton/error.h>

PEL_EXTERN_C_BEGIN

/*
 * The environment variables that Pelton reads are listed in docs/debugging.md. In a process with more rights than its user (set-user-ID) they
 * are ignored. [any thread, while none changes the environment]
 */

/*
 * Check the values of all that are set. Returns 0, or -EINVAL: `err` names each that is wrong, its value, and what is allowed. Compiling a graph,
 * packing and emulating do this first.
 */
PEL_API int pel_environment_check(struct pel_error *err);

/* The name of variable number `index`, from 0; NULL past the last. A constant. */
PEL_API const char *pel_environment_name(size_t index);

PEL_EXTERN_C_END

#endif
