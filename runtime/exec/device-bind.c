/* SPDX-License-Identifier: Apache-2.0 */
#include "device-stage.h"

#include <errno.h>
#include <pelton/emulation.h>
#include <pelton/xclbin.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "environment.h"
#include "libexec.h"

/*
 * Before a run starts: which xclbin goes on which device, packed from sources where the emulation has none, and whether every actor's
 * form fits the kernel it names. What is wrong is said with the actor's place in the graph.
 */

static const struct pel_place nowhere;

static bool on_device(const struct pel_plan_actor *actor)
{
	return actor->form != NULL;
}

/* Is it one of the device's? Pelton's own forms are not checked without a run: tests have done that. */
static bool is_bound(const struct run_device *device, const struct pel_plan_actor *actor)
{
	return on_device(actor) && (uint32_t)actor->where.index == device->index &&
	       !(device->run->checking && actor->form->own_source);
}

/* ---- which devices ---- */

static struct run_device *find_device(struct pel_run *run, uint32_t index)
{
	for (uint32_t i = 0; i < run->n_devices; i++)
		if (run->devices[i].index == index)
			return &run->devices[i];
	return NULL;
}

static int list_devices(struct pel_run *run, struct pel_error *err)
{
	const struct pel_plan *plan = run->plan;
	uint32_t n = 0;

	for (uint32_t i = 0; i < plan->n_actors; i++)
		n += on_device(&plan->actors[i]);
	if (!n)
		return 0;
	run->devices = pel_arena_array(&run->arena, n, sizeof(*run->devices));
	if (!run->devices)
		return pel_nomem(err);
	for (uint32_t i = 0; i < plan->n_actors; i++) {
		const struct pel_plan_actor *actor = &plan->actors[i];
		struct run_device *device;

		if (!on_device(actor))
			continue;
		device = find_device(run, (uint32_t)actor->where.index);
		if (!device) {
			device = &run->devices[run->n_devices++];
			device->run = run;
			device->index = (uint32_t)actor->where.index;
			device->quit = -1;
			pthread_mutex_init(&device->lock, NULL);
		}
		device->n_stages++;
	}
	return 0;
}

/* ---- which xclbin ---- */

static const char *given_xclbin(const struct pel_run_options *options, uint32_t index)
{
	const char *any = NULL;

	for (size_t i = 0; i < options->n_xclbins; i++) {
		if (options->xclbins[i].device == (int)index)
			return options->xclbins[i].path;
		if (options->xclbins[i].device < 0)
			any = options->xclbins[i].path;
	}
	return any;
}

/* The one xclbin that the graph names for the actors on `device`; NULL: none, or not for all. */
static int named_xclbin(const struct run_device *device, const char **ret, struct pel_error *err)
{
	const struct pel_plan *plan = device->run->plan;
	const struct pel_plan_actor *first = NULL;

	*ret = NULL;
	for (uint32_t i = 0; i < plan->n_actors; i++) {
		const struct pel_plan_actor *actor = &plan->actors[i];

		if (!on_device(actor) || (uint32_t)actor->where.index != device->index || !actor->form->xclbin)
			continue;
		if (first && strcmp(first->form->xclbin, actor->form->xclbin) != 0) {
			pel_fail(err, -EINVAL, actor->form->place,
				 "actor '%s' wants %s on device %u, actor '%s' wants %s there; a device holds one xclbin",
				 actor->id, actor->form->xclbin, device->index, first->id, first->form->xclbin);
			pel_hint(err,
				 "put all kernels into one xclbin, or place the actors on two devices (fpga:0, fpga:1)");
			return -EINVAL;
		}
		first = actor;
	}
	*ret = first ? first->form->xclbin : NULL;
	return 0;
}

/* Does the xclbin have all kernels that the device's actors want? */
static bool has_all(const struct run_device *device, const struct pel_xclbin *xclbin)
{
	const struct pel_plan *plan = device->run->plan;

	for (uint32_t i = 0; i < plan->n_actors; i++)
		if (is_bound(device, &plan->actors[i]) && !pel_xclbin_find(xclbin, plan->actors[i].form->kernel))
			return false;
	return true;
}

/* ---- packing ---- */

struct packing {
	const char **sources, **kernels;
	struct pel_xclbin_cus *cus;
	size_t n_sources, n_kernels;
};

