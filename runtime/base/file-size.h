/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_FILE_SIZE_H
#define PEL_FILE_SIZE_H

#include <stdint.h>

/*
 * Check whether this process may make a file (also one in memory) of `bytes` bytes. Returns 0, or -EFBIG:
 * more than RLIMIT_FSIZE (ulimit -f). Call this before writing, because the kernel does not only refuse: it
 * sends SIGXFSZ, which kills a host that does not handle it.
 */
int pel_file_fits(uint64_t bytes);

#endif
