/* SPDX-License-Identifier: Apache-2.0 */
#include "registry.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "cpu.h"
#include "environment.h"

#define MODULE_KERNELS_MAX 65536
#define PREFIX		   "pelton-"

struct entry {
	const struct pel_kernel *kernel;
	const char *module; /* name; in the registry's arena, or constant */
};

struct pel_registry {
	struct pel_arena arena;
	const char **folders; /* searched in this order */
	size_t n_folders, folders_capacity,
		n_given;       /* the first `n_given` were given by the caller or the environment */
	struct entry *kernels; /* sorted by name */
	size_t n_kernels, kernels_capacity;
	const char **modules; /* names of the loaded modules */
	size_t n_modules, modules_capacity;
};

/* ---- the search path ---- */

static int add_folder(struct pel_registry *registry, const char *folder, size_t length)
{
	char *copy;

	if (!length) /* an empty part, as in "a::b", does not mean the working directory */
		return 0;
	copy = pel_arena_strndup(&registry->arena, folder, length);
	if (!copy || pel_grow(&registry->folders, &registry->folders_capacity, registry->n_folders + 1,
			      sizeof(*registry->folders)) < 0)
		return -ENOMEM;
	registry->folders[registry->n_folders++] = copy;
	return 0;
}

static int add_folders(struct pel_registry *registry, const char *path)
{
	size_t length;
	int r;

	for (; path && *path; path += length + (path[length] == ':')) {
		length = strcspn(path, ":");
		if ((r = add_folder(registry, path, length)) < 0)
			return r;
	}
	return 0;
}

/* Add the folders that belong to the library itself, wherever it was installed or built. */
static int add_own_folders(struct pel_registry *registry)
{
	static const char *const below[] = { "pelton", "modules" };
	char real[PATH_MAX];
	Dl_info self;
	char *slash, *folder;
	int r;

	if (dladdr((void *)&pel_builtin_modules, &self) && self.dli_fname && realpath(self.dli_fname, real) &&
	    (slash = strrchr(real, '/'))) {
		*slash = '\0';
		for (size_t i = 0; i < sizeof(below) / sizeof(below[0]); i++) {
			folder = pel_arena_printf(&registry->arena, "%s/%s", real, below[i]);
			if (!folder)
				return -ENOMEM;
			if ((r = add_folder(registry, folder, strlen(folder))) < 0)
				return r;
		}
	}
#ifdef PEL_MODULE_DIR
	return add_folder(registry, PEL_MODULE_DIR, strlen(PEL_MODULE_DIR));
#else
	return 0;
#endif
}

/* Sets *ret to the file of module `name`, in the arena, or to NULL if there is none. */
static int find_module(struct pel_registry *registry, const char *name, const char **ret)
{
	*ret = NULL;
	for (size_t i = 0; i < registry->n_folders; i++) {
		for (unsigned prefixed = 0; prefixed < 2; prefixed++) {
			char *file = pel_arena_printf(&registry->arena, "%s/%s%s.so", registry->folders[i],
						      prefixed ? PREFIX : "", name);

			if (!file)
				return -ENOMEM;
			if (access(file, F_OK) == 0) {
				*ret = file;
				return 0;
			}
		}
	}
	return 0;
}

/* Call `see` with the name of every module file in the search path. Stops at the first negative result. */
static int each_module(struct pel_registry *registry,
		       int (*see)(struct pel_registry *registry, const char *name, void *context),
		       void *context)
{
	int r = 0;

	for (size_t i = 0; i < registry->n_folders && r >= 0; i++) {
		struct dirent **files;
		int n = scandir(registry->folders[i], &files, NULL, alphasort);

		for (int j = 0; j < n; j++) {
			char *name = files[j]->d_name;
			size_t length = strlen(name);

			if (r >= 0 && length > 3 && strcmp(name + length - 3, ".so") == 0) {
				name[length - 3] = '\0';
				if (strncmp(name, PREFIX, strlen(PREFIX)) == 0)
					name += strlen(PREFIX);
				if (pel_is_name(name))
					r = see(registry, name, context);
			}
			free(files[j]);
		}
		if (n >= 0)
			free(files);
	}
	return r;
}

