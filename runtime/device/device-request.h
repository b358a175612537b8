/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_DEVICE_REQUEST_H
#define PEL_DEVICE_REQUEST_H

#include "device-model.h"

/* Requests to the device process, and its answers. All return 0, or a negative errno and explain; -ECANCELED is not explained. */

int pel_device_ask_open(struct pel_device *device, struct pel_place place, struct pel_error *err);
int pel_device_ask_kernel(struct pel_device *device, uint32_t number,
			  const struct pel_device_known_kernel *kernel, struct pel_place place,
			  struct pel_error *err);
int pel_device_ask_buffer(struct pel_device *device, uint32_t number, const struct pel_device_buffer *buffer,
			  struct pel_place place, struct pel_error *err);

#endif