static int source_path(struct pel_run *run, const struct pel_plan_actor *actor, const char **ret,
		       struct pel_error *err)
{
	const struct pel_fpga *form = actor->form;
	const char *folder;

	if (!form->source) {
		pel_fail(err, -EINVAL, form->place,
			 "actor '%s' (%s) is to run on an emulated device, but there is neither an xclbin for software emulation nor a source of FPGA kernel '%s'",
			 actor->id, actor->kernel->name, form->kernel);
		pel_hint(err, "name its HLS source in <fpga source=\"...\">, or give an xclbin with --xclbin");
		return -EINVAL;
	}
	*ret = form->source;
	if (!form->own_source)
		return 0;
	folder = pel_libexec(&run->arena, "hls", err);
	if (!folder)
		return -ENOENT;
	*ret = pel_path_join(&run->arena, folder, form->source);
	return *ret ? 0 : pel_nomem(err);
}

static int add_to_packing(struct pel_run *run, const struct pel_plan_actor *actor, struct packing *packing,
			  struct pel_error *err)
{
	const char *source;
	size_t s = 0, k = 0;
	int r = source_path(run, actor, &source, err);

	if (r < 0)
		return r;
	while (s < packing->n_sources && strcmp(packing->sources[s], source) != 0)
		s++;
	if (s == packing->n_sources)
		packing->sources[packing->n_sources++] = source;
	while (k < packing->n_kernels && strcmp(packing->kernels[k], actor->form->kernel) != 0)
		k++;
	if (k == packing->n_kernels) {
		packing->kernels[packing->n_kernels++] = actor->form->kernel;
		packing->cus[k].kernel = actor->form->kernel;
	}
	packing->cus[k].count += actor->copies;
	return 0;
}

/* Does `text` speak of `name`, in quotes? */
static bool speaks_of(const char *text, const char *name)
{
	size_t length = name ? strlen(name) : 0;

	for (const char *at = length ? strstr(text, name) : NULL; at; at = strstr(at + 1, name))
		if (at > text && at[-1] == '\'' && at[length] == '\'')
			return true;
	return false;
}

/* What packing says knows no graph: it is said of the actor whose source or kernel it names. */
static void say_packed(const struct run_device *device, const struct pel_error *packed, int code,
		       struct pel_error *err)
{
	const struct pel_plan *plan = device->run->plan;

	for (size_t k = 0; k < packed->count; k++) {
		const struct pel_error_item *item = &packed->items[k];
		const struct pel_plan_actor *actor = NULL, *named = NULL;

		for (uint32_t i = 0; i < plan->n_actors; i++) {
			const struct pel_plan_actor *each = &plan->actors[i];

			if (!is_bound(device, each))
				continue;
			actor = actor ? actor : each;
			if (!named && (speaks_of(item->text, each->form->kernel) ||
				       speaks_of(item->text, each->form->source)))
				named = each;
		}
		actor = named ? named : actor;
		if (actor)
			pel_fail(err, code, actor->form->place, "actor '%s' (%s): %s", actor->id,
				 actor->kernel->name, item->text);
		else
			pel_fail(err, code, nowhere, "%s", item->text);
		if (item->hint)
			pel_hint(err, "%s", item->hint);
	}
}

/* Compile what the device's actors need into an xclbin of the emulation's own. */
static int pack(struct run_device *device, struct pel_error *err)
{
	struct pel_run *run = device->run;
	const struct pel_plan *plan = run->plan;
	uint32_t n = device->n_stages;
	struct packing packing = { .sources = pel_arena_array(&run->arena, n, sizeof(char *)),
				   .kernels = pel_arena_array(&run->arena, n, sizeof(char *)),
				   .cus = pel_arena_array(&run->arena, n, sizeof(struct pel_xclbin_cus)) };
	struct pel_xclbin_pack_options options;
	struct pel_error packed = { 0 };
	int r;

	device->path =
		pel_arena_printf(&run->arena, "%s/device%u.xclbin", device->run->pack_dir, device->index);
	if (!packing.sources || !packing.kernels || !packing.cus || !device->path)
		return pel_nomem(err);
	for (uint32_t i = 0; i < plan->n_actors; i++)
		if (is_bound(device, &plan->actors[i]) &&
		    (r = add_to_packing(run, &plan->actors[i], &packing, err)) < 0)
			return r;
	options = (struct pel_xclbin_pack_options){ .sources = packing.sources,
						    .n_sources = packing.n_sources,
						    .cus = packing.cus,
						    .n_cus = packing.n_kernels,
						    .kernels = packing.kernels,
						    .n_kernels = packing.n_kernels,
						    .cancel = run->cancel };
	r = pel_xclbin_pack(device->path, &options, &packed);
	if (r < 0)
		say_packed(device, &packed, r, err);
	pel_error_fini(&packed);
	if (r < 0)
		return r;
	device->packed = true;
	return pel_xclbin_load(device->path, nowhere, &device->xclbin, err);
}

