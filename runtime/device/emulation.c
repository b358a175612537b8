/* SPDX-License-Identifier: Apache-2.0 */
#include "emulation.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "environment.h"
#include "file-size.h"
#include "libexec.h"
#include "tree.h"
#include "xrt-find.h"
#include "xrt-library.h"

/*
 * Contents of the folder, and the variables that point to them:
 *   lock           held while this process lives
 *   xrt/lib/       links to XRT's libraries, and repaired copies of defective ones      -> XILINX_XRT, LD_LIBRARY_PATH
 *   vitis/         links to pelton-emulator where XRT looks for a device model          -> XILINX_VITIS
 *   emconfig.json  the list of devices                                                  -> EMCONFIG_PATH
 *   run/           files that XRT writes                                                -> SDACCEL_EM_RUN_DIR
 *   device0_1_PID  XRT's socket, until the device model is connected                    -> USER
 */
#define DEVICES_MAX 16

/* XRT 2.13 looks in the first place, later releases in the second. */
static const char *const model_places[] = {
	"vitis/data/emulation/unified/cpu_em/generic_pcie/model/genericpciemodel",
	"vitis/data/emulation/unified/sw_emu/generic_pcie/model/genericpciemodel",
};

/* The size of memory on a typical card. Only buffers that exist use real memory. */
#define BANK "{ \"Size\": \"16GB\" }"

struct pel_emulation {
	struct pel_arena arena;
	struct pel_tree tree;
	const char **environment;
	size_t n_environment;
	unsigned units; /* see pel_emulation_units() */
};

/* ---- libraries ---- */

static int read_library(const char *path, unsigned char **ret, size_t *size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat status;
	void *map;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &status) < 0 || !S_ISREG(status.st_mode) || status.st_size == 0) {
		close(fd);
		return -EINVAL;
	}
	/* MAP_PRIVATE: the repair must not reach the file. */
	map = mmap(NULL, (size_t)status.st_size, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	close(fd);
	if (map == MAP_FAILED)
		return -errno;
	*ret = map;
	*size = (size_t)status.st_size;
	return 0;
}

/* Add a link to the library at `path`, or a repaired copy of it. */
static int add_library(struct pel_emulation *emulation, const char *name, const char *path,
		       struct pel_error *err)
{
	struct pel_xrt_library_repair repair = { .state = PEL_XRT_LIBRARY_UNKNOWN };
	unsigned char *bytes = NULL;
	size_t size = 0;
	int r = read_library(path, &bytes, &size);

	if (r < 0)
		return pel_fail(err, r, (struct pel_place){ 0 }, "cannot read XRT's library %s: %s", path,
				strerror(-r));
	r = pel_xrt_library_judge(bytes, size, &repair);
	if (r == 0 && strcmp(strrchr(name, '/') + 1, PEL_XRT_SWEMU) == 0)
		emulation->units = repair.units;
	if (r == 0 && repair.state != PEL_XRT_LIBRARY_UNKNOWN) {
		r = pel_file_fits(size);
		if (r == 0)
			r = pel_xrt_library_apply(bytes, &repair)
				    ? pel_tree_file(&emulation->tree, name, bytes, size)
				    : pel_tree_link(&emulation->tree, name, path);
	} else {
		r = pel_fail(err, -ENOTSUP, (struct pel_place){ 0 },
			     "Pelton does not know this build of XRT's library %s", path);
		pel_hint(err, "Pelton knows XRT 2.13 of Debian 12 and 13, and later releases of XRT");
	}
	munmap(bytes, size);
	return r;
}

/* XRT's shared libraries, such as libxrt_core.so.2, and its OpenCL; no archives, no folders. */
static bool is_xrt_library(const char *name)
{
	return (strncmp(name, "libxrt", 6) == 0 && strstr(name, ".so")) || strcmp(name, PEL_XRT_OPENCL) == 0;
}

static bool is_emulation_library(const char *name)
{
	return strcmp(name, PEL_XRT_SWEMU) == 0 || strcmp(name, PEL_XRT_HWEMU) == 0;
}

static int add_entry(struct pel_emulation *emulation, const char *folder, const char *name,
		     struct pel_error *err)
{
	char *path = pel_arena_printf(&emulation->arena, "%s/%s", folder, name);
	char *here = pel_arena_printf(&emulation->arena, "xrt/lib/%s", name);

	if (!path || !here)
		return pel_nomem(err);
	if (is_emulation_library(name))
		return add_library(emulation, here, path, err);
	return pel_tree_link(&emulation->tree, here, path);
}

