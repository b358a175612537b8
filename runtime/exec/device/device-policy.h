/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_DEVICE_POLICY_H
#define PEL_DEVICE_POLICY_H

#include "run-device.h"

/* What the owner of a device stage and the watcher of its device both do: hand calls over, ask for the policy, and fail. */

/* [locked, not away] The stage's place in the queue of the device: hand claim number `number` over. */
void pel_device_stage_submit(struct pel_device_stage *ds, uint64_t number);

/* [locked or not] Fail the run because of `ds`. `hint` may be NULL. */
void pel_device_stage_fail(struct pel_device_stage *ds, int code, const char *hint, const char *fmt, ...)
	PEL_PRINTF(4, 5);
/* The same where the device is what was lost. */
void pel_device_stage_fail_lost(struct pel_device_stage *ds, const char *hint, const char *fmt, ...)
	PEL_PRINTF(3, 4);

/* [locked] Is an attempt at the claim to be made again? */
bool pel_device_stage_may_retry(const struct pel_device_stage *ds, const struct pel_device_claim *claim);
bool pel_device_stage_has_policy(const struct pel_device_stage *ds, const char *policy);

#endif
