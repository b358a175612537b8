/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_XRT_FIND_H
#define PEL_XRT_FIND_H

#include "support.h"

/*
 * The folder from which a program would load XRT, found by libxrt_coreutil.so.2: in LD_LIBRARY_PATH, XILINX_XRT/lib, or the system's library
 * folders. Nothing is loaded. The result is in the arena; NULL: not found (explained), or out of memory.
 */
const char *pel_xrt_find(struct pel_arena *arena, struct pel_error *err);

#define PEL_XRT_CORE   "libxrt_coreutil.so.2"
#define PEL_XRT_SWEMU  "libxrt_swemu.so.2"
#define PEL_XRT_HWEMU  "libxrt_hwemu.so.2"
#define PEL_XRT_OPENCL "libxilinxopencl.so.2"

#if defined(__x86_64__)
#define PEL_TRIPLET "x86_64-linux-gnu"
#elif defined(__aarch64__)
#define PEL_TRIPLET "aarch64-linux-gnu"
#else
#define PEL_TRIPLET "."
#endif

#endif
