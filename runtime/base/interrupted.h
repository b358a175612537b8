/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_INTERRUPTED_H
#define PEL_INTERRUPTED_H

#include <errno.h>
#include <stdbool.h>

/*
 * After a system call that failed: was it only interrupted, so that it is made again? Not for ever: a call that never does anything but be
 * interrupted fails with EINTR, for whoever makes it has to end. *times starts as 0 for each piece of work.
 */
#define PEL_INTERRUPTED_MAX 1000u

static inline bool pel_interrupted(unsigned *times)
{
	return errno == EINTR && ++*times < PEL_INTERRUPTED_MAX;
}

#endif
