/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_DEVICE_CALLS_H
#define PEL_DEVICE_CALLS_H

#include "device-model.h"

/* Forget all calls in flight. */
void pel_device_forget_calls(struct pel_device *device);
/* Keep finished calls, so that they can be taken after a restart. The device process must have ended. */
void pel_device_keep_finished(struct pel_device *device);

#endif
