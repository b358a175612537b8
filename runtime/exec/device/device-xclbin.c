/* SPDX-License-Identifier: Apache-2.0 */
#include "device-xclbin.h"

#include <errno.h>
#include <pelton/emulation.h>
#include <pelton/xclbin.h>
#include <string.h>
#include <unistd.h>
#include "environment.h"
#include "libexec.h"

static const struct pel_place no_place;

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

/* The xclbin that the graph names for the actors on `device`. *ret is NULL if it names none. */
static int named_xclbin(const struct pel_run_device *device, const char **ret, struct pel_error *err)
{
	const struct pel_plan *plan = device->set->plan;
	const struct pel_plan_actor *first = NULL;

	*ret = NULL;
	for (uint32_t i = 0; i < plan->n_actors; i++) {
		const struct pel_plan_actor *actor = &plan->actors[i];

		if (!pel_on_device(actor) || (uint32_t)actor->where.index != device->index ||
		    !actor->fpga->xclbin)
			continue;
		if (first && strcmp(first->fpga->xclbin, actor->fpga->xclbin) != 0) {
			pel_fail(err, -EINVAL, actor->fpga->place,
				 "actor '%s' needs %s on device %u, but actor '%s' needs %s there; a device holds one xclbin",
				 actor->id, actor->fpga->xclbin, device->index, first->id, first->fpga->xclbin);
			pel_hint(err,
				 "put all kernels into one xclbin, or place the actors on two devices (fpga:0, fpga:1)");
			return -EINVAL;
		}
		first = actor;
	}
	*ret = first ? first->fpga->xclbin : NULL;
	return 0;
}

/* Does the xclbin have all kernels that the device's actors need? */
static bool has_all(const struct pel_run_device *device, const struct pel_xclbin *xclbin)
{
	const struct pel_plan *plan = device->set->plan;

	for (uint32_t i = 0; i < plan->n_actors; i++)
		if (pel_device_has(device, &plan->actors[i]) &&
		    !pel_xclbin_find(xclbin, plan->actors[i].fpga->kernel))
			return false;
	return true;
}

/* ---- packing ---- */

struct packing {
	const char **sources, **kernels;
	struct pel_xclbin_cus *cus;
	size_t n_sources, n_kernels;
};

static int source_path(struct pel_device_set *set, const struct pel_plan_actor *actor, const char **ret,
		       struct pel_error *err)
{
	const struct pel_fpga *fpga = actor->fpga;
	const char *folder;

	if (!fpga->source) {
		pel_fail(err, -EINVAL, fpga->place,
			 "actor '%s' (%s) is placed on an emulated device, but there is neither an xclbin for software emulation nor a source of FPGA kernel '%s'",
			 actor->id, actor->kernel->name, fpga->kernel);
		pel_hint(err, "name its HLS source in <fpga source=\"...\">, or give an xclbin with --xclbin");
		return -EINVAL;
	}
	*ret = fpga->source;
	if (!fpga->own_source)
		return 0;
	folder = pel_libexec(set->arena, "hls", err);
	if (!folder)
		return -ENOENT;
	*ret = pel_path_join(set->arena, folder, fpga->source);
	return *ret ? 0 : pel_nomem(err);
}

static int add_to_packing(struct pel_device_set *set, const struct pel_plan_actor *actor,
			  struct packing *packing, struct pel_error *err)
{
	const char *source;
	size_t s = 0, k = 0;
	int r = source_path(set, actor, &source, err);

	if (r < 0)
		return r;
	while (s < packing->n_sources && strcmp(packing->sources[s], source) != 0)
		s++;
	if (s == packing->n_sources)
		packing->sources[packing->n_sources++] = source;
	while (k < packing->n_kernels && strcmp(packing->kernels[k], actor->fpga->kernel) != 0)
		k++;
	if (k == packing->n_kernels) {
		packing->kernels[packing->n_kernels++] = actor->fpga->kernel;
		packing->cus[k].kernel = actor->fpga->kernel;
	}
	packing->cus[k].count += actor->copies;
	return 0;
}

