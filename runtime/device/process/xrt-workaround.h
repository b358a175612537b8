/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_XRT_WORKAROUND_H
#define PEL_XRT_WORKAROUND_H

#include "process-model.h"

/* XRT 2.13 of Debian damages its heap in emulation. 0, or a negative errno, explained in `text`: it cannot be used. */
int pel_xrt_workaround(xrtDeviceHandle device, char *text);

#endif
