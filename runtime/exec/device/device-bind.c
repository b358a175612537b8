/* SPDX-License-Identifier: Apache-2.0 */
#include "device-bind.h"

#include <errno.h>
#include <pelton/emulation.h>
#include <pelton/xclbin.h>
#include <string.h>
#include "device-args.h"
#include "device-policy.h"
#include "device-step.h"
#include "device-xclbin.h"

/* ---- which devices ---- */

static struct pel_run_device *find_device(struct pel_device_set *set, uint32_t index)
{
	for (uint32_t i = 0; i < set->n_devices; i++)
		if (set->devices[i].index == index)
			return &set->devices[i];
	return NULL;
}

static int list_devices(struct pel_device_set *set, struct pel_error *err)
{
	const struct pel_plan *plan = set->plan;
	uint32_t n = 0;

	for (uint32_t i = 0; i < plan->n_actors; i++)
		n += pel_on_device(&plan->actors[i]);
	if (!n)
		return 0;
	set->devices = pel_arena_array(set->arena, n, sizeof(*set->devices));
	if (!set->devices)
		return pel_nomem(err);
	for (uint32_t i = 0; i < plan->n_actors; i++) {
		const struct pel_plan_actor *actor = &plan->actors[i];
		struct pel_run_device *device;

		if (!pel_on_device(actor))
			continue;
		device = find_device(set, (uint32_t)actor->where.index);
		if (!device) {
			device = &set->devices[set->n_devices++];
			device->set = set;
			device->index = (uint32_t)actor->where.index;
			device->quit = -1;
			pthread_mutex_init(&device->lock, NULL);
		}
		device->n_stages++;
	}
	return 0;
}

/* ---- binding ---- */

static int fail_no_kernel(const struct pel_run_device *device, const struct pel_plan_actor *actor,
			  struct pel_error *err)
{
	struct pel_near near = { 0 };

	for (uint32_t i = 0; i < device->xclbin->n_kernels; i++)
		pel_near_try(&near, actor->fpga->kernel, device->xclbin->kernels[i].name);
	pel_fail(err, -EINVAL, actor->fpga->place, "actor '%s' (%s): there is no FPGA kernel '%s' in %s",
		 actor->id, actor->kernel->name, actor->fpga->kernel, pel_device_file(device, actor));
	if (near.name)
		pel_hint(err, "did you mean '%s'?", near.name);
	else if (!device->packed)
		pel_hint(err, "'pelton xclbin show %s' lists its kernels", device->path);
	return -EINVAL;
}

/* Are all buffers of the compute unit connected to a memory? */
static int check_banks(const struct pel_run_device *device, const struct pel_plan_actor *actor,
		       const struct pel_xclbin_kernel *target, const struct pel_xclbin_cu *cu,
		       struct pel_error *err)
{
	for (uint32_t i = 0; i < target->n_args; i++)
		if (target->args[i].kind == PEL_XCLBIN_POINTER && (!cu->banks || cu->banks[i] < 0))
			return pel_fail(
				err, -EINVAL, actor->fpga->args[i].place,
				"argument %u ('%s') of compute unit '%s' in %s is not connected to any memory",
				i, target->args[i].name, cu->name, pel_device_file(device, actor));
	return 0;
}

static bool is_stateless(const struct pel_plan_actor *actor)
{
	return actor->kernel->flags & PEL_KERNEL_STATELESS;
}

/*
 * Choose the compute units of an actor: the one that it names, or as many as it has `copies`, from `*next`
 * on, if there are enough.
 */
