/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_DEVICE_XCLBIN_H
#define PEL_DEVICE_XCLBIN_H

#include "run-device.h"

/*
 * Chooses the xclbin of a device, and sets device->xclbin and device->path: the one of the options, the one
 * of the graph, or one that is packed from sources.
 */

/* 0 or a negative errno, with an explanation. */
int pel_device_choose_xclbin(struct pel_run_device *device, const struct pel_run_options *options,
			     struct pel_error *err);
/*
 * For pel_plan_check_devices(). 1: there is one; 0: nothing can be checked; or a negative errno, with an
 * explanation unless it is -ECANCELED.
 */
int pel_device_choose_to_check(struct pel_run_device *device, struct pel_error *err);

#endif
