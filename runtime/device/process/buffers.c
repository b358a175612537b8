/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "process.h"

/*
 * Buffers of XRT's for arguments. Making one costs more than an empty call, so they are kept: by the pages they lie over
 * (user pointers) or by their size (mapped), and by the memory that the argument is in. One call at a time uses a buffer, but for constants.
 *
 * XRT 2.13 wants user pointers aligned to pages; the argument is then a sub-buffer at the window's place in its pages, and XRT brings and
 * fetches exactly the window.
 */
#define POOL_MAX 1024 /* buffers that nobody uses are given back beyond this number */
#define SUBS_MAX 256  /* of one device buffer */

enum bo_kind { BO_USER, BO_MAPPED, BO_CONSTANT };

struct bo {
	struct bo *next; /* the most recently used first */
	enum bo_kind kind;
	uint64_t offset, bytes; /* USER: pages. MAPPED: bytes. CONSTANT: the window */
	int group;
	uint32_t users;
	xrtBufferHandle handle, sub; /* sub NULL: the argument is the buffer itself */
	uint64_t sub_at, sub_bytes;
	void *map;	    /* MAPPED */
	struct bo *carrier; /* CONSTANT: the buffer that it is in, USER or MAPPED */
};

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

static struct pool {
	pthread_mutex_t lock;	    /* for the list and `users`; buffers are made by the feeder alone */
	pthread_mutex_t one_by_one; /* held: while XRT copies, in emulation */
	struct bo *first;
	uint32_t count;
	struct device_buffer **devices; /* main makes, n_devices is stored last; sub-buffers are the feeder's */
	_Atomic uint32_t n_devices;
	bool device_only_has_no_subs; /* [main] */
} pool = { .lock = PTHREAD_MUTEX_INITIALIZER, .one_by_one = PTHREAD_MUTEX_INITIALIZER };

#define DEVICES_MAX 4096

static int refused(const struct self *self, char *text, const char *what)
{
	int error = errno > 0 ? errno : EIO;
	char words[256];

	pel_process_words(self, words, sizeof(words));
	snprintf(text, TEXT_BYTES, "%s%s%s%s", what, *words ? " (XRT: " : "", words, *words ? ")" : "");
	return -error;
}

/* ---- the pool ---- */

static bool fits(const struct bo *bo, enum bo_kind kind, uint64_t offset, uint64_t bytes, int group)
{
	return bo->kind == kind && bo->group == group && bo->bytes == bytes &&
	       (kind == BO_MAPPED || bo->offset == offset) && (kind == BO_CONSTANT || bo->users == 0);
}

static void to_front(struct bo **at)
{
	struct bo *bo = *at;

	*at = bo->next;
	bo->next = pool.first;
	pool.first = bo;
}

/* A buffer of that kind and place; rather one whose sub-buffer is right already. NULL: none. */
static struct bo *take(enum bo_kind kind, uint64_t offset, uint64_t bytes, int group, uint64_t sub_at,
		       uint64_t sub_bytes)
{
	struct bo **best = NULL, *bo;

	pthread_mutex_lock(&pool.lock);
	for (struct bo **at = &pool.first; *at; at = &(*at)->next) {
		if (!fits(*at, kind, offset, bytes, group))
			continue;
		best = best ? best : at;
		if ((*at)->sub_at == sub_at && (*at)->sub_bytes == sub_bytes) {
			best = at;
			break;
		}
	}
	bo = best ? *best : NULL;
	if (bo) {
		bo->users++;
		to_front(best);
	}
	pthread_mutex_unlock(&pool.lock);
	return bo;
}

static void free_bo(struct bo *bo)
{
	if (bo->sub)
		xrtBOFree(bo->sub);
	if (bo->handle)
		xrtBOFree(bo->handle);
	free(bo);
}

/* The least recently used of those that nobody uses, unlinked; NULL: all are used. Constants stay. Held: the pool's lock. */
static struct bo *unlink_oldest(void)
{
	struct bo **oldest = NULL, *bo;

	for (struct bo **at = &pool.first; *at; at = &(*at)->next)
		if ((*at)->users == 0 && (*at)->kind != BO_CONSTANT)
			oldest = at;
	if (!oldest)
		return NULL;
	bo = *oldest;
	*oldest = bo->next;
	pool.count--;
	return bo;
}

static void put_new(struct bo *bo)
{
	struct bo *old = NULL;

	bo->users = 1;
	pthread_mutex_lock(&pool.lock);
	bo->next = pool.first;
	pool.first = bo;
	if (++pool.count > POOL_MAX)
		old = unlink_oldest();
	pthread_mutex_unlock(&pool.lock);
	if (old)
		free_bo(old);
}

