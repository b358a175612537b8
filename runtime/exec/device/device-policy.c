/* SPDX-License-Identifier: Apache-2.0 */
#include "device-policy.h"

#include <errno.h>
#include <string.h>

/* ---- policies ---- */

bool pel_device_stage_has_policy(const struct pel_device_stage *ds, const char *policy)
{
	return strcmp(ds->actor->plan->policy->on_fault, policy) == 0;
}

bool pel_device_stage_may_retry(const struct pel_device_stage *ds, const struct pel_device_claim *claim)
{
	return claim->attempts <= ds->retries;
}

static void fail(struct pel_device_stage *ds, enum pel_outcome outcome, int code, const char *hint,
		 const char *fmt, va_list ap)
{
	const struct pel_plan_actor *actor = ds->actor->plan;
	char text[1024];

	vsnprintf(text, sizeof(text), fmt, ap);
	pel_outcome_fail(ds->device->set->outcome, outcome, code, actor->place, hint, "actor '%s' (%s): %s",
			 actor->id, actor->kernel->name, text);
}

void pel_device_stage_fail(struct pel_device_stage *ds, int code, const char *hint, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fail(ds, PEL_RUN_FAILED, code, hint, fmt, ap);
	va_end(ap);
}

void pel_device_stage_fail_lost(struct pel_device_stage *ds, const char *hint, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fail(ds, PEL_RUN_LOST, -ENODEV, hint, fmt, ap);
	va_end(ap);
}

/* ---- calls ---- */

void pel_device_stage_submit(struct pel_device_stage *ds, uint64_t number)
{
	struct pel_device_claim *claim = &ds->claims[number % ds->n_claims];
	struct pel_device_call call = {
		.cookie = (uint64_t)(ds - ds->device->stages) << 32 | (number & UINT32_MAX),
		.kernel = ds->kernel,
		.cu = claim->cu,
		.n_args = ds->target->n_args,
		.args = claim->args,
	};

	claim->state = PEL_CLAIM_CALLED;
	if (pel_device_submit(ds->device->device, &call) < 0)
		claim->state = PEL_CLAIM_WAITS; /* until a call in flight completes */
}
