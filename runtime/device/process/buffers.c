/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>
#include "process.h"

/*
 * Buffers, pooled: to make one costs XRT as much as a call. With user pointers XRT works on the channels' memory itself, and nothing is copied
 * here; cards without that (XRT refuses) get buffers of XRT's own, to and from which we copy. Both syncs are always made, in emulation too,
 * where one of them could be missing without being missed.
 */
#define PAGE	 4096u
#define POOL_MAX 512 /* idle ones beyond it are freed */

static uint64_t page_down(uint64_t value)
{
	return value / PAGE * PAGE;
}

static uint64_t page_up(uint64_t value)
{
	return page_down(value + PAGE - 1);
}

/* The pages that the buffer of `arg` covers. */
static void range_of(const struct process *p, const struct pel_device_arg *arg, uint64_t *offset,
		     uint64_t *bytes)
{
	uint64_t from = arg->range_bytes ? arg->range_offset : arg->offset,
		 size = arg->range_bytes ? arg->range_bytes : arg->bytes, end;

	*offset = page_down(from);
	end = page_up(from + size);
	if (end > p->memory_bytes)
		end = p->memory_bytes;
	*bytes = end - *offset;
}

static void free_buffer(struct buffer *buffer)
{
	if (buffer->part)
		xrtBOFree(buffer->part);
	xrtBOFree(buffer->bo);
	pel_free(buffer);
}

/* [locked] The idle one that was used least lately makes room. */
static void make_room(struct process *p)
{
	uint32_t oldest = UINT32_MAX;

	if (p->n_pool < POOL_MAX)
		return;
	for (uint32_t i = 0; i < p->n_pool; i++)
		if (!p->pool[i]->busy && !p->pool[i]->constant &&
		    (oldest == UINT32_MAX || p->pool[i]->used < p->pool[oldest]->used))
			oldest = i;
	if (oldest == UINT32_MAX)
		return;
	free_buffer(p->pool[oldest]);
	p->pool[oldest] = p->pool[--p->n_pool];
}

static bool make_bo(struct process *p, struct buffer *buffer, char *why, size_t size)
{
	xrtMemoryGroup group = (xrtMemoryGroup)buffer->group;

	errno = 0;
	if (p->strategy != PEL_BUFFERS_MAPPED) {
		buffer->bo = xrtBOAllocUserPtr(p->device, p->memory + buffer->offset, buffer->bytes,
					       XRT_BO_FLAGS_NONE, group);
		if (buffer->bo)
			return true;
		if (p->strategy == PEL_BUFFERS_AUTO)
			p->strategy = PEL_BUFFERS_MAPPED; /* this card has no user pointers: never ask again */
	}
	if (p->strategy == PEL_BUFFERS_MAPPED) {
		buffer->bo = xrtBOAlloc(p->device, buffer->bytes, XRT_BO_FLAGS_NONE, group);
		if (buffer->bo && (buffer->mapped = xrtBOMap(buffer->bo)))
			return true;
		if (buffer->bo)
			xrtBOFree(buffer->bo);
	}
	snprintf(why, size, "XRT gives no buffer of %llu bytes in memory group %d%s%s",
		 (unsigned long long)buffer->bytes, buffer->group, errno ? ": " : "",
		 errno ? strerror(errno) : "");
	return false;
}

static struct buffer *make_buffer(struct process *p, const struct pel_device_arg *arg, int group, char *why,
				  size_t size)
{
	struct buffer *buffer = pel_calloc(1, sizeof(*buffer));

	if (!buffer) {
		snprintf(why, size, "out of memory");
		return NULL;
	}
	range_of(p, arg, &buffer->offset, &buffer->bytes);
	buffer->group = group;
	buffer->constant = arg->kind == PEL_ARG_CONSTANT;
	if (make_bo(p, buffer, why, size))
		return buffer;
	pel_free(buffer);
	return NULL;
}

static struct buffer *find_buffer(struct process *p, const struct pel_device_arg *arg, int group)
{
	uint64_t offset, bytes;

	range_of(p, arg, &offset, &bytes);
	for (uint32_t i = 0; i < p->n_pool; i++) {
		struct buffer *buffer = p->pool[i];

		if (buffer->offset == offset && buffer->bytes == bytes && buffer->group == group &&
		    buffer->constant == (arg->kind == PEL_ARG_CONSTANT) && (!buffer->busy || buffer->constant))
			return buffer;
	}
	return NULL;
}

