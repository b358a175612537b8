/* SPDX-License-Identifier: Apache-2.0 */
#include "call-args.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "bo-device.h"
#include "bo-pool.h"

static int set_scalar(struct call *call, const struct pel_device_arg *arg)
{
	double number;
	float single;

	if (arg->buffer == 1 || (arg->index < 64 && call->kernel->floats >> arg->index & 1)) {
		if (arg->bytes == sizeof(single)) {
			memcpy(&single, &arg->value, sizeof(single));
			number = (double)single;
		} else {
			memcpy(&number, &arg->value, sizeof(number));
		}
		return xrtRunSetArg(call->run, (int)arg->index, number);
	}
	return xrtRunSetArg(call->run, (int)arg->index, arg->value);
}

static int group_of(struct call *call, uint32_t index)
{
	struct cu *cu = call->cu;

	if (!pel_arg_is_pointer(call->kernel, index))
		return -1;
	if (cu->groups[index] == GROUP_UNKNOWN)
		cu->groups[index] = xrtKernelArgGroupId(cu->handle, (int)index);
	return cu->groups[index];
}

static int bring(struct self *self, struct call *call, uint32_t i, xrtBufferHandle *ret, char *text)
{
	const struct pel_device_arg *arg = &call->args[i];
	int group = group_of(call, arg->index), r;
	struct bo *bo;

	if (group < 0) {
		snprintf(text, TEXT_BYTES, "it is not connected to device memory");
		return -EINVAL;
	}
	if (arg->bytes == 0 || arg->bytes > self->memory_bytes ||
	    arg->offset > self->memory_bytes - arg->bytes) {
		snprintf(text, TEXT_BYTES, "its window is outside channel memory");
		return -EINVAL;
	}
	if (arg->range_bytes && (arg->range_bytes > self->memory_bytes ||
				 arg->range_offset > self->memory_bytes - arg->range_bytes ||
				 arg->offset < arg->range_offset || arg->bytes > arg->range_bytes ||
				 arg->offset - arg->range_offset > arg->range_bytes - arg->bytes)) {
		snprintf(text, TEXT_BYTES, "its window is outside its range");
		return -EINVAL;
	}
	if (arg->kind == PEL_ARG_CONSTANT)
		r = pel_bo_take_constant(self, arg, group, &call->bos[i], text);
	else
		r = pel_bo_take(self, arg, group, &call->bos[i], text);
	if (r == 0 && (arg->kind == PEL_ARG_IN || arg->kind == PEL_ARG_INOUT))
		r = pel_bo_sync(self, call->bos[i], arg, true, text);
	if (r < 0)
		return r;
	bo = call->bos[i]->kind == BO_CONSTANT ? call->bos[i]->carrier : call->bos[i];
	*ret = bo->sub ? bo->sub : bo->handle;
	return 0;
}

static int bring_arg(struct self *self, struct call *call, uint32_t i, char *text)
{
	const struct pel_device_arg *arg = &call->args[i];
	xrtBufferHandle handle = NULL;
	int r;

	if (arg->index > INT32_MAX || arg->kind > PEL_ARG_DEVICE) {
		snprintf(text, TEXT_BYTES, "its kind is unknown");
		return -EINVAL;
	}
	if (arg->kind == PEL_ARG_SCALAR) {
		errno = 0;
		return set_scalar(call, arg) == 0 ? 0 : pel_bo_refused(self, text, "XRT refuses its value");
	}
	r = arg->kind == PEL_ARG_DEVICE ? pel_bo_device_part(self, arg, &handle, text)
					: bring(self, call, i, &handle, text);
	if (r < 0)
		return r;
	errno = 0;
	return xrtRunSetArg(call->run, (int)arg->index, handle) == 0
		       ? 0
		       : pel_bo_refused(self, text, "XRT refuses its buffer");
}

int pel_args_bring(struct self *self, struct call *call, char *text)
{
	char why[TEXT_BYTES];

	memset(call->bos, 0, sizeof(call->bos[0]) * call->n_args);
	for (uint32_t i = 0; i < call->n_args; i++) {
		int r = bring_arg(self, call, i, why);

		if (r < 0) {
			snprintf(text, TEXT_BYTES, "argument %u: %.1900s", call->args[i].index, why);
			return r;
		}
	}
	return 0;
}

int pel_args_fetch(struct self *self, struct call *call, char *text)
{
	for (uint32_t i = 0; i < call->n_args; i++) {
		const struct pel_device_arg *arg = &call->args[i];

		if (arg->kind != PEL_ARG_OUT && arg->kind != PEL_ARG_INOUT)
			continue;
		if (pel_bo_sync(self, call->bos[i], arg, false, text) < 0)
			return -EIO;
	}
	return 0;
}

void pel_args_release(struct call *call)
{
	for (uint32_t i = 0; i < call->n_args; i++)
		if (call->bos[i])
			pel_bo_put_back(call->bos[i]);
	call->n_args = 0;
}
