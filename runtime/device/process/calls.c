/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>
#include "process.h"

/* The way of calls: from the ring of requests through the feeder, XRT and the drainer to the ring of completions. */
#define POLL_MIN_NS  15000 /* XRT looks at its units about as often */
#define POLL_MAX_NS  200000
#define POLL_LONG_NS 2000000u /* a call that takes longer than this is looked at less often */

uint64_t process_now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

void process_post(struct process *p, uint64_t cookie, enum pel_device_status status, uint64_t busy_ns,
		  const char *fmt, ...)
{
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* both threads post */
	struct pel_device_completion *completion;
	va_list ap;

	pthread_mutex_lock(&lock);
	completion = &p->shared->completions[p->completion_tail % PEL_DEVICE_CALLS_MAX];
	completion->cookie = cookie;
	completion->status = status;
	completion->busy_ns = busy_ns;
	va_start(ap, fmt);
	vsnprintf(completion->message, sizeof(completion->message), fmt, ap);
	va_end(ap);
	atomic_store_explicit(&p->shared->completion_tail, ++p->completion_tail, memory_order_release);
	pthread_mutex_unlock(&lock);
	eventfd_write(PEL_FD_COMPLETIONS, 1);
}

/* ---- the feeder ---- */

static bool check_arg(const struct process *p, const struct pel_device_arg *arg)
{
	switch (arg->kind) {
	case PEL_ARG_SCALAR:
		return arg->bytes >= 1 && arg->bytes <= sizeof(arg->value);
	case PEL_ARG_DEVICE:
		return arg->buffer < p->n_device_buffers && arg->bytes &&
		       arg->bytes <= p->device_buffer_bytes[arg->buffer] &&
		       arg->offset <= p->device_buffer_bytes[arg->buffer] - arg->bytes;
	default:
		return arg->kind <= PEL_ARG_DEVICE && arg->bytes && arg->bytes <= p->memory_bytes &&
		       arg->offset <= p->memory_bytes - arg->bytes &&
		       (!arg->range_bytes ||
			(arg->range_offset <= arg->offset && arg->range_bytes <= p->memory_bytes &&
			 arg->range_offset <= p->memory_bytes - arg->range_bytes &&
			 arg->offset + arg->bytes <= arg->range_offset + arg->range_bytes));
	}
}

static xrtRunHandle take_run(struct process *p, struct unit *unit)
{
	xrtRunHandle run = NULL;

	pthread_mutex_lock(&p->lock);
	if (unit->n_runs)
		run = unit->runs[--unit->n_runs];
	pthread_mutex_unlock(&p->lock);
	return run ? run : xrtRunOpen(unit->kernel);
}

/* [locked] */
static void give_run(struct unit *unit, xrtRunHandle run)
{
	if (unit->n_runs == unit->runs_capacity) {
		uint32_t capacity = unit->runs_capacity ? 2 * unit->runs_capacity : 8;
		xrtRunHandle *runs = pel_realloc(unit->runs, capacity * sizeof(*runs));

		if (!runs) {
			xrtRunClose(run);
			return;
		}
		unit->runs = runs;
		unit->runs_capacity = capacity;
	}
	unit->runs[unit->n_runs++] = run;
}

/* A part of a device buffer: made for the call, since XRT keeps only its address. */
static int set_device_arg(struct process *p, struct call *call, const struct pel_device_arg *arg)
{
	xrtBufferHandle whole = p->device_buffers[arg->buffer],
			part = xrtBOSubAlloc(whole, arg->bytes, arg->offset);
	int r = part ? xrtRunSetArg(call->run, (int)arg->index, part) : -1;

	if (part)
		xrtBOFree(part);
	return r;
}

/* As C's promotions would have it, which is what XRT takes apart again by the type in the metadata. */
static int set_scalar(struct call *call, const struct pel_device_arg *arg)
{
	double real;
	float single;

	if (arg->buffer && arg->bytes == sizeof(single)) {
		memcpy(&single, &arg->value, sizeof(single));
		return xrtRunSetArg(call->run, (int)arg->index, (double)single);
	}
	if (arg->buffer && arg->bytes == sizeof(real)) {
		memcpy(&real, &arg->value, sizeof(real));
		return xrtRunSetArg(call->run, (int)arg->index, real);
	}
	if (arg->bytes <= sizeof(uint32_t))
		return xrtRunSetArg(call->run, (int)arg->index, (uint32_t)arg->value);
	return xrtRunSetArg(call->run, (int)arg->index, arg->value);
}