/* The window as a buffer by itself: what the kernel is given. */
static bool set_part(struct buffer *buffer, const struct pel_device_arg *arg)
{
	if (buffer->part && buffer->part_offset == arg->offset && buffer->part_bytes == arg->bytes)
		return true;
	if (buffer->part)
		xrtBOFree(buffer->part);
	buffer->part = xrtBOSubAlloc(buffer->bo, arg->bytes, arg->offset - buffer->offset);
	buffer->part_offset = arg->offset;
	buffer->part_bytes = arg->bytes;
	return buffer->part != NULL;
}

/* Found or made, and busy. *made: it is new. [the feeder] */
static struct buffer *reserve(struct process *p, const struct unit *unit, const struct pel_device_arg *arg,
			      bool *made, char *why, size_t size)
{
	int group = xrtKernelArgGroupId(unit->kernel, (int)arg->index);
	struct buffer *buffer;

	*made = false;
	if (group < 0) {
		snprintf(why, size, "argument %u is in no memory bank", arg->index);
		return NULL;
	}
	pthread_mutex_lock(&p->lock);
	buffer = find_buffer(p, arg, group);
	if (!buffer)
		make_room(p);
	if (!buffer && p->n_pool == PROCESS_BUFFERS_MAX)
		snprintf(why, size, "too many buffers");
	else if (!buffer && (buffer = make_buffer(p, arg, group, why, size))) {
		p->pool[p->n_pool++] = buffer;
		*made = true;
	}
	if (buffer) {
		buffer->busy = true;
		buffer->used = ++p->clock;
	}
	pthread_mutex_unlock(&p->lock);
	return buffer;
}

struct buffer *buffer_take(struct process *p, const struct unit *unit, const struct pel_device_arg *arg,
			   char *why, size_t size)
{
	bool made, brought = arg->kind == PEL_ARG_IN || arg->kind == PEL_ARG_INOUT;
	struct buffer *buffer = reserve(p, unit, arg, &made, why, size);

	if (!buffer)
		return NULL;
	brought |= arg->kind == PEL_ARG_CONSTANT && made;
	if (set_part(buffer, arg) && (!brought || buffer_sync(p, buffer, arg, true) == 0))
		return buffer;
	snprintf(why, size, "argument %u cannot be brought to the device", arg->index);
	buffer_give_back(p, buffer);
	return NULL;
}

void buffer_give_back(struct process *p, struct buffer *buffer)
{
	pthread_mutex_lock(&p->lock);
	buffer->busy = false;
	pthread_mutex_unlock(&p->lock);
}

/*
 * A card brings data in and out at the same time. The emulation has one socket for both, and two threads that take turns on it, packet by packet, are
 * slower than one after the other.
 */
static int sync_bo(struct process *p, xrtBufferHandle bo, bool to_device, size_t bytes, size_t offset)
{
	static pthread_mutex_t one_by_one = PTHREAD_MUTEX_INITIALIZER;
	int r;

	if (p->emulated)
		pthread_mutex_lock(&one_by_one);
	r = xrtBOSync(bo, to_device ? XCL_BO_SYNC_BO_TO_DEVICE : XCL_BO_SYNC_BO_FROM_DEVICE, bytes, offset);
	if (p->emulated)
		pthread_mutex_unlock(&one_by_one);
	return r;
}

int buffer_sync(struct process *p, struct buffer *buffer, const struct pel_device_arg *arg, bool to_device)
{
	unsigned char *own = p->memory + arg->offset,
		      *theirs = buffer->mapped
					? (unsigned char *)buffer->mapped + (arg->offset - buffer->offset)
					: NULL;

	if (theirs && to_device)
		memcpy(theirs, own, arg->bytes);
	if (sync_bo(p, buffer->bo, to_device, arg->bytes, arg->offset - buffer->offset))
		return -1;
	if (theirs && !to_device)
		memcpy(own, theirs, arg->bytes);
	if (theirs)
		atomic_fetch_add(&p->shared->copied_bytes, arg->bytes);
	atomic_fetch_add(to_device ? &p->shared->to_device_bytes : &p->shared->from_device_bytes, arg->bytes);
	return 0;
}

void buffers_free(struct process *p)
{
	for (uint32_t i = 0; i < p->n_pool; i++)
		free_buffer(p->pool[i]);
	p->n_pool = 0;
	for (uint32_t i = 0; i < p->n_device_buffers; i++)
		xrtBOFree(p->device_buffers[i]);
}
