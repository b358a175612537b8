/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_DEVICE_MEMORY_H
#define PEL_DEVICE_MEMORY_H

#include "run-device.h"

/*
 * The memory that is shared with device processes: rings with an end on a device, padded windows, constant
 * arguments and states. A ring whose tokens never leave a device gets addresses without memory, so that its
 * windows can be addressed like those of any ring. [before the run starts]
 */

/* Is ring number `index` in the shared memory? Is it in a device buffer only? [once stages are bound] */
bool pel_devices_share_ring(const struct pel_device_set *set, uint32_t index);
bool pel_devices_hold_ring(const struct pel_device_set *set, uint32_t index);

/*
 * Create the memory, large enough for the rings and for all other needs of the device stages. 0 or a negative
 * errno, with an explanation.
 */
int pel_devices_memory_create(struct pel_device_set *set, struct pel_error *err);
void pel_devices_memory_destroy(struct pel_device_set *set);
/* Allocate a page-aligned piece of it. This always fits, since the same pieces were counted before. */
unsigned char *pel_devices_memory_carve(struct pel_device_set *set, size_t bytes);
/* The slots of ring number `index`, which is in shared memory or in a device buffer. */
unsigned char *pel_devices_ring_slots(struct pel_device_set *set, uint32_t index);

/*
 * Create the device buffers of the rings whose tokens stay on the device. 0 or a negative errno, with an
 * explanation.
 */
int pel_devices_add_buffers(struct pel_run_device *device, struct pel_error *err);

#endif
