/* SPDX-License-Identifier: Apache-2.0 */
#include "calls.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include "interrupted.h"

#include "call-args.h"
#include "process-report.h"
#include "watch.h"

#define NAP_MIN_NS   20000
#define NAP_MAX_NS   200000
#define LONG_CALL_NS 2000000 /* long compared with the time XRT takes to start the next call */
#define NAP_LONG_NS  1000000 /* for calls of a second and more */

void pel_calls_init(struct self *self)
{
	struct call *calls = pel_process_alloc(PEL_DEVICE_CALLS_MAX * sizeof(*calls));

	for (uint32_t i = 0; i < PEL_DEVICE_CALLS_MAX; i++) {
		calls[i].next = self->free_calls;
		self->free_calls = &calls[i];
	}
}

/* ---- handing back ---- */

/* Report the result to the run and free the call. The caller holds no lock. */
static void hand_back(struct self *self, struct call *call, enum pel_device_status status, uint64_t busy_ns,
		      const char *message)
{
	struct pel_device_shared *shared = self->shared;
	uint64_t one = 1;
	struct pel_device_done *done;
	uint32_t tail;

	pel_args_release(call);
	pthread_mutex_lock(&self->lock);
	tail = atomic_load_explicit(&shared->done_tail, memory_order_relaxed);
	done = &shared->done[tail % PEL_DEVICE_CALLS_MAX];
	*done = (struct pel_device_done){ .ticket = call->ticket, .status = status, .busy_ns = busy_ns };
	snprintf(done->message, sizeof(done->message), "%s", message);
	if (call->run && call->cu->n_runs < PEL_DEVICE_CALLS_MAX)
		call->cu->runs[call->cu->n_runs++] = call->run;
	call->run = NULL;
	call->next = self->free_calls;
	self->free_calls = call;
	atomic_store_explicit(&shared->done_tail, tail + 1, memory_order_release);
	pthread_mutex_unlock(&self->lock);
	(void)!write(self->done, &one, sizeof(one));
}

static void fail_call(struct self *self, struct call *call, const char *why)
{
	char message[2400];

	if (call->cu)
		snprintf(message, sizeof(message), "kernel '%s' (CU %s) cannot be called: %s",
			 call->kernel->name, call->cu->name, why);
	else
		snprintf(message, sizeof(message), "a call is not valid: %s", why);
	hand_back(self, call, PEL_CALL_FAULT, 0, message);
}

/* ---- feeding ---- */

static struct call *new_call(struct self *self)
{
	struct call *call;

	pthread_mutex_lock(&self->lock);
	call = self->free_calls;
	if (call)
		self->free_calls = call->next;
	pthread_mutex_unlock(&self->lock);
	if (!call)
		pel_process_lost("the run has more than %d calls in flight", PEL_DEVICE_CALLS_MAX);
	*call = (struct call){ .n_args = 0 };
	return call;
}

static bool take_run(struct self *self, struct call *call)
{
	struct cu *cu = call->cu;

	pthread_mutex_lock(&self->lock);
	if (cu->n_runs)
		call->run = cu->runs[--cu->n_runs];
	pthread_mutex_unlock(&self->lock);
	errno = 0;
	if (!call->run)
		call->run = xrtRunOpen(cu->handle);
	return call->run;
}

/* The run may still write to the slot, so copy it into `call` before checking it. */
static bool read_slot(struct self *self, const struct pel_device_slot *slot, struct call *call)
{
	uint32_t kernel = slot->kernel, cu = slot->cu, n_args = slot->n_args;

	call->ticket = slot->ticket;
	if (kernel >= atomic_load_explicit(&self->n_kernels, memory_order_acquire) ||
	    cu >= self->kernels[kernel].n_cus || n_args > PEL_DEVICE_ARGS_MAX)
		return false;
	call->kernel = &self->kernels[kernel];
	call->cu = call->kernel->cus[cu];
	call->n_args = n_args;
	memcpy(call->args, slot->args, n_args * sizeof(call->args[0]));
	memset(call->bos, 0, n_args * sizeof(call->bos[0]));
	return true;
}

/* Send the windows of the call to the device model. This precedes the start of the call; the model counts calls as we do. */
static void tell_windows(struct self *self, const struct cu *cu, const struct call *call)
{
	struct pel_windows message = { .call = call->number };
	unsigned interrupted = 0;
	ssize_t n;

	if (self->windows < 0)
		return;
	snprintf(message.cu, sizeof(message.cu), "%s", cu->name);
	for (uint32_t i = 0; i < call->n_args; i++) {
		const struct pel_device_arg *arg = &call->args[i];

		if (arg->kind == PEL_ARG_SCALAR)
			continue;
		message.windows[message.count++] =
			(struct pel_window){ .arg = arg->index,
					     .writes = arg->kind != PEL_ARG_IN && arg->kind != PEL_ARG_CONSTANT,
					     .bytes = arg->bytes };
	}
	do
		n = send(self->windows, &message,
			 offsetof(struct pel_windows, windows) + message.count * sizeof(message.windows[0]),
			 MSG_NOSIGNAL | MSG_DONTWAIT);
	while (n < 0 && pel_interrupted(&interrupted));
	if (n < 0)
		pel_model_unreachable(self, errno, "send to");
}

