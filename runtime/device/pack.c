/* SPDX-License-Identifier: Apache-2.0 */
#include <pelton/xclbin.h>

#include <errno.h>
#include "environment.h"
#include "pack-compile.h"
#include "pack-config.h"
#include "pack-write.h"
#include "sized-options.h"
#include "thread.h"
#include "tree.h"

static const struct pel_place nowhere;

static int pack_all(struct pack *pack)
{
	const char *library = pel_arena_printf(&pack->arena, "%s/kernels.so", pack->dir),
		   *first = pel_arena_printf(&pack->arena, "%s/first.so", pack->dir);
	int r;

	if (!library || !first)
		return pel_nomem(pack->err);
	if ((r = pel_pack_compile(pack, library, first)) < 0 || (r = pel_pack_configure(pack)) < 0)
		return r;
	return pel_pack_write(pack, library, pack->output);
}

struct request {
	const char *path;
	const struct pel_xclbin_pack_options *options;
	struct pel_error *err;
};

static int pack_request(void *context)
{
	const struct request *request = context;
	struct pack pack = { .options = request->options, .err = request->err, .output = request->path };
	struct pel_tree tree;
	int r = pel_tree_create(&tree, pack.err);

	if (r < 0)
		return r;
	pack.dir = tree.path;
	r = pack_all(&pack);
	pel_tree_remove(&tree);
	pel_free(pack.kernels);
	pel_free(pack.others);
	pel_arena_fini(&pack.arena);
	return r;
}

int pel_xclbin_pack(const char *path, const struct pel_xclbin_pack_options *options, struct pel_error *err)
{
	struct pel_xclbin_pack_options known;
	struct request request = { path, &known, err };
	int r = PEL_OPTIONS_TAKE(pel_xclbin_pack_options, &known, options, err);

	if (r < 0)
		return r;
	if (!known.n_sources)
		return pel_fail(err, -EINVAL, nowhere, "there is no source to pack");
	if (pel_cancel_is_set(known.cancel))
		return -ECANCELED;
	r = pel_environment_check(err);
	return r < 0 ? r : pel_on_own_stack(pack_request, &request); /* libdw takes more than 160 KB */
}
