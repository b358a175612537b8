/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_FILE_SIZE_H
#define PEL_FILE_SIZE_H

#include <stdint.h>

/*
 * May this process make a file (one in memory, too) of so many bytes? 0, or -EFBIG: more than RLIMIT_FSIZE (ulimit -f). To be asked before, since
 * the kernel does not only refuse: it sends SIGXFSZ, which ends a host that has not thought of it.
 */
int pel_file_fits(uint64_t bytes);

#endif
