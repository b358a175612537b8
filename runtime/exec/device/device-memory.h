/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_DEVICE_MEMORY_H
#define PEL_DEVICE_MEMORY_H

#include "run-device.h"

/*
 * The memory that device processes see: rings with an end on a device, windows of padding, constant arguments and states. And, for rings whose
 * tokens never leave a device, addresses with no memory behind them, so that windows can be told apart as in any ring. [before the run starts]
 */

/* Is the memory of ring number `index` seen by a device, and is it on the device only? [once stages are bound] */
bool pel_devices_share_ring(const struct pel_device_set *set, uint32_t index);
bool pel_devices_hold_ring(const struct pel_device_set *set, uint32_t index);

/* Make it large enough for the rings and for what the device stages need besides. 0 or a negative errno, explained. */
int pel_devices_memory_create(struct pel_device_set *set, struct pel_error *err);
void pel_devices_memory_destroy(struct pel_device_set *set);
/* A page-aligned piece of it: there is room, as the same pieces have been counted. */
unsigned char *pel_devices_memory_carve(struct pel_device_set *set, size_t bytes);
/* For ring number `index`, which is shared or on a device. */
unsigned char *pel_devices_ring_slots(struct pel_device_set *set, uint32_t index);

/* Make the device buffers of the rings whose tokens stay on the device. 0 or a negative errno, explained. */
int pel_devices_add_buffers(struct pel_run_device *device, struct pel_error *err);

#endif
