/* SPDX-License-Identifier: Apache-2.0 */
#include "pack.h"

#include <errno.h>
#include "environment.h"
#include "tree.h"

static const struct pel_place nowhere;

int pel_xclbin_pack(const char *path, const struct pel_xclbin_pack_options *options, struct pel_error *err)
{
	struct pack pack = { .options = options, .err = err };
	struct pel_tree tree;
	const char *library, *first;
	int r;

	if (!options->n_sources)
		return pel_fail(err, -EINVAL, nowhere, "there is no source to pack");
	if (pel_cancel_is_set(options->cancel))
		return -ECANCELED;
	if ((r = pel_environment_check(err)) < 0 || (r = pel_tree_create(&tree, err)) < 0)
		return r;
	pack.dir = tree.path;
	library = pel_arena_printf(&pack.arena, "%s/kernels.so", pack.dir);
	first = pel_arena_printf(&pack.arena, "%s/first.so", pack.dir);
	if (!library || !first)
		r = pel_nomem(err);
	if (r == 0 && (r = pack_compile(&pack, library, first)) == 0 && (r = pack_configure(&pack)) == 0)
		r = pack_write(&pack, library, path);
	pel_tree_remove(&tree);
	pel_free(pack.kernels);
	pel_free(pack.others);
	pel_arena_fini(&pack.arena);
	return r;
}