static int choose_units(struct pel_run_device *device, struct pel_device_stage *ds, uint32_t *next,
			uint32_t wanted, struct pel_error *err)
{
	const struct pel_plan_actor *actor = ds->actor->plan;
	const struct pel_xclbin_kernel *target = ds->target;
	int r = 0;

	ds->cus = pel_arena_array(device->set->arena, actor->copies, sizeof(*ds->cus));
	if (!ds->cus)
		return pel_nomem(err);
	for (uint32_t i = 0; i < target->n_cus; i++) {
		const struct pel_xclbin_cu *cu = &target->cus[(*next + i) % target->n_cus];

		if ((actor->where.unit && strcmp(actor->where.unit, cu->name) != 0) ||
		    ds->n_cus == actor->copies)
			continue;
		ds->cus[ds->n_cus++] = cu->name;
		if ((r = check_banks(device, actor, target, cu, err)) < 0)
			return r;
	}
	*next += ds->n_cus;
	if (!ds->n_cus && actor->where.unit)
		return pel_fail(
			err, -EINVAL, actor->place,
			"actor '%s' is placed on compute unit '%s', but kernel '%s' in %s has none with that name",
			actor->id, actor->where.unit, target->name, pel_device_file(device, actor));
	if (ds->n_cus < actor->copies && !(actor->where.unit && actor->copies == 1)) {
		pel_fail(err, -EINVAL, actor->place,
			 "actor '%s' has copies=\"%u\", but kernel '%s' in %s has %u compute unit%s",
			 actor->id, actor->copies, target->name, pel_device_file(device, actor),
			 target->n_cus, target->n_cus == 1 ? "" : "s");
		pel_hint(err,
			 "to get more compute units, set nk=%s:N in the link configuration, or use --cu %s=N with 'pelton xclbin pack'",
			 target->name, target->name);
		return -EINVAL;
	}
	if (!is_stateless(actor) && !ds->state_bytes && wanted > target->n_cus)
		return pel_fail(
			err, -EINVAL, actor->place,
			"actor '%s' (%s) has a state on the device, so it cannot share its compute unit, but kernel '%s' in %s has %u for %u actors",
			actor->id, actor->kernel->name, target->name, pel_device_file(device, actor),
			target->n_cus, wanted);
	return 0;
}

/*
 * Count the compute units that all actors of the device need of the kernel of `ds`, and those needed by
 * stages before `ds`.
 */
static void count_units(const struct pel_run_device *device, const struct pel_device_stage *ds,
			uint32_t *before, uint32_t *all)
{
	*before = *all = 0;
	for (uint32_t i = 0; i < device->n_stages; i++) {
		const struct pel_device_stage *other = &device->stages[i];

		if (strcmp(other->actor->plan->fpga->kernel, ds->actor->plan->fpga->kernel) != 0)
			continue;
		*all += other->actor->plan->copies;
		if (other < ds)
			*before += other->actor->plan->copies;
	}
}

static int bind_stage(struct pel_run_device *device, struct pel_device_stage *ds, struct pel_error *err)
{
	const struct pel_plan_actor *actor = ds->actor->plan;
	struct pel_arena *arena = device->set->arena;
	uint32_t next, wanted;
	int r;

	ds->device = device;
	ds->target = pel_xclbin_find(device->xclbin, actor->fpga->kernel);
	if (!ds->target)
		return fail_no_kernel(device, actor, err);
	if ((r = pel_device_check_args(device, actor, ds->target, err)) < 0)
		return r;
	for (size_t i = 0; i < actor->fpga->n_args; i++)
		if (actor->fpga->args[i].kind == PEL_FPGA_STATE)
			ds->state_bytes = actor->fpga->args[i].bytes;
	count_units(device, ds, &next, &wanted);
	if ((r = choose_units(device, ds, &next, wanted, err)) < 0)
		return r;
	ds->retries = actor->policy->retries;
	if (!ds->retries && pel_device_stage_has_policy(ds, "restart"))
		ds->retries = PEL_RESTARTS_MAX;
	ds->n_claims = actor->policy->in_flight;
	ds->claims = pel_arena_array(arena, ds->n_claims, sizeof(*ds->claims));
	ds->scalars = pel_arena_array(arena, ds->target->n_args, sizeof(*ds->scalars));
	ds->data = pel_arena_array(arena, ds->target->n_args, sizeof(*ds->data));
	ds->buffers = pel_arena_array(arena, ds->target->n_args, sizeof(*ds->buffers));
	if (!ds->claims || !ds->scalars || !ds->data || !ds->buffers)
		return pel_nomem(err);
	for (uint32_t i = 0; i < ds->n_claims; i++)
		if (!(ds->claims[i].args =
			      pel_arena_array(arena, ds->target->n_args, sizeof(struct pel_device_arg))))
			return pel_nomem(err);
	for (uint32_t i = 0; i < ds->target->n_args; i++)
		ds->buffers[i] = PEL_NONE;
	/* Try both batch sizes, so that a value that is too large for its argument is found now. */
	if ((r = pel_device_set_scalars(ds, actor->block, err)) < 0 ||
	    (r = pel_device_set_scalars(ds, 1, err)) < 0)
		return r;
	return 0;
}

