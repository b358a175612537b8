/* SPDX-License-Identifier: Apache-2.0 */
#include "libexec.h"

#include <dlfcn.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>
#include "environment.h"

static char *own_folder(struct pel_arena *arena)
{
	Dl_info info;

	if (!dladdr((const void *)pel_libexec, &info) || !info.dli_fname)
		return NULL;
	return pel_path_dir(arena, info.dli_fname);
}

const char *pel_libexec(struct pel_arena *arena, const char *name, struct pel_error *err)
{
	const char *given = pel_env("PELTON_LIBEXEC"), *own = own_folder(arena);
	char *places[3] = { 0 };
	size_t n = 0;

	if (given)
		places[n++] = pel_arena_printf(arena, "%s/%s", given, name);
	if (own) {
		places[n++] = pel_arena_printf(arena, "%s/%s", own, name);
		places[n++] = pel_arena_printf(arena, "%s/pelton/libexec/%s", own, name);
	}
	for (size_t i = 0; i < n; i++) {
		if (!places[i]) {
			pel_nomem(err);
			return NULL;
		}
		if (access(places[i], F_OK) == 0)
			return places[i];
	}
	pel_fail(err, -ENOENT, (struct pel_place){ 0 },
		 "cannot find '%s', a part of Pelton, beside libpelton (%s)", name, own ? own : "?");
	pel_hint(err, "set PELTON_LIBEXEC to the folder that contains it");
	return NULL;
}
