/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_DEVICE_BIND_H
#define PEL_DEVICE_BIND_H

#include "run-device.h"

/*
 * Before a run starts: which devices there are, and whether every actor's form fits the kernel it names. What is wrong is said with the actor's
 * place in the graph.
 */

/*
 * Which xclbin each device gets, and whether the actors' forms fit it. Makes the emulation, and packs sources, where that is asked for. The actors get
 * their device stages, and the step that goes with these. 0 or a negative errno, explained.
 */
int pel_devices_bind(struct pel_device_set *set, const struct pel_run_options *options, struct pel_error *err);
/* Does every form fit its xclbin, or its source, where there are any? For pel_plan_check_devices(). 0 or a negative errno, explained. */
int pel_devices_check(struct pel_device_set *set, struct pel_error *err);

#endif
