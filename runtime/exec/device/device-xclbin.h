/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_DEVICE_XCLBIN_H
#define PEL_DEVICE_XCLBIN_H

#include "run-device.h"

/* Which xclbin a device gets, to device->xclbin and device->path: that of the command, or of the graph, or one that is packed from sources. */

/* 0 or a negative errno, explained. */
int pel_device_choose_xclbin(struct pel_run_device *device, const struct pel_run_options *options,
			     struct pel_error *err);
/* For pel_plan_check_devices(). 1: it has one; 0: nothing can be told; or a negative errno, explained unless it is -ECANCELED. */
int pel_device_choose_to_check(struct pel_run_device *device, struct pel_error *err);

#endif
