/* SPDX-License-Identifier: Apache-2.0 */
#include "device-bind.h"

#include <errno.h>
#include "device-watch.h"
#include "tree.h"

/* Bind the devices as for a run, with a temporary folder, and no more. */
static int check(const struct pel_plan *plan, const struct pel_cancel *cancel, const char *dir,
		 struct pel_error *err)
{
	struct pel_arena arena = { 0 };
	struct pel_device_set set = {
		.plan = plan, .arena = &arena, .cancel = cancel, .pack_dir = dir, .checking = true
	};
	int r;

	set.actors = pel_arena_array(&arena, plan->n_actors, sizeof(*set.actors));
	r = set.actors ? pel_devices_check(&set, err) : pel_nomem(err);
	pel_devices_destroy(&set);
	pel_arena_fini(&arena);
	return r;
}

int pel_plan_check_devices(const struct pel_plan *plan, const struct pel_cancel *cancel, struct pel_error *err)
{
	struct pel_error ignored = { 0 };
	struct pel_tree tree;
	uint32_t n = 0;
	int r;

	for (uint32_t i = 0; i < plan->n_actors; i++)
		n += plan->actors[i].fpga && !plan->actors[i].fpga->own_source;
	if (!n)
		return 0;
	/* If there is no room for files, skip the check: the graph is not to blame. */
	r = pel_tree_create(&tree, &ignored);
	pel_error_fini(&ignored);
	if (r < 0)
		return r == -ENOMEM ? pel_nomem(err) : 0;
	r = check(plan, cancel, tree.path, err);
	pel_tree_remove(&tree);
	return r;
}
