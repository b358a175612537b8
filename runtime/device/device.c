/* SPDX-License-Identifier: Apache-2.0 */
#include "device.h"

#include <errno.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include "device-client.h"

/* ---- making ---- */

static char *copy_options(struct pel_device *device, const struct pel_device_options *options)
{
	device->options = *options;
	device->options.xclbin = pel_arena_strdup(&device->arena, options->xclbin);
	return (char *)device->options.xclbin;
}

int pel_device_open(const struct pel_device_options *options, struct pel_place place, struct pel_device **ret,
		    struct pel_error *err)
{
	struct pel_device *device = pel_calloc(1, sizeof(*device));
	int r;

	if (!device)
		return pel_nomem(err);
	pel_device_client_init(device);
	device->place = place;
	r = copy_options(device, options) ? pel_device_start(device, err) : pel_nomem(err);
	if (r < 0) {
		pel_device_close(device);
		return r;
	}
	*ret = device;
	return 0;
}

void pel_device_close(struct pel_device *device)
{
	if (!device)
		return;
	pel_device_end(device, true);
	pel_arena_fini(&device->arena);
	pel_free(device);
}

static bool fits(struct pel_message *message, size_t *used, const char *text)
{
	size_t length = strlen(text) + 1;

	if (*used + length > sizeof(message->text))
		return false;
	memcpy(message->text + *used, text, length);
	*used += length;
	return true;
}

static int tell_kernel(struct pel_device *device, const struct pel_device_kernel *kernel,
		       struct pel_place place, struct pel_error *err)
{
	struct pel_message message = { .kind = PEL_MESSAGE_KERNEL,
				       .number = kernel->n_cus,
				       .a = kernel->timeout_ms };
	size_t used = 0;
	bool ok = fits(&message, &used, kernel->name);

	for (uint32_t i = 0; i < kernel->n_cus; i++)
		ok = ok && fits(&message, &used, kernel->cus[i]);
	if (!ok || !kernel->n_cus)
		return pel_fail(err, -EINVAL, place, "kernel '%.100s' has %u compute units, which is %s",
				kernel->name, kernel->n_cus, ok ? "none" : "too many");
	return pel_device_ask(device, &message, place, err);
}

int pel_device_add_kernel(struct pel_device *device, const struct pel_device_kernel *kernel,
			  struct pel_place place, struct pel_error *err)
{
	struct pel_device_kernel *copy = &device->kernels[device->n_kernels];
	const char **cus;
	int r;

	if (device->n_kernels == PEL_DEVICE_KERNELS_MAX)
		return pel_fail(err, -EINVAL, place, "a device cannot run more than %d actors",
				PEL_DEVICE_KERNELS_MAX);
	r = tell_kernel(device, kernel, place, err);
	if (r < 0)
		return r;
	*copy = *kernel;
	copy->name = pel_arena_strdup(&device->arena, kernel->name);
	copy->cus = cus = pel_arena_array(&device->arena, kernel->n_cus, sizeof(*cus));
	if (!copy->name || !cus)
		return pel_nomem(err);
	for (uint32_t i = 0; i < kernel->n_cus; i++)
		if (!(cus[i] = pel_arena_strdup(&device->arena, kernel->cus[i])))
			return pel_nomem(err);
	return (int)device->n_kernels++;
}

static int tell_buffer(struct pel_device *device, const struct device_buffer *buffer, struct pel_place place,
		       struct pel_error *err)
{
	struct pel_message message = {
		.kind = PEL_MESSAGE_BUFFER, .number = buffer->kernel, .a = buffer->bytes, .b = buffer->arg
	};

	return pel_device_ask(device, &message, place, err);
}

int pel_device_add_buffer(struct pel_device *device, size_t bytes, uint32_t kernel, uint32_t arg,
			  struct pel_place place, struct pel_error *err)
{
	struct device_buffer buffer = { bytes, kernel, arg };
	int r;

	if (device->n_buffers == DEVICE_BUFFERS_MAX)
		return pel_fail(err, -EINVAL, place, "a device cannot hold more than %d channels",
				DEVICE_BUFFERS_MAX);
	r = tell_buffer(device, &buffer, place, err);
	if (r < 0)
		return r;
	device->buffers[device->n_buffers] = buffer;
	return (int)device->n_buffers++;
}

int pel_device_restart(struct pel_device *device, struct pel_error *err)
{
	int r;

	pel_device_end(device, false);
	r = pel_device_start(device, err);
	for (uint32_t i = 0; i < device->n_kernels && r >= 0; i++)
		r = tell_kernel(device, &device->kernels[i], device->place, err);
	for (uint32_t i = 0; i < device->n_buffers && r >= 0; i++)
		r = tell_buffer(device, &device->buffers[i], device->place, err);
	if (r < 0)
		pel_device_lose(device, "it could not be started again");
	return r < 0 ? r : 0;
}

