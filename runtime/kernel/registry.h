/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_REGISTRY_H
#define PEL_REGISTRY_H

#include <pelton/kernel.h>
#include "support.h"

/*
 * The kernels that one compilation can use: the built-in modules (core, dsp, file, bench), and the modules
 * that it requests. These are searched as DIR/NAME.so and DIR/pelton-NAME.so, first in the folders of `search_path` (colon-separated, may be NULL), then
 * in PELTON_MODULE_PATH, then in "pelton" and (for a build tree) "modules" in the folder of libpelton, then in the installed libdir.
 * A loaded module stays loaded until the process ends, because plans and runs point into it. Loading it again returns the same module.
 * Registries are independent; one thread at a time may use one.
 */
struct pel_registry;

int pel_registry_create(const char *search_path, struct pel_registry **ret, struct pel_error *err);
void pel_registry_destroy(struct pel_registry *registry);

/* Make the kernels of module `name` known, after checking the ABI version and every descriptor. Those of built-in modules are already known. */
int pel_registry_use(struct pel_registry *registry, const char *name, struct pel_place place,
		     struct pel_error *err);
/*
 * The same for every module that can be found. Modules that cannot be loaded are skipped and reported in `err`: all of them and search folders that are not
 * folders if `name` is NULL, otherwise only the module called `name`, or the module that would have a kernel called `name`.
 */
int pel_registry_use_all(struct pel_registry *registry, const char *name, struct pel_error *err);
/* The first entry of the caller's search path or PELTON_MODULE_PATH that is not a folder; NULL: there is none. */
const char *pel_registry_no_folder(const struct pel_registry *registry);

/* The kernel called `name`, or NULL. `near` (may be NULL) receives candidates for a hint. */
const struct pel_kernel *pel_registry_find(const struct pel_registry *registry, const char *name,
					   struct pel_near *near);
/*
 * Is the module that a kernel called `name` would be in not known yet, but there to be found? Returns its name in `registry`'s memory, or NULL (also
 * when out of memory), and whether it has that kernel. The module is loaded to see, but its kernels do not become known.
 */
const char *pel_registry_elsewhere(struct pel_registry *registry, const char *name, bool *has_kernel);

/* Is this a module that is always known? */
bool pel_registry_is_builtin(const char *module);

/* Kernel number `index` in the order of names; NULL past the end. `module` (may be NULL) is set to the module's name. */
const struct pel_kernel *pel_registry_at(struct pel_registry *registry, size_t index, const char **module);

/* Check that `kernel` is a valid descriptor. Messages name the kernel. */
int pel_kernel_check(const struct pel_kernel *kernel, struct pel_place place, struct pel_error *err);

/* The built-in modules, terminated by a NULL name. */
struct pel_builtin_module {
	const char *name;
	const struct pel_kernel_module *module;
};
extern const struct pel_builtin_module pel_builtin_modules[];

#endif
