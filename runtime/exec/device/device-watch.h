/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_DEVICE_WATCH_H
#define PEL_DEVICE_WATCH_H

#include "run-device.h"

/*
 * The watcher of a device: a thread that receives completions, wakes the stages, and handles failed calls.
 *
 *   a call fails         it is retried on the same device, while retries are left;
 *                        else the CPU takes over, or the run fails
 *   a call times out     the device is lost with it
 *   the device is lost   on-fault="cpu": the stage continues on the CPU;
 *                        "restart": the device is restarted, and the calls are made again;
 *                        "fail": the run fails
 */

/*
 * Start the device processes (after all actors are created), then their watchers. 0 or a negative errno, with
 * an explanation.
 */
int pel_devices_open(struct pel_device_set *set, struct pel_error *err);
int pel_devices_watch(struct pel_device_set *set, struct pel_error *err);
/* End the watchers [once the outcome is decided], then the devices. */
void pel_devices_join(struct pel_device_set *set);
void pel_devices_destroy(struct pel_device_set *set);

#endif
