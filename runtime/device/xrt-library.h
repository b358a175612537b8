/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_XRT_LIBRARY_H
#define PEL_XRT_LIBRARY_H

#include "support.h"

/*
 * XRT's emulation libraries (libxrt_swemu, libxrt_hwemu). The ones of XRT 2.13 in Debian lose a pointer: their message buffer is grown by
 * realloc(), whose result is thrown away, so that they damage the heap in the first load. The store that is missing is in the code, on another
 * branch; a copy in which three bytes jump to it is sound.
 */
enum pel_xrt_library_state {
	PEL_XRT_LIBRARY_SOUND,
	PEL_XRT_LIBRARY_DEFECTIVE, /* and the cure is known */
	PEL_XRT_LIBRARY_UNKNOWN,   /* the function in question looks like neither */
};

struct pel_xrt_library_cure {
	enum pel_xrt_library_state state;
	size_t at; /* in the file: the three bytes */
	unsigned char bytes[3];
};

/* Judge the shared library at `elf`. Any bytes are allowed. 0, or -EINVAL: that is no shared library of this kind of machine. */
int pel_xrt_library_judge(const unsigned char *elf, size_t size, struct pel_xrt_library_cure *ret);

#endif
