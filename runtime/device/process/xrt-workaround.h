/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_XRT_WORKAROUND_H
#define PEL_XRT_WORKAROUND_H

#include "process-model.h"

/* Keep Debian's XRT 2.13 from corrupting its heap in emulation. Returns 0, or a negative errno with the reason in `text`. */
int pel_xrt_workaround(xrtDeviceHandle device, char *text);

#endif
