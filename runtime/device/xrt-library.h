/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_XRT_LIBRARY_H
#define PEL_XRT_LIBRARY_H

#include "support.h"

/*
 * XRT's emulation libraries (libxrt_swemu, libxrt_hwemu) have two defects, which Pelton repairs in a copy:
 *
 * In Debian's XRT 2.13 they grow the message buffer with realloc() and drop the result, so that loading the first xclbin corrupts the heap.
 * The missing store exists on another branch of the code; the repair is a jump to it, three bytes long.
 *
 * In all releases so far, the scheduler of software emulation tests the bit of unit N not only in N's own word of a command's mask of units but
 * also in all words before it. So it may start a call of unit 0 on unit 32, 64 or 96 while unit 0 is busy. The repair replaces the function.
 */
enum pel_xrt_library_state {
	PEL_XRT_LIBRARY_SOUND,
	PEL_XRT_LIBRARY_DEFECTIVE, /* and can be repaired */
	PEL_XRT_LIBRARY_UNKNOWN,   /* the function that grows the message buffer is neither */
};

#define PEL_XRT_UNITS_MAX	 128 /* XRT's limit on the compute units of one xclbin */
#define PEL_XRT_UNITS_UNREPAIRED 32  /* how many its scheduler can distinguish without the repair */

struct pel_xrt_patch {
	size_t at, size; /* in the file; size 0: no patch */
	unsigned char bytes[64];
};

struct pel_xrt_library_repair {
	enum pel_xrt_library_state state; /* of the message buffer's growth */
	unsigned units;			  /* how many the library can distinguish once it is repaired */
	struct pel_xrt_patch patches[2];
};

/* Find the defects of the shared library at `elf`. Any bytes are allowed. 0, or -EINVAL: not a shared library for this kind of machine. */
int pel_xrt_library_judge(const unsigned char *elf, size_t size, struct pel_xrt_library_repair *ret);
/* Apply the patches to `elf`, the bytes that were judged. True: there were patches. */
bool pel_xrt_library_apply(unsigned char *elf, const struct pel_xrt_library_repair *repair);

#endif