/* ---- binding ---- */

static struct pel_place first_place(const struct run_device *device)
{
	const struct pel_plan *plan = device->run->plan;

	for (uint32_t i = 0; i < plan->n_actors; i++)
		if (on_device(&plan->actors[i]) && (uint32_t)plan->actors[i].where.index == device->index)
			return plan->actors[i].form->place;
	return nowhere;
}

static int check_mode(const struct run_device *device, struct pel_error *err)
{
	bool emulated = device->run->emulation != NULL,
	     for_emulation = device->xclbin->mode == PEL_XCLBIN_SW_EMU;

	if (emulated == for_emulation || (!emulated && pel_env("XCL_EMULATION_MODE")))
		return 0;
	if (emulated) {
		pel_fail(err, -EINVAL, first_place(device),
			 "%s is not for software emulation, and the run is to emulate its devices",
			 device->path);
		pel_hint(err,
			 "pack the kernels' sources with 'pelton xclbin pack', or run on a card, without --emulate");
	} else {
		pel_fail(err, -EINVAL, first_place(device),
			 "%s is for software emulation, and cannot be loaded onto a card", device->path);
		pel_hint(err, "run with --emulate");
	}
	return -EINVAL;
}

/* Could its xclbin be packed? */
static bool has_sources(const struct run_device *device)
{
	const struct pel_plan *plan = device->run->plan;

	for (uint32_t i = 0; i < plan->n_actors; i++)
		if (is_bound(device, &plan->actors[i]) && !plan->actors[i].form->source)
			return false;
	return true;
}

static int choose_xclbin(struct run_device *device, const struct pel_run_options *options, struct pel_error *err)
{
	const char *given = given_xclbin(options, device->index), *path = given;
	int r = 0;

	if (!path && (r = named_xclbin(device, &path, err)) < 0)
		return r;
	if (!given && device->run->emulation) {
		/* What the graph names may be for a card, or not be there at all: then the sources are compiled. */
		struct pel_error unheard = { 0 };

		if (path && pel_xclbin_load(path, nowhere, &device->xclbin, &unheard) == 0 &&
		    device->xclbin->mode == PEL_XCLBIN_SW_EMU &&
		    (has_all(device, device->xclbin) || !has_sources(device))) {
			device->path = path;
			return 0;
		}
		pel_error_fini(&unheard);
		pel_xclbin_destroy(device->xclbin);
		device->xclbin = NULL;
		return pack(device, err);
	}
	if (!path) {
		pel_fail(err, -EINVAL, first_place(device), "there is no xclbin for device %u", device->index);
		pel_hint(err, "give one with --xclbin FILE, or emulate the device with --emulate");
		return -EINVAL;
	}
	device->path = pel_arena_strdup(&device->run->arena, path);
	if (!device->path)
		return pel_nomem(err);
	r = pel_xclbin_load(path, first_place(device), &device->xclbin, err);
	return r < 0 ? r : check_mode(device, err);
}

static int say_no_kernel(const struct run_device *device, const struct pel_plan_actor *actor,
			 struct pel_error *err)
{
	struct pel_near near = { 0 };

	for (uint32_t i = 0; i < device->xclbin->n_kernels; i++)
		pel_near_try(&near, actor->form->kernel, device->xclbin->kernels[i].name);
	pel_fail(err, -EINVAL, actor->form->place, "actor '%s' (%s): there is no FPGA kernel '%s' in %s",
		 actor->id, actor->kernel->name, actor->form->kernel, device_file(device, actor));
	if (near.name)
		pel_hint(err, "did you mean '%s'?", near.name);
	else if (!device->packed)
		pel_hint(err, "'pelton xclbin show %s' lists its kernels", device->path);
	return -EINVAL;
}