/*
 * Start as many of the unit's queued calls as XRT may have at a time. In emulation that is two at most: if three or more wait for one unit,
 * XRT's scheduler may start them in any order. While XRT has a call, it polls the device model constantly, which slows down copies; so it
 * gets short calls one at a time. `lock` is held.
 */
static void start_next(struct self *self, struct cu *cu)
{
	uint32_t limit = !self->emulated ? PEL_DEVICE_CALLS_MAX : cu->took_ns >= LONG_CALL_NS ? 2 : 1;

	for (; cu->to_start && cu->n_started < limit; cu->to_start = cu->to_start->next) {
		struct call *call = cu->to_start;
		char why[256];

		call->number = ++cu->started;
		cu->n_started++;
		tell_windows(self, cu, call);
		errno = 0;
		if (xrtRunStart(call->run) != 0)
			pel_process_lost("kernel '%s' (CU %s) cannot be started: %s", call->kernel->name,
					 cu->name, pel_process_words(self, why, sizeof(why)));
	}
}

/* Prepare the call and append it to its unit's queue; start_next() decides when it starts. */
static int queue_call(struct self *self, struct call *call, char *text)
{
	struct cu *cu = call->cu;
	int r;

	if (!take_run(self, call)) {
		pel_process_words(self, text, TEXT_BYTES);
		return -EIO;
	}
	r = pel_args_bring(self, call, text);
	if (r < 0)
		return r;
	pthread_mutex_lock(&self->lock);
	call->next = NULL;
	if (cu->last) {
		cu->last->next = call;
	} else {
		cu->first = call;
		cu->busy_since_ns = pel_process_now_ns();
	}
	cu->last = call;
	if (!cu->to_start)
		cu->to_start = call;
	start_next(self, cu);
	if (self->n_queued++ == 0)
		pthread_cond_signal(&self->work);
	pthread_mutex_unlock(&self->lock);
	return 0;
}

static void feed(struct self *self, const struct pel_device_slot *slot)
{
	struct call *call = new_call(self);
	char why[TEXT_BYTES] = "";

	if (!read_slot(self, slot, call))
		fail_call(self, call, "unknown kernel or compute unit, or too many arguments");
	else if (queue_call(self, call, why) < 0)
		fail_call(self, call, why);
}

/* Wait until there are calls after `head`. Returns the tail. */
static uint32_t wait_for_calls(struct self *self, uint32_t head)
{
	struct pel_device_shared *shared = self->shared;
	struct pollfd bell = { .fd = self->bell, .events = POLLIN };
	uint64_t rung;
	uint32_t tail;

	while ((tail = atomic_load_explicit(&shared->calls_tail, memory_order_acquire)) == head) {
		atomic_store_explicit(&shared->feeder_sleeps, 1, memory_order_seq_cst);
		if (atomic_load_explicit(&shared->calls_tail, memory_order_seq_cst) == head)
			poll(&bell, 1, -1);
		atomic_store_explicit(&shared->feeder_sleeps, 0, memory_order_relaxed);
		(void)!read(self->bell, &rung, sizeof(rung));
	}
	return tail;
}

void *pel_calls_feed(void *arg)
{
	struct self *self = arg;
	uint32_t head = 0;

	for (;;) {
		uint32_t tail = wait_for_calls(self, head);

		if (tail - head > PEL_DEVICE_CALLS_MAX)
			pel_process_lost("the run wrote an invalid index to the ring of calls");
		for (; head != tail; head++) {
			feed(self, &self->shared->calls[head % PEL_DEVICE_CALLS_MAX]);
			atomic_store_explicit(&self->shared->calls_head, head + 1, memory_order_release);
		}
	}
}

/* ---- draining ---- */

static const char *state_words(enum ert_cmd_state state)
{
	switch (state) {
	case ERT_CMD_STATE_ERROR:
		return "failed";
	case ERT_CMD_STATE_ABORT:
		return "was aborted";
	case ERT_CMD_STATE_TIMEOUT:
		return "timed out in the driver";
	case ERT_CMD_STATE_NORESPONSE:
		return "does not respond";
	default:
		return "ended in an unknown state";
	}
}

static bool has_ended(enum ert_cmd_state state)
{
	return state == ERT_CMD_STATE_COMPLETED || state == ERT_CMD_STATE_ERROR ||
	       state == ERT_CMD_STATE_ABORT || state == ERT_CMD_STATE_TIMEOUT ||
	       state == ERT_CMD_STATE_NORESPONSE || state == ERT_CMD_STATE_SKERROR ||
	       state == ERT_CMD_STATE_SKCRASHED;
}