static void put_back(struct bo *bo)
{
	pthread_mutex_lock(&pool.lock);
	bo->users--;
	pthread_mutex_unlock(&pool.lock);
}

/* ---- user pointers ---- */

static int make_user(struct self *self, uint64_t first, uint64_t bytes, int group, struct bo **ret, char *text)
{
	struct bo *bo;
	xrtBufferHandle handle;

	errno = 0;
	handle = xrtBOAllocUserPtr(self->device, self->memory + first, bytes, XRT_BO_FLAGS_NONE,
				   (xrtMemoryGroup)group);
	if (!handle)
		return refused(self, text, "XRT refuses a buffer on the channel's memory");
	bo = pel_process_alloc(sizeof(*bo));
	*bo = (struct bo){ .kind = BO_USER, .offset = first, .bytes = bytes, .group = group, .handle = handle };
	put_new(bo);
	*ret = bo;
	return 0;
}

static int set_sub(struct self *self, struct bo *bo, uint64_t at, uint64_t bytes, char *text)
{
	if (bo->sub_at == at && bo->sub_bytes == bytes)
		return 0;
	if (bo->sub)
		xrtBOFree(bo->sub);
	bo->sub = NULL;
	bo->sub_bytes = 0;
	if (at != 0 || bytes != bo->bytes) {
		errno = 0;
		bo->sub = xrtBOSubAlloc(bo->handle, bytes, at);
		if (!bo->sub)
			return refused(self, text, "XRT refuses a part of a buffer");
	}
	bo->sub_at = at;
	bo->sub_bytes = bytes;
	return 0;
}

static int take_user(struct self *self, const struct pel_device_arg *arg, int group, struct bo **ret, char *text)
{
	uint64_t mask = self->page - 1, from = arg->range_bytes ? arg->range_offset : arg->offset;
	uint64_t end = arg->range_bytes ? from + arg->range_bytes : from + arg->bytes;
	uint64_t first = from & ~mask, bytes = ((end + mask) & ~mask) - first, at = arg->offset - first;
	struct bo *bo = take(BO_USER, first, bytes, group, at, arg->bytes);
	int r = bo ? 0 : make_user(self, first, bytes, group, &bo, text);

	if (r < 0)
		return r;
	*ret = bo;
	return set_sub(self, bo, at, arg->bytes, text);
}

/* ---- mapped ---- */

static int make_mapped(struct self *self, uint64_t bytes, int group, struct bo **ret, char *text)
{
	struct bo *bo;
	xrtBufferHandle handle;
	void *map;

	errno = 0;
	handle = xrtBOAlloc(self->device, bytes, XRT_BO_FLAGS_NONE, (xrtMemoryGroup)group);
	if (!handle)
		return refused(self, text, "XRT has no memory for a buffer");
	map = xrtBOMap(handle);
	if (!map) {
		xrtBOFree(handle);
		return refused(self, text, "XRT cannot map a buffer");
	}
	bo = pel_process_alloc(sizeof(*bo));
	*bo = (struct bo){ .kind = BO_MAPPED, .bytes = bytes, .group = group, .handle = handle, .map = map };
	put_new(bo);
	*ret = bo;
	return 0;
}

static int take_mapped(struct self *self, const struct pel_device_arg *arg, int group, struct bo **ret,
		       char *text)
{
	uint64_t mask = self->page - 1, wanted = arg->range_bytes ? arg->range_bytes : arg->bytes;
	uint64_t bytes = (wanted + mask) & ~mask;

	*ret = take(BO_MAPPED, 0, bytes, group, 0, 0);
	if (*ret)
		return 0;
	return make_mapped(self, bytes, group, ret, text);
}

/* ---- either ---- */

static int take_bo(struct self *self, const struct pel_device_arg *arg, int group, struct bo **ret, char *text)
{
	uint32_t buffers = atomic_load(&self->buffers);
	int r;

	if (buffers == PEL_BUFFERS_MAPPED)
		return take_mapped(self, arg, group, ret, text);
	r = take_user(self, arg, group, ret, text);
	if (r == 0 || buffers == PEL_BUFFERS_USER)
		atomic_store(&self->buffers, PEL_BUFFERS_USER);
	else if (!*ret)
		atomic_store(&self->buffers, PEL_BUFFERS_MAPPED);
	if (r == 0 || atomic_load(&self->buffers) != PEL_BUFFERS_MAPPED)
		return r;
	return take_mapped(self, arg, group, ret, text);
}

