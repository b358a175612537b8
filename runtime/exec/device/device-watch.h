/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_DEVICE_WATCH_H
#define PEL_DEVICE_WATCH_H

#include "run-device.h"

/*
 * The watcher of a device: a thread that takes back calls, wakes their stages, and decides what becomes of failed ones.
 *
 *   a call fails		again on the same device, while it may be; else the CPU takes over, or the run fails
 *   a call takes too long	the device is lost with it
 *   the device is lost		stages with on-fault="cpu" go on there; those with "restart" have their calls made again after a new start;
 *				any other ends the run
 */

/* Start the device processes, once all actors are there; then their watchers. 0 or a negative errno, explained. */
int pel_devices_open(struct pel_device_set *set, struct pel_error *err);
int pel_devices_watch(struct pel_device_set *set, struct pel_error *err);
/* End the watchers [once the outcome is decided], then the devices. */
void pel_devices_join(struct pel_device_set *set);
void pel_devices_destroy(struct pel_device_set *set);

#endif