/* ---- calls ---- */

int pel_device_submit(struct pel_device *device, const struct pel_device_call *call)
{
	struct pel_shared *shared = device->shared;
	struct pel_request *request;

	if (device->on_their_way == PEL_DEVICE_CALLS_MAX)
		return -EAGAIN;
	request = &shared->requests[device->request_tail % PEL_DEVICE_CALLS_MAX];
	request->cookie = call->cookie;
	request->kernel = call->kernel;
	request->cu = call->cu;
	request->n_args = call->n_args;
	memcpy(request->args, call->args, call->n_args * sizeof(*call->args));
	device->on_their_way++;
	/* The process reads the request after it has seen the tail. */
	atomic_store_explicit(&shared->request_tail, ++device->request_tail, memory_order_release);
	eventfd_write(device->requests, 1);
	return 0;
}

/* The next completion, copied. False: there is none. */
static bool next_completion(struct pel_device *device, struct pel_device_completion *ret)
{
	struct pel_shared *shared = device->shared;
	uint32_t tail = atomic_load_explicit(&shared->completion_tail, memory_order_acquire);

	/* A tail that cannot be is the word of a process that has lost its mind: check() will tell. */
	if (tail == device->completion_head || tail - device->completion_head > device->on_their_way)
		return false;
	*ret = shared->completions[device->completion_head % PEL_DEVICE_CALLS_MAX];
	ret->message[sizeof(ret->message) - 1] = '\0';
	if (ret->status > PEL_CALL_TIMEOUT)
		ret->status = PEL_CALL_FAULT;
	atomic_store_explicit(&shared->completion_head, ++device->completion_head, memory_order_release);
	device->on_their_way--;
	return true;
}

int pel_device_take(struct pel_device *device, struct pel_device_completion *ret)
{
	eventfd_t count;

	if (!device->shared)
		return 0;
	if (next_completion(device, ret))
		return 1;
	/* Cleared, then looked at again, so that nothing is missed. */
	if (eventfd_read(device->completions, &count) < 0)
		return 0;
	return next_completion(device, ret);
}

/* ---- watching ---- */

int pel_device_fd(const struct pel_device *device)
{
	return device->poll;
}

const char *pel_device_why(const struct pel_device *device)
{
	return device->why;
}

void pel_device_lose(struct pel_device *device, const char *why)
{
	if (!device->lost)
		snprintf(device->why, sizeof(device->why), "%s", why);
	device->lost = true;
}

/* Ticks since `beats` last changed. */
static unsigned silence(struct silence *silence, uint32_t beats)
{
	if (beats != silence->beats) {
		silence->beats = beats;
		silence->ticks = 0;
	}
	return silence->ticks++;
}

int pel_device_check(struct pel_device *device)
{
	struct pel_shared *shared = device->shared;
	uint64_t now = pel_device_now_ns();
	char why[256];

	if (device->lost)
		return -EIO;
	if (pel_device_ended(device, why, sizeof(why))) {
		pel_device_lose(device, why);
		return -EIO;
	}
	if (atomic_load_explicit(&shared->lost, memory_order_acquire)) {
		memcpy(why, shared->why, sizeof(why));
		why[sizeof(why) - 1] = '\0';
		pel_device_lose(device, why);
		return -EIO;
	}
	if (now - device->ticked_ns < (uint64_t)PEL_DEVICE_TICK_MS * 900000u)
		return 0;
	device->ticked_ns = now;
	if (silence(&device->process, atomic_load(&shared->beats)) >= SILENT_TICKS)
		pel_device_lose(device, "the device process gives no sign of life");
	else if (device->options.emulation &&
		 silence(&device->model, atomic_load(&shared->model_beats)) >= SILENT_TICKS)
		pel_device_lose(device, "the device model gives no sign of life");
	return device->lost ? -EIO : 0;
}

void pel_device_counters(const struct pel_device *device, struct pel_device_counters *ret)
{
	*ret = (struct pel_device_counters){ 0 };
	if (!device->shared)
		return;
	ret->calls = atomic_load(&device->shared->calls);
	ret->to_device_bytes = atomic_load(&device->shared->to_device_bytes);
	ret->from_device_bytes = atomic_load(&device->shared->from_device_bytes);
	ret->copied_bytes = atomic_load(&device->shared->copied_bytes);
}

pid_t pel_device_pid(const struct pel_device *device)
{
	return device->pid;
}