static int add_libraries(struct pel_emulation *emulation, const char *folder, struct pel_error *err)
{
	struct dirent *entry;
	bool found = false;
	DIR *dir = opendir(folder);
	int r = dir ? 0 : -errno;

	while (r == 0 && (entry = readdir(dir))) {
		/* Links such as libxrt_swemu.so and libxrt_swemu.so.2.13.0 would bypass the repaired copy. */
		if (!is_xrt_library(entry->d_name) ||
		    (!is_emulation_library(entry->d_name) && strstr(entry->d_name, "emu.so")))
			continue;
		found = found || strcmp(entry->d_name, PEL_XRT_SWEMU) == 0;
		r = add_entry(emulation, folder, entry->d_name, err);
	}
	if (dir)
		closedir(dir);
	/* From release 2.16 on, XRT looks for its libraries in Debian's multiarch folder. */
	if (r == 0 && strcmp(PEL_TRIPLET, ".") != 0)
		r = pel_tree_link(&emulation->tree, "xrt/lib/" PEL_TRIPLET, ".");
	if (r == 0 && !found) {
		r = pel_fail(err, -ENOENT, (struct pel_place){ 0 },
			     "XRT in %s has no emulation library " PEL_XRT_SWEMU, folder);
		pel_hint(err, "install it (Debian: libxrt-dev)");
	}
	return r;
}

/* ---- devices ---- */

static int add_devices(struct pel_emulation *emulation, unsigned n_devices)
{
	char *text = pel_arena_printf(
		&emulation->arena,
		"{ \"Version\": { \"FileVersion\": \"2.0\", \"ToolVersion\": \"pelton\" },\n"
		"  \"Platform\": { \"Boards\": [ { \"Devices\": [ {\n"
		"    \"Name\": \"pelton_swemu\", \"NumDevices\": \"%u\",\n"
		"    \"PlatformData\": { \"plp\": { \"m2m\": \"enabled\", \"dma\": \"xdma\" } },\n"
		"    \"DdrBanks\": [ " BANK ", " BANK ", " BANK ", " BANK " ] } ] } ] } }\n",
		n_devices);

	return text ? pel_tree_file(&emulation->tree, "emconfig.json", text, strlen(text)) : -ENOMEM;
}

static int add_model(struct pel_emulation *emulation, struct pel_error *err)
{
	const char *model = pel_libexec(&emulation->arena, "pelton-emulator", err);
	char *full = model ? realpath(model, NULL) : NULL;
	int r = full ? 0 : -ENOENT;

	if (full && access(full, X_OK) < 0)
		r = pel_fail(err, -EACCES, (struct pel_place){ 0 }, "%s cannot be executed", full);
	for (size_t i = 0; i < sizeof(model_places) / sizeof(model_places[0]) && r == 0; i++)
		r = pel_tree_link(&emulation->tree, model_places[i], full);
	free(full);
	return r;
}

/* ---- environment ---- */

static int set(struct pel_emulation *emulation, const char *name, const char *value)
{
	char *text = pel_arena_printf(&emulation->arena, value ? "%s=%s" : "%s", name, value);

	emulation->environment[emulation->n_environment++] = text;
	return text ? 0 : -ENOMEM;
}

static int set_units(struct pel_emulation *emulation)
{
	char *value = pel_arena_printf(&emulation->arena, "%u", emulation->units);

	return value ? set(emulation, "PELTON_EMULATOR_UNITS", value) : -ENOMEM;
}

static int set_library_path(struct pel_emulation *emulation)
{
	const char *dir = emulation->tree.path, *before = pel_env("LD_LIBRARY_PATH");
	char *value = pel_arena_printf(&emulation->arena, "%s/xrt/lib/" PEL_TRIPLET "%s%s", dir,
				       before ? ":" : "", before ? before : "");

	return value ? set(emulation, "LD_LIBRARY_PATH", value) : -ENOMEM;
}

