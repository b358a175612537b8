/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_DEVICE_BIND_H
#define PEL_DEVICE_BIND_H

#include "run-device.h"

/*
 * Finds the devices of a run before it starts, and checks that the FPGA implementation of every actor matches
 * the kernel that it names. Errors name the place of the actor in the graph.
 */

/*
 * Choose an xclbin for each device, and check the FPGA implementations of its actors. Creates the emulation
 * and packs sources, if requested. The actors get their device stages and the step of device stages. 0 or a
 * negative errno, with an explanation.
 */
int pel_devices_bind(struct pel_device_set *set, const struct pel_run_options *options, struct pel_error *err);
/*
 * Do all FPGA implementations match their xclbin, or their source, if there is one? For
 * pel_plan_check_devices(). 0 or a negative errno, with an explanation.
 */
int pel_devices_check(struct pel_device_set *set, struct pel_error *err);

#endif