static int set_arg(struct process *p, struct call *call, uint32_t i, char *why, size_t size)
{
	const struct pel_device_arg *arg = &call->args[i];
	int r;

	switch (arg->kind) {
	case PEL_ARG_SCALAR:
		r = set_scalar(call, arg);
		break;
	case PEL_ARG_DEVICE:
		r = set_device_arg(p, call, arg);
		break;
	default:
		call->buffers[i] = buffer_take(p, call->unit, arg, why, size);
		if (!call->buffers[i])
			return -1;
		r = xrtRunSetArg(call->run, (int)arg->index, call->buffers[i]->part);
		break;
	}
	if (r)
		snprintf(why, size, "XRT refuses argument %u", arg->index);
	return r ? -1 : 0;
}

static void release(struct process *p, struct call *call)
{
	for (uint32_t i = 0; i < call->n_args; i++)
		if (call->buffers[i])
			buffer_give_back(p, call->buffers[i]);
	pel_free(call);
}

/* [locked] */
static void append(struct process *p, struct call *call)
{
	struct unit *unit = call->unit;

	if (unit->last)
		unit->last->next = call;
	else
		unit->first = call;
	unit->last = call;
	p->n_running++;
	pthread_cond_signal(&p->running);
}

/*
 * [locked] Start the calls of a unit that wait. In emulation only the first: XRT's emulation does not promise to keep the order of calls that
 * wait for a unit, and a fault is known only by the number of the call.
 */
static void launch(struct process *p, struct unit *unit)
{
	for (struct call *call = unit->first; call && (call == unit->first || !p->emulated); call = call->next) {
		if (call->started)
			continue;
		call->start_ns = process_now_ns();
		call->number = ++unit->started;
		if (xrtRunStart(call->run)) {
			process_lose(p, "XRT does not start kernel '%s' (CU %s)", call->kernel->name,
				     unit->name);
			return;
		}
		/* Only now: before the start, the run still shows how the call before it has ended. */
		call->started = true;
	}
}

/* Make it ready. 0, or -1: `why` says why not. */
static int start_call(struct process *p, struct call *call, char *why, size_t size)
{
	call->run = take_run(p, call->unit);
	if (!call->run) {
		snprintf(why, size, "XRT opens no run");
		return -1;
	}
	for (uint32_t i = 0; i < call->n_args; i++)
		if (set_arg(p, call, i, why, size) < 0)
			return -1;
	pthread_mutex_lock(&p->lock);
	append(p, call);
	launch(p, call->unit);
	pthread_mutex_unlock(&p->lock);
	return 0;
}

static void feed(struct process *p, const struct pel_request *from)
{
	struct call *call = pel_calloc(1, sizeof(*call));
	char why[200] = "out of memory";
	bool sound = call && from->n_args <= PEL_DEVICE_ARGS_MAX && from->kernel < p->n_kernels;

	if (!call) {
		process_post(p, from->cookie, PEL_CALL_FAULT, 0, "out of memory");
		return;
	}
	call->cookie = from->cookie;
	if (sound) {
		call->kernel = p->kernels[from->kernel];
		call->n_args = from->n_args;
		memcpy(call->args, from->args, from->n_args * sizeof(*from->args));
		sound = from->cu < call->kernel->n_units;
	}
	for (uint32_t i = 0; sound && i < call->n_args; i++)
		sound = check_arg(p, &call->args[i]);
	if (!sound) {
		process_post(p, from->cookie, PEL_CALL_FAULT, 0,
			     "the device process cannot make sense of the call");
		pel_free(call);
		return;
	}
	call->unit = call->kernel->units[from->cu];
	if (start_call(p, call, why, sizeof(why)) == 0)
		return;
	process_post(p, call->cookie, PEL_CALL_FAULT, 0, "kernel '%s' (CU %s) could not be called: %s",
		     call->kernel->name, call->unit->name, why);
	if (call->run)
		xrtRunClose(call->run);
	release(p, call);
}

static void *feeder_main(void *data)
{
	static struct pel_request request; /* a copy, so that what was checked stays as it was */
	struct process *p = data;

	for (;;) {
		uint32_t tail = atomic_load_explicit(&p->shared->request_tail, memory_order_acquire);
		struct pollfd fd = { .fd = PEL_FD_REQUESTS, .events = POLLIN };
		eventfd_t count;

		if (tail == p->request_head) {
			poll(&fd, 1, -1);
			if (eventfd_read(PEL_FD_REQUESTS, &count) < 0 && errno != EAGAIN)
				break;
			continue;
		}
		request = p->shared->requests[p->request_head % PEL_DEVICE_CALLS_MAX];
		atomic_store_explicit(&p->shared->request_head, ++p->request_head, memory_order_release);
		feed(p, &request);
	}
	return NULL;
}

/* ---- the drainer ---- */

static bool is_output(const struct pel_device_arg *arg)
{
	return arg->kind == PEL_ARG_OUT || arg->kind == PEL_ARG_INOUT;
}