/* Are all its buffers in some memory? */
static int check_banks(const struct run_device *device, const struct pel_plan_actor *actor,
		       const struct pel_xclbin_kernel *target, const struct pel_xclbin_cu *cu,
		       struct pel_error *err)
{
	for (uint32_t i = 0; i < target->n_args; i++)
		if (target->args[i].kind == PEL_XCLBIN_POINTER && (!cu->banks || cu->banks[i] < 0))
			return pel_fail(err, -EINVAL, actor->form->args[i].place,
					"argument %u ('%s') of compute unit '%s' in %s is connected to no memory",
					i, target->args[i].name, cu->name, device_file(device, actor));
	return 0;
}

static bool is_stateless(const struct pel_plan_actor *actor)
{
	return actor->kernel->flags & PEL_KERNEL_STATELESS;
}

/* The compute units of an actor: the one it names, or its share: `copies` of them from `*next` on, where there are enough for all. */
static int choose_units(struct run_device *device, struct device_stage *ds, uint32_t *next, uint32_t wanted,
			struct pel_error *err)
{
	const struct pel_plan_actor *actor = ds->actor->plan;
	const struct pel_xclbin_kernel *target = ds->target;
	int r = 0;

	ds->cus = pel_arena_array(&device->run->arena, actor->copies, sizeof(*ds->cus));
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
			"actor '%s' is placed on compute unit '%s', but kernel '%s' in %s has none of that name",
			actor->id, actor->where.unit, target->name, device_file(device, actor));
	if (ds->n_cus < actor->copies && !(actor->where.unit && actor->copies == 1)) {
		pel_fail(err, -EINVAL, actor->place,
			 "actor '%s' has copies=\"%u\", but kernel '%s' in %s has %u compute unit%s",
			 actor->id, actor->copies, target->name, device_file(device, actor), target->n_cus,
			 target->n_cus == 1 ? "" : "s");
		pel_hint(err,
			 "a compute unit more is nk=%s:N in the link configuration, or --cu %s=N with 'pelton xclbin pack'",
			 target->name, target->name);
		return -EINVAL;
	}
	if (!is_stateless(actor) && !ds->state_bytes && wanted > target->n_cus)
		return pel_fail(
			err, -EINVAL, actor->place,
			"actor '%s' (%s) has a state on the device, so its compute unit must be its own, but kernel '%s' in %s has %u for %u actors",
			actor->id, actor->kernel->name, target->name, device_file(device, actor),
			target->n_cus, wanted);
	return 0;
}

/* How many compute units of kernel `target` the device's actors ask for, and how many before `ds`. */
static void count_units(const struct run_device *device, const struct device_stage *ds, uint32_t *before,
			uint32_t *all)
{
	*before = *all = 0;
	for (uint32_t i = 0; i < device->n_stages; i++) {
		const struct device_stage *other = &device->stages[i];

		if (strcmp(other->actor->plan->form->kernel, ds->actor->plan->form->kernel) != 0)
			continue;
		*all += other->actor->plan->copies;
		if (other < ds)
			*before += other->actor->plan->copies;
	}
}

static int bind_stage(struct run_device *device, struct device_stage *ds, struct pel_error *err)
{
	const struct pel_plan_actor *actor = ds->actor->plan;
	struct pel_arena *arena = &device->run->arena;
	uint32_t next, wanted;
	int r;

	ds->device = device;
	ds->target = pel_xclbin_find(device->xclbin, actor->form->kernel);
	if (!ds->target)
		return say_no_kernel(device, actor, err);
	if ((r = device_check_args(device, actor, ds->target, err)) < 0)
		return r;
	for (size_t i = 0; i < actor->form->n_args; i++)
		if (actor->form->args[i].kind == PEL_FPGA_STATE)
			ds->state_bytes = actor->form->args[i].bytes;
	count_units(device, ds, &next, &wanted);
	if ((r = choose_units(device, ds, &next, wanted, err)) < 0)
		return r;
	ds->retries = actor->policy->retries;
	if (!ds->retries && device_policy(ds, "restart"))
		ds->retries = RESTARTS_MAX;
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
	/* Both, so that a number that is too large for its argument is known now. */
	if ((r = device_scalars(ds, actor->block, err)) < 0 || (r = device_scalars(ds, 1, err)) < 0)
		return r;
	return 0;
}

