/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_SESSION_H
#define PEL_SESSION_H

#include <spawn.h>

/* Let a program that is started be free of this one: a session of its own, all signals as by default, and none blocked. 0 or a negative errno. */
int pel_spawn_own_session(posix_spawnattr_t *attr);

#endif
