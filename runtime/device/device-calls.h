/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_DEVICE_CALLS_H
#define PEL_DEVICE_CALLS_H

#include "device-model.h"

/* No call is on its way any more. */
void pel_device_forget_calls(struct pel_device *device);
/* What has finished can be taken after a restart too. The device process has ended. */
void pel_device_keep_finished(struct pel_device *device);

#endif