/* The device's actors as stages of it. */
static int bind_stages(struct run_device *device, struct pel_error *err)
{
	struct pel_run *run = device->run;
	uint32_t n = 0;
	int r, status = 0;

	device->stages = pel_arena_array(&run->arena, device->n_stages, sizeof(*device->stages));
	if (!device->stages)
		return pel_nomem(err);
	for (uint32_t i = 0; i < run->plan->n_actors; i++) {
		const struct pel_plan_actor *actor = &run->plan->actors[i];

		if (!is_bound(device, actor))
			continue;
		run->actors[i].plan = actor;
		run->actors[i].run = run;
		run->actors[i].device = &device->stages[n];
		device->stages[n++].actor = &run->actors[i];
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

int devices_bind(struct pel_run *run, const struct pel_run_options *options, struct pel_error *err)
{
	uint32_t most = 0;
	int r = list_devices(run, err);

	if (r < 0 || !run->n_devices)
		return r;
	for (uint32_t i = 0; i < run->n_devices; i++)
		most = run->devices[i].index > most ? run->devices[i].index : most;
	if (options->emulate && (r = pel_emulation_create(most + 1, &run->emulation, err)) < 0)
		return r;
	if (run->emulation)
		run->pack_dir = pel_emulation_dir(run->emulation);
	for (uint32_t i = 0; i < run->n_devices; i++)
		if ((r = choose_xclbin(&run->devices[i], options, err)) < 0 ||
		    (r = bind_stages(&run->devices[i], err)) < 0)
			return r;
	return 0;
}

/* ---- without a run ---- */

/* Is one of its sources not there, or not to be read? */
static bool lacks_source(const struct run_device *device)
{
	const struct pel_plan *plan = device->run->plan;

	for (uint32_t i = 0; i < plan->n_actors; i++)
		if (is_bound(device, &plan->actors[i]) && access(plan->actors[i].form->source, R_OK) < 0)
			return true;
	return false;
}

/* 1: it has an xclbin to compare with; 0: nothing can be told; or a negative errno, explained unless it is -ECANCELED. */
static int choose_to_check(struct run_device *device, struct pel_error *err)
{
	struct pel_error unheard = { 0 };
	const char *path;
	int r = named_xclbin(device, &path, err);

	if (r < 0)
		return r;
	if (path && pel_xclbin_load(path, nowhere, &device->xclbin, &unheard) == 0 &&
	    (has_all(device, device->xclbin) || !has_sources(device))) {
		device->path = path;
		return 1;
	}
	pel_error_fini(&unheard);
	pel_xclbin_destroy(device->xclbin);
	device->xclbin = NULL;
	if (!has_sources(device))
		return 0;
	r = pack(device, &unheard);
	/* No compiler, no elfutils, no room in /tmp: that is this machine's fault, and not the graph's. */
	if (r == -ENOMEM)
		pel_nomem(err);
	else if (r < 0 && r != -ECANCELED && r != -EINVAL && !lacks_source(device))
		r = 0;
	for (size_t i = 0; i < unheard.count && r < 0 && r != -ENOMEM; i++) {
		const struct pel_error_item *item = &unheard.items[i];

		pel_fail(err, r, (struct pel_place){ item->file, item->line, item->col }, "%s", item->text);
		if (item->hint)
			pel_hint(err, "%s", item->hint);
	}
	pel_error_fini(&unheard);
	return r < 0 ? r : device->packed;
}

int devices_check(struct pel_run *run, struct pel_error *err)
{
	int r = list_devices(run, err), status = 0;

	for (uint32_t i = 0; i < run->n_devices && r >= 0; i++) {
		struct run_device *device = &run->devices[i];

		device->n_stages = 0;
		for (uint32_t k = 0; k < run->plan->n_actors; k++)
			device->n_stages += is_bound(device, &run->plan->actors[k]);
		if (!device->n_stages)
			continue;
		r = choose_to_check(device, err);
		if (r > 0)
			r = bind_stages(device, err);
		if (r == -EINVAL || r == -ENOENT) {
			status = r;
			r = 0; /* the others may be wrong, too */
		}
	}
	return r < 0 ? r : status;
}
