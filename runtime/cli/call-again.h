/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_CALL_AGAIN_H
#define PEL_CALL_AGAIN_H

#include <errno.h>
#include <stdbool.h>

/*
 * Call this after a system call has failed. Returns true if the call was only interrupted and should be made
 * again. A call that is interrupted too many times in a row fails with EINTR. *times starts as 0 for each
 * operation.
 */
static inline bool cli_call_again(unsigned *times)
{
	return errno == EINTR && ++*times < 1000;
}

#endif
