/* SPDX-License-Identifier: Apache-2.0 */
#include "device-watch.h"

#include <errno.h>
#include <pelton/emulation.h>
#include <poll.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include "device-policy.h"
#include "device-memory.h"
#include "thread.h"

/* For a call, if the graph gives no number: nobody should have to wait forever without a message. */
#define TIMEOUT_MS 60000u

#define WARNINGS_MAX 10 /* for one stage */
#define TO_CPU	     "it continues with its CPU implementation"

static const struct pel_place no_place;

/* ---- completions ---- */

/*
 * The claim of a cookie, which holds the low half of the claim's number. NULL: the claim is no longer in
 * flight. [locked]
 */
static struct pel_device_claim *claim_of(struct pel_run_device *device, uint64_t cookie,
					 struct pel_device_stage **ret, uint64_t *number)
{
	struct pel_device_stage *ds = &device->stages[cookie >> 32];

	*ret = ds;
	for (*number = ds->retired; *number < ds->taken; ++*number)
		if ((uint32_t)*number == (uint32_t)cookie) {
			struct pel_device_claim *claim = &ds->claims[*number % ds->n_claims];

			return claim->state == PEL_CLAIM_CALLED ? claim : NULL;
		}
	return NULL;
}

static void wake(struct pel_device_stage *ds)
{
	pel_wake(&ds->actor->waker, NULL, false);
}

static void drop_claim(struct pel_device_stage *ds, struct pel_device_claim *claim)
{
	claim->state = PEL_CLAIM_DROPPED;
	ds->calls--;
}

/*
 * The CPU will continue from the first claim that is not done, as soon as nothing else writes to the
 * channels. So calls that have not been sent never will be. `lost`: the calls in flight will not come back
 * either. May be called again, since the loss of the device may follow a failed call. [locked]
 */
static void leave_to_cpu(struct pel_device_stage *ds, bool lost)
{
	ds->takeover = true;
	for (uint32_t k = 0; k < ds->n_claims; k++) {
		struct pel_device_claim *claim = &ds->claims[k];

		if (claim->state == PEL_CLAIM_WAITS || (lost && claim->state == PEL_CLAIM_CALLED))
			drop_claim(ds, claim);
	}
}

/* `again`: can the call succeed if it is retried? A kernel that crashes does so each time. */
static const char *policy_hint(const struct pel_device_stage *ds, bool again)
{
	const struct pel_kernel *kernel = ds->actor->plan->kernel;

	if (!pel_device_stage_has_policy(ds, "fail"))
		return NULL;
	if (!(kernel->flags & PEL_KERNEL_STATELESS) && !ds->state)
		return NULL;
	if (!again)
		return kernel->fire ? "on-fault=\"cpu\" would continue with the CPU implementation" : NULL;
	return kernel->fire
		       ? "on-fault=\"restart\" would retry the call, on-fault=\"cpu\" would continue with the CPU implementation"
		       : "on-fault=\"restart\" would retry the call";
}

/* The run continues after a fault: count it, and keep a warning for the first ones. [locked] */
static void warn(struct pel_device_stage *ds, const char *fmt, ...) PEL_PRINTF(2, 3);
static void warn(struct pel_device_stage *ds, const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	if (ds->faults++ >= WARNINGS_MAX)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	pel_results_warn(&ds->warned, "%s", text);
}

/* A call has come back without a result. [locked] */
static void call_failed(struct pel_device_stage *ds, struct pel_device_claim *claim, uint64_t number,
			const struct pel_device_completion *completion)
{
	claim->attempts++;
	if (completion->status == PEL_CALL_FAULT && pel_device_stage_may_retry(ds, claim) && !ds->takeover) {
		warn(ds, "call %llu: %s; retry %u of %u", (unsigned long long)number + 1, completion->message,
		     claim->attempts, ds->retries);
		pel_device_stage_submit(ds, number);
		return;
	}
	if (pel_device_stage_has_policy(ds, "cpu")) {
		warn(ds, "call %llu: %s; %s", (unsigned long long)number + 1, completion->message, TO_CPU);
		drop_claim(ds, claim);
		leave_to_cpu(ds, false);
		return;
	}
	if (completion->status == PEL_CALL_TIMEOUT && pel_device_stage_has_policy(ds, "restart") &&
	    pel_device_stage_may_retry(ds, claim)) {
		claim->attempts--; /* counted when the device is found to be lost */
		return;
	}
	pel_device_stage_fail(ds, completion->status == PEL_CALL_TIMEOUT ? -ETIME : -EIO,
			      policy_hint(ds, completion->status == PEL_CALL_TIMEOUT), "call %llu: %s%s",
			      (unsigned long long)number + 1, completion->message,
			      claim->attempts > 1 ? "; it failed again when it was retried" : "");
}