static int set_environment(struct pel_emulation *emulation)
{
	static const char *const folders[][2] = {
		{ "XILINX_XRT", "/xrt" },
		{ "XILINX_VITIS", "/vitis" },
		{ "EMCONFIG_PATH", "" },
		{ "SDACCEL_EM_RUN_DIR", "/run" },
	};
	static const char *const values[][2] = {
		{ "XCL_EMULATION_MODE", "sw_emu" },
		{ "SW_EMU_PACKET_SIZE", "131072" },
		{ "VITIS_SW_EMU_DISABLE_SINGLE_MMAP", "1" },
		{ "XILINX_SDX", NULL },
		{ "XILINX_OPENCL", NULL },
		{ "XILINX_SCOUT", NULL },
		{ "XILINX_HLS", NULL },
		{ "XILINX_VIVADO", NULL },
	};
	size_t n_folders = sizeof(folders) / sizeof(folders[0]), n_values = sizeof(values) / sizeof(values[0]);
	int r = 0;

	emulation->environment =
		pel_arena_array(&emulation->arena, n_folders + n_values + 6, sizeof(*emulation->environment));
	if (!emulation->environment)
		return -ENOMEM;
	for (size_t i = 0; i < n_folders && r == 0; i++) {
		char *path = pel_arena_printf(&emulation->arena, "%s%s", emulation->tree.path, folders[i][1]);

		r = path ? set(emulation, folders[i][0], path) : -ENOMEM;
	}
	for (size_t i = 0; i < n_values && r == 0; i++)
		r = set(emulation, values[i][0], values[i][1]);
	/* XRT allocates and frees a message for each packet; keep malloc() from returning that memory to the system each time. */
	if (r == 0 && !pel_env("GLIBC_TUNABLES"))
		r = set(emulation, "GLIBC_TUNABLES",
			"glibc.malloc.mmap_threshold=33554432:glibc.malloc.trim_threshold=268435456:"
			"glibc.malloc.top_pad=4194304");
	/*
	 * XRT installs no .icd file, so tell the OpenCL loader where it is: the first variable is ocl-icd's, the second Khronos'. Leave both alone
	 * if the user has set them, even to "".
	 */
	if (r == 0 && !secure_getenv("OCL_ICD_VENDORS"))
		r = set(emulation, "OCL_ICD_VENDORS", PEL_XRT_OPENCL);
	if (r == 0 && !secure_getenv("OCL_ICD_FILENAMES"))
		r = set(emulation, "OCL_ICD_FILENAMES", PEL_XRT_OPENCL);
	if (r == 0)
		r = set_units(emulation);
	if (r == 0)
		r = set(emulation, "USER", strrchr(emulation->tree.path, '/') + 1);
	return r < 0 ? r : set_library_path(emulation);
}

/* ---- all of it ---- */

/* XRT's libraries and the kernels are loaded from the folder, so it must not be on a noexec mount. */
static int check_code(const struct pel_emulation *emulation, struct pel_error *err)
{
	struct statvfs status;

	if (statvfs(emulation->tree.path, &status) < 0 || !(status.f_flag & ST_NOEXEC))
		return 0;
	pel_fail(err, -EACCES, (struct pel_place){ 0 },
		 "cannot set up emulation in %s: code in it cannot be executed", emulation->tree.path);
	pel_hint(err, "/tmp is mounted noexec: mount -o remount,exec /tmp");
	return -EACCES;
}

static int fill(struct pel_emulation *emulation, unsigned n_devices, struct pel_error *err)
{
	const char *folder = pel_xrt_find(&emulation->arena, err);
	int r;

	if (!folder)
		return -ENOENT;
	if ((r = pel_tree_create(&emulation->tree, err)) < 0 || (r = check_code(emulation, err)) < 0 ||
	    (r = add_model(emulation, err)) < 0 || (r = add_libraries(emulation, folder, err)) < 0)
		return r;
	if ((r = pel_tree_folder(&emulation->tree, "run")) < 0 || (r = add_devices(emulation, n_devices)) < 0)
		return r;
	return set_environment(emulation);
}

int pel_emulation_create(unsigned n_devices, struct pel_emulation **ret, struct pel_error *err)
{
	struct pel_emulation *emulation;
	size_t explained = pel_error_total(err);
	char why[PEL_ERRNO_BYTES];
	int r;

	if (n_devices < 1 || n_devices > DEVICES_MAX)
		return pel_fail(err, -EINVAL, (struct pel_place){ 0 },
				"cannot emulate %u devices; 1 to %d are possible", n_devices, DEVICES_MAX);
	emulation = pel_calloc(1, sizeof(*emulation));
	if (!emulation)
		return pel_nomem(err);
	emulation->tree.lock = -1;
	r = pel_environment_check(err);
	if (r == 0)
		r = fill(emulation, n_devices, err);
	if (r == 0) {
		*ret = emulation;
		return 0;
	}
	if (r == -ENOMEM)
		pel_nomem(err);
	else if (pel_error_total(err) == explained)
		pel_fail(err, r, (struct pel_place){ 0 }, "cannot set up emulation in %s: %s",
			 emulation->tree.path, pel_errno_text(-r, why));
	pel_emulation_destroy(emulation);
	return r;
}

void pel_emulation_destroy(struct pel_emulation *emulation)
{
	if (!emulation)
		return;
	pel_tree_remove(&emulation->tree);
	pel_arena_fini(&emulation->arena);
	pel_free(emulation);
}

const char *pel_emulation_dir(const struct pel_emulation *emulation)
{
	return emulation->tree.path;
}

const char *const *pel_emulation_environment(const struct pel_emulation *emulation)
{
	return emulation->environment;
}

unsigned pel_emulation_units(const struct pel_emulation *emulation)
{
	return emulation->units;
}
