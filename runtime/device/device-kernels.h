/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_DEVICE_KERNELS_H
#define PEL_DEVICE_KERNELS_H

#include "device-model.h"

void pel_device_free_kernel(struct pel_device_known_kernel *kernel);

#endif