static void count(_Atomic uint64_t *counter, uint64_t bytes)
{
	atomic_fetch_add_explicit(counter, bytes, memory_order_relaxed);
}

static int sync_bo(struct self *self, struct bo *bo, const struct pel_device_arg *arg, bool to_device,
		   char *text)
{
	enum xclBOSyncDirection direction = to_device ? XCL_BO_SYNC_BO_TO_DEVICE : XCL_BO_SYNC_BO_FROM_DEVICE;
	uint64_t at = bo->kind == BO_USER ? arg->offset - bo->offset : 0;
	int r;

	if (bo->kind == BO_MAPPED && to_device) {
		memcpy(bo->map, self->memory + arg->offset, arg->bytes);
		count(&self->shared->copied_bytes, arg->bytes);
	}
	/*
	 * A card brings and fetches at the same time. The emulation has one socket for both: two threads that take turns on it, packet
	 * by packet, are slower than one after the other.
	 */
	if (self->emulated)
		pthread_mutex_lock(&pool.one_by_one);
	errno = 0;
	r = xrtBOSync(bo->handle, direction, arg->bytes, at);
	if (self->emulated)
		pthread_mutex_unlock(&pool.one_by_one);
	if (r != 0)
		return refused(self, text,
			       to_device ? "XRT cannot bring data to the device"
					 : "XRT cannot fetch data from the device");
	count(to_device ? &self->shared->to_device_bytes : &self->shared->from_device_bytes, arg->bytes);
	if (bo->kind == BO_MAPPED && !to_device) {
		memcpy(self->memory + arg->offset, bo->map, arg->bytes);
		count(&self->shared->copied_bytes, arg->bytes);
	}
	return 0;
}

/* Once brought, its carrier is used for ever: nothing else gets it. */
static int take_constant(struct self *self, const struct pel_device_arg *arg, int group, struct bo **ret,
			 char *text)
{
	struct bo *carrier = NULL;
	int r;

	*ret = take(BO_CONSTANT, arg->offset, arg->bytes, group, 0, 0);
	if (*ret)
		return 0;
	r = take_bo(self, arg, group, &carrier, text);
	if (r == 0)
		r = sync_bo(self, carrier, arg, true, text);
	if (r < 0) {
		if (carrier)
			put_back(carrier);
		return r;
	}
	*ret = pel_process_alloc(sizeof(**ret));
	**ret = (struct bo){
		.kind = BO_CONSTANT, .offset = arg->offset, .bytes = arg->bytes, .group = group, .carrier = carrier
	};
	put_new(*ret);
	return 0;
}

/* ---- device buffers ---- */

static struct device_buffer *find_device(const struct pel_device_arg *arg)
{
	struct device_buffer *buffer;

	if (arg->buffer >= atomic_load_explicit(&pool.n_devices, memory_order_acquire))
		return NULL;
	buffer = pool.devices[arg->buffer];
	return arg->bytes > 0 && arg->bytes <= buffer->bytes && arg->offset <= buffer->bytes - arg->bytes
		       ? buffer
		       : NULL;
}

