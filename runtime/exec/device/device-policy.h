/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_DEVICE_POLICY_H
#define PEL_DEVICE_POLICY_H

#include "run-device.h"

/*
 * Used both by the owner of a device stage and by the watcher of its device: sends calls, reads the on-fault
 * policy, and fails the run.
 */

/* [locked, not away] Send claim number `number` to the device as a call. */
void pel_device_stage_submit(struct pel_device_stage *ds, uint64_t number);

/* [with or without the lock] Fail the run because of `ds`. `hint` may be NULL. */
void pel_device_stage_fail(struct pel_device_stage *ds, int code, const char *hint, const char *fmt, ...)
	PEL_PRINTF(4, 5);
/* The same if the device is lost. */
void pel_device_stage_fail_lost(struct pel_device_stage *ds, const char *hint, const char *fmt, ...)
	PEL_PRINTF(3, 4);

/* [locked] May the call of the claim be retried? */
bool pel_device_stage_may_retry(const struct pel_device_stage *ds, const struct pel_device_claim *claim);
bool pel_device_stage_has_policy(const struct pel_device_stage *ds, const char *policy);

#endif