/* Remove the finished call from its unit, so that the next call can have it. Returns how long the unit was busy with the call. */
static uint64_t leave_cu(struct self *self, struct cu *cu, struct call *call)
{
	uint64_t now = pel_process_now_ns(), busy_ns;

	pthread_mutex_lock(&self->lock);
	busy_ns = cu->took_ns = now - cu->busy_since_ns;
	cu->busy_since_ns = now;
	cu->first = call->next;
	if (!cu->first)
		cu->last = NULL;
	cu->n_started--;
	start_next(self, cu);
	self->n_queued--;
	pthread_mutex_unlock(&self->lock);
	return busy_ns;
}

static void finish(struct self *self, struct cu *cu, struct call *call, enum ert_cmd_state state)
{
	uint64_t busy_ns = leave_cu(self, cu, call);
	char text[TEXT_BYTES];

	if (atomic_load(&self->events) >= 0)
		pel_events_read(self);
	atomic_fetch_add_explicit(&self->shared->n_calls, 1, memory_order_relaxed);
	if (state != ERT_CMD_STATE_COMPLETED) {
		snprintf(text, sizeof(text), "kernel '%s' (CU %s) %s", call->kernel->name, cu->name,
			 state_words(state));
		hand_back(self, call, PEL_CALL_FAULT, busy_ns, text);
	} else if (pel_events_fault(cu, call->number, text, sizeof(text))) {
		hand_back(self, call, PEL_CALL_FAULT, busy_ns, text);
	} else if (pel_args_fetch(self, call, text) < 0) {
		pel_process_lost("outputs of kernel '%s' (CU %s): %s", call->kernel->name, cu->name, text);
	} else if (pel_model_ended(self)) {
		pel_model_lost(self);
	} else {
		hand_back(self, call, PEL_CALL_DONE, busy_ns, "");
	}
}

static void time_out(struct self *self, struct cu *cu, struct call *call)
{
	uint32_t timeout_ms = call->kernel->timeout_ms;
	char message[512];

	snprintf(message, sizeof(message), "kernel '%s' (CU %s) took longer than %u ms", call->kernel->name,
		 cu->name, timeout_ms);
	hand_back(self, call, PEL_CALL_TIMEOUT, (uint64_t)timeout_ms * 1000000, message);
	pel_process_lost("%s", message);
}

/* The first call of the unit, and the time since which the unit has been busy with it. */
static struct call *first_of(struct self *self, struct cu *cu, uint64_t *since_ns)
{
	struct call *call;

	pthread_mutex_lock(&self->lock);
	call = cu->first;
	*since_ns = cu->busy_since_ns;
	pthread_mutex_unlock(&self->lock);
	return call;
}

/* Finish the calls of this unit that have ended. True: there was one. Lowers *age_ns to the age of the call that still runs. */
static bool drain_cu(struct self *self, struct cu *cu, uint64_t *age_ns)
{
	bool some = false;
	uint64_t since_ns, age;
	struct call *call;

	while ((call = first_of(self, cu, &since_ns))) {
		enum ert_cmd_state state = xrtRunState(call->run);

		if (has_ended(state)) {
			finish(self, cu, call, state);
			some = true;
			continue;
		}
		age = pel_process_now_ns() - since_ns;
		if (call->kernel->timeout_ms && age > (uint64_t)call->kernel->timeout_ms * 1000000)
			time_out(self, cu, call);
		if (age < *age_ns)
			*age_ns = age;
		return some;
	}
	return some;
}

/* Sleep in proportion to the call's age: the end of a short call is seen at once, and waiting for a long one costs no CPU time. */
static void nap(uint64_t age_ns)
{
	uint64_t ns = age_ns / 16, max = age_ns >= 1000000000 ? NAP_LONG_NS : NAP_MAX_NS;
	struct timespec t = { .tv_nsec = (long)(ns < NAP_MIN_NS ? NAP_MIN_NS : ns > max ? max : ns) };

	nanosleep(&t, NULL);
}

void *pel_calls_drain(void *arg)
{
	struct self *self = arg;

	for (;;) {
		uint64_t age_ns = UINT64_MAX;
		bool some = false;
		uint32_t n_cus;

		pthread_mutex_lock(&self->lock);
		while (self->n_queued == 0)
			pthread_cond_wait(&self->work, &self->lock);
		pthread_mutex_unlock(&self->lock);
		n_cus = atomic_load_explicit(&self->n_cus, memory_order_acquire);
		for (uint32_t i = 0; i < n_cus; i++)
			some = drain_cu(self, self->cus[i], &age_ns) || some;
		if (!some)
			nap(age_ns == UINT64_MAX ? 0 : age_ns);
	}
}
