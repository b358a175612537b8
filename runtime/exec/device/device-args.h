/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_DEVICE_ARGS_H
#define PEL_DEVICE_ARGS_H

#include "run-device.h"

/*
 * The arguments of an FPGA kernel: whether those of an actor's FPGA implementation match them, and their
 * values in a call.
 */

/*
 * Does the FPGA implementation of the actor match the kernel in the xclbin? 0 or -EINVAL, with an
 * explanation.
 */
int pel_device_check_args(const struct pel_run_device *device, const struct pel_plan_actor *actor,
			  const struct pel_xclbin_kernel *target, struct pel_error *err);
/*
 * Compute the scalars of calls for `batch` firings, in ds->scalars. 0 or a negative errno, with an
 * explanation.
 */
int pel_device_set_scalars(struct pel_device_stage *ds, uint64_t batch, struct pel_error *err);
/* Set the arguments of a claim from the windows in `io`. */
void pel_device_fill_args(struct pel_device_stage *ds, struct pel_device_claim *claim, const struct pel_io *io);

#endif
