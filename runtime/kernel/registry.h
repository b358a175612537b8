/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_REGISTRY_H
#define PEL_REGISTRY_H

#include <pelton/kernel.h>
#include "support.h"

/*
 * The kernels that one compilation can use: the built-in modules (core, dsp, file, bench: always there), and the modules
 * it asked for, searched as DIR/NAME.so and DIR/pelton-NAME.so in the folders of `search_path` (colon-separated, may be NULL), then
 * in PELTON_MODULE_PATH, then in the folder of libpelton itself + "/pelton" and, for a build tree, + "/modules", then the installed libdir.
 * A loaded module stays loaded until the process ends, since plans and runs point into it; loading it twice gives the same one.
 * Registries are independent; one thread at a time may use one.
 */
struct pel_registry;

int pel_registry_create(const char *search_path, struct pel_registry **ret, struct pel_error *err);
void pel_registry_destroy(struct pel_registry *registry);

/* Make the kernels of module `name` known. Built-in ones are already. Checks the ABI version and every descriptor of it. */
int pel_registry_use(struct pel_registry *registry, const char *name, struct pel_place place,
		     struct pel_error *err);
/*
 * The same for every module that can be found; those that cannot be loaded are skipped and explained in `err`: all, or only the one called `name`
 * or that would have a kernel `name` (NULL: all, and the folders that are none).
 */
int pel_registry_use_all(struct pel_registry *registry, const char *name, struct pel_error *err);
/* The first folder that the caller or PELTON_MODULE_PATH names for modules, and that is none; NULL: there is no such. */
const char *pel_registry_no_folder(const struct pel_registry *registry);

/* The kernel called `name`, or NULL. `near` (may be NULL) is fed candidates. */
const struct pel_kernel *pel_registry_find(const struct pel_registry *registry, const char *name,
					   struct pel_near *near);
/* Kernel number `index` in the order of names; NULL past the end. `module` (may be NULL) is set to the module's name. */
const struct pel_kernel *pel_registry_at(struct pel_registry *registry, size_t index, const char **module);

/* Is `kernel` a sound descriptor? Errors name it. */
int pel_kernel_check(const struct pel_kernel *kernel, struct pel_place place, struct pel_error *err);

/* The built-in modules, ended by a NULL name. Defined beside them. */
struct pel_builtin_module {
	const char *name;
	const struct pel_kernel_module *module;
};
extern const struct pel_builtin_module pel_builtin_modules[];

#endif
