/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_EMU_HOST_WAIT_H
#define PEL_EMU_HOST_WAIT_H

#include <stdbool.h>
#include <sys/types.h>

/*
 * Is a thread of process `host` in a system call that reads from its end of the connected stream socket `fd`? As far as /proc tells: false where
 * this process may not look at that one.
 */
bool pel_host_waits(pid_t host, int fd);

#endif
