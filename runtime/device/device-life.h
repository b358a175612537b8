/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_DEVICE_LIFE_H
#define PEL_DEVICE_LIFE_H

#include "device-model.h"

/* Is the device process still there? */

/* It is not: for the first time, `why` says so. What is left of it is killed. */
void pel_device_lose(struct pel_device *device, const char *why);

#endif
