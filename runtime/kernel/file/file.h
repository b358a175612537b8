/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_FILE_H
#define PEL_FILE_H

#include "builtin.h"

#include <endian.h>

_Static_assert(__BYTE_ORDER == __LITTLE_ENDIAN,
	       "files are little endian, and tokens are written as they are in memory");

extern const struct pel_kernel pel_file_read, pel_file_write, pel_file_stdin, pel_file_stdout;

#endif