/* Does `text` contain `name` in quotes? */
static bool mentions(const char *text, const char *name)
{
	size_t length = name ? strlen(name) : 0;

	for (const char *at = length ? strstr(text, name) : NULL; at; at = strstr(at + 1, name))
		if (at > text && at[-1] == '\'' && at[length] == '\'')
			return true;
	return false;
}

/* Errors of packing do not refer to the graph. Report each for the actor whose source or kernel it names. */
static void report_packed(const struct pel_run_device *device, const struct pel_error *packed, int code,
			  struct pel_error *err)
{
	const struct pel_plan *plan = device->set->plan;

	for (size_t k = 0; k < packed->count; k++) {
		const struct pel_error_item *item = &packed->items[k];
		const struct pel_plan_actor *actor = NULL, *named = NULL;

		for (uint32_t i = 0; i < plan->n_actors; i++) {
			const struct pel_plan_actor *each = &plan->actors[i];

			if (!pel_device_has(device, each))
				continue;
			actor = actor ? actor : each;
			if (!named && (mentions(item->text, each->fpga->kernel) ||
				       mentions(item->text, each->fpga->source)))
				named = each;
		}
		actor = named ? named : actor;
		if (actor)
			pel_fail(err, code, actor->fpga->place, "actor '%s' (%s): %s", actor->id,
				 actor->kernel->name, item->text);
		else
			pel_fail(err, code, no_place, "%s", item->text);
		if (item->hint)
			pel_hint(err, "%s", item->hint);
	}
}

/* Pack the kernels of the device's actors into a temporary xclbin. */
static int pack(struct pel_run_device *device, struct pel_error *err)
{
	struct pel_device_set *set = device->set;
	const struct pel_plan *plan = set->plan;
	uint32_t n = device->n_stages;
	struct packing packing = { .sources = pel_arena_array(set->arena, n, sizeof(char *)),
				   .kernels = pel_arena_array(set->arena, n, sizeof(char *)),
				   .cus = pel_arena_array(set->arena, n, sizeof(struct pel_xclbin_cus)) };
	struct pel_xclbin_pack_options options;
	struct pel_error packed = { 0 };
	int r;

	device->path = pel_arena_printf(set->arena, "%s/device%u.xclbin", device->set->pack_dir, device->index);
	if (!packing.sources || !packing.kernels || !packing.cus || !device->path)
		return pel_nomem(err);
	for (uint32_t i = 0; i < plan->n_actors; i++)
		if (pel_device_has(device, &plan->actors[i]) &&
		    (r = add_to_packing(set, &plan->actors[i], &packing, err)) < 0)
			return r;
	options = (struct pel_xclbin_pack_options){ .size = sizeof(options),
						    .sources = packing.sources,
						    .n_sources = packing.n_sources,
						    .cus = packing.cus,
						    .n_cus = packing.n_kernels,
						    .kernels = packing.kernels,
						    .n_kernels = packing.n_kernels,
						    .cancel = set->cancel };
	r = pel_xclbin_pack(device->path, &options, &packed);
	if (r < 0)
		report_packed(device, &packed, r, err);
	pel_error_fini(&packed);
	if (r < 0)
		return r;
	device->packed = true;
	return pel_xclbin_load(device->path, no_place, &device->xclbin, err);
}

/* ---- choosing ---- */

static struct pel_place first_place(const struct pel_run_device *device)
{
	const struct pel_plan *plan = device->set->plan;

	for (uint32_t i = 0; i < plan->n_actors; i++)
		if (pel_on_device(&plan->actors[i]) && (uint32_t)plan->actors[i].where.index == device->index)
			return plan->actors[i].fpga->place;
	return no_place;
}