/* [locked] Returns the stage that must be woken. */
static struct pel_device_stage *take_completion(struct pel_run_device *device,
						const struct pel_device_completion *completion)
{
	struct pel_device_stage *ds;
	uint64_t number;
	struct pel_device_claim *claim = claim_of(device, completion->cookie, &ds, &number);

	if (!claim)
		return ds;
	if (completion->status == PEL_CALL_DONE) {
		claim->state = PEL_CLAIM_DONE;
		ds->calls--;
	} else {
		call_failed(ds, claim, number, completion);
	}
	return ds;
}

/* Send the claims for which the device's queue had no room. [locked, not away] */
static void call_waiting(struct pel_run_device *device)
{
	for (uint32_t i = 0; i < device->n_stages; i++) {
		struct pel_device_stage *ds = &device->stages[i];

		for (uint32_t k = 0; k < ds->n_claims && ds->calls; k++) {
			/* In the order in which they were taken. `taken` grows only under the lock. */
			uint64_t number = ds->retired + k;

			if (number < ds->taken && ds->claims[number % ds->n_claims].state == PEL_CLAIM_WAITS)
				pel_device_stage_submit(ds, number);
		}
	}
}

static void take_all(struct pel_run_device *device)
{
	struct pel_device_completion completion;
	bool any = true;

	while (any) {
		struct pel_device_stage *ds = NULL;

		pthread_mutex_lock(&device->lock);
		any = pel_device_take(device->device, &completion) > 0;
		if (any)
			ds = take_completion(device, &completion);
		pthread_mutex_unlock(&device->lock);
		if (ds)
			wake(ds);
	}
}

/* ---- the device is lost ---- */

/* The oldest call of the stage that was in flight; NULL: none. [locked] */
static const struct pel_device_claim *oldest_call(const struct pel_device_stage *ds, uint64_t *number)
{
	for (uint64_t n = ds->retired; n < ds->taken; n++)
		if (ds->claims[n % ds->n_claims].state == PEL_CLAIM_CALLED) {
			*number = n;
			return &ds->claims[n % ds->n_claims];
		}
	return NULL;
}

/* Describe the loss for messages about the stage. [locked] Returns `text`. */
static char *describe_loss(const struct pel_device_stage *ds, const char *why, char *text, size_t size)
{
	uint64_t number = 0;
	const struct pel_device_claim *claim = oldest_call(ds, &number);

	if (claim)
		snprintf(text, size,
			 "device fpga:%u is lost: %s; call %llu of kernel '%s' (CU %s) was in flight",
			 ds->device->index, why, (unsigned long long)number + 1, ds->target->name,
			 ds->cus[claim->cu]);
	else
		snprintf(text, size, "device fpga:%u, which runs kernel '%s', is lost: %s", ds->device->index,
			 ds->target->name, why);
	return text;
}

static void fail_lost(struct pel_device_stage *ds, const char *loss)
{
	pel_device_stage_fail_lost(ds, policy_hint(ds, true), "%s", loss);
}

/* Handle the stage's calls after the loss. [locked] Returns whether the stage needs the device again. */
static bool stage_lost(struct pel_device_stage *ds, const char *why)
{
	char loss[768];
	uint32_t attempts = 0;

	if (ds->takeover) {
		leave_to_cpu(ds, true);
		return false;
	}
	describe_loss(ds, why, loss, sizeof(loss));
	if (ds->actor->state == PEL_ACTOR_ENDED)
		return false;
	if (pel_device_stage_has_policy(ds, "cpu")) {
		warn(ds, "%s; %s", loss, TO_CPU);
		leave_to_cpu(ds, true);
		return false;
	}
	if (pel_device_stage_has_policy(ds, "fail")) {
		fail_lost(ds, loss);
		return false;
	}
	for (uint32_t k = 0; k < ds->n_claims; k++) {
		struct pel_device_claim *claim = &ds->claims[k];

		if (claim->state == PEL_CLAIM_CALLED && ++claim->attempts > ds->retries) {
			fail_lost(ds, loss);
			return false;
		}
		if (claim->state != PEL_CLAIM_CALLED)
			continue;
		claim->state = PEL_CLAIM_WAITS;
		attempts = claim->attempts > attempts ? claim->attempts : attempts;
	}
	if (attempts)
		warn(ds, "%s; retry %u of %u", loss, attempts, ds->retries);
	else
		warn(ds, "%s; the device is restarted", loss);
	return true;
}

