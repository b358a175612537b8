/* SPDX-License-Identifier: Apache-2.0 */
#include "doctor.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include "messages.h"

/* Folders and programs that emulation and packing need. */

/* Returns 0, or the errno with which code in such a file cannot be executed. */
static int try_code(int fd)
{
	static const char page[4096];
	void *map;

	if (write(fd, page, sizeof(page)) != (ssize_t)sizeof(page))
		return errno;
	map = mmap(NULL, sizeof(page), PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0);
	if (map == MAP_FAILED)
		return errno;
	munmap(map, sizeof(page));
	return 0;
}

static void check_tmp(void)
{
	char path[] = "/tmp/pelton-doctor-XXXXXX";
	int fd = mkostemp(path, O_CLOEXEC), code = fd < 0 ? errno : try_code(fd);

	if (fd >= 0) {
		close(fd);
		unlink(path);
	}
	if (!code) {
		doctor_fact("ok", "/tmp", "files can be made there, and code in them can be executed");
	} else if (fd >= 0 && (code == EPERM || code == EACCES)) {
		doctor_fact("note", "/tmp", "code in it cannot be executed, which emulation and packing need");
		doctor_mend("it is mounted noexec: mount -o remount,exec /tmp");
	} else {
		doctor_fact("note", "/tmp", "files cannot be made there, which emulation and packing need: %s",
			    strerror(code));
		doctor_mend("make it writable for everybody, with free space: chmod 1777 /tmp; df /tmp");
	}
}

/* Pelton's own files are always in /tmp; compilers use TMPDIR. */
static void check_tmpdir(void)
{
	const char *folder = getenv("TMPDIR");
	struct stat status;

	if (!folder || !*folder)
		return;
	if (stat(folder, &status) == 0 && S_ISDIR(status.st_mode) && access(folder, W_OK | X_OK) == 0)
		return;
	doctor_fact("note", "TMPDIR", "%s is not a writable folder: compilers may fail", folder);
	doctor_mend("unset TMPDIR, or make the folder");
}

static void check_proc(void)
{
	if (access("/proc/self/fd", R_OK) == 0) {
		doctor_fact("ok", "/proc", "mounted");
		return;
	}
	doctor_fact("note", "/proc", "not mounted: devices cannot be used, and cores and limits are unknown");
	doctor_mend("mount it: mount -t proc proc /proc");
}

static void check_compiler(const char *variable, const char *otherwise, const char *language,
			   const char *package)
{
	const char *given = getenv(variable), *name = given && *given ? given : otherwise;
	char *word = cli_format("%.*s", (int)strcspn(name + strspn(name, " "), " "), name + strspn(name, " "));
	char *file = strchr(word, '/') ? cli_format("%s", word) : doctor_find_program(word);

	if (file && access(file, X_OK) == 0) {
		doctor_fact("ok", "compiler", "%s, for FPGA kernels in %s", file, language);
	} else {
		doctor_fact("note", "compiler", "there is no program '%s' to pack FPGA kernels in %s", word,
			    language);
		if (given && *given)
			doctor_mend("correct %s, or unset it", variable);
		else
			doctor_mend("install the package %s, or name a compiler in %s", package, variable);
	}
	free(file);
	free(word);
}

static void check_opencl(void)
{
	const char *vendors = getenv("OCL_ICD_VENDORS");
	char *loader = doctor_find_library("libOpenCL.so.1"),
	     *xrt = doctor_find_library("libxilinxopencl.so.2");

	if (vendors && *vendors) {
		doctor_fact("note", "opencl", "OCL_ICD_VENDORS=%s: OpenCL programs find only those platforms",
			    vendors);
		doctor_mend("unset it; 'pelton emulate' then points them to XRT");
	} else if (loader && xrt) {
		doctor_fact("ok", "opencl", "%s; 'pelton emulate' points it to %s (OCL_ICD_VENDORS)", loader,
			    xrt);
	} else if (!loader) {
		doctor_fact("note", "opencl", "libOpenCL.so.1 is not found, which OpenCL programs need");
		doctor_mend("install the package ocl-icd-libopencl1 to run such programs");
	} else {
		doctor_fact("note", "opencl",
			    "libxilinxopencl.so.2 is not found: OpenCL programs find no XRT device");
		doctor_mend("install XRT with OpenCL (Debian: libxrt1) to run such programs");
	}
	free(loader);
	free(xrt);
}

void doctor_places(void)
{
	check_tmp();
	check_tmpdir();
	check_proc();
	check_compiler("PELTON_CC", "cc", "C", "gcc");
	check_compiler("PELTON_CXX", "c++", "C++", "g++");
	check_opencl();
}
