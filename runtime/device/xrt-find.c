/* SPDX-License-Identifier: Apache-2.0 */
#include "xrt-find.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "environment.h"

static const char standard[] = "/usr/local/lib/" PEL_TRIPLET ":/usr/local/lib:/lib/" PEL_TRIPLET
			       ":/usr/lib/" PEL_TRIPLET ":/usr/lib64:/lib64:/usr/lib:/lib:/opt/xilinx/xrt/lib";

/* The first of the colon-separated folders that has the library. */
static char *find_in(struct pel_arena *arena, const char *folders)
{
	while (folders && *folders) {
		size_t length = strcspn(folders, ":");
		char *folder = length ? pel_arena_strndup(arena, folders, length) : NULL;
		char *file = folder ? pel_arena_printf(arena, "%s/" PEL_XRT_CORE, folder) : NULL;

		if (file && access(file, R_OK) == 0)
			return folder;
		folders += length;
		folders += *folders == ':';
	}
	return NULL;
}

const char *pel_xrt_find(struct pel_arena *arena, struct pel_error *err)
{
	const char *xilinx = pel_env("XILINX_XRT"), *found = find_in(arena, pel_env("LD_LIBRARY_PATH"));

	if (!found && xilinx)
		found = find_in(arena, pel_arena_printf(arena, "%s/lib", xilinx));
	if (!found)
		found = find_in(arena, standard);
	if (found)
		return found;
	pel_fail(err, -ENOENT, (struct pel_place){ 0 }, "XRT is not installed: " PEL_XRT_CORE " was not found");
	pel_hint(err, "install XRT (Debian: libxrt-dev), or set XILINX_XRT to its folder");
	return NULL;
}
