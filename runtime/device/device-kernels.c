/* SPDX-License-Identifier: Apache-2.0 */
#include "device-kernels.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "device-request.h"

/* Registers kernels and device buffers, after checking them against the xclbin. */

void pel_device_free_kernel(struct pel_device_known_kernel *kernel)
{
	for (uint32_t i = 0; kernel->cus && i < kernel->n_cus; i++)
		pel_free(kernel->cus[i]);
	pel_free(kernel->cus);
	pel_free(kernel->name);
	*kernel = (struct pel_device_known_kernel){ 0 };
}

static uint64_t pointers_of(const struct pel_xclbin_kernel *kernel)
{
	uint64_t pointers = 0;

	for (uint32_t i = 0; i < kernel->n_args; i++)
		if (kernel->args[i].kind == PEL_XCLBIN_POINTER)
			pointers |= (uint64_t)1 << i;
	return pointers;
}

/* XRT takes floating-point arguments through varargs, so they must be passed as double. */
static uint64_t floats_of(const struct pel_xclbin_kernel *kernel)
{
	uint64_t floats = 0;

	for (uint32_t i = 0; i < kernel->n_args; i++)
		if (kernel->args[i].kind == PEL_XCLBIN_SCALAR && kernel->args[i].is_float)
			floats |= (uint64_t)1 << i;
	return floats;
}

static int no_kernel(const struct pel_device *device, const char *name, struct pel_place place,
		     struct pel_error *err)
{
	struct pel_near near = { 0 };

	for (uint32_t i = 0; i < device->contents->n_kernels; i++)
		pel_near_try(&near, name, device->contents->kernels[i].name);
	pel_fail(err, -EINVAL, place, "%s has no kernel '%s'", device->xclbin, name);
	if (near.name)
		pel_hint(err, "did you mean '%s'?", near.name);
	return -EINVAL;
}

static int check_cu(const struct pel_device *device, const struct pel_xclbin_kernel *kernel, const char *name,
		    struct pel_place place, struct pel_error *err)
{
	struct pel_near near = { 0 };

	for (uint32_t i = 0; i < kernel->n_cus; i++) {
		if (strcmp(kernel->cus[i].name, name) == 0)
			return 0;
		pel_near_try(&near, name, kernel->cus[i].name);
	}
	pel_fail(err, -EINVAL, place, "kernel '%s' in %s has no compute unit '%s'", kernel->name,
		 device->xclbin, name);
	if (near.name)
		pel_hint(err, "did you mean '%s'?", near.name);
	return -EINVAL;
}

/* Refuse what XRT would refuse with a worse message, or would crash on. */
static int check_kernel(const struct pel_device *device, const struct pel_device_kernel *wanted,
			struct pel_device_known_kernel *to, struct pel_place place, struct pel_error *err)
{
	const struct pel_xclbin_kernel *kernel = pel_xclbin_find(device->contents, wanted->name);
	int r = 0;

	if (!kernel)
		return no_kernel(device, wanted->name, place, err);
	if (wanted->n_cus == 0)
		return pel_fail(err, -EINVAL, place, "kernel '%s' is used without a compute unit",
				wanted->name);
	if (kernel->n_args > PEL_DEVICE_ARGS_MAX)
		return pel_fail(err, -EINVAL, place, "kernel '%s' has %u arguments; Pelton can give at most %d",
				wanted->name, kernel->n_args, PEL_DEVICE_ARGS_MAX);
	if (kernel->control == PEL_XCLBIN_NONE)
		return pel_fail(err, -EINVAL, place,
				"kernel '%s' cannot be called: it runs by itself (ap_ctrl_none)", wanted->name);
	for (uint32_t i = 0; i < wanted->n_cus && r == 0; i++)
		r = check_cu(device, kernel, wanted->cus[i], place, err);
	to->floats = floats_of(kernel);
	to->pointers = pointers_of(kernel);
	return r;
}

static int copy_kernel(struct pel_device_known_kernel *kernel, const struct pel_device_kernel *from)
{
	kernel->timeout_ms = from->timeout_ms;
	kernel->name = pel_strdup(from->name);
	kernel->cus = pel_calloc(from->n_cus ? from->n_cus : 1, sizeof(*kernel->cus));
	if (!kernel->name || !kernel->cus)
		return -ENOMEM;
	kernel->n_cus = from->n_cus;
	for (uint32_t i = 0; i < from->n_cus; i++)
		if (!(kernel->cus[i] = pel_strdup(from->cus[i])))
			return -ENOMEM;
	return 0;
}

int pel_device_add_kernel(struct pel_device *device, const struct pel_device_kernel *from,
			  struct pel_place place, struct pel_error *err)
{
	struct pel_device_known_kernel *kernel = &device->kernels[device->n_kernels];
	int r;

	if (device->n_kernels == PEL_DEVICE_KERNELS_MAX)
		return pel_fail(err, -E2BIG, place, "more than %d kernels on one device",
				PEL_DEVICE_KERNELS_MAX);
	r = check_kernel(device, from, kernel, place, err);
	if (r < 0)
		return r;
	r = copy_kernel(kernel, from);
	if (r < 0)
		pel_nomem(err);
	else
		r = pel_device_ask_kernel(device, device->n_kernels, kernel, place, err);
	if (r < 0) {
		pel_device_free_kernel(kernel);
		return r;
	}
	return (int)device->n_kernels++;
}

int pel_device_add_buffer(struct pel_device *device, size_t bytes, uint32_t kernel, uint32_t arg,
			  struct pel_place place, struct pel_error *err)
{
	struct pel_device_buffer *buffer;
	int r;

	assert(kernel < device->n_kernels);
	if (pel_grow(&device->buffers, &device->buffers_capacity, device->n_buffers + 1, sizeof(*buffer)) < 0)
		return pel_nomem(err);
	buffer = &device->buffers[device->n_buffers];
	*buffer = (struct pel_device_buffer){ .bytes = bytes, .kernel = kernel, .arg = arg };
	r = pel_device_ask_buffer(device, (uint32_t)device->n_buffers, buffer, place, err);
	return r < 0 ? r : (int)device->n_buffers++;
}