static int device_part(struct self *self, const struct pel_device_arg *arg, xrtBufferHandle *ret, char *text)
{
	struct device_buffer *buffer = find_device(arg);
	struct sub *sub;

	if (!buffer) {
		snprintf(text, TEXT_BYTES, "device buffer %u has no such part", arg->buffer);
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
		return refused(self, text, "XRT refuses a part of a device buffer");
	/* A run has the address; the handle that is given back is not needed by it any more. */
	sub = &buffer->subs[buffer->next_sub++ % SUBS_MAX];
	if (buffer->n_subs < SUBS_MAX)
		buffer->n_subs++;
	else
		xrtBOFree(sub->handle);
	*sub = (struct sub){ .offset = arg->offset, .bytes = arg->bytes, .handle = *ret };
	return 0;
}

/*
 * XRT 2.13 makes no sub-buffers of device-only buffers. Where that is so an ordinary one is taken: its other half, in the host,
 * is never touched.
 */
static xrtBufferHandle alloc_device(struct self *self, uint64_t bytes, xrtMemoryGroup group)
{
	xrtBufferHandle handle = NULL, sub;

	errno = 0;
	if (!pool.device_only_has_no_subs && bytes > 1) {
		handle = xrtBOAlloc(self->device, bytes, XRT_BO_FLAGS_DEV_ONLY, group);
		sub = handle ? xrtBOSubAlloc(handle, 1, 1) : NULL;
		if (sub) {
			xrtBOFree(sub);
			return handle;
		}
		if (handle)
			xrtBOFree(handle);
		pool.device_only_has_no_subs = true;
	}
	return xrtBOAlloc(self->device, bytes, XRT_BO_FLAGS_NONE, group);
}

/* XRT 2.25 gives a memory group for scalars, too. */
static bool is_pointer(const struct kernel *kernel, uint32_t index)
{
	return index < PEL_DEVICE_ARGS_MAX && kernel->pointers >> index & 1;
}

int pel_buffers_add(struct self *self, const struct pel_device_message *message, char *text)
{
	uint32_t n = atomic_load(&pool.n_devices);
	struct device_buffer *buffer;
	const struct kernel *kernel;
	int group;

	if (message->kernel >= atomic_load(&self->n_kernels) || message->index != n || n == DEVICES_MAX) {
		snprintf(text, TEXT_BYTES, "there is no room for device buffer %u", message->index);
		return -EINVAL;
	}
	if (!pool.devices)
		pool.devices = pel_process_alloc(DEVICES_MAX * sizeof(struct device_buffer *));
	kernel = &self->kernels[message->kernel];
	errno = 0;
	group = is_pointer(kernel, message->arg)
			? xrtKernelArgGroupId(kernel->cus[0]->handle, (int)message->arg)
			: -1;
	if (group < 0) {
		snprintf(text, TEXT_BYTES, "argument %u of kernel '%s' is in no memory of the device",
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
		return refused(self, text, what);
	}
	pool.devices[n] = buffer;
	atomic_store_explicit(&pool.n_devices, n + 1, memory_order_release);
	return 0;
}

/* ---- arguments of a call ---- */

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

	if (!is_pointer(call->kernel, index))
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
		snprintf(text, TEXT_BYTES, "it is in no memory of the device");
		return -EINVAL;
	}
	if (arg->bytes == 0 || arg->bytes > self->memory_bytes ||
	    arg->offset > self->memory_bytes - arg->bytes) {
		snprintf(text, TEXT_BYTES, "its window is outside the memory of the channels");
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
		r = take_constant(self, arg, group, &call->bos[i], text);
	else
		r = take_bo(self, arg, group, &call->bos[i], text);
	if (r == 0 && (arg->kind == PEL_ARG_IN || arg->kind == PEL_ARG_INOUT))
		r = sync_bo(self, call->bos[i], arg, true, text);
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
		snprintf(text, TEXT_BYTES, "it is of no known kind");
		return -EINVAL;
	}
	if (arg->kind == PEL_ARG_SCALAR) {
		errno = 0;
		return set_scalar(call, arg) == 0 ? 0 : refused(self, text, "XRT refuses its value");
	}
	r = arg->kind == PEL_ARG_DEVICE ? device_part(self, arg, &handle, text)
					: bring(self, call, i, &handle, text);
	if (r < 0)
		return r;
	errno = 0;
	return xrtRunSetArg(call->run, (int)arg->index, handle) == 0
		       ? 0
		       : refused(self, text, "XRT refuses its buffer");
}

int pel_buffers_bring(struct self *self, struct call *call, char *text)
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

int pel_buffers_fetch(struct self *self, struct call *call, char *text)
{
	for (uint32_t i = 0; i < call->n_args; i++) {
		const struct pel_device_arg *arg = &call->args[i];

		if (arg->kind != PEL_ARG_OUT && arg->kind != PEL_ARG_INOUT)
			continue;
		if (sync_bo(self, call->bos[i], arg, false, text) < 0)
			return -EIO;
	}
	return 0;
}

void pel_buffers_release(struct self *self, struct call *call)
{
	(void)self;
	for (uint32_t i = 0; i < call->n_args; i++)
		if (call->bos[i])
			put_back(call->bos[i]);
	call->n_args = 0;
}

void pel_buffers_close(void)
{
	struct bo *next;

	for (struct bo *bo = pool.first; bo; bo = next) {
		next = bo->next;
		free_bo(bo);
	}
	pool.first = NULL;
	for (uint32_t i = 0; i < pool.n_devices; i++) {
		for (uint32_t k = 0; k < pool.devices[i]->n_subs; k++)
			xrtBOFree(pool.devices[i]->subs[k].handle);
		xrtBOFree(pool.devices[i]->handle);
	}
	pool.n_devices = 0;
}
