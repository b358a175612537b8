/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_XRT_LIBRARY_H
#define PEL_XRT_LIBRARY_H

#include "support.h"

/*
 * XRT's emulation libraries (libxrt_swemu, libxrt_hwemu) have two defects, both mended in a copy:
 *
 * The ones of XRT 2.13 in Debian lose a pointer: their message buffer is grown by realloc(), whose result is thrown away, so that they damage
 * the heap in the first load. The store that is missing is in the code, on another branch; three bytes jump to it.
 *
 * In all releases so far, the scheduler of software emulation looks for unit N of a command in all words of its mask of units up to N's own, at the
 * same bit each time: a call of unit 0 may be started on unit 32, 64 or 96 while unit 0 is busy. The function that looks is replaced.
 */
enum pel_xrt_library_state {
	PEL_XRT_LIBRARY_SOUND,
	PEL_XRT_LIBRARY_DEFECTIVE, /* and the cure is known */
	PEL_XRT_LIBRARY_UNKNOWN,   /* what grows the message buffer looks like neither */
};

#define PEL_XRT_UNITS_MAX     128 /* compute units of one xclbin that XRT can have at all */
#define PEL_XRT_UNITS_UNCURED 32  /* that it keeps apart where its scheduler is not mended */

struct pel_xrt_patch {
	size_t at, size; /* in the file; size 0: none */
	unsigned char bytes[64];
};

struct pel_xrt_library_cure {
	enum pel_xrt_library_state state; /* of the message buffer */
	unsigned units;			  /* that the library keeps apart once it is cured */
	struct pel_xrt_patch patches[2];
};

/* Judge the shared library at `elf`. Any bytes are allowed. 0, or -EINVAL: that is no shared library of this kind of machine. */
int pel_xrt_library_judge(const unsigned char *elf, size_t size, struct pel_xrt_library_cure *ret);
/* Write the cure into the copy that it was judged from. True: anything has changed. */
bool pel_xrt_library_mend(unsigned char *elf, const struct pel_xrt_library_cure *cure);

#endif
