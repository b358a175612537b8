/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_INTERRUPTED_H
#define PEL_INTERRUPTED_H

#include <errno.h>
#include <stdbool.h>

/*
 * Call this after a system call has failed. Returns true if the call was only interrupted and should be made
 * again. A call that is interrupted too many times in a row fails with EINTR, so that its caller can end.
 * *times starts as 0 for each operation.
 */
#define PEL_INTERRUPTED_MAX 1000u

static inline bool pel_interrupted(unsigned *times)
{
	return errno == EINTR && ++*times < PEL_INTERRUPTED_MAX;
}

#endif
