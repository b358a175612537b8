/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_DEVICE_ARGS_H
#define PEL_DEVICE_ARGS_H

#include "run-device.h"

/* The arguments of an FPGA kernel: whether the form of an actor fits them, and what they are in a call. */

/* Does the form of the actor fit the kernel in the xclbin? 0 or -EINVAL, explained. */
int pel_device_check_args(const struct pel_run_device *device, const struct pel_plan_actor *actor,
			  const struct pel_xclbin_kernel *target, struct pel_error *err);
/* What the scalars are in calls for `batch` firings, into ds->scalars. 0 or a negative errno, explained. */
int pel_device_set_scalars(struct pel_device_stage *ds, uint64_t batch, struct pel_error *err);
/* Fill the arguments of a claim from the windows in `io`. */
void pel_device_fill_args(struct pel_device_stage *ds, struct pel_device_claim *claim, const struct pel_io *io);

#endif
