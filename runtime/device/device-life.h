/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_DEVICE_LIFE_H
#define PEL_DEVICE_LIFE_H

#include "device-model.h"

/* Watching the device process. */

/* Mark the device as lost, with the reason `why` unless it was lost before, and kill what is left of the process. */
void pel_device_lose(struct pel_device *device, const char *why);

#endif
