/* SPDX-License-Identifier: Apache-2.0 */
#include "bo-pool.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "process-report.h"

#define POOL_MAX 1024 /* above this number, unused buffers are freed */

static struct {
	pthread_mutex_t lock;	    /* protects the list and `users`; only the feeder makes buffers */
	pthread_mutex_t one_by_one; /* in emulation, held while XRT copies */
	struct bo *first;
	uint32_t count;
} pool = { .lock = PTHREAD_MUTEX_INITIALIZER, .one_by_one = PTHREAD_MUTEX_INITIALIZER };

int pel_bo_refused(const struct self *self, char *text, const char *what)
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

/* Find a free buffer of that kind and place, and prefer one whose sub-buffer already fits. NULL: none. */
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

/* Unlink the least recently used buffer that is free; constants stay. NULL: all are in use. The pool's lock is held. */
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

void pel_bo_put_back(struct bo *bo)
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
		return pel_bo_refused(self, text, "XRT refuses a buffer over channel memory");
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
			return pel_bo_refused(self, text, "XRT refuses a sub-buffer");
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
		return pel_bo_refused(self, text, "XRT has no memory for a buffer");
	map = xrtBOMap(handle);
	if (!map) {
		xrtBOFree(handle);
		return pel_bo_refused(self, text, "XRT cannot map a buffer");
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

int pel_bo_take(struct self *self, const struct pel_device_arg *arg, int group, struct bo **ret, char *text)
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

int pel_bo_sync(struct self *self, struct bo *bo, const struct pel_device_arg *arg, bool to_device, char *text)
{
	enum xclBOSyncDirection direction = to_device ? XCL_BO_SYNC_BO_TO_DEVICE : XCL_BO_SYNC_BO_FROM_DEVICE;
	uint64_t at = bo->kind == BO_USER ? arg->offset - bo->offset : 0;
	int r;

	if (bo->kind == BO_MAPPED && to_device) {
		memcpy(bo->map, self->memory + arg->offset, arg->bytes);
		count(&self->shared->copied_bytes, arg->bytes);
	}
	/*
	 * A card copies in both directions at once. The emulation has a single socket: two threads that interleave packets on it are slower
	 * than one copy after the other.
	 */
	if (self->emulated)
		pthread_mutex_lock(&pool.one_by_one);
	errno = 0;
	r = xrtBOSync(bo->handle, direction, arg->bytes, at);
	if (self->emulated)
		pthread_mutex_unlock(&pool.one_by_one);
	if (r != 0)
		return pel_bo_refused(self, text,
				      to_device ? "XRT cannot copy data to the device"
						: "XRT cannot copy data from the device");
	count(to_device ? &self->shared->to_device_bytes : &self->shared->from_device_bytes, arg->bytes);
	if (bo->kind == BO_MAPPED && !to_device) {
		memcpy(self->memory + arg->offset, bo->map, arg->bytes);
		count(&self->shared->copied_bytes, arg->bytes);
	}
	return 0;
}

/* The constant keeps its carrier buffer for good: no other argument ever uses that buffer. */
int pel_bo_take_constant(struct self *self, const struct pel_device_arg *arg, int group, struct bo **ret,
			 char *text)
{
	struct bo *carrier = NULL;
	int r;

	*ret = take(BO_CONSTANT, arg->offset, arg->bytes, group, 0, 0);
	if (*ret)
		return 0;
	r = pel_bo_take(self, arg, group, &carrier, text);
	if (r == 0)
		r = pel_bo_sync(self, carrier, arg, true, text);
	if (r < 0) {
		if (carrier)
			pel_bo_put_back(carrier);
		return r;
	}
	*ret = pel_process_alloc(sizeof(**ret));
	**ret = (struct bo){
		.kind = BO_CONSTANT, .offset = arg->offset, .bytes = arg->bytes, .group = group, .carrier = carrier
	};
	put_new(*ret);
	return 0;
}

void pel_bo_pool_close(void)
{
	struct bo *next;

	for (struct bo *bo = pool.first; bo; bo = next) {
		next = bo->next;
		free_bo(bo);
	}
	pool.first = NULL;
}
