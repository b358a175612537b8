/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_EMU_HOST_WAIT_H
#define PEL_EMU_HOST_WAIT_H

#include <stdbool.h>
#include <sys/types.h>

/*
 * Is a thread of process `host` in a system call that reads from its end of the connected stream socket `fd`? Uses /proc; false if this process
 * may not read the other's files there.
 */
bool pel_host_waits(pid_t host, int fd);

#endif
