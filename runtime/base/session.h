/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_SESSION_H
#define PEL_SESSION_H

#include <spawn.h>

/*
 * Detach a program that is being started from this one: its own session, default handlers for all signals,
 * none blocked. Returns 0 or a negative errno.
 */
int pel_spawn_own_session(posix_spawnattr_t *attr);

#endif