/* Make the device's actors stages of it. */
static int bind_stages(struct pel_run_device *device, struct pel_error *err)
{
	struct pel_device_set *set = device->set;
	uint32_t n = 0;
	int r, status = 0;

	device->stages = pel_arena_array(set->arena, device->n_stages, sizeof(*device->stages));
	if (!device->stages)
		return pel_nomem(err);
	for (uint32_t i = 0; i < set->plan->n_actors; i++) {
		const struct pel_plan_actor *actor = &set->plan->actors[i];

		if (!pel_device_has(device, actor))
			continue;
		set->actors[i].plan = actor;
		set->actors[i].step = pel_device_step;
		set->actors[i].device = &device->stages[n];
		device->stages[n++].actor = &set->actors[i];
	}
	for (uint32_t i = 0; i < n; i++) {
		r = bind_stage(device, &device->stages[i], err);
		if (r == -ENOMEM)
			return r;
		if (r < 0)
			status = r;
	}
	return status;
}

static int check_count(const struct pel_run_device *device, struct pel_error *err)
{
	const struct pel_plan *plan = device->set->plan;
	uint32_t i = 0;

	if (device->n_stages <= PEL_DEVICE_KERNELS_MAX)
		return 0;
	for (uint32_t n = 0; n <= PEL_DEVICE_KERNELS_MAX; i++)
		n += pel_device_has(device, &plan->actors[i]);
	pel_fail(err, -EINVAL, plan->actors[i - 1].place, "device %u has %u actors; the maximum is %d",
		 device->index, device->n_stages, PEL_DEVICE_KERNELS_MAX);
	pel_hint(err, "place some of them on the CPU, or on another device");
	return -EINVAL;
}

int pel_devices_bind(struct pel_device_set *set, const struct pel_run_options *options, struct pel_error *err)
{
	uint32_t most = 0;
	int r = list_devices(set, err);

	if (r < 0 || !set->n_devices)
		return r;
	for (uint32_t i = 0; i < set->n_devices; i++)
		most = set->devices[i].index > most ? set->devices[i].index : most;
	if (options->emulate && (r = pel_emulation_create(most + 1, &set->emulation, err)) < 0)
		return r;
	if (set->emulation)
		set->pack_dir = pel_emulation_dir(set->emulation);
	for (uint32_t i = 0; i < set->n_devices; i++)
		if ((r = check_count(&set->devices[i], err)) < 0 ||
		    (r = pel_device_choose_xclbin(&set->devices[i], options, err)) < 0 ||
		    (r = bind_stages(&set->devices[i], err)) < 0)
			return r;
	return 0;
}

/* ---- without a run ---- */

int pel_devices_check(struct pel_device_set *set, struct pel_error *err)
{
	int r = list_devices(set, err), status = 0;

	for (uint32_t i = 0; i < set->n_devices && r >= 0; i++) {
		struct pel_run_device *device = &set->devices[i];

		device->n_stages = 0;
		for (uint32_t k = 0; k < set->plan->n_actors; k++)
			device->n_stages += pel_device_has(device, &set->plan->actors[k]);
		if (!device->n_stages)
			continue;
		r = check_count(device, err);
		if (r == 0)
			r = pel_device_choose_to_check(device, err);
		if (r > 0)
			r = bind_stages(device, err);
		if (r == -EINVAL || r == -ENOENT) {
			status = r;
			r = 0; /* check the other devices too */
		}
	}
	return r < 0 ? r : status;
}