static const char *state_name(int state)
{
	switch (state) {
	case ERT_CMD_STATE_ERROR:
		return "an error";
	case ERT_CMD_STATE_ABORT:
		return "an abort";
	case ERT_CMD_STATE_TIMEOUT:
		return "a time-out";
	case ERT_CMD_STATE_NORESPONSE:
		return "no response";
	default:
		return "an unknown state";
	}
}

/* The call has ended in `state`: bring its outputs back, if it did what it should. */
static void finish(struct process *p, struct call *call, int state, uint64_t busy_ns)
{
	const char *kernel = call->kernel->name, *unit = call->unit->name;
	char fault[256];
	bool brought = true;

	events_hear(p);
	if (events_fault(unit, call->number, fault, sizeof(fault))) {
		process_post(p, call->cookie, PEL_CALL_FAULT, busy_ns, "%s", fault);
		return;
	}
	if (state != ERT_CMD_STATE_COMPLETED) {
		process_post(p, call->cookie, PEL_CALL_FAULT, busy_ns,
			     "kernel '%s' (CU %s) ended with %s, says XRT", kernel, unit, state_name(state));
		return;
	}
	for (uint32_t i = 0; i < call->n_args && brought; i++)
		if (call->buffers[i] && is_output(&call->args[i]))
			brought = buffer_sync(p, call->buffers[i], &call->args[i], false) == 0;
	atomic_fetch_add(&p->shared->calls, 1);
	if (brought)
		process_post(p, call->cookie, PEL_CALL_DONE, busy_ns, "%s", "");
	else
		process_post(p, call->cookie, PEL_CALL_FAULT, busy_ns,
			     "the outputs of kernel '%s' (CU %s) cannot be read from the device", kernel, unit);
}

/* [locked] Take the first call off its unit. */
static void detach(struct process *p, struct unit *unit, uint64_t now)
{
	unit->first = unit->first->next;
	if (!unit->first)
		unit->last = NULL;
	unit->finished++;
	unit->free_ns = now;
	p->n_running--;
}

static uint64_t began(const struct call *call)
{
	return call->start_ns > call->unit->free_ns ? call->start_ns : call->unit->free_ns;
}

/* Look at the first call of a unit. Has it ended? Else *since is how long it has been at work. */
static bool look(struct process *p, struct unit *unit, uint64_t *since)
{
	struct call *call;
	uint64_t now, start;
	int state;

	pthread_mutex_lock(&p->lock);
	call = unit->first && unit->first->started ? unit->first : NULL;
	pthread_mutex_unlock(&p->lock);
	if (!call)
		return false;
	state = xrtRunState(call->run);
	now = process_now_ns();
	start = began(call);
	*since = now > start ? now - start : 0;
	if (state >= ERT_CMD_STATE_COMPLETED && state != ERT_CMD_STATE_SUBMITTED) {
		pthread_mutex_lock(&p->lock);
		detach(p, unit, now);
		launch(p, unit);
		pthread_mutex_unlock(&p->lock);
		finish(p, call, state, *since);
		pthread_mutex_lock(&p->lock);
		give_run(unit, call->run);
		pthread_mutex_unlock(&p->lock);
		release(p, call);
		return true;
	}
	if (call->kernel->timeout_ms && *since > (uint64_t)call->kernel->timeout_ms * 1000000u) {
		/* Nobody can make XRT give it up. It stays in the list, so that this is said once only. */
		process_post(p, call->cookie, PEL_CALL_TIMEOUT, *since,
			     "kernel '%s' (CU %s) took longer than %u ms", call->kernel->name, unit->name,
			     call->kernel->timeout_ms);
		call->kernel->timeout_ms = 0;
		process_lose(p, "kernel '%s' (CU %s) took longer than its time", call->kernel->name,
			     unit->name);
	}
	return false;
}

static void *drainer_main(void *data)
{
	struct process *p = data;
	uint64_t pause = POLL_MIN_NS;

	for (;;) {
		bool any = false, young = false;
		uint32_t n;

		pthread_mutex_lock(&p->lock);
		while (!p->n_running)
			pthread_cond_wait(&p->running, &p->lock);
		n = p->n_units;
		pthread_mutex_unlock(&p->lock);
		for (uint32_t i = 0; i < n; i++) {
			uint64_t since = 0;

			any |= look(p, p->units[i], &since);
			young |= since && since < POLL_LONG_NS;
		}
		if (any) {
			pause = POLL_MIN_NS;
			continue;
		}
		nanosleep(&(struct timespec){ 0, (long)pause }, NULL);
		pause = young ? POLL_MIN_NS : pause < POLL_MAX_NS / 2 ? 2 * pause : POLL_MAX_NS;
	}
	return NULL;
}

int process_start_threads(struct process *p)
{
	pthread_t thread;
	int r = pthread_create(&thread, NULL, feeder_main, p);

	if (!r)
		r = pthread_create(&thread, NULL, drainer_main, p);
	return -r;
}