/* Restart the device, with several attempts. */
static bool restart(struct pel_run_device *device)
{
	struct pel_device_set *set = device->set;
	struct pel_error err = { 0 };
	struct pel_device_stage *ds = device->stages;
	int r = -EIO;

	for (unsigned attempt = 0;
	     attempt < PEL_RESTARTS_MAX && r < 0 && !pel_outcome_is_decided(set->outcome); attempt++) {
		pel_error_fini(&err);
		err = (struct pel_error){ 0 };
		r = pel_device_restart(device->device, &err);
	}
	while (!pel_device_stage_has_policy(ds, "restart") && ds < device->stages + device->n_stages - 1)
		ds++;
	if (r < 0 && !pel_outcome_is_decided(set->outcome))
		pel_device_stage_fail_lost(ds, NULL, "device fpga:%u is lost and cannot be restarted: %s",
					   device->index, err.count ? err.items[0].text : strerror(-r));
	pel_error_fini(&err);
	return r == 0;
}

static bool device_lost(struct pel_run_device *device)
{
	char why[256];
	bool needed = false;

	snprintf(why, sizeof(why), "%s", pel_device_why(device->device));
	take_all(device); /* calls that have completed are good */
	pthread_mutex_lock(&device->lock);
	device->away = true;
	for (uint32_t i = 0; i < device->n_stages; i++)
		needed |= stage_lost(&device->stages[i], why);
	pthread_mutex_unlock(&device->lock);
	if (needed && !pel_outcome_is_decided(device->set->outcome) && restart(device)) {
		pthread_mutex_lock(&device->lock);
		device->away = false;
		call_waiting(device);
		pthread_mutex_unlock(&device->lock);
	} else {
		/* Nothing may write to the channels any more when the CPU continues. */
		pel_device_close(device->device);
		device->device = NULL;
		pthread_mutex_lock(&device->lock);
		device->gone = true;
		pthread_mutex_unlock(&device->lock);
	}
	for (uint32_t i = 0; i < device->n_stages; i++)
		wake(&device->stages[i]);
	return device->device != NULL;
}

/* ---- the thread ---- */

static void *watcher_main(void *data)
{
	struct pel_run_device *device = data;

	while (!pel_outcome_is_decided(device->set->outcome)) {
		struct pollfd fds[2] = { { .fd = pel_device_fd(device->device), .events = POLLIN },
					 { .fd = device->quit, .events = POLLIN } };
		int r;

		/* If poll() fails, still check the device: nobody else would notify the stages. */
		if (poll(fds, 2, PEL_DEVICE_TICK_MS) < 0)
			usleep(PEL_DEVICE_TICK_MS * 1000);
		if (fds[1].revents)
			break;
		pthread_mutex_lock(&device->lock);
		r = pel_device_check(device->device);
		pthread_mutex_unlock(&device->lock);
		take_all(device);
		if (r < 0) {
			if (!device_lost(device))
				break;
			continue;
		}
		pthread_mutex_lock(&device->lock);
		call_waiting(device);
		pthread_mutex_unlock(&device->lock);
	}
	return NULL;
}

/* ---- open and close ---- */

