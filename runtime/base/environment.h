/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_ENVIRONMENT_H
#define PEL_ENVIRONMENT_H

#include <pelton/environment.h>

/*
 * The only place where the library reads the environment, with secure_getenv(). Pelton's own variables must
 * be in the table in environment.c and must have been checked with pel_environment_check(); here a wrong
 * value counts as unset.
 */

/* The value of any variable, Pelton's or not; NULL if unset or empty. */
const char *pel_env(const char *name);
/* True if it is set to a number in range. */
bool pel_env_number(const char *name, uint64_t *ret);
/* True if it is 1. */
bool pel_env_flag(const char *name);

#endif