/* ---- kernels ---- */

static int compare_entries(const void *a, const void *b)
{
	return strcmp(((const struct entry *)a)->kernel->name, ((const struct entry *)b)->kernel->name);
}

/* `kernel`: the kernel of the module that has this ABI; NULL: all of them have it. */
static int fail_abi(const char *name, const char *file, const struct pel_kernel *kernel, uint32_t abi,
		    struct pel_place place, struct pel_error *err)
{
	pel_fail(err, -EINVAL, place,
		 "module '%s': %s%s%s'%s' was built for kernel ABI %u, this library has %u", name,
		 kernel ? "kernel '" : "", kernel ? kernel->name : "", kernel ? "' in " : "", file,
		 (unsigned)abi, PEL_KERNEL_ABI);
	pel_hint(err, "compile it again with the <pelton/kernel.h> of this version, " PEL_VERSION);
	return -EINVAL;
}

static int check_module_kernels(const struct pel_kernel_module *module, const char *name, const char *file,
				struct pel_place place, struct pel_error *err)
{
	size_t length = strlen(name);
	int r;

	for (uint32_t i = 0; i < module->n_kernels; i++) {
		const struct pel_kernel *kernel = module->kernels[i];

		if (!kernel)
			return pel_fail(err, -EINVAL, place,
					"module '%s': kernel number %u of its list is NULL", name, (unsigned)i);
		if (kernel->abi != PEL_KERNEL_ABI)
			return fail_abi(name, file, kernel, kernel->abi, place, err);
		if ((r = pel_kernel_check(kernel, place, err)) < 0)
			return r;
		if (strncmp(kernel->name, name, length) != 0 || kernel->name[length] != '.')
			return pel_fail(err, -EINVAL, place,
					"module '%s' has a kernel called '%s'; its name must start with '%s.'",
					name, kernel->name, name);
	}
	return 0;
}

/* Add all kernels of the module, or none. */
static int add_module(struct pel_registry *registry, const struct pel_kernel_module *module, const char *name,
		      const char *file, struct pel_place place, struct pel_error *err)
{
	size_t before = registry->n_kernels;
	int r = check_module_kernels(module, name, file, place, err);

	if (r < 0)
		return r;
	if (pel_grow(&registry->kernels, &registry->kernels_capacity, before + module->n_kernels,
		     sizeof(*registry->kernels)) < 0)
		return pel_nomem(err);
	for (uint32_t i = 0; i < module->n_kernels; i++)
		registry->kernels[before + i] = (struct entry){ module->kernels[i], name };
	/* Names start with the module's name, so duplicates can only be within this module. */
	qsort(registry->kernels + before, module->n_kernels, sizeof(*registry->kernels), compare_entries);
	for (uint32_t i = 1; i < module->n_kernels; i++)
		if (compare_entries(&registry->kernels[before + i - 1], &registry->kernels[before + i]) == 0)
			return pel_fail(err, -EINVAL, place, "module '%s' has two kernels called '%s'", name,
					registry->kernels[before + i].kernel->name);
	registry->n_kernels += module->n_kernels;
	qsort(registry->kernels, registry->n_kernels, sizeof(*registry->kernels), compare_entries);
	return 0;
}