static int open_device(struct pel_run_device *device, struct pel_error *err)
{
	struct pel_device_set *set = device->set;
	struct pel_device_options options = {
		.index = device->index,
		.xclbin = device->path,
		.emulation = set->emulation,
		.memory_fd = set->shared.fd,
		.memory_bytes = set->shared.bytes,
		.cancel = set->cancel,
	};
	int r = pel_cancel_create(&device->give_up);

	if (r < 0)
		return pel_fail(err, r, no_place, "cannot watch device %u: %s", device->index, strerror(-r));
	options.give_up = device->give_up;
	r = pel_device_open(&options, device->stages[0].actor->plan->fpga->place, &device->device, err);

	if (r < 0)
		return r;
	for (uint32_t i = 0; i < device->n_stages; i++) {
		struct pel_device_stage *ds = &device->stages[i];
		uint32_t timeout_ms = ds->actor->plan->policy->timeout_ms;
		struct pel_device_kernel kernel = { ds->target->name, ds->cus, ds->n_cus,
						    timeout_ms ? timeout_ms : TIMEOUT_MS };

		r = pel_device_add_kernel(device->device, &kernel, ds->actor->plan->fpga->place, err);
		if (r < 0)
			return r;
		ds->kernel = (uint32_t)r;
	}
	return pel_devices_add_buffers(device, err);
}

/* Set the initial state of a device stage: that of the CPU implementation. */
static int first_state(struct pel_device_stage *ds, struct pel_error *err)
{
	const struct pel_plan_actor *actor = ds->actor->plan;
	void *data = NULL;
	size_t bytes = 0;
	char text[128];
	int r;

	if (!ds->state)
		return 0;
	r = actor->kernel->save(ds->actor->kernel_state, &data, &bytes);
	if (!pel_kernel_result_ok(r, false)) {
		pel_kernel_result_text("save", r, false, NULL, text, sizeof(text));
		r = -EPROTO;
	} else if (r == 0 && bytes != ds->state_bytes) {
		snprintf(text, sizeof(text), "save() returned %zu byte%s", bytes, pel_s(bytes));
		r = -EPROTO;
	} else if (r == 0) {
		memcpy(ds->state, data, bytes);
	} else {
		snprintf(text, sizeof(text), "%s", strerror(-r));
	}
	pel_free(data);
	return r == 0 ? 0
		      : pel_fail(err, r, actor->place,
				 "actor '%s' (%s): its state of %zu byte%s cannot be copied to the device: %s",
				 actor->id, actor->kernel->name, ds->state_bytes, pel_s(ds->state_bytes), text);
}

int pel_devices_open(struct pel_device_set *set, struct pel_error *err)
{
	int r;

	for (uint32_t i = 0; i < set->n_devices; i++) {
		struct pel_run_device *device = &set->devices[i];

		for (uint32_t k = 0; k < device->n_stages; k++)
			if ((r = first_state(&device->stages[k], err)) < 0)
				return r;
		device->quit = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
		if (device->quit < 0) {
			r = -errno;
			return pel_fail(err, r, no_place, "cannot create an event descriptor: %s",
					strerror(-r));
		}
		if ((r = open_device(device, err)) < 0)
			return r;
	}
	return 0;
}

int pel_devices_watch(struct pel_device_set *set, struct pel_error *err)
{
	for (uint32_t i = 0; i < set->n_devices; i++) {
		struct pel_run_device *device = &set->devices[i];
		int r = pel_thread_create(&device->thread, 0, watcher_main, device);

		if (r)
			return pel_fail(err, -r, no_place, "cannot start the thread that watches device %u: %s",
					device->index, strerror(r));
		device->started = true;
	}
	return 0;
}

void pel_devices_join(struct pel_device_set *set)
{
	for (uint32_t i = 0; i < set->n_devices; i++) {
		struct pel_run_device *device = &set->devices[i];

		if (!device->started)
			continue;
		if (device->give_up)
			pel_cancel_set(device->give_up);
		(void)eventfd_write(device->quit, 1); /* if this fails, the watcher ends at its next tick */
		pthread_join(device->thread, NULL);
		device->started = false;
	}
}

void pel_devices_destroy(struct pel_device_set *set)
{
	for (uint32_t i = 0; i < set->n_devices; i++) {
		struct pel_run_device *device = &set->devices[i];

		for (uint32_t k = 0; device->stages && k < device->n_stages; k++)
			pel_results_fini(&device->stages[k].warned);
		pel_device_close(device->device);
		pel_xclbin_destroy(device->xclbin);
		pel_cancel_destroy(device->give_up);
		if (device->quit >= 0)
			close(device->quit);
		pthread_mutex_destroy(&device->lock);
	}
	pel_emulation_destroy(set->emulation);
}
