/* SPDX-License-Identifier: Apache-2.0 */
#include "session.h"

#include <signal.h>

int pel_spawn_own_session(posix_spawnattr_t *attr)
{
	sigset_t all, none;
	int r;

	sigfillset(&all);
	sigemptyset(&none);
	if ((r = posix_spawnattr_setflags(attr, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGDEF |
							POSIX_SPAWN_SETSIGMASK)) != 0 ||
	    (r = posix_spawnattr_setsigdefault(attr, &all)) != 0 ||
	    (r = posix_spawnattr_setsigmask(attr, &none)) != 0)
		return -r;
	return 0;
}