static int load_module(struct pel_registry *registry, const char *name, const char *file,
		       struct pel_place place, struct pel_error *err)
{
	/* Stays loaded until the process ends: plans and runs point into it, and it may have registered handlers or started threads. */
	void *handle = dlopen(file, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
	const struct pel_kernel_module *module;
	const char *kept;
	int r = -EINVAL;

	if (!handle)
		return pel_fail(err, -EINVAL, place, "module '%s' cannot be loaded: %s", name, dlerror());
	module = dlsym(handle, "pel_kernel_module");
	if (!module) {
		pel_fail(err, r, place,
			 "module '%s': '%s' is not a module of kernels: it has no pel_kernel_module", name,
			 file);
		pel_hint(err, "the module must contain PEL_KERNEL_MODULE(...) exactly once");
	} else if (module->abi != PEL_KERNEL_ABI) {
		fail_abi(name, file, NULL, module->abi, place, err);
	} else if (!module->n_kernels || module->n_kernels > MODULE_KERNELS_MAX || !module->kernels) {
		pel_fail(err, r, place, "module '%s': '%s' has a list of %u kernels; it must have 1 to %d",
			 name, file, (unsigned)module->n_kernels, MODULE_KERNELS_MAX);
	} else if (!(kept = pel_arena_strdup(&registry->arena, name)) ||
		   pel_grow(&registry->modules, &registry->modules_capacity, registry->n_modules + 1,
			    sizeof(*registry->modules)) < 0) {
		r = pel_nomem(err);
	} else if ((r = add_module(registry, module, kept, file, place, err)) == 0) {
		registry->modules[registry->n_modules++] = kept;
	}
	dlclose(handle);
	return r;
}

/* ---- public functions ---- */

int pel_registry_create(const char *search_path, struct pel_registry **ret, struct pel_error *err)
{
	struct pel_registry *registry = pel_calloc(1, sizeof(*registry));
	struct pel_place nowhere = { 0 };
	int r;

	if (!registry)
		return pel_nomem(err);
	if ((r = pel_cpu_check(err)) < 0 || (r = pel_environment_check(err)) < 0) {
		pel_registry_destroy(registry);
		return r;
	}
	if (add_folders(registry, search_path) < 0 || add_folders(registry, pel_env("PELTON_MODULE_PATH")) < 0 ||
	    (registry->n_given = registry->n_folders, add_own_folders(registry)) < 0) {
		pel_registry_destroy(registry);
		return pel_nomem(err);
	}
	for (const struct pel_builtin_module *builtin = pel_builtin_modules; builtin->name; builtin++)
		if ((r = add_module(registry, builtin->module, builtin->name, "", nowhere, err)) < 0) {
			pel_registry_destroy(registry);
			return r;
		}
	*ret = registry;
	return 0;
}

void pel_registry_destroy(struct pel_registry *registry)
{
	if (!registry)
		return;
	pel_free(registry->folders);
	pel_free(registry->kernels);
	pel_free(registry->modules);
	pel_arena_fini(&registry->arena);
	pel_free(registry);
}

bool pel_registry_is_builtin(const char *module)
{
	for (const struct pel_builtin_module *builtin = pel_builtin_modules; builtin->name; builtin++)
		if (strcmp(builtin->name, module) == 0)
			return true;
	return false;
}

static bool is_known(const struct pel_registry *registry, const char *name)
{
	if (pel_registry_is_builtin(name))
		return true;
	for (size_t i = 0; i < registry->n_modules; i++)
		if (strcmp(registry->modules[i], name) == 0)
			return true;
	return false;
}

struct nearest {
	const char *wanted;
	struct pel_near near;
	bool nomem;
};

static int try_module(struct pel_registry *registry, const char *name, void *context)
{
	struct nearest *nearest = context;
	const char *kept = pel_arena_strdup(&registry->arena, name);

	if (!kept) {
		nearest->nomem = true;
		return -ENOMEM;
	}
	pel_near_try(&nearest->near, nearest->wanted, kept);
	return 0;
}

static bool is_folder(const char *path)
{
	struct stat status;

	return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

const char *pel_registry_no_folder(const struct pel_registry *registry)
{
	for (size_t i = 0; i < registry->n_given; i++)
		if (!is_folder(registry->folders[i]))
			return registry->folders[i];
	return NULL;
}

static void explain_folders(const struct pel_registry *registry, struct pel_error *err)
{
	for (size_t i = 0; i < registry->n_given; i++) {
		if (is_folder(registry->folders[i]))
			continue;
		pel_fail(err, -ENOENT, (struct pel_place){ 0 },
			 "'%s', which is searched for modules, is not a folder", registry->folders[i]);
		pel_hint(err, "correct PELTON_MODULE_PATH, or unset it");
	}
}

static int fail_no_module(struct pel_registry *registry, const char *name, struct pel_place place,
			  struct pel_error *err)
{
	struct nearest nearest = { .wanted = name };

	for (const struct pel_builtin_module *builtin = pel_builtin_modules; builtin->name; builtin++)
		pel_near_try(&nearest.near, name, builtin->name);
	if (each_module(registry, try_module, &nearest) < 0)
		return pel_nomem(err);
	pel_fail(err, -ENOENT, place, "there is no module '%s'", name);
	if (nearest.near.name)
		pel_hint(err, "did you mean '%s'?", nearest.near.name);
	else if (pel_registry_no_folder(registry))
		pel_hint(err,
			 "'%s', which is searched for modules, is not a folder: correct PELTON_MODULE_PATH",
			 pel_registry_no_folder(registry));
	else
		pel_hint(err, "name the folder that contains %s.so or " PREFIX "%s.so in PELTON_MODULE_PATH",
			 name, name);
	return -ENOENT;
}

int pel_registry_use(struct pel_registry *registry, const char *name, struct pel_place place,
		     struct pel_error *err)
{
	const char *file;

	if (!pel_is_name(name)) {
		pel_fail(err, -EINVAL, place, "'%.200s' is not the name of a module", name);
		pel_hint(err, "use a module by its name, and name its folder in PELTON_MODULE_PATH");
		return -EINVAL;
	}
	if (is_known(registry, name))
		return 0;
	if (find_module(registry, name, &file) < 0)
		return pel_nomem(err);
	if (!file)
		return fail_no_module(registry, name, place, err);
	return load_module(registry, name, file, place, err);
}

struct wanted {
	const char *name; /* of a kernel or a module; NULL: all */
	struct pel_error *err;
};

static int use_found(struct pel_registry *registry, const char *name, void *context)
{
	const struct wanted *wanted = context;
	size_t length = strlen(name);
	bool explain = !wanted->name || (strncmp(wanted->name, name, length) == 0 &&
					 (!wanted->name[length] || wanted->name[length] == '.'));

	/* A module that cannot be loaded is reported in `err`; continue with the others. */
	return pel_registry_use(registry, name, (struct pel_place){ 0 }, explain ? wanted->err : NULL) == -ENOMEM
		       ? -ENOMEM
		       : 0;
}

int pel_registry_use_all(struct pel_registry *registry, const char *name, struct pel_error *err)
{
	if (!name)
		explain_folders(registry, err);
	return each_module(registry, use_found, &(struct wanted){ name, err });
}

const struct pel_kernel *pel_registry_find(const struct pel_registry *registry, const char *name,
					   struct pel_near *near)
{
	size_t low = 0, high = registry->n_kernels;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = strcmp(registry->kernels[middle].kernel->name, name);

		if (order == 0)
			return registry->kernels[middle].kernel;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	for (size_t i = 0; near && i < registry->n_kernels; i++)
		pel_near_try(near, name, registry->kernels[i].kernel->name);
	return NULL;
}

const char *pel_registry_elsewhere(struct pel_registry *registry, const char *name, bool *has_kernel)
{
	const char *dot = strchr(name, '.'), *file;
	char *module = dot ? pel_arena_strndup(&registry->arena, name, (size_t)(dot - name)) : NULL;
	struct pel_registry other = { 0 };

	*has_kernel = false;
	if (!module || !pel_is_name(module) || is_known(registry, module) ||
	    find_module(registry, module, &file) < 0 || !file)
		return NULL;
	if (load_module(&other, module, file, (struct pel_place){ 0 }, NULL) == 0)
		*has_kernel = pel_registry_find(&other, name, NULL);
	pel_free(other.kernels);
	pel_free(other.modules);
	pel_arena_fini(&other.arena);
	return module;
}

const struct pel_kernel *pel_registry_at(struct pel_registry *registry, size_t index, const char **module)
{
	if (index >= registry->n_kernels)
		return NULL;
	if (module)
		*module = registry->kernels[index].module;
	return registry->kernels[index].kernel;
}
