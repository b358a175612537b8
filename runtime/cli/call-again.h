/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_CALL_AGAIN_H
#define PEL_CALL_AGAIN_H

#include <errno.h>
#include <stdbool.h>

/*
 * After a system call that failed: was it only interrupted, so that it is made again? Not for ever: what never does anything but be interrupted
 * fails with EINTR. *times starts as 0 for each piece of work.
 */
static inline bool cli_call_again(unsigned *times)
{
	return errno == EINTR && ++*times < 1000;
}

#endif
