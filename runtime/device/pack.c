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

static int take_options(struct pel_xclbin_pack_options *to, const struct pel_xclbin_pack_options *from,
			struct pel_error *err)
{
	static const char name[] = "struct pel_xclbin_pack_options";
	int r = PEL_OPTIONS_TAKE(pel_xclbin_pack_options, to, from, err);

	if (r < 0 || (r = pel_options_need_strings(to->sources, to->n_sources, name, "sources", err)) < 0 ||
	    (r = pel_options_need_strings(to->include_dirs, to->n_include_dirs, name, "include_dirs", err)) < 0 ||
	    (r = pel_options_need_strings(to->defines, to->n_defines, name, "defines", err)) < 0 ||
	    (r = pel_options_need_strings(to->kernels, to->n_kernels, name, "kernels", err)) < 0)
		return r;
	r = pel_options_need_list(to->cus, to->n_cus, name, "cus", err);
	for (size_t i = 0; i < to->n_cus && r == 0; i++)
		r = pel_options_need_element(to->cus[i].kernel, name, "cus", i, ".kernel", err);
	return r;
}

int pel_xclbin_pack(const char *path, const struct pel_xclbin_pack_options *options, struct pel_error *err)
{
	struct pel_xclbin_pack_options known;
	struct request request = { path, &known, err };
	int r = take_options(&known, options, err);

	if (r < 0)
		return r;
	if (!known.n_sources)
		return pel_fail(err, -EINVAL, nowhere, "there is no source to pack");
	if (pel_cancel_is_set(known.cancel))
		return -ECANCELED;
	r = pel_environment_check(err);
	return r < 0 ? r : pel_on_own_stack(pack_request, &request); /* libdw needs more than 160 KB of stack */
}