static int check_mode(const struct pel_run_device *device, struct pel_error *err)
{
	bool emulated = device->set->emulation != NULL,
	     for_emulation = device->xclbin->mode == PEL_XCLBIN_SW_EMU;

	if (emulated == for_emulation || (!emulated && pel_env("XCL_EMULATION_MODE")))
		return 0;
	if (emulated) {
		pel_fail(err, -EINVAL, first_place(device),
			 "%s is not for software emulation, but the run emulates its devices", device->path);
		pel_hint(err,
			 "pack the kernels' sources with 'pelton xclbin pack', or run on a card, without --emulate");
	} else {
		pel_fail(err, -EINVAL, first_place(device),
			 "%s is for software emulation, and cannot be loaded onto a card", device->path);
		pel_hint(err, "run with --emulate");
	}
	return -EINVAL;
}

/* Do all actors of the device have sources, so that its xclbin can be packed? */
static bool has_sources(const struct pel_run_device *device)
{
	const struct pel_plan *plan = device->set->plan;

	for (uint32_t i = 0; i < plan->n_actors; i++)
		if (pel_device_has(device, &plan->actors[i]) && !plan->actors[i].fpga->source)
			return false;
	return true;
}

int pel_device_choose_xclbin(struct pel_run_device *device, const struct pel_run_options *options,
			     struct pel_error *err)
{
	const char *given = given_xclbin(options, device->index), *path = given;
	int r = 0;

	if (!path && (r = named_xclbin(device, &path, err)) < 0)
		return r;
	if (!given && device->set->emulation) {
		/* The xclbin of the graph may be for a card, or may not exist. If so, pack the sources. */
		struct pel_error ignored = { 0 };

		if (path && pel_xclbin_load(path, no_place, &device->xclbin, &ignored) == 0 &&
		    device->xclbin->mode == PEL_XCLBIN_SW_EMU &&
		    (has_all(device, device->xclbin) || !has_sources(device))) {
			device->path = path;
			return 0;
		}
		pel_error_fini(&ignored);
		pel_xclbin_destroy(device->xclbin);
		device->xclbin = NULL;
		return pack(device, err);
	}
	if (!path) {
		pel_fail(err, -EINVAL, first_place(device), "there is no xclbin for device %u", device->index);
		pel_hint(err, "give one with --xclbin FILE, or emulate the device with --emulate");
		return -EINVAL;
	}
	device->path = pel_arena_strdup(device->set->arena, path);
	if (!device->path)
		return pel_nomem(err);
	r = pel_xclbin_load(path, first_place(device), &device->xclbin, err);
	return r < 0 ? r : check_mode(device, err);
}

/* ---- without a run ---- */

/* Is one of its sources missing or unreadable? */
static bool lacks_source(const struct pel_run_device *device)
{
	const struct pel_plan *plan = device->set->plan;

	for (uint32_t i = 0; i < plan->n_actors; i++)
		if (pel_device_has(device, &plan->actors[i]) && access(plan->actors[i].fpga->source, R_OK) < 0)
			return true;
	return false;
}

int pel_device_choose_to_check(struct pel_run_device *device, struct pel_error *err)
{
	struct pel_error ignored = { 0 };
	const char *path;
	int r = named_xclbin(device, &path, err);

	if (r < 0)
		return r;
	if (path && pel_xclbin_load(path, no_place, &device->xclbin, &ignored) == 0 &&
	    (has_all(device, device->xclbin) || !has_sources(device))) {
		device->path = path;
		return 1;
	}
	pel_error_fini(&ignored);
	pel_xclbin_destroy(device->xclbin);
	device->xclbin = NULL;
	if (!has_sources(device))
		return 0;
	r = pack(device, &ignored);
	/* No compiler, no elfutils, no room in /tmp: the machine is to blame, not the graph. */
	if (r == -ENOMEM)
		pel_nomem(err);
	else if (r < 0 && r != -ECANCELED && r != -EINVAL && !lacks_source(device))
		r = 0;
	for (size_t i = 0; i < ignored.count && r < 0 && r != -ENOMEM; i++) {
		const struct pel_error_item *item = &ignored.items[i];

		pel_fail(err, r, (struct pel_place){ item->file, item->line, item->col }, "%s", item->text);
		if (item->hint)
			pel_hint(err, "%s", item->hint);
	}
	pel_error_fini(&ignored);
	return r < 0 ? r : device->packed;
}
