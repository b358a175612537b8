/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PELTON_ENVIRONMENT_H
#define PELTON_ENVIRONMENT_H

#include <pelton/base.h>
#include <pelton/error.h>

PEL_EXTERN_C_BEGIN

/* ---- Environment variables ----
 * pelton(1) lists the environment variables that Pelton reads. A process that runs with more
 * privileges than its user (set-user-ID) ignores them. [any thread, while no thread changes the environment]
 */

/*
 * Check the values of all variables that are set. Returns 0, or -EINVAL: `err` names each wrong variable, its
 * value, and the allowed values. Compiling a graph, packing and emulating call this first.
 */
PEL_API int pel_environment_check(struct pel_error *err);

/* The name of variable number `index`, from 0; NULL past the last. A static string. */
PEL_API const char *pel_environment_name(size_t index);

PEL_EXTERN_C_END

#endif
