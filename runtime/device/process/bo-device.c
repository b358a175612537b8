/* SPDX-License-Identifier: Apache-2.0 */
#include "bo-device.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include "bo-pool.h"
#include "process-report.h"

#define SUBS_MAX    256 /* of one device buffer */
#define DEVICES_MAX 4096

struct sub {
	uint64_t offset, bytes;
	xrtBufferHandle handle;
};

struct device_buffer {
	xrtBufferHandle handle;
	uint64_t bytes;
	struct sub subs[SUBS_MAX];
	uint32_t n_subs, next_sub;
};

static struct {
	struct device_buffer **devices; /* main adds buffers and stores n_devices last; the feeder owns the sub-buffers */
	_Atomic uint32_t n_devices;
	bool device_only_has_no_subs; /* [main] */
} all;

static struct device_buffer *find_device(const struct pel_device_arg *arg)
{
	struct device_buffer *buffer;

	if (arg->buffer >= atomic_load_explicit(&all.n_devices, memory_order_acquire))
		return NULL;
	buffer = all.devices[arg->buffer];
	return arg->bytes > 0 && arg->bytes <= buffer->bytes && arg->offset <= buffer->bytes - arg->bytes
		       ? buffer
		       : NULL;
}

int pel_bo_device_part(struct self *self, const struct pel_device_arg *arg, xrtBufferHandle *ret, char *text)
{
	struct device_buffer *buffer = find_device(arg);
	struct sub *sub;

	if (!buffer) {
		snprintf(text, TEXT_BYTES, "the range is outside device buffer %u", arg->buffer);
		return -EINVAL;
	}
	*ret = buffer->handle;
	if (arg->offset == 0 && arg->bytes == buffer->bytes)
		return 0;
	for (uint32_t i = 0; i < buffer->n_subs; i++) {
		*ret = buffer->subs[i].handle;
		if (buffer->subs[i].offset == arg->offset && buffer->subs[i].bytes == arg->bytes)
			return 0;
	}
	errno = 0;
	*ret = xrtBOSubAlloc(buffer->handle, arg->bytes, arg->offset);
	if (!*ret)
		return pel_bo_refused(self, text, "XRT refuses a sub-buffer of a device buffer");
	/* The oldest handle may be freed: the XRT runs that used it keep the address. */
	sub = &buffer->subs[buffer->next_sub++ % SUBS_MAX];
	if (buffer->n_subs < SUBS_MAX)
		buffer->n_subs++;
	else
		xrtBOFree(sub->handle);
	*sub = (struct sub){ .offset = arg->offset, .bytes = arg->bytes, .handle = *ret };
	return 0;
}

/* XRT 2.13 cannot make sub-buffers of device-only buffers. In that case allocate an ordinary buffer; its host half is never touched. */
static xrtBufferHandle alloc_device(struct self *self, uint64_t bytes, xrtMemoryGroup group)
{
	xrtBufferHandle handle = NULL, sub;

	errno = 0;
	if (!all.device_only_has_no_subs && bytes > 1) {
		handle = xrtBOAlloc(self->device, bytes, XRT_BO_FLAGS_DEV_ONLY, group);
		sub = handle ? xrtBOSubAlloc(handle, 1, 1) : NULL;
		if (sub) {
			xrtBOFree(sub);
			return handle;
		}
		if (handle)
			xrtBOFree(handle);
		all.device_only_has_no_subs = true;
	}
	return xrtBOAlloc(self->device, bytes, XRT_BO_FLAGS_NONE, group);
}

int pel_bo_device_add(struct self *self, const struct pel_device_message *message, char *text)
{
	uint32_t n = atomic_load(&all.n_devices);
	struct device_buffer *buffer;
	const struct kernel *kernel;
	int group;

	if (message->kernel >= atomic_load(&self->n_kernels) || message->index != n || n == DEVICES_MAX) {
		snprintf(text, TEXT_BYTES, "device buffer %u is not valid", message->index);
		return -EINVAL;
	}
	if (!all.devices)
		all.devices = pel_process_alloc(DEVICES_MAX * sizeof(struct device_buffer *));
	kernel = &self->kernels[message->kernel];
	errno = 0;
	group = pel_arg_is_pointer(kernel, message->arg)
			? xrtKernelArgGroupId(kernel->cus[0]->handle, (int)message->arg)
			: -1;
	if (group < 0) {
		snprintf(text, TEXT_BYTES, "argument %u of kernel '%s' is not connected to device memory",
			 message->arg, kernel->name);
		return -EINVAL;
	}
	buffer = pel_process_alloc(sizeof(*buffer));
	buffer->bytes = message->bytes;
	buffer->handle = alloc_device(self, message->bytes, (xrtMemoryGroup)group);
	if (!buffer->handle) {
		char what[128];

		free(buffer);
		snprintf(what, sizeof(what), "the device has no memory for a buffer of %llu bytes",
			 (unsigned long long)message->bytes);
		return pel_bo_refused(self, text, what);
	}
	all.devices[n] = buffer;
	atomic_store_explicit(&all.n_devices, n + 1, memory_order_release);
	return 0;
}

void pel_bo_device_close(void)
{
	for (uint32_t i = 0; i < all.n_devices; i++) {
		for (uint32_t k = 0; k < all.devices[i]->n_subs; k++)
			xrtBOFree(all.devices[i]->subs[k].handle);
		xrtBOFree(all.devices[i]->handle);
	}
	all.n_devices = 0;
}
