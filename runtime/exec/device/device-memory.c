/* SPDX-License-Identifier: Apache-2.0 */
#include "device-memory.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "file-size.h"

#define PAGE_BYTES ((size_t)4096)

static const struct pel_place no_place;

static size_t whole_pages(size_t bytes)
{
	return (bytes + PAGE_BYTES - 1) / PAGE_BYTES * PAGE_BYTES;
}

static size_t ring_bytes(const struct pel_plan_ring *ring)
{
	return whole_pages((ring->slots + ring->mirror) * ring->token_bytes);
}

/* ---- which rings ---- */

/* The index of the argument for port `port` of the actor; PEL_NONE: there is none. */
static uint32_t port_arg(const struct pel_device_stage *ds, bool in, uint32_t port)
{
	const struct pel_fpga *fpga = ds->actor->plan->fpga;

	for (uint32_t i = 0; i < fpga->n_args; i++)
		if (fpga->args[i].kind == (in ? PEL_FPGA_IN : PEL_FPGA_OUT) && fpga->args[i].port == port)
			return i;
	return PEL_NONE;
}

/* The bank of argument `arg`, if it is the same for all compute units of the stage; else -1. */
static int32_t arg_bank(const struct pel_device_stage *ds, uint32_t arg)
{
	int32_t bank = -1;
	bool first = true;

	for (uint32_t i = 0; i < ds->target->n_cus; i++) {
		const struct pel_xclbin_cu *cu = &ds->target->cus[i];
		bool used = false;

		for (uint32_t k = 0; k < ds->n_cus; k++)
			used |= strcmp(ds->cus[k], cu->name) == 0;
		if (!used)
			continue;
		if (!first && cu->banks[arg] != bank)
			return -1;
		bank = cu->banks[arg];
		first = false;
	}
	return bank;
}

bool pel_devices_hold_ring(const struct pel_device_set *set, uint32_t index)
{
	const struct pel_plan_ring *ring = &set->plan->rings[index];
	const struct pel_device_stage *ds;
	int32_t bank;

	if (ring->memory != PEL_MEMORY_DEVICE)
		return false;
	ds = set->actors[ring->actor].device;
	bank = arg_bank(ds, port_arg(ds, false, ring->port));
	if (bank < 0)
		return false;
	for (uint32_t i = 0; i < ring->n_channels; i++) {
		const struct pel_plan_channel *channel = &set->plan->channels[ring->channels[i]];

		ds = set->actors[channel->to].device;
		if (arg_bank(ds, port_arg(ds, true, channel->to_port)) != bank)
			return false;
	}
	return true;
}

bool pel_devices_share_ring(const struct pel_device_set *set, uint32_t index)
{
	enum pel_memory memory = set->plan->rings[index].memory;

	return memory == PEL_MEMORY_SHARED ||
	       (memory == PEL_MEMORY_DEVICE && !pel_devices_hold_ring(set, index));
}

/* ---- memory ---- */

static size_t pads_bytes(const struct pel_plan_actor *actor)
{
	size_t bytes = 0;

	for (uint32_t i = 0; i < actor->n_in; i++)
		if (actor->in[i].n_channels && actor->in[i].tail == PEL_TAIL_PAD)
			bytes += whole_pages((actor->in[i].history + actor->in[i].rates[0]) *
					     actor->in[i].token_bytes);
	return bytes;
}

static size_t stage_bytes(const struct pel_device_stage *ds)
{
	const struct pel_fpga *fpga = ds->actor->plan->fpga;
	size_t bytes = pads_bytes(ds->actor->plan);

	for (size_t i = 0; i < fpga->n_args; i++)
		bytes += whole_pages(fpga->args[i].bytes);
	return bytes;
}

static int map_memory(struct pel_shared_memory *memory, size_t bytes, bool real)
{
	int r = real ? pel_file_fits(bytes) : 0;

	memory->fd = -1;
	if (!bytes || r < 0)
		return r;
	if (real) {
		memory->fd = memfd_create("pelton-channels", MFD_CLOEXEC | MFD_ALLOW_SEALING);
		if (memory->fd < 0 || ftruncate(memory->fd, (off_t)bytes) < 0 ||
		    fcntl(memory->fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) < 0)
			return -errno;
		memory->base = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, memory->fd, 0);
	} else {
		memory->base = mmap(NULL, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	}
	if (memory->base == MAP_FAILED) {
		memory->base = NULL;
		return -errno;
	}
	memory->bytes = bytes;
	return 0;
}

