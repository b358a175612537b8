/* SPDX-License-Identifier: Apache-2.0 */
#include "device-calls.h"

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "device-life.h"

void pel_device_forget_calls(struct pel_device *device)
{
	device->n_used = 0;
	for (uint32_t i = 0; i < PEL_DEVICE_CALLS_MAX; i++) {
		device->tickets[i].used = false;
		device->free_tickets[i] = i;
	}
}

static void ring_bell(struct pel_device *device)
{
	uint64_t one = 1;

	/* We store the tail, then read the flag; the feeder sets the flag, then reads the tail. So one of the two sees the other. */
	if (atomic_load_explicit(&device->shared->feeder_sleeps, memory_order_seq_cst))
		(void)!write(device->bell, &one, sizeof(one));
}

int pel_device_submit(struct pel_device *device, const struct pel_device_call *call)
{
	struct pel_device_shared *shared = device->shared;
	struct pel_device_slot *slot;
	uint32_t tail, ticket;

	assert(call->n_args <= PEL_DEVICE_ARGS_MAX && call->kernel < device->n_kernels);
	if (device->n_used == PEL_DEVICE_CALLS_MAX)
		return -EAGAIN;
	ticket = device->free_tickets[device->n_used++];
	device->tickets[ticket] = (struct pel_device_ticket){ .cookie = call->cookie, .used = true };
	if (!shared)
		return 0; /* lost, and not restarted */
	tail = atomic_load_explicit(&shared->calls_tail, memory_order_relaxed);
	slot = &shared->calls[tail % PEL_DEVICE_CALLS_MAX];
	slot->ticket = ticket;
	slot->kernel = call->kernel;
	slot->cu = call->cu;
	slot->n_args = call->n_args;
	if (call->n_args)
		memcpy(slot->args, call->args, call->n_args * sizeof(*call->args));
	atomic_store_explicit(&shared->calls_tail, tail + 1, memory_order_seq_cst);
	ring_bell(device);
	return 0;
}

static int protocol_error(struct pel_device *device)
{
	pel_device_lose(device, "the device process wrote an invalid entry to the ring of completions");
	return 0;
}

/* The device process may still write to the slot, so copy it before checking it. */
static int accept_done(struct pel_device *device, const struct pel_device_done *slot,
		       struct pel_device_completion *ret)
{
	struct pel_device_done done;

	memcpy(&done, slot, sizeof(done));
	if (done.ticket >= PEL_DEVICE_CALLS_MAX || !device->tickets[done.ticket].used ||
	    done.status > PEL_CALL_TIMEOUT)
		return protocol_error(device);
	*ret = (struct pel_device_completion){ .cookie = device->tickets[done.ticket].cookie,
					       .status = done.status,
					       .busy_ns = done.busy_ns };
	done.message[sizeof(done.message) - 1] = '\0';
	for (size_t i = 0; done.message[i]; i++)
		ret->message[i] = (unsigned char)done.message[i] < 0x20 ? ' ' : done.message[i];
	device->tickets[done.ticket].used = false;
	device->free_tickets[--device->n_used] = done.ticket;
	return 1;
}

static int take_from_ring(struct pel_device *device, struct pel_device_completion *ret)
{
	struct pel_device_shared *shared = device->shared;
	uint32_t head = atomic_load_explicit(&shared->done_head, memory_order_relaxed);
	uint32_t ready = atomic_load_explicit(&shared->done_tail, memory_order_acquire) - head;
	uint64_t drained;
	int r;

	if (ready == 0) {
		(void)!read(device->done, &drained, sizeof(drained));
		ready = atomic_load_explicit(&shared->done_tail, memory_order_acquire) - head;
	}
	if (ready == 0)
		return 0;
	if (ready > PEL_DEVICE_CALLS_MAX)
		return protocol_error(device);
	r = accept_done(device, &shared->done[head % PEL_DEVICE_CALLS_MAX], ret);
	atomic_store_explicit(&shared->done_head, head + 1, memory_order_release);
	return r;
}

int pel_device_take(struct pel_device *device, struct pel_device_completion *ret)
{
	if (device->first_kept < device->n_kept) {
		*ret = device->kept[device->first_kept++];
		return 1;
	}
	return device->shared ? take_from_ring(device, ret) : 0;
}

void pel_device_keep_finished(struct pel_device *device)
{
	uint32_t left = device->n_kept - device->first_kept;

	memmove(device->kept, device->kept + device->first_kept, left * sizeof(*device->kept));
	device->first_kept = 0;
	device->n_kept = left;
	while (device->shared && device->n_kept < PEL_DEVICE_CALLS_MAX &&
	       take_from_ring(device, &device->kept[device->n_kept]) == 1)
		device->n_kept++;
}
