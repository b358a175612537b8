/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_ENVIRONMENT_H
#define PEL_ENVIRONMENT_H

#include <pelton/environment.h>

/*
 * The one place where the library reads the environment, by secure_getenv(). Variables of Pelton's own must be in the table in environment.c, and
 * have been checked with pel_environment_check(); here a wrong value counts as none.
 */

/* The value of a variable of anybody's; NULL: not given, or empty. */
const char *pel_env(const char *name);
/* Is there a number, and in range? */
bool pel_env_number(const char *name, uint64_t *ret);
/* Is it 1? */
bool pel_env_flag(const char *name);

#endif