static void unmap_memory(struct pel_shared_memory *memory)
{
	if (memory->base)
		munmap(memory->base, memory->bytes);
	if (memory->fd >= 0)
		close(memory->fd);
}

static unsigned char *carve(struct pel_shared_memory *memory, size_t bytes)
{
	unsigned char *at = memory->base + memory->used;

	memory->used += whole_pages(bytes);
	return memory->used <= memory->bytes ? at : NULL;
}

unsigned char *pel_devices_memory_carve(struct pel_device_set *set, size_t bytes)
{
	return carve(&set->shared, bytes);
}

unsigned char *pel_devices_ring_slots(struct pel_device_set *set, uint32_t index)
{
	return carve(pel_devices_hold_ring(set, index) ? &set->addresses : &set->shared,
		     ring_bytes(&set->plan->rings[index]));
}

/* Place the constant data, and reserve the memory of the state. */
static int fill_stage(struct pel_device_stage *ds, struct pel_error *err)
{
	const struct pel_fpga *fpga = ds->actor->plan->fpga;

	for (size_t i = 0; i < fpga->n_args; i++) {
		const struct pel_fpga_arg *arg = &fpga->args[i];
		unsigned char *at;

		if (arg->kind != PEL_FPGA_DATA && arg->kind != PEL_FPGA_STATE)
			continue;
		at = carve(&ds->device->set->shared, arg->bytes);
		if (!at)
			return pel_nomem(err);
		ds->data[i] = (uint64_t)(at - ds->device->set->shared.base);
		if (arg->kind == PEL_FPGA_DATA)
			memcpy(at, arg->data, arg->bytes);
		else
			ds->state = at;
	}
	return 0;
}

int pel_devices_memory_create(struct pel_device_set *set, struct pel_error *err)
{
	const struct pel_plan *plan = set->plan;
	size_t shared = PAGE_BYTES, device = 0; /* at least one page, for any graph */
	int r;

	set->shared.fd = set->addresses.fd = -1;
	if (!set->n_devices)
		return 0;
	for (uint32_t i = 0; i < plan->n_rings; i++)
		if (pel_devices_hold_ring(set, i))
			device += ring_bytes(&plan->rings[i]);
		else if (pel_devices_share_ring(set, i))
			shared += ring_bytes(&plan->rings[i]);
	for (uint32_t d = 0; d < set->n_devices; d++)
		for (uint32_t i = 0; i < set->devices[d].n_stages; i++)
			shared += stage_bytes(&set->devices[d].stages[i]);
	if ((r = map_memory(&set->shared, shared, true)) < 0 ||
	    (r = map_memory(&set->addresses, device, false)) < 0) {
		pel_fail(err, r, no_place, "cannot allocate %zu bytes of memory to share with the devices: %s",
			 shared, strerror(-r));
		pel_hint(err, "give the channels smaller capacities");
		return r;
	}
	for (uint32_t d = 0; d < set->n_devices; d++)
		for (uint32_t i = 0; i < set->devices[d].n_stages; i++)
			if ((r = fill_stage(&set->devices[d].stages[i], err)) < 0)
				return r;
	return 0;
}

void pel_devices_memory_destroy(struct pel_device_set *set)
{
	unmap_memory(&set->shared);
	unmap_memory(&set->addresses);
}

/* ---- device buffers ---- */

int pel_devices_add_buffers(struct pel_run_device *device, struct pel_error *err)
{
	struct pel_device_set *set = device->set;

	for (uint32_t i = 0; i < set->plan->n_rings; i++) {
		const struct pel_plan_ring *ring = &set->plan->rings[i];
		struct pel_device_stage *ds = set->actors[ring->actor].device;
		int number;

		if (!ds || ds->device != device || !pel_devices_hold_ring(set, i))
			continue;
		number = pel_device_add_buffer(device->device, ring_bytes(ring), ds->kernel,
					       port_arg(ds, false, ring->port), ds->actor->plan->place, err);
		if (number < 0)
			return number;
		ds->buffers[port_arg(ds, false, ring->port)] = (uint32_t)number;
		for (uint32_t k = 0; k < ring->n_channels; k++) {
			const struct pel_plan_channel *channel = &set->plan->channels[ring->channels[k]];
			struct pel_device_stage *to = set->actors[channel->to].device;

			to->buffers[port_arg(to, true, channel->to_port)] = (uint32_t)number;
		}
	}
	return 0;
}
